"""TOML files that people write: every key with its line, and what is wrong with them in plain words.

tomllib forgets where a key stood, so `lines` walks the text once more. It expects TOML that tomllib has accepted
(TOML 1.0, https://toml.io/en/v1.0.0).
"""

from __future__ import annotations

import bisect
import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from copipe import texts
from copipe.errors import ConfigError
from copipe.study import vault
from copipe.texts import control_in

Place = tuple[str | int, ...]  # ("meeting", 0, "present", 2): the third code of present in the first [[meeting]]
ModelT = TypeVar("ModelT", bound=BaseModel)

_SKIP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)+")
_BLANK = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?""""{0,2}'
    r"|'''.*?''''{0,2}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}\n#]+")
_AT_LINE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file: where, and what was expected."""

    file: Path
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        where = [self.file.name]
        if self.line is not None:
            where.append(f"line {self.line}")
        if self.key:
            where.append(self.key)
        return f"{', '.join(where)}: {self.message}"


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file as read: what it says, and the line (from 1) of every table, key and array element."""

    path: Path
    data: dict[str, Any]
    lines: Mapping[Place, int]
    problems: tuple[Problem, ...] = ()

    def problem(self, place: Place, message: str) -> Problem:
        """What is wrong at `place`; a key that is not there has the line of its table."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        return Problem(self.path, self.lines.get(known), self.name(place), message)

    def name(self, place: Place) -> str:
        """How a person calls a place: `study.quorum`, `meeting 2010-02, present`."""
        words: list[str] = []
        here: Any = self.data
        for part in place:
            here = _child(here, part)
            if isinstance(part, str):
                words.append(part)
            elif isinstance(here, dict):
                own = here.get("code") or here.get("role")
                words[-1] += f" {own}" if isinstance(own, str) else f" number {part + 1}"
        if any(isinstance(part, int) for part in place):
            return ", ".join(words)
        return ".".join(words)


def read(path: Path) -> TomlFile:
    """The file at `path`; one that is missing or no TOML is empty and says why in `problems`."""
    try:
        data = vault.read_bytes(path)
        if len(data) > texts.LARGEST_TOML:
            raise texts.too_large(path, len(data), texts.LARGEST_TOML)
        text = data.decode("utf-8-sig")
        file = TomlFile(path, texts.from_toml(text, path), lines(text))
        return replace(file, problems=tuple(_controls(file, file.data, ())))
    except FileNotFoundError:
        return TomlFile(path, {}, {}, (Problem(path, None, "", "there is no such file"),))
    except OSError as error:
        return TomlFile(path, {}, {}, (Problem(path, None, "", f"cannot be read ({error.strerror})"),))
    except UnicodeDecodeError as error:
        line = texts.line_of(error)
        return TomlFile(path, {}, {}, (Problem(path, line, "", "is not UTF-8 text; save the file as UTF-8"),))
    except tomllib.TOMLDecodeError as error:
        return TomlFile(path, {}, {}, (_syntax_problem(path, text, str(error)),))


def _controls(file: TomlFile, value: Any, place: Place) -> Iterator[Problem]:
    """Texts with characters that reports cannot hold: escapes, backspaces and the like."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _controls(file, inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _controls(file, inner, (*place, number))
    elif isinstance(value, str) and (sign := control_in(value)):
        yield file.problem(place, f"holds the control character {sign}; type the text anew")


def validate(model: type[ModelT], file: TomlFile, data: Mapping[str, Any]) -> tuple[ModelT | None, tuple[Problem, ...]]:
    """`data` (what `file` says, with any defaults) as a `model`, or None with everything that is wrong with it."""
    try:
        return model.model_validate(data), ()
    except ValidationError as error:
        return None, tuple(_explain(model, file, details) for details in error.errors(include_url=False))


def refuse(problems: Sequence[Problem]) -> None:
    """Raise one `ConfigError` that lists all `problems`; do nothing where there are none."""
    if not problems:
        return
    ordered = sorted(problems, key=lambda p: (p.file.name, p.line or 0))
    folders = ", ".join(str(folder) for folder in dict.fromkeys(p.file.parent for p in ordered))
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    listing = "\n".join(f"  {problem}" for problem in ordered)
    raise ConfigError(
        f"{count} in what was written in {folders}:\n{listing}", "Correct this and run the command again."
    )


def near_miss(word: str, known: Iterable[str]) -> str:
    """ "; did you mean "SN1"?" or "" where nothing known is like `word`."""
    by_folded = {k.casefold(): k for k in known}
    near = difflib.get_close_matches(word.casefold(), list(by_folded), 1)
    return f'; did you mean "{by_folded[near[0]]}"?' if near else ""


def _syntax_problem(path: Path, text: str, message: str) -> Problem:
    at = _AT_LINE.search(message)
    number = int(at["line"]) if at and at["line"] else text.count("\n") + (not text.endswith("\n"))
    said = _AT_LINE.sub("", message)
    line = text.split("\n")[number - 1] if number <= text.count("\n") + 1 else ""
    advice = ""
    if re.search(r"=\s*\d{4}-\d{2}\s*(#.*)?$", line):
        advice = '; a month stands in quotes: "2010-02"'
    elif "\\" in line:
        advice = "; a path with backslashes stands in single quotes: 'C:\\study\\meeting.mp3'"
    elif "Invalid value" in said:
        advice = '; text stands in quotes: "like this"'
    return Problem(path, number, "", f"cannot be read as TOML: {said}{advice}")


def _explain(model: type[BaseModel], file: TomlFile, details: ErrorDetails) -> Problem:
    place: Place = tuple(details["loc"])
    value = details["input"]
    context = details.get("ctx", {})
    match details["type"]:
        case "extra_forbidden":
            known = _keys(model, place[:-1])
            hint = near_miss(str(place[-1]), known) or f"; known here: {', '.join(known)}"
            message = f"unknown key{hint}"
        case "missing":
            message = "is missing"
        case "literal_error":
            near = near_miss(value, re.findall(r"'([^']*)'", context["expected"])) if isinstance(value, str) else ""
            message = f"expected {context['expected']}, found {_show(value)}{near}"
        case "value_error":
            message = str(context["error"])
        case "model_type" | "model_attributes_type" | "dict_type":
            message = f"expected a table, found {_show(value)}"
        case "list_type" | "tuple_type":
            message = f"expected a list in square brackets, found {_show(value)}"
        case "string_type":
            message = f"expected text in quotes, found {_show(value)}"
        case "int_type" | "int_from_float":
            message = f"expected a whole number, found {_show(value)}"
        case "float_type":
            message = f"expected a number, found {_show(value)}"
        case "string_too_short":
            message = "must not be empty"
        case _:
            said = details["msg"].removeprefix("Input should be ").removeprefix("String should ")
            message = f"expected {said}, found {_show(value)}"
    return file.problem(place, message)


def _show(value: Any) -> str:
    """A value as TOML writes it, cut where it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _keys(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that `model` knows at `place`."""
    for part in place:
        annotation = model.model_fields[part].annotation if isinstance(part, str) else None
        nested = [annotation, *get_args(annotation)] if annotation is not None else [model]
        model = next((t for t in nested if isinstance(t, type) and issubclass(t, BaseModel)), model)
    return list(model.model_fields)


def _child(here: Any, part: str | int) -> Any:
    try:
        return here[part]
    except (KeyError, IndexError, TypeError):
        return None


def lines(text: str) -> dict[Place, int]:
    """The line (from 1) of every table, key and array element of the valid TOML in `text`.

    >>> lines('[a]\\nb = [1,\\n 2]\\n[[c]]\\nd = {e = 1}')[("c", 0, "d", "e")]
    5
    """
    text = text.replace("\r\n", "\n")
    walk = _Walk(text, [hit.start() for hit in re.finditer("\n", text)])
    walk.document()
    return walk.found


@dataclass(slots=True)
class _Walk:
    """One pass over a document; `at` is the offset that comes next."""

    text: str
    breaks: list[int]  # where its lines end
    at: int = 0
    found: dict[Place, int] = field(default_factory=dict)
    lengths: dict[Place, int] = field(default_factory=dict)  # of the arrays of tables so far

    def document(self) -> None:
        table: Place = ()
        self.skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip()

    def skip(self) -> None:
        if blank := _SKIP.match(self.text, self.at):
            self.at = blank.end()

    def note(self, place: Place) -> None:
        self.found.setdefault(place, bisect.bisect_left(self.breaks, self.at) + 1)

    def header(self) -> Place:
        """`[a.b]` or `[[a.b]]`; a name that is an array of tables stands for the last of them."""
        start = self.at
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        keys = self.keys()
        self.at += 2 if is_array else 1
        place: Place = ()
        for depth, key in enumerate(keys):
            place = (*place, key)
            if is_array and depth == len(keys) - 1:
                self.lengths[place] = self.lengths.get(place, 0) + 1
            if count := self.lengths.get(place):
                place = (*place, count - 1)
        after, self.at = self.at, start
        for depth in range(1, len(place) + 1):
            self.note(place[:depth])
        self.at = after
        return place

    def pair(self, table: Place) -> None:
        start = self.at
        place = (*table, *self.keys())
        after, self.at = self.at, start
        for depth in range(len(table) + 1, len(place) + 1):
            self.note(place[:depth])
        self.at = after + 1  # past "="
        self.value(place)

    def keys(self) -> list[str]:
        """A dotted key; stops at what follows it."""
        keys: list[str] = []
        while True:
            self.at = self._blank()
            if quoted := _STRING.match(self.text, self.at):
                keys.append(tomllib.loads(f"key = {quoted[0]}")["key"])
                self.at = quoted.end()
            else:
                bare = _BARE_KEY.match(self.text, self.at)
                assert bare, "lines() is for TOML that tomllib has accepted"
                keys.append(bare[0])
                self.at = bare.end()
            self.at = self._blank()
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def value(self, place: Place) -> None:
        self.at = self._blank()
        if string := _STRING.match(self.text, self.at):
            self.at = string.end()
        elif self.text.startswith("[", self.at):
            self.items(place, "]")
        elif self.text.startswith("{", self.at):
            self.items(place, "}")
        elif bare := _BARE_VALUE.match(self.text, self.at):
            self.at = bare.end()

    def items(self, place: Place, closing: str) -> None:
        """The elements of an array or the pairs of an inline table."""
        self.at += 1
        index = 0
        self.skip()
        while not self.text.startswith(closing, self.at):
            if closing == "]":
                self.note((*place, index))
                self.value((*place, index))
                index += 1
            else:
                self.pair(place)
            self.skip()
            if self.text.startswith(",", self.at):
                self.at += 1
                self.skip()
        self.at += 1

    def _blank(self) -> int:
        blank = _BLANK.match(self.text, self.at)
        return blank.end() if blank else self.at
