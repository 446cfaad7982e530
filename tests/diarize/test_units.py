"""Units of speech, and edges that go to their neighbour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.diarize import units
from copipe.records import Word, word_id


def said(text: str, gaps: dict[int, float] | None = None) -> list[Word]:
    """Words of 0.3 s one after another, `gaps` seconds before some of them."""
    at, found = 0.0, []
    for i, part in enumerate(text.split()):
        at += (gaps or {}).get(i, 0.0)
        found.append(Word(word_id("M", i + 1), at, at + 0.3, part))
        at += 0.3
    return found


def settle(text: str, labels: str, gaps: dict[int, float] | None = None) -> str:
    return "".join(units.settled(said(text, gaps), list(labels)))


def test_units_end_with_sentences_and_pauses() -> None:
    words = said('That is known. Well, "as it was?" she said and then nothing', {9: 0.6, 10: 0.4})
    assert [[words[i].text for i in unit] for unit in units.units(words)] == [
        ["That", "is", "known."],
        ["Well,", '"as', "it", 'was?"'],
        ["she", "said"],
        ["and", "then", "nothing"],
    ]


@pytest.mark.parametrize(
    ("text", "labels", "after"),
    [
        ("can never be known. Well as it was", "AAABBBBB", "AAAABBBB"),  # the last word came too late
        ("so silly. This was a question", "AAABBB", "AABBBB"),  # the first came too early
        ("part of what he said. The more", "AAABBBB", "AAABBBB"),  # two against three: no telling
        ("some part of what he said. The more", "AAAABBBB", "AAAAAABB"),
        ("no full stop here at all and more", "AAAABBBB", "AAAABBBB"),  # a change within a unit stays
        ("what do you mean. Yeah. And then we", "AAAABAAA", "AAAABAAA"),  # somebody's own short sentence stays
        ("a b c d e f", "ABAAAA", "ABAAAA"),  # one against one
        ("a b c d e f", "AAABCC", "AAABCC"),
        ("a", "A", "A"),
    ],
)
def test_edges(text: str, labels: str, after: str) -> None:
    assert settle(text, labels) == after


def test_a_pause_protects_what_stands_after_it() -> None:
    assert settle("and what we did then well", "AAAAAB", {5: 0.5}) == "AAAAAB"
    assert settle("and what we did then well", "AAAAAB", {5: 0.4}) == "AAAAAA"
    assert settle("and what we did then Yeah,", "AAAAAB", {5: 0.4}) == "AAAAAB"


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b.", "c?", "(laughs)"]), st.sampled_from("AB"), st.none() | st.floats(0, 9)),
        max_size=20,
    )
)
def test_no_label_comes_from_nowhere_and_settling_settles(drawn: list[tuple[str, str, float | None]]) -> None:
    words = [Word(word_id("M", i), t, None if t is None else t + 0.2, x) for i, (x, _, t) in enumerate(drawn)]
    labels = [label for _, label, _ in drawn]
    covered = [i for unit in units.units(words) for i in unit]
    assert covered == list(range(len(words)))
    once = units.settled(words, labels)
    assert units.settled(words, once) == once
    for unit in units.units(words):
        assert {once[i] for i in unit} <= {labels[i] for i in unit}
