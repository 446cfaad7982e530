"""Finds many phrases in one pass over the words of a meeting.

The phrases form one trie over symbols; a symbol is a word or a glob, perhaps with a part of speech. Which symbols a
word answers to is worked out once for each distinct word and remembered, so that the time grows with the text and
hardly with the number of phrases (Aho and Corasick 1975, with a trie in place of the automaton: phrases are short).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np
import numpy.typing as npt

from copipe.code.seeds.parses import Ints
from copipe.code.tokens import GLOB, forms

Found = npt.NDArray[np.int64]  # (H, 3): number of the phrase, first row, last row


@dataclass(slots=True)
class _Node:
    following: dict[int, _Node] = field(default_factory=dict)
    phrases: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a word may begin or continue: its symbols, with the phrases of it alone (and the tag bits they ask for)."""

    symbols: tuple[int, ...]
    alone: tuple[tuple[int, int], ...]  # (phrase, bits)
    begins: bool  # a phrase of several words
    goes_on: bool


_NEW = _Known((), (), False, False)  # stands for words that nobody has asked for yet


class Lexicon:
    """Phrases over one kind of words: folded ones, those with their case, or dictionary forms."""

    def __init__(self) -> None:
        self._root = _Node()
        self._symbols: dict[tuple[str, int], int] = {}
        self._bits: list[int] = []  # of each symbol: bits of the tag that its word must have, 0 for any
        self._literals: dict[str, list[int]] = {}
        self._globs = _Globs()
        self._second: set[int] = set()  # symbols that come second in a phrase
        self._known: dict[str, _Known | None] = {}

    @property
    def empty(self) -> bool:
        return not self._symbols

    def add(self, words: Sequence[str], bits: Sequence[int], phrase: int) -> None:
        """A phrase of words or globs; `bits` has the tag of each, 0 for any."""
        node = self._root
        for at, (word, bit) in enumerate(zip(words, bits, strict=True)):
            symbol = self._symbol(word, bit)
            if at == 1:
                self._second.add(symbol)
            node = node.following.setdefault(symbol, _Node())
        node.phrases.append(phrase)

    def _symbol(self, word: str, bit: int) -> int:
        if (word, bit) not in self._symbols:
            symbol = self._symbols[word, bit] = len(self._symbols)
            self._bits.append(bit)
            if any(c in word for c in GLOB):
                self._globs.add(word, symbol)
            else:
                self._literals.setdefault(word, []).append(symbol)
        return self._symbols[word, bit]

    def _look_up(self, token: str) -> _Known | None:
        found: set[int] = set()
        for form in forms(token):
            found.update(self._literals.get(form, ()))
            found.update(self._globs.matching(form))
        if not found:
            return None
        nodes = [(node, self._bits[s]) for s in found if (node := self._root.following.get(s)) is not None]
        alone = {(phrase, bit) for node, bit in nodes for phrase in node.phrases}
        begins = any(node.following for node, _ in nodes)
        return _Known(tuple(sorted(found)), tuple(sorted(alone)), begins, bool(found & self._second))

    def search(self, texts: Sequence[str], tokens: Ints, tags: Ints, sentences: Ints) -> Found:
        """Every phrase in rows of tokens: (K,) indices in `texts`, bits of their tags, and the sentence of each.

        A phrase lies within one sentence. The same phrase may be found twice at a place.
        """
        known = self.known(texts)
        if not known:
            return np.empty((0, 3), np.int64)
        alone = _alone(known, len(texts), tokens, tags)
        rows = list(self._longer(known, len(texts), tokens, tags, sentences))
        return np.concatenate([alone, np.array(rows, np.int64).reshape(-1, 3)]) if rows else alone

    def known(self, texts: Sequence[str]) -> dict[int, _Known]:
        """What is known of those texts that begin or continue a phrase, by their number."""
        remember = self._known
        found = list(map(remember.get, texts, repeat(_NEW)))
        for n, known in enumerate(found):
            if known is _NEW:
                found[n] = remember[texts[n]] = self._look_up(texts[n])
        return {n: known for n, known in enumerate(found) if known is not None}

    def _longer(
        self, known: dict[int, _Known], size: int, tokens: Ints, tags: Ints, sentences: Ints
    ) -> Iterator[tuple[int, int, int]]:
        begins, goes_on = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        begins[[n for n, k in known.items() if k.begins]] = True
        goes_on[[n for n, k in known.items() if k.goes_on]] = True
        if len(tokens) < 2 or not begins.any() or not goes_on.any():
            return
        starts = begins[tokens[:-1]] & goes_on[tokens[1:]] & (sentences[:-1] == sentences[1:])
        bits_of = self._bits
        for start in np.flatnonzero(starts).tolist():
            alive, sentence, at = [self._root], sentences[start], start
            while at < len(tokens) and sentences[at] == sentence and (here := known.get(int(tokens[at]))):
                bits = tags[at]
                alive = [
                    following
                    for symbol in here.symbols
                    if not bits_of[symbol] or bits & bits_of[symbol]
                    for node in alive
                    if (following := node.following.get(symbol)) is not None
                ]
                if not alive:
                    break
                if at > start:
                    for node in alive:
                        for phrase in node.phrases:
                            yield phrase, start, at
                at += 1


def _alone(known: dict[int, _Known], size: int, tokens: Ints, tags: Ints) -> Found:
    """Phrases of one word."""
    counts = np.zeros(size, np.int64)
    counts[list(known)] = [len(k.alone) for k in known.values()]
    flat = np.array([pair for k in known.values() for pair in k.alone], np.int64).reshape(-1, 2)
    begin = np.cumsum(counts) - counts  # known goes by number
    rows = np.flatnonzero(counts[tokens])
    many = counts[tokens[rows]]
    at = np.repeat(rows, many)
    nth = np.arange(len(at)) - np.repeat(np.cumsum(many) - many, many)
    phrase, bits = flat[begin[tokens[at]] + nth].T
    kept = (bits == 0) | (tags[at] & bits != 0)
    return np.stack([phrase[kept], at[kept], at[kept]], axis=1)


class _Globs:
    """Globs by what they begin or end with, so that a word is compared with a few of them only."""

    def __init__(self) -> None:
        self._by_start: dict[str, list[tuple[re.Pattern[str], int]]] = {}
        self._by_end: dict[str, list[tuple[re.Pattern[str], int]]] = {}
        self._others: list[tuple[re.Pattern[str], int]] = []
        self._lengths: set[int] = set()  # of the beginnings and ends

    def add(self, glob: str, symbol: int) -> None:
        entry = (_compiled(glob), symbol)
        start, end = re.split(r"[*?]", glob, maxsplit=1)[0], re.split(r"[*?]", glob)[-1]
        if start or end:
            self._lengths.add(len(start or end))
        if start:
            self._by_start.setdefault(start, []).append(entry)
        elif end:
            self._by_end.setdefault(end, []).append(entry)
        else:
            self._others.append(entry)

    def matching(self, word: str) -> Iterator[int]:
        entries = list(self._others)
        for n in self._lengths:
            if n <= len(word):
                entries += self._by_start.get(word[:n], ())
                entries += self._by_end.get(word[-n:], ())
        return (symbol for regex, symbol in entries if regex.fullmatch(word))


def _compiled(glob: str) -> re.Pattern[str]:
    """A glob as a regular expression. Runs of * are one, which keeps matching from going back and forth for ever."""
    glob = re.sub(r"\*+", "*", glob)
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in glob), re.DOTALL)
