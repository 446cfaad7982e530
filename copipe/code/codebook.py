"""Reads a codebook, the YAML file in which a researcher says what to look for.

    name: Leadership
    codes:
      - key: conflict            # what decisions are filed under
        label: Managing conflict
        definition: Disagreement at work and how it is met.
        include: ...             # when to use it
        exclude: ...             # when not
        seeds: [conflict*, "lemma:manage conflict"]
        not-seeds: [conflict of interest]
        codes: [...]             # narrower codes; or `parent: conflict` on a code elsewhere

All scalars are text: `no`, `on`, `2010` and `1.0` mean what is written. See `copipe.code.seeds` for seeds.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path

import yaml

from copipe.code import seeds
from copipe.errors import ConfigError
from copipe.records import Code, Codebook

_KEY = re.compile(r"[^\W_][\w.-]*")  # stands in commands, file names and decisions
_TEXT = ("label", "definition", "include", "exclude")
_SEEDS = ("seeds", "not-seeds")
_TOP = ("name", "description", "codes")
_OF_CODE = ("key", *_TEXT, "parent", *_SEEDS, "codes")
_DEEPEST = 50  # levels; deeper is a mistake, and reading is recursive

Mapping = dict[str, tuple[yaml.Node, yaml.Node]]  # key -> the nodes of key and value


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a codebook. `where` is the code or key that it is about."""

    line: int
    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.where + ': ' if self.where else ''}{self.message}" + (
            f" ({self.hint})" if self.hint else ""
        )


@dataclass(slots=True)
class _Reading:
    """What has been read so far, and what was wrong."""

    problems: list[Problem] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)  # of each code
    parents: dict[str, int] = field(default_factory=dict)  # line of `parent`, where one is written
    seen: set[int] = field(default_factory=set)  # nodes, lest an alias leads round in a ring

    def wrong(self, node: yaml.Node, where: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(node.start_mark.line + 1, where, message, hint))


def load(path: Path) -> Codebook:
    """Read a codebook. Raises one `ConfigError` that lists every problem with its line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: the codebook cannot be read ({error.strerror}).",
            "`codebook` under [code] in copipe.toml names it, or --codebook.",
        ) from error
    return parse(data, str(path))


def parse(data: bytes, name: str) -> Codebook:
    """A codebook from the bytes of a file; `name` is the file's, for messages."""
    try:
        root = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.BaseLoader)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refusal(name, [Problem(line, "", "not UTF-8 text", "save the file as UTF-8")]) from error
    except yaml.YAMLError as error:
        raise _refusal(name, [_of_yaml(error, data)]) from error
    except RecursionError as error:
        raise _refusal(name, [Problem(1, "", "nested too deeply to be a codebook")]) from error
    reading = _Reading()
    title = _read_top(root, reading)
    _check_parents(reading)
    if reading.problems:
        raise _refusal(name, sorted(reading.problems, key=lambda p: p.line))
    return Codebook(title or Path(name).stem, tuple(reading.codes), meaning_hash(reading.codes))


def meaning_hash(codes: Sequence[Code]) -> str:
    """SHA-256 of what the codes say: not of layout, comments, the book's name, or which way nesting is written."""
    text = json.dumps([astuple(code) for code in codes], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _refusal(name: str, problems: Sequence[Problem]) -> ConfigError:
    count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
    return ConfigError(
        f"{name}: {count} in the codebook\n" + "\n".join(f"  {p}" for p in problems),
        f"`copipe codebook check {name}` looks again when that is mended.",
    )


def _of_yaml(error: yaml.YAMLError, data: bytes) -> Problem:
    """What PyYAML says, in a line; with a hint for the signs that surprise people who write seeds."""
    if isinstance(error, yaml.reader.ReaderError):
        line = data.decode("utf-8-sig").count("\n", 0, error.position) + 1
        return Problem(line, "", "not YAML: a control character", "type the line again")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error).splitlines()[0]
    hint = ""
    if "alias" in said:
        hint = "put a seed that begins with * in quotes"
    elif "mapping values are not allowed" in said or "expected <block end>" in said:
        hint = "put text with a colon and a space, or beginning with a quote, wholly in quotes; check the indentation"
    elif "cannot start any token" in said:
        hint = "indent with spaces, and put text that begins with @, % or ` in quotes"
    elif "another document" in said:
        hint = "one codebook a file: take out the line ---"
    return Problem(mark.line + 1 if mark else 1, "", f"not YAML: {said}", hint)


def _read_top(root: yaml.Node | None, reading: _Reading) -> str:
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1 if root is not None else 1
        reading.problems.append(Problem(line, "", "not a codebook: it has no codes", "begin with name: and codes:"))
        return ""
    keys = _mapping(root, "", _TOP, reading)
    title = _text(keys, "name", "", reading)
    _text(keys, "description", "", reading)
    if "codes" not in keys:
        reading.wrong(root, "codes", "missing: a codebook needs at least one code")
    else:
        _read_codes(keys["codes"][1], "", 1, reading)
    return title


def _read_codes(node: yaml.Node, parent: str, depth: int, reading: _Reading) -> None:
    where = f"{parent}, codes" if parent else "codes"
    if not isinstance(node, yaml.SequenceNode):
        reading.wrong(node, where, "expected a list of codes, each beginning with `- key:`")
        return
    if id(node) in reading.seen or depth > _DEEPEST:
        reading.wrong(node, where, "the same list of codes stands in two places, or within itself")
        return
    reading.seen.add(id(node))
    if not node.value:
        reading.wrong(node, where, "empty: a codebook needs at least one code" if not parent else "empty list")
    for entry in node.value:
        _read_code(entry, parent, depth, reading)


def _read_code(node: yaml.Node, parent: str, depth: int, reading: _Reading) -> None:
    if not isinstance(node, yaml.MappingNode):
        reading.wrong(node, parent or "codes", "expected a code with key: and label:")
        return
    named = next((v for k, v in node.value if k.value == "key" and isinstance(v, yaml.ScalarNode)), None)
    key = named.value.strip() if named is not None else ""
    keys = _mapping(node, key, _OF_CODE, reading)
    if named is None or not key:
        reading.wrong(node, parent or "codes", "a code without a key", "add `key:` with a short name of its own")
    elif not _KEY.fullmatch(key):
        reading.wrong(
            named, key, "not a key", "letters, digits, - _ and . only, beginning with a letter or digit; no spaces"
        )
    elif twin := next((k for k in reading.lines if k.casefold() == key.casefold()), ""):
        reading.wrong(named, key, f"the key stands twice; the first is on line {reading.lines[twin]}")
    told = {name: _text(keys, name, key, reading) for name in _TEXT}
    told["label"] = told["label"] or key.replace("-", " ").replace("_", " ")
    written = _text(keys, "parent", key, reading)
    if written:
        reading.parents.setdefault(key, keys["parent"][1].start_mark.line + 1)
    if written and parent and written != parent:
        reading.wrong(keys["parent"][1], key, f'parent "{written}", but it stands under "{parent}"')
    hits, misses = (_seeds(keys, name, key, reading) for name in _SEEDS)
    reading.lines.setdefault(key, (named or node).start_mark.line + 1)
    above = parent or written
    reading.codes.append(Code(key, **told, parent=above, seeds=hits, not_seeds=misses))
    if "codes" in keys:
        _read_codes(keys["codes"][1], key, depth + 1, reading)


def _mapping(node: yaml.MappingNode, where: str, allowed: Sequence[str], reading: _Reading) -> Mapping:
    """The entries of a mapping by key; unknown and repeated keys are problems."""
    keys: Mapping = {}
    for key_node, value in node.value:
        name = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        if name in keys:
            first = keys[name][0].start_mark.line + 1
            reading.wrong(key_node, where, f'"{name}" stands twice; the first is on line {first}')
        elif name in allowed:
            keys[name] = (key_node, value)
        else:
            close = difflib.get_close_matches(name.lower().replace("_", "-"), allowed, n=1, cutoff=0.6)
            hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(allowed)}"
            reading.wrong(key_node, where, f'unknown key "{name}"', hint)
    return keys


def _text(keys: Mapping, name: str, where: str, reading: _Reading) -> str:
    if name not in keys:
        return ""
    node = keys[name][1]
    if not isinstance(node, yaml.ScalarNode):
        reading.wrong(
            node, f"{where}, {name}" if where else name, "expected text", "in quotes if it begins with [ or {"
        )
        return ""
    return " ".join(node.value.split())


def _seeds(keys: Mapping, name: str, where: str, reading: _Reading) -> tuple[str, ...]:
    if name not in keys:
        return ()
    place, node = f"{where}, {name}", keys[name][1]
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        reading.wrong(keys[name][0], place, "expected a list with at least one seed", "one a line, each after a dash")
        return ()
    found: dict[str, int] = {}
    for entry in node.value:
        line = entry.start_mark.line + 1
        if not isinstance(entry, yaml.ScalarNode):
            reading.wrong(entry, place, "expected a seed", "no space after the colon of lemma: or re:, or use quotes")
            continue
        seed = entry.value.strip()
        if seed in found:
            reading.wrong(entry, place, f'"{seed}" stands twice; the first is on line {found[seed]}')
        found.setdefault(seed, line)
        try:
            seeds.parse(seed)
        except seeds.SeedError as error:
            reading.wrong(entry, place, f'"{seed}": {error}', error.hint)
    return tuple(found)


def _check_parents(reading: _Reading) -> None:
    """Parents exist, and nobody is their own ancestor."""
    parent_of = {code.key: code.parent for code in reading.codes}
    for key, line in reading.parents.items():
        if parent_of.get(key, "") not in parent_of:
            close = difflib.get_close_matches(parent_of[key], [k for k in parent_of if k != key], n=1)
            hint = f"did you mean {close[0]}?" if close else "a parent is the key of another code"
            reading.problems.append(Problem(line, key, f'unknown parent "{parent_of[key]}"', hint))
    reported: set[str] = set()
    for key in parent_of:
        path = [key]
        while (above := parent_of.get(path[-1], "")) and above not in path:
            path.append(above)
        if above and not reported & set(path):
            ring = path[path.index(above) :]
            reported |= set(path)
            line = reading.parents.get(ring[0], reading.lines[ring[0]])
            reading.problems.append(Problem(line, ring[0], f"its own ancestor: {' > '.join([*ring, above])}"))


def remarks(book: Codebook) -> tuple[str, ...]:
    """What is allowed and may yet not be meant: codes without a definition, leaves without seeds, a seed twice."""
    inner = {code.parent for code in book.codes}
    notes = [f"{code.key} has no definition" for code in book.codes if not code.definition]
    notes += [
        f"{code.key} has no seeds: only a person will find it"
        for code in book.codes
        if not code.seeds and code.key not in inner
    ]
    by_seed: dict[str, list[str]] = {}
    for code in book.codes:
        for seed in code.seeds:
            by_seed.setdefault(seed.casefold(), []).append(code.key)
    notes += [f'"{seed}" is a seed of {", ".join(keys)}' for seed, keys in by_seed.items() if len(keys) > 1]
    return tuple(notes)
