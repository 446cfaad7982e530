"""Finds all seeds of a codebook in one pass over the words.

The phrases of all codes form one trie over symbols; a symbol is a word, or a glob. Which symbols a word answers to is
worked out once for each distinct word, so the time grows with the text and hardly with the number of seeds. Regular
expressions are searched one by one; each costs the length of a passage, which a sentence keeps short.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from copipe.code import seeds
from copipe.code.tokens import GLOB, QUOTES, fold, forms
from copipe.records import Codebook


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A seed of a code on words `first` to `last` (indices in the passage, both included)."""

    first: int
    last: int
    code: str
    seed: str


@dataclass(frozen=True, slots=True)
class _Rule:
    code: str
    seed: str
    excludes: bool  # a not-seed


@dataclass(slots=True)
class _Node:
    following: dict[int, _Node] = field(default_factory=dict)
    rules: list[int] = field(default_factory=list)


_Found = tuple[int, int, int]  # rule, first word, last word


class Matcher:
    """The seeds and not-seeds of a codebook, made ready. `needs_lemmas` says whether any is a lemma seed."""

    def __init__(self, codebook: Codebook) -> None:
        self._rules: list[_Rule] = []
        self._words, self._lemmas = _Trie(), _Trie()
        self._patterns: list[tuple[int, re.Pattern[str]]] = []
        for code in codebook.codes:
            for excludes, texts in ((False, code.seeds), (True, code.not_seeds)):
                for text in texts:
                    self._add(_Rule(code.key, text, excludes))
        self.needs_lemmas = not self._lemmas.empty

    def _add(self, rule: _Rule) -> None:
        number = len(self._rules)
        self._rules.append(rule)
        seed = seeds.parse(rule.seed)
        if isinstance(seed, seeds.Pattern):
            self._patterns.append((number, seed.regex))
        else:
            (self._lemmas if seed.lemma else self._words).add(seed.words, number)

    def hits(self, words: Sequence[str], lemmas: Sequence[tuple[str, int]] = ()) -> tuple[Hit, ...]:
        """All seeds in a passage of `words` (and their dictionary forms with the index of each's word), in order.

        Where a not-seed of the same code overlaps a hit, in as little as one word, the hit does not count.
        """
        found: set[_Found] = set()
        if not self._words.empty:
            tokens = [(token, i) for i, word in enumerate(words) for token in fold(word)]
            found.update(self._words.search(tokens))
        if not self._lemmas.empty:
            found.update(self._lemmas.search(lemmas))
        if self._patterns:
            found.update(self._search_patterns(words))
        if not found:
            return ()
        excluded: dict[str, list[tuple[int, int]]] = {}
        for number, first, last in found:
            if self._rules[number].excludes:
                excluded.setdefault(self._rules[number].code, []).append((first, last))
        return tuple(
            sorted(
                Hit(first, last, rule.code, rule.seed)
                for number, first, last in found
                if not (rule := self._rules[number]).excludes
                and not any(first <= b and a <= last for a, b in excluded.get(rule.code, ()))
            )
        )

    def _search_patterns(self, words: Sequence[str]) -> Iterator[_Found]:
        starts: list[int] = []
        plain: list[str] = []
        at = 0
        for word in words:
            plain.append(unicodedata.normalize("NFC", word).translate(QUOTES))
            starts.append(at)
            at += len(plain[-1]) + 1
        text = " ".join(plain)
        for number, regex in self._patterns:
            for match in regex.finditer(text):
                start, end = match.span()
                while start < end and text[start].isspace():  # the space between two words belongs to neither
                    start += 1
                while end > start and text[end - 1].isspace():
                    end -= 1
                if start < end:
                    yield number, bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1


class _Trie:
    """Phrases over symbols; `search` follows all that are alive from word to word."""

    def __init__(self) -> None:
        self._root = _Node()
        self._literals: dict[str, int] = {}
        self._globs = _Globs()
        self._symbols = 0
        self._known: dict[str, tuple[int, ...]] = {}  # word -> the symbols it answers to

    @property
    def empty(self) -> bool:
        return not self._root.following

    def add(self, phrase: Sequence[str], rule: int) -> None:
        node = self._root
        for word in phrase:
            node = node.following.setdefault(self._symbol(word), _Node())
        node.rules.append(rule)

    def _symbol(self, word: str) -> int:
        if word not in self._literals:
            self._literals[word] = self._symbols
            if any(c in word for c in GLOB):
                self._globs.add(word, self._symbols)
            self._symbols += 1
        return self._literals[word]

    def _answers(self, token: str) -> tuple[int, ...]:
        known = self._known.get(token)
        if known is None:
            found: set[int] = set()
            for form in forms(token):
                if form in self._literals:
                    found.add(self._literals[form])
                found.update(self._globs.matching(form))
            known = self._known[token] = tuple(sorted(found))
        return known

    def search(self, tokens: Sequence[tuple[str, int]]) -> Iterator[_Found]:
        """Every phrase in `tokens` (folded word, index of the word it is part of)."""
        symbols = [self._answers(token) for token, _ in tokens]
        for start, (_, first) in enumerate(tokens):
            alive = [self._root]
            for at in range(start, len(tokens)):
                if not symbols[at]:
                    break
                alive = [n for node in alive for s in symbols[at] if (n := node.following.get(s)) is not None]
                if not alive:
                    break
                for node in alive:
                    for rule in node.rules:
                        yield rule, first, tokens[at][1]


class _Globs:
    """Globs by what they begin or end with, so that a word is compared with a few of them only."""

    def __init__(self) -> None:
        self._by_start: dict[str, list[tuple[re.Pattern[str], int]]] = {}
        self._by_end: dict[str, list[tuple[re.Pattern[str], int]]] = {}
        self._others: list[tuple[re.Pattern[str], int]] = []

    def add(self, glob: str, symbol: int) -> None:
        entry = (_compiled(glob), symbol)
        start, end = re.split(r"[*?]", glob, maxsplit=1)[0], re.split(r"[*?]", glob)[-1]
        if start:
            self._by_start.setdefault(start, []).append(entry)
        elif end:
            self._by_end.setdefault(end, []).append(entry)
        else:
            self._others.append(entry)

    def matching(self, word: str) -> Iterator[int]:
        entries = [self._others]
        for n in range(1, len(word) + 1):
            entries += [self._by_start.get(word[:n], []), self._by_end.get(word[-n:], [])]
        return (symbol for group in entries for regex, symbol in group if regex.fullmatch(word))


def _compiled(glob: str) -> re.Pattern[str]:
    """A glob as a regular expression. Runs of * are one, which keeps matching from going back and forth for ever."""
    glob = re.sub(r"\*+", "*", glob)
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob), re.DOTALL)
