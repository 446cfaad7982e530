"""candidates: passages proposed for the codes of the codebook."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline.context import Context
from copipe.pipeline.stages.anonymised import ANONYMISED
from copipe.pipeline.stages.base import Made, Stage, has_words, need, read
from copipe.progress import OnTick
from copipe.records import Candidate, Turn
from copipe.study import Meeting


def analysed(context: Context, meeting: Meeting) -> bool:
    return has_words(context, meeting) and context.study.meets_quorum(meeting)


def _candidates_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.code import candidates

    anonymised = need(context, meeting, ANONYMISED)
    identity = candidates.identity(context.codebook, context.study.settings.code)
    return {"turns": anonymised.digest, "source": anonymised.about["source"], **identity}


def _candidates(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.code import candidates

    turns: tuple[Turn, ...] = read(context, meeting, ANONYMISED, Turn)
    source = str(need(context, meeting, ANONYMISED).about["source"])
    settings = context.study.settings.code
    found: tuple[Candidate, ...] = candidates.propose(meeting.code, turns, context.codebook, settings, source)
    unmatched = candidates.unmatched(context.codebook, found)
    return found, {"codebook": context.codebook.hash, "unmatched": [list(u) for u in unmatched]}


def _candidates_models(context: Context) -> tuple[str, ...]:
    from copipe.code import candidates

    return candidates.required_models(context.codebook, context.study.settings.code)


CANDIDATES = Stage("candidates", False, True, analysed, _candidates_parts, _candidates, _candidates_models)
