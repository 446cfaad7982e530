"""anonymised: turns with names replaced, the first thing that may be read, coded, exported."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline.context import Context
from copipe.pipeline.stages.base import Made, Stage, has_audio, has_words, need, no_models, raw_gone, read
from copipe.pipeline.stages.speakers import SPEAKERS
from copipe.pipeline.stages.turns import TURNS
from copipe.pipeline.stages.words import WORDS
from copipe.progress import OnTick
from copipe.records import Turn
from copipe.study import Meeting

VERSION = 2


def _anonymised_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    # The words' and speakers' keys count for what they say of how they were made, even where the turns are the same.
    before = [need(context, meeting, WORDS).key]
    before += [need(context, meeting, SPEAKERS).key] if has_audio(context, meeting) else []
    turns = need(context, meeting, TURNS)
    return {"version": VERSION, "turns": turns.digest, "before": before, "roster": context.roster_digest}


def _anonymised(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.anonymise import replace

    turns: tuple[Turn, ...] = read(context, meeting, TURNS, Turn)
    made = replace.anonymise(turns, context.roster)
    replaced = sum(mark.kind == "replaced" for turn in made for mark in turn.marks)
    words = need(context, meeting, WORDS)
    speakers = need(context, meeting, SPEAKERS).about if has_audio(context, meeting) else {}
    # What a report says of the private stages travels with the anonymised turns, so that it needs nothing private.
    told = {"words": dict(words.about), "speakers": dict(speakers), "replaced": replaced, "source": words.digest}
    return made, {**need(context, meeting, TURNS).about, **told}


ANONYMISED = Stage("anonymised", False, True, has_words, _anonymised_parts, _anonymised, no_models, raw_gone)
