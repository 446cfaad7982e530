"""Speech to text behind one Protocol: a name leads to a factory, imported on first use.

Another distribution can add an engine with an entry point in the group `copipe.transcribers` that names a factory
`(TranscribeSettings, language) -> Transcriber`.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, cast

from copipe.errors import ConfigError, MissingModelError, UsageError
from copipe.records import Segment

if TYPE_CHECKING:
    from copipe.audio.decode import Samples
    from copipe.study.settings import TranscribeSettings

VERSION = "1"  # of what this package makes of an engine's output; a new one makes every transcript stale
ENTRY_POINTS = "copipe.transcribers"
_BUILT_IN = {  # name: (module with a function `load`, distribution)
    "faster-whisper": ("copipe.transcribe.engines.faster_whisper", "faster-whisper"),
    "openai-whisper": ("copipe.transcribe.engines.openai_whisper", "openai-whisper"),
}


class Transcriber(Protocol):
    """An engine with its model in memory.

    The same samples, language and settings must always give the same segments, whatever was transcribed before: a run
    that is taken up after an interruption relies on it.
    """

    def detect_language(self, samples: Samples) -> str:
        """Code of the language spoken in `samples` (shape (n,), mono, 16 kHz, speech only), "en"."""
        ...

    def transcribe(self, samples: Samples, language: str, vocabulary: Sequence[str] = ()) -> Iterator[Segment]:
        """Segments in order, times in seconds from the first sample, words with probabilities and without ids ("").

        `vocabulary` are words to expect.
        """
        ...


Factory = Callable[["TranscribeSettings", str], Transcriber]


def names() -> tuple[str, ...]:
    """Engines that can be named in copipe.toml: the built-in ones, then what else is installed."""
    others = {point.name for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    return (*_BUILT_IN, *sorted(others - set(_BUILT_IN)))


def load(settings: TranscribeSettings, language: str = "") -> Transcriber:
    """The engine that `settings` name, model loaded; `language` "" leaves it to be detected.

    Raises UsageError for an unknown engine, MissingModelError where it or its model is not here, ConfigError where the
    model does not know the language.
    """
    if settings.engine in _BUILT_IN:
        factory = cast(Factory, importlib.import_module(_BUILT_IN[settings.engine][0]).load)
    else:
        factory = cast(Factory, _entry_point(settings.engine).load())
    return factory(settings, language)


def identity(settings: TranscribeSettings, language: str = "") -> dict[str, str]:
    """What a transcript depends on besides the recording; part of an artifact's key. Imports no engine.

    `compute` is the precision that the settings ask for. "auto" stays "auto": a study that moves between a computer
    with a graphics card and one without does not have all its meetings transcribed anew.
    """
    from copipe.models import store

    if settings.engine in _BUILT_IN:
        distribution = _BUILT_IN[settings.engine][1]
    else:
        point = _entry_point(settings.engine)
        distribution = point.dist.name if point.dist else ""
    try:
        version = importlib.metadata.version(distribution) if distribution else "unknown"
    except importlib.metadata.PackageNotFoundError:
        version = "absent"
    return {
        "stage": f"transcribe {VERSION}",
        "engine": settings.engine,
        "engine version": version,
        "model": store.fingerprint(settings.model),
        "compute": {"cpu": "int8", "cuda": "float16"}.get(settings.device, settings.device),
        "beam size": str(settings.beam_size),
        "language": language or "detected",
        "vocabulary": json.dumps(list(settings.vocabulary), ensure_ascii=False),
        "voice activity": "silero",
    }


def required_models(settings: TranscribeSettings) -> tuple[str, ...]:
    """Names or paths of the models that a run with `settings` opens."""
    return (settings.model,)


def require(settings: TranscribeSettings) -> None:
    """Raise what `load` would raise for an engine that is unknown or not installed, without loading it."""
    if settings.engine not in _BUILT_IN:
        _entry_point(settings.engine)
    elif settings.engine == "openai-whisper" and not _installed("openai-whisper"):
        raise missing_openai_whisper()


def missing_openai_whisper() -> MissingModelError:
    return MissingModelError(
        "the engine openai-whisper is not installed",
        "pip install 'copipe[openai-whisper]', or set engine = \"faster-whisper\" under [transcribe] in copipe.toml",
    )


def check_language(model: str, language: str, multilingual: bool) -> None:
    """Raise ConfigError when an English-only model is asked for another language."""
    if not multilingual and language not in ("", "en"):
        raise ConfigError(
            f'copipe.toml: [study] language = "{language}", but the model {model} knows English only',
            'Set [transcribe] model to a multilingual one: "base", "small", "medium", "large-v3-turbo".',
        )


def digest(identity_: dict[str, str]) -> str:
    """Hex digest of an identity."""
    return hashlib.sha256(json.dumps(identity_, sort_keys=True).encode()).hexdigest()


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _entry_point(name: str) -> importlib.metadata.EntryPoint:
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        if point.name == name:
            return point
    raise UsageError(f"no engine for speech to text is called {name!r}", f"There are: {', '.join(names())}.")
