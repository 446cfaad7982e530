"""findings: what the recognisers see in turns; private, and made once whatever becomes of the roster."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline import recognisers
from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, Stage, has_words, need, raw_gone, read
from copipe.progress import OnTick
from copipe.records import Turn
from copipe.study.study import Meeting

VERSION = 1


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    turns = need(context, meeting, "turns")
    return {"version": VERSION, "turns": turns.digest, "recognisers": recognisers.identity(context)}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    turns: tuple[Turn, ...] = read(context, meeting, "turns", Turn)
    return recognisers.find(context, turns), {}


STAGE = Stage(
    name="findings",
    needs=("turns",),
    applies=has_words,
    parts=_parts,
    make=_make,
    models=recognisers.required_models,
    frozen=raw_gone,
    part_of="anonymised",
)
