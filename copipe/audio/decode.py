"""Recordings, decoded with PyAV: anything FFmpeg's libraries read, video too, without a system ffmpeg.

What comes out is mono float32 at 16 kHz in blocks, so that a two-hour file never stands in memory unless asked to
(`load`, 4 bytes a sample: 0.23 GB an hour). Time zero is where a player shows 0:00. Holes in a stream (a call that sent
nothing while everybody was silent) are filled with silence, so that a time always leads back to the recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copipe.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]  # shape (n,), mono, 16 kHz, -1 to 1

SAMPLE_RATE = 16_000  # what Whisper, Silero and the pyannote models were trained on
BLOCK = 30 * SAMPLE_RATE  # samples in a block: 1.9 MB
HOLE = 0.2  # seconds by which a time stamp must run ahead before silence is put in; less is jitter of the container
SHORTFALL = 1.0  # seconds missing from the announced duration that make a file "cut off"
SEEK_FROM = 60.0  # seconds; an earlier start is reached by decoding from the beginning
SEEK_LEAD = 5.0  # seconds decoded before a start that is sought, for codecs that need a run-up
NO_SEEK = frozenset({"mp3", "aac"})  # their times after a seek are guesses from the bit rate
PLAY = "Play it in another program; if it plays there, convert it to WAV and try again."


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a recording says of itself. `duration` in seconds; `warning` is "" or says what is wrong with it."""

    path: Path
    duration: float
    channels: int
    sample_rate: int
    codec: str
    warning: str = ""


class Decoding:
    """An iterator over blocks of samples that knows, once it has run out, how far it came.

    `seconds` is the time up to which there was audio and `warning` says, if anything, what was wrong on the way.
    `channel` counts from 0; None is the mean of all.
    """

    def __init__(self, path: Path, start: float = 0.0, end: float | None = None, channel: int | None = None) -> None:
        if start < 0 or (end is not None and end < start):
            raise InputError(f"{path}: there is no stretch from {start:.2f} s to {end} s")
        self.seconds = 0.0
        self.warning = ""
        self._path = path
        self._channel = channel
        self._blocks = self._cut(start, end)

    def __iter__(self) -> Iterator[Samples]:
        return self

    def __next__(self) -> Samples:
        return next(self._blocks)

    def _cut(self, start: float, end: float | None) -> Iterator[Samples]:
        """Blocks of `BLOCK` samples from `start` to `end`, the last one shorter."""
        import numpy as np

        first = round(start * SAMPLE_RATE)
        last = None if end is None else round(end * SAMPLE_RATE)
        held: list[Samples] = []
        n_held = 0
        for position, piece in self._pieces(start):
            ends = position + len(piece)
            piece = piece[max(0, first - position) : None if last is None else max(0, last - position)]
            while n_held + len(piece) >= BLOCK:
                head, piece = piece[: BLOCK - n_held], piece[BLOCK - n_held :]
                yield np.concatenate([*held, head])
                held, n_held = [], 0
            held.append(piece)
            n_held += len(piece)
            if last is not None and ends >= last:
                break
        if n_held:
            yield np.concatenate(held)

    def _pieces(self, start: float) -> Iterator[tuple[int, Samples]]:
        """(sample number, samples) of whatever the decoder gives, without holes."""
        import av

        position = 0
        with _opened(self._path) as (container, stream):
            limit = _announced(container, stream)
            placed = True
            if start > SEEK_FROM and container.format.name not in NO_SEEK:
                container.seek(int((start - SEEK_LEAD) * av.time_base) + (container.start_time or 0))
                placed = False
            resampler: Any = None
            layout = None
            for frame in self._frames(container, stream):
                if frame.sample_rate <= 0 or frame.samples <= 0:
                    continue
                time = None if frame.time is None else frame.time - _origin(container)
                if not placed and time is not None:
                    position, placed = max(0, round(time * SAMPLE_RATE)), True
                ahead = 0.0 if time is None else time - position / SAMPLE_RATE
                if ahead > HOLE and (not limit or time is None or time <= limit + SHORTFALL):
                    for silence in _silence(round(ahead * SAMPLE_RATE)):
                        yield position, silence
                        position += len(silence)
                if layout != (frame.format.name, frame.layout.name, frame.sample_rate):
                    # a stream may change its format on the way (a call that switches codec): begin a new resampler
                    for piece in _resampled(resampler, None, self._channel):
                        yield position, piece
                        position += len(piece)
                    layout = (frame.format.name, frame.layout.name, frame.sample_rate)
                    resampler = av.AudioResampler(format="fltp", rate=SAMPLE_RATE)
                frame.pts = None  # the resampler would otherwise fill or drop by time stamps in its own way
                for piece in _resampled(resampler, frame, self._channel):
                    yield position, piece
                    position += len(piece)
                self.seconds = position / SAMPLE_RATE
            for piece in _resampled(resampler, None, self._channel):
                yield position, piece
                position += len(piece)
        self.seconds = position / SAMPLE_RATE
        if not position:
            raise InputError(f"{self._path}: no sound could be decoded", PLAY)
        if limit and self.seconds < limit - SHORTFALL:
            self.warning = f"cut off: says {limit:.1f} s, the sound stops at {self.seconds:.1f} s"

    def _frames(self, container: Any, stream: Any) -> Iterator[Any]:
        """Decoded frames; a damaged packet is left out and noted, a damaged container ends the sound there."""
        import av

        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError):
                self._note("cannot be read on")
                return
            try:
                yield from packet.decode()
            except av.error.FFmpegError:
                self._note("damaged")

    def _note(self, what: str) -> None:
        if not self.warning:
            self.warning = f"{what} from {self.seconds:.1f} s"


def decode(path: Path | str, start: float = 0.0, end: float | None = None, channel: int | None = None) -> Decoding:
    """Blocks of mono 16 kHz float32 samples from `start` to `end` (seconds; None is the end of the file).

    They are the mean of the channels, or `channel` alone, counted from 0.
    Raises InputError, on the call or while reading, when the file is missing, empty, not a recording or holds no sound.
    """
    with _opened(Path(path)):
        return Decoding(Path(path), start, end, channel)


def load(path: Path | str, start: float = 0.0, end: float | None = None, channel: int | None = None) -> Samples:
    """The samples from `start` to `end` as one array, shape (n,), mono, 16 kHz; errors as in `decode`."""
    import numpy as np

    with _opened(Path(path)) as (container, stream):
        seconds = max(0.0, (_announced(container, stream) if end is None else end) - start)
    # filled in place, so that the file is in memory once: concatenating the blocks would need it twice
    samples = np.empty(int(seconds * SAMPLE_RATE) + BLOCK, dtype=np.float32)
    n = 0
    for block in decode(path, start, end, channel):
        if n + len(block) > len(samples):
            samples = np.resize(samples, int(1.5 * (n + len(block))))
        samples[n : n + len(block)] = block
        n += len(block)
    return samples[:n]


def probe(path: Path | str) -> AudioInfo:
    """Duration, channels, rate and codec, without decoding more than the end; errors as in `decode`.

    Where the file does not say how long it is (a recording streamed to disk), it is decoded once to find out.
    """
    path = Path(path)
    with _opened(path) as (container, stream):
        duration = _announced(container, stream)
        channels, rate, codec = stream.channels, stream.sample_rate, stream.codec_context.name
        ends = _last_packet(container, stream, duration) if duration else 0.0
    warning = ""
    if ends < duration - SHORTFALL or not duration:
        decoding = decode(path)
        for _ in decoding:
            pass
        duration, warning = decoding.seconds, decoding.warning
    return AudioInfo(path, duration, channels, rate, codec, warning)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """(container, first audio stream) of a file, or InputError that says why not."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file", "Look at the path in meetings.toml or on the command line.")
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a recording")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: is empty (0 bytes)", "Copy it from the recorder again.")
    import av

    try:
        container = av.open(str(path), mode="r", metadata_errors="ignore")
    except PermissionError as error:
        raise InputError(f"{path}: may not be read by this user") from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{path}: is not a recording, or is damaged at its beginning", PLAY) from error
    with container:
        if not container.streams.audio:
            raise InputError(f"{path}: has no sound in it (no audio stream)", "Is it the right file?")
        stream = container.streams.audio[0]
        if stream.codec_context is None or not stream.sample_rate:
            raise InputError(f"{path}: is not a recording, or its sound is in an unknown format", PLAY)
        yield container, stream


def _announced(container: Any, stream: Any) -> float:
    """Seconds that the file says it holds, 0.0 where it does not say."""
    import av

    if stream.duration and stream.time_base:
        begins = (stream.start_time or 0) * stream.time_base
        seconds = float(begins + stream.duration * stream.time_base) - _origin(container)
        return max(0.0, seconds * (_wav_excess(Path(container.name)) if container.format.name == "wav" else 1.0))
    return max(0.0, (container.duration or 0) / av.time_base)


def _wav_excess(path: Path) -> float:
    """How many times longer a WAV file says it is than it is; FFmpeg itself goes by the size of the file.

    1.0 where it is whole, or was streamed and carries no true size. The header is "RIFF", then the size of the rest.
    """
    with path.open("rb") as file:
        header = file.read(8)
    said, size = int.from_bytes(header[4:], "little") + 8, path.stat().st_size
    return said / size if header[:4] == b"RIFF" and size < said < 0x7FFFF000 else 1.0


def _origin(container: Any) -> float:
    """Time stamp of what a player shows as 0:00, in seconds."""
    import av

    return float(container.start_time or 0) / av.time_base


def _last_packet(container: Any, stream: Any, duration: float) -> float:
    """Seconds at which the last packet ends, found by jumping near the end; 0.0 where jumping fails."""
    import av

    ends = 0.0
    try:
        if duration > SEEK_LEAD:
            container.seek(int((duration - SEEK_LEAD / 2) * av.time_base) + (container.start_time or 0))
        for packet in container.demux(stream):
            if packet.pts is not None:
                ends = max(ends, float((packet.pts + (packet.duration or 0)) * packet.time_base) - _origin(container))
    except (av.error.FFmpegError, OSError):
        return 0.0
    return ends


def _resampled(resampler: Any, frame: Any, channel: int | None) -> Iterator[Samples]:
    """What `resampler` gives for `frame`; None flushes it. Where the stream lacks `channel`, the mean of all."""
    if resampler is None:
        return
    for out in resampler.resample(frame):
        if out.samples:
            # the mean keeps to -1 to 1, which FFmpeg's own mixing does not, and hears both sides of a call alike
            samples = out.to_ndarray()
            alone = channel is not None and channel < len(samples)
            yield samples[channel].copy() if alone else samples.mean(axis=0, dtype="float32")


def _silence(n: int) -> Iterator[Samples]:
    """`n` samples of silence in blocks."""
    import numpy as np

    while n > 0:
        yield np.zeros(min(n, BLOCK), dtype=np.float32)
        n -= BLOCK
