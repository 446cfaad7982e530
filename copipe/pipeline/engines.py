"""The engines of this program, loaded once: a batch of meetings pays for a model one time, and lets go of it after."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from copipe.study.settings import DiarizeSettings, TranscribeSettings

if TYPE_CHECKING:
    from copipe.diarize.engines.engine import Diarizer
    from copipe.transcribe.engines.engine import Transcriber


@lru_cache(maxsize=1)
def transcriber(settings: TranscribeSettings, language: str) -> Transcriber:
    from copipe.transcribe.engines import engine

    return engine.load(settings, language)


@lru_cache(maxsize=1)
def diarizer(settings: DiarizeSettings) -> Diarizer:
    from copipe.diarize.engines import engine

    return engine.load(settings)


def let_go() -> None:
    """Free the memory of the engines."""
    transcriber.cache_clear()
    diarizer.cache_clear()
