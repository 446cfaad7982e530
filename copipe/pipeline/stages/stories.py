"""stories: passages that look like stories, each with its cues and the purpose that it seems to be told to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from copipe import resources
from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, Stage, need, read
from copipe.pipeline.stages.parses import analysed
from copipe.progress import OnTick
from copipe.records import Candidate, Codebook, Story, Turn
from copipe.study.study import Meeting


@cache
def purposes() -> Codebook:
    """Denning's eight purposes of stories, as they are shipped."""
    from copipe.code.codebook import codebook

    return codebook.load(resources.shipped("codebooks") / "denning.yaml")


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.code.propose import stories

    anonymised = need(context, meeting, "anonymised")
    version = {"version": stories.VERSION, "purposes": purposes().hash}
    return {"turns": anonymised.digest, "source": anonymised.about["source"], **version}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.code.propose import candidates, stories

    turns: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
    source = str(need(context, meeting, "anonymised").about["source"])
    found = stories.propose(meeting.code, turns, source)
    hits = candidates.propose(meeting.code, turns, purposes(), context.study.settings.code, source) if found else ()
    return tuple(replace(story, purpose=_likeliest(story, hits)) for story in found), {}


def _likeliest(story: Story, hits: Sequence[Candidate]) -> str:
    """Key of the purpose whose seeds are heard in a story most, "" where none is."""
    inside = [h for h in hits if story.span.first <= h.evidence[0].first <= story.span.last]
    scores = {h.code: sum(other.score for other in inside if other.code == h.code) for h in inside}
    return max(scores, key=lambda code: (scores[code], code), default="")


def _models(context: Context) -> tuple[str, ...]:
    from copipe.code.propose import candidates

    return candidates.required_models(purposes(), context.study.settings.code)


STAGE = Stage(
    name="stories",
    needs=("anonymised",),
    applies=analysed,
    parts=_parts,
    make=_make,
    models=_models,
    part_of="candidates",
    public=True,
)
