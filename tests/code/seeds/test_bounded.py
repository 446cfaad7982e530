"""Patterns that never end are stopped and named; all others find what Python's `re` finds."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.code.seeds import bounded
from copipe.code.seeds.bounded import finditer, may_take_long
from copipe.errors import ConfigError

pytestmark = pytest.mark.attack("growth")

SENTENCE = "and so we all went on and on about the one thing that nobody had asked for " * 5
ENDLESS = [
    r"(\w+\s?)+\?$",
    r"(a|a)*b!",
    r"(\w*)*!",
    r"(?:\w+ ?)+(?:\w+ ?)+!",
    r"((\w+)\s?)+\?",
    r"(.*)*!",
    r"(\w+|\s+)+!$",
    r"(\w+ \w+ ?)+!",
    r"(?=(\w+\s?)+\?)x",
    r"^(.+ )+(.+ )+(.+ )+!",
]


@pytest.mark.parametrize("pattern", ENDLESS)
def test_it_is_stopped_and_named(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LONGEST", 0.2)
    assert may_take_long(re.compile(pattern, re.IGNORECASE))
    began = time.monotonic()
    try:
        found = list(finditer(re.compile(pattern, re.IGNORECASE), SENTENCE))
    except ConfigError as error:
        assert f"re:{pattern}" in error.message
        assert "asked" not in error.message, "no speech in a message"
    else:
        assert found == [], "the other engine came to an end by itself"
    assert time.monotonic() - began < 5


def test_what_takes_too_long_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LONGEST", 1e-6)
    with pytest.raises(ConfigError, match="takes more than") as refused:
        list(finditer(re.compile(r"(\w+\s?)+(\w+\s?)+(\w*\W?)*[?!;]$"), SENTENCE * 20))
    assert "Rewrite it without a repeat inside a repeat" in refused.value.hint


@pytest.mark.parametrize(
    "pattern", [r"part(?:ner|y)\w*", r"\bnot\s+(?:really\s+)?safe\b", r"\d+(?:st|nd)", "[a-z]+ly", r"x{2}", r"a.*b"]
)
def test_ordinary_patterns_stay_with_the_faster_engine(pattern: str) -> None:
    assert not may_take_long(re.compile(pattern))


PIECES = st.sampled_from(
    [
        r"\w+",
        r"\s?",
        "a",
        "b",
        "(a|b)",
        r"(\w+\s?)+",
        "(ab)*",
        r"\b",
        ".",
        "[ab ]+",
        "(?:a|ab)+",
        "a{1,3}",
        "^",
        "$",
        r"\W",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES, min_size=1, max_size=4).map("".join), st.text("ab A-'", max_size=14), st.booleans())
def test_both_engines_find_the_same(pattern: str, text: str, cased: bool) -> None:
    regex = re.compile(pattern, 0 if cased else re.IGNORECASE)
    assert list(finditer(regex, text)) == [hit.span() for hit in regex.finditer(text)]
