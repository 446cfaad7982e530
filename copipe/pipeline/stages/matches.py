"""matches: where each point of the notes was spoken of, and what was said that the notes leave out."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline.context import Context
from copipe.pipeline.stages.anonymised import ANONYMISED
from copipe.pipeline.stages.base import Made, Stage, has_words, need, read
from copipe.pipeline.stages.findings import has_notes
from copipe.pipeline.stages.notes import NOTES
from copipe.progress import OnTick
from copipe.records import Turn
from copipe.study import Meeting


def _applies(context: Context, meeting: Meeting) -> bool:
    return has_words(context, meeting) and has_notes(context, meeting)


def _matches_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.code import corroborate

    anonymised, notes = need(context, meeting, ANONYMISED), need(context, meeting, NOTES)
    return {
        "version": corroborate.VERSION,
        "turns": anonymised.digest,
        "source": anonymised.about["source"],
        "notes": notes.digest,
    }


def _matches(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.code import corroborate

    turns: tuple[Turn, ...] = read(context, meeting, ANONYMISED, Turn)
    notes: tuple[Turn, ...] = read(context, meeting, NOTES, Turn)
    source = str(need(context, meeting, ANONYMISED).about["source"])
    made = corroborate.compare(meeting.code, notes, turns, source)
    return (*made.matches, *made.unmentioned), {}


def _no_models(context: Context) -> tuple[str, ...]:
    return ()


MATCHES = Stage("matches", False, True, _applies, _matches_parts, _matches, _no_models)
