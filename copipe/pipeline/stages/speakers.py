"""speakers: who spoke when, by the engine's labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, Stage, has_audio, recording_of, source_gone_or_checked
from copipe.progress import OnTick
from copipe.study.study import Meeting

VERSION = 1


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.diarize import second_look
    from copipe.diarize.engines import channels, engine

    return {
        "version": VERSION,
        "recording": context.file_digest(recording_of(meeting)),
        "channels": channels.identity(meeting.channels),
        "recheck": second_look.identity(),
        "number": len(meeting.attending),
        "engine": engine.identity(context.study.settings.diarize),
    }


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.audio import decode
    from copipe.diarize import second_look
    from copipe.diarize.engines import channels, engine
    from copipe.pipeline import voices
    from copipe.pipeline.engines import diarizer

    settings = context.study.settings.diarize
    stage, number = f"diarize {meeting.code}", len(meeting.attending)
    identity = engine.identity(settings)
    loaded = diarizer(settings)
    members: dict[str, int] = {}
    made, told = channels.diarize(recording_of(meeting), meeting.channels, number, loaded, on_tick, stage)
    if made is None:
        samples = decode.load(recording_of(meeting))
        # What members sound like, those who are not listed, too. Profiles are not part of the key: one that grows makes
        # no diarization stale. `voices.source_of` tells apart what was made with other profiles under the same key.
        known, _ = voices.profiles(context.study, voices.may_have_profile(context.study), voices.encoder_of(identity))
        knowing = engine.knowing(loaded, [profile.centroid for _, profile in sorted(known.items())])
        if number and knowing is not loaded:
            members = {role: profile.version for role, profile in sorted(known.items())}
        made = second_look.by_ear(knowing.diarize(samples, number or None, on_tick, stage), samples, loaded)
    about: dict[str, object] = {**identity, "number": number, **({"channels": told} if told else {})}
    if members:
        about["members"] = members
    # who wanted the profile of their voice erased leaves no print in a new diarization either
    erased = voices.forgotten(context.study)
    theirs = voices.prints_of(context, meeting, "", made.turns, erased) if erased else frozenset()
    kept = tuple(replace(v, embedding=()) if v.label in theirs else v for v in made.voices)
    return (*made.turns, *kept), about


def _models(context: Context) -> tuple[str, ...]:
    from copipe.diarize.engines import engine

    return engine.required_models(context.study.settings.diarize)


STAGE = Stage(
    name="speakers",
    applies=has_audio,
    parts=_parts,
    make=_make,
    models=_models,
    frozen=source_gone_or_checked("speakers"),
    long=True,
)
