"""What can be said of a code: the fields of a codebook, by the names that stand in YAML and CSV.

One table, from which codebooks are read, written, compared and carried into other formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, Literal, get_args

from copipe.records import Code
from copipe.study.tables import Kind

# line: one line of text; text: paragraphs; list: several texts; keys: keys of codes; seeds: how candidates are found;
# choice: one of `choices`
FieldKind = Literal["line", "text", "list", "keys", "seeds", "choice"]
Plain = str | tuple[str, ...]  # a value as it is written

UNITS = ("sentence", "turn", "window", "story")
MEETING_KINDS: tuple[str, ...] = get_args(Kind)
TRUE, FALSE = ("yes", "true", "on"), ("no", "false", "off")


DEEPEST = 50  # levels of codes within codes; published codebooks have two to four


@dataclass(frozen=True, slots=True)
class Field:
    """`name` is written, `attribute` is the record's; `says` is for whoever writes a codebook."""

    name: str
    attribute: str
    kind: FieldKind
    says: str
    choices: tuple[str, ...] = ()

    @property
    def many(self) -> bool:
        return self.kind in ("list", "keys", "seeds")


FIELDS = (
    Field("label", "label", "line", "What people read; the key without it."),
    Field("definition", "definition", "text", "What the code means."),
    Field("include", "include", "text", "When to use it."),
    Field("exclude", "exclude", "text", "When not, and what to use instead."),
    Field("examples", "examples", "list", "Passages that belong under it, one each; made up or anonymised."),
    Field("counter-examples", "counter_examples", "list", "Passages that seem to belong and do not."),
    Field("parent", "parent", "line", "Key of the category above, where it does not stand under it."),
    Field("colour", "colour", "line", "As #RRGGBB."),
    Field("memo", "memo", "text", "What you want to remember of it; not part of its meaning."),
    Field("aliases", "aliases", "keys", "Keys it had before: decisions filed under them are its own."),
    Field(
        "deprecated", "deprecated", "line", "Why it is no longer used. It proposes nothing, and its decisions are kept."
    ),
    Field("replaced-by", "replaced_by", "keys", "Codes to use instead of a deprecated one."),
    Field("only-roles", "roles", "list", "Propose it only where these speak."),
    Field("only-kinds", "kinds", "list", "Propose it only in these kinds of meeting.", MEETING_KINDS),
    Field("unit", "unit", "choice", "The passage it is proposed for; the run's without it.", UNITS),
    Field("case", "case", "choice", "exact: seeds match only in the case they are written in.", ("ignore", "exact")),
    Field("codable", "codable", "choice", "no: a category that passages are not filed under.", ("yes", "no")),
    Field("guid", "guid", "line", "Its identity in other programs (REFI-QDA); worked out from the key without it."),
    Field("seeds", "seeds", "seeds", "Words and patterns that propose it."),
    Field("not-seeds", "not_seeds", "seeds", "Words and patterns that take a hit of a seed away."),
)
BY_NAME = {field.name: field for field in FIELDS}
_DEFAULTS = {f.name: f.default for f in dataclass_fields(Code)}


def label_of(key: str) -> str:
    """The label of a code that has none.

    >>> label_of("continuing-care")
    'continuing care'
    """
    return " ".join(key.replace("-", " ").replace("_", " ").split())


def plain(code: Code) -> dict[str, Plain]:
    """What a code says, field by field as it is written, without its key and without what is the default.

    >>> plain(Code("a-b", "a b", case=True, seeds=("x",)))
    {'case': 'exact', 'seeds': ('x',)}
    """
    said: dict[str, Plain] = {}
    for field in FIELDS:
        value = getattr(code, field.attribute)
        if value == _DEFAULTS[field.attribute] or (field.name == "label" and value == label_of(code.key)):
            continue
        said[field.name] = {"case": "exact", "codable": "no"}.get(field.name, value)
    return said


def build(key: str, said: Mapping[str, Plain]) -> Code:
    """The code that `plain` wrote; values are taken to be right."""
    values: dict[str, Any] = {BY_NAME[name].attribute: value for name, value in said.items()}
    values["label"] = values.get("label") or label_of(key)
    if "case" in values:
        values["case"] = values["case"] == "exact"
    if "codable" in values:
        values["codable"] = values["codable"] not in FALSE
    if values.get("deprecated") in TRUE:
        values["deprecated"] = TRUE[0]
    elif values.get("deprecated") in FALSE:
        values["deprecated"] = ""
    return Code(key, **values)


def rings(parent_of: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """The circles among codes by the key of each one's category ("" at the top): each once, from the first met."""
    looked: set[str] = set()  # keys whose way up is known
    found = []
    for start in parent_of:
        way: dict[str, None] = {}
        key = start
        while key and key in parent_of and key not in looked and key not in way:
            way[key] = None
            key = parent_of[key]
        looked |= way.keys()
        if key and key in way:
            keys = list(way)
            found.append(tuple(keys[keys.index(key) :]))
    return tuple(found)


def too_deep(parent_of: Mapping[str, str]) -> str:
    """The key of the first code that stands more than `DEEPEST` levels deep, "" for none; codes in a ring are none."""
    depths = {key: 0 for ring in rings(parent_of) for key in ring} | {"": 0}
    for start in parent_of:
        way = []
        key = start
        while key not in depths and key in parent_of:
            way.append(key)
            key = parent_of[key]
        depth = depths.get(key, 0)
        for key in reversed(way):
            depth += 1
            depths[key] = depth
            if depth > DEEPEST:
                return key
    return ""
