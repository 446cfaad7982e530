"""Binary artifacts: names in their text are found, their numbers spell nothing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from copipe.anonymise.leaks import fields
from copipe.anonymise.leaks.files import Part, parts
from copipe.anonymise.leaks.scan import scan_text
from copipe.anonymise.roster.roster import Entry, Roster
from copipe.code.seeds.parses import build, dump
from copipe.records import Turn, Word, word_id

pytestmark = pytest.mark.attack("hiding places")

ROSTER = Roster((Entry("people", "Ermintrude Zebedee", "SN1"), Entry("people", "Ermintrude", "SN1")))


def columns(*said: str) -> bytes:
    words = tuple(Word(word_id("M", n), float(n), n + 0.5, text) for n, text in enumerate(said, 1))
    turn = Turn(words[0].id, words[-1].id, 1.0, 9.0, "SN1", words, len(words), 1.0)
    return dump(build("M", [turn]))


def named(data: bytes) -> bool:
    return any(scan_text(part.text, ROSTER) for part in parts(data) if isinstance(part, Part))


def test_a_name_among_the_words_is_found_and_numbers_are_none() -> None:
    assert fields.texts(columns("so", "it", "was")) is not None
    assert not named(columns("so", "it", "was"))
    assert named(columns("so", "Ermintrude", "was"))


def test_numbers_that_spell_a_name_are_no_numbers() -> None:
    data = json.dumps({"shape": [1, 8]}).encode() + b"\n"
    assert fields.texts(data + np.zeros(16, "<f2").tobytes()) is not None
    assert fields.texts(data + b"Ermintrude Zebedee says a thing.") is None
    assert named(data + b"Ermintrude Zebedee says a thing.")
    assert fields.texts(columns("so") + b"Ermintrude") is None
