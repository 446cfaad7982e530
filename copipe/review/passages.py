"""A place in a meeting as a person names it: a word, a time, or a citation; and its sound, cut out of the recording."""

from __future__ import annotations

import re
import wave
from dataclasses import dataclass
from pathlib import Path

from copipe.audio import decode
from copipe.errors import InputError, UsageError
from copipe.files import make_folder
from copipe.pipeline.private_transcript import PrivateTranscript, private_turns
from copipe.records import Turn, Word, WordId
from copipe.study import pages
from copipe.study.study import Meeting, Study

LEAD = 0.5  # seconds heard before and after a passage
LONGEST = 120.0  # seconds of one clip; raw speech does not lie about in lengths that nobody listens to
_WORD = re.compile(r"(?:(?P<meeting>\S+):)?0*(?P<number>\d+)(?:\.\d+)*")
_CLOCK = re.compile(r"(?:(?P<h>\d+):)?(?P<m>\d{1,3}):(?P<s>[0-5]?\d(?:\.\d+)?)")
HINT = 'Say a time (0:12:30), the number of a word (000123), or a citation ("p. 7, ll. 12-18").'


@dataclass(frozen=True, slots=True)
class Passage:
    """Words `first` to `last` of a meeting, and when they were said (None without times)."""

    first: WordId
    last: WordId
    start: float | None
    end: float | None


def find(study: Study, meeting: Meeting, place: str, until: str = "") -> Passage:
    """The turn at a time or with a word; the words from a time or word `until` another; the lines of a citation.

    UsageError where nothing is there or the place cannot be understood.
    """
    made = private_turns(study, meeting)
    if re.search(r"\bl{1,2}\.?\s*\d", place):
        return _cited(study, meeting, made, place)
    first = _turn(made.turns, meeting, place)
    if not until:
        return Passage(first.id, first.last, first.start, first.end)
    return _between(made, meeting, place, until)


def is_time(text: str) -> bool:
    """True for a time with a colon; digits alone are the number of a word.

    >>> is_time("0:12:30"), is_time("000123")
    (True, False)
    """
    return _CLOCK.fullmatch(text.strip()) is not None


def seconds(text: str) -> float:
    """Seconds of "0:12:30", "12:30" or "750s". UsageError for anything else.

    >>> seconds("1:02:03.5")
    3723.5
    """
    said = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?\s*s?", said):
        return float(said.rstrip("s "))
    found = _CLOCK.fullmatch(said)
    if found is None:
        raise UsageError(f"{text!r} is not a time.", "Write it like 0:12:30, or 12:30.")
    return int(found["h"] or 0) * 3600 + int(found["m"]) * 60 + float(found["s"])


def clip(study: Study, meeting: Meeting, start: float, end: float) -> Path:
    """A WAV of the recording from just before `start` to just after `end`, under private/, for the owner's ears.

    InputError where the recording is gone or the time lies behind its end.
    """
    recording = meeting.recording
    if recording is None or not recording.exists():
        raise InputError(f"{meeting.code}: its recording is not there, so nothing of it can be heard.")
    begin, stop = max(0.0, start - LEAD), min(end + LEAD, start + LONGEST)
    samples = decode.load(recording, begin, stop)
    if not len(samples):
        raise InputError(f"{meeting.code}: the recording ends before {pages.clock(start)}.")
    folder = study.private_work / meeting.code / "clips"
    make_folder(folder)
    path = folder / f"{meeting.code}-{pages.clock(begin).replace(':', '')}-{stop - begin:.0f}s.wav"
    path.touch(mode=0o600)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(decode.SAMPLE_RATE)
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return path


def _cited(study: Study, meeting: Meeting, made: PrivateTranscript, place: str) -> Passage:
    from copipe.pipeline.checking import page_map_now
    from copipe.pipeline.context import Context
    from copipe.pipeline.stage import read

    text = place if place.strip().startswith(meeting.code) else f"{meeting.code} {place}"
    context = Context(study)
    shown: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
    first, last = pages.resolve(pages.parse_citation(text), page_map_now(context, meeting, shown), shown)
    return _passage(meeting, [w for t in made.turns for w in t.words if first <= w.id <= last])


def _turn(turns: tuple[Turn, ...], meeting: Meeting, place: str) -> Turn:
    if is_time(place):
        at = seconds(place)
        timed = [t for t in turns if t.start is not None and t.end is not None]
        # to the second, as times are printed: what begins within it counts as begun
        over = [t for t in timed if t.start is not None and t.end is not None and t.start < at + 1 and at < t.end]
        if not over:
            raise UsageError(f"{meeting.code}: nobody speaks at {place}.", HINT)
        return min(over, key=lambda t: abs((t.start or 0.0) - at))
    wanted = _word(meeting, place)
    for turn in turns:
        if turn.id <= wanted <= turn.last:
            return turn
    raise UsageError(f"{meeting.code} has no word {place}.", HINT)


def _between(made: PrivateTranscript, meeting: Meeting, place: str, until: str) -> Passage:
    words = [w for t in made.turns for w in t.words]
    if is_time(place):
        begin, stop = seconds(place), seconds(until)
        chosen = [
            w for w in words if w.start is not None and w.end is not None and begin <= (w.start + w.end) / 2 < stop
        ]
    else:
        first, last = _word(meeting, place), _word(meeting, until)
        chosen = [w for w in words if first <= w.id <= last]
    return _passage(meeting, chosen)


def _passage(meeting: Meeting, words: list[Word]) -> Passage:
    if not words:
        raise UsageError(f"{meeting.code}: no words at this place may be shown.", HINT)
    starts = [w.start for w in words if w.start is not None]
    ends = [w.end for w in words if w.end is not None]
    return Passage(words[0].id, words[-1].id, min(starts, default=None), max(ends, default=None))


def _word(meeting: Meeting, place: str) -> WordId:
    found = _WORD.fullmatch(place.strip())
    if found is None or found["meeting"] not in (None, meeting.code):
        raise UsageError(f"{place!r} is no place in {meeting.code}.", HINT)
    tail = place.strip().rpartition(":")[2].partition(".")
    return f"{meeting.code}:{int(found['number']):06d}" + (f".{tail[2]}" if tail[1] else "")
