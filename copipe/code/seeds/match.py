"""Finds the seeds of a codebook in a meeting: first all phrases and patterns, then what joins them.

The time grows with the text and with the hits, and hardly with the number of seeds: `lexicon` finds all
phrases in one pass, and a regular expression is tried only where a piece of text stands that it must hold.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from copipe.code.seeds import bounded, language, literals
from copipe.code.seeds.language import TAGS, Leaf, Near, Not, Pattern, Phrase, Seed
from copipe.code.seeds.lexicon import Found, Lexicon
from copipe.code.seeds.operators import NONE, Coded, Keys, Places
from copipe.code.seeds.parses import Columns, Ints
from copipe.code.tokens import QUOTES, fold
from copipe.records import Code

_ODD_CASE = frozenset("\u017f\u212a\u0130\u0131")  # what re takes for s, k and i when it ignores case
_BIT = {tag: 1 << n for n, tag in enumerate(TAGS)} | {"": 0}


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Where seeds hit, H times, by code, seed and place: numbers of code and seed, first and last word, all (H,)."""

    code: Ints
    seed: Ints  # of its code
    first: Ints
    last: Ints


class Matcher:
    """Codes made ready to be found. Codes that are deprecated or not codable hit nothing, nor do not-seeds alone."""

    def __init__(
        self, codes: Sequence[Code], unit: str = "sentence", window: int = 1, negation: str = "ignore"
    ) -> None:
        """`unit` is for codes that name none; `negation` "aware" takes every seed as after affirmed:."""
        self._window = window
        self._words, self._cased, self._lemmas = Lexicon(), Lexicon(), Lexicon()
        self._leaves: dict[Leaf, int] = {}
        self._numbers: dict[int, tuple[int, int]] = {}  # see places.Numbers
        self._touches: dict[int, list[tuple[int, int]]] = {}  # number of a phrase or pattern -> (of self._coded, seed)
        self._patterns: list[tuple[int, Pattern]] = []
        self._needed: list[frozenset[str] | None] = []  # of each pattern
        self._pieces = literals.Pieces()
        self._cased_in_any = Lexicon()  # the words of _cased in small letters, to see where these are worth a look
        self._tried: dict[str, tuple[int, ...]] = {}  # word -> numbers of the patterns to be tried for it
        self._coded: list[Coded] = []
        for number, code in enumerate(codes):
            if code.seeds and code.codable and not code.deprecated:
                wanted = [self._ready(language.parse(text, code.case), negation == "aware") for text in code.seeds]
                unwanted = [self._ready(language.parse(text, code.case), False) for text in code.not_seeds]
                for n, seed in enumerate(wanted):
                    for base in {self._numbers[id(leaf)][1] for leaf in language.leaves(seed)}:
                        self._touches.setdefault(base, []).append((len(self._coded), n))
                self._coded.append(Coded(number, code, code.unit or unit, tuple(wanted), tuple(unwanted)))

    def _ready(self, seed: Seed, affirmed: bool) -> Seed:
        if affirmed:
            seed = _affirmed(seed)
        for leaf in language.leaves(seed):
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
            if lexicon is self._cased:
                for word in leaf.words:
                    for small in fold(word.replace("?", "*"), globs=True):  # "?" may be a letter that is two when small
                        self._cased_in_any.add([small], [0], number)

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
        places = Places(columns, self._window, stories, found, self._numbers)
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
        keys = np.concatenate([keys for _, _, keys in rows]) if rows else NONE
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
        near = self._cased_in_any.known(columns.folded)
        asked = np.zeros(len(columns.folded), np.bool_)
        asked[list(near)] = True
        telling = np.unique(columns.word[columns.token_word[asked[columns.token]]])
        counts = np.minimum(np.bincount(columns.word[columns.token_word], minlength=len(columns.vocabulary)), 1)
        known = {"": 0}  # all that no seed asks for is one text: it still parts what is beside it
        folded = [fold(columns.vocabulary[n], case=True) for n in telling.tolist()]
        counts[telling] = [len(tokens) for tokens in folded]
        begin = np.cumsum(counts) - counts
        flat = np.zeros(int(counts.sum()), np.int64)
        for n, tokens in zip(telling.tolist(), folded, strict=True):
            flat[begin[n] : begin[n] + counts[n]] = [known.setdefault(t, len(known)) for t in tokens]
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
            for first, last in bounded.finditer(pattern.regex, text):
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


def _affirmed(seed: Seed) -> Seed:
    """A seed whose words must not be denied, but for those that say otherwise and those behind NOT."""
    if isinstance(seed, Phrase | Pattern):
        return seed if seed.polarity else replace(seed, polarity="affirmed")
    if isinstance(seed, Not):
        return Not(_affirmed(seed.part), seed.without)
    if isinstance(seed, Near):
        return Near(_affirmed(seed.left), _affirmed(seed.right), seed.words)
    return type(seed)(tuple(_affirmed(part) for part in seed.parts))


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
