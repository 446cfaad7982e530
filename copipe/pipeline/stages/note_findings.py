"""note findings: what the recognisers see in notes; private, and made once whatever becomes of the roster."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline import recognisers
from copipe.pipeline.context import Context
from copipe.pipeline.field_notes import has_notes, note_digests, note_turns
from copipe.pipeline.stage import Made, Stage
from copipe.progress import OnTick
from copipe.study.study import Meeting

VERSION = 1


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    return {"version": VERSION, **note_digests(context, meeting), "recognisers": recognisers.identity(context)}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    return recognisers.find(context, note_turns(meeting)), {}


STAGE = Stage(
    name="note findings",
    applies=has_notes,
    parts=_parts,
    make=_make,
    models=recognisers.required_models,
    part_of="notes",
)
