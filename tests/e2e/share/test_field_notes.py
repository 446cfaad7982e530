"""Field notes are a second source: anonymised, compared and shown apart from the note-taker's, and left out alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copipe.errors import PartialFailureError
from tests.e2e.fake_meetings import call
from tests.e2e.protect.test_withdraw import consent, readable
from tests.e2e.studies import set_key

FIELD = """\
Mags sat by the door; the discharge letter again
Deb and Zelda Kirkbride whispered to Maggs
Tom looked at his phone
"""


@pytest.fixture
def study(text_study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from copipe.cli.terminal.session import asked

    monkeypatch.setattr(asked, "study", None)
    monkeypatch.setenv("COPIPE_WHO", "CS")
    monkeypatch.setenv("COLUMNS", "300")
    set_key(text_study, "learn", "false")
    meetings = text_study / "meetings.toml"
    text = meetings.read_text()
    meetings.write_text(text.replace('notes = "2010-02.txt"', 'notes = "2010-02.txt"\nfield_notes = "seen.md"', 1))
    (text_study / "private" / "field-notes" / "seen.md").write_text(FIELD)
    (text_study / "private" / "field-notes" / "2010-04.txt").write_text("Deb waited in the corridor.\n")
    return text_study


def report(study: Path, meeting: str) -> str:
    return (study / "reports" / meeting / "report.md").read_text()


def test_they_are_shown_apart_and_name_nobody(study: Path) -> None:
    call(study, "run")
    text = report(study, "2010-02")
    notes, field = (
        text.index("## What the notes confirm and add"),
        text.index("## What the field notes confirm and add"),
    )
    mine = text[field : text.index("\n## ", field + 5)]
    assert "SN1 sat by the door; the discharge letter again — [2010-02 p. 1" in mine
    assert "OT looked at his phone — *not found" in mine
    assert "sat by the door" not in text[notes:field]
    assert "notes, field notes" in text
    assert readable(study, ("Mags", "Deb", "Tom", "Maggs"), ("private",)) == []
    assert "CS waited in the corridor." in report(study, "2010-04"), "found by the meeting's name, without a transcript"
    assert "up to date" in call(study, "run").output


@pytest.mark.slow  # the recognisers
def test_what_is_hidden_in_them_waits_for_a_decision(study: Path) -> None:
    set_key(study, "recognise", "true")
    call(study, "run")
    assert readable(study, ("Kirkbride", "Maggs"), ("private",)) == []
    assert "Maggs" in call(study, "anonymise", "review", "--json").output


def test_talk_about_somebody_outside_the_study_is_hidden_in_them(study: Path) -> None:
    set_key(study, "quorum", "2")
    consent(study, "OT", "present-only")
    call(study, "run")
    assert readable(study, ("looked at his phone",), ("private",)) == []
    listed = call(study, "about", "--json").output
    assert "2010-02-field-notes" in listed
    (mine,) = [e["id"] for e in json.loads(listed) if e["where"] == "2010-02-field-notes"]
    call(study, "about", "keep", mine)
    call(study, "run")
    assert "looked at his phone" in report(study, "2010-02")


def test_they_are_made_again_when_they_change_and_go_when_they_are_taken_out(study: Path) -> None:
    call(study, "run")
    path = study / "private" / "field-notes" / "seen.md"
    path.write_text("Nothing but the radiator.\n")
    call(study, "run")
    assert "radiator" in report(study, "2010-02") and "sat by the door" not in report(study, "2010-02")
    meetings = study / "meetings.toml"
    meetings.write_text(meetings.read_text().replace('field_notes = "seen.md"\n', ""))
    call(study, "run")
    assert "field notes" not in report(study, "2010-02")


def test_a_file_that_is_not_there_is_named(study: Path) -> None:
    (study / "private" / "field-notes" / "seen.md").unlink()
    with pytest.raises(PartialFailureError):
        call(study, "run")
    status = json.loads(call(study, "status", "--json").output)
    assert "seen.md is not there" in str(status)
