"""The voice encoder on its real weights: features against the definition, masks, and that it tells voices apart."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from copipe.audio import decode
from copipe.models import quiet_imports, store

quiet_imports.prepare()

import pyannote.audio  # noqa: E402
import torch  # noqa: E402

from copipe.diarize.engines import encoder  # noqa: E402

SAMPLE = Path(pyannote.audio.__file__).parent / "sample"
TURNS = [line.split() for line in (SAMPLE / "sample.rttm").read_text().splitlines()]


@pytest.fixture(scope="module")
def model() -> encoder.VoiceEncoder:
    return encoder.load(store.locate("voice-encoder"))


@pytest.fixture(scope="module")
def call() -> torch.Tensor:
    return torch.from_numpy(decode.load(SAMPLE / "sample.wav"))


def spoken(call: torch.Tensor, speaker: str) -> list[torch.Tensor]:
    """The turns of a speaker that last 1.6 s or more."""
    spans = [(float(t[3]), float(t[3]) + float(t[4])) for t in TURNS if t[7] == speaker and float(t[4]) >= 1.6]
    return [call[int(s * 16000) : int(e * 16000)] for s, e in spans]


def slaney(hz: np.ndarray) -> np.ndarray:
    """Slaney's Auditory Toolbox: linear below 1 kHz, 27 logarithmic steps to 6.4 kHz above."""
    return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1) / 1000) / np.log(6.4))


def reference_mel(samples: np.ndarray) -> np.ndarray:
    """The power mel spectrogram worked out from its definition, frame by frame."""
    edges_mel = np.linspace(0, slaney(np.array([8000.0]))[0], 42)
    grid = np.linspace(0, 8000, 800_001)
    edges = np.interp(edges_mel, slaney(grid), grid)
    bins = np.arange(201) * 40.0
    bands = np.zeros((201, 40))
    for b in range(40):
        low, mid, high = edges[b : b + 3]
        bands[:, b] = np.clip(np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)), 0, None)
        bands[:, b] *= 2 / (high - low)
    padded = np.pad(samples, 200)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frames = [padded[i : i + 400] * window for i in range(0, len(samples) + 1, 160)]
    return np.abs(np.fft.rfft(frames)) ** 2 @ bands


def test_features_are_what_the_weights_were_trained_on(model: encoder.VoiceEncoder, call: torch.Tensor) -> None:
    piece = call[160_000:176_000]
    made = model.mel(piece[None])[0].numpy()
    wanted = reference_mel(piece.numpy().astype(np.float64))
    assert made.shape == (101, 40)
    np.testing.assert_allclose(made, wanted, rtol=2e-3, atol=1e-7)


def test_it_tells_two_people_apart(model: encoder.VoiceEncoder, call: torch.Tensor) -> None:
    with torch.inference_mode():
        one, other = (
            torch.cat([model(turn[None, None]) for turn in spoken(call, name)]) for name in ("speaker90", "speaker91")
        )
    assert len(one) >= 2
    assert len(other) >= 2
    centres = torch.stack([torch.nn.functional.normalize(g.mean(dim=0), dim=0) for g in (one, other)])
    assert (one @ centres.T).argmax(dim=1).tolist() == [0] * len(one)
    assert (other @ centres.T).argmax(dim=1).tolist() == [1] * len(other)


def test_what_is_masked_out_does_not_matter(model: encoder.VoiceEncoder, call: torch.Tensor) -> None:
    left, right = call[160_000:200_000], call[300_000:340_000]
    mask = torch.zeros(1, 293)
    mask[:, :140] = 1
    with torch.inference_mode():
        made = model(torch.cat([left, right])[None, None], weights=mask)
        alone = model(torch.cat([left, torch.zeros(40_000)])[None, None], weights=mask)
    torch.testing.assert_close(made, alone)


def test_a_batch_gives_what_each_gives_alone_and_an_empty_mask_nothing(
    model: encoder.VoiceEncoder, call: torch.Tensor
) -> None:
    windows = torch.stack([call[s : s + 80_000] for s in (0, 0, 160_000, 160_000, 320_000)])[:, None]
    masks = torch.zeros(5, 293)
    masks[0, 100:293] = masks[2, :150] = masks[3, 150:152] = masks[4, :] = 1
    with torch.inference_mode():
        made = model(windows, weights=masks)
        for i in (0, 2, 3, 4):
            torch.testing.assert_close(made[i], model(windows[i : i + 1], weights=masks[i : i + 1])[0])
    assert torch.isnan(made[1]).all()
    norms = made[[0, 2, 3, 4]].norm(dim=1)
    torch.testing.assert_close(norms, torch.ones(4))


def test_how_loud_somebody_speaks_does_not_matter(model: encoder.VoiceEncoder, call: torch.Tensor) -> None:
    turn = spoken(call, "speaker91")[0]
    turn = turn * (0.02 / turn.square().mean().sqrt())
    with torch.inference_mode():
        assert float(model(turn[None, None])[0] @ model(turn[None, None] * 0.1)[0]) > 0.999


def test_stretches_cover_all_frames() -> None:
    for frames in (1, 159, 160, 161, 280, 281, 500, 501, 1000):
        starts = encoder._starts(frames)
        assert starts[0] == 0
        if frames > encoder.N_FRAMES:
            assert starts[-1] == frames - encoder.N_FRAMES
            assert max(b - a for a, b in pairwise(starts)) <= encoder.STRETCH_STEP
