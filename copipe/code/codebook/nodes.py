"""What codebooks are read with: problems and their places, and the values of YAML nodes, looked over."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from copipe.code.seeds import language
from copipe.records import Code, CodeSet
from copipe.study import code_fields
from copipe.study.code_fields import Field
from copipe.texts import control_in

KEY = re.compile(r"[^\W_][\w.-]*")  # stands in commands, file names and decisions
MOST_KNOWN = 2_000  # keys that are looked through for what somebody may have meant
COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
GUID = re.compile(r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?")

Mapping = dict[str, tuple[yaml.Node, yaml.Node]]  # key -> the nodes of key and value


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a codebook. `where` is the code or key that it is about, `file` an included codebook."""

    line: int
    where: str
    message: str
    hint: str = ""
    file: str = ""

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.file else f"line {self.line}"
        return f"{place}: {self.where + ': ' if self.where else ''}{self.message}" + (
            f" ({self.hint})" if self.hint else ""
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: `file` is "" for the codebook itself, and the path of one that it includes."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"on line {self.line}" + (f" of {self.file}" if self.file else "")


@dataclass(slots=True)
class Reading:
    """What has been read so far, and what was wrong."""

    name: str = ""
    description: str = ""
    source: str = ""
    unit: str = ""
    own: str = ""  # the codebook itself, for messages
    file: str = ""  # being read now; "" for the codebook itself
    problems: list[Problem] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    sets: list[CodeSet] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)  # of each code
    folded: dict[str, str] = field(default_factory=dict)  # keys by what they are in small letters
    parents: dict[str, Place] = field(default_factory=dict)  # of `parent`, where one is written
    aliases: dict[str, tuple[str, Place]] = field(default_factory=dict)  # alias -> its code
    named: list[tuple[Place, str, str]] = field(default_factory=list)  # keys that must exist: where, what for, key
    nodes: dict[int, yaml.Node] = field(default_factory=dict)  # lists of codes, lest an alias leads round in a ring
    read: set[Path] = field(default_factory=set)  # files
    reading: list[Path] = field(default_factory=list)  # files, each including the next

    def at(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1)

    def wrong(self, node: yaml.Node, where: str, message: str, hint: str = "") -> None:
        self.wrong_at(self.at(node), where, message, hint)

    def wrong_at(self, place: Place, where: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(place.line, where, message, hint, place.file))


def near(word: str, known: Iterable[str]) -> str:
    """A hint that names what somebody may have meant; "" where nothing is near."""
    by_fold = {k.casefold(): k for k in itertools.islice(known, MOST_KNOWN)}
    close = difflib.get_close_matches(word.casefold(), list(by_fold), n=1, cutoff=0.6)
    return f"did you mean {by_fold[close[0]]}?" if close else ""


def choice(keys: Mapping, entry: Field, where: str, reading: Reading) -> str:
    """One of the values that a field may have, "" where it has none."""
    if entry.name not in keys:
        return ""
    said = text(keys, entry.name, where, reading)
    known = (*code_fields.TRUE, *code_fields.FALSE) if entry.name == "codable" else entry.choices
    if said and said not in known:
        place = f"{where}, {entry.name}" if where else entry.name
        hint = near(said, known) or f"known here: {', '.join(entry.choices)}"
        reading.wrong(keys[entry.name][1], place, f'unknown "{said}"', hint)
        return ""
    return said


def entries(node: yaml.MappingNode, where: str, allowed: Sequence[str], reading: Reading) -> Mapping:
    """The entries of a mapping by key; unknown and repeated keys are problems."""
    keys: Mapping = {}
    for key_node, value in node.value:
        name = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        if name in keys:
            reading.wrong(key_node, where, f'"{name}" stands twice; the first is {reading.at(keys[name][0])}')
        elif name in allowed:
            keys[name] = (key_node, value)
        else:
            hint = near(name.replace("_", "-"), allowed) or f"known here: {', '.join(allowed)}"
            reading.wrong(key_node, where, f'unknown key "{name}"', hint)
    return keys


def one_line(text: str) -> str:
    """A text without line breaks, and with single spaces."""
    return " ".join(text.split())


def text(keys: Mapping, name: str, where: str, reading: Reading) -> str:
    """The text of a key, "" where it is not there; white space at its ends does not count."""
    if name not in keys:
        return ""
    node = keys[name][1]
    if not isinstance(node, yaml.ScalarNode):
        reading.wrong(
            node, f"{where}, {name}" if where else name, "expected text", "in quotes if it begins with [ or {"
        )
        return ""
    _no_control(node, where, name, reading)
    return str(node.value.strip())


def _no_control(node: yaml.ScalarNode, where: str, name: str, reading: Reading) -> None:
    if sign := control_in(node.value):
        reading.wrong(
            node, f"{where}, {name}" if where else name, f"holds the control character {sign}", "type it anew"
        )


def texts(
    keys: Mapping, name: str, where: str, reading: Reading, seeds_too: bool = False, may_be_empty: bool = False
) -> dict[str, Place]:
    """The entries of a list of texts, each once, with its place; where it holds seeds they are looked over."""
    if name not in keys:
        return {}
    place, node, noun = f"{where}, {name}", keys[name][1], "seed" if seeds_too else "text"
    if not isinstance(node, yaml.SequenceNode) or not (node.value or may_be_empty):
        hint = "one a line, each after a dash"
        reading.wrong(keys[name][0], place, f"expected a list with at least one {noun}", hint)
        return {}
    found: dict[str, Place] = {}
    for entry in node.value:
        if not isinstance(entry, yaml.ScalarNode):
            hint = "no space after the colon of lemma: or re:, or use quotes" if seeds_too else "in quotes"
            reading.wrong(entry, place, f"expected a {noun}", hint)
            continue
        _no_control(entry, where, name, reading)
        value = entry.value.strip()
        if value in found:
            reading.wrong(entry, place, f'"{value}" stands twice; the first is {found[value]}')
        if not value and not seeds_too:
            reading.wrong(entry, place, f"empty {noun}", "take the line out")
            continue
        found.setdefault(value, reading.at(entry))
        if seeds_too:
            try:
                language.parse(value)
            except language.SeedError as error:
                reading.wrong(entry, place, f'"{value}": {error}', error.hint)
    return found
