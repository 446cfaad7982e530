"""REFI-QDA codebooks (.qdc), which ATLAS.ti, MAXQDA, NVivo, QDA Miner, Taguette and others read and write.

The format (REFI-QDA 1.5, section 5.2; namespace urn:QDA-XML:codebook:1.0) holds a tree of codes with name, GUID,
colour, description and whether passages may be filed under them, and sets of codes. Elements stand in a fixed order: of
a code its Description, then narrower codes.

What it does not hold of a code - key, seeds, when to use it, aliases, limits - stands at the end of its Description
below a line `-- copipe --`, as YAML, and is read back from there; a definition changed above that line in another
program is taken as it is. Name, description, source and unit of the whole codebook have no place and are left out.

Real files differ from the schema: NVivo for Mac writes the namespace with a colon (codebook:1:0), others that of
projects or none, GUIDs come in braces and in small letters, isCodable may be missing. All that is read.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from copipe import __version__, yaml_text
from copipe.containers import xml
from copipe.containers.xml import Bounds
from copipe.errors import InputError
from copipe.records import Code, Codebook, CodeSet
from copipe.study import code_fields
from copipe.study.code_fields import BY_NAME, DEEPEST, Plain
from copipe.texts import for_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

NAMESPACE = "urn:QDA-XML:codebook:1.0"
MARK = "-- copipe --"  # the line below which a Description holds what the format has no place for
GUIDS = uuid.UUID("6f6f4c5e-2d0b-5c53-9b5c-6d4f2f1d7c11")  # copipe's own, from which GUIDs are worked out by key
LARGEST = 20_000_000  # bytes; a codebook of ten thousand codes is a tenth of that
MOST_ELEMENTS = 100_000  # a code has two or three, a set one for each of its codes
_HELD = ("label", "definition", "parent", "colour", "codable", "guid")  # by the format itself
_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")
_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
_KEY = re.compile(r"[^\W_][\w.-]*")  # as in YAML
_NOT_KEY = re.compile(r"[^\w]+|_+")


def guid_of(key: str) -> str:
    """The GUID of a code that has none from elsewhere: always the same for the same key.

    >>> guid_of("conflict") == guid_of("conflict") != guid_of("conflicts")
    True
    """
    return str(uuid.uuid5(GUIDS, key)).upper()


# Writing


def write(book: Codebook) -> str:
    """A codebook as the text of a .qdc file."""
    from lxml import etree

    names: Any = {None: NAMESPACE}  # the default namespace, for which lxml's types have no word
    root = etree.Element(f"{{{NAMESPACE}}}CodeBook", {"origin": f"copipe {__version__}"}, nsmap=names)
    codes = etree.SubElement(root, f"{{{NAMESPACE}}}Codes")
    ordered = list(_preorder(book.codes, ""))
    given = _given([code.label for code in ordered], [code.key for code in ordered], [bool(c.guid) for c in ordered])
    elements = {"": codes}
    for code in ordered:
        elements[code.key] = _write_code(elements[code.parent], code, code.key in given)
    if book.sets:
        sets = etree.SubElement(root, f"{{{NAMESPACE}}}Sets")
        guids = {code.key: code.guid or guid_of(code.key) for code in book.codes}
        for some in book.sets:
            _write_set(sets, some, guids)
    text: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return text.decode()


def lost(book: Codebook) -> tuple[str, ...]:
    """What a .qdc file has no place for, and is not carried in a description."""
    named = {"its name": book.name, "its description": book.description, "its source": book.source}
    return tuple(what for what, said in named.items() if said)


def _write_code(parent: _Element, code: Code, with_key: bool) -> _Element:
    from lxml import etree

    about = {"guid": code.guid or guid_of(code.key), "name": for_xml(code.label)}
    about["isCodable"] = "true" if code.codable else "false"
    if code.colour:
        about["color"] = code.colour
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}Code", about)
    carried: dict[str, Plain] = {"key": code.key} if with_key else {}
    carried |= {name: value for name, value in code_fields.plain(code).items() if name not in _HELD}
    if for_xml(code.label) != code.label:
        carried["label"] = code.label
    if for_xml(code.definition) != code.definition:
        carried["definition"] = code.definition
    text = for_xml(code.definition)
    if carried or any(line.strip() == MARK for line in text.split("\n")):
        plain = {name: value if isinstance(value, str) else list(value) for name, value in carried.items()}
        below = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=10**9) if plain else ""
        text = f"{text}\n\n{MARK}\n{for_xml(below)}".strip("\n")
    if text:
        etree.SubElement(element, f"{{{NAMESPACE}}}Description").text = text
    return element


def _write_set(sets: _Element, some: CodeSet, guids: Mapping[str, str]) -> None:
    from lxml import etree

    about = {"guid": some.guid or guid_of(f"set:{some.name}"), "name": for_xml(some.name)}
    element = etree.SubElement(sets, f"{{{NAMESPACE}}}Set", about)
    if some.description:
        etree.SubElement(element, f"{{{NAMESPACE}}}Description").text = for_xml(some.description)
    for key in some.codes:
        etree.SubElement(element, f"{{{NAMESPACE}}}MemberCode", {"guid": guids[key]})


def _given(labels: Sequence[str], keys: Sequence[str], foreign: Sequence[bool]) -> set[str]:
    """Keys that must be written, since they would not come back from the names of the codes.

    Those of codes that another program made (`foreign`) are left out where they would, so that its file stays its own.
    """
    given = {key for key, of_other in zip(keys, foreign, strict=True) if not of_other}
    while True:
        read = keys_for(labels, [key if key in given else "" for key in keys])
        missed = {key for key, found in zip(keys, read, strict=True) if key != found} - given
        if not missed:
            return given
        given |= missed


# Reading


@dataclass(slots=True)
class _Found:
    """What stands in a file so far; `parents` are indices of the codes above, -1 at the top."""

    path: Path
    problems: list[str] = field(default_factory=list)  # with which it cannot be read
    notes: list[str] = field(default_factory=list)  # what was left out or taken another way
    codes: list[dict[str, Any]] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    guids: dict[str, int] = field(default_factory=dict)

    def note(self, element: _Element, what: str) -> None:
        self.notes.append(f"line {element.sourceline}: {what}")


def read(path: Path) -> tuple[Codebook, tuple[str, ...]]:
    """The codebook in a .qdc file (its hash is left to the caller), and what could not be taken over, by line.

    Raises `InputError` with all that is wrong with the file.
    """
    root = _parse(path)
    found = _Found(path)
    tops = [child for child in _elements(root) if _name(child) == "Codes"]
    for child in _elements(root):
        if _name(child) not in ("Codes", "Sets"):
            found.note(child, f"{_name(child)} is not part of a codebook and was left out")
    for top in tops:
        for element in _elements(top):
            _read_code(element, -1, 1, found)
    if not found.codes and not found.problems:
        found.problems.append(f"line {root.sourceline}: no codes in it")
    if found.problems:
        count = f"{len(found.problems)} problems" if len(found.problems) > 1 else "1 problem"
        raise InputError(
            f"{path}: {count} in the codebook\n" + "\n".join(f"  {p}" for p in found.problems),
            "Export it again from the program it comes from, or mend these lines in an editor.",
        )
    codes = _codes(found)
    sets = [s for child in _elements(root) if _name(child) == "Sets" for s in _read_sets(child, codes, found)]
    return Codebook(path.stem, codes, "", sets=tuple(sets)), tuple(found.notes)


def _parse(path: Path) -> _Element:
    hint = "A REFI-QDA codebook (.qdc) is an XML file that begins with <CodeBook>."
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise InputError(f"{path} has {size / 1e6:.0f} MB; no codebook is that large.", hint)
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the codebook cannot be read ({error.strerror}).", "Check the path.") from error
    if data.startswith(b"PK"):
        raise InputError(f"{path} is a project (.qdpx) or another archive, not a codebook.", hint)
    try:
        root = xml.parse(data, str(path), Bounds(elements=MOST_ELEMENTS, depth=2 * DEEPEST))
    except xml.BrokenError as error:
        raise InputError(error.message, hint) from None
    if _name(root) == "Project":
        inside = next((child for child in _elements(root) if _name(child) == "CodeBook"), None)
        if inside is None:
            raise InputError(f"{path} is a project without a codebook.", hint)
        return inside
    if _name(root) != "CodeBook":
        raise InputError(f"{path} is not a REFI-QDA codebook: it begins with <{_name(root)}>.", hint)
    return root


def _read_code(element: _Element, parent: int, depth: int, found: _Found) -> None:
    if _name(element) != "Code":
        found.note(element, f"{_name(element)} is not a code and was left out")
        return
    if depth > DEEPEST:
        found.problems.append(f"line {element.sourceline}: codes within codes, more than {DEEPEST} deep")
        return
    name = " ".join((element.get("name") or "").split())
    said: dict[str, Any] = {"label": name, "codable": _codable(element, found)}
    if guid := _guid(element, found):
        if guid in found.guids:
            found.note(element, "a GUID that another code has as well; a new one is worked out")
        else:
            found.guids[guid] = len(found.codes)
            said["guid"] = guid
    colour = (element.get("color") or "").strip()
    if _COLOUR.fullmatch(colour):
        said["colour"] = "#" + (colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])).upper()
    elif colour:
        found.note(element, f'"{colour}" is not a colour and was left out')
    for child in _elements(element):
        if _name(child) == "Description":
            said |= _description(_text(child), child, found)
    if not said["label"]:
        found.problems.append(f"line {element.sourceline}: a code without a name")
    number = len(found.codes)
    found.codes.append(said)
    found.parents.append(parent)
    for child in _elements(element):
        if _name(child) != "Description":
            _read_code(child, number, depth + 1, found)


def _description(text: str, element: _Element, found: _Found) -> dict[str, Any]:
    """The definition of a code, and what copipe put below it."""
    lines = text.replace("\r\n", "\n").split("\n")
    marks = [n for n, line in enumerate(lines) if line.strip() == MARK]
    if not marks:
        return {"definition": "\n".join(lines).strip()}
    above = "\n".join(lines[: marks[-1]]).strip()
    try:
        carried = yaml_text.from_yaml("\n".join(lines[marks[-1] + 1 :]), found.path) or {}
        if not _is_carried(carried):
            raise ValueError
    except (yaml.YAMLError, ValueError, InputError):
        found.note(element, f'what stands below "{MARK}" was changed and cannot be read; it is kept in the definition')
        return {"definition": "\n".join(lines).strip()}
    return {"definition": above} | {n: tuple(v) if isinstance(v, list) else v for n, v in carried.items()}


def _is_carried(carried: object) -> bool:
    def fits(name: object, value: object) -> bool:
        if name == "key":
            return isinstance(value, str) and bool(value)
        if name not in BY_NAME or name in ("parent", "colour", "codable", "guid"):
            return False
        if BY_NAME[str(name)].many:
            return isinstance(value, list) and all(isinstance(v, str) for v in value)
        return isinstance(value, str)

    return isinstance(carried, dict) and all(fits(name, value) for name, value in carried.items())


def _codes(found: _Found) -> tuple[Code, ...]:
    given: list[str] = []
    folded: set[str] = set()
    for said in found.codes:
        key = said.pop("key", "")
        if key and (not _KEY.fullmatch(key) or key.casefold() in folded):
            found.notes.append(f'{said["label"]}: "{key}" is no key, or that of another code; a new one is made')
            key = ""
        given.append(key)
        folded |= {key.casefold()} if key else set()
    keys = keys_for([said["label"] for said in found.codes], given)
    codes = []
    for key, said, parent in zip(keys, found.codes, found.parents, strict=True):
        code = code_fields.build(key, {**said, "parent": keys[parent] if parent >= 0 else ""})
        codes.append(replace(code, guid="") if code.guid == guid_of(key) else code)
    return tuple(codes)


def keys_for(labels: Sequence[str], given: Sequence[str]) -> list[str]:
    """A key for each code: the one `given`, else one made of its name, with a number where that is taken."""
    taken = {key.casefold() for key in given if key}
    keys = []
    for label, key in zip(labels, given, strict=True):
        if not key:
            base = _NOT_KEY.sub("-", unicodedata.normalize("NFKC", label).lower()).strip("-") or "code"
            key, number = base, 1
            while key.casefold() in taken:
                number += 1
                key = f"{base}-{number}"
            taken.add(key.casefold())
        keys.append(key)
    return keys


def _read_sets(element: _Element, codes: Sequence[Code], found: _Found) -> Iterator[CodeSet]:
    names: set[str] = set()
    by_guid = {guid: codes[number].key for guid, number in found.guids.items()}
    for child in _elements(element):
        name = " ".join((child.get("name") or "").split())
        if _name(child) != "Set" or not name or name in names:
            found.note(child, "a set without a name, or with that of another, was left out")
            continue
        names.add(name)
        description, members = "", []
        for part in _elements(child):
            if _name(part) == "Description":
                description = _text(part).strip()
            elif _name(part) == "MemberCode" and (
                guid := _plain_guid(part.get("guid") or part.get("targetGUID") or "")
            ):
                if guid in by_guid:
                    members.append(by_guid[guid])
                else:
                    found.note(part, f"set {name}: a code that is not in the file was left out")
            else:
                found.note(part, f"set {name}: {_name(part)} was left out")
        guid = _guid(child, found)
        guid = "" if guid == guid_of(f"set:{name}") else guid
        yield CodeSet(name, tuple(dict.fromkeys(members)), description, guid)


def _codable(element: _Element, found: _Found) -> str:
    said = (element.get("isCodable") or "true").strip()
    if said not in ("true", "1", "false", "0"):
        found.note(element, f'isCodable is "{said}", taken for true')
    return "no" if said in ("false", "0") else "yes"


def _guid(element: _Element, found: _Found) -> str:
    said = (element.get("guid") or "").strip()
    if not (guid := _plain_guid(said)):
        found.note(element, "no GUID, or one that is none; a new one is worked out")
    return guid


def _plain_guid(said: str) -> str:
    match = _GUID.fullmatch(said.strip())
    return match[1].upper() if match else ""


def _text(element: _Element) -> str:
    return "".join(map(str, element.itertext()))


def _name(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _elements(element: _Element) -> Iterator[_Element]:
    return (child for child in element if isinstance(child.tag, str))


def _preorder(codes: Sequence[Code], parent: str) -> Iterator[Code]:
    below: dict[str, list[Code]] = {}
    for code in codes:
        below.setdefault(code.parent, []).append(code)
    waiting = below.get(parent, [])[::-1]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += below.get(code.key, [])[::-1]
