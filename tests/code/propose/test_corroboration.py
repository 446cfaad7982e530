from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count, pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code.propose import corroboration
from copipe.records import Match, Turn, Word, word_id

M = "2010-02"
SAID = (
    "Good morning, is everybody here. Okay that is clear.",
    "The discharge form has too many boxes, the nurses say. Nobody fills in the second page.",
    "No problem. We can ask the printers.",
    "Then the heat map of falls by ward. It shows more falls at night.",
    "Okay that is clear. No problem.",
    "The physiotherapist is off sick until March. We have no cover for the weekends.",
    "Is there any other business. The kettle in the kitchen is broken.",
)


def lines(code: str, *texts: str) -> list[Turn]:
    number, made = count(1), []
    for text in texts:
        words = tuple(Word(word_id(code, n), None, None, w) for w, n in zip(text.split(), number, strict=False))
        made.append(Turn(words[0].id, words[-1].id, None, None, "SN1", words, len(words), 1.0))
    return made


def named(turns: list[Turn], match: Match) -> list[list[int]]:
    """Turns in which each passage of a match lies."""
    return [
        [n for n, t in enumerate(turns) if p.first <= t.words[-1].id and t.words[0].id <= p.last]
        for p in match.passages
    ]


def compare(*notes: str, said: tuple[str, ...] = SAID) -> list[list[list[int]]]:
    turns = lines(M, *said)
    return [named(turns, match) for match in corroboration.compare(M, lines("notes", *notes), turns, "t").matches]


def test_points_are_matched_with_what_was_said() -> None:
    forms, falls, cover = compare("Discharge form: too many boxes", "falls at night, by ward", "physiotherapist sick")
    assert (forms[0], falls[0], cover[0]) == ([1], [3], [5])


def test_words_that_one_side_writes_as_two_are_the_same() -> None:
    ((place, *_),) = compare("HeatMap falls")
    assert place == [3]
    ((place, *_),) = compare("heatmap")
    assert place == [3]


@pytest.mark.parametrize("heading", ["T1", "18/11/2021", "2.", "And so on", "Plan"])
def test_headings_and_dates_match_nothing(heading: str) -> None:
    assert compare(heading) == [[]]


def test_the_commonest_remark_is_not_named_at_once() -> None:
    said = tuple(f"Okay that is clear. Number {n} of the papers." for n in "abcdefghijklmnopqrstuvwxyz") + SAID
    (found,) = corroboration.compare(M, lines("notes", "Information clear"), lines(M, *said), "t").matches
    assert not found.scores or max(found.scores) < 0.6


def test_the_order_of_notes_decides_between_like_passages() -> None:
    said = (
        "The budget was talked about.", "Parking at the gate is full.", "We come to the rota for nights.",
        "Now the budget was talked about.", "The lift is out of order.",
    )  # fmt: skip
    first = compare("budget", "parking at the gate", "rota for nights", "lift out of order", said=said)
    later = compare("parking at the gate", "rota for nights", "budget", "lift out of order", said=said)
    assert 0 in first[0][0] and 3 not in first[0][0]
    assert 3 in later[2][0] and 0 not in later[2][0]


def test_every_point_has_its_match_in_order() -> None:
    notes = lines("notes", "T1", "discharge form boxes", "kettle broken")
    made = corroboration.compare(M, notes, lines(M, *SAID), "t")
    assert [m.note.first for m in made.matches] == [t.words[0].id for t in notes]
    assert [bool(m.passages) for m in made.matches] == [False, True, True]


def test_long_talk_that_no_point_speaks_of_is_told() -> None:
    aside = " ".join(f"My uncle {w} kept {w} pigeons behind {w} church." for w in "red blue old new big".split()) * 6
    turns = lines(M, SAID[1], aside, SAID[5])
    made = corroboration.compare(
        M, lines("notes", "discharge form boxes, second page", "no cover for physiotherapist sick"), turns, "t"
    )
    assert [(s.span.first, s.span.last) for s in made.unmentioned] == [(turns[1].words[0].id, turns[1].words[-1].id)]
    covered = corroboration.compare(M, lines("notes", "uncle's pigeons behind the church"), turns, "t")
    assert turns[1].words[0].id not in [s.span.first for s in covered.unmentioned]


def test_what_is_named_for_a_point_is_in_no_stretch_that_is_left_out() -> None:
    aside = [f"My uncle {w} kept {w} pigeons behind the {w} church." for w in "red blue old new big".split() * 3]
    turns = lines(M, *aside, "The physiotherapist is off sick until March.", *aside)
    made = corroboration.compare(M, lines("notes", "physiotherapist sick until March"), turns, "t")
    (passage,) = made.matches[0].passages
    assert len(made.unmentioned) == 2
    for stretch in made.unmentioned:
        assert stretch.span.last < passage.first or passage.last < stretch.span.first


def test_nothing_said_or_nothing_noted() -> None:
    assert corroboration.compare(M, [], lines(M, *SAID), "t").matches == ()
    (alone,) = corroboration.compare(M, lines("notes", "discharge form"), [], "t").matches
    assert alone.passages == ()


def test_meaning_finds_what_words_do_not() -> None:
    def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Two meanings: what has to do with illness, and the rest."""
        ill = [float("ill" in t or "sick" in t) for t in texts]
        return np.asarray([(x, 1 - x) for x in ill], dtype=np.float32)

    turns = lines(M, *SAID)
    made = corroboration.compare(M, lines("notes", "physio ill"), turns, "t", embed)
    assert named(turns, made.matches[0])[0] == [5]


def test_vectors_at_hand_are_used_and_give_the_same() -> None:
    asked: list[int] = []

    def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        asked.append(len(texts))
        ill = [float("ill" in t or "sick" in t) for t in texts]
        return np.asarray([(x, 1 - x) for x in ill], dtype=np.float32)

    turns, notes = lines(M, *SAID), lines("notes", "physio ill", "kettle")
    said = [text for turn in turns for text in re.split(r"(?<=[.])\s", turn.text)]
    vectors = embed(said)
    asked.clear()
    assert corroboration.compare(M, notes, turns, "t", embed, vectors) == corroboration.compare(
        M, notes, turns, "t", embed
    )
    assert asked == [2, len(said), 2], "the sentences were not embedded again"


def test_field_notes_are_another_sheet_in_its_own_order() -> None:
    turns = lines(M, *SAID)
    taken, own = (
        lines("notes", "kettle in the kitchen broken"),
        lines("field-notes", "discharge form boxes", "falls by ward"),
    )
    both = corroboration.compare(M, taken, turns, "t", field_notes=own)
    assert [m.note.first for m in both.matches] == [t.id for t in (*taken, *own)]
    assert both.matches[:1] == corroboration.compare(M, taken, turns, "t").matches
    assert both.matches[1:] == corroboration.compare(M, own, turns, "t").matches


def test_of_much_that_is_left_out_the_longest_are_told_with_a_sentence_each() -> None:
    def aside(n: int) -> str:
        beasts = ("pigeons", "ferrets", "whippets", "bees", "goats", "trout", "canaries", "rabbits", "ponies", "geese",
                  "newts", "owls", "moths")  # fmt: skip
        beast = beasts[n]
        told = [f"My uncle kept {beast} behind the church for {year} years without a fence." for year in range(9 + n)]
        return f"Hm. {' '.join(told)} He sold the {beast} at the market."

    wards = "maple birch cedar hazel willow rowan aspen alder linden poplar spruce larch juniper".split()
    points = [f"{ward} ward beds" for ward in wards]
    talk = [t for n, ward in enumerate(wards) for t in (f"{ward} ward has beds. The beds on {ward} ward.", aside(n))]
    turns = lines(M, *talk)
    made = corroboration.compare(M, lines("notes", *points), turns, "t")
    told = [
        [n for n, t in enumerate(turns) if s.span.first <= t.words[-1].id and t.id <= s.span.last]
        for s in made.unmentioned
    ]
    assert len(made.unmentioned) == corroboration.STRETCHES and made.others == 3
    assert told == sorted(told) and told[0][0] >= 6, "the three shortest are not told"
    for stretch in made.unmentioned:
        assert stretch.telling and all(
            stretch.span.first <= s.first <= s.last <= stretch.span.last for s in stretch.telling
        )
    assert made.words > 13 * corroboration.STRETCH


TEXTS = st.lists(st.lists(st.sampled_from(" ".join(SAID).split()), min_size=1, max_size=9).map(" ".join), max_size=7)


@given(TEXTS, TEXTS)
def test_any_notes_and_talk(noted: list[str], said: list[str]) -> None:
    turns = lines(M, *said)
    made = corroboration.compare(M, lines("notes", *noted), turns, "t")
    assert len(made.matches) == len(noted)
    for match in made.matches:
        assert len(match.passages) == len(match.scores) <= corroboration.MOST
        assert list(match.scores) == sorted(match.scores, reverse=True)
        assert all(corroboration.FOUND <= score <= 1 for score in match.scores)
        apart = sorted((p.first, p.last) for p in match.passages)
        assert all(one[1] < other[0] for one, other in pairwise(apart))
