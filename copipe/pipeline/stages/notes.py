"""notes: the note-taker's notes and the researcher's field notes, anonymised on their own road."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline import outsiders
from copipe.pipeline.context import Context
from copipe.pipeline.field_notes import NOTES as NOTE_TAKER
from copipe.pipeline.field_notes import has_notes, note_digests, note_source, note_turns
from copipe.pipeline.stage import Made, Stage, need, read
from copipe.progress import OnTick
from copipe.records import Finding, Turn
from copipe.study.study import Meeting

VERSION = 2


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.pipeline import names

    found = need(context, meeting, "note findings")
    digests = note_digests(context, meeting)
    hidden: dict[str, object] = {}
    for role in digests:
        for what, of in outsiders.parts(context, note_source(meeting, role)).items():
            hidden[what if role == NOTE_TAKER else f"{what} in {role}"] = of
    return {"version": VERSION, **digests, "findings": found.digest, "rules": names.identity(context), **hidden}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.anonymise.replace import removed
    from copipe.pipeline import names

    found: tuple[Finding, ...] = read(context, meeting, "note findings", Finding)
    turns = note_turns(meeting)
    made = names.anonymised(context, turns, found)
    told: dict[str, object] = {"removed": removed(made).plain()}
    shown: list[Turn] = []
    undecided = 0
    for role, digest in note_digests(context, meeting).items():
        before, after = ([turn for turn in all_ if turn.role == role] for all_ in (turns, made))
        undecided += outsiders.undecided(context, note_source(meeting, role), digest, before, after)
        shown += outsiders.hide(context, note_source(meeting, role), digest, before, after)
    return tuple(shown), {**told, "about people": undecided}


def _models(context: Context) -> tuple[str, ...]:
    from copipe.pipeline import names

    return names.required_models(context)


STAGE = Stage(
    name="notes",
    needs=("note findings",),
    applies=has_notes,
    parts=_parts,
    make=_make,
    models=_models,
    public=True,
)
