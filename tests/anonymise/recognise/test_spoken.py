"""Signs read out of speech: digits, letters, doubles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.anonymise.recognise import spoken


def signs(text: str) -> list[str]:
    return ["".join(sign.char for sign in run) for run in spoken.runs(text)]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("oh seven seven double four", ["07744"]),
        ("triple nine", ["999"]),
        ("sixty six twenty", ["6620"]),
        ("twenty, six", ["26"]),
        ("nineteen ninety-five", ["1995"]),
        ("s w one a, one a a", ["sw1a1aa"]),
        ("zed aitch 12", ["zh12"]),
        ("double u f one", ["wf1"]),
        ("one and two but three", ["12", "3"]),
        ("double room one", ["1"]),
        ("WF14DG", ["WF14DG"]),
        ("nothing", []),
    ],
)
def test_runs(text: str, read: list[str]) -> None:
    assert [run.casefold() for run in signs(text)] == [run.casefold() for run in read]


@given(st.text(max_size=60))
def test_signs_know_where_they_were_said(text: str) -> None:
    for run in spoken.runs(text):
        assert run
        for sign in run:
            assert 0 <= sign.start < sign.end <= len(text)
        assert [s.start for s in run] == sorted(s.start for s in run)
    for start, end, _ in spoken.spelled(text):
        assert 0 <= start < end <= len(text)


@given(st.from_regex(r"[a-z]{4,9}", fullmatch=True))
def test_a_name_that_is_spelled_out_is_found_whole(name: str) -> None:
    if len(set(name)) < 4 or name[0] in "ai":
        return
    for gap in (" ", "-", ", "):
        text = f"that's spelled {gap.join(name.upper())}"
        found = list(spoken.spelled(text))
        known = name in spoken._SAID_SO or set(name) <= spoken._STAMMER
        assert known or [text[a:b] for a, b, _ in found] in ([gap.join(name.upper())], [gap.join(name.upper())[2:]])
