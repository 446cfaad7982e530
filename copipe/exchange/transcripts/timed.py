"""The skeleton that WebVTT and SubRip share: blocks of text under a line "00:01.000 --> 00:02.500"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from copipe.errors import InputError

# WebVTT wants two digits and a point, SubRip a comma; files by hand and by converters mix them and drop the hours.
_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?")
_ASIDE = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s.*)?")
_EXPECTED = "Expected a line like 00:01:02.500 --> 00:01:05.000 above every cue."


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text shown from `start` to `end` (seconds; `end` is never before `start`)."""

    start: float
    end: float
    lines: tuple[str, ...]


def is_timing(line: str) -> bool:
    """True for a line that gives a cue its times."""
    return _TIMING.fullmatch(line) is not None


def blocks(lines: Sequence[str], path: Path, first: int = 0, is_vtt: bool = False) -> tuple[Block, ...]:
    """The blocks in `lines` from index `first` on.

    Numbers above the times go; in WebVTT any identifier does, and NOTE, STYLE and REGION blocks are passed over. Text
    after an empty line that no times precede stays with the block above: by the letter of WebVTT it would be dropped,
    but Teams breaks cues so. Raises `InputError` for times that cannot be read and for text before the first of them.
    """
    found: list[tuple[float, float, list[str]]] = []
    index = first
    while index < len(lines):
        line = lines[index].strip()
        is_fresh = index == first or not lines[index - 1].strip()
        above_times = index + 1 < len(lines) and is_timing(lines[index + 1])
        if not line or (above_times and (line.isdigit() or (is_vtt and is_fresh))):
            pass
        elif timing := _TIMING.fullmatch(line):
            start = _seconds(*timing.groups()[:4])
            found.append((start, max(start, _seconds(*timing.groups()[4:])), []))
        elif "-->" in line:  # which the text of a cue may not hold
            raise InputError(f"{path}, line {index + 1}: the times of a cue cannot be read.", _EXPECTED)
        elif is_vtt and is_fresh and _ASIDE.fullmatch(line):
            while index + 1 < len(lines) and lines[index + 1].strip():
                index += 1
        elif found:
            found[-1][2].append(line)
        else:
            raise InputError(f"{path}, line {index + 1}: text before the first times.", _EXPECTED)
        index += 1
    return tuple(Block(start, end, tuple(text)) for start, end, text in found)


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return (whole * 1000 + int((fraction or "0").ljust(3, "0"))) / 1000  # one division, so that 1.122 stays 1.122
