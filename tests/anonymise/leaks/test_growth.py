"""The gate reads any text in time that grows with its length: no text from somewhere else can hold a study up."""

from __future__ import annotations

import time

import pytest

from copipe.anonymise.leaks import scan
from copipe.anonymise.leaks.text import readable, readings
from copipe.anonymise.recognise import identifiers
from copipe.anonymise.roster.roster import Entry, Roster

pytestmark = pytest.mark.attack("growth")

ROSTER = Roster((Entry("people", "Harriet Ellwood", "SN1"), Entry("people", "Deb", "CS")))
UNITS = [
    "A", "é", "a-", "a.", "a'", "\\u", "\\x", "<!--", "-->", "<", "<a ", "<style ", "</style>", "&", "&#", "%41", "=41",
    "-\n", "*", "a*a", "_", "1", "1 ", "0 ", "x@", "@x.", "(at)", "a (at) b (dot) ", "one ", "double ", '"', "x='", "[",
    "\u00ad", "\u200b", "\u0301", "D e b ", "w:rsid=", "ab1 ", "+44 ",
]  # fmt: skip
SHORT = 4_000  # letters


def seconds(text: str) -> float:
    """The best of three: how long all of the gate's ways of looking at a text take."""
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        scan.found(text, scan.Watch(ROSTER))
        list(readings(text))
        readable(text)
        list(identifiers.find(text))
        best = min(best, time.perf_counter() - began)
    return best


@pytest.mark.slow  # it compares times
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("end", ["", "> b <i>c</i>"], ids=["plain", "markup"])
def test_four_times_the_text_takes_no_sixteen_times_as_long(unit: str, end: str) -> None:
    short, long = (unit * (n // len(unit)) + end for n in (SHORT, 4 * SHORT))
    allowed = 8 * seconds(short) + 0.05  # of a machine that is busy; a quadratic one takes 16 times as long
    assert seconds(long) < allowed
