"""findings: what the recognisers see in turns and in notes; private, and made once whatever becomes of the roster."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline.context import Context
from copipe.pipeline.stages.base import Made, Stage, has_words, need, raw_gone, read
from copipe.pipeline.stages.turns import TURNS
from copipe.progress import OnTick
from copipe.records import Turn
from copipe.study import Meeting

VERSION = 1


def has_notes(context: Context, meeting: Meeting) -> bool:
    return meeting.notes is not None


def note_turns(meeting: Meeting) -> tuple[Turn, ...]:
    """The notes of a meeting, a turn a point."""
    from copipe.exchange import text

    assert meeting.notes is not None
    return tuple(
        Turn(s.words[0].id, s.words[-1].id, s.start, s.end, "notes", s.words, len(s.words), 1.0)
        for s in text.read_notes(meeting.notes, meeting.code)
        if s.words
    )


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    turns = need(context, meeting, TURNS)
    return {"version": VERSION, "turns": turns.digest, "recognisers": _identity(context)}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.anonymise import findings
    from copipe.pipeline import names

    turns: tuple[Turn, ...] = read(context, meeting, TURNS, Turn)
    return findings.find(turns, context.study.settings.anonymise, names.lists(context.study)), {}


def _note_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    assert meeting.notes is not None
    return {"version": VERSION, "notes": context.file_digest(meeting.notes), "recognisers": _identity(context)}


def _note_make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.anonymise import findings
    from copipe.pipeline import names

    return findings.find(note_turns(meeting), context.study.settings.anonymise, names.lists(context.study)), {}


def _identity(context: Context) -> object:
    from copipe.anonymise import findings
    from copipe.pipeline import names

    return findings.identity(context.study.settings.anonymise, names.lists(context.study))


def _models(context: Context) -> tuple[str, ...]:
    from copipe.anonymise import findings

    return findings.required_models(context.study.settings.anonymise)


FINDINGS = Stage("findings", False, False, has_words, _parts, _make, _models, raw_gone)
NOTE_FINDINGS = Stage("note findings", False, False, has_notes, _note_parts, _note_make, _models)
