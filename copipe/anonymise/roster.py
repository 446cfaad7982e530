"""The roster of names: every form of a person's, place's or organisation's name, and what stands for it.

    [people]
    "Mary Archer" = "SN1"
    "Mary" = "SN1"

    [others]
    "Will" = { replacement = "a nurse", case_sensitive = true }   # "will" is also a word

The file is private/roster.toml; what it says never appears in a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from copipe import toml_lines
from copipe.anonymise.matching import Matcher, pieces
from copipe.toml_lines import Problem, TomlFile

Kind = Literal["people", "others", "places", "organisations"]
_KINDS: tuple[Kind, ...] = get_args(Kind)
_KEYS = ("replacement", "case_sensitive")


@dataclass(frozen=True, slots=True)
class Entry:
    """One form of a name. `case_sensitive` is for names that are also words ("Will", "May")."""

    kind: Kind
    form: str
    replacement: str
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """All forms of all names, in the order of the file."""

    entries: tuple[Entry, ...] = ()


def load(path: Path) -> Roster:
    """Read and check the roster; a file that is not there is an empty one.

    ConfigError lists every problem with its line.
    """
    if not path.exists():
        return Roster()
    file = toml_lines.read(path)
    toml_lines.refuse(file.problems)
    problems: list[Problem] = []
    placed: list[tuple[int, Entry]] = []
    for kind, found in file.data.items():
        line = file.lines.get((kind,), 0)
        if kind not in _KINDS:
            # What stands outside the tables may be a name, so it is not repeated.
            known = ", ".join(f"[{k}]" for k in _KINDS)
            problems.append(Problem(path, line, "", f"this stands in none of the tables of a roster: {known}"))
        elif not isinstance(found, dict):
            problems.append(
                Problem(path, line, kind, f'expected a table: [{kind}], and below it "name" = "replacement"')
            )
        else:
            for form, value in found.items():
                at = file.lines.get((kind, form), line)
                wrong = list(_problems(file, kind, at, form, value))
                problems += wrong
                if not wrong:
                    placed.append((at, _entry(kind, form, value)))
    problems += _conflicts(file, placed)
    toml_lines.refuse(problems)
    return Roster(tuple(entry for _, entry in placed))


@lru_cache(maxsize=8)
def matcher(roster: Roster) -> Matcher[Entry]:
    """The roster compiled."""
    return Matcher((entry.form, entry.case_sensitive, entry) for entry in roster.entries)


def _entry(kind: Kind, form: str, value: str | dict[str, object]) -> Entry:
    if isinstance(value, str):
        return Entry(kind, form, value.strip())
    return Entry(kind, form, str(value["replacement"]).strip(), bool(value.get("case_sensitive", False)))


def _problems(file: TomlFile, kind: str, line: int, form: str, value: object) -> Iterator[Problem]:
    if not pieces(form):
        yield Problem(file.path, line, kind, "there is no letter in this name")
    if isinstance(value, dict) and "replacement" in value:
        for key in value:
            if key not in _KEYS:
                yield Problem(file.path, line, kind, f"unknown key beside replacement; known: {', '.join(_KEYS)}")
        if not isinstance(value.get("case_sensitive", False), bool):
            yield Problem(file.path, line, kind, "case_sensitive: expected true or false, without quotes")
        value = value["replacement"]
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        expected = 'expected "name" = "replacement", both in quotes, or { replacement = "...", case_sensitive = true }'
        yield Problem(file.path, line, kind, expected)


def _conflicts(file: TomlFile, placed: list[tuple[int, Entry]]) -> Iterator[Problem]:
    """Forms with two replacements, and replacements that hold a form: they could never be free of it."""
    seen: dict[tuple[bool, tuple[str, ...]], tuple[int, Entry]] = {}
    for line, entry in placed:
        spelling = tuple(p.cased if entry.case_sensitive else p.folded for p in pieces(entry.form))
        before, other = seen.setdefault((entry.case_sensitive, spelling), (line, entry))
        if other.replacement != entry.replacement:
            yield Problem(file.path, line, entry.kind, f"this name has another replacement on line {before}")
    found = matcher(Roster(tuple(entry for _, entry in placed)))
    for line, entry in placed:
        if any(True for _ in found.find(entry.replacement)):
            message = "the replacement holds a name of this roster, so it could not be told from a leak"
            yield Problem(file.path, line, entry.kind, message)
