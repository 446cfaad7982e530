"""The stages of a meeting: what each is made from (its key) and how it is made.

words --+-> turns --> anonymised --> candidates        notes (anonymised, on their own road)
speakers +
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copipe.errors import CopipeError, InputError
from copipe.pipeline.context import Context
from copipe.progress import OnTick
from copipe.records import Candidate, Decision, Segment, SpeakerTurn, Turn, Voice
from copipe.store import Artifact, Store, from_lines, make_key
from copipe.study import Meeting

# Versions of what each stage does: a change that alters its result raises the number, and what was made is made again.
WORDS, SPEAKERS, TURNS, ANONYMISED, NOTES = 1, 1, 3, 2, 1


class NotReadyError(CopipeError):
    """What a stage works on has not been made yet."""


class DamagedError(CopipeError):
    """What a stage made has changed on the disk since: it must be made again."""

    def __init__(self, meeting: Meeting, stage: str, key: str) -> None:
        super().__init__(
            f"{meeting.code}: what stage {stage!r} made ({key}) is damaged on the disk.",
            "`copipe run` makes it again.",
        )
        self.meeting, self.stage, self.key = meeting, stage, key


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `long` ones load a speech model; `key` raises NotReadyError while an input is missing."""

    name: str
    long: bool
    public: bool
    applies: Callable[[Context, Meeting], bool]
    parts: Callable[[Context, Meeting], Mapping[str, object]]
    make: Callable[[Context, Meeting, str, OnTick], tuple[tuple[object, ...], dict[str, object]]]
    models: Callable[[Context], tuple[str, ...]]
    frozen: Callable[[Context, Meeting], bool] = lambda context, meeting: False

    def store(self, context: Context) -> Store:
        return context.public if self.public else context.private

    def key(self, context: Context, meeting: Meeting) -> str:
        return make_key(self.name, self.parts(context, meeting))

    def fresh(self, context: Context, meeting: Meeting) -> Artifact | None:
        """The artifact that stands, if it is made from what there is now (or nothing can be made anew)."""
        if self.frozen(context, meeting):
            return context.current(self.store(context), meeting.code, self.name)
        return self.store(context).find(meeting.code, self.name, self.key(context, meeting))


def read(context: Context, meeting: Meeting, stage: Stage, kind: type[Any]) -> tuple[Any, ...]:
    """The records of `kind` that a stage made for a meeting. NotReadyError when there are none to be had."""
    artifact = need(context, meeting, stage)
    lines = stage.store(context).lines(artifact)
    if lines is None:
        raise DamagedError(meeting, stage.name, artifact.key)
    return from_lines(lines, kind)


def need(context: Context, meeting: Meeting, stage: Stage) -> Artifact:
    """The fresh artifact of a stage. NotReadyError when it has not been made."""
    artifact = stage.fresh(context, meeting)
    if artifact is None:
        raise NotReadyError(
            f"{meeting.code}: stage {stage.name!r} has not been run.", "`copipe run` does what is missing."
        )
    return artifact


# words: from a recording, or from a transcript that exists already


def _words_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    if meeting.transcript:
        return {
            "version": WORDS,
            "transcript": context.file_digest(meeting.transcript),
            "format": meeting.transcript.suffix,
            "speakers": _speakers_to_expect(context, meeting),
        }
    from copipe.transcribe import engine

    settings = context.study.settings
    return {
        "version": WORDS,
        "recording": context.file_digest(_recording(meeting)),
        "engine": engine.identity(settings.transcribe, settings.study.language),
    }


def _words(
    context: Context, meeting: Meeting, key: str, on_tick: OnTick
) -> tuple[tuple[object, ...], dict[str, object]]:
    if meeting.transcript:
        from copipe.exchange import transcript

        segments = transcript.read(meeting.transcript, meeting.code, _speakers_to_expect(context, meeting))
        return segments, {"source": "imported transcript", "sha256": context.file_digest(meeting.transcript)}
    from copipe.pipeline.engines import transcriber
    from copipe.transcribe import engine, recording

    settings = context.study.settings
    made = recording.transcribe(
        _recording(meeting),
        meeting.code,
        settings.transcribe,
        settings.study.language,
        transcriber(settings.transcribe, settings.study.language),
        context.private.saves(meeting.code, "words", key),
        on_tick,
    )
    about = {
        "source": "recording",
        "sha256": context.file_digest(_recording(meeting)),
        "language": made.language,
        "duration": made.duration,
        "warning": made.warning,
        "model name": settings.transcribe.model,
        **engine.identity(settings.transcribe, settings.study.language),
    }
    return made.segments, about


def _speakers_to_expect(context: Context, meeting: Meeting) -> list[str]:
    """Who may stand before a colon in a plain transcript: those who attended, and everybody the roster knows."""
    people = {e.form for e in context.roster.entries if e.kind in ("people", "others")}
    return sorted({*meeting.attending, *people})


def _recording(meeting: Meeting) -> Path:
    if meeting.recording is None:
        raise InputError(
            f"{meeting.code}: no recording and no transcript.",
            'Put one into private/recordings/ and name it in meetings.toml, or write recording = "not recorded".',
        )
    return meeting.recording


def _has_words(context: Context, meeting: Meeting) -> bool:
    return meeting.transcript is not None or meeting.recorded


def _has_audio(context: Context, meeting: Meeting) -> bool:
    return meeting.transcript is None and meeting.recorded


def _stands_still(stage: str) -> Callable[[Context, Meeting], bool]:
    """Whether what `stage` made stands, whatever engine, version or file there is now.

    It does where the source is gone, so that nothing can be made anew, and where a person has checked the transcript.
    """

    def stands(context: Context, meeting: Meeting) -> bool:
        if context.current(context.private, meeting.code, stage) is None:
            return False
        return source_gone(meeting) or context.check(meeting) is not None

    return stands


def source_gone(meeting: Meeting) -> bool:
    """True where the recording or imported transcript of a meeting is not there."""
    source = meeting.transcript or meeting.recording
    return source is None or not source.exists()


# speakers: who spoke when, by the engine's labels


def _speakers_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.diarize import channels, engine, recheck

    return {
        "version": SPEAKERS,
        "recording": context.file_digest(_recording(meeting)),
        "channels": channels.identity(meeting.channels),
        "recheck": recheck.identity(),
        "number": len(meeting.attending),
        "engine": engine.identity(context.study.settings.diarize),
    }


def _speakers(
    context: Context, meeting: Meeting, key: str, on_tick: OnTick
) -> tuple[tuple[object, ...], dict[str, object]]:
    from copipe import audio
    from copipe.diarize import channels, engine, recheck
    from copipe.pipeline.engines import diarizer

    settings = context.study.settings.diarize
    stage, number = f"diarize {meeting.code}", len(meeting.attending)
    loaded = diarizer(settings)
    made, told = channels.diarize(_recording(meeting), meeting.channels, number, loaded, on_tick, stage)
    if made is None:
        samples = audio.load(_recording(meeting))
        made = recheck.by_ear(loaded.diarize(samples, number or None, on_tick, stage), samples, loaded)
    about = {**engine.identity(settings), "number": number, **({"channels": told} if told else {})}
    return (*made.turns, *made.voices), about


# turns: words and speakers, with what a person decided; people who did not consent leave here


def _turns_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.pipeline import voices

    study = context.study
    return {
        "version": TURNS,
        "words": need(context, meeting, stages["words"]).digest,
        "speakers": need(context, meeting, stages["speakers"]).digest if _has_audio(context, meeting) else "",
        "decisions": [d.id for d in context.private_decisions(meeting)],
        "profiles": voices.asked(context, meeting),
        "attending": list(meeting.attending),
        "shown": [sorted(study.readable(meeting)), sorted(study.shown(meeting))],
        "suspect": study.settings.suspect.model_dump(),
        "checked": context.check(meeting) is not None,
        "roster": "" if _has_audio(context, meeting) else context.roster_digest,
    }


def _turns(
    context: Context, meeting: Meeting, key: str, on_tick: OnTick
) -> tuple[tuple[object, ...], dict[str, object]]:
    from copipe.pipeline.attribution import attributed

    made = attributed(context, meeting)
    diarized = _has_audio(context, meeting)  # the speaker tags of a transcript are people's names, and stay behind
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


# anonymised: the first thing that may be read, coded, exported


def _anonymised_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    # The words' and speakers' keys count for what they say of how they were made, even where the turns are the same.
    before = [need(context, meeting, stages["words"]).key]
    before += [need(context, meeting, stages["speakers"]).key] if _has_audio(context, meeting) else []
    turns = need(context, meeting, stages["turns"])
    return {"version": ANONYMISED, "turns": turns.digest, "before": before, "roster": context.roster_digest}


def _anonymised(
    context: Context, meeting: Meeting, key: str, on_tick: OnTick
) -> tuple[tuple[object, ...], dict[str, object]]:
    from copipe.anonymise import replace

    turns: tuple[Turn, ...] = read(context, meeting, stages["turns"], Turn)
    made = replace.anonymise(turns, context.roster)
    replaced = sum(mark.kind == "replaced" for turn in made for mark in turn.marks)
    words = need(context, meeting, stages["words"])
    speakers = need(context, meeting, stages["speakers"]).about if _has_audio(context, meeting) else {}
    # What a report says of the private stages travels with the anonymised turns, so that it needs nothing private.
    told = {"words": dict(words.about), "speakers": dict(speakers), "replaced": replaced, "source": words.digest}
    return made, {**need(context, meeting, stages["turns"]).about, **told}


def _notes_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    assert meeting.notes is not None
    return {"version": NOTES, "notes": context.file_digest(meeting.notes), "roster": context.roster_digest}


def _notes(
    context: Context, meeting: Meeting, key: str, on_tick: OnTick
) -> tuple[tuple[object, ...], dict[str, object]]:
    from copipe.anonymise import replace
    from copipe.exchange import text

    assert meeting.notes is not None
    lines = text.read_notes(meeting.notes, meeting.code)
    turns = tuple(
        Turn(s.words[0].id, s.words[-1].id, s.start, s.end, "notes", s.words, len(s.words), 1.0)
        for s in lines
        if s.words
    )
    return replace.anonymise(turns, context.roster), {}


# candidates: passages proposed for the codes of the codebook


def _analysed(context: Context, meeting: Meeting) -> bool:
    return _has_words(context, meeting) and context.study.meets_quorum(meeting)


def _candidates_parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.code import candidates

    anonymised = need(context, meeting, stages["anonymised"])
    identity = candidates.identity(context.codebook, context.study.settings.code)
    return {"turns": anonymised.digest, "source": anonymised.about["source"], **identity}


def _candidates(
    context: Context, meeting: Meeting, key: str, on_tick: OnTick
) -> tuple[tuple[object, ...], dict[str, object]]:
    from copipe.code import candidates

    turns: tuple[Turn, ...] = read(context, meeting, stages["anonymised"], Turn)
    source = str(need(context, meeting, stages["anonymised"]).about["source"])
    settings = context.study.settings.code
    found: tuple[Candidate, ...] = candidates.propose(meeting.code, turns, context.codebook, settings, source)
    unmatched = candidates.unmatched(context.codebook, found)
    return found, {"codebook": context.codebook.hash, "unmatched": [list(u) for u in unmatched]}


def _no_models(context: Context) -> tuple[str, ...]:
    return ()


def _words_models(context: Context) -> tuple[str, ...]:
    from copipe.transcribe import engine

    engine.require(context.study.settings.transcribe)
    return engine.required_models(context.study.settings.transcribe)


def _speakers_models(context: Context) -> tuple[str, ...]:
    from copipe.diarize import engine

    return engine.required_models(context.study.settings.diarize)


def _candidates_models(context: Context) -> tuple[str, ...]:
    from copipe.code import candidates

    return candidates.required_models(context.codebook, context.study.settings.code)


def _has_notes(context: Context, meeting: Meeting) -> bool:
    return meeting.notes is not None


stages: dict[str, Stage] = {
    s.name: s
    for s in (
        Stage("words", True, False, _has_words, _words_parts, _words, _words_models, _stands_still("words")),
        Stage(
            "speakers", True, False, _has_audio, _speakers_parts, _speakers, _speakers_models, _stands_still("speakers")
        ),
        Stage("turns", False, False, _has_words, _turns_parts, _turns, _no_models),
        Stage("anonymised", False, True, _has_words, _anonymised_parts, _anonymised, _no_models),
        Stage("notes", False, True, _has_notes, _notes_parts, _notes, _no_models),
        Stage("candidates", False, True, _analysed, _candidates_parts, _candidates, _candidates_models),
    )
}

__all__ = ["Decision", "NotReadyError", "Segment", "SpeakerTurn", "Stage", "Voice", "need", "read", "stages"]
