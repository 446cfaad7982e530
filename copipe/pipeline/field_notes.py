"""The notes of a meeting: the note-taker's and the researcher's field notes, as turns, before anything is hidden."""

from __future__ import annotations

from pathlib import Path

from copipe.pipeline import outsiders
from copipe.pipeline.context import Context
from copipe.records import Turn
from copipe.study.study import Meeting

NOTES, FIELD_NOTES = "notes", "field notes"  # the role of a turn of the note-taker's, the researcher's


def has_notes(context: Context, meeting: Meeting) -> bool:
    return bool(note_files(meeting))


def note_files(meeting: Meeting) -> dict[str, Path]:
    """The files of a meeting's notes by what they are: the note-taker's notes, the researcher's field notes."""
    files = {NOTES: meeting.notes, FIELD_NOTES: meeting.field_notes}
    return {role: path for role, path in files.items() if path is not None}


def note_source(meeting: Meeting, role: str) -> str:
    """What the ids of the words of notes begin with."""
    return outsiders.notes_source(meeting, field=role == FIELD_NOTES)


def note_turns(meeting: Meeting) -> tuple[Turn, ...]:
    """The notes of a meeting, a turn a point; the note-taker's, then the field notes."""
    from copipe.exchange.transcripts import text

    return tuple(
        Turn(s.words[0].id, s.words[-1].id, s.start, s.end, role, s.words, len(s.words), 1.0)
        for role, path in note_files(meeting).items()
        for s in text.read_notes(path, note_source(meeting, role).removesuffix("-notes"))
        if s.words
    )


def note_digests(context: Context, meeting: Meeting) -> dict[str, str]:
    """The files' digests, for keys."""
    return {role: context.file_digest(path) for role, path in note_files(meeting).items()}
