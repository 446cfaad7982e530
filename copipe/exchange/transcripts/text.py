"""Plain text: transcripts with "NAME:" turns, and notes with one point a line.

Nobody has specified either. Turns are read as they come from hand-made transcripts and from the text exports of Otter,
Teams and noScribe: "NAME: ...", "[00:12:03] NAME: ...", "NAME (00:12) ...", a name and a time on their own line, and
Markdown's "**NAME:** ...". Lines that begin with no speaker go on with what was said before.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from copipe import texts
from copipe.errors import InputError
from copipe.exchange.transcripts.cues import LABEL, Cue, marked_speaker, segments, speakers_among, unescaped
from copipe.records import Segment

_STAMP = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"  # two numbers are minutes and seconds
_BRACKETED = rf"[\[(<]\s*(?P<stamp>{_STAMP})\s*[\])>]"
_STAMP_FIRST = re.compile(rf"{_BRACKETED}\s*[-–]?\s*(?P<rest>.*)")
_BARE_STAMP_FIRST = re.compile(rf"(?P<stamp>{_STAMP})\s*[-–]?\s*(?P<rest>.*)")
_STAMP_AFTER = re.compile(rf"(?:\*\*)?(?P<label>{LABEL})(?:\*\*)?\s*{_BRACKETED}\s*:?(?:\*\*)?\s*(?P<text>.*)")
_STAMP_ALONE = re.compile(rf"(?P<label>{LABEL})\s+(?P<stamp>{_STAMP})")
_BULLET = re.compile(r"\s*(?:[-*•–·‣◦]|\d{1,3}[.)]|[a-z]\)|#{1,6})\s+")
_BREAK = re.compile(r"</?(?:br|p|div)\b[^<>]*>", re.IGNORECASE)
_STYLE = re.compile(r"</?(?:b|i|u|em|strong|span|font|sup|sub|small|mark|a)\b[^<>]*>", re.IGNORECASE)
_SECONDS_A_WORD = 0.6  # slow speech; how long a turn may last where only its beginning is known


def decode(path: Path) -> str:
    """The text of a file in UTF-8, UTF-16 or Windows-1252, its lines ended by \\n.

    Raises `InputError` where it cannot be read or is not text.
    """
    try:
        data = texts.read_bytes(path, texts.LARGEST_TRANSCRIPT)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file.", "Correct its path in meetings.toml.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from None
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise InputError(f"{path}, line {line}: this is not text.", "Save it as plain text (UTF-8).")
        text = re.sub(r"\r\n?|\u2028|\u2029|\x0b|\x0c", "\n", text.removeprefix("\ufeff"))
        texts.refuse_odd(text, str(path))
        texts.bounded_lines(text, path)
        return text
    raise InputError(f"{path}: its characters are neither UTF-8 nor Windows-1252.", "Save it as plain text (UTF-8).")


def parse(text: str, listed: Collection[str] = ()) -> tuple[Cue, ...]:
    """The turns of a plain transcript; `listed` are speakers known beforehand (casefolded). See `cues.speakers_among`.

    A turn has times where the file gives one for it: up to the next turn's, though no longer than slow speech takes.
    """
    lines = [_as_read(line).strip() for line in text.split("\n")]
    stamped = [found["rest"] for line in lines if (found := _STAMP_FIRST.fullmatch(line))]
    timed = {marked[0].casefold() for rest in stamped if (marked := marked_speaker(rest, listed))}
    speakers = speakers_among([_without_stamp(line) for line in lines], {*listed, *timed})
    known = {*listed, *(label.casefold() for label in speakers)}
    turns = [_Turn()]
    for line in lines:
        if turn := _begin(line, speakers, known, turns[-1].label):
            turns.append(turn)
        else:
            turns[-1].texts.append(line)
    heard = [turn for turn in turns if turn.text]
    following = [*(turn.start for turn in heard[1:]), None][: len(heard)]
    return tuple(turn.cue(upto) for turn, upto in zip(heard, following, strict=True))


def read_notes(path: Path, meeting: str) -> tuple[Segment, ...]:
    """The notes of a meeting, one segment a line or bullet, their words numbered under `<meeting>-notes`.

    An indented line without a bullet goes on with the bullet above it. Raises `InputError` where nothing is there.
    """
    points: list[Cue] = []
    below_bullet = False
    for line in decode(path).split("\n"):
        if line.strip():
            bullet = _BULLET.match(line)
            if bullet is None and line[0].isspace() and below_bullet:
                points[-1] = replace(points[-1], text=f"{points[-1].text} {line.strip()}")
            else:
                points.append(Cue("", line[bullet.end() :] if bullet else line))
                below_bullet = bullet is not None
        else:
            below_bullet = False
    made = segments(points, f"{meeting}-notes", remarks=False)
    if not made:
        raise InputError(f"{path} holds no notes.", "Remove it from meetings.toml, or write one note a line.")
    return made


def _as_read(line: str) -> str:
    """A line as a browser shows it, for text that was copied out of a page: no tags of style, no entities.

    >>> _as_read("M&uuml;ller said <b>no</b><br/>and 3 < 4")
    'Müller said no and 3 < 4'
    """
    if "<" in line:
        line = _STYLE.sub("", _BREAK.sub(" ", line))
    return " ".join(unescaped(line).split("\n")) if "&" in line else line


@dataclass(slots=True)
class _Turn:
    """A turn while its lines come in."""

    label: str = ""
    start: float | None = None
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(itertools.chain.from_iterable(text.split() for text in self.texts))

    def cue(self, upto: float | None) -> Cue:
        if self.start is None:
            return Cue(self.label, self.text)
        end = self.start + _SECONDS_A_WORD * len(self.text.split())
        return Cue(self.label, self.text, self.start, min(end, upto) if upto is not None and upto > self.start else end)


def _begin(line: str, speakers: Collection[str], listed: Collection[str], current: str) -> _Turn | None:
    """The turn that `line` begins; None for a line that goes on."""
    if named := _STAMP_AFTER.fullmatch(line):
        return _Turn(named["label"], _seconds(named["stamp"]), [named["text"]])
    if named := _STAMP_ALONE.fullmatch(line):
        return _Turn(named["label"], _seconds(named["stamp"]))
    for pattern in (_STAMP_FIRST, _BARE_STAMP_FIRST):
        if stamped := pattern.fullmatch(line):
            start, rest = _seconds(stamped["stamp"]), stamped["rest"]
            marked = marked_speaker(rest, listed)
            if marked and marked[0] in speakers:
                return _Turn(marked[0], start, [marked[1]])
            if pattern is _STAMP_FIRST or not rest:  # "10:30 we started" is speech, "[10:30] we started" is not
                return _Turn(current, start, [rest])
    marked = marked_speaker(line, listed)
    return _Turn(marked[0], None, [marked[1]]) if marked and marked[0] in speakers else None


def _without_stamp(line: str) -> str:
    stamped = _STAMP_FIRST.fullmatch(line) or _BARE_STAMP_FIRST.fullmatch(line)
    return stamped["rest"] if stamped else line


def _seconds(stamp: str) -> float:
    total = 0.0
    for part in stamp.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total


def _encodings(data: bytes) -> tuple[str, ...]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if len(data) > 1 and b"\x00" in data[:2]:  # UTF-16 of Latin letters without its mark
        return ("utf-16-be",) if data[0] == 0 else ("utf-16-le",)
    return "utf-8", "cp1252"
