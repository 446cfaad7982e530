"""What a stage is, how its result is found and read, and what several stages ask of a meeting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from copipe.errors import CopipeError, InputError
from copipe.pipeline.context import Context
from copipe.progress import OnTick
from copipe.study.store import Artifact, Store, from_lines, make_key
from copipe.study.study import Meeting

Made = tuple[tuple[object, ...], dict[str, object]]  # the records of a result, and what its manifest says of them


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


def no_models(context: Context) -> tuple[str, ...]:
    return ()


def never(context: Context, meeting: Meeting) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What one stage makes, and of what. A module in `pipeline/stages/` declares one, under the stage's own name.

    `needs` are the stages whose results it may read; the order of a run follows from them. `parts` is all that a result
    depends on (versions, settings, digests of inputs): its digest is the key of the result, and a result whose key is
    another one by now is stale. `parts` raises NotReadyError while an input is missing.

    A `long` stage loads a speech model. A `public` one may be read by others: its results are in work/, those of the
    rest in private/work/. Nobody asks for a stage that is `part_of` another: it is run, and told of, with that one.
    Where `frozen` the result is kept whatever has changed. `models` are names from the catalogue.
    """

    name: str
    needs: tuple[str, ...] = ()
    applies: Callable[[Context, Meeting], bool]
    parts: Callable[[Context, Meeting], Mapping[str, object]]
    make: Callable[[Context, Meeting, str, OnTick], Made]
    models: Callable[[Context], tuple[str, ...]] = no_models
    frozen: Callable[[Context, Meeting], bool] = never
    part_of: str = ""
    long: bool = False
    public: bool = False

    def store(self, context: Context) -> Store:
        return context.public if self.public else context.private

    def key(self, context: Context, meeting: Meeting) -> str:
        """Key of what it would make now. NotReadyError while something that it is made from is missing."""
        return context.unchanging(
            ("key", meeting.code, self.name), lambda: make_key(self.name, self.parts(context, meeting))
        )

    def fresh(self, context: Context, meeting: Meeting) -> Artifact | None:
        """The artifact that is made from what there is now (or the last one, where none can be made anew)."""
        if context.stale_too or self.frozen(context, meeting):
            return context.current(self.store(context), meeting.code, self.name)
        return self.store(context).find(meeting.code, self.name, self.key(context, meeting))


# A stage's result, asked for by the name of the stage


@cache
def declared(name: str) -> Stage:
    """The stage of that name: `declared("note findings")` is STAGE of `pipeline/stages/note_findings.py`."""
    module = import_module(f"copipe.pipeline.stages.{name.replace(' ', '_')}")
    stage: Stage = module.STAGE
    return stage


def applies(context: Context, meeting: Meeting, stage: str) -> bool:
    """Whether a stage has anything to do with a meeting."""
    return declared(stage).applies(context, meeting)


def fresh(context: Context, meeting: Meeting, stage: str) -> Artifact | None:
    """The artifact of a stage if it is up to date. NotReadyError while something that it is made from is missing."""
    return declared(stage).fresh(context, meeting)


def need(context: Context, meeting: Meeting, stage: str) -> Artifact:
    """The fresh artifact of a stage. NotReadyError when it has not been made."""
    artifact = fresh(context, meeting, stage)
    if artifact is None:
        raise NotReadyError(f"{meeting.code}: stage {stage!r} has not been run.", "`copipe run` runs what is missing.")
    return artifact


def read(context: Context, meeting: Meeting, stage: str, kind: type[Any]) -> tuple[Any, ...]:
    """The records of `kind` that a stage made for a meeting. NotReadyError when there are none to be had."""
    artifact = need(context, meeting, stage)
    lines = declared(stage).store(context).lines(artifact)
    if lines is None:
        raise DamagedError(meeting, stage, artifact.key)
    return from_lines(lines, kind)


# What stages ask of a meeting


def has_words(context: Context, meeting: Meeting) -> bool:
    return meeting.transcript is not None or meeting.recorded


def has_audio(context: Context, meeting: Meeting) -> bool:
    return meeting.transcript is None and meeting.recorded


def recording_of(meeting: Meeting) -> Path:
    if meeting.recording is None:
        raise InputError(
            f"{meeting.code}: no recording and no transcript.",
            'Put one into private/recordings/ and name it in meetings.toml, or write recording = "not recorded".',
        )
    return meeting.recording


def source_gone(meeting: Meeting) -> bool:
    """True where the recording or imported transcript of a meeting is not there."""
    source = meeting.transcript or meeting.recording
    return source is None or not source.exists()


def source_gone_or_checked(stage: str) -> Callable[[Context, Meeting], bool]:
    """Whether what `stage` made stands, whatever engine, version or file there is now.

    It does where the source is gone, so that nothing can be made anew, and where a person has checked the transcript.
    """

    def stands(context: Context, meeting: Meeting) -> bool:
        if context.current(context.private, meeting.code, stage) is None:
            return False
        return source_gone(meeting) or context.check(meeting) is not None

    return stands


def raw_gone(context: Context, meeting: Meeting) -> bool:
    """True where the raw words of a meeting were destroyed: what was made of them stands, and cannot be made again."""
    artifact = context.current(context.private, meeting.code, "words")
    return artifact is not None and bool(artifact.purged.get("all"))
