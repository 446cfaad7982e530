"""Which words of an edited text are which words of the old one: an alignment that stays fast on a whole meeting.

Runs of words that occur once in both texts are matched first (the idea of the patience diff), which cuts a meeting
into short stretches; difflib does the rest. Alone it is slow where there is a change in every turn of a long meeting.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from difflib import SequenceMatcher

RUN = 3  # words in a row that must occur once in both texts to be matched at once
SMALL = 60  # words on each side: shorter stretches go to difflib straight away


def align(old: Sequence[str], new: Sequence[str], old_roles: Sequence[str], new_roles: Sequence[str]) -> dict[int, int]:
    """For the index of every new word that is an old one, the index of the old; both rise together."""
    pairs: list[tuple[int, int]] = []
    _match(old, new, 0, len(old), 0, len(new), pairs)
    pairs.sort()
    return {p: i for i, p in _slide(pairs, old, new, old_roles, new_roles)}


def _match(
    old: Sequence[str], new: Sequence[str], i: int, j: int, p: int, q: int, pairs: list[tuple[int, int]]
) -> None:
    while i < j and p < q and old[i] == new[p]:
        pairs.append((i, p))
        i, p = i + 1, p + 1
    while i < j and p < q and old[j - 1] == new[q - 1]:
        j, q = j - 1, q - 1
        pairs.append((j, q))
    if i == j or p == q:
        return
    anchors = _unique_runs(old, new, i, j, p, q) if max(j - i, q - p) > SMALL else []
    if not anchors:
        matcher = SequenceMatcher(None, old[i:j], new[p:q], autojunk=False)
        for a, b, size in matcher.get_matching_blocks():
            pairs += [(i + a + k, p + b + k) for k in range(size)]
        return
    for a, b in [*anchors, (j, q)]:
        if a >= i and b >= p:  # the stretch before may have run over this anchor already
            _match(old, new, i, a, p, b, pairs)
            i, p = a, b
            while i < j and p < q and old[i] == new[p]:
                pairs.append((i, p))
                i, p = i + 1, p + 1


def _unique_runs(old: Sequence[str], new: Sequence[str], i: int, j: int, p: int, q: int) -> list[tuple[int, int]]:
    """Where runs of RUN words begin that occur once in each stretch: the longest series that rises in both."""
    here = _once(old, i, j)
    there = _once(new, p, q)
    found = sorted((a, there[run]) for run, a in here.items() if run in there)
    tails: list[int] = []  # new index that ends the best series of each length, for the longest rising series
    ends: list[int] = []
    back: list[int] = []
    for k, (_, b) in enumerate(found):
        at = bisect_left(tails, b)
        back.append(ends[at - 1] if at else -1)
        if at == len(tails):
            tails.append(b)
            ends.append(k)
        else:
            tails[at], ends[at] = b, k
    series: list[tuple[int, int]] = []
    k = ends[-1] if ends else -1
    while k >= 0:
        series.append(found[k])
        k = back[k]
    return series[::-1]


def _once(words: Sequence[str], i: int, j: int) -> dict[tuple[str, ...], int]:
    at: dict[tuple[str, ...], int] = {}
    for k in range(i, j - RUN + 1):
        run = tuple(words[k : k + RUN])
        at[run] = -1 if run in at else k
    return {run: k for run, k in at.items() if k >= 0}


def _slide(
    pairs: list[tuple[int, int]],
    old: Sequence[str],
    new: Sequence[str],
    old_roles: Sequence[str],
    new_roles: Sequence[str],
) -> list[tuple[int, int]]:
    """Where words only went or only came among equal ones ("yeah" of "yeah yeah"), take those of fitting roles."""
    pairs = [(-1, -1), *pairs, (len(old), len(new))]
    for k in range(1, len(pairs)):
        (a, b), (c, d) = pairs[k - 1], pairs[k]
        gone, came = c - a - 1, d - b - 1
        if (gone == 0) == (came == 0):
            continue
        # Walk the gap to the left: each step gives the new word of the pair before to the other end of the gap.
        best, gain, total, m = 0, 0, 0, k - 1
        while m >= 1 and (m == k - 1 or pairs[m + 1] == (pairs[m][0] + 1, pairs[m][1] + 1)):
            i, p = pairs[m]
            if old[i + gone] != new[p + came]:
                break
            total += (old_roles[i] != new_roles[p]) - (old_roles[i + gone] != new_roles[p + came])
            m -= 1
            if total > gain:
                best, gain = k - 1 - m, total
        for step in range(best):
            i, p = pairs[k - 1 - step]
            pairs[k - 1 - step] = (i + gone, p + came)
    return pairs[1:-1]
