"""Passages that the engine may have made up: marked and kept for listening, left out of coding.

Whisper invents text over silence and noise, and falls into loops. What gives it away, after Whisper's own bounds
(`whisper/transcribe.py`) and the issue threads of its users: text that repeats or packs too well, low probability,
words where nobody speaks, more words than a mouth can say. `benchmarks/transcription.py` counts what is marked.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from copipe.records import Mark, Segment, Word

if TYPE_CHECKING:
    from copipe.study.settings import SuspectSettings

LONGEST_PHRASE = 20  # words in a phrase that is looked for again behind itself
LONG_PHRASE = 5  # words from which a phrase is a loop at one repetition fewer: few say a sentence three times
FEWEST_LOOP_WORDS = 6  # "no, no, no, no" is speech
MAX_RATE = 9.0  # words a second over a segment; quick speech is 5, Whisper piles invented words on one instant
RATE_WORDS = 6  # a segment with no more is too short to have a rate
# what its training on subtitles makes Whisper say when there is nothing to hear
INVENTED = frozenset(
    {
        "thanks for watching",
        "thank you for watching",
        "thank you so much for watching",
        "please subscribe",
        "like and subscribe",
        "please like and subscribe",
        "don't forget to like and subscribe",
        "subtitles by the amaraorg community",
    }
)


def marks(
    segments: Sequence[Segment], settings: SuspectSettings, speech: Sequence[tuple[float, float]] | None = None
) -> tuple[Mark, ...]:
    """Marks of kind "suspect" in order of speech; `why` names the signs and holds no speech.

    `speech` are the stretches (seconds, ascending, apart) in which somebody speaks, as in a `Transcript`; None leaves
    that sign out. Neighbouring segments with the same signs become one mark. Loops may lie within other marks.
    """
    signs = [(segment, "; ".join(_signs(segment, settings, speech))) for segment in segments if segment.words]
    found = []
    for why, run in groupby(signs, key=lambda pair: pair[1]):
        if why:
            run_segments = [segment for segment, _ in run]
            found.append(Mark("suspect", run_segments[0].words[0].id, run_segments[-1].words[-1].id, why))
    words = [word for segment in segments for word in segment.words if not word.is_note]
    loops = _loops(words, settings.min_repeats)
    found += [Mark("suspect", words[first].id, words[last].id, "repeated text") for first, last in loops]
    return tuple(sorted(found, key=lambda mark: (mark.first, mark.last)))


def is_doubtful(word: Word, settings: SuspectSettings) -> bool:
    """True for a word that is shown as doubtful in a transcript; it is coded all the same."""
    return word.probability is not None and word.probability < settings.doubtful_word_probability


def _signs(segment: Segment, settings: SuspectSettings, speech: Sequence[tuple[float, float]] | None) -> Iterator[str]:
    """What makes a segment suspect, for a person to read."""
    logprob = segment.avg_logprob
    if segment.compression_ratio is not None and segment.compression_ratio > settings.max_compression_ratio:
        yield "text packs like a loop"
    if logprob is not None and logprob < settings.min_avg_logprob:
        yield "very low probability"
    elif (
        logprob is not None
        and segment.no_speech_prob is not None
        and segment.no_speech_prob > settings.max_no_speech_prob
        and logprob < settings.min_avg_logprob / 2
    ):
        yield "perhaps no speech"
    probabilities = [word.probability for word in segment.words if word.probability is not None]
    if probabilities and sum(probabilities) / len(probabilities) < settings.min_word_probability:
        yield "very improbable words"
    if speech is not None and _silent_share(segment, speech) > settings.max_silent_share:
        yield "text over silence"
    if segment.start is not None and segment.end is not None:
        fits = max(RATE_WORDS, MAX_RATE * (segment.end - segment.start))
        if len(segment.words) > fits:
            yield "more words than can be said in the time"
    if " ".join(filter(None, map(_plain, segment.words))) in INVENTED:
        yield "a phrase that is heard in silence"


def _silent_share(segment: Segment, speech: Sequence[tuple[float, float]]) -> float:
    """Part of the time of a segment's words that lies outside `speech`; 0.0 for words without times."""
    starts = [start for start, _ in speech]
    total = silent = 0.0
    for word in segment.words:
        if word.start is None or word.end is None:
            continue
        heard = 0.0
        for start, end in speech[max(0, bisect.bisect(starts, word.start) - 1) :]:
            if start >= word.end:
                break
            heard += max(0.0, min(end, word.end) - max(start, word.start))
        total += word.end - word.start
        silent += word.end - word.start - heard
    return silent / total if total > 0 else 0.0


def _loops(words: Sequence[Word], min_repeats: int) -> Iterator[tuple[int, int]]:
    """First and last index of every run in which a phrase follows itself often enough.

    Within and across segments. Takes time in proportion to words times `LONGEST_PHRASE`.
    """
    plain = [_plain(word) for word in words]
    runs: list[tuple[int, int]] = []
    for n in range(1, LONGEST_PHRASE + 1):
        wanted = max(2, min_repeats - 1 if n >= LONG_PHRASE else min_repeats)
        same = 0  # words in a row that equal the one n before
        for i in range(n, len(plain) + 1):
            if i < len(plain) and plain[i] and plain[i] == plain[i - n]:
                same += 1
                continue
            if same + n >= max(FEWEST_LOOP_WORDS, wanted * n):
                runs.append((i - n - same, i - 1))
            same = 0
    # a loop of three words is one of six as well: runs that overlap are one
    joined: list[tuple[int, int]] = []
    for first, last in sorted(runs):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    yield from joined


def _plain(word: Word) -> str:
    """A word without case and punctuation, for comparing."""
    return re.sub(r"[^\w']", "", word.text.casefold()).strip("'")
