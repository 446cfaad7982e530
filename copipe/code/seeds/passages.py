"""From hits to passages: the unit round a hit, and neighbours with the same code made one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from copipe.code.seeds.match import Hits
from copipe.code.seeds.parses import Columns
from copipe.code.seeds.scopes import scopes
from copipe.records import Candidate, Code, Evidence, Span, Word
from copipe.study import anchors

REPEATED = 0.25  # weight of a seed's second and later hits against its first: variety says more than repetition


def candidates(
    columns: Columns,
    hits: Hits,
    codes: Sequence[Code],
    units: Sequence[str],
    source: str,
    window: int = 1,
    stories: Sequence[tuple[int, int]] = (),
) -> Iterator[Candidate]:
    """The passages that hits propose; `units` has the passage of each code. In order of unit, code and speech.

    Sentences of one stretch that follow one another with the same code are one passage, so are windows that meet.
    """
    make = _Maker(columns, source)
    texts = [sorted(code.seeds) for code in codes]
    ranks = [[ranked.index(text) for text in code.seeds] for code, ranked in zip(codes, texts, strict=True)]
    for unit in dict.fromkeys(units):
        mine = np.flatnonzero(np.array([u == unit for u in units], np.bool_)[hits.code])
        if not len(mine):
            continue
        code, seed, first, last = hits.code[mine], hits.seed[mine], hits.first[mine], hits.last[mine]
        rank = np.array([ranks[c][s] for c, s in zip(code.tolist(), seed.tolist(), strict=True)], np.int32)
        order = np.lexsort((rank, last, first, code))
        code, rank, first, last = code[order], rank[order], first[order], last[order]
        sentence = columns.sentence[first]
        lows, highs = scopes(columns, unit, window, stories)
        low, high = lows[sentence], highs[sentence]
        joins = (code[1:] == code[:-1]) & (
            (low[1:] <= high[:-1])
            | (
                (unit in ("sentence", "window"))
                & (low[1:] == high[:-1] + 1)
                & (columns.stretch[low[1:]] == columns.stretch[high[:-1]])
            )
        )
        begins = np.concatenate([[0], np.flatnonzero(~joins) + 1, [len(code)]]).tolist()
        begin_word, end_word = columns.first[low].tolist(), columns.last[high].tolist()
        rows = list(zip(rank.tolist(), first.tolist(), last.tolist(), strict=True))
        numbers = code.tolist()
        for begin, end in itertools.pairwise(begins):
            number = numbers[begin]
            yield make.candidate(
                begin_word[begin], end_word[end - 1], codes[number].key, texts[number], rows[begin:end]
            )


def score(hits: int, distinct: int) -> float:
    """0 to 1, for ranking and nothing else: half for one seed, and each further one halves what is missing to 1.

    A seed's repetition counts a quarter (REPEATED). Our choice, not a measurement: it is no probability.
    """
    return 1.0 - float(0.5 ** (distinct + REPEATED * (hits - distinct)))


@dataclass(frozen=True, slots=True)
class _Passage:
    span: Span
    role: str


class _Maker:
    """Makes candidates of a meeting; passages that several codes share are worked out once."""

    def __init__(self, columns: Columns, source: str) -> None:
        self._columns, self._source = columns, source
        self._timed = not bool(np.isnan(columns.start).all() and np.isnan(columns.end).all())
        self._known: dict[tuple[int, int], _Passage] = {}

    def candidate(
        self, first: int, last: int, code: str, texts: Sequence[str], hits: Sequence[tuple[int, int, int]]
    ) -> Candidate:
        passage = self._known.get((first, last))
        if passage is None:
            passage = self._known[first, last] = _Passage(self._span(first, last), self._role(first, last))
        word = self._columns.id
        evidence = tuple([Evidence("seed", texts[rank], word(a), word(z)) for rank, a, z in hits])
        told = score(len(hits), len({rank for rank, _, _ in hits}) if len(hits) > 1 else 1)
        return Candidate(passage.span, code, passage.role, told, evidence)

    def _span(self, first: int, last: int) -> Span:
        """As `anchors.span` of the words."""
        columns, start, end = self._columns, None, None
        if self._timed:
            start = next((s for s in columns.start[first : last + 1].tolist() if s == s), None)  # NaN is not itself
            end = next((e for e in columns.end[first : last + 1][::-1].tolist() if e == e), None)
        vocabulary = columns.vocabulary
        digest = anchors.digest_of([_counted(vocabulary[v]) for v in columns.word[first : last + 1].tolist()])
        return Span(columns.meeting, columns.id(first), columns.id(last), start, end, digest, self._source)

    def _role(self, first: int, last: int) -> str:
        """Who says most of the words; of two that say as many the first."""
        columns = self._columns
        roles: tuple[str, ...] = columns.roles
        if columns.turn[first] == columns.turn[last]:
            return roles[int(columns.turn[first])]
        whose, word = columns.turn[first : last + 1].tolist(), columns.word[first : last + 1].tolist()
        said: Counter[str] = Counter(roles[t] for t, v in zip(whose, word, strict=True) if columns.vocabulary[v])
        return said.most_common(1)[0][0]


@lru_cache(1 << 17)
def _counted(text: str) -> str:
    return anchors.plains([Word("", None, None, text)])[0]
