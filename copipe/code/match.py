"""Finds the seeds of a codebook in a meeting: first all phrases and patterns, then what joins them.

The time grows with the text and with the hits, and hardly with the number of seeds: `copipe.code.lexicon` finds all
phrases in one pass, and a regular expression is tried only where a piece of text stands that it must hold.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from copipe.code import literals, negation, scopes, seeds
from copipe.code.lexicon import Found, Lexicon
from copipe.code.parses import Columns, Ints
from copipe.code.seeds import TAGS, And, Leaf, Near, Not, Or, Pattern, Phrase, Seed
from copipe.code.tokens import QUOTES, fold
from copipe.records import Code

Keys = npt.NDArray[np.int64]  # places, sorted, each once: first word * N + last word, in a meeting of N words
Numbers = dict[int, tuple[int, int]]  # id() of a leaf -> its number, and that of the same without polarity
_ODD_CASE = frozenset("\u017f\u212a\u0130\u0131")  # what re takes for s, k and i when it ignores case
_DULL = ("",)  # stands for words that no seed asks for
_NONE: Keys = np.empty(0, np.int64)
_BIT = {tag: 1 << n for n, tag in enumerate(TAGS)} | {"": 0}


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Where seeds hit, H times, by code, seed and place: numbers of code and seed, first and last word, all (H,)."""

    code: Ints
    seed: Ints  # of its code
    first: Ints
    last: Ints


@dataclass(frozen=True, slots=True)
class _Coded:
    """The seeds and not-seeds of a code, read; `number` is the code's."""

    number: int
    code: Code
    unit: str
    seeds: tuple[Seed, ...]
    not_seeds: tuple[Seed, ...]


class Matcher:
    """Codes made ready to be found. Codes that are deprecated or not codable hit nothing, nor do not-seeds alone."""

    def __init__(
        self, codes: Sequence[Code], unit: str = "sentence", window: int = 1, negation: str = "ignore"
    ) -> None:
        """`unit` is for codes that name none; `negation` "aware" takes every seed as after affirmed:."""
        self._window = window
        self._words, self._cased, self._lemmas = Lexicon(), Lexicon(), Lexicon()
        self._leaves: dict[Leaf, int] = {}
        self._numbers: Numbers = {}
        self._touches: dict[int, list[tuple[int, int]]] = {}  # number of a phrase or pattern -> (of self._coded, seed)
        self._patterns: list[tuple[int, Pattern]] = []
        self._needed: list[frozenset[str] | None] = []  # of each pattern
        self._pieces = literals.Pieces()
        self._folded: dict[str, tuple[str, ...]] = {}  # with their case
        self._tried: dict[str, tuple[int, ...]] = {}  # word -> numbers of the patterns to be tried for it
        self._coded: list[_Coded] = []
        for number, code in enumerate(codes):
            if code.seeds and code.codable and not code.deprecated:
                wanted = [self._ready(seeds.parse(text, code.case), negation == "aware") for text in code.seeds]
                unwanted = [self._ready(seeds.parse(text, code.case), False) for text in code.not_seeds]
                for n, seed in enumerate(wanted):
                    for base in {self._numbers[id(leaf)][1] for leaf in seeds.leaves(seed)}:
                        self._touches.setdefault(base, []).append((len(self._coded), n))
                self._coded.append(_Coded(number, code, code.unit or unit, tuple(wanted), tuple(unwanted)))

    def _ready(self, seed: Seed, affirmed: bool) -> Seed:
        if affirmed:
            seed = _affirmed(seed)
        for leaf in seeds.leaves(seed):
            bare = replace(leaf, polarity="") if leaf.polarity else leaf
            for known in (leaf, bare):
                if known not in self._leaves:
                    self._leaves[known] = len(self._leaves)
                    if not known.polarity:
                        self._add(known, self._leaves[known])
            self._numbers[id(leaf)] = self._leaves[leaf], self._leaves[bare]
        return seed

    def _add(self, leaf: Leaf, number: int) -> None:
        if isinstance(leaf, Pattern):
            self._patterns.append((number, leaf))
            self._needed.append(literals.required(leaf.regex))
            for text in self._needed[-1] or ():
                self._pieces.add(text, len(self._needed) - 1)
        else:
            bits = [_BIT[tag] for tag in leaf.tags] or [0] * len(leaf.words)
            lexicon = self._lemmas if leaf.lemma else self._cased if leaf.case else self._words
            lexicon.add(leaf.words, bits, number)

    def hits(self, columns: Columns, kind: str = "", stories: Sequence[tuple[int, int]] = ()) -> Hits:
        """All hits in a meeting of `kind` ("" for any), by code, seed and place.

        What a not-seed of a code shares a word with is not there for the seeds of that code, nor is what is said by
        others than `code.roles`; behind NOT both count.
        """
        if not len(columns.first):
            empty = np.empty(0, np.int32)
            return Hits(empty, empty, empty, empty)
        found = self._find(columns)
        touched = sorted({pair for number in found for pair in self._touches.get(number, ())})
        places = _Places(columns, self._window, stories, found, self._numbers)
        rows: list[tuple[int, int, Keys]] = []
        for which, pairs in itertools.groupby(touched, key=lambda pair: pair[0]):
            coded = self._coded[which]
            if kind and coded.code.kinds and kind not in coded.code.kinds:
                continue
            view = places.of(coded)
            for _, number in pairs:
                if len(keys := view.value(coded.seeds[number])):
                    rows.append((coded.number, number, keys))
        sizes = [len(keys) for _, _, keys in rows]
        keys = np.concatenate([keys for _, _, keys in rows]) if rows else _NONE
        first, last = np.divmod(keys, places.size)
        return Hits(
            np.repeat(np.array([code for code, _, _ in rows], np.int32), sizes),
            np.repeat(np.array([seed for _, seed, _ in rows], np.int32), sizes),
            first.astype(np.int32),
            last.astype(np.int32),
        )

    def _find(self, columns: Columns) -> dict[int, Keys]:
        """Places of each phrase and pattern that is there, by number."""
        found: list[Found] = []
        spoken = np.flatnonzero(columns.spoken).astype(np.int32)
        for lexicon, texts, tokens, word, tags in self._streams(columns, spoken):
            rows = lexicon.search(texts, tokens, tags, columns.sentence[word])
            found.append(np.stack([rows[:, 0], word[rows[:, 1]], word[rows[:, 2]]], axis=1))
        if self._patterns:
            found.append(np.array(list(self._search(columns, spoken)), np.int64).reshape(-1, 3))
        table = np.concatenate(found) if found else np.empty((0, 3), np.int64)
        size = len(columns.word)
        keys = table[:, 1] * size + table[:, 2]
        order = np.lexsort((keys, table[:, 0]))
        number, keys = table[order, 0], keys[order]
        fresh = np.ones(len(keys), np.bool_)
        fresh[1:] = (number[1:] != number[:-1]) | (keys[1:] != keys[:-1])
        number, keys = number[fresh], keys[fresh]
        edges = np.flatnonzero(np.diff(number)) + 1
        heads = number[np.concatenate([[0], edges])].tolist() if len(number) else []
        return dict(zip(heads, np.split(keys, edges), strict=False))

    def _streams(self, columns: Columns, spoken: Ints) -> Iterator[tuple[Lexicon, Sequence[str], Ints, Ints, Ints]]:
        """Where phrases are looked for, as far as any are: words, words with their case, dictionary forms."""
        if not self._words.empty:
            word = columns.token_word
            yield self._words, columns.folded, columns.token, word, columns.tags[word]
        if not self._cased.empty:
            texts, tokens, word = self._with_case(columns, spoken)
            yield self._cased, texts, tokens, word, columns.tags[word]
        if not self._lemmas.empty:
            yield self._lemmas, columns.forms, columns.lemma, columns.lemma_word, columns.lemma_tag

    def _with_case(self, columns: Columns, spoken: Ints) -> tuple[list[str], Ints, Ints]:
        """The spoken words with their case: distinct texts, and for each token its text and the word it is part of."""
        remember = self._folded
        for text in columns.vocabulary:
            if text not in remember:
                tokens = fold(text, case=True)
                remember[text] = tokens if self._cased.known(tokens) or not tokens else _DULL
        folded = [remember[text] for text in columns.vocabulary]
        telling = [n for n, tokens in enumerate(folded) if tokens is not _DULL]
        known = {_DULL[0]: 0}  # all that no seed asks for is one text: it still parts what is beside it
        counts = np.ones(len(folded), np.int64)
        counts[telling] = [len(folded[n]) for n in telling]
        begin = np.cumsum(counts) - counts
        flat = np.zeros(int(counts.sum()), np.int64)
        for n in telling:
            flat[begin[n] : begin[n] + counts[n]] = [known.setdefault(t, len(known)) for t in folded[n]]
        spread, where = _spread(counts, flat, columns.word[spoken])
        return list(known), spread.astype(np.int32), spoken[where]

    def _search(self, columns: Columns, spoken: Ints) -> Iterator[tuple[int, int, int]]:
        plain = [_plain(text) for text in columns.vocabulary]
        tried = [self._patterns_for(text) for text in plain]
        counts = np.array([len(t) for t in tried], np.int64)
        which, where = _spread(counts, np.array([n for t in tried for n in t], np.int64), columns.word[spoken])
        sentences = columns.sentence[spoken[where]]
        everywhere = [n for n, needed in enumerate(self._needed) if needed is None]
        todo = set(zip(sentences.tolist(), which.tolist(), strict=True))
        todo.update((s, n) for n in everywhere for s in range(len(columns.first)))
        text, words = "", []
        starts: list[int] = []
        before = -1
        bounds = np.searchsorted(columns.sentence[spoken], np.arange(len(columns.first) + 1))
        for sentence, number in sorted(todo):
            if sentence != before:
                before = sentence
                words = spoken[bounds[sentence] : bounds[sentence + 1]].tolist()
                parts = [plain[v] for v in columns.word[words].tolist()]
                text = " ".join(parts)
                starts = np.cumsum([0, *(len(p) + 1 for p in parts)]).tolist()
            leaf, pattern = self._patterns[number]
            for match in pattern.regex.finditer(text):
                first, last = match.span()
                while first < last and text[first].isspace():  # the space between two words belongs to neither
                    first += 1
                while last > first and text[last - 1].isspace():
                    last -= 1
                if first < last:
                    yield leaf, words[_word_at(starts, first)], words[_word_at(starts, last - 1)]

    def _patterns_for(self, word: str) -> tuple[int, ...]:
        """The patterns that a sentence with this word must be tried for."""
        if word not in self._tried:
            if _ODD_CASE.isdisjoint(word):
                self._tried[word] = tuple(sorted(self._pieces.inside(word.lower())))
            else:
                self._tried[word] = tuple(n for n, needed in enumerate(self._needed) if needed is not None)
        return self._tried[word]


@functools.lru_cache(8)
def ready(codes: tuple[Code, ...], unit: str, window: int, negation: str) -> Matcher:
    """A matcher, kept: the meetings of a run share one, and what it has learned of their words."""
    return Matcher(codes, unit, window, negation)


class _Places:
    """What was found in a meeting, and in which sentences it counts."""

    def __init__(
        self,
        columns: Columns,
        window: int,
        stories: Sequence[tuple[int, int]],
        found: dict[int, Keys],
        numbers: Numbers,
    ) -> None:
        self.columns, self.size = columns, len(columns.word)
        self._window, self._stories = window, stories
        self._found, self._numbers = found, numbers
        self._scopes: dict[str, tuple[Ints, Ints]] = {}
        self._denied: dict[int, frozenset[int]] = {}  # words that are denied, by sentence
        self.position = np.cumsum(columns.spoken)  # counts spoken words

    def of(self, coded: _Coded) -> _View:
        """The places that count for a code."""
        if coded.unit not in self._scopes:
            self._scopes[coded.unit] = scopes.scopes(self.columns, coded.unit, self._window, self._stories)
        low, high = self._scopes[coded.unit]
        view = _View(self, low, high, self._none_allowed, coded.unit == "story")
        roles = None
        if coded.code.roles:
            roles = np.array([role in coded.code.roles for role in self.columns.roles], np.bool_)
        unwanted = [keys for seed in coded.not_seeds if len(keys := view.value(seed))]
        if roles is None and not unwanted:
            return view
        stretches = _merged(np.unique(np.concatenate(unwanted)), self.size) if unwanted else None
        return _View(self, low, high, functools.partial(self._allowed, roles, stretches), coded.unit == "story")

    def leaf(self, leaf: Leaf) -> Keys:
        number, bare = self._numbers[id(leaf)]
        if leaf.polarity and number not in self._found:
            base = self._found.get(bare, _NONE)
            denied = np.array([self._is_denied(first) for first in (base // self.size).tolist()], np.bool_)
            self._found[number] = base[denied == (leaf.polarity == "negated")]
        return self._found.get(number, _NONE)

    def _is_denied(self, word: int) -> bool:
        sentence = int(self.columns.sentence[word])
        if sentence not in self._denied:
            first, last = int(self.columns.first[sentence]), int(self.columns.last[sentence])
            said = [
                (token, i)
                for i in range(first, last + 1)
                if self.columns.spoken[i]
                for token in fold(self.columns.vocabulary[self.columns.word[i]])
            ]
            told = negation.denied([token for token, _ in said])
            begins = {i: denied for (_, i), denied in reversed(list(zip(said, told, strict=True)))}
            self._denied[sentence] = frozenset(i for i, denied in begins.items() if denied)
        return word in self._denied[sentence]

    @staticmethod
    def _none_allowed(keys: Keys) -> Keys:
        return keys

    def _allowed(self, roles: npt.NDArray[np.bool_] | None, stretches: tuple[Keys, Keys] | None, keys: Keys) -> Keys:
        first, last = np.divmod(keys, self.size)
        kept = np.ones(len(keys), np.bool_)
        if roles is not None:
            kept &= roles[self.columns.turn[first]]
        if stretches is not None:
            begin, end = stretches
            nearest = np.searchsorted(end, first)  # the first stretch that does not end before
            inside = nearest < len(end)
            kept[inside] &= begin[nearest[inside]] > last[inside]
        return keys[kept]


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """Works out what seeds hit, for a code with its scopes (see `copipe.code.scopes`) and what is allowed to count."""

    places: _Places
    low: Ints
    high: Ints
    allowed: Callable[[Keys], Keys]
    bounded: bool  # sentences may lie outside any scope

    def value(self, seed: Seed, counts: bool = True) -> Keys:
        """The places of a seed. Without `counts` (behind NOT) everything that was found is there."""
        if isinstance(seed, Phrase | Pattern):
            keys = self.places.leaf(seed)
            if len(keys) and self.bounded:
                sentence = self._sentence(keys)
                keys = keys[self.low[sentence] <= self.high[sentence]]
            return self.allowed(keys) if counts and len(keys) else keys
        if isinstance(seed, Or):
            return functools.reduce(np.union1d, [self.value(part, counts) for part in seed.parts])
        if isinstance(seed, Not):
            keys = self.value(seed.part, counts)
            return keys[~self._beside(keys, self.value(seed.without, False))] if len(keys) else keys
        if isinstance(seed, And):
            return self._all(seed, counts)
        left, right = self.value(seed.left, counts), self.value(seed.right, counts)
        if not len(left) or not len(right):
            return _NONE
        return np.union1d(left[self._near(left, right, seed.words)], right[self._near(right, left, seed.words)])

    def _all(self, seed: And, counts: bool) -> Keys:
        values: list[Keys] = []
        for part in seed.parts:
            values.append(self.value(part, counts))
            if not len(values[-1]):
                return _NONE
        kept = []
        for n, keys in enumerate(values):
            whole = np.ones(len(keys), np.bool_)
            for other in (*values[:n], *values[n + 1 :]):
                whole &= self._beside(keys, other)
            kept.append(keys[whole])
        return functools.reduce(np.union1d, kept)

    def _sentence(self, keys: Keys) -> Ints:
        return self.places.columns.sentence[keys // self.places.size]

    def _beside(self, keys: Keys, others: Keys) -> npt.NDArray[np.bool_]:
        """Whether any of `others` is in the scope of each of `keys`."""
        mine, theirs = self._sentence(keys), self._sentence(others)
        begin = np.searchsorted(theirs, self.low[mine], side="left")
        told: npt.NDArray[np.bool_] = np.searchsorted(theirs, self.high[mine], side="right") > begin
        return told

    def _near(self, keys: Keys, others: Keys, words: int) -> npt.NDArray[np.bool_]:
        """Whether any of `others` is in the scope of each of `keys`, at most `words` away and not on the same words."""
        first, last = np.divmod(keys, self.places.size)
        begin, end = np.divmod(others, self.places.size)
        sentence, position = self.places.columns.sentence, self.places.position
        mine = sentence[first]
        near = np.zeros(len(keys), np.bool_)
        after = np.searchsorted(begin, last, side="right")
        has = after < len(begin)
        next_one = begin[after[has]]
        near[has] = (position[next_one] - position[last[has]] <= words) & (sentence[next_one] <= self.high[mine[has]])
        end = np.sort(end)
        before = np.searchsorted(end, first, side="left") - 1
        has = before >= 0
        last_one = end[before[has]]
        near[has] |= (position[first[has]] - position[last_one] <= words) & (sentence[last_one] >= self.low[mine[has]])
        return near


def _affirmed(seed: Seed) -> Seed:
    """A seed whose words must not be denied, but for those that say otherwise and those behind NOT."""
    if isinstance(seed, Phrase | Pattern):
        return seed if seed.polarity else replace(seed, polarity="affirmed")
    if isinstance(seed, Not):
        return Not(_affirmed(seed.part), seed.without)
    if isinstance(seed, Near):
        return Near(_affirmed(seed.left), _affirmed(seed.right), seed.words)
    return type(seed)(tuple(_affirmed(part) for part in seed.parts))


def _merged(keys: Keys, size: int) -> tuple[Keys, Keys]:
    """First and last words of the stretches that places cover, in order and without overlap."""
    first, last = np.divmod(keys, size)
    last = np.maximum.accumulate(last)
    begins = np.ones(len(first), np.bool_)
    begins[1:] = first[1:] > last[:-1]
    return first[begins], last[np.append(np.flatnonzero(begins)[1:] - 1, len(last) - 1)]


def _spread(counts: Keys, flat: Keys, rows: Ints) -> tuple[Keys, Keys]:
    """For each row the entries of `flat` that are its own (`counts` says how many each has), and whose they are."""
    begin = np.cumsum(counts) - counts
    many = counts[rows]
    where = np.repeat(np.arange(len(rows)), many)
    nth = np.arange(len(where)) - np.repeat(np.cumsum(many) - many, many)
    return flat[begin[rows[where]] + nth], where


def _word_at(starts: Sequence[int], at: int) -> int:
    return bisect.bisect_right(starts, at) - 1


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).translate(QUOTES)
