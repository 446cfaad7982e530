"""Intervals of time that can be asked what lies in them. Seconds, half-open `[start, end)`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from copipe.records import SpeakerTurn

Interval = tuple[float, float]


class Timeline:
    """Labelled intervals, found by time in logarithmic time where they overlap little."""

    def __init__(self, items: Iterable[tuple[float, float, str]]) -> None:
        self._items = sorted(items)
        self._starts = [start for start, _, _ in self._items]
        self._reach: list[float] = []  # latest end so far: nothing before an index reaches beyond it
        for _, end, _ in self._items:
            self._reach.append(max(end, self._reach[-1]) if self._reach else end)

    def __bool__(self) -> bool:
        return bool(self._items)

    def within(self, start: float, end: float) -> Iterator[tuple[float, str]]:
        """(seconds shared, label) of every interval that shares time with `[start, end)`, latest first."""
        i = bisect_left(self._starts, end) - 1
        while i >= 0 and self._reach[i] > start:
            s, e, label = self._items[i]
            shared = min(e, end) - max(s, start)
            if shared > 0:
                yield shared, label
            i -= 1

    def nearest(self, start: float, end: float) -> tuple[float, str]:
        """(gap in seconds, label) of the interval nearest to `[start, end)`; of two as near, the earlier."""
        i = bisect_left(self._starts, end)
        best: tuple[float, str] | None = None
        if i < len(self._items):
            best = (max(0.0, self._items[i][0] - end), self._items[i][2])
        j = i - 1
        while j >= 0 and (best is None or max(0.0, start - self._reach[j]) <= best[0]):
            gap = max(0.0, start - self._items[j][1])
            if best is None or gap <= best[0]:
                best = (gap, self._items[j][2])
            j -= 1
        if best is None:
            raise ValueError("an empty timeline has nothing near")
        return best


def overlaps(turns: Sequence[SpeakerTurn]) -> list[Interval]:
    """Where two labels or more speak at once: disjoint, in order."""
    events = sorted([(t.start, 1, t.label) for t in turns] + [(t.end, -1, t.label) for t in turns])
    active: dict[str, int] = {}
    found: list[Interval] = []
    since: float | None = None
    for time, step, label in events:
        count = active.get(label, 0) + step
        if count:
            active[label] = count
        else:
            active.pop(label, None)
        if len(active) >= 2 and since is None:
            since = time
        elif len(active) < 2 and since is not None:
            if time > since:
                found.append((since, time))
            since = None
    return joined(found, 0.0)


def joined(intervals: Iterable[Interval], gap: float) -> list[Interval]:
    """The intervals in order, with those at most `gap` seconds apart made one."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1] + gap:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def without(intervals: Sequence[Interval], holes: Sequence[Interval]) -> list[Interval]:
    """What is left of the intervals (disjoint, in order) where the holes (likewise) are taken out."""
    result: list[Interval] = []
    for start, end in intervals:
        at = start
        for hole_start, hole_end in holes:
            if hole_end <= at:
                continue
            if hole_start >= end:
                break
            if hole_start > at:
                result.append((at, hole_start))
            at = max(at, hole_end)
        if at < end:
            result.append((at, end))
    return result


def shared(left: Sequence[Interval], right: Sequence[Interval]) -> float:
    """Seconds that two lists of disjoint intervals in order have in common."""
    total, i, j = 0.0, 0, 0
    while i < len(left) and j < len(right):
        total += max(0.0, min(left[i][1], right[j][1]) - max(left[i][0], right[j][0]))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return total


def clean_seconds(turns: Sequence[SpeakerTurn]) -> dict[str, float]:
    """Seconds in which each label speaks and no other does."""
    edges = sorted({t.start for t in turns} | {t.end for t in turns})
    ahead = sorted(turns, key=lambda t: t.start)
    result: dict[str, float] = {t.label: 0.0 for t in ahead}
    active: list[SpeakerTurn] = []
    next_turn = 0
    for start, end in pairwise(edges):
        while next_turn < len(ahead) and ahead[next_turn].start <= start:
            active.append(ahead[next_turn])
            next_turn += 1
        active = [t for t in active if t.end > start]
        labels = {t.label for t in active}
        if len(labels) == 1:
            result[labels.pop()] += end - start
    return result
