"""From hits to passages: the unit round a hit, and neighbours with the same code made one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from copipe import anchors
from copipe.code.match import Hits
from copipe.code.parses import Columns
from copipe.code.scopes import scopes
from copipe.records import Candidate, Code, Evidence, Span, Word, WordId, word_id

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
        plain = list(map(_counted, columns.vocabulary))
        self._word, self._ordinal = columns.word.tolist(), columns.ordinal.tolist()
        self._plain = [plain[v] for v in self._word]
        self._start, self._end = columns.start.tolist(), columns.end.tolist()
        self._turn = columns.turn.tolist()
        self._known: dict[tuple[int, int], _Passage] = {}

    def candidate(
        self, first: int, last: int, code: str, texts: Sequence[str], hits: Sequence[tuple[int, int, int]]
    ) -> Candidate:
        passage = self._known.get((first, last))
        if passage is None:
            passage = self._known[first, last] = _Passage(self._span(first, last), self._role(first, last))
        word = self._id
        evidence = tuple([Evidence("seed", texts[rank], word(a), word(z)) for rank, a, z in hits])
        told = score(len(hits), len({rank for rank, _, _ in hits}) if len(hits) > 1 else 1)
        return Candidate(passage.span, code, passage.role, told, evidence)

    def _span(self, first: int, last: int) -> Span:
        """As `anchors.span` of the words."""
        start = next((s for s in self._start[first : last + 1] if s == s), None)  # NaN differs from itself
        end = next((e for e in reversed(self._end[first : last + 1]) if e == e), None)
        digest = anchors.digest_of(self._plain[first : last + 1])
        return Span(self._columns.meeting, self._id(first), self._id(last), start, end, digest, self._source)

    def _id(self, index: int) -> WordId:
        """As `Columns.id`, without asking an array each time."""
        return self._columns.odd_ids.get(index) or word_id(self._columns.meeting, self._ordinal[index])

    def _role(self, first: int, last: int) -> str:
        """Who says most of the words; of two that say as many the first."""
        turns: list[int] = self._turn
        roles, word = self._columns.roles, self._word
        if turns[first] == turns[last]:
            return roles[turns[first]]
        vocabulary = self._columns.vocabulary
        said = Counter(roles[turns[i]] for i in range(first, last + 1) if vocabulary[word[i]])
        return next(iter(said.most_common(1)))[0]


@lru_cache(1 << 17)
def _counted(text: str) -> str:
    return anchors.plains([Word("", None, None, text)])[0]
