"""What a recogniser reports."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """`[start, end)` of a text is likely a `kind`: "person", "place", "organisation", "date", "age", "nhs-number" ...

    `score` is from 0 to 1; `sure` where there is nothing to decide: it has the form or check digit of its kind, or is a
    name that is nothing else.
    """

    start: int
    end: int
    kind: str
    score: float
    recogniser: str
    sure: bool


def apart(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits in order, without overlap: sure before doubtful, long before short; of the others what is left.

    >>> [(h.start, h.end) for h in apart([Hit(0, 4, "person", 0.5, "a", True), Hit(0, 9, "person", 0.5, "a", False)])]
    [(0, 4), (4, 9)]
    """
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (not h.sure, h.start - h.end, -h.score, h.start)):
        for start, end in _left(hit, kept):
            insort(kept, replace(hit, start=start, end=end))
    return tuple(kept)


def _left(hit: Hit, kept: Iterable[Hit]) -> Iterator[tuple[int, int]]:
    start = hit.start
    for other in kept:
        if other.end <= start or other.start >= hit.end:
            continue
        if start < other.start:
            yield start, other.start
        start = other.end
    if start < hit.end:
        yield start, hit.end
