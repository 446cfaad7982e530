"""Which places of a meeting count for a code, and what becomes of them when seeds are joined by AND, OR, NOT and NEAR.

A place is one number, first word * N + last word in a meeting of N words, so that sets of places are sorted arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from copipe.code.seeds import negation, scopes
from copipe.code.seeds.language import And, Leaf, Not, Or, Pattern, Phrase, Seed
from copipe.code.seeds.parses import Columns, Ints
from copipe.code.tokens import fold
from copipe.records import Code

Keys = npt.NDArray[np.int64]  # places, sorted, each once
Numbers = Mapping[int, tuple[int, int]]  # id() of a leaf -> its number, and that of the same without polarity
NONE: Keys = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Coded:
    """The seeds and not-seeds of a code, read; `number` is the code's."""

    number: int
    code: Code
    unit: str
    seeds: tuple[Seed, ...]
    not_seeds: tuple[Seed, ...]


class Places:
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

    def of(self, coded: Coded) -> View:
        """The places that count for a code."""
        if coded.unit not in self._scopes:
            self._scopes[coded.unit] = scopes.scopes(self.columns, coded.unit, self._window, self._stories)
        low, high = self._scopes[coded.unit]
        view = View(self, low, high, self._none_allowed, coded.unit == "story")
        roles = None
        if coded.code.roles:
            roles = np.array([role in coded.code.roles for role in self.columns.roles], np.bool_)
        unwanted = [keys for seed in coded.not_seeds if len(keys := view.value(seed))]
        if roles is None and not unwanted:
            return view
        stretches = _merged(np.unique(np.concatenate(unwanted)), self.size) if unwanted else None
        return View(self, low, high, functools.partial(self._allowed, roles, stretches), coded.unit == "story")

    def leaf(self, leaf: Leaf) -> Keys:
        number, bare = self._numbers[id(leaf)]
        if leaf.polarity and number not in self._found:
            base = self._found.get(bare, NONE)
            denied = np.array([self._is_denied(first) for first in (base // self.size).tolist()], np.bool_)
            self._found[number] = base[denied == (leaf.polarity == "negated")]
        return self._found.get(number, NONE)

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
class View:
    """Works out what seeds hit, for a code with its scopes (see `scopes`) and what is allowed to count."""

    places: Places
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
            return NONE
        return np.union1d(left[self._near(left, right, seed.words)], right[self._near(right, left, seed.words)])

    def _all(self, seed: And, counts: bool) -> Keys:
        values: list[Keys] = []
        for part in seed.parts:
            values.append(self.value(part, counts))
            if not len(values[-1]):
                return NONE
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


def _merged(keys: Keys, size: int) -> tuple[Keys, Keys]:
    """First and last words of the stretches that places cover, in order and without overlap."""
    first, last = np.divmod(keys, size)
    last = np.maximum.accumulate(last)
    begins = np.ones(len(first), np.bool_)
    begins[1:] = first[1:] > last[:-1]
    return first[begins], last[np.append(np.flatnonzero(begins)[1:] - 1, len(last) - 1)]
