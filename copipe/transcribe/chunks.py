"""A recording cut at its silences into chunks that are transcribed, saved and resumed one by one.

Where speech is, Silero's voice activity detector says. The cuts depend on the samples alone, so a run that takes up
where another stopped makes the same chunks and the same transcript.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copipe.audio.activity import FRAME, SILENCE, SPEECH, Detector
from copipe.audio.decode import SAMPLE_RATE

if TYPE_CHECKING:
    from copipe.audio.decode import Samples

BREATH = 0.3  # seconds; a shorter silence is part of speaking
MIN_PAUSE = 2.0  # seconds; shorter pauses stay in. faster-whisper's choice: cutting finer loses context and words
PAD = 0.4  # seconds kept on either side of speech, for soft beginnings and ends
MAX_CHUNK = 300.0  # seconds: what is lost at most when a run is killed
MIN_CHUNK = 180.0  # seconds: from here to MAX_CHUNK the longest silence is looked for


@dataclass(frozen=True, slots=True)
class Stretch:
    """Samples `first` up to `last` of a chunk that hold speech, pads included."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a recording.

    `first` is its place in samples from the start. `speech` is what an engine gets to hear, with pads and short pauses;
    `voiced` is the same without, to tell text over silence.
    """

    number: int
    first: int
    samples: Samples
    speech: tuple[Stretch, ...]
    voiced: tuple[Stretch, ...]

    @property
    def start(self) -> float:
        """Seconds from the start of the recording."""
        return self.first / SAMPLE_RATE

    @property
    def end(self) -> float:
        return (self.first + len(self.samples)) / SAMPLE_RATE


def cut(blocks: Iterable[Samples]) -> Iterator[Chunk]:
    """Chunks of `MIN_CHUNK` to `MAX_CHUNK` seconds, the last one shorter; each is cut in the longest silence."""
    import numpy as np

    most, least = int(MAX_CHUNK * SAMPLE_RATE) // FRAME, int(MIN_CHUNK * SAMPLE_RATE) // FRAME  # frames
    held = np.zeros(0, dtype=np.float32)
    chances: list[float] = []  # of speech, one a whole frame of `held`
    detector = Detector()
    number = first = 0
    for block in blocks:
        held = np.concatenate([held, block])
        chances += detector.chances(held[len(chances) * FRAME :])
        while len(chances) >= most:
            at = _longest_silence(chances, least, most)
            yield _chunk(number, first, held[: at * FRAME], chances[:at])
            held, chances = held[at * FRAME :].copy(), chances[at:]
            number, first = number + 1, first + at * FRAME
    if len(held):
        rest = held[len(chances) * FRAME :]
        chances += detector.chances(np.pad(rest, (0, -len(rest) % FRAME)))
        yield _chunk(number, first, held, chances)


def _chunk(number: int, first: int, samples: Samples, chances: Sequence[float]) -> Chunk:
    n = len(samples)
    return Chunk(number, first, samples, _stretches(chances, n, MIN_PAUSE, PAD), _stretches(chances, n, BREATH, 0.0))


def _longest_silence(chances: Sequence[float], least: int, most: int) -> int:
    """Frame in the middle of the longest run below `SILENCE` between `least` and `most`.

    Where there is no such run, the frame that is least like speech.
    """
    best = run = 0
    at = min(range(least, most), key=lambda i: chances[i])
    for i in range(least, most):
        run = run + 1 if chances[i] < SILENCE else 0
        if run > best:
            best, at = run, i - run // 2
    return at


def _stretches(chances: Sequence[float], n: int, min_pause: float, padding: float) -> tuple[Stretch, ...]:
    """Stretches of speech in `n` samples, joined over pauses shorter than `min_pause`, padded (both in seconds)."""
    pause, pad = min_pause * SAMPLE_RATE, int(padding * SAMPLE_RATE)
    raw: list[list[int]] = []
    speaking = False
    for i, chance in enumerate(chances):
        if speaking and chance < SILENCE:
            speaking = False
        elif chance >= SPEECH and not speaking:
            speaking = True
            if not raw or i * FRAME - raw[-1][1] >= pause:
                raw.append([i * FRAME, i * FRAME])
        if speaking:
            raw[-1][1] = min(n, (i + 1) * FRAME)
    return tuple(Stretch(max(0, first - pad), min(n, last + pad)) for first, last in raw)
