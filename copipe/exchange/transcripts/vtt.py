"""WebVTT (https://www.w3.org/TR/webvtt1/): captions, and what Teams and Zoom save as a transcript.

Where real files differ from the specification: Teams tags every cue `<v Name>..</v>` and breaks cues with empty lines;
Zoom writes "Name: text" instead of a voice tag; byte order marks, CRLF, a decimal comma and one-digit hours occur.
Styles, positions and karaoke times inside a cue say nothing of who spoke and are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from copipe.errors import InputError
from copipe.exchange.transcripts import prefixed, timed
from copipe.exchange.transcripts.cues import Cue, share_out, unescaped

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:\s(?P<name>[^<>]*))?>(?P<text>.*?)(?=<v[.\s>]|</v>|$)", re.DOTALL)
# Only the tags of the specification: a "<" that somebody typed stays.
_TAG = re.compile(r"</?(?:c|i|b|u|ruby|rt|v|lang)(?:[.\s][^<>]*)?>|<(?:\d{1,4}:)?\d\d:\d\d\.\d{3}>")
_BYTE_ORDER_MARK = "\ufeff"


def is_vtt(text: str) -> bool:
    """True for text that opens as the specification demands."""
    return re.match(r"WEBVTT(?:\s|$)", text.removeprefix(_BYTE_ORDER_MARK)) is not None


def parse(text: str, path: Path, listed: Collection[str] = ()) -> tuple[Cue, ...]:
    """The cues of a WebVTT file; `listed` are speakers known beforehand (casefolded).

    Raises `InputError` with file and line.
    """
    lines = text.removeprefix(_BYTE_ORDER_MARK).split("\n")
    if not is_vtt(text):
        raise InputError(
            f'{path}, line 1: a WebVTT file begins with "WEBVTT".', "Is it another format under this name?"
        )
    # The header ends at an empty line; files that lack it go straight on to the times of a cue.
    first = next((i for i, line in enumerate(lines) if not line.strip() or timed.is_timing(line)), len(lines))
    blocks = timed.blocks(lines, path, first, is_vtt=True)
    if any(_VOICE.search("\n".join(block.lines)) for block in blocks):
        return tuple(cue for block in blocks for cue in _voices(block))
    plain = [timed.Block(b.start, b.end, tuple(_plain(line) for line in b.lines)) for b in blocks]
    return prefixed.cues(plain, listed)


def _voices(block: timed.Block) -> Iterator[Cue]:
    """The voices of one block; what stands outside a voice tag is nobody's."""
    text = "\n".join(block.lines)
    parts: list[tuple[str, str]] = []
    at = 0
    for voice in _VOICE.finditer(text):
        parts.append(("", _plain(text[at : voice.start()])))
        parts.append((unescaped(voice["name"] or "").strip(), _plain(voice["text"])))
        at = voice.end()
    parts.append(("", _plain(text[at:])))
    yield from share_out([part for part in parts if part[1]], block.start, block.end)


def _plain(text: str) -> str:
    return " ".join(unescaped(_TAG.sub("", text)).replace("\u200e", "").replace("\u200f", "").split())
