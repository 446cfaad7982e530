"""Words and voices: properties that hold for any input, and the cases that a researcher would check by hand."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.diarize import alignment
from copipe.records import Mark, Segment, SpeakerTurn, Turn, Word, word_id

ROLES = ["SN1", "CS", "OT", "not-in-study"]
LABELS = ["V1", "V2", "V3"]
times = st.floats(min_value=0, max_value=60, allow_nan=False)


def word(n: int, start: float | None, end: float | None, text: str = "") -> Word:
    return Word(word_id("M", n), start, end, text or f"w{n}")


def one(*words: Word, label: str = "") -> Segment:
    return Segment(words[0].start, words[-1].end, words, label)


def turn(start: float, end: float, label: str, exclusive: bool = True) -> SpeakerTurn:
    return SpeakerTurn(start, end, label, exclusive)


def both(start: float, end: float, label: str) -> list[SpeakerTurn]:
    return [turn(start, end, label, False), turn(start, end, label, True)]


def attribute(
    segments, speakers=(), roles=None, shown=("SN1", "CS"), withhold=False, said_by=None, marks=(), in_doubt=False
):  # type: ignore[no-untyped-def]
    return alignment.attribute(segments, speakers, roles or {}, shown, withhold, said_by or {}, marks, in_doubt)


@st.composite
def transcripts(draw: st.DrawFn) -> list[Segment]:
    found: list[Segment] = []
    number = 0
    for _ in range(draw(st.integers(0, 5))):
        words = []
        for _ in range(draw(st.integers(0, 6))):
            number += 1
            start = draw(st.none() | times)
            end = None if start is None else start + draw(st.floats(0, 3))
            words.append(word(number, start, end, draw(st.sampled_from(["a", "(laughs)", "[inaudible]", "yes,"]))))
        start = draw(st.none() | times)
        found.append(
            Segment(start, None if start is None else start + 2, tuple(words), draw(st.sampled_from(["", "", *LABELS])))
        )
    return found


turns = st.builds(
    lambda s, d, label, ex: SpeakerTurn(s, s + d, label, ex),
    times,
    st.floats(0.01, 9),
    st.sampled_from(LABELS),
    st.booleans(),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Segment], tuple[Turn, ...], dict[str, str], set[str], dict[str, str], bool]:
    segments = draw(transcripts())
    ids = [w.id for s in segments for w in s.words]
    said_by = draw(st.dictionaries(st.sampled_from(ids), st.sampled_from(ROLES))) if ids else {}
    roles = draw(st.dictionaries(st.sampled_from(LABELS), st.sampled_from(ROLES)))
    shown = draw(st.sets(st.sampled_from(ROLES[:3])))
    withhold = draw(st.booleans())
    pairs = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=3)) if ids else []
    marks = [Mark("suspect", min(p), max(p), "loop") for p in pairs]
    speakers = draw(st.lists(turns, max_size=8))
    made = alignment.attribute(segments, speakers, roles, shown, withhold, said_by, marks)
    return segments, made, roles, shown, said_by, withhold


@given(cases())
@settings(max_examples=80, deadline=None)
def test_every_word_is_in_exactly_one_turn_in_order(case) -> None:  # type: ignore[no-untyped-def]
    segments, made, *_ = case
    ids = [w.id for s in segments for w in s.words]
    covered: list[str] = []
    for t in made:
        inside = ids[ids.index(t.id) : ids.index(t.last) + 1]
        covered += inside
        if t.role:
            assert [w.id for w in t.words] == inside
    assert covered == ids
    assert all(0 <= t.certainty <= 1 for t in made)


@given(cases())
@settings(max_examples=80, deadline=None)
def test_withheld_words_never_appear(case) -> None:  # type: ignore[no-untyped-def]
    segments, made, _roles, shown, _said_by, withhold = case
    notes = {w.id for s in segments for w in s.words if w.is_note}
    ids = [w.id for s in segments for w in s.words]
    for t in made:
        assert t.role in shown or t.role == "" or (alignment.is_unknown(t.role) and not withhold)
        if not t.role:
            assert t.words == ()
            assert t.count == sum(i not in notes for i in ids[ids.index(t.id) : ids.index(t.last) + 1])
            assert {m.kind for m in t.marks} == {"withheld"}
    assert not any(not a.role and not b.role for a, b in itertools.pairwise(made)), "placeholders merge"


@given(cases())
@settings(max_examples=80, deadline=None)
def test_what_a_person_said_wins(case) -> None:  # type: ignore[no-untyped-def]
    _, made, _, shown, said_by, _ = case
    shown_words = {w.id: t.role for t in made for w in t.words}
    for identity, role in said_by.items():
        if role in shown:
            assert shown_words[identity] == role
        else:
            assert identity not in shown_words


@given(cases())
@settings(max_examples=60, deadline=None)
def test_marks_stay_inside_their_turn(case) -> None:  # type: ignore[no-untyped-def]
    _, made, *_ = case
    for t in made:
        for m in t.marks:
            assert t.id <= m.first <= m.last <= t.last


def test_a_word_goes_to_the_turn_it_shares_most_time_with() -> None:
    speakers = [*both(0.0, 1.0, "V1"), *both(1.0, 3.0, "V2")]
    made = attribute(
        [one(word(1, 0.2, 0.8, "w1."), word(2, 0.8, 1.4), word(3, 1.5, 2.0))], speakers, {"V1": "SN1", "V2": "CS"}
    )
    assert [(t.role, t.text) for t in made] == [("SN1", "w1."), ("CS", "w2 w3")]
    assert made[0].certainty == 1.0
    assert round(made[1].certainty, 3) == round((0.4 / 0.6 + 1) / 2, 3)


def test_a_word_in_a_gap_goes_to_the_nearest_turn_and_is_less_certain() -> None:
    speakers = [*both(0, 1, "V1"), *both(5, 6, "V2")]
    near, far = attribute([one(word(1, 1.2, 1.4), word(2, 4.5, 4.9))], speakers, {"V1": "SN1", "V2": "CS"})
    assert (near.role, far.role) == ("SN1", "CS")
    assert 0 < near.certainty < alignment.NEARBY


def test_overlap_is_marked_from_the_ordinary_turns() -> None:
    speakers = [turn(0, 3, "V1", False), turn(1, 2, "V2", False), turn(0, 3, "V1")]
    words = [word(i + 1, i * 0.5, i * 0.5 + 0.4) for i in range(6)]
    (made,) = attribute([one(*words)], speakers, {"V1": "SN1"})
    assert made.marks == (Mark("overlap", words[2].id, words[3].id),)
    assert made.certainty == (4 + 2 * 0.5) / 6


def test_unassigned_voices_are_numbered_as_they_speak_and_withheld_when_asked() -> None:
    segments = [one(word(1, 0, 1)), one(word(2, 2, 3)), one(word(3, 4, 5))]
    speakers = [*both(0, 1, "V2"), *both(2, 3, "V1"), *both(4, 5, "V3")]
    assert [t.role for t in attribute(segments, speakers, {"V1": "SN1"})] == ["UNK1", "SN1", "UNK2"]
    hidden = attribute(segments, speakers, {"V1": "SN1"}, withhold=True)
    assert [t.role for t in hidden] == ["", "SN1", ""]
    assert hidden[0].marks[0].why == alignment.NOT_ASSIGNED
    assert (hidden[0].start, hidden[0].end, hidden[0].count) == (0, 1, 1)


def test_neighbouring_placeholders_are_one_and_each_stretch_says_why() -> None:
    segments = [one(word(1, 0, 1)), one(word(2, 2, 3)), one(word(3, 4, 5)), one(word(4, 6, 7))]
    speakers = [*both(0, 1, "V1"), *both(2, 3, "V2"), *both(4, 5, "V3"), *both(6, 7, "V4")]
    hidden, seen = attribute(segments, speakers, {"V1": "OT", "V3": "not-in-study", "V4": "CS"}, withhold=True)
    assert [m.why for m in hidden.marks] == [alignment.NO_CONSENT, alignment.NOT_ASSIGNED, alignment.NOT_IN_STUDY]
    assert (hidden.role, hidden.words, hidden.count, hidden.last) == ("", (), 3, word_id("M", 3))
    assert seen.role == "CS"


def test_what_is_said_over_somebody_not_in_the_study_is_withheld_until_a_person_says_whose_it_is() -> None:
    speakers = [*both(0, 4, "V1"), turn(2, 4, "V2", exclusive=False)]
    words = [word(1, 0.1, 0.9), word(2, 1.2, 1.9), word(3, 2.2, 2.9), word(4, 3.2, 3.9)]
    roles = {"V1": "SN1", "V2": "OT"}
    (all_shown,) = attribute([one(*words)], speakers, roles)
    assert all_shown.count == 4
    seen, hidden = attribute([one(*words)], speakers, roles, in_doubt=True)
    assert ([w.id for w in seen.words], seen.role) == ([w.id for w in words[:2]], "SN1")
    assert [m.why for m in hidden.marks] == [alignment.SPOKEN_OVER]
    seen, hidden = attribute([one(*words)], speakers, roles, in_doubt=True, said_by={words[2].id: "SN1"})
    assert len(seen.words) == 3
    (all_shown,) = attribute([one(*words)], speakers, {"V1": "SN1", "V2": "CS"}, in_doubt=True)
    assert all_shown.count == 4
    hidden, *rest = attribute([one(*words)], speakers, {"V1": "SN1"}, in_doubt=True, withhold=True)
    assert (hidden.role, len(rest)) == ("SN1", 1)


def test_the_tag_of_an_imported_segment_is_the_voice() -> None:
    segments = [one(word(1, None, None), word(2, None, None), label="Gwen"), one(word(3, None, None), label="Ann")]
    made = attribute(segments, (), {"Gwen": "SN1"})
    assert [(t.role, t.text, t.start, t.certainty) for t in made] == [
        ("SN1", "w1 w2", None, 1.0),
        ("UNK1", "w3", None, 1.0),
    ]


def test_an_inserted_word_goes_with_the_word_before_it() -> None:
    speakers = [*both(0, 1, "V1"), *both(1, 9, "V2")]
    laughs = Word("M:000001.0001", None, None, "(laughs)")
    made = attribute([Segment(0, 9, (word(1, 0, 1), laughs, word(2, 1.5, 9)))], speakers, {"V1": "SN1", "V2": "CS"})
    assert [t.text for t in made] == ["w1 (laughs)", "w2"]
    assert made[0].count == 1


def test_words_without_times_take_their_segments() -> None:
    speakers = [*both(0, 1, "V1"), *both(1, 9, "V2")]
    made = attribute([Segment(2, 5, (word(1, None, None), word(2, None, None)))], speakers, {"V2": "CS"})
    assert [(t.role, t.text) for t in made] == [("CS", "w1 w2")]


def test_the_same_speaker_goes_on_after_a_pause_unless_it_is_long() -> None:
    speakers = both(0, 60, "V1")
    made = attribute([one(word(1, 0, 1), word(2, 4, 5), word(3, 10, 11))], speakers, {"V1": "SN1"})
    assert [t.text for t in made] == ["w1 w2", "w3"]


def test_suspect_marks_split_at_turns_and_inaudible_words_are_marked() -> None:
    speakers = [*both(0, 2, "V1"), *both(2, 9, "V2")]
    words = (word(1, 0, 1), word(2, 1, 2), word(3, 2, 3), word(4, 3, 4, "[inaudible]."), word(5, 4, 5))
    suspect = Mark("suspect", words[1].id, words[2].id, "loop")
    left, right = attribute([one(*words)], speakers, {"V1": "SN1", "V2": "CS"}, marks=[suspect])
    assert left.marks == (Mark("suspect", words[1].id, words[1].id, "loop"),)
    assert right.marks == (
        Mark("suspect", words[2].id, words[2].id, "loop"),
        Mark("inaudible", words[3].id, words[3].id),
    )


def test_nothing_heard_leaves_words_to_somebody_unknown() -> None:
    (made,) = attribute([one(word(1, 0, 1))])
    assert (made.role, made.certainty) == ("UNK1", 0.0)


def test_the_last_word_of_a_sentence_stays_with_it_and_says_that_it_is_less_sure() -> None:
    speakers = [*both(0, 1.4, "V1"), *both(1.4, 9, "V2")]
    words = [word(1, 0, 0.5), word(2, 0.5, 1.0), word(3, 1.0, 1.2), word(4, 1.2, 1.4)]
    words += [word(5, 1.4, 1.8, "known."), word(6, 1.9, 3)]
    made = attribute([one(*words)], speakers, {"V1": "SN1", "V2": "CS"})
    assert [t.role for t in made] == ["SN1", "CS"]
    assert made[0].text.endswith("known.")
    assert 0.8 < made[0].certainty < 1.0
    # what a person says about the word still comes first
    made = attribute([one(*words)], speakers, {"V1": "SN1", "V2": "CS"}, said_by={words[4].id: "CS"})
    assert made[1].text == "known. w6"


def test_a_backchannel_without_a_full_stop_is_its_own_turn() -> None:
    speakers = [*both(0, 3, "V1"), *both(3, 3.4, "V2"), *both(3.4, 9, "V1")]
    words = [word(i + 1, i * 0.75, (i + 1) * 0.75) for i in range(4)] + [word(5, 3.0, 3.3, "yeah")]
    made = attribute([one(*words, word(6, 3.9, 5))], speakers, {"V1": "SN1", "V2": "CS"})
    assert [(t.role, t.count) for t in made] == [("SN1", 4), ("CS", 1), ("SN1", 1)]
