"""Voices of stretches of speech whose speaker is known: one unit vector each, by the encoder of the clusters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from copipe.audio.decode import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

LEAST = 0.3  # seconds; a shorter stretch says next to nothing of a voice
LONGEST = 10.0  # seconds at a time: as long as the windows in which the diarization compares voices


def embed(encoder: Any, stretches: Iterable[Samples]) -> NDArray[np.float64]:
    """The voice of each stretch (samples at 16 kHz), shape (n, dimension), unit length.

    `encoder` is pyannote's (`waveforms` and `masks` in). A row is NaN where a stretch is too short to tell.
    """
    import numpy as np

    rows = [_one(encoder, stretch) for stretch in stretches]
    return np.array(rows, dtype=np.float64) if rows else np.zeros((0, encoder.dimension))


def mean_voice(encoder: Any, stretches: Sequence[Samples]) -> tuple[float, ...]:
    """The voice that all the stretches (of one person) have in common; empty where there is too little speech."""
    import numpy as np

    pieces = [piece for stretch in stretches for piece in _pieces(stretch)]
    found = embed(encoder, pieces)
    heard = np.isfinite(found).all(axis=1) if len(found) else np.zeros(0, dtype=bool)
    if not heard.any():
        return ()
    # a long stretch says more than a short one
    weights = np.array([len(p) for p in pieces], dtype=np.float64)[heard]
    centre = (found[heard] * weights[:, None]).sum(axis=0)
    return tuple(float(x) for x in centre / np.linalg.norm(centre))


def _pieces(stretch: Samples) -> Iterator[Samples]:
    """The stretch in equal pieces of at most `LONGEST` seconds."""
    import numpy as np

    yield from np.array_split(stretch, max(1, -(-len(stretch) // int(LONGEST * SAMPLE_RATE))))


def _one(encoder: Any, stretch: Samples) -> NDArray[np.float64]:
    import numpy as np
    import torch

    if len(stretch) < max(int(LEAST * SAMPLE_RATE), encoder.min_num_samples):
        return np.full(encoder.dimension, np.nan)
    waveform = torch.from_numpy(np.ascontiguousarray(stretch, dtype=np.float32))[None, None]
    vector = np.asarray(encoder(waveform)[0], dtype=np.float64)
    length = float(np.linalg.norm(vector))
    return vector / length if np.isfinite(length) and length > 0 else np.full(encoder.dimension, np.nan)
