"""Segments as WebVTT (https://www.w3.org/TR/webvtt1/) and as plain text with times, for reading and for players."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from copipe.records import Segment, WordId


def vtt(segments: Sequence[Segment]) -> str:
    """Segments as WebVTT, one cue each; those without times are left out, as the format has none."""
    cues = [
        f"{_stamp(s.start)} --> {_stamp(s.end)}\n{_escaped(_text(s))}\n"
        for s in segments
        if s.start is not None and s.end is not None and s.words
    ]
    return "\n".join(["WEBVTT\n", *cues])


def plain(segments: Sequence[Segment], suspect: Collection[WordId] = ()) -> str:
    """Segments as lines of `[00:41:07] text`; one that holds a suspect word is marked `(suspect: listen)`."""
    lines = []
    for s in segments:
        if s.words:
            mark = " (suspect: listen)" if any(w.id in suspect for w in s.words) else ""
            lines.append(f"[{_stamp(s.start)[:8]}]{mark} {_text(s)}" if s.start is not None else _text(s))
    return "\n".join(lines) + "\n"


def _text(segment: Segment) -> str:
    return " ".join(w.text for w in segment.words if w.text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(seconds: float) -> str:
    """Seconds as HH:MM:SS.mmm.

    >>> _stamp(3723.5)
    '01:02:03.500'
    """
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
