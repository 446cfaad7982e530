from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from copipe.transcribe.engines.words import glossary, words

PIECES = [(" in", 0.0, 0.2, 0.9), ("-house", 0.2, 0.6, 0.5), (" care,", 0.6, 1.0, 0.8), (" ", 1.0, 1.0, 0.1)]


def test_pieces_without_a_space_belong_to_the_word_before():
    made = words(PIECES, "en")
    assert [word.text for word in made] == ["in-house", "care,"]
    assert (made[0].start, made[0].end, made[0].probability) == (0.0, 0.6, 0.5)


def test_languages_without_spaces_keep_their_pieces():
    assert [word.text for word in words([("会", 0, 1, 1.0), ("议", 1, 2, 1.0)], "zh")] == ["会", "议"]


@given(st.lists(st.tuples(st.text(max_size=5), st.floats(0, 9), st.floats(0, 9), st.floats(0, 1)), max_size=8))
def test_no_letter_is_lost_and_no_word_is_empty(pieces):
    made = words(pieces, "en")
    assert "".join(word.text for word in made) == "".join(text.strip() for text, *_ in pieces)
    assert all(word.text for word in made)


def test_the_vocabulary_is_told_as_a_glossary():
    assert glossary(()) is None
    assert glossary(("SSNAP", "Datix")) == "Glossary: SSNAP, Datix"
