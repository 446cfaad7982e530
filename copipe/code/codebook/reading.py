"""From the nodes of a codebook's YAML to its codes, with every problem on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from copipe import resources, texts, yaml_text
from copipe.code.codebook import nodes
from copipe.code.codebook.nodes import COLOUR, GUID, KEY, Mapping, Place, Problem, Reading, near
from copipe.errors import InputError
from copipe.records import CodeSet
from copipe.study import code_fields
from copipe.study.code_fields import DEEPEST, FIELDS, Field, Plain

TOP = ("name", "description", "source", "unit", "includes", "sets", "codes")
OF_CODE = ("key", *code_fields.BY_NAME, "codes")
OF_SET = ("name", "description", "codes", "guid")
OF_INCLUDE = ("book", "under")
LONGEST_WAY = 20  # keys of a ring that are named


def read(data: bytes, path: Path | None) -> Reading:
    """Read a codebook and what it includes. `path` is where it lies: includes are relative to it."""
    reading = Reading(own=str(path or ""))
    if path is not None:
        reading.reading.append(path.resolve())
        reading.read.add(path.resolve())
    _read_file(data, path.parent if path else None, reading)
    _check_references(reading)
    return reading


def _read_file(data: bytes, folder: Path | None, reading: Reading) -> None:
    try:
        root = yaml_text.compose_yaml(data.decode("utf-8-sig"), reading.file or reading.own or "codebook")
    except UnicodeDecodeError as error:
        line = texts.line_of(error)
        reading.wrong_at(Place(reading.file, line), "", "not UTF-8 text", "save the file as UTF-8")
    except yaml.YAMLError as error:
        found = _of_yaml(error, data)
        reading.problems.append(replace(found, file=reading.file))
    else:
        _read_top(root, folder, reading)


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


def _read_top(root: yaml.Node | None, folder: Path | None, reading: Reading) -> None:
    if not isinstance(root, yaml.MappingNode):
        line = root.start_mark.line + 1 if root is not None else 1
        reading.wrong_at(
            Place(reading.file, line), "", "not a codebook: it has no codes", "begin with name: and codes:"
        )
        return
    keys = nodes.entries(root, "", TOP, reading)
    title, description, source = (nodes.text(keys, name, "", reading) for name in ("name", "description", "source"))
    unit = nodes.choice(keys, code_fields.BY_NAME["unit"], "", reading)
    if not reading.file:
        reading.name, reading.description, reading.source, reading.unit = (
            nodes.one_line(title),
            description,
            source,
            unit,
        )
    if "includes" in keys:
        _read_includes(keys["includes"][1], folder, reading)
    if "codes" in keys:
        _read_codes(keys["codes"][1], "", 1, unit, reading)
    elif "includes" not in keys:
        reading.wrong(root, "codes", "missing: a codebook needs at least one code")
    if "sets" in keys:
        _read_sets(keys["sets"][1], reading)


# Other codebooks


def _read_includes(node: yaml.Node, folder: Path | None, reading: Reading) -> None:
    if not isinstance(node, yaml.SequenceNode):
        reading.wrong(node, "includes", "expected a list of codebooks", "one a line, each after a dash")
        return
    for entry in node.value:
        told, under = entry, ""
        if isinstance(entry, yaml.MappingNode):
            keys = nodes.entries(entry, "includes", OF_INCLUDE, reading)
            under = nodes.text(keys, "under", "includes", reading)
            if "book" not in keys:
                reading.wrong(entry, "includes", "which codebook?", "book: other.yaml")
                continue
            told = keys["book"][1]
            if under:
                reading.named.append((reading.at(keys["under"][1]), "includes, under", under))
        if not isinstance(told, yaml.ScalarNode) or not told.value.strip():
            reading.wrong(entry, "includes", "expected a file, or the name of a codebook that comes with copipe")
            continue
        _include(told, under, folder, reading)


def _include(node: yaml.ScalarNode, under: str, folder: Path | None, reading: Reading) -> None:
    name = node.value.strip()
    path = find(name, folder)
    if path is None:
        where = f" beside this file ({folder})" if folder else ""
        there = sorted({p.stem for p in folder.glob("*.yaml")} if folder else set()) + list(shipped_names())
        reading.wrong(node, "includes", f'no codebook "{name}"{where} or among those of copipe', near(name, there))
        return
    resolved = path.resolve()
    if resolved in reading.reading:
        ring = [*reading.reading[reading.reading.index(resolved) :], resolved]
        reading.wrong(node, "includes", f"in a ring: {' > '.join(p.name for p in ring)}", "take one of them out")
        return
    if resolved in reading.read:
        return  # two codebooks may both include a third
    reading.read.add(resolved)
    try:
        data = texts.read_bytes(path, texts.LARGEST_YAML)
    except OSError as error:
        reading.wrong(node, "includes", f"{path} cannot be read ({error.strerror})")
        return
    outer, first = reading.file, len(reading.codes)
    reading.file = str(path)
    reading.reading.append(resolved)
    _read_file(data, path.parent, reading)
    reading.reading.pop()
    reading.file = outer
    if under:
        for n, code in enumerate(reading.codes[first:], first):
            if not code.parent:
                reading.codes[n] = replace(code, parent=under)
                reading.parents[code.key] = reading.at(node)


def find(name: str, folder: Path | None) -> Path | None:
    """The file of a codebook named in `includes` or on the command line: a path, or one that copipe ships."""
    for path in (folder / name, folder / f"{name}.yaml") if folder else ():
        if path.is_file():
            return path
    return resources.shipped("codebooks") / f"{name}.yaml" if name in shipped_names() else None


def shipped_names() -> tuple[str, ...]:
    """Names of the codebooks that come with copipe."""
    return tuple(sorted(p.stem for p in resources.shipped("codebooks").glob("*.yaml")))


# Codes


def _read_codes(node: yaml.Node, parent: str, depth: int, unit: str, reading: Reading) -> None:
    where = f"{parent}, codes" if parent else "codes"
    if not isinstance(node, yaml.SequenceNode):
        reading.wrong(node, where, "expected a list of codes, each beginning with `- key:`")
        return
    if depth > DEEPEST:
        file = reading.file or reading.own or "codebook"
        raise InputError(
            f"{file}, line {node.start_mark.line + 1}: codes within codes, more than {DEEPEST} levels deep.",
            "Put the innermost codes under one that stands further up.",
        )
    if id(node) in reading.nodes:
        reading.wrong(node, where, "the same list of codes stands in two places, or within itself")
        return
    reading.nodes[id(node)] = node
    if not node.value:
        reading.wrong(node, where, "empty: a codebook needs at least one code" if not parent else "empty list")
    for entry in node.value:
        _read_code(entry, parent, depth, unit, reading)


def _read_code(node: yaml.Node, parent: str, depth: int, unit: str, reading: Reading) -> None:
    if not isinstance(node, yaml.MappingNode):
        reading.wrong(node, parent or "codes", "expected a code with key: and label:")
        return
    named = next((v for k, v in node.value if k.value == "key" and isinstance(v, yaml.ScalarNode)), None)
    key = named.value.strip() if named is not None else ""
    keys = nodes.entries(node, key, OF_CODE, reading)
    if named is None or not key:
        reading.wrong(node, parent or "codes", "a code without a key", "add `key:` with a short name of its own")
    elif not KEY.fullmatch(key):
        reading.wrong(
            named, key, "not a key", "letters, digits, - _ and . only, beginning with a letter or digit; no spaces"
        )
    elif twin := reading.folded.get(key.casefold(), ""):
        reading.wrong(named, key, f"the key stands twice; the first is {reading.places[twin]}")
    said: dict[str, Plain] = {}
    for entry in FIELDS:
        if entry.name in keys:
            said[entry.name] = _value(keys, entry, key, reading)
    written = str(said.get("parent", ""))
    if written:
        reading.parents.setdefault(key, reading.at(keys["parent"][1]))
    if written and parent and written != parent:
        reading.wrong(keys["parent"][1], key, f'parent "{written}", but it stands under "{parent}"')
    said["parent"] = parent or written
    said["unit"] = said.get("unit") or unit
    if said.get("replaced-by") and not said.get("deprecated"):
        reading.wrong(keys["replaced-by"][0], key, "replaced, but not deprecated", "add `deprecated:` with the reason")
    reading.places.setdefault(key, reading.at(named or node))
    reading.folded.setdefault(key.casefold(), key)
    reading.codes.append(code_fields.build(key, said))
    if "codes" in keys:
        _read_codes(keys["codes"][1], key, depth + 1, unit, reading)


def _value(keys: Mapping, entry: Field, where: str, reading: Reading) -> Plain:
    """What stands in a field of a code, looked over."""
    name, node = entry.name, keys[entry.name][1]
    if entry.kind == "choice":
        return nodes.choice(keys, entry, where, reading)
    if not entry.many:
        text = nodes.text(keys, name, where, reading)
        text = text if entry.kind == "text" else nodes.one_line(text)
        if name == "colour" and text:
            return _colour(node, text, where, reading)
        if name == "guid" and text and not GUID.fullmatch(text):
            reading.wrong(node, f"{where}, guid", "not a GUID", "as 8-4-4-4-12 hexadecimal digits, or take it out")
        return text
    found = nodes.texts(keys, name, where, reading, seeds_too=entry.kind == "seeds")
    if entry.kind == "keys":
        for key, place in found.items():
            if name == "replaced-by":
                reading.named.append((place, f"{where}, {name}", key))
            elif not KEY.fullmatch(key):
                reading.wrong_at(place, f"{where}, {name}", f'"{key}" is not a key', "letters, digits, - _ and . only")
            elif key in reading.aliases:
                other, first = reading.aliases[key]
                reading.wrong_at(place, f"{where}, {name}", f'"{key}" is an alias of {other} already, {first}')
            else:
                reading.aliases[key] = (where, place)
    for value, place in found.items():
        if entry.choices and value not in entry.choices:
            hint = near(value, entry.choices) or f"known here: {', '.join(entry.choices)}"
            reading.wrong_at(place, f"{where}, {name}", f'unknown "{value}"', hint)
    return tuple(found)


def _colour(node: yaml.Node, text: str, where: str, reading: Reading) -> str:
    if not COLOUR.fullmatch(text):
        reading.wrong(node, f"{where}, colour", f'"{text}" is not a colour', 'like "#c04030", in quotes')
        return ""
    digits = text[1:] if len(text) == 7 else "".join(c * 2 for c in text[1:])
    return f"#{digits.upper()}"


def _read_sets(node: yaml.Node, reading: Reading) -> None:
    if not isinstance(node, yaml.SequenceNode):
        reading.wrong(node, "sets", "expected a list of sets, each with name: and codes:")
        return
    for entry in node.value:
        if not isinstance(entry, yaml.MappingNode):
            reading.wrong(entry, "sets", "expected a set with name: and codes:")
            continue
        keys = nodes.entries(entry, "sets", OF_SET, reading)
        name = nodes.one_line(nodes.text(keys, "name", "sets", reading))
        if not name:
            reading.wrong(entry, "sets", "a set without a name")
        members = nodes.texts(keys, "codes", name or "sets", reading, may_be_empty=True)
        reading.named += [(place, f"set {name}", key) for key, place in members.items()]
        guid = nodes.one_line(nodes.text(keys, "guid", "sets", reading))
        if guid and not GUID.fullmatch(guid):
            reading.wrong(keys["guid"][1], f"{name}, guid", "not a GUID", "as 8-4-4-4-12 hexadecimal digits")
        if any(s.name == name for s in reading.sets):
            reading.wrong(entry, f"set {name}", "the set stands twice")
        reading.sets.append(CodeSet(name, tuple(members), nodes.text(keys, "description", name, reading), guid))


# What is named by key


def _check_references(reading: Reading) -> None:
    """What is named by key exists, aliases are free, and nobody is their own ancestor."""
    parent_of = {code.key: code.parent for code in reading.codes}
    for place, where, key in reading.named:
        if key not in parent_of:
            hint = near(key, parent_of) or "it is the key of a code"
            if key in reading.aliases:
                hint = f"now {reading.aliases[key][0]}"
            reading.wrong_at(place, where, f'unknown code "{key}"', hint)
    for alias, (key, place) in reading.aliases.items():
        if alias in parent_of:
            reading.wrong_at(place, f"{key}, aliases", f'"{alias}" is a code, {reading.places[alias]}')
    for key, place in reading.parents.items():
        if (above := parent_of.get(key, "")) and above not in parent_of:
            hint = near(above, [k for k in parent_of if k != key]) or "a parent is the key of another code"
            reading.wrong_at(place, key, f'unknown parent "{above}"', hint)
    for ring in code_fields.rings(parent_of):
        place = reading.parents.get(ring[0], reading.places[ring[0]])
        reading.wrong_at(place, ring[0], f"its own ancestor: {_way(ring)}")
    if key := code_fields.too_deep(parent_of):
        place = reading.places[key]
        raise InputError(
            f"{place.file or reading.own or 'codebook'}, line {place.line}: {key}: "
            f"codes within codes, more than {DEEPEST} levels deep (by `parent`).",
            "Put the innermost codes under one that stands further up.",
        )


def _way(ring: Sequence[str]) -> str:
    """The keys of a ring, back to the first; those in the middle of a long one are left out."""
    shown = [*ring[:LONGEST_WAY], "..."] if len(ring) > LONGEST_WAY else ring
    return " > ".join([*shown, ring[0]])
