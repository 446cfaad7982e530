"""findings: what the recognisers see in turns and in notes; private, and made once whatever becomes of the roster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from copipe.pipeline import outsiders
from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, Stage, has_words, need, raw_gone, read
from copipe.pipeline.stages.turns import TURNS
from copipe.progress import OnTick
from copipe.records import Turn
from copipe.study.study import Meeting

VERSION = 1
NOTES, FIELD_NOTES = "notes", "field notes"  # what stands as the role of a turn of the note-taker's, the researcher's


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


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    turns = need(context, meeting, TURNS)
    return {"version": VERSION, "turns": turns.digest, "recognisers": _identity(context)}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.anonymise.recognise import findings
    from copipe.pipeline import names

    turns: tuple[Turn, ...] = read(context, meeting, TURNS, Turn)
    return findings.find(turns, context.study.settings.anonymise, names.lists(context.study)), {}


def _note_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    return {"version": VERSION, **note_digests(context, meeting), "recognisers": _identity(context)}


def _note_make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.anonymise.recognise import findings
    from copipe.pipeline import names

    return findings.find(note_turns(meeting), context.study.settings.anonymise, names.lists(context.study)), {}


def _identity(context: Context) -> object:
    from copipe.anonymise.recognise import findings
    from copipe.pipeline import names

    return findings.identity(context.study.settings.anonymise, names.lists(context.study))


def _models(context: Context) -> tuple[str, ...]:
    from copipe.anonymise.recognise import findings

    return findings.required_models(context.study.settings.anonymise)


FINDINGS = Stage("findings", False, False, has_words, _parts, _make, _models, raw_gone)
NOTE_FINDINGS = Stage("note findings", False, False, has_notes, _note_parts, _note_make, _models)
