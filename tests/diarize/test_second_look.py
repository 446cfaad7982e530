"""The second look: a stretch in the wrong hands comes back, and nothing else changes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from copipe.diarize import second_look
from copipe.diarize.engines.engine import Diarization
from copipe.records import SpeakerTurn, Voice


def both(start: float, end: float, label: str) -> list[SpeakerTurn]:
    return [SpeakerTurn(start, end, label), SpeakerTurn(start, end, label, exclusive=True)]


def made(*spans: tuple[float, float, str]) -> Diarization:
    turns = sorted((t for s in spans for t in both(*s)), key=lambda t: (t.start, t.end, t.exclusive, t.label))
    labels = sorted({label for _, _, label in spans})
    return Diarization(tuple(turns), tuple(Voice(label, (1.0, 0.0), 0.0) for label in labels))


def ear(truth):  # type: ignore[no-untyped-def]
    """A voice is an angle: who speaks at a time, as `truth` says; empty where nobody knows."""

    def voice_of(clean):  # type: ignore[no-untyped-def]
        angle = truth(clean[0][0])
        return () if angle is None else (math.cos(angle), math.sin(angle))

    return voice_of


def labels(found: Diarization) -> list[tuple[float, str]]:
    return [(t.start, t.label) for t in found.turns if t.exclusive]


def test_a_stretch_in_the_wrong_hands_changes_them_though_it_pulls_that_voice_towards_itself() -> None:
    # voice1's 4 s are half of what voice1 seems to be; its mean lies as near to the stretch as voice2's
    first = made((0, 4, "voice1"), (5, 15, "voice2"), (20, 22, "voice1"), (22.3, 26, "voice1"), (30, 34, "voice1"))
    found = second_look.recheck(first, ear(lambda t: 0.9 if 5 <= t < 15 else (0.85 if 20 <= t < 26 else 0.0)))
    assert labels(found) == [(0, "voice1"), (5, "voice2"), (20, "voice2"), (22.3, "voice2"), (30, "voice1")]
    assert [t.label for t in found.turns if not t.exclusive] == [label for _, label in labels(found)]
    voices = {v.label: v for v in found.voices}
    assert voices["voice1"].seconds == 8.0
    assert np.allclose(voices["voice1"].embedding, (1.0, 0.0))
    assert 0.85 < math.atan2(*reversed(voices["voice2"].embedding)) < 0.9


def test_short_stretches_and_a_voices_only_stretch_stay() -> None:
    first = made((0, 4, "voice1"), (5, 15, "voice2"), (20, 20.9, "voice1"), (30, 34, "voice1"), (40, 44, "voice3"))
    # the 0.9 s sound like voice2, and all of voice3 sounds like voice1
    found = second_look.recheck(first, ear(lambda t: 0.9 if 5 <= t < 15 or t == 20 else 0.0))
    assert labels(found) == labels(first)
    assert found.voices == first.voices


def test_turns_say_by_how_much_they_are_nearer_to_their_own_voice() -> None:
    first = made((0, 4, "voice1"), (5, 15, "voice2"), (20, 23, "voice1"), (30, 34, "voice2"), (40, 40.5, "voice1"))
    found = second_look.recheck(first, ear(lambda t: {0: 0.0, 20: 0.35}.get(t, 0.9)))
    margins = {t.start: t.margin for t in found.turns if t.exclusive}
    assert margins[5] == pytest.approx(1 - math.cos(0.9 - 0.15), abs=0.001)  # of 0 and 0.35 by seconds
    assert margins[20] == pytest.approx(math.cos(0.35) - math.cos(0.9 - 0.35), abs=0.001)
    assert margins[40] is None  # too short to tell
    assert {t.margin for t in found.turns if not t.exclusive} == {None}


def test_what_cannot_be_heard_stays() -> None:
    first = made((0, 4, "voice1"), (5, 15, "voice2"))
    assert second_look.recheck(first, ear(lambda t: None)) is first
    assert second_look.recheck(Diarization((), ()), ear(lambda t: 0.0)) == Diarization((), ())


def test_overlapped_speech_is_no_evidence() -> None:
    turns = [*both(0, 4, "voice1"), *both(5, 15, "voice2"), SpeakerTurn(20, 24, "voice1", True)]
    turns += [SpeakerTurn(20, 24, "voice1"), SpeakerTurn(20, 24, "voice2"), *both(30, 34, "voice1")]
    seen: list[float] = []

    def voice_of(clean):  # type: ignore[no-untyped-def]
        seen.extend(start for start, _ in clean)
        return (1.0, 0.0)

    second_look.recheck(Diarization(tuple(turns), made((0, 1, "voice1"), (1, 2, "voice2")).voices), voice_of)
    assert 20 not in seen


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 8), st.sampled_from(["voice1", "voice2", "voice3"])), max_size=10
)


MUSICAL_CHAIRS = [(0, 1, "voice1"), (1, 1, "voice2"), (31, 7, "voice2"), (32, 7, "voice3"), (45, 1, "voice1")]


@example(
    drawn=MUSICAL_CHAIRS, angles=[1.0] + [0.0] * 30 + [1.0] + [0.0] * 6 + [0.875] + [0.0] * 6 + [0.6875] + [0.0] * 24
)
@given(spans, st.lists(st.floats(0, 1.5), min_size=70, max_size=70))
def test_times_and_voices_stay_whatever_is_heard(drawn, angles) -> None:  # type: ignore[no-untyped-def]
    first = made(*((float(s), float(s + d), label) for s, d, label in drawn))
    found = second_look.recheck(first, ear(lambda t: angles[int(t)]))
    key = lambda t: (t.start, t.end, t.exclusive)  # noqa: E731
    assert sorted(map(key, found.turns)) == sorted(map(key, first.turns))
    assert [v.label for v in found.voices] == [v.label for v in first.voices]
    assert {t.label for t in found.turns} == {t.label for t in first.turns}
    assert all(math.isclose(math.hypot(*v.embedding), 1.0) for v in found.voices)
