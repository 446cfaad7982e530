"""Engines that find out who speaks when: what one must offer, and where they are found.

An engine is a module (or any object) with `load`, `identity` and `required_models`. Those of other packages announce
themselves as entry points of the group `copipe.diarizers`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol, cast

from copipe.errors import UsageError
from copipe.progress import OnTick
from copipe.records import SpeakerTurn, Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from copipe.study.settings import DiarizeSettings

BUILT_IN = {"pyannote": "copipe.diarize.engines.pyannote"}
GROUP = "copipe.diarizers"


@dataclass(frozen=True, slots=True)
class Diarization:
    """Ordinary and exclusive turns by start, and one `Voice` for each label, voice1 the first heard."""

    turns: tuple[SpeakerTurn, ...]
    voices: tuple[Voice, ...]


class Diarizer(Protocol):
    """A loaded engine."""

    def diarize(self, samples: NDArray[np.float32], speakers: int | None, on_tick: OnTick, stage: str) -> Diarization:
        """Who speaks when in `samples` (mono, 16 kHz). `speakers` is how many there are, None if nobody knows.

        The same samples give the same result. Silence, or next to no sound at all, gives no turns.
        """
        ...

    def voice(self, stretches: Sequence[NDArray[np.float32]]) -> tuple[float, ...]:
        """The unit vector, as in `Voice`, of whoever speaks in all the stretches (mono, 16 kHz).

        Empty where there is too little to tell.
        """
        ...


class Engine(Protocol):
    """A way to get a `Diarizer`; `identity` and `required_models` import nothing heavy and open no model."""

    def load(self, settings: DiarizeSettings) -> Diarizer: ...

    def identity(self, settings: DiarizeSettings) -> dict[str, str]: ...

    def required_models(self, settings: DiarizeSettings) -> tuple[str, ...]: ...


def names() -> tuple[str, ...]:
    """The engines there are on this machine."""
    return tuple(sorted({*BUILT_IN, *(e.name for e in entry_points(group=GROUP))}))


def load(settings: DiarizeSettings) -> Diarizer:
    """The engine that `settings.engine` names, with its models. MissingModelError says which one is not here."""
    return _find(settings.engine).load(settings)


def knowing(diarizer: Diarizer, prints: Sequence[Sequence[float]]) -> Diarizer:
    """The diarizer, told what members of the group sound like, if it has a use for that (a method `knowing`)."""
    told = getattr(diarizer, "knowing", None)
    return cast(Diarizer, told(prints)) if told and prints else diarizer


def identity(settings: DiarizeSettings) -> dict[str, str]:
    """Everything of engine, models and options that a result depends on; goes into the artifact's key."""
    return {"engine": settings.engine, **_find(settings.engine).identity(settings)}


def required_models(settings: DiarizeSettings) -> tuple[str, ...]:
    """Names (or paths) of the models that must be on the machine before a run starts."""
    return _find(settings.engine).required_models(settings)


def encoder(settings: DiarizeSettings) -> str:
    """Which model made the embeddings: voices compare only with those of the same one.

    An engine that has no `encoder` of its own is known by all of its identity.
    """
    engine = _find(settings.engine)
    own = getattr(engine, "encoder", None)
    if own is not None:
        return str(own(settings))
    return hashlib.sha256(json.dumps(identity(settings), sort_keys=True).encode()).hexdigest()


def _find(name: str) -> Engine:
    if name in BUILT_IN:
        return cast(Engine, importlib.import_module(BUILT_IN[name]))
    for entry in entry_points(group=GROUP, name=name):
        return cast(Engine, entry.load())
    raise UsageError(f"there is no diarization engine {name!r}", f"Choose one of: {', '.join(names())}.")
