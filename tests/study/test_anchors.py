"""A span is found again: by its ids, by its time and words, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.records import Word, word_id
from copipe.study.anchors import digest, place, span

M = "2010-02"


def words(text: str, step: float | None = 0.4, shift: float = 0.0, first: int = 1) -> tuple[Word, ...]:
    found = []
    for k, w in enumerate(text.split()):
        start = None if step is None else k * step + shift
        found.append(Word(word_id(M, k + first), start, None if start is None else start + 0.3, w))
    return tuple(found)


SAID = words("so we saw the nurse and the nurse saw us and that was it")


def test_digest_is_of_letters_alone() -> None:
    assert digest(words("Don't, stop!")) == digest(words("dont stop"))
    assert digest(words("dont stop")) != digest(words("dontstop"))
    assert digest(words("we stop")) == digest((*words("we"), Word("x", None, None, "(laughs)"), *words("– stop")))
    assert digest(words("Straße")) == digest(words("STRASSE"))
    assert set(digest(SAID)) <= set("0123456789abcdef")
    assert len(digest(SAID)) == 8


def test_span_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="2010-02"):
        span(M, (), "one")


def test_ids_find_it_whatever_was_corrected_since() -> None:
    anchor = span(M, SAID[3:5], "one")
    inserted = Word(SAID[3].id + ".0001", 1.3, 1.3, "district")
    now = (*SAID[:3], replace(SAID[3], text="a"), inserted, *SAID[4:])
    assert place(anchor, now, "one") == (3, 6)
    assert place(anchor, (*SAID[:4], *SAID[5:]), "one") == (3, 4)
    assert place(anchor, (*SAID[:3], *SAID[5:]), "one") is None
    assert place(anchor, (), "one") is None


@given(st.integers(0, 12), st.integers(1, 13), st.floats(-0.35, 0.35))
def test_time_and_words_find_it_in_another_transcription(i: int, width: int, shift: float) -> None:
    j = min(i + width, len(SAID))
    anchor = span(M, SAID[i:j], "one")
    other = words("well " + " ".join(w.text.upper() + "," for w in SAID), shift=shift - 0.4, first=41)
    assert place(anchor, other, "other") == (i + 1, j + 1)


def test_the_nearer_of_two_alike_is_taken_and_a_far_one_is_not() -> None:
    nurse = span(M, SAID[6:8], "one")  # the second "the nurse"
    assert place(nurse, words(" ".join(w.text for w in SAID), first=101), "other") == (6, 8)
    assert place(nurse, words(" ".join(w.text for w in SAID), shift=30.0), "other") is None


def test_other_words_in_its_time_are_taken_unless_it_is_to_be_exact() -> None:
    anchor = span(M, SAID[3:9], "one")
    other = words("so we saw the purse and then herself saw us and that was it", shift=0.1)
    assert place(anchor, other, "other") == (3, 9)
    assert place(anchor, other, "other", exact=True) is None


def test_without_times_only_one_place_will_do() -> None:
    anchor = span(M, words("so we saw the nurse", None)[1:4], "one")
    other = words("hello so we (laughs) saw the nurse", None)
    assert place(anchor, other, "other") == (2, 6)
    assert place(anchor, words("we saw the nurse and we saw the nurse", None), "other") is None
    assert place(anchor, words("they were there", None), "other") is None
