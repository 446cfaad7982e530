"""Intervals, against the plain way of working them out."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.diarize.timeline import Timeline, joined, overlaps, shared, without
from copipe.records import SpeakerTurn

interval = st.tuples(st.integers(0, 40), st.integers(1, 8)).map(lambda p: (float(p[0]), float(p[0] + p[1])))
items = st.lists(st.tuples(interval, st.sampled_from("abc")).map(lambda p: (*p[0], p[1])), max_size=12)


def seconds(intervals) -> set[int]:  # type: ignore[no-untyped-def]
    return {t for s, e in intervals for t in range(int(s), int(e))}


@given(items, interval)
@settings(max_examples=300)
def test_within_finds_all_that_shares_time(found, asked) -> None:  # type: ignore[no-untyped-def]
    start, end = asked
    plain = sorted((min(e, end) - max(s, start), label) for s, e, label in found if min(e, end) > max(s, start))
    assert sorted(Timeline(found).within(start, end)) == plain


@given(items.filter(bool), interval)
@settings(max_examples=300)
def test_nearest_has_the_smallest_gap(found, asked) -> None:  # type: ignore[no-untyped-def]
    start, end = asked
    gap, label = Timeline(found).nearest(start, end)
    gaps = [(max(0.0, s - end, start - e), name) for s, e, name in found]
    assert (gap, label) in gaps
    assert gap == min(g for g, _ in gaps)


@given(items)
@settings(max_examples=300)
def test_overlap_is_where_two_labels_speak(found) -> None:  # type: ignore[no-untyped-def]
    made = overlaps([SpeakerTurn(s, e, label) for s, e, label in found])
    voices = {t: {label for s, e, label in found if s <= t < e} for t in range(60)}
    assert seconds(made) == {t for t, labels in voices.items() if len(labels) > 1}
    assert all(a[1] < b[0] for a, b in itertools.pairwise(made))


@given(st.lists(interval, max_size=8), st.lists(interval, max_size=8))
@settings(max_examples=300)
def test_sets_of_seconds(left, right) -> None:  # type: ignore[no-untyped-def]
    a, b = joined(left, 0.0), joined(right, 0.0)
    assert seconds(a) == seconds(left)
    assert seconds(without(a, b)) == seconds(left) - seconds(right)
    assert shared(a, b) == len(seconds(left) & seconds(right))
