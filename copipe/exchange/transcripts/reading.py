"""Reading a transcript that exists already, whatever its format."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from copipe.errors import InputError
from copipe.exchange.transcripts import srt, text, vtt
from copipe.exchange.transcripts.cues import segments
from copipe.records import Segment

SUFFIXES = (".vtt", ".srt", ".txt", ".md")


def read(path: Path, meeting: str, speakers: Collection[str] = ()) -> tuple[Segment, ...]:
    """The transcript at `path` as segments with words numbered from 1; `label` is the file's speaker tag.

    What the file says of itself counts, then its suffix. `speakers` are names to expect before a colon. Raises
    `InputError` with file and line, and never with what the line says.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{path}: transcripts are read from {', '.join(SUFFIXES)}.",
            "Save it as plain text with NAME: turns (.txt).",
        )
    content = text.decode(path)
    listed = frozenset(name.casefold() for name in speakers)
    if suffix == ".vtt" or vtt.is_vtt(content):
        cues = vtt.parse(content, path, listed)
    elif suffix == ".srt" or srt.is_srt(content):
        cues = srt.parse(content, path, listed)
    else:
        cues = text.parse(content, listed)
    made = segments(cues, meeting)
    if not made:
        raise InputError(f"{path} holds no speech.", "Is it the right file, and was it saved whole?")
    return made
