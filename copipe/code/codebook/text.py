"""Changes a codebook's file so that it says what it should, and touches nothing else.

Comments, blank lines, the order of keys and the way lists are written stay as a person left them: lines are moved, put
in and taken out, and never written anew as a whole. The result is read again and must say exactly what was meant;
where a layout is beyond this (everything in braces, anchors), nothing is changed and the caller is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from copipe import yaml_text
from copipe.code.codebook import reading as codebook_read
from copipe.code.codebook import writing
from copipe.code.codebook.nodes import Reading
from copipe.errors import ConfigError, CopipeError
from copipe.records import Code, Codebook
from copipe.study import code_fields
from copipe.study.code_fields import BY_NAME, FIELDS, Plain

STEP = writing.STEP
_ORDER = ["key", *(field.name for field in FIELDS), "codes"]


class LayoutError(CopipeError):
    """A file is laid out in a way that copipe cannot change without writing it anew."""

    exit_code = ConfigError.exit_code


def rewrite(data: bytes, old: Codebook, new: Codebook, path: Path | None = None) -> bytes:
    """The file `data`, which says `old`, changed so that it says `new`.

    `path` is where it lies, for what it includes; codes of included files cannot be changed from here. Raises
    `LayoutError`.
    """
    text = data.decode("utf-8-sig")
    dos = "\r\n" in text
    text = text.replace("\r\n", "\n")
    try:
        changed = _change(text, old, new)
        reading = codebook_read.read(changed.encode(), path)
        said = {code.key: code for code in reading.codes}
        right = not reading.problems and said == {code.key: code for code in new.codes} and _same_sets(reading, new)
    except (yaml.YAMLError, RecursionError, _CannotError, KeyError, IndexError, ValueError):
        right = False
    if not right:
        raise LayoutError(
            "This file is laid out in a way that copipe cannot change without touching the rest of it.",
            "--rewrite writes it anew in copipe's layout (comments are lost, and it is kept as it was beside it), "
            "or change it in an editor.",
        )
    bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    return bom + (changed.replace("\n", "\r\n") if dos else changed).encode()


def _same_sets(reading: Reading, new: Codebook) -> bool:
    return {s.name: s for s in reading.sets} == {s.name: s for s in new.sets}


class _CannotError(Exception):
    """This layout is not one that the steps below know."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A code in the text: its mapping, the list it stands in, and the mapping that has this list."""

    node: yaml.MappingNode
    siblings: yaml.SequenceNode
    owner: yaml.MappingNode
    parent: str  # key of the code it stands under


def _change(text: str, old: Codebook, new: Codebook) -> str:
    before = {code.key: code for code in old.codes}
    after = {code.key: code for code in new.codes}
    fresh = [key for key in after if key not in before]
    gone = [key for key in before if key not in after]
    if len(fresh) == len(gone) == 1 and gone[0] in after[fresh[0]].aliases:  # it has another name, that is all
        text = _set(text, gone[0], "key", fresh[0])
        before[fresh[0]] = replace(before.pop(gone[0]), key=fresh[0])
        if before[fresh[0]].label == code_fields.label_of(gone[0]):
            before[fresh[0]] = replace(before[fresh[0]], label=code_fields.label_of(fresh[0]))
        fresh = gone = []
        entries = _entries(text)
        before = {
            key: replace(code, parent=(entries[key].parent if key in entries else "") or code.parent)
            for key, code in before.items()
        }
    for code in (after[key] for key in fresh):
        text = _paste(text, code, writing.code_lines(code, 0, new.unit), new)
    for key in (key for key in after if key in before and before[key].parent != after[key].parent):
        text = _move(text, after[key], new)
    for key in (key for key in after if key in before):
        text = _change_fields(text, before[key], replace(after[key], parent=before[key].parent))
    for key in gone:
        if key in _entries(text):  # what stood under another that is gone went with it
            text = _cut(text, key)[0]
    return _change_sets(text, old, new)


def _entries(text: str) -> dict[str, _Entry]:
    """The codes that stand in the file itself, by key."""
    root = yaml_text.compose_yaml(text, "codebook")
    found: dict[str, _Entry] = {}

    def walk(owner: yaml.MappingNode, parent: str) -> None:
        siblings = _value(owner, "codes")
        if isinstance(siblings, yaml.SequenceNode):
            for node in siblings.value:
                key = str(_value(node, "key").value.strip())
                found[key] = _Entry(node, siblings, owner, parent)
                walk(node, key)

    if isinstance(root, yaml.MappingNode):
        walk(root, "")
    return found


def _value(node: Any, name: str) -> Any:
    """The value of a key in a mapping, None where it is not there."""
    return next((value for key, value in node.value if key.value == name), None)


# Whole codes


def _move(text: str, code: Code, new: Codebook) -> str:
    entry = _entries(text)[code.key]
    if not entry.parent and (_value(entry.node, "parent") is not None):  # written flat: another `parent:` is enough
        return _set(text, code.key, "parent", code.parent)
    text, block = _cut(text, code.key)
    return _paste(text, code, block, new)


def _cut(text: str, key: str) -> tuple[str, list[str]]:
    """The text without a code and its comment, and these lines with the dash at the left margin."""
    entry = _entries(text)[key]
    if entry.siblings.flow_style:
        raise _CannotError
    lines = text.split("\n")
    first, last = _block(lines, entry)
    dash = _dash(lines, entry.node)
    block = _indented(lines[first : last + 1], -dash)
    if len(entry.siblings.value) == 1:
        if not entry.parent:
            raise _CannotError  # a codebook without codes
        label = next(k for k, v in entry.owner.value if v is entry.siblings)
        first = label.start_mark.line
    while first > 0 and last + 1 < len(lines) and not lines[first - 1].strip() and not lines[last + 1].strip():
        first -= 1
    return "\n".join(lines[:first] + lines[last + 1 :]), block


def _paste(text: str, code: Code, block: Sequence[str], new: Codebook) -> str:
    """The text with the lines of a code put where the new codebook has it."""
    entries = _entries(text)
    order = [other.key for other in new.codes if other.parent == code.parent]
    here = order.index(code.key)
    among = {key for key in order if key in entries and entries[key].parent in ("", code.parent)}
    among = {key for key in among if entries[key].parent == code.parent or _value(entries[key].node, "parent")}
    before = next((key for key in reversed(order[:here]) if key in among), "")
    behind = next((key for key in order[here + 1 :] if key in among), "")
    lines = text.split("\n")
    if before or behind:
        beside = entries[before or behind]
        if beside.siblings.flow_style:
            raise _CannotError
        indent = _dash(lines, beside.node)
        first, last = _block(lines, beside)
        at = last + 1 if before else first
        spaced = _spaced(lines, beside)
        if beside.parent != code.parent:  # among codes that are written flat
            block = [block[0], *_indented(writing.field_lines("parent", code.parent, 0), STEP), *block[1:]]
        block = _indented(block, indent)
        gap = [""] if spaced else []
        return "\n".join(lines[:at] + (gap + block if before else block + gap) + lines[at:])
    if not code.parent:
        root = yaml_text.compose_yaml(text, "codebook")
        return _append(text, root, block, _value(root, "codes"))
    if code.parent not in entries:
        raise _CannotError  # its category stands in another file
    owner = entries[code.parent].node
    return _append(text, owner, block, _value(owner, "codes"))


def _append(text: str, owner: Any, block: Sequence[str], codes: Any) -> str:
    """Codes at the end of those of a category (or of the book), which may have none yet."""
    if owner.flow_style:
        raise _CannotError
    lines = text.split("\n")
    column = owner.start_mark.column
    if codes is None:
        at = _last(lines, owner) + 1
        return "\n".join([*lines[:at], " " * column + "codes:", *_indented(block, column + STEP), *lines[at:]])
    if codes.flow_style:
        raise _CannotError
    at, indent = _last(lines, codes) + 1, _dash(lines, codes.value[0])
    return "\n".join([*lines[:at], *_indented(block, indent), *lines[at:]])


def _block(lines: Sequence[str], entry: _Entry) -> tuple[int, int]:
    """First and last line of a code, with the comment right above it."""
    first, dash = entry.node.start_mark.line, _dash(lines, entry.node)
    while first > 0 and lines[first - 1].startswith(" " * dash + "#"):
        first -= 1
    last = _last(lines, entry.node)
    while (
        last + 1 < len(lines)
        and lines[last + 1].startswith(" " * (dash + 1))
        and lines[last + 1].lstrip().startswith("#")
    ):
        last += 1  # a comment further in than the dash is the code's own
    return first, last


def _spaced(lines: Sequence[str], entry: _Entry) -> bool:
    """Whether blank lines stand between the codes of a list."""
    nodes = entry.siblings.value
    return any(not lines[_block(lines, replace(entry, node=n))[0] - 1].strip() for n in nodes[1:])


def _dash(lines: Sequence[str], node: yaml.Node) -> int:
    line = lines[node.start_mark.line]
    if line[: node.start_mark.column].strip() != "-":
        raise _CannotError
    return line.index("-")


def _last(lines: Sequence[str], node: yaml.Node) -> int:
    """The last line that a node stands on."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        final = node.value[-1]
        return _last(lines, final[1] if isinstance(final, tuple) else final)
    end = node.end_mark
    last = int(end.line) - 1 if end.column == 0 and end.line > node.start_mark.line else int(end.line)
    last = min(last, len(lines) - 1)
    while last > node.start_mark.line and not lines[last].strip():
        last -= 1
    return last


def _indented(lines: Sequence[str], by: int) -> list[str]:
    """Lines further in by so many spaces, or further out; a comment further out than that goes to the margin."""
    return [
        (" " * by + line if by >= 0 else line[min(-by, len(line) - len(line.lstrip())) :]) if line.strip() else line
        for line in lines
    ]


# Fields of a code


def _change_fields(text: str, old: Code, new: Code) -> str:
    before, after = code_fields.plain(old), code_fields.plain(new)
    for name in [*before, *(n for n in after if n not in before)]:
        if before.get(name) != after.get(name):
            text = _set(text, new.key, name, after.get(name, ""))
    return text


def _set(text: str, key: str, name: str, value: Plain) -> str:
    """The text with one field of a code changed, added, or taken out where `value` is empty."""
    node = _entries(text)[key].node
    if node.flow_style:
        raise _CannotError
    return _set_in(text, node, name, value)


def _set_in(text: str, node: yaml.MappingNode, name: str, value: Plain) -> str:
    lines = text.split("\n")
    column = node.start_mark.column
    pair = next(((k, v) for k, v in node.value if k.value == name), None)
    many = name == "codes" or (name in BY_NAME and BY_NAME[name].many)
    if pair and value and many and isinstance(pair[1], yaml.SequenceNode):
        return _set_list(text, pair[1], list(value))
    if pair:
        first, last = pair[0].start_mark.line, _last(lines, pair[1])
        if value:
            head = lines[first][: pair[0].start_mark.column]
            written = writing.field_lines(name, value, column)
            comment = _comment(lines[last], pair[1]) if len(written) == 1 else ""
            written = [head + written[0][column:] + comment, *written[1:]]
            return "\n".join(lines[:first] + written + lines[last + 1 :])
        if "-" in lines[first][:column]:
            raise _CannotError  # the line with the dash
        return "\n".join(lines[:first] + lines[last + 1 :])
    if not value:
        return text
    rank = _ORDER.index(name)
    earlier = [v for k, v in node.value if k.value in _ORDER and _ORDER.index(k.value) < rank]
    at = max(_last(lines, v) for v in earlier) + 1 if earlier else node.start_mark.line + 1
    return "\n".join(lines[:at] + writing.field_lines(name, value, column) + lines[at:])


def _comment(line: str, node: yaml.Node) -> str:
    """A comment behind a value that stands on one line."""
    if not isinstance(node, yaml.ScalarNode) or node.start_mark.line != node.end_mark.line:
        return ""
    rest = line[node.end_mark.column :]
    return rest.rstrip() if rest.strip().startswith("#") else ""


def _set_list(text: str, node: yaml.SequenceNode, values: list[str]) -> str:
    """The text with the entries of a list changed; those that stay keep their lines and comments."""
    if node.flow_style:
        return text[: node.start_mark.index] + writing.flow(values) + text[node.end_mark.index :]
    lines = text.split("\n")
    indent = _dash(lines, node.value[0])
    kept = [n for n in node.value if n.value.strip() in values]
    new = [v for v in values if v not in {n.value.strip() for n in kept}]
    at = _last(lines, node.value[-1]) + 1
    lines[at:at] = [" " * indent + "- " + writing.scalar(v, indent + STEP) for v in new]
    for entry in reversed([n for n in node.value if n not in kept]):
        del lines[entry.start_mark.line : _last(lines, entry) + 1]
    return "\n".join(lines)


def _change_sets(text: str, old: Codebook, new: Codebook) -> str:
    before = {some.name: some for some in old.sets}
    for some in new.sets:
        if some == before.get(some.name):
            continue
        root = yaml_text.compose_yaml(text, "codebook")
        nodes = _value(root, "sets").value
        node = next(n for n in nodes if " ".join(_value(n, "name").value.split()) == some.name)
        text = _set_list(text, _value(node, "codes"), list(some.codes))
    return text
