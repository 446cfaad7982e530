"""matches: where each point of the notes was spoken of, and what was said that the notes leave out.

By words, and by meaning where the settings ask for it and the sentences' vectors were made.
"""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline.context import Context
from copipe.pipeline.field_notes import FIELD_NOTES, has_notes
from copipe.pipeline.stage import Made, Stage, applies, has_words, need, read
from copipe.pipeline.stages.vectors import space_of
from copipe.progress import OnTick
from copipe.records import Turn
from copipe.study.study import Meeting


def _applies(context: Context, meeting: Meeting) -> bool:
    return has_words(context, meeting) and has_notes(context, meeting)


def _by_meaning(context: Context, meeting: Meeting) -> bool:
    return context.study.settings.code.meaning and applies(context, meeting, "vectors")


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.code.propose import corroboration

    anonymised, notes = need(context, meeting, "anonymised"), need(context, meeting, "notes")
    parts = {
        "version": corroboration.VERSION,
        "turns": anonymised.digest,
        "source": anonymised.about["source"],
        "notes": notes.digest,
    }
    if _by_meaning(context, meeting):
        parts["vectors"] = need(context, meeting, "vectors").key
    return parts


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.code.propose import corroboration, embeddings

    turns: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
    notes: tuple[Turn, ...] = read(context, meeting, "notes", Turn)
    source = str(need(context, meeting, "anonymised").about["source"])
    taken = [turn for turn in notes if turn.role != FIELD_NOTES]
    own = [turn for turn in notes if turn.role == FIELD_NOTES]
    if _by_meaning(context, meeting):
        model = context.study.settings.code.embedding_model
        vectors = space_of(context, meeting).alone  # of the same sentences: both are cut by copipe.code.units
        made = corroboration.compare(
            meeting.code, taken, turns, source, lambda texts: embeddings.embed(texts, model), vectors, own
        )
    else:
        made = corroboration.compare(meeting.code, taken, turns, source, field_notes=own)
    return (*made.matches, *made.unmentioned), {"left out": made.words, "not told": made.others}


STAGE = Stage(
    name="matches",
    needs=("anonymised", "notes", "vectors"),
    applies=_applies,
    parts=_parts,
    make=_make,
    part_of="report",
    public=True,
)
