"""Voices merged and split stay so, whatever diarization there is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.diarize.voices import regrouping
from copipe.errors import UsageError
from copipe.records import Decision, Segment, SpeakerTurn, Voice
from copipe.study import decisions

HALF = 0.5**0.5


def turns(*spans: tuple[float, float, str]) -> tuple[SpeakerTurn, ...]:
    return tuple(SpeakerTurn(s, e, label, x) for s, e, label in spans for x in (False, True))


SPEAKERS = turns((0, 10, "voice1"), (10, 20, "voice2"), (20, 40, "voice1"), (40, 50, "voice3"))
VOICES = (Voice("voice1", (1.0, 0.0), 30.0), Voice("voice2", (0.0, 1.0), 10.0), Voice("voice3", (HALF, HALF), 10.0))


def who_speaks(speakers: tuple[SpeakerTurn, ...], at: float) -> set[str]:
    return {t.label for t in speakers if t.exclusive and t.start <= at < t.end}


def test_two_voices_become_one_with_the_mean_of_their_embeddings() -> None:
    made = regrouping.merge(SPEAKERS, "voice1", "voice2", "k1", "CS")
    done = regrouping.apply((), SPEAKERS, VOICES, [made], "k1")
    assert {t.label for t in done.speakers} == {"voice1", "voice3"}
    merged = next(v for v in done.voices if v.label == "voice1")
    assert merged.seconds == 40.0
    length = (30**2 + 10**2) ** 0.5
    assert merged.embedding == pytest.approx((30 / length, 10 / length))
    assert [v.label for v in done.voices] == ["voice1", "voice3"]


def test_a_split_cuts_the_turn_at_its_time_and_forgets_the_mixed_embedding() -> None:
    made = regrouping.split(SPEAKERS, "voice1", 25.0, "k1", "CS")
    done = regrouping.apply((), SPEAKERS, VOICES, [made], "k1")
    assert made.verdict == "voice1b"
    assert who_speaks(done.speakers, 24.9) == {"voice1"}
    assert who_speaks(done.speakers, 25.0) == {"voice1b"}
    assert {v.label: (v.embedding, v.seconds) for v in done.voices}["voice1b"] == ((), 15.0)
    again = regrouping.split(done.speakers, "voice1", 5.0, "k1", "CS")
    assert again.verdict == "voice1c", "two splits of one voice never share a label"
    assert who_speaks(regrouping.apply((), SPEAKERS, VOICES, [made, again], "k1").speakers, 6.0) == {"voice1c"}


def test_without_speech_on_one_side_there_is_nothing_to_split() -> None:
    for at in (0.0, 40.0, 55.0):
        with pytest.raises(UsageError, match="does not speak"):
            regrouping.split(SPEAKERS, "voice1", at, "k1", "CS")


def test_another_diarization_that_hears_it_right_is_left_alone() -> None:
    merged = regrouping.merge(SPEAKERS, "voice1", "voice2", "k1", "CS")
    right = turns((0, 40, "A"), (40, 50, "B"))
    assert regrouping.apply((), right, (), [merged], "k2").speakers == right
    parted = regrouping.split(SPEAKERS, "voice1", 15.0, "k1", "CS")
    right = turns((0, 10, "A"), (10, 20, "B"), (20, 40, "C"), (40, 50, "D"))
    done = regrouping.apply((), right, (), [parted], "k2")
    assert done.speakers == right
    assert done.unplaced == ()


def test_another_diarization_with_the_same_mistake_is_put_right_in_the_same_way() -> None:
    other = turns((0.2, 10.1, "X"), (10.1, 19.8, "Y"), (20.1, 40.2, "X"), (40.2, 50, "Z"))
    parted = regrouping.split(SPEAKERS, "voice1", 15.0, "k1", "CS")
    done = regrouping.apply((), other, (Voice("X", (1.0,), 29.0),), [parted], "k2")
    assert (who_speaks(done.speakers, 5), who_speaks(done.speakers, 30)) == ({"X"}, {"voice1b"})
    merged = regrouping.merge(SPEAKERS, "voice1", "voice3", "k1", "CS")
    done = regrouping.apply((), other, (), [merged], "k2")
    assert who_speaks(done.speakers, 45) == who_speaks(done.speakers, 5) == {"X"}


def test_what_finds_no_voice_is_listed_and_changes_nothing() -> None:
    merged = regrouping.merge(SPEAKERS, "voice1", "voice3", "k1", "CS")
    elsewhere = turns((100, 110, "A"), (110, 120, "B"))
    done = regrouping.apply((), elsewhere, (), [merged], "k2")
    assert (done.speakers, done.unplaced) == (elsewhere, (merged,))


def test_an_undo_and_a_spoilt_line_do_no_harm() -> None:
    merged = regrouping.merge(SPEAKERS, "voice1", "voice2", "k1", "CS")
    undo = decisions.decide(kind="undo", about=merged.id, verdict="undo", who="CS")
    assert regrouping.apply((), SPEAKERS, VOICES, [merged, undo], "k1").speakers == SPEAKERS
    for detail in ("", "{", "[]", '{"spans": 3, "others": "x", "at": 1}', json.dumps({"spans": [["a", 1]]})):
        spoilt = Decision("x", "2010", "CS", "split", "voice1", "voice1b", None, "", detail)
        done = regrouping.apply((), SPEAKERS, VOICES, [spoilt], "k1")
        assert (done.speakers, done.unplaced) == (SPEAKERS, (spoilt,))


def test_speaker_tags_merge_as_well() -> None:
    segments = (Segment(None, None, (), "Mags"), Segment(None, None, (), "Margaret"))
    made = regrouping.merge((), "Mags", "Margaret", "k1", "CS")
    done = regrouping.apply(segments, (), (), [made], "k1")
    assert [s.label for s in done.segments] == ["Mags", "Mags"]


@given(at=st.floats(0.5, 39.5), shift=st.floats(-0.3, 0.3))
def test_a_split_never_loses_a_second_and_merging_it_back_gives_the_same_speech(at: float, shift: float) -> None:
    made = regrouping.split(SPEAKERS, "voice1", at, "k1", "CS")
    for source, speakers in (("k1", SPEAKERS), ("k2", tuple(_moved(t, shift) for t in SPEAKERS))):
        done = regrouping.apply((), speakers, (), [made], source)
        assert _seconds(done.speakers) == pytest.approx(_seconds(speakers))
        back = regrouping.merge(done.speakers, "voice1", "voice1b", source, "CS")
        again = regrouping.apply((), speakers, (), [made, back], source)
        assert {t.label for t in again.speakers} <= {t.label for t in speakers}


def _moved(turn: SpeakerTurn, by: float) -> SpeakerTurn:
    return SpeakerTurn(max(0.0, turn.start + by), turn.end + by, turn.label, turn.exclusive)


def _seconds(speakers: tuple[SpeakerTurn, ...]) -> float:
    return sum(t.end - t.start for t in speakers if t.exclusive)
