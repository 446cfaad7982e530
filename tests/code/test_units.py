from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code import units
from copipe.records import Mark, Turn, Word, word_id

M = "2010-02"


def turn(text: str | list[str], marks: tuple[Mark, ...] = (), gaps: dict[int, float] | None = None) -> Turn:
    """A turn of words half a second long each, with `gaps` (seconds) after some."""
    texts = text.split() if isinstance(text, str) else text
    words, at = [], 0.0
    for n, spoken in enumerate(texts):
        words.append(Word(word_id(M, n + 1), at, at + 0.5, spoken))
        at += 0.5 + (gaps or {}).get(n, 0.0)
    return Turn(words[0].id, words[-1].id, 0.0, at, "SN1", tuple(words), len(words), 1.0, marks)


def texts(of: Turn, found: tuple[units.Unit, ...]) -> list[str]:
    return [" ".join(of.words[i].text for i in unit.spoken) for unit in found]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("We met. Then we left!", ["We met.", "Then we left!"]),
        ("Why? Because.", ["Why?", "Because."]),
        ("Dr. Smith came. Mrs. J. Brown went.", ["Dr. Smith came.", "Mrs. J. Brown went."]),
        ("Well... yes. Well... Yes.", ["Well... yes.", "Well...", "Yes."]),
        ("Forms, e.g. Those. In the U.K. we do.", ["Forms, e.g. Those.", "In the U.K. we do."]),
        ("so do I. so it is. fine", ["so do I.", "so it is.", "fine"]),
        ("He said “stop.” We did.", ["He said “stop.”", "We did."]),
        ("no stops at all", ["no stops at all"]),
        ("3.5 per cent. 2010. Next", ["3.5 per cent.", "2010.", "Next"]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    of = turn(text)
    assert texts(of, units.sentences(of)) == sentences


def test_notes_and_covered_words_are_not_spoken_and_a_replaced_name_stays_whole() -> None:
    of = turn(["(coughs)", "We", "(laughs)", "met", "CG.", "", "Then", "we", "left.", "(a door)"])
    found = units.sentences(of)
    assert texts(of, found) == ["We met CG.", "Then we left."]
    assert [(u.first, u.last) for u in found] == [(1, 5), (6, 8)]


def test_suspect_words_are_left_out_and_nothing_reaches_across_them() -> None:
    mark = Mark("suspect", word_id(M, 3), word_id(M, 4), "loop")
    of = turn("one two bad bad three four.", (mark, Mark("overlap", word_id(M, 1), word_id(M, 6))))
    found = units.sentences(of)
    assert texts(of, found) == ["one two", "three four."]
    assert [u.stretch for u in units.joined(found)] == [0, 1]
    assert texts(of, units.joined(found)) == ["one two", "three four."]


def test_a_word_inserted_within_a_suspect_passage_is_suspect() -> None:
    of = turn("one two three")
    words = (*of.words[:2], Word(word_id(M, 2) + ".0001", None, None, "new"), of.words[2])
    marked = Turn(of.id, of.last, 0.0, 2.0, "SN1", words, 4, 1.0, (Mark("suspect", word_id(M, 2), word_id(M, 3)),))
    assert texts(marked, units.sentences(marked)) == ["one"]


def test_without_full_stops_a_long_turn_is_cut_at_its_pauses() -> None:
    of = turn(["so"] * 150, gaps={39: 1.2, 99: 0.9})
    assert [len(u.spoken) for u in units.sentences(of)] == [40, 60, 50]


def test_a_turn_without_words_has_no_units() -> None:
    withheld = Turn(word_id(M, 1), word_id(M, 9), 0.0, 4.0, "", (), 9, 1.0)
    assert units.sentences(withheld) == () == units.joined(())


PIECES = st.lists(
    st.sampled_from(["so", "So", "yes.", "Dr.", "why?", "(laughs)", "", "well...", "I.", "”", "."]),
    min_size=1,
    max_size=200,
)


@given(PIECES, st.lists(st.tuples(st.integers(1, 200), st.integers(1, 200)), max_size=2))
def test_units_hold_every_word_that_is_spoken_and_sound_once_and_in_order(
    pieces: list[str], suspects: list[tuple[int, int]]
) -> None:
    marks = tuple(Mark("suspect", word_id(M, min(s)), word_id(M, max(s))) for s in suspects)
    of = turn(pieces, marks)
    spoken = [
        i
        for i, word in enumerate(of.words)
        if word.text and not word.is_note and not any(m.first <= word.id <= m.last for m in marks)
    ]
    found = units.sentences(of)
    assert [i for unit in found for i in unit.spoken] == spoken
    assert [i for unit in units.joined(found) for i in unit.spoken] == spoken
    for unit in (*found, *units.joined(found)):
        assert unit.first == unit.spoken[0] and unit.last >= unit.spoken[-1]
        covered = [of.words[i] for i in range(unit.first, unit.last + 1) if i not in unit.spoken]
        assert all(not word.text or word.is_note for word in covered)
    assert all(len(unit.spoken) <= units.LONGEST for unit in found)
