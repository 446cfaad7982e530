"""The last look before anything is handed on: does what identifies somebody stand in a file, or in its name?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from copipe.anonymise.leaks.files import LARGEST, Part, Unread, parts
from copipe.anonymise.leaks.text import readable, readings
from copipe.anonymise.matching import pieces
from copipe.anonymise.roster import roster as rosters
from copipe.anonymise.roster.roster import Roster

# Where something stands in a text, and of what kind it is.
Finder = Callable[[str], Iterable[tuple[int, int, str]]]
SHORT = 5  # letters of a name below which it is not believed in a few signs picked out of a picture
LONG_RUN = 8  # signs in a row in which it is believed all the same
HIDDEN = "[hidden]"
# Fonts whose names are also names of people or places; documents list them without anybody having asked.
FONTS = frozenset(
    "arial calibri cambria candara consolas constantia corbel courier gautami georgia helena helvetica kalinga kartika "
    "latha lucida mangal marlett mistral palatino raavi roman sakkal shruti simsun sylfaen tahoma times trebuchet "
    "tunga verdana vrinda vera lohit gill rockwell perpetua bradley".split()
)
_FONT_SIGNS = ("font", "typeface")


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked for: names of the `roster`; what is surely `near` one of them; what `recognise` is sure of.

    The last two look at what a person reads, and not at what programs write for one another.
    """

    roster: Roster
    near: Finder | None = None
    recognise: Finder | None = None


@dataclass(frozen=True, slots=True, order=True)
class Leak:
    """Something of this kind stands in `path` (relative to the folder; a member of an archive follows a "!").

    `kind` is people, others, places or organisations for names, else a recogniser's ("nhs-number"). `line` counts from
    1; 0 is the name of the file, of a member, or of a folder above. `near` says that it is one slip off a name. What
    stands there is not told: in `path`, too, names are replaced.
    """

    path: str
    line: int
    kind: str
    near: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Closed:
    """A file or member that could not be looked into, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Look:
    """What a look through a folder found, in order of path and line; `files` is how many there were."""

    leaks: tuple[Leak, ...]
    closed: tuple[Closed, ...]
    files: int


def scan(folder: Path, roster: Roster) -> tuple[Leak, ...]:
    """Every name of the roster in the files under `folder` and in their names, in order of path and line."""
    return look(folder, Watch(roster)).leaks


def look(folder: Path, watch: Watch, leave: Callable[[Path], bool] = lambda path: False) -> Look:
    """Look through a folder, or one file; what `leave` is true of is passed over, folders with all that is in them.

    Links are known by their name and not followed.
    """
    leaks: set[Leak] = set()
    closed: set[Closed] = set()
    number = 0
    base = folder if folder.is_dir() else folder.parent
    for path in _walk(folder, leave):
        relative = path.relative_to(base).as_posix()
        shown = hide(relative, watch)
        leaks |= {Leak(shown, 0, kind, near) for _, kind, near in found(relative, watch)}
        if not path.is_file() or path.is_symlink():
            continue
        number += 1
        try:
            if path.stat().st_size > LARGEST:
                closed.add(Closed(shown, f"larger than {LARGEST >> 20} MB"))
                continue
            data = path.read_bytes()
        except OSError as error:
            closed.add(Closed(shown, error.strerror or "cannot be read"))
            continue
        for part in parts(data):
            place = f"{shown}!{hide(part.member, watch)}" if part.member else shown
            if isinstance(part, Unread):
                closed.add(Closed(place, part.why))
            else:
                leaks |= {Leak(place, line, kind, near) for line, kind, near in _of(part, watch)}
    return Look(tuple(sorted(leaks)), tuple(sorted(closed)), number)


def scan_text(text: str, roster: Roster) -> frozenset[tuple[int, str]]:
    """Line (from 1) and kind of every name in `text`, also where escapes or tags hide some of its letters."""
    return frozenset((line, kind) for line, kind, _ in found(text, Watch(roster)))


def found(text: str, watch: Watch) -> frozenset[tuple[int, str, bool]]:
    """Line (from 1), kind, and whether only near, of everything watched for in `text`."""
    hits = {(line, kind, False) for line, kind, _ in _names(text, watch.roster)}
    base = text.split("\n")
    for reading in readings(text):
        for first, changed in _changed(base, reading.split("\n")):
            hits |= {(first + line, kind, False) for line, kind, _ in _names(changed, watch.roster)}
    if watch.near or watch.recognise:
        seen = readable(text)
        for finder, near in ((watch.near, True), (watch.recognise, False)):
            if finder:
                hits |= {(seen.count("\n", 0, start) + 1, kind, near) for start, _, kind in finder(seen)}
    return frozenset(hits)


def hide(text: str, watch: Watch) -> str:
    """A path or name with everything that is watched for taken out of it."""
    return "/".join(_hide(segment, watch) for segment in _hide(text, watch).split("/"))


def _hide(text: str, watch: Watch) -> str:
    spots = [(m.start, m.end, m.found.replacement) for m in rosters.matcher(watch.roster).find(text)]
    for finder in (watch.near, watch.recognise):
        spots += [(start, end, HIDDEN) for start, end, _ in (finder(text) if finder else ())]
    out, at = [], 0
    for start, end, instead in sorted(spots):
        if start >= at:
            out += [text[at:start], instead]
            at = end
    hidden = "".join([*out, text[at:]])
    # A name that only shows when escapes are undone cannot be cut out; then all of this part of the path goes.
    if "/" not in hidden and any(_names(reading, watch.roster) for reading in readings(hidden)):
        return HIDDEN
    return hidden


def _walk(folder: Path, leave: Callable[[Path], bool]) -> Iterator[Path]:
    if not folder.is_dir():
        if folder.exists():
            yield folder
        return
    for path in sorted(folder.iterdir()):
        if leave(path):
            continue
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path, leave)


def _of(part: Part, watch: Watch) -> Iterator[tuple[int, str, bool]]:
    if part.what == "letters":  # in the noise of a picture there are letters, and no sentences
        lines = part.text.split("\n")
        for line, kind, letters in _names(part.text, watch.roster):
            if letters >= SHORT or len(lines[line - 1]) >= LONG_RUN:
                yield 1, kind, False
    elif part.what == "name":
        yield from ((0, kind, near) for _, kind, near in found(part.text, watch))
    else:
        yield from found(part.text, watch)


def _names(text: str, roster: Roster) -> list[tuple[int, str, int]]:
    """Line, kind and length of every name in a text as it stands."""
    hits: list[tuple[int, str, int]] = []
    line, at = 1, 0
    for match in rosters.matcher(roster).find(text):
        line, at = line + text.count("\n", at, match.start), match.start
        if not _is_font(text, match.start, match.end):
            hits.append((line, match.found.kind, match.end - match.start))
    return hits


def _is_font(text: str, start: int, end: int) -> bool:
    """True for the name of a font that stands where documents name their fonts."""
    said = [piece.folded for piece in pieces(text[start:end])]
    if not all(word in FONTS for word in said):
        return False
    before = text[max(0, start - 120) : start]
    opened = max(before.rfind("<"), before.rfind("{"), before.rfind(";"))
    return any(sign in before[max(opened, 0) :].casefold() for sign in _FONT_SIGNS)


def _changed(base: list[str], reading: list[str]) -> Iterator[tuple[int, str]]:
    """The stretches of a reading that differ, with the line before and after each: index of the first, and the text."""
    if len(base) != len(reading):  # cannot be told apart line by line
        yield 0, "\n".join(reading)
        return
    rows = [n for n, (a, b) in enumerate(zip(base, reading, strict=True)) if a != b]
    at = 0
    while at < len(rows):
        stop = at
        while stop + 1 < len(rows) and rows[stop + 1] <= rows[stop] + 2:
            stop += 1
        first = max(rows[at] - 1, 0)
        yield first, "\n".join(reading[first : rows[stop] + 2])
        at = stop + 1
