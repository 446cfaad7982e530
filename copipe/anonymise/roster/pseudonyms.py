"""What stands for a person, place or organisation: "[nurse 3]", given once, never changed, never to two.

The table is private/pseudonyms.json. A number that was given stays given, also when its person leaves the roster, so
that what was read in an earlier report never comes to mean somebody else.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from copipe.anonymise.matching import pieces
from copipe.errors import ConfigError
from copipe.study import vault
from copipe.texts import from_json

KINDS = ("person", "place", "organisation")  # labels that are given to what was found, and not chosen by anybody
_NUMBERED = re.compile(r"\[(?P<label>[^\[\]]*?) (?P<number>\d+)\]")


@dataclass(frozen=True, slots=True)
class Given:
    """`pseudonym` ("[nurse 3]") stands for whoever goes by `forms` (keys, the first is the full name)."""

    pseudonym: str
    label: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """All that were ever given. `id` tells one study's table from another: a table that is lost begins a new one."""

    given: tuple[Given, ...] = ()
    id: str = ""


def key(form: str) -> str:
    """What two spellings of a name have in common: letters and digits, without case, accents, signs and possessive.

    >>> key("Siobhán  O’Brien's"), key("NHS")
    ('siobhan obrien', 'nhs')
    """
    words: list[str] = []
    for piece in pieces(form):
        if piece.joined and words:
            words[-1] += piece.folded
        else:
            words.append(piece.folded)
    row = pieces(form)
    if len(row) > 1 and row[-1].joined and row[-1].folded == "s" and form[row[-1].start - 1] not in "-.\u2010\u2011":
        words[-1] = words[-1][:-1]
    return " ".join(words)


def number(
    table: Pseudonyms, wanted: Sequence[tuple[str, Sequence[str]]], taken: Iterable[str] = ()
) -> tuple[Pseudonyms, tuple[str, ...]]:
    """Pseudonyms for `wanted`, each a label ("nurse") and the forms of one name, the full one first; in their order.

    Whoever has one keeps it: the label and the full name say who it is. No number is given that stands in
    `taken` (what the researcher wrote by hand).
    """
    highest: dict[str, int] = {}
    for pseudonym in (*taken, *(g.pseudonym for g in table.given)):
        if hit := _NUMBERED.fullmatch(pseudonym):
            label = hit["label"].casefold()
            highest[label] = max(highest.get(label, 0), int(hit["number"]))
    given = list(table.given)
    people = [(label, tuple(dict.fromkeys(k for f in forms if (k := key(f))))) for label, forms in wanted]
    places = _known(given, people)
    for at, (label, keys) in enumerate(people):
        if (place := places.get(at)) is None:
            highest[label.casefold()] = highest.get(label.casefold(), 0) + 1
            given.append(Given(f"[{label} {highest[label.casefold()]}]", label, keys))
            places[at] = len(given) - 1
        else:
            given[place] = replace(given[place], forms=tuple(dict.fromkeys((*keys, *given[place].forms))))
    made = tuple(given[places[at]].pseudonym for at in range(len(people)))
    return (replace(table, given=tuple(given)) if tuple(given) != table.given else table), made


def number_forms(
    table: Pseudonyms, wanted: Sequence[tuple[str, str]], taken: Sequence[str] = ()
) -> tuple[Pseudonyms, dict[tuple[str, str], str]]:
    """Pseudonyms for forms that something found, each with its kind: ("place", "Leeds").

    The same words have the same one whatever they were taken for first.
    """
    made: dict[tuple[str, str], str] = {}
    for kind, form in wanted:
        known = next((g.pseudonym for g in table.given if g.label in KINDS and g.forms[:1] == (key(form),)), None)
        if known is None or kind not in KINDS:
            table, (known,) = number(table, [(kind, [form])], taken)
        made[kind, form] = known
    return table, made


def _known(given: Sequence[Given], people: Sequence[tuple[str, tuple[str, ...]]]) -> dict[int, int]:
    """Which of the people has which entry: by the full name, else by a full name that was only a part of it then.

    Somebody whose full name was a short form of somebody else's is new: better two numbers for one than one for two.
    """
    known: dict[int, int] = {}
    for same in (True, False):
        for at, (label, keys) in enumerate(people):
            for place, entry in enumerate(given):
                if at in known or place in known.values() or entry.label != label or not entry.forms or not keys:
                    continue
                if entry.forms[0] == keys[0] if same else entry.forms[0] in keys:
                    known[at] = place
    return known


def load(path: Path) -> Pseudonyms:
    """The table of a study; an empty one, without id, where there is no file. ConfigError when it is damaged."""
    try:
        said = from_json(vault.read_text(path))
        given = tuple(Given(g["pseudonym"], g["label"], tuple(g["forms"])) for g in said["given"])
        return Pseudonyms(given, said["id"])
    except FileNotFoundError:
        return Pseudonyms()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path}: this is not the table of pseudonyms that copipe wrote.",
            "Restore it from a backup. If there is none, move it away: everybody then gets a new number, everywhere.",
        ) from error


def save(path: Path, table: Pseudonyms) -> Pseudonyms:
    """Write the table, readable by its owner alone; it gets an id if it has none."""
    table = table if table.id else replace(table, id=secrets.token_hex(8))
    said = [{"pseudonym": g.pseudonym, "label": g.label, "forms": list(g.forms)} for g in table.given]
    vault.write_text(path, json.dumps({"id": table.id, "given": said}, indent=1, ensure_ascii=False) + "\n")
    return table
