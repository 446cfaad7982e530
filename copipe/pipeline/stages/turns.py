"""turns: words and speakers, with what a person decided; people who did not consent leave here."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, Stage, has_audio, has_words, need, raw_gone
from copipe.progress import OnTick
from copipe.study.study import Meeting

VERSION = 4


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.pipeline import voices

    study = context.study
    gone = need(context, meeting, "words").purged.get("stretches", ())
    blank = sorted({role for _, _, role in gone} & study.readable(meeting))  # consent came back, their words did not
    return {
        **({"blank": blank} if blank else {}),
        "version": VERSION,
        "words": need(context, meeting, "words").digest,
        "speakers": need(context, meeting, "speakers").digest if has_audio(context, meeting) else "",
        "decisions": [d.id for d in context.private_decisions(meeting)],
        "profiles": voices.asked(context, meeting),
        "attending": list(meeting.attending),
        "shown": [sorted(study.readable(meeting)), sorted(study.shown(meeting))],
        "suspect": study.settings.suspect.model_dump(),
        "checked": context.check(meeting) is not None,
        "roster": "" if has_audio(context, meeting) else context.roster_digest,
    }


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.pipeline.attribution import attributed

    made = attributed(context, meeting)
    diarized = has_audio(context, meeting)  # the speaker tags of a transcript are people's names, and stay behind
    about = {
        "corrections": made.corrections,
        "unplaced": [[d.id, d.kind, d.span.start if d.span else None, why] for d, why in made.unplaced],
        "unassigned": [v if diarized else f"tag {n}" for n, v in enumerate(made.unassigned, 1)],
        "unlisted": list(made.unlisted),
        "voices": [row.plain() for row in made.voices] if diarized else [],
        "profiles": _profiles_used(context, meeting, made.profiles),
    }
    return made.turns, about


def _profiles_used(context: Context, meeting: Meeting, asked: Mapping[str, int] | None) -> dict[str, int]:
    """Versions of the profiles that recognised a meeting's voices; where all is settled, those that did last."""
    if asked is not None:
        return dict(asked)
    before = context.current(context.private, meeting.code, "turns")
    return dict(before.about.get("profiles", {})) if before else {}


STAGE = Stage(name="turns", needs=("words", "speakers"), applies=has_words, parts=_parts, make=_make, frozen=raw_gone)
