"""notes: the note-taker's notes, anonymised on their own road."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline import about_people
from copipe.pipeline.context import Context
from copipe.pipeline.stages.base import Made, Stage, need, read
from copipe.pipeline.stages.findings import NOTE_FINDINGS, has_notes, note_turns
from copipe.progress import OnTick
from copipe.records import Finding
from copipe.study import Meeting

VERSION = 2


def _notes_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.pipeline import names

    assert meeting.notes is not None
    found = need(context, meeting, NOTE_FINDINGS)
    digest = context.file_digest(meeting.notes)
    hidden = about_people.parts(context, about_people.notes_source(meeting))
    return {"version": VERSION, "notes": digest, "findings": found.digest, "rules": names.identity(context), **hidden}


def _notes(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.anonymise.replace import removed
    from copipe.pipeline import names

    assert meeting.notes is not None
    found: tuple[Finding, ...] = read(context, meeting, NOTE_FINDINGS, Finding)
    turns = note_turns(meeting)
    made = names.anonymised(context, turns, found)
    told: dict[str, object] = {"removed": removed(made).plain()}
    digest, source = context.file_digest(meeting.notes), about_people.notes_source(meeting)
    return about_people.hide(context, source, digest, turns, made), told


def _models(context: Context) -> tuple[str, ...]:
    from copipe.pipeline import names

    return names.required_models(context)


NOTES = Stage("notes", False, True, has_notes, _notes_parts, _notes, _models)
