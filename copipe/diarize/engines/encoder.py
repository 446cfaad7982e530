"""The GE2E voice encoder, as a pyannote model: a stretch of speech in, a unit vector that tells voices apart out.

L. Wan et al., "Generalized end-to-end loss for speaker verification", ICASSP 2018, with the features that the
published weights (Resemblyzer 0.1.4) were trained on: 40 Slaney mel bands of the power spectrum, no logarithm, 25 ms
windows every 10 ms at 16 kHz, in stretches of 160 frames. Imports torch: import this module late.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from copipe.models import quiet_imports

quiet_imports.prepare()

import torch  # noqa: E402
import torchaudio  # noqa: E402
from pyannote.audio import Model  # noqa: E402
from pyannote.audio.core.task import Problem, Resolution, Specifications  # noqa: E402

SAMPLE_RATE = 16_000
DIMENSION = 256
N_FFT = 400  # samples, 25 ms
HOP = 160  # samples, 10 ms
N_MELS = 40
N_FRAMES = 160  # frames in one stretch, 1.6 s
STRETCH_STEP = 120  # frames at most between the starts of two stretches; the published code uses 77, which costs more
MIN_SAMPLES = 4_800  # 0.3 s; with less clean speech than this in a window, overlapped speech is better evidence
LEVEL = 10 ** (-30 / 20)  # root mean square that quieter speech is raised to: -30 dBFS, as in training
LSTM_BATCH = 128  # stretches at once; bounds memory at some 40 MB


class VoiceEncoder(Model):
    """`(batch, 1, samples)` and `(batch, frames)` weights of 0 or 1 in; `(batch, 256)` of unit length out.

    A row whose weights are all 0 is NaN, which pyannote reads as "no embedding".
    """

    window: torch.Tensor
    bands: torch.Tensor

    def __init__(self, sample_rate: int = SAMPLE_RATE, num_channels: int = 1, task: Any = None) -> None:
        super().__init__(sample_rate=sample_rate, num_channels=num_channels, task=task)
        self.lstm = torch.nn.LSTM(N_MELS, DIMENSION, 3, batch_first=True)
        self.linear = torch.nn.Linear(DIMENSION, DIMENSION)
        self.register_buffer("window", torch.hann_window(N_FFT), persistent=False)
        bands = torchaudio.functional.melscale_fbanks(
            N_FFT // 2 + 1, 0.0, sample_rate / 2, N_MELS, sample_rate, norm="slaney", mel_scale="slaney"
        )
        self.register_buffer("bands", bands, persistent=False)
        self.specifications = Specifications(
            problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=N_FRAMES * HOP / sample_rate
        )

    @property
    def dimension(self) -> int:
        return DIMENSION

    def mel(self, waveforms: torch.Tensor) -> torch.Tensor:
        """`(batch, samples)` to the `(batch, 1 + samples // 160, 40)` power mel spectrogram."""
        spectrum = torch.stft(
            waveforms, N_FFT, HOP, window=self.window, center=True, pad_mode="constant", return_complex=True
        )
        return spectrum.abs().square().transpose(1, 2) @ self.bands

    def forward(self, waveforms: torch.Tensor, weights: torch.Tensor | None = None, **_: Any) -> torch.Tensor:
        waveforms = waveforms[:, 0]
        if waveforms.shape[1] < MIN_SAMPLES:
            raise ValueError(f"a voice needs {MIN_SAMPLES} samples or more")
        if weights is None:
            weights = torch.ones(waveforms.shape[0], 1, device=waveforms.device)
        result = torch.full((waveforms.shape[0], DIMENSION), torch.nan, device=waveforms.device)
        heard = torch.nonzero(weights.any(dim=1)).flatten()
        if len(heard) == 0:
            return result
        # The window's local speakers come with the same samples: compute each spectrogram once.
        distinct, which = _distinct(waveforms[heard])
        mels = self.mel(distinct)
        frames = mels.shape[1]
        at = torch.arange(frames, device=waveforms.device) * weights.shape[1] // frames
        stretches: list[torch.Tensor] = []
        owners: list[int] = []
        for row, source in zip(heard.tolist(), which, strict=True):
            on = weights[row, at] > 0
            if not bool(on.any()):  # a mask shorter than one frame
                continue
            speech = self._levelled(mels[source, on], distinct[source], on)
            for start in _starts(len(speech)):
                stretches.append(speech[start : start + N_FRAMES])
                owners.append(row)
        if not stretches:
            return result
        vectors = torch.cat([self._embed(torch.stack(part)) for part in _parts(stretches, LSTM_BATCH)])
        owner = torch.tensor(owners, device=waveforms.device)
        for row in sorted(set(owners)):
            mean = vectors[owner == row].mean(dim=0)
            result[row] = mean / mean.norm()
        return result

    def _embed(self, mels: torch.Tensor) -> torch.Tensor:
        _, (hidden, _) = self.lstm(mels)
        raw: torch.Tensor = torch.relu(self.linear(hidden[-1]))
        unit: torch.Tensor = raw / raw.norm(dim=1, keepdim=True).clamp_min(1e-9)
        return unit

    @staticmethod
    def _levelled(speech: torch.Tensor, waveform: torch.Tensor, on: torch.Tensor) -> torch.Tensor:
        """`(n, 40)` frames of one voice, raised to `LEVEL` and, when short, repeated to fill one stretch."""
        samples = waveform[: (len(waveform) // HOP) * HOP].reshape(-1, HOP)
        rms = float(samples[on[: len(samples)]].square().mean().sqrt()) if bool(on[: len(samples)].any()) else 0.0
        if 1e-6 < rms < LEVEL:
            speech = speech * (LEVEL / rms) ** 2
        if len(speech) < N_FRAMES:
            speech = speech.repeat(-(-N_FRAMES // len(speech)), 1)[:N_FRAMES]
        return speech


def load(path: Path) -> VoiceEncoder:
    """The encoder with the weights of the folder `path` (model.safetensors)."""
    from safetensors.torch import load_file

    weights = load_file(path / "model.safetensors")
    model = VoiceEncoder()
    model.load_state_dict({k: v for k, v in weights.items() if k.startswith(("lstm.", "linear."))})
    return model.eval()


def _starts(frames: int) -> list[int]:
    """Where stretches begin so that they cover all frames, evenly spread."""
    count = 1 + -(-max(0, frames - N_FRAMES) // STRETCH_STEP)
    if count == 1:
        return [0]
    return [round(i * (frames - N_FRAMES) / (count - 1)) for i in range(count)]


def _parts(items: list[torch.Tensor], size: int) -> list[list[torch.Tensor]]:
    return [items[i : i + size] for i in range(0, len(items), size)]


def _distinct(rows: torch.Tensor) -> tuple[torch.Tensor, list[int]]:
    """The rows without immediate repetitions, and for each row which of them it is."""
    kept: list[int] = []
    which: list[int] = []
    for i in range(len(rows)):
        if not kept or not torch.equal(rows[i], rows[kept[-1]]):
            kept.append(i)
        which.append(len(kept) - 1)
    return rows[kept], which
