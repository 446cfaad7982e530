"""How far a stage has come. Core code calls `on_tick`; only the command line draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tick:
    """One step of a stage.

    `done` and `total` count `unit` ("s" of audio, "meetings", "bytes"); a total of 0 is not known. `stage` is what a
    person reads beside the bar, for example "transcribe 2010-02".
    """

    stage: str
    done: float
    total: float
    unit: str


OnTick = Callable[[Tick], None]


def silent(tick: Tick) -> None:
    """The `OnTick` of a caller that does not watch."""
