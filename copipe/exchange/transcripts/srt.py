"""SubRip subtitles (.srt).

There is no specification; SubRip's own files are the reference, as https://www.matroska.org/technical/subtitles.html
describes them. Real files lack the numbers or the empty lines between cues, write a point for the comma, carry tags
like those of HTML and SubStation overrides ("{\\an8}"), name speakers "Name: " or set them off by dashes.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from copipe.exchange.transcripts import prefixed, timed
from copipe.exchange.transcripts.cues import Cue, unescaped

_TAG = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^<>]*)?>|\{\\[^{}]*\}", re.IGNORECASE)


def is_srt(text: str) -> bool:
    """True where one of the first lines gives the times of a cue."""
    return any(timed.is_timing(line) for line in text.removeprefix("\ufeff").split("\n", 12)[:12])


def parse(text: str, path: Path, listed: Collection[str] = ()) -> tuple[Cue, ...]:
    """The cues of a SubRip file; `listed` are speakers known beforehand (casefolded).

    Raises `InputError` with file and line.
    """
    blocks = timed.blocks(text.removeprefix("\ufeff").split("\n"), path)
    plain = [timed.Block(b.start, b.end, tuple(unescaped(_TAG.sub("", line)) for line in b.lines)) for b in blocks]
    return prefixed.cues(plain, listed)
