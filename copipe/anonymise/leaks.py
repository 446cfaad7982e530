"""The last look before anything is handed on: does a name of the roster stand in a file, or in the name of a file?"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from copipe.anonymise import roster as rosters
from copipe.anonymise.replace import anonymise_text
from copipe.anonymise.roster import Kind, Roster

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """A name of this kind stands in `path` (relative to the folder, itself with names replaced).

    `line` counts from 1; 0 is the name of the file or of a folder above it. The name is not told.
    """

    path: str
    line: int
    kind: Kind


def scan(folder: Path, roster: Roster) -> tuple[Leak, ...]:
    """Every name of the roster in the text files under `folder` and in their names, in order of path and line.

    Files that hold no text (a null byte in UTF-8) are known by name only. Links are not followed.
    """
    found: set[Leak] = set()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        shown = anonymise_text(relative, roster)
        found |= {Leak(shown, 0, kind) for _, kind in _names(unquote(relative), roster)}
        if path.is_file() and not path.is_symlink():
            found |= {Leak(shown, line, kind) for line, kind in scan_text(_read(path), roster)}
    return tuple(sorted(found))


def scan_text(text: str, roster: Roster) -> frozenset[tuple[int, Kind]]:
    """Line (from 1) and kind of every name in `text`, also where HTML, URL or JSON escapes hide some of its letters."""
    ways = {text}
    if "&" in text:
        ways.add(_by_line(html.unescape, text))
    if "%" in text:
        ways.add(_by_line(unquote, text))
    if "\\u" in text:
        ways.add(_by_line(lambda line: _ESCAPE.sub(lambda hit: chr(int(hit[1], 16)), line), text))
    return frozenset(hit for way in ways for hit in _names(way, roster))


def _names(text: str, roster: Roster) -> Iterator[tuple[int, Kind]]:
    line, at = 1, 0
    for match in rosters.matcher(roster).find(text):
        line, at = line + text.count("\n", at, match.start), match.start
        yield line, match.found.kind


def _by_line(change: Callable[[str], str], text: str) -> str:
    """`text` changed so that its lines keep their numbers."""
    return "\n".join(" ".join(change(line).splitlines()) for line in text.split("\n"))


def _read(path: Path) -> str:
    data = path.read_bytes()
    if data[:2] in _UTF16:
        return data.decode("utf-16", errors="replace")
    return "" if b"\0" in data else data.decode("utf-8", errors="replace")
