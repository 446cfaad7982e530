"""What people decided about names that the machine was not sure of: for the whole study, by the form that was said.

Verdicts, in `private/decisions/replacements.jsonl` (kind "replacement", about the key of the form):
keep      where a recogniser doubts it, this form stays: it is no name, or one that may be read
never     as keep, and also where a recogniser is sure
replace   where a recogniser finds it, it is replaced by `text`
always    it is replaced by `text` wherever it stands, as if the roster had it
person    as always, for somebody who has a pseudonym or role code of their own, in `text`
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

from copipe.anonymise.roster import roster as rosters
from copipe.anonymise.roster.pseudonyms import key
from copipe.anonymise.roster.roster import Entry, Kind, Roster, entry_of
from copipe.records import Decision
from copipe.study import decisions
from copipe.texts import from_json

Verdict = Literal["keep", "never", "replace", "always", "person"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
NAMED = ("replace", "always", "person")  # those that need a replacement
TABLES: Mapping[str, Kind] = {"person": "others", "place": "places", "organisation": "organisations"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What stands for one form."""

    form: str
    verdict: Verdict
    kind: str = "person"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """All that stands, each with the key of its form."""

    choices: tuple[tuple[str, Choice], ...] = ()

    def of(self, wanted: str) -> Choice | None:
        """What was decided about the form of this key."""
        return _table(self).get(wanted)


@lru_cache(maxsize=8)
def _table(decided: Decided) -> dict[str, Choice]:
    return dict(decided.choices)


def standing(made: Iterable[Decision]) -> Decided:
    """What counts now: of two about the same form the later; none that was taken back."""
    found: dict[str, Choice] = {}
    for decision in decisions.standing(tuple(made), "replacement"):
        detail = from_json(decision.detail or "{}")
        if decision.verdict in VERDICTS:
            form, kind = str(detail.get("form", decision.about)), str(detail.get("kind", "person"))
            found[decision.about] = Choice(form, decision.verdict, kind, decision.text)
    return Decided(tuple(sorted(found.items())))


def decision(choice: Choice, who: str) -> Decision:
    """A choice as a decision to append."""
    return decisions.decide(
        kind="replacement",
        about=key(choice.form),
        verdict=choice.verdict,
        who=who,
        text=choice.text,
        detail=json.dumps({"form": choice.form, "kind": choice.kind}, ensure_ascii=False, sort_keys=True),
    )


def with_decided(roster: Roster, decided: Decided) -> Roster:
    """The roster with the forms that are always to be replaced; what it says itself wins."""
    written = {key(e.form) for e in roster.entries}
    added = [
        _entry(choice)
        for wanted, choice in decided.choices
        if choice.verdict in ("always", "person") and choice.text and wanted not in written
    ]
    if not added:
        return roster
    entries = (*roster.entries, *added)
    found = rosters.matcher(Roster(entries))
    # A replacement that holds a name could never be told from a leak: the file may not have one, here it is left out.
    good = tuple(e for e in added if not any(True for _ in found.find(e.replacement)))
    return replace(roster, entries=(*roster.entries, *good))


def _entry(choice: Choice) -> Entry:
    kind: Kind = TABLES.get(choice.kind, "others") if choice.text.startswith("[") else "people"
    return entry_of(kind, choice.form, choice.text)
