import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code.tokens import fold, forms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Multi-agency", ("multi", "agency")),
        ("multi‐agency—work", ("multi", "agency", "work")),
        ("don’t", ("don't",)),
        ("don`t", ("don't",)),
        ("'quoted'", ("quoted",)),
        ("‘quoted’,", ("quoted",)),
        ("nurses’", ("nurses",)),
        ("S.U.I.", ("sui",)),
        ("e.g.", ("eg",)),
        ("STRASSE", ("strasse",)),
        ("Straße", ("strasse",)),
        ("cafe\u0301", ("caf\u00e9",)),
        ("ﬁve", ("five",)),
        ("partner\u00adship", ("partnership",)),  # a soft hyphen is no hyphen
        ("हिन्दी", ("हिन्दी",)),  # vowel signs are marks, and belong to the word
        ("3.5%", ("3", "5")),
        ("—", ()),
        ("*?", ()),
        ("and/or", ("and", "or")),
    ],
)
def test_text_is_cut_into_words_that_compare(text: str, words: tuple[str, ...]) -> None:
    assert fold(text) == words


def test_globs_keep_their_signs_in_any_script() -> None:
    assert fold("Partner*, lead?r", globs=True) == ("partner*", "lead?r")
    assert fold("straß*", globs=True) == ("strass*",)


@given(st.text(max_size=30))
def test_folding_again_changes_nothing_and_case_never_matters(text: str) -> None:
    once = fold(text)
    assert fold(" ".join(once)) == once
    assert all(w and not w.isspace() for w in once)
    assert fold(unicodedata.normalize("NFD", text)) == once


@given(st.text(alphabet="abcXYZ'- .,*?", max_size=30))
def test_ascii_and_the_rest_are_cut_alike(text: str) -> None:
    """The quick way for ASCII and the slow one for the rest agree: a word in another script beside changes nothing."""
    for globs in (False, True):
        assert (*fold(text, globs), "é") == fold(text + " é", globs)


def test_a_possessive_answers_to_its_noun_and_a_bare_s_to_itself() -> None:
    assert forms("trust's") == ("trust's", "trust")
    assert forms("trusts") == ("trusts",)
    assert forms("'s") == ("'s",)
