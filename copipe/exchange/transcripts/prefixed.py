"""Timed cues that name their speakers in the text: "Name: what was said", or only a dash where another one speaks."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from copipe.exchange.transcripts.cues import Cue, marked_speaker, share_out, speakers_among
from copipe.exchange.transcripts.timed import Block

_DASH = re.compile(r"\s*[-–—]\s*(?=\S)")


def cues(blocks: Sequence[Block], listed: Collection[str] = ()) -> tuple[Cue, ...]:
    """One cue for every speaker of every block; a name holds until the next, as subtitles have it.

    `listed` are speakers known beforehand (casefolded). See `cues.speakers_among`.
    """
    speakers = speakers_among([line for block in blocks for line in block.lines], listed)
    known = {*listed, *(label.casefold() for label in speakers)}
    found: list[Cue] = []
    current = ""
    for block in blocks:
        dashes = sum(bool(_DASH.match(line)) for line in block.lines)
        parts: list[tuple[str, str]] = []
        for line in block.lines:
            marked = marked_speaker(line, known)
            if marked and marked[0] in speakers:
                current, said = marked
                parts.append((current, said.strip()))
            elif dashes > 1 and _DASH.match(line):
                current = ""  # two people, and the file does not say who
                parts.append((current, _DASH.sub("", line, count=1).strip()))
            elif parts:
                parts[-1] = (parts[-1][0], f"{parts[-1][1]} {line.strip()}")
            else:
                parts.append((current, line.strip()))
        found.extend(share_out([part for part in parts if part[1]], block.start, block.end))
    return tuple(found)
