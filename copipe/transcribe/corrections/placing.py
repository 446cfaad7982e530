"""Finds the place of a correction in a transcription it was not made on, by what stood there and when it was said.

A place is taken only if it is sure: the words next to it agree, the time agrees, and no other place does as well. All
else is said to be unplaced, with the reason, for a person to see to.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import lru_cache

from copipe.records import Word
from copipe.study.anchors import plain as letters

# Chosen on made-up speech of 40 to 400 different words, one in six heard differently and times off by up to 0.3 s: of
# 3,575 corrections 82 % are placed and none wrongly (tests/transcribe/corrections/test_placing.py).
TOLERANCE = 0.9  # seconds that the edge of a word may lie from where it was
REACH = 3.0  # seconds round a time within which places are looked at: more, by the length of a word or two
WEIGHTS = (4, 2, 1)  # what an equal neighbour counts for: the next word, the one after it, the third
NEAR = 4  # of 7: the next word agrees; the two after it alone do not say whether it was misheard or left out
STRONG = 6  # of 7: the next two agree
BOTH = 10  # of 14: both next words, and one more on either side
ALL = 13  # of 14
MARGIN = 1.0  # by how much the best place must beat the second: a third neighbour, or a second of time
SLACK = 1  # words by which what another engine wrote may be longer than both readings known

plain = lru_cache(maxsize=65536)(letters)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a decision's detail says of its place. Texts are as written; times in seconds, None where there are none."""

    left: tuple[
        tuple[str, ...], ...
    ]  # readings of the words before: as they were, and as they are after the correction
    right: tuple[tuple[str, ...], ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    left_end: float | None  # end of the word before
    start: float | None
    end: float | None
    right_start: float | None  # start of the word after


class NotFoundError(Exception):
    """Why a place is not sure."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A transcription as the search sees it; the lists run side by side with the words."""

    words: Sequence[Word]
    settled: Container[str]  # ids of words that the same sitting has put there: no place for another of its corrections
    starts: Sequence[float]  # never falling, so that a time can be looked up; as good as the words' own times


def gap(scene: Scene, evidence: Evidence) -> tuple[int, int]:
    """The range of words that a correction is about, empty where nothing stands there; raises NotFoundError."""
    longest = max(len(evidence.before), len(evidence.after)) + SLACK
    readings = {_plains(evidence.before), _plains(evidence.after)}
    lefts = _edges(scene, evidence.left, -1, evidence.left_end, evidence.start)
    rights = _edges(scene, evidence.right, 1, evidence.right_start, evidence.end)
    found: list[tuple[float, int, int]] = []
    for i, (near_left, off_left) in lefts.items():
        for j in range(i, i + longest + 1):
            if j > i and scene.words[min(j, len(scene.words)) - 1].id in scene.settled:
                break
            if j not in rights:
                continue
            near_right, off_right = rights[j]
            here = _spoken(scene, i, j)
            if _sure(evidence, near_left, near_right, here, here in readings):
                found.append((near_left + near_right + 4 * (here in readings) - off_left - off_right, i, j))
    if not found:
        raise NotFoundError("no such words near that time")
    found.sort(reverse=True)
    score, i, j = found[0]
    for other, k, m in found[1:]:
        if other > score - MARGIN and not _same_outcome(scene, evidence, (i, j), (k, m)):
            raise NotFoundError("it fits in more than one place")
    return i, j


def _sure(evidence: Evidence, left: int, right: int, heard: Sequence[str], known: bool) -> bool:
    """Whether the words around a place, and what stands there (`heard` anything, a `known` reading), leave no doubt."""
    if heard and known:
        both = left >= NEAR and right >= NEAR
        open_ended = not any(evidence.left) or not any(evidence.right)
        return both or max(left, right) >= STRONG or (open_ended and left + right >= BOTH - NEAR)
    if len(heard) > (max(len(evidence.before), len(evidence.after)) if evidence.before else 0):
        return left + right >= ALL  # more than the first engine heard there: part of it may be something else
    return left >= NEAR and right >= NEAR and left + right >= BOTH


def boundary(scene: Scene, left: tuple[str, ...], right: tuple[str, ...], time: float | None) -> int:
    """The index of the word that a boundary between two words stands before; raises NotFoundError."""
    found = []
    for i in _window(scene, time):
        near = _agreement(scene, i, (left,), -1) + _agreement(scene, i, (right,), 1)
        off = _off(scene, i, time)
        if off <= TOLERANCE and (near >= BOTH or (near >= STRONG and not (left and right))):
            found.append((near - off, i))
    if not found:
        raise NotFoundError("no such words near that time")
    found.sort(reverse=True)
    if len(found) > 1 and found[1][0] > found[0][0] - MARGIN:
        raise NotFoundError("it fits in more than one place")
    return found[0][1]


def _edges(
    scene: Scene, readings: Sequence[tuple[str, ...]], side: int, outer: float | None, inner: float | None
) -> dict[int, tuple[int, float]]:
    """Places that may be an edge: for each, how well the words outside agree and how far off they are in time (s).

    `outer` is when the word outside ended (or began, on the right), `inner` when the first (last) word inside began.
    """
    time = inner if outer is None else outer
    next_to = {plain(r[0 if side > 0 else -1]) for r in readings if r}
    edges: dict[int, tuple[int, float]] = {}
    for i in _window(scene, time):
        if time is None and next_to and _beside(scene, i, side) not in next_to:
            continue  # without a time, the whole text is searched: only for the very word
        off = _apart(scene, i, side, outer, inner)
        if off <= TOLERANCE:
            edges[i] = (_agreement(scene, i, readings, side), off)
    return edges


def _apart(scene: Scene, i: int, side: int, outer: float | None, inner: float | None) -> float:
    before = scene.words[i - 1].end if i else None
    after = scene.words[i].start if i < len(scene.words) else None
    outside, inside = (before, after) if side < 0 else (after, before)
    if outer is not None and outside is not None:
        return abs(outside - outer)
    if inner is not None and inside is not None:
        return abs(inside - inner)
    return 0.0


def _window(scene: Scene, time: float | None) -> range:
    """Places (0 to the number of words) near a time; all of them where there is none."""
    if time is None or not scene.starts or scene.starts[-1] == float("-inf"):
        return range(len(scene.words) + 1)
    low, high = bisect_left(scene.starts, time - REACH), bisect_right(scene.starts, time + REACH)
    return range(low, min(len(scene.words), high + 1) + 1)


def _off(scene: Scene, i: int, time: float | None) -> float:
    """How far the place before word i is from a time: 0 if the time lies in the pause there. Seconds."""
    if time is None:
        return 0.0
    end = scene.words[i - 1].end if i else None
    start = scene.words[i].start if i < len(scene.words) else None
    if end is not None and start is not None and min(end, start) <= time <= max(end, start):
        return 0.0
    return min((abs(t - time) for t in (end, start) if t is not None), default=0.0)


def _agreement(scene: Scene, i: int, readings: Sequence[tuple[str, ...]], side: int) -> int:
    """How well the next spoken words on one side agree with a reading: 0 to 6; beginning with beginning is NEAR."""
    here: list[str] = []
    k = i if side > 0 else i - 1
    while 0 <= k < len(scene.words) and len(here) < len(WEIGHTS):
        said = _said(scene.words[k])
        if said:
            here.append(said)
        k += side
    best = 0
    for reading in readings:
        there = [p for p in map(plain, reading if side > 0 else reading[::-1]) if p]
        if not there and not here:
            return NEAR
        agreed = [w if a == b else 0 for w, a, b in zip(WEIGHTS, here, there, strict=False)]
        if there[:1] == there[1:2] and not all(agreed[:2]):
            agreed[:1] = [0]  # of "yeah yeah" one may have been misheard: which, one word alone does not say
        best = max(best, sum(agreed))
    return best


def _beside(scene: Scene, i: int, side: int) -> str:
    k = i if side > 0 else i - 1
    while 0 <= k < len(scene.words):
        said = _said(scene.words[k])
        if said:
            return said
        k += side
    return ""


def _said(word: Word) -> str:
    return "" if word.is_note else plain(word.text)


def _spoken(scene: Scene, i: int, j: int) -> tuple[str, ...]:
    return tuple(s for s in map(_said, scene.words[i:j]) if s)


def _plains(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(p for p in (plain(t) for t in texts if not t.startswith("(")) if p)


def _same_outcome(scene: Scene, evidence: Evidence, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the words would read the same either way, as with one "yeah" more among three."""
    low, high = min(one[0], other[0]), max(one[1], other[1])
    new = _plains(evidence.after)
    first, second = (_spoken(scene, low, i) + new + _spoken(scene, j, high) for i, j in (one, other))
    return first == second
