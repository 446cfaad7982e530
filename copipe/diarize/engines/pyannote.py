"""Who speaks when, by the `SpeakerDiarization` pipeline of pyannote.audio 4.

By default with two small models that a package index has (see config/models.toml); or with a complete pipeline from a
local folder laid out as pyannote publishes them (community-1). Importing this module is light.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from copipe.audio.decode import SAMPLE_RATE
from copipe.diarize.engines.engine import Diarization
from copipe.diarize.timeline import clean_seconds
from copipe.models import store
from copipe.progress import OnTick, Tick
from copipe.records import SpeakerTurn, Voice
from copipe.texts import from_json

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from copipe.study.settings import DiarizeSettings

STAGE_VERSION = "2"  # raise it when the same models and options would give another result
MIN_SAMPLES = SAMPLE_RATE // 2  # 0.5 s; in less there is no voice to tell from another
MIN_PEAK = 1e-4  # -80 dBFS; below it is digital silence, which the segmentation model takes for anything
# With less time than this a head, not everybody present has spoken enough to be told apart, and the number is a bound,
# not an order: on half-minute openings of four-person meetings 10 % of speech confused, ordered 27 %.
SECONDS_EACH = 12.0
BATCH = 32  # windows at once; more is no faster on two cores
SHARES = {"segmentation": 0.45, "embeddings": 0.55}  # of the time, measured on two cores


class PyannoteDiarizer:
    """A loaded pipeline."""

    def __init__(self, pipeline: Any, prints: Sequence[Sequence[float]] = ()) -> None:
        self._pipeline = pipeline
        self._prints = prints

    def knowing(self, prints: Sequence[Sequence[float]]) -> PyannoteDiarizer:
        """The same pipeline, told what members sound like, whether they are present or not; itself where its clustering
        has no use for that, as a published pipeline's own has not."""
        return PyannoteDiarizer(self._pipeline, prints) if hasattr(self._pipeline.clustering, "prints") else self

    def diarize(self, samples: NDArray[np.float32], speakers: int | None, on_tick: OnTick, stage: str) -> Diarization:
        import numpy as np
        import torch

        if len(samples) < MIN_SAMPLES or max(samples.max(), -samples.min()) < MIN_PEAK:
            return Diarization((), ())
        waveform = torch.from_numpy(np.ascontiguousarray(samples, dtype=np.float32))[None]
        duration = len(samples) / SAMPLE_RATE
        if hasattr(self._pipeline.clustering, "prints"):  # this meeting's: the pipeline is loaded once for all
            self._pipeline.clustering.prints = np.array(self._prints, dtype=np.float64) if self._prints else None
        with torch.random.fork_rng(), warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            torch.manual_seed(0)
            warnings.simplefilter("ignore")  # pyannote's advice to its own developers; what matters is checked here
            output = self._pipeline(
                {"waveform": waveform, "sample_rate": SAMPLE_RATE, "uri": "recording"},
                **_told(speakers, duration),
                hook=_hook(on_tick, stage, duration),
            )
        _give_back()
        on_tick(Tick(stage, duration, duration, "s"))
        ordinary = output.speaker_diarization
        centres = dict(zip(ordinary.labels(), output.speaker_embeddings, strict=False))
        return named(_tracks(ordinary, duration), _tracks(output.exclusive_speaker_diarization, duration), centres)

    def voice(self, stretches: Sequence[NDArray[np.float32]]) -> tuple[float, ...]:
        """The unit vector of whoever speaks in all the stretches; empty where there is too little to tell."""
        from copipe.diarize.voices.embedding import mean_voice

        return mean_voice(self._pipeline._embedding, stretches)


def _told(speakers: int | None, duration: float) -> dict[str, int]:
    if speakers is None:
        return {}
    return {"num_speakers" if duration >= SECONDS_EACH * speakers else "max_speakers": speakers}


def named(
    ordinary: Sequence[tuple[float, float, str]],
    exclusive: Sequence[tuple[float, float, str]],
    centres: dict[str, NDArray[np.float64]],
) -> Diarization:
    """Turns and voices labelled voice1, voice2 in order of first speech, from (start, end, label) and each centre.

    A voice that had too little clean speech for an embedding gets an empty one.
    """
    names: dict[str, str] = {}
    for _, _, label in sorted(ordinary) + sorted(exclusive):
        names.setdefault(label, f"voice{len(names) + 1}")
    turns = [SpeakerTurn(s, e, names[label]) for s, e, label in ordinary]
    turns += [SpeakerTurn(s, e, names[label], exclusive=True) for s, e, label in exclusive]
    turns.sort(key=lambda t: (t.start, t.end, t.exclusive, t.label))
    clean = clean_seconds([t for t in turns if not t.exclusive])
    voices = tuple(Voice(name, _unit(centres.get(label)), clean.get(name, 0.0)) for label, name in names.items())
    return Diarization(tuple(turns), voices)


def load(settings: DiarizeSettings) -> PyannoteDiarizer:
    """The pipeline with its models, on the GPU where there is one. MissingModelError names what is not here."""
    pipeline: Any
    if settings.pipeline:
        from copipe.diarize.engines import published

        pipeline = published.load(store.locate(settings.pipeline))
    else:
        pipeline = _default(settings, store.locate(settings.segmentation), store.locate(settings.embedding))
    import torch

    pipeline.segmentation_batch_size = BATCH
    pipeline.embedding_batch_size = 3 * BATCH  # three local speakers a window
    if torch.cuda.is_available():
        pipeline.to(torch.device("cuda"))
    return PyannoteDiarizer(pipeline)


def identity(settings: DiarizeSettings) -> dict[str, str]:
    """Models by checksum, and the options that reach the pipeline."""
    common = {"version": STAGE_VERSION, "pyannote.audio": version("pyannote.audio")}
    if settings.pipeline:
        return {**common, "pipeline": store.fingerprint(settings.pipeline)}
    return {
        **common,
        "segmentation": store.fingerprint(settings.segmentation),
        "embedding": store.fingerprint(settings.embedding),
        "segmentation_threshold": repr(settings.segmentation_threshold),
        "clustering_threshold": repr(settings.clustering_threshold),
        "min_cluster_size": repr(settings.min_cluster_size),
        "window_step": repr(settings.window_step),
    }


def required_models(settings: DiarizeSettings) -> tuple[str, ...]:
    return (settings.pipeline,) if settings.pipeline else (settings.segmentation, settings.embedding)


def encoder(settings: DiarizeSettings) -> str:
    """The checksum of the model that makes the embeddings."""
    return store.fingerprint(settings.pipeline or settings.embedding)


def _default(settings: DiarizeSettings, segmentation: Path, embedding: Path) -> Any:
    from copipe.models import quiet_imports

    quiet_imports.prepare()
    from copipe.diarize.engines import encoder, pipeline

    return pipeline.build(_segmentation(segmentation), encoder.load(embedding), settings)


def _segmentation(path: Path) -> Any:
    """PyanNet from clean weights: config.json says how large it is and what it was trained for."""
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet
    from safetensors.torch import load_file

    config = from_json((path / "config.json").read_text(encoding="utf-8"))
    told = dict(config["specifications"])
    model = PyanNet(**config["hyper_parameters"])
    model.specifications = Specifications(
        **{
            **told,
            "problem": Problem[told["problem"]],
            "resolution": Resolution[told["resolution"]],
            "warm_up": tuple(told["warm_up"]),
        }
    )
    model.setup()  # type: ignore[no-untyped-call]
    model.load_state_dict(load_file(path / "model.safetensors"))
    return model.eval()


def _hook(on_tick: OnTick, stage: str, duration: float) -> Callable[..., None]:
    """The pipeline's steps, as seconds of the recording done."""
    before = 0.0
    reached: dict[str, float] = {}

    def hook(step: str, *_: Any, total: int | None = None, completed: int | None = None, **__: Any) -> None:
        nonlocal before
        _give_back()
        if step not in SHARES:
            return
        reached[step] = 1.0 if not total else min(1.0, (completed or 0) / total)
        done = sum(SHARES[name] * share for name, share in reached.items())
        if done > before:
            before = done
            on_tick(Tick(stage, done * duration, duration, "s"))

    return hook


def _give_back() -> None:
    """Hand memory that a batch has freed back to the system, where the C library can (glibc).

    It keeps the freed blocks between the few kilobytes that every batch leaves behind: 17 MB for each batch, 7.8 GB in
    two hours. Costs a tenth of the time.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is not None:
        trim(0)


def _tracks(annotation: Any, duration: float) -> list[tuple[float, float, str]]:
    """(start, end, label), cut at the end of the recording: the last window is padded."""
    found = []
    for segment, _, label in annotation.itertracks(yield_label=True):
        start, end = max(0.0, float(segment.start)), min(duration, float(segment.end))
        if end > start:
            found.append((start, end, str(label)))
    return found


def _unit(vector: NDArray[np.float64] | None) -> tuple[float, ...]:
    import numpy as np

    if vector is None or not np.isfinite(vector).all() or not vector.any():
        return ()
    return tuple(float(x) for x in vector / np.linalg.norm(vector))
