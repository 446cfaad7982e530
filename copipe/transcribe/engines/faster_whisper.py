"""Whisper by faster-whisper (CTranslate2): int8 on a CPU, float16 on a graphics card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import ctranslate2
import faster_whisper

from copipe.errors import InputError, MissingModelError
from copipe.models import store
from copipe.records import Segment
from copipe.transcribe.engines import engine
from copipe.transcribe.engines import words as whisper_words

if TYPE_CHECKING:
    from copipe.audio.decode import Samples
    from copipe.study.settings import TranscribeSettings


class FasterWhisper:
    """A `Transcriber`."""

    def __init__(self, settings: TranscribeSettings, model: Any) -> None:
        self._settings = settings
        self._model = model

    def detect_language(self, samples: Samples) -> str:
        if not self._model.model.is_multilingual:
            return "en"
        language, _, _ = self._model.detect_language(samples, language_detection_segments=4)
        return str(language)

    def transcribe(self, samples: Samples, language: str, vocabulary: Sequence[str] = ()) -> Iterator[Segment]:
        segments, _ = self._model.transcribe(
            samples,
            language=language,
            beam_size=self._settings.beam_size,
            word_timestamps=True,
            # a mistake must not be carried into the next window, where it becomes a loop
            condition_on_previous_text=False,
            # The usual second tries at higher temperatures draw from a generator that cannot be set back, so that a
            # resumed run would differ; what they would have been for is quarantined and heard by a person.
            temperature=[0.0],
            # nothing is left out for being improbable: quarantine is to see it
            no_speech_threshold=None,
            # hot words go before every window, a prompt only before the first
            hotwords=whisper_words.glossary(vocabulary),
        )
        for segment in segments:
            pieces = ((word.word, word.start, word.end, word.probability) for word in segment.words or ())
            words = whisper_words.words(pieces, language)
            if words:
                yield Segment(
                    start=float(segment.start),
                    end=float(segment.end),
                    words=words,
                    avg_logprob=float(segment.avg_logprob),
                    compression_ratio=float(segment.compression_ratio),
                    no_speech_prob=float(segment.no_speech_prob),
                )


def load(settings: TranscribeSettings, language: str = "") -> FasterWhisper:
    """The model of `settings` in memory; never downloads. Errors as in `copipe.transcribe.engines.engine.load`."""
    folder = store.locate(settings.model)
    if not (folder / "model.bin").is_file() or not (folder / "tokenizer.json").is_file():
        raise MissingModelError(
            f"{folder}: is not a model that faster-whisper opens (model.bin and tokenizer.json must be in it)",
            "copipe models list shows what can be had; a .pt file is for the engine openai-whisper",
        )
    cuda = settings.device == "cuda" or (settings.device == "auto" and ctranslate2.get_cuda_device_count() > 0)
    try:
        model = faster_whisper.WhisperModel(
            str(folder),
            device="cuda" if cuda else "cpu",
            compute_type="float16" if cuda else "int8",
            cpu_threads=settings.threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError) as error:
        # CTranslate2 raises these for a damaged model.bin and for a graphics card that is not there
        raise InputError(
            f"{folder}: faster-whisper cannot load this model: {error}",
            'copipe models verify tells whether it is damaged; [transcribe] device = "cpu" avoids a graphics card',
        ) from error
    engine.check_language(settings.model, language, model.model.is_multilingual)
    return FasterWhisper(settings, model)
