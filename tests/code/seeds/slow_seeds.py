"""What seeds mean, said as plainly as possible and without any thought of speed, to compare the matcher with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copipe.code import units
from copipe.code.seeds import language, negation
from copipe.code.seeds.language import And, Near, Not, Or, Pattern, Phrase, Seed
from copipe.code.tokens import fold, forms
from copipe.records import Code, Turn, Word

Place = tuple[int, int, int]  # sentence, first word, last word


def fake_parse(sentences):
    """Stands in for spaCy: "a..." is a noun, "b..." a verb; a final s is no part of the dictionary form."""
    for words in sentences:
        yield tuple(
            (part.removesuffix("s") or part, {"a": "NOUN", "b": "VERB"}.get(part[0], "X"), n)
            for n, word in enumerate(words)
            for token in fold(word)
            for part in ((token[:-3], "not") if token.endswith("n't") else (token,))
            if part
        )


@dataclass
class Sentence:
    turn: int
    role: str
    words: list[int]  # indices in the meeting


class Slow:
    """Looks for a code's seeds at every place of every sentence."""

    def __init__(self, turns: Sequence[Turn], code: Code, unit: str, window: int, stories=(), aware: bool = False):
        self.code, self.unit, self.window, self.aware = code, code.unit or unit, window, aware
        self.words: list[Word] = [w for t in turns for w in t.words]
        self.sentences: list[Sentence] = []
        self.breaks: list[float] = []  # places in the meeting that nothing reaches across
        at = 0
        for number, turn in enumerate(turns):
            parts = units.sentences(turn)
            coded = {i for part in parts for i in part.spoken}
            self.sentences += [Sentence(number, turn.role, [at + i for i in part.spoken]) for part in parts]
            self.breaks += [at + i for i, w in enumerate(turn.words) if w.text and not w.is_note and i not in coded]
            self.breaks += [] if turn.words else [at - 0.5]
            at += len(turn.words)
        self.spoken = [i for s in self.sentences for i in s.words]
        self.tags: dict[int, set[str]] = {}
        self.lemmas: list[list[tuple[str, str, int]]] = []
        for sentence, found in zip(self.sentences, fake_parse([self.texts(s) for s in self.sentences]), strict=True):
            self.lemmas.append([(lemma, tag, sentence.words[n]) for lemma, tag, n in found])
            for _, tag, n in found:
                self.tags.setdefault(sentence.words[n], set()).add(tag)
        self.story_of: dict[int, int] = {}
        for number, (first, last) in enumerate(sorted(stories)):
            for n, s in enumerate(self.sentences):
                if s.words[0] <= last and self.end(s) >= first:
                    self.story_of.setdefault(n, number)
        self.gone: set[int] = set()
        for text in code.not_seeds:
            for _, first, last in self.value(language.parse(text, code.case), counts=False):
                self.gone.update(range(first, last + 1))

    def hits(self) -> set[tuple[str, int, int]]:
        return {
            (text, first, last)
            for text in self.code.seeds
            for _, first, last in self.value(language.parse(text, self.code.case), counts=True)
        }

    def end(self, sentence: Sentence) -> int:
        """With the words after it that a replacement covers."""
        last = sentence.words[-1]
        turn_end = max(i for s in self.sentences if s.turn == sentence.turn for i in s.words)
        while last < turn_end and not self.words[last + 1].text:
            last += 1
        return last

    def texts(self, sentence: Sentence) -> list[str]:
        return [self.words[i].text for i in sentence.words]

    def together(self, one: int, other: int) -> bool:
        """Whether two sentences are in the same scope."""
        low, high = sorted((one, other))
        whole = not any(self.sentences[low].words[0] < b < self.sentences[high].words[-1] for b in self.breaks)
        if self.unit == "turn":
            return whole and self.sentences[one].turn == self.sentences[other].turn
        if self.unit == "window":
            return whole and high - low <= self.window
        if self.unit == "story":
            return one in self.story_of and self.story_of[one] == self.story_of.get(other)
        return one == other

    def value(self, seed: Seed, counts: bool) -> set[Place]:
        if isinstance(seed, Phrase | Pattern):
            return {place for place in self.places(seed) if not counts or self.allowed(place)}
        if isinstance(seed, Or):
            return set().union(*(self.value(part, counts) for part in seed.parts))
        if isinstance(seed, Not):
            unwanted = self.value(seed.without, False)
            return {p for p in self.value(seed.part, counts) if not any(self.together(p[0], q[0]) for q in unwanted)}
        if isinstance(seed, Near):
            left, right = self.value(seed.left, counts), self.value(seed.right, counts)
            pairs = [(p, q) for p in left for q in right if self.near(p, q, seed.words)]
            return {p for p, _ in pairs} | {q for _, q in pairs}
        assert isinstance(seed, And)
        values = [self.value(part, counts) for part in seed.parts]
        return {
            p
            for n, value in enumerate(values)
            for p in value
            if all(any(self.together(p[0], q[0]) for q in v) for m, v in enumerate(values) if m != n)
        }

    def near(self, one: Place, other: Place, words: int) -> bool:
        early, late = sorted((one, other), key=lambda p: p[1:])
        return (
            early[2] < late[1]
            and self.together(early[0], late[0])
            and sum(early[2] < i <= late[1] for i in self.spoken) <= words
        )

    def allowed(self, place: Place) -> bool:
        sentence, first, last = place
        if self.code.roles and self.sentences[sentence].role not in self.code.roles:
            return False
        if self.unit == "story" and sentence not in self.story_of:
            return False
        return not self.gone.intersection(range(first, last + 1))

    def places(self, leaf: Phrase | Pattern) -> set[Place]:
        found: set[Place] = set()
        for n, sentence in enumerate(self.sentences):
            here = self.by_pattern(leaf, sentence) if isinstance(leaf, Pattern) else self.by_words(leaf, n)
            polarity = leaf.polarity or ("affirmed" if self.aware else "")
            for first, last in here:
                if not polarity or self.denied(sentence, first) == (polarity == "negated"):
                    found.add((n, first, last))
        return found

    def by_pattern(self, leaf: Pattern, sentence: Sentence) -> set[tuple[int, int]]:
        owner = [i for i, text in zip(sentence.words, self.texts(sentence), strict=True) for _ in (*text, " ")]
        text = " ".join(self.texts(sentence)).replace("’", "'")
        found = set()
        for match in leaf.regex.finditer(text):
            at = [n for n in range(*match.span()) if text[n] != " "]
            if at:
                found.add((owner[at[0]], owner[at[-1]]))
        return found

    def by_words(self, leaf: Phrase, number: int) -> set[tuple[int, int]]:
        sentence = self.sentences[number]
        if leaf.lemma:
            rows = [(lemma, {tag}, i) for lemma, tag, i in self.lemmas[number]]
        else:
            rows = [
                (t, self.tags.get(i, set()), i)
                for i in sentence.words
                for t in fold(self.words[i].text, case=leaf.case)
            ]
        tags = leaf.tags or ("",) * len(leaf.words)
        return {
            (rows[n][2], rows[n + len(leaf.words) - 1][2])
            for n in range(len(rows) - len(leaf.words) + 1)
            if all(
                any(glob_equals(word, form) for form in forms(token)) and (not tag or tag in has)
                for word, tag, (token, has, _) in zip(leaf.words, tags, rows[n:], strict=False)
            )
        }

    def denied(self, sentence: Sentence, first: int) -> bool:
        tokens = [(t, i) for i in sentence.words for t in fold(self.words[i].text)]
        at = next((n for n, (_, i) in enumerate(tokens) if i == first), None)
        if at is None:
            return False
        said = [t for t, _ in tokens]
        return any(
            negation.is_cue(said[cue])
            and (said[cue], said[cue + 1]) not in negation.NO_DENIAL
            and not any(word in negation.ENDS for word in said[cue : at + 1])
            for cue in range(max(0, at - negation.REACH - 1), at)
        )


def glob_equals(glob: str, word: str) -> bool:
    if not glob:
        return not word
    if glob[0] == "*":
        return any(glob_equals(glob[1:], word[n:]) for n in range(len(word) + 1))
    return bool(word) and glob[0] in ("?", word[0]) and glob_equals(glob[1:], word[1:])
