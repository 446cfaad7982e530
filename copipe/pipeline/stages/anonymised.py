"""anonymised: turns with names replaced or hidden, the first thing that may be read, coded, exported."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline import outsiders
from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, Stage, has_audio, has_words, need, raw_gone, read
from copipe.progress import OnTick
from copipe.records import Finding, Turn
from copipe.study.study import Meeting

VERSION = 3


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.pipeline import names

    # The words' and speakers' keys count for what they say of how they were made, even where the turns are the same.
    before = [need(context, meeting, "words").key]
    before += [need(context, meeting, "speakers").key] if has_audio(context, meeting) else []
    turns = need(context, meeting, "turns")
    found = need(context, meeting, "findings").digest
    parts = {"version": VERSION, "turns": turns.digest, "before": before, "findings": found}
    return {**parts, "rules": names.identity(context), **outsiders.parts(context, meeting.code)}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.anonymise.replace import removed
    from copipe.pipeline import names

    turns: tuple[Turn, ...] = read(context, meeting, "turns", Turn)
    found: tuple[Finding, ...] = read(context, meeting, "findings", Finding)
    made = names.anonymised(context, turns, found)
    replaced = sum(mark.kind == "replaced" for turn in made for mark in turn.marks)
    words = need(context, meeting, "words")
    speakers = need(context, meeting, "speakers").about if has_audio(context, meeting) else {}
    # What a report says of the private stages travels with the anonymised turns, so that it needs nothing private.
    told = {"words": dict(words.about), "speakers": dict(speakers), "replaced": replaced, "source": words.digest}
    told["removed"] = removed(made).plain()
    told["about people"] = outsiders.undecided(context, meeting.code, words.digest, turns, made)
    made = outsiders.hide(context, meeting.code, words.digest, turns, made)
    return made, {**need(context, meeting, "turns").about, **told}


def _models(context: Context) -> tuple[str, ...]:
    from copipe.pipeline import names

    return names.required_models(context)


STAGE = Stage(
    name="anonymised",
    needs=("words", "speakers", "turns", "findings"),
    applies=has_words,
    parts=_parts,
    make=_make,
    models=_models,
    frozen=raw_gone,
    public=True,
)
