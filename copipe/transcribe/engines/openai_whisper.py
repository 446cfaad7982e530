"""Whisper by OpenAI's own code (PyTorch): slower, and the reference that the other engine is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copipe.errors import InputError, MissingModelError
from copipe.models import store
from copipe.records import Segment
from copipe.texts import from_json
from copipe.transcribe.engines import engine
from copipe.transcribe.engines import words as whisper_words

if TYPE_CHECKING:
    from copipe.audio.decode import Samples
    from copipe.study.settings import TranscribeSettings


class OpenAIWhisper:
    """A `Transcriber`."""

    def __init__(self, settings: TranscribeSettings, model: Any) -> None:
        self._settings = settings
        self._model = model

    def detect_language(self, samples: Samples) -> str:
        import whisper

        if not self._model.is_multilingual:
            return "en"
        # the first half minute of speech; `samples` has its silences taken out
        features = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), n_mels=self._model.dims.n_mels)
        _, chances = self._model.detect_language(features.to(self._model.device))
        return max(chances, key=chances.__getitem__)  # type: ignore[no-any-return]

    def transcribe(self, samples: Samples, language: str, vocabulary: Sequence[str] = ()) -> Iterator[Segment]:
        # the same choices as in faster_whisper.py, for the reasons given there
        result = self._model.transcribe(
            samples,
            language=language,
            beam_size=self._settings.beam_size,
            word_timestamps=True,
            condition_on_previous_text=False,
            temperature=(0.0,),
            no_speech_threshold=None,
            initial_prompt=whisper_words.glossary(vocabulary),
            carry_initial_prompt=bool(vocabulary),
            fp16=self._model.device.type == "cuda",
            verbose=None,  # False would draw a progress bar, True would print speech
        )
        for segment in result["segments"]:
            pieces = ((word["word"], word["start"], word["end"], word["probability"]) for word in segment["words"])
            words = whisper_words.words(pieces, language)
            if words:
                yield Segment(
                    start=float(segment["start"]),
                    end=float(segment["end"]),
                    words=words,
                    avg_logprob=float(segment["avg_logprob"]),
                    compression_ratio=float(segment["compression_ratio"]),
                    no_speech_prob=float(segment["no_speech_prob"]),
                )


def load(settings: TranscribeSettings, language: str = "") -> OpenAIWhisper:
    """The model of `settings` in memory; never downloads. Errors as in `copipe.transcribe.engines.engine.load`.

    A model of the catalogue (CTranslate2) is converted once, into the store's folder `openai-whisper`.
    """
    try:
        import torch
        import whisper
    except ImportError as error:
        raise engine.missing_openai_whisper() from error

    if settings.threads:
        torch.set_num_threads(settings.threads)
    cuda = settings.device == "cuda" or (settings.device == "auto" and torch.cuda.is_available())
    if cuda and not torch.cuda.is_available():
        raise MissingModelError(
            "no graphics card that PyTorch can use was found", 'Set device = "cpu" under [transcribe] in copipe.toml.'
        )
    device = "cuda" if cuda else "cpu"
    path = store.locate(settings.model)
    if path.is_dir():
        converted = store.store_dir() / "openai-whisper" / f"{store.fingerprint(settings.model)}.safetensors"
        if not converted.is_file():
            from copipe.transcribe.engines import weights

            weights.convert(path, converted)
        model = _opened(converted, device)
    else:
        try:
            model = whisper.load_model(str(path), device=device)  # a path: whisper downloads names only
        except Exception as error:  # torch raises many kinds for a file that is not a checkpoint
            raise InputError(f"{path}: is not a checkpoint of openai-whisper ({type(error).__name__})") from error
    engine.check_language(settings.model, language, model.is_multilingual)
    return OpenAIWhisper(settings, model)


def _opened(path: Path, device: str) -> Any:
    """The whisper model in a file that `weights.convert` wrote."""
    import torch
    from safetensors import safe_open
    from whisper.model import ModelDimensions, Whisper

    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - not a mapping
    model = Whisper(ModelDimensions(**from_json(about["dims"])))
    model.load_state_dict(state)
    heads = torch.zeros(model.dims.n_text_layer, model.dims.n_text_head, dtype=torch.bool)
    for layer, head in from_json(about["alignment_heads"]):
        heads[layer, head] = True
    if heads.any():  # without them whisper takes the upper half of the layers
        model.register_buffer("alignment_heads", heads.to_sparse(), persistent=False)
    return model.to(device).eval()
