"""words: what was said, from a recording or from a transcript that exists already."""

from __future__ import annotations

from collections.abc import Mapping

from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, Stage, has_words, recording_of, source_gone_or_checked
from copipe.progress import OnTick
from copipe.study.study import Meeting

VERSION = 1  # raised when what this stage makes of recordings changes, so that it is made anew
READING = 3  # the same for transcripts that exist already


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    if meeting.transcript:
        return {
            "version": READING,
            "transcript": context.file_digest(meeting.transcript),
            "format": meeting.transcript.suffix,
            "speakers": speakers_to_expect(context, meeting),
        }
    from copipe.transcribe.engines import engine

    settings = context.study.settings
    return {
        "version": VERSION,
        "recording": context.file_digest(recording_of(meeting)),
        "engine": engine.identity(settings.transcribe, settings.study.language),
    }


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    if meeting.transcript:
        from copipe.exchange.transcripts import reading

        segments = reading.read(meeting.transcript, meeting.code, speakers_to_expect(context, meeting))
        return segments, {"source": "imported transcript", "sha256": context.file_digest(meeting.transcript)}
    from copipe.pipeline.engines import transcriber
    from copipe.transcribe import recording
    from copipe.transcribe.engines import engine

    settings = context.study.settings
    made = recording.transcribe(
        recording_of(meeting),
        meeting.code,
        settings.transcribe,
        settings.study.language,
        transcriber(settings.transcribe, settings.study.language),
        context.private.saves(meeting.code, "words", key),
        on_tick,
    )
    about = {
        "source": "recording",
        "sha256": context.file_digest(recording_of(meeting)),
        "language": made.language,
        "duration": made.duration,
        "warning": made.warning,
        "model name": settings.transcribe.model,
        **engine.identity(settings.transcribe, settings.study.language),
    }
    return made.segments, about


def speakers_to_expect(context: Context, meeting: Meeting) -> list[str]:
    """Who may stand before a colon in a transcript: those who attended, and everybody the roster knows."""
    people = {e.form for e in context.written_roster.entries if e.kind in ("people", "others")}
    return sorted({*meeting.attending, *people})


def _models(context: Context) -> tuple[str, ...]:
    from copipe.transcribe.engines import engine

    engine.require(context.study.settings.transcribe)
    return engine.required_models(context.study.settings.transcribe)


STAGE = Stage(
    name="words",
    applies=has_words,
    parts=_parts,
    make=_make,
    models=_models,
    frozen=source_gone_or_checked("words"),
    long=True,
)
