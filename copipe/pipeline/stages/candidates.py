"""candidates: passages proposed for the codes of the codebook; what was found of an unchanged code is kept."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, Stage, need
from copipe.pipeline.stages.parses import analysed, columns, words_of
from copipe.progress import OnTick
from copipe.records import Codebook, Story
from copipe.study.store import Artifact, from_lines
from copipe.study.study import Meeting


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.code.propose import candidates

    source = need(context, meeting, "anonymised").about["source"]
    codes = list(_fingerprints(context, meeting).items())
    return {**words_of(context, meeting), "source": source, "stage": candidates.VERSION, "codes": codes}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.code.propose import candidates

    parts = _parts(context, meeting)
    codes = dict(_fingerprints(context, meeting))
    last = context.current(context.public, meeting.code, "candidates")
    before = None
    same = ("turns", "purged", "source", "stage")
    if last and last.key != key and all(last.about.get(name) == parts.get(name) for name in same):
        lines = context.public.lines(last)
        before = candidates.Before(lines, last.about["codes"]) if lines is not None else None
    data = candidates.again(
        lambda: columns(context, meeting),
        context.codebook,
        context.study.settings.code,
        str(parts["source"]),
        codes,
        before,
        meeting.kind,
        story_ranges(context, meeting, context.codebook),
    )
    counts = need(context, meeting, "parses").about
    told = {"codebook": context.codebook.hash, "words": counts["words"], "sentences": counts["sentences"]}
    return data, {**told, **{name: parts[name] for name in same if name in parts}, "codes": codes}


def _fingerprints(context: Context, meeting: Meeting) -> dict[str, str]:
    from copipe.code.propose import candidates

    stories = _stories(context, meeting, context.codebook)
    digest = stories.digest if stories else ""
    return candidates.fingerprints(context.codebook, context.study.settings.code, meeting.kind, digest)


def story_ranges(context: Context, meeting: Meeting, codebook: Codebook) -> list[tuple[str, str]]:
    """First and last word of each story of a meeting; none where no code of the codebook asks for whole stories."""
    stories = _stories(context, meeting, codebook)
    lines = context.public.lines(stories) if stories else None
    return [(story.span.first, story.span.last) for story in from_lines(lines or (), Story)]


def _stories(context: Context, meeting: Meeting, codebook: Codebook) -> Artifact | None:
    """The stories of a meeting, where any code is proposed for whole ones and somebody has looked for them."""
    from copipe.code.propose import candidates

    if not candidates.uses_stories(codebook, context.study.settings.code):
        return None
    return context.current(context.public, meeting.code, "stories")


def _models(context: Context) -> tuple[str, ...]:
    from copipe.code.propose import candidates

    return candidates.required_models(context.codebook, context.study.settings.code)


STAGE = Stage(
    name="candidates",
    needs=("anonymised", "parses", "stories"),
    applies=analysed,
    parts=_parts,
    make=_make,
    models=_models,
    public=True,
)
