"""The roster of names: every form of a person's, place's or organisation's name, and what stands for it.

    [[people]]
    forms = ["Mary Archer", "Mary", "Archie"]
    replacement = "SN1"

    [[people]]
    forms = ["Will"]
    replacement = "[nurse 3]"
    case_sensitive = true     # "will" is also a word

The file is private/roster.toml; what it says never appears in a message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from copipe import toml_lines
from copipe.anonymise.matching import Matcher, pieces, plain
from copipe.toml_lines import Place, Problem, TomlFile

Kind = Literal["people", "places", "organisations"]
_KEYS = ("forms", "replacement", "case_sensitive")


@dataclass(frozen=True, slots=True)
class Entry:
    """One person, place or organisation. `case_sensitive` is for names that are also words ("Will", "May")."""

    kind: Kind
    forms: tuple[str, ...]
    replacement: str
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """All entries, in the order of the file."""

    entries: tuple[Entry, ...] = ()


def load(path: Path) -> Roster:
    """Read and check the roster; a file that is not there is an empty one.

    ConfigError lists every problem with its line.
    """
    if not path.exists():
        return Roster()
    file = toml_lines.read(path)
    toml_lines.refuse(file.problems)
    entries: dict[Place, Entry] = {}
    problems: list[Problem] = []
    for kind, found in file.data.items():
        if kind not in get_args(Kind):
            known = ", ".join(f"[[{k}]]" for k in get_args(Kind))
            problems.append(
                file.problem((kind,), f"unknown{toml_lines.near_miss(kind, get_args(Kind))}; known: {known}")
            )
        elif not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            problems.append(file.problem((kind,), f"begin every entry with [[{kind}]]"))
        else:
            for number, data in enumerate(found):
                wrong = list(_entry_problems(file, (kind, number), data))
                problems += wrong
                if not wrong:
                    entries[kind, number] = Entry(
                        kind,  # type: ignore[arg-type]  # it is one of get_args(Kind), as the first branch saw to
                        tuple(data["forms"]),
                        data["replacement"].strip(),
                        data.get("case_sensitive", False),
                    )
    problems += _conflicts(file, entries)
    toml_lines.refuse(problems)
    return Roster(tuple(entries.values()))


@lru_cache(maxsize=8)
def matcher(roster: Roster) -> Matcher[Entry]:
    """The roster compiled."""
    return Matcher((form, entry.case_sensitive, entry) for entry in roster.entries for form in entry.forms)


def _entry_problems(file: TomlFile, place: Place, data: dict[str, object]) -> Iterator[Problem]:
    for key in data:
        if key not in _KEYS:
            near = toml_lines.near_miss(key, _KEYS)
            yield file.problem((*place, key), f"unknown key{near}; known here: {', '.join(_KEYS)}")
    forms = data.get("forms")
    if forms is None:
        yield file.problem((*place, "forms"), "is missing")
    elif not isinstance(forms, list) or not forms:
        yield file.problem((*place, "forms"), 'expected a list of names in quotes: ["...", "..."]')
    else:
        for number, form in enumerate(forms):
            if not isinstance(form, str) or not pieces(form):
                yield file.problem((*place, "forms", number), "expected a name in quotes, with a letter in it")
    replacement = data.get("replacement")
    if replacement is None:
        yield file.problem((*place, "replacement"), "is missing")
    elif not isinstance(replacement, str) or not replacement.strip() or "\n" in replacement:
        yield file.problem((*place, "replacement"), 'expected a role code or words in square brackets: "[nurse 3]"')
    if not isinstance(data.get("case_sensitive", False), bool):
        yield file.problem((*place, "case_sensitive"), "expected true or false, without quotes")


def _conflicts(file: TomlFile, entries: dict[Place, Entry]) -> Iterator[Problem]:
    """Forms with two replacements, and replacements that hold a form: they could never be free of it."""
    seen: dict[tuple[str, ...], tuple[Place, Entry]] = {}
    for place, entry in entries.items():
        for number, form in enumerate(entry.forms):
            row = pieces(form)
            spelling = tuple(p.cased if entry.case_sensitive else p.folded for p in row)
            other_place, other = seen.setdefault((str(entry.case_sensitive), *spelling), (place, entry))
            if other.replacement != entry.replacement:
                line = file.lines.get(other_place, 0)
                message = f"this name has another replacement in the entry on line {line}"
                yield file.problem((*place, "forms", number), message)
    found = matcher(Roster(tuple(entries.values())))
    for place, entry in entries.items():
        if any(True for _ in found.find(plain(entry.replacement))):
            yield file.problem(
                (*place, "replacement"), "holds a name of this roster, so it could not be told from a leak"
            )
