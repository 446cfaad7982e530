"""How private/roster.toml is written: names with their forms, each with its line, and all that is wrong at once.

[people] [others] [places] [organisations]      "form" = "replacement", or { replacement, case_sensitive }
[[person]] [[place]] [[organisation]]           forms, and one of role, kind, replacement
[allow]                                         words = [...] that name nobody
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from copipe.anonymise.matching import pieces
from copipe.anonymise.roster.pseudonyms import key
from copipe.study.toml import Place, Problem, TomlFile, near_miss

Kind = Literal["people", "others", "places", "organisations"]
TABLES: tuple[Kind, ...] = ("people", "others", "places", "organisations")
NAMES: dict[str, Kind] = {"person": "others", "place": "places", "organisation": "organisations"}
_WAYS = ("role", "kind", "replacement")
_KEYS = ("forms", "misheard", *_WAYS, "case_sensitive", "note")
_SIMPLE_KEYS = ("replacement", "case_sensitive")


@dataclass(frozen=True, slots=True)
class Form:
    """One way a name is said or written; `case_sensitive` is None where the file does not say."""

    text: str
    line: int
    case_sensitive: bool | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """One name with its forms: `replacement` stands for it, or a number of `label` ("nurse") does."""

    kind: Kind
    line: int
    forms: tuple[Form, ...]
    replacement: str = ""
    label: str = ""


def read_names(file: TomlFile) -> tuple[list[Name], frozenset[str], list[Problem]]:
    """The names of a roster in the order of the file, the words it allows (keys), and what is wrong with it."""
    names: list[Name] = []
    allow: frozenset[str] = frozenset()
    problems: list[Problem] = []
    for head, found in file.data.items():
        line = file.lines.get((head,), 0)
        if head in NAMES:
            _named(file, head, found, names, problems)
        elif head == "allow":
            allow, wrong = _allowed(file, found)
            problems += wrong
        elif head not in TABLES:
            # What stands outside the tables may be a name, so it is not repeated.
            known = ", ".join([*(f"[{k}]" for k in TABLES), *(f"[[{k}]]" for k in NAMES), "[allow]"])
            problems.append(Problem(file.path, line, "", f"this stands in none of the tables of a roster: {known}"))
        elif not isinstance(found, dict):
            message = f'expected a table: [{head}], and below it "name" = "replacement"'
            problems.append(Problem(file.path, line, head, message))
        else:
            _simple(file, head, found, names, problems)
    return names, allow, problems


def _simple(file: TomlFile, kind: Kind, table: dict[str, Any], names: list[Name], problems: list[Problem]) -> None:
    for form, value in table.items():
        line = file.lines.get((kind, form), file.lines.get((kind,), 0))
        wrong = list(_simple_problems(file, kind, line, form, value))
        problems += wrong
        if wrong:
            continue
        cased = value.get("case_sensitive") if isinstance(value, dict) else None
        replacement = value["replacement"] if isinstance(value, dict) else value
        names.append(Name(kind, line, (Form(form, line, cased),), replacement.strip()))


def _simple_problems(file: TomlFile, kind: str, line: int, form: str, value: object) -> Iterator[Problem]:
    if not pieces(form):
        yield Problem(file.path, line, kind, "there is no letter in this name")
    if isinstance(value, dict) and "replacement" in value:
        for unknown in value:
            if unknown not in _SIMPLE_KEYS:
                known = ", ".join(_SIMPLE_KEYS)
                yield Problem(file.path, line, kind, f"unknown key beside replacement; known: {known}")
        if not isinstance(value.get("case_sensitive", False), bool):
            yield Problem(file.path, line, kind, "case_sensitive: expected true or false, without quotes")
        value = value["replacement"]
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        expected = 'expected "name" = "replacement", both in quotes, or { replacement = "...", case_sensitive = true }'
        yield Problem(file.path, line, kind, expected)


def _named(file: TomlFile, head: str, found: object, names: list[Name], problems: list[Problem]) -> None:
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        message = f'expected [[{head}]] in two brackets, and below it forms = ["...", "..."] and kind = "..."'
        problems.append(Problem(file.path, file.lines.get((head,), 0), head, message))
        return
    for number, item in enumerate(found):
        at: Place = (head, number)
        wrong = [Problem(file.path, line, f"[[{head}]]", what) for line, what in _problems(file, at, head, item)]
        problems += wrong
        if wrong:
            continue
        cased = item.get("case_sensitive")
        named = {key(text) for text in cased} if isinstance(cased, list) else set()
        forms = tuple(
            Form(
                text.strip(),
                file.lines.get((*at, which, n), 0),
                cased if isinstance(cased, bool) else True if key(text) in named else None,
            )
            for which in ("forms", "misheard")
            for n, text in enumerate(item.get(which, ()))
        )
        role = item.get("role", "").strip()
        kind: Kind = "people" if role else NAMES[head]
        replacement = role or item.get("replacement", "").strip()
        names.append(Name(kind, file.lines.get(at, 0), forms, replacement, _label(item.get("kind", ""))))


def _problems(file: TomlFile, at: Place, head: str, item: dict[str, Any]) -> Iterator[tuple[int, str]]:
    first = file.lines.get(at, 0)

    def line(*place: str | int) -> int:
        return file.lines.get((*at, *place), first)

    for unknown in item:
        if unknown not in _KEYS:
            yield line(unknown), f"unknown key{near_miss(unknown, _KEYS)}; known: {', '.join(_KEYS)}"
    for which in ("forms", "misheard"):
        texts = item.get(which, [])
        if not isinstance(texts, list) or (which == "forms" and not texts):
            yield line(which), f'{which}: expected a list in square brackets: {which} = ["...", "..."]'
            continue
        for n, text in enumerate(texts):
            if not isinstance(text, str) or not pieces(text):
                yield line(which, n), f"{which}: there is no letter in this form, or it is not in quotes"
    ways = [way for way in _WAYS if way in item]
    if len(ways) != 1:
        said = f"expected one of {', '.join(_WAYS)}" + (f", found {' and '.join(ways)}" if ways else "")
        yield first, f'{said}: kind = "nurse" gives it a number of its own, [nurse 1]'
    for way in ways:
        if not isinstance(item[way], str) or not item[way].strip() or "\n" in item[way]:
            yield line(way), f"{way}: expected text in quotes"
        elif way == "kind" and (any(c in item[way] for c in "[]") or any(c.isdigit() for c in item[way])):
            yield line(way), "kind: a word or two without brackets or digits; the number is given by copipe"
        elif way == "role" and head != "person":
            yield line(way), "role: only a person has a role code"
    cased = item.get("case_sensitive", False)
    if isinstance(cased, list):
        forms = {key(t) for which in ("forms", "misheard") for t in _texts(item.get(which))}
        for n, text in enumerate(cased):
            if not isinstance(text, str) or key(text) not in forms:
                yield line("case_sensitive", n), "case_sensitive: this is none of the forms"
    elif not isinstance(cased, bool):
        yield line("case_sensitive"), "case_sensitive: expected true or false, or a list of those forms it is true of"


def _texts(found: object) -> list[str]:
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


def _label(kind: str) -> str:
    return " ".join(kind.split()).lower()


def _allowed(file: TomlFile, found: object) -> tuple[frozenset[str], list[Problem]]:
    texts = found.get("words") if isinstance(found, dict) else None
    good = isinstance(found, dict) and set(found) == {"words"} and isinstance(texts, list)
    if not good or len(_texts(texts)) != len(texts or ()) or not all(key(text) for text in _texts(texts)):
        message = 'expected [allow], and below it words = ["...", "..."] that are no names'
        return frozenset(), [Problem(file.path, file.lines.get(("allow",), 0), "allow", message)]
    return frozenset(key(text) for text in _texts(texts)), []
