"""One recording to words with times, chunk by chunk, each saved as soon as it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.audio import decode
from copipe.progress import OnTick, Tick, silent
from copipe.records import Segment, Word, word_id
from copipe.texts import for_xml
from copipe.transcribe import chunks, resume
from copipe.transcribe.chunks import Chunk
from copipe.transcribe.engines import engine as engines
from copipe.transcribe.vocabulary import take_over

if TYPE_CHECKING:
    from copipe.study.settings import TranscribeSettings
    from copipe.transcribe.engines.engine import Transcriber

LONGEST_WORD = 2.0  # seconds; Whisper stretches a word over the pause beside it, nobody speaks one for so long
SECONDS_A_LETTER = 0.25  # what a stretched word is cut back to, at least half a second: slow, drawn-out speech


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in a recording.

    `language` is "" where nobody spoke; `duration` in seconds; `speech` are the stretches in which the detector of
    voice activity heard anybody, in seconds; `warning` says what was wrong with the recording ("" is nothing).
    """

    segments: tuple[Segment, ...]
    language: str
    duration: float
    speech: tuple[tuple[float, float], ...] = ()
    warning: str = ""


def transcribe(
    path: Path,
    meeting: str,
    settings: TranscribeSettings,
    language: str,
    engine: Transcriber,
    saves: Path,
    on_tick: OnTick = silent,
) -> Transcript:
    """Transcribe the recording at `path`; words get ids of `meeting`, numbered from 1.

    `language` "" is detected on the first chunk with speech and kept. Finished chunks are kept in the folder `saves`
    and not made again by a later call for the same recording, engine, model and options; what others have made there is
    removed. The folder holds speech: whoever calls removes it when the transcript is stored. Raises InputError as
    `copipe.audio.decode.decode` does.
    """
    identity = engines.identity(settings, language)
    resume.open_saves(saves, engines.digest(identity))
    stage = f"transcribe {meeting}"
    total = decode.probe(path).duration
    on_tick(Tick(stage, 0.0, total, "s"))
    decoding = decode.decode(path)
    segments: list[Segment] = []
    speech: list[tuple[float, float]] = []
    for chunk in chunks.cut(decoding):
        saved = resume.saved(saves, chunk)
        if saved is None:
            if not language and chunk.speech:
                language = engine.detect_language(_joined(chunk))
            watch = _watch(chunk, 2 if settings.vocabulary else 1, stage, total, on_tick)
            heard = tuple(_heard(chunk, language, engine, (), watch[0]))
            if settings.vocabulary:
                told = tuple(_heard(chunk, language, engine, settings.vocabulary, watch[1]))
                heard = take_over(heard, told, settings.vocabulary)
            saved = (language, heard)
            resume.save(saves, chunk, *saved)
        language = language or saved[0]
        segments += saved[1]
        speech += [
            (chunk.start + part.first / decode.SAMPLE_RATE, chunk.start + part.last / decode.SAMPLE_RATE)
            for part in chunk.voiced
        ]
        on_tick(Tick(stage, chunk.end, max(total, chunk.end), "s"))
    return Transcript(
        tuple(_numbered(segments, meeting, decoding.seconds)),
        language if segments else "",
        decoding.seconds,
        tuple(speech),
        decoding.warning,
    )


def _watch(chunk: Chunk, times: int, stage: str, total: float, on_tick: OnTick) -> list[Callable[[float], None]]:
    """For each of the `times` that a chunk is listened to, what to call with the time reached in the recording."""

    def watcher(time: int) -> Callable[[float], None]:
        def reached(end: float) -> None:
            done = chunk.start + (time * (chunk.end - chunk.start) + end - chunk.start) / times
            on_tick(Tick(stage, min(done, total), total, "s"))

        return reached

    return [watcher(time) for time in range(times)]


def _joined(chunk: Chunk) -> decode.Samples:
    """The speech of a chunk without the silences between."""
    import numpy as np

    return np.concatenate([chunk.samples[part.first : part.last] for part in chunk.speech])


def _heard(
    chunk: Chunk, language: str, engine: Transcriber, vocabulary: Sequence[str], reached: Callable[[float], None]
) -> Iterator[Segment]:
    """What the engine hears in the speech of a chunk, at the times of the recording, words without ids."""
    if not chunk.speech:
        return
    # where each stretch begins once the silences are out, in samples
    begins = [0]
    for part in chunk.speech:
        begins.append(begins[-1] + part.last - part.first)
    for segment in engine.transcribe(_joined(chunk), language, vocabulary):
        words = tuple(_placed(replace(word, text=for_xml(word.text)), chunk, begins) for word in segment.words)
        words = tuple(word for word in words if word.text)
        if words:
            start, end = words[0].start, words[-1].end
            yield replace(segment, start=start, end=end, words=words)
            reached(end or 0.0)


def _placed(word: Word, chunk: Chunk, begins: Sequence[int]) -> Word:
    """`word`, heard in the joined speech, at its time in the recording.

    A word belongs to the stretch that its middle lies in and ends with it at the latest.
    """
    assert word.start is not None and word.end is not None  # the Protocol says so
    start, end = _unstretched(word.start, word.end, word.text)
    middle = (start + end) / 2 * decode.SAMPLE_RATE
    n = max(0, min(len(chunk.speech) - 1, sum(begin <= middle for begin in begins) - 1))
    part = chunk.speech[n]
    shift = (part.first - begins[n]) / decode.SAMPLE_RATE
    low, high = part.first / decode.SAMPLE_RATE, part.last / decode.SAMPLE_RATE
    start, end = (min(max(time + shift, low), high) for time in (start, end))
    return replace(word, start=chunk.start + start, end=chunk.start + end)


def _unstretched(start: float, end: float, text: str) -> tuple[float, float]:
    """A word's time without the pause it was stretched over, which nearly always lies before its end.

    Whisper aligns a word up to where the next begins, so the end is cut back and the start stays.
    """
    usual = max(0.5, SECONDS_A_LETTER * len(text))
    if end - start > max(LONGEST_WORD, usual):
        end = start + usual
    return start, end


def _numbered(segments: Sequence[Segment], meeting: str, duration: float) -> Iterator[Segment]:
    """Segments whose words have ids, and times that never run back nor past the end of the recording."""
    ordinal, now = 0, 0.0
    for segment in segments:
        words: list[Word] = []
        for word in segment.words:
            ordinal += 1
            start = min(max(word.start or 0.0, now), duration)
            end = min(max(word.end or 0.0, start), duration)
            words.append(replace(word, id=word_id(meeting, ordinal), start=start, end=end))
            now = start
        yield replace(segment, start=words[0].start, end=words[-1].end, words=tuple(words))
