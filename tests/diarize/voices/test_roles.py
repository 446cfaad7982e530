"""Who a voice is, when nothing else stays the same."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.diarize.voices import roles
from copipe.records import Decision, Mark, Segment, SpeakerTurn, Word, word_id
from copipe.study import decisions

# Ten minutes in which V1 (every 30 s for 9 s), V2 (10 s later for 9 s) and V3 (20 s later for 5 s) speak.
SPEAKERS = [
    SpeakerTurn(at, at + length, label, exclusive)
    for start in range(0, 600, 30)
    for label, at, length in (("V1", start, 9.0), ("V2", start + 10, 9.0), ("V3", start + 20, 5.0))
    for exclusive in (False, True)
]


def relabelled(names: dict[str, str], shift: float = 0.0) -> list[SpeakerTurn]:
    return [replace(t, label=names.get(t.label, t.label), start=t.start + shift, end=t.end + shift) for t in SPEAKERS]


def decide(label: str, verdict: str, source: str = "one", speakers: list[SpeakerTurn] = SPEAKERS) -> Decision:
    return roles.assignment(speakers, label, verdict, source, "CS")


def by_label(*made: Decision, speakers: list[SpeakerTurn] = SPEAKERS, source: str = "one") -> dict[str, str]:
    return dict(roles.resolve((), speakers, made, source).by_label)


def test_a_decision_holds_times_rounded_and_no_speech() -> None:
    decision = decide("V1", "SN1")
    detail = json.loads(decision.detail)
    assert (decision.kind, decision.about, decision.verdict) == ("voice", "V1", "SN1")
    assert detail["source"] == "one"
    assert detail["spans"][:2] == [[0.0, 9.0], [30.0, 39.0]]
    many = [SpeakerTurn(i * 2.0, i * 2.0 + 0.5 + i / 300, "V1", True) for i in range(100)]
    spans = json.loads(decide("V1", "SN1", speakers=many).detail)["spans"]
    assert len(spans) == roles.MAX_SPANS
    assert spans == sorted(spans)
    assert min(start for start, _ in spans) == 120.0, "the longest forty are the last forty"


def test_the_later_decision_about_a_voice_counts_and_undo_takes_back() -> None:
    first, second = decide("V1", "SN1"), decide("V1", "CS")
    assert by_label(first, second) == {"V1": "CS"}
    assert by_label(second, first) == {"V1": "SN1"}
    undo = decisions.decide(kind="undo", about=second.id, verdict="undo", who="CS")
    assert by_label(first, second, undo) == {"V1": "SN1"}


def test_a_new_diarization_with_other_labels_keeps_who_is_whom() -> None:
    made = (decide("V1", "SN1"), decide("V2", "CS"), decide("V3", "VISITOR1"))
    new = relabelled({"V1": "V3", "V2": "V1", "V3": "V2"}, shift=0.3)
    assert by_label(*made, speakers=new, source="two") == {"V3": "SN1", "V1": "CS", "V2": "VISITOR1"}


def test_a_voice_that_is_gone_is_listed() -> None:
    new = [t for t in SPEAKERS if t.label != "V2"]
    found = roles.resolve((), new, (decide("V1", "SN1"), decide("V2", "CS")), "two")
    assert dict(found.by_label) == {"V1": "SN1"}
    assert [d.verdict for d in found.unplaced] == ["CS"]


def test_of_two_that_want_one_voice_the_one_with_more_of_it_wins() -> None:
    new = relabelled({"V3": "V1"})  # V1 and V3 have become one voice, most of it V1's
    found = roles.resolve((), new, (decide("V1", "SN1"), decide("V3", "OT")), "two")
    assert dict(found.by_label) == {"V1": "SN1"}
    assert [d.verdict for d in found.unplaced] == ["OT"]


def test_one_person_in_two_voices_is_no_conflict() -> None:
    found = roles.resolve((), relabelled({"V3": "V1"}), (decide("V1", "SN1"), decide("V3", "SN1")), "two")
    assert dict(found.by_label) == {"V1": "SN1"}
    assert found.unplaced == ()


def test_what_was_decided_for_this_diarization_comes_first() -> None:
    new = relabelled({"V1": "V2", "V2": "V1"})
    corrected = decide("V2", "OT", "two", new)
    carried = (decide("V1", "SN1"), decide("V2", "CS"))
    assert by_label(*carried, corrected, speakers=new, source="two") == {"V2": "OT", "V1": "CS"}
    # and back in the first diarization its own decisions hold again
    assert by_label(*carried, corrected) == {"V1": "SN1", "V2": "CS"}


def test_somebody_named_anew_is_no_longer_missing() -> None:
    new = [t for t in relabelled({}) if t.label != "V1"] + [SpeakerTurn(700, 720, "V9", True)]
    lost, again = decide("V1", "SN1"), decide("V9", "SN1", "two", new)
    assert roles.resolve((), new, (lost,), "two").unplaced == (lost,)
    assert roles.resolve((), new, (lost, again), "two").unplaced == ()


def test_a_speaker_tag_stands_for_itself() -> None:
    segments = [Segment(None, None, (Word("M:000001", None, None, "Yes."),), "Gwen P.")]
    made = roles.assignment((), "Gwen P.", "SN1", "file", "CS")
    assert dict(roles.resolve(segments, (), (made,), "file").by_label) == {"Gwen P.": "SN1"}
    assert dict(roles.resolve(segments, (), (made,), "another import").by_label) == {"Gwen P.": "SN1"}
    assert roles.resolve((), (), (made,), "file").unplaced == (made,)


def test_a_spoilt_detail_is_listed_and_breaks_nothing() -> None:
    for detail in ("", "{", "[]", '{"spans": 3}', '{"spans": [[1]]}'):
        made = replace(decide("V1", "SN1"), detail=detail)
        assert roles.resolve((), SPEAKERS, (made,), "two").unplaced == (made,)


@given(st.permutations(["V1", "V2", "V3"]), st.floats(-1.5, 1.5), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_labels_never_matter(names: list[str], shift: float, missing: int) -> None:
    truth = dict(zip(["V1", "V2", "V3"], ["SN1", "CS", "OT"], strict=True))
    renamed = dict(zip(truth, names, strict=True))
    new = [t for i, t in enumerate(relabelled(renamed, shift)) if missing == 0 or i % 7 != missing]
    found = by_label(*(decide(label, role) for label, role in truth.items()), speakers=new, source="two")
    assert found == {renamed[label]: role for label, role in truth.items()}


def spoken(speakers: list[SpeakerTurn]) -> list[Segment]:
    words = [Word(word_id("M", i + 1), float(i), i + 0.9, f"w{i}") for i in range(600)]
    return [Segment(0.0, 600.0, tuple(words))]


def test_samples_are_clear_long_enough_and_spread() -> None:
    crossed = [*SPEAKERS, SpeakerTurn(0, 9, "V2", False), SpeakerTurn(240, 244, "V3", False)]
    suspect = Mark("suspect", word_id("M", 31), word_id("M", 39), "loop")
    found = roles.samples(spoken(crossed), crossed, "V1", marks=[suspect])
    assert len(found) == 3
    for sample in found:
        assert sample.start is not None and sample.end is not None
        assert roles.SAMPLE[0] <= sample.end - sample.start <= roles.SAMPLE[1]
        assert any(t.start <= sample.start < sample.end <= t.end for t in SPEAKERS if t.label == "V1")
        assert sample.start not in (0.0, 30.0), "overlapped, suspect"
        assert sample.text == " ".join(f"w{i}" for i in range(int(sample.start), int(sample.end)))
    assert all((b.start or 0) - (a.start or 0) > 100 for a, b in pairwise(found))


def test_samples_of_somebody_who_says_little_are_short_and_of_nobody_none() -> None:
    speakers = [SpeakerTurn(5.0, 6.0, "V1", True), SpeakerTurn(90.0, 92.5, "V1", True)]
    assert [(s.start, s.end) for s in roles.samples(spoken(speakers), speakers, "V1")] == [(5.0, 6.0), (90.0, 92.5)]
    assert roles.samples(spoken(speakers), speakers, "V2") == ()


def test_a_long_stretch_gives_several_samples() -> None:
    speakers = [SpeakerTurn(0.0, 60.0, "V1", True)]
    found = roles.samples(spoken(speakers), speakers, "V1")
    assert [round((s.end or 0) - (s.start or 0), 3) for s in found] == [12.0, 12.0, 12.0]


def test_samples_of_a_tag_are_its_longest_segments() -> None:
    segments = [
        Segment(None, None, tuple(Word(word_id("M", 10 * n + i), None, None, "a") for i in range(n)), "Gwen")
        for n in (1, 5, 2, 9)
    ]
    assert [s.text.count("a") for s in roles.samples(segments, (), "Gwen")] == [5, 2, 9]
