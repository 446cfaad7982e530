"""notes: the note-taker's notes, anonymised on their own road."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline.context import Context
from copipe.pipeline.stages.base import Made, Stage, no_models
from copipe.progress import OnTick
from copipe.records import Turn
from copipe.study import Meeting

VERSION = 1


def _notes_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    assert meeting.notes is not None
    return {"version": VERSION, "notes": context.file_digest(meeting.notes), "roster": context.roster_digest}


def _notes(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.anonymise import replace
    from copipe.exchange import text

    assert meeting.notes is not None
    lines = text.read_notes(meeting.notes, meeting.code)
    turns = tuple(
        Turn(s.words[0].id, s.words[-1].id, s.start, s.end, "notes", s.words, len(s.words), 1.0)
        for s in lines
        if s.words
    )
    return replace.anonymise(turns, context.roster), {}


def _has_notes(context: Context, meeting: Meeting) -> bool:
    return meeting.notes is not None


NOTES = Stage("notes", False, True, _has_notes, _notes_parts, _notes, no_models)
