"""The roster of names: every form of a person's, place's or organisation's name, and what stands for it.

    [people]
    "Mary Archer" = "SN1"
    "Mary" = "SN1"

    [others]
    "Will" = { replacement = "a nurse", case_sensitive = true }   # "will" is also a word

    [[person]]
    forms = ["Siobhan O'Brien", "Siobhan", "Shiv", "Chevonne"]
    kind = "nurse"                                                # becomes [nurse 1], and stays it

The file is private/roster.toml; what it says never appears in a message.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from copipe.anonymise import dictionary
from copipe.anonymise.matching import Matcher, pieces, plain
from copipe.anonymise.roster import pseudonyms as numbering
from copipe.anonymise.roster.file import Name, read_names
from copipe.anonymise.roster.pseudonyms import Pseudonyms
from copipe.study import toml, vault
from copipe.study.toml import Problem, TomlFile, near_miss

Kind = Literal["people", "others", "places", "organisations"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_LEAST_PLURAL = 3  # letters of a name that may stand in the plural


@dataclass(frozen=True, slots=True)
class Entry:
    """One form of a name. `case_sensitive` is for names that are also words ("Will", "May")."""

    kind: Kind
    form: str
    replacement: str
    case_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """All forms of all names, in the order of the file.

    `allow` are words that name nobody (keys), `notices` what the researcher should know of the file (without names),
    `pseudonyms` the table of numbers with those that this roster gave; it is the caller's to keep.
    """

    entries: tuple[Entry, ...] = ()
    allow: frozenset[str] = frozenset()
    notices: tuple[str, ...] = field(default=(), compare=False)
    pseudonyms: Pseudonyms = field(default=Pseudonyms(), compare=False)


def load(
    path: Path,
    pseudonyms: Pseudonyms = Pseudonyms(),  # noqa: B008 - frozen
    codes: Collection[str] | None = None,
) -> Roster:
    """Read and check the roster; a file that is not there is an empty one.

    `pseudonyms` are the numbers given so far, `codes` those of the members and visitors; without them any code will do.
    ConfigError lists every problem with its line.
    """
    if not vault.exists(path):
        return Roster(pseudonyms=pseudonyms)
    file = toml.read(path)
    toml.refuse(file.problems)
    names, allow, problems = read_names(file)
    table, given = numbering.number(
        pseudonyms,
        [(name.label, [f.text for f in name.forms]) for name in names if name.label],
        [name.replacement for name in names],
    )
    numbered = iter(given)
    placed: list[tuple[int, Entry]] = []
    notices: list[str] = []
    for name in names:
        replacement = next(numbered) if name.label else name.replacement
        for form in name.forms:
            entry = entry_of(name.kind, form.text, replacement, form.case_sensitive)
            cased = entry.case_sensitive
            placed.append((form.line, entry))
            if cased and form.case_sensitive is None and not is_initials(form.text):
                said = "is also a word, so it counts with its capital only; case_sensitive says otherwise"
                notices.append(f"{path.name}, line {form.line}: this name {said}")
    problems += _conflicts(file, placed)
    problems += _taken(file, names, pseudonyms)
    problems += _nobodys(file, names, codes) if codes is not None else ()
    toml.refuse(problems)
    return Roster(tuple(entry for _, entry in placed), allow, tuple(dict.fromkeys(notices)), table)


@lru_cache(maxsize=8)
def matcher(roster: Roster) -> Matcher[Entry]:
    """The roster compiled: its forms, and of people "the Khans" as well."""
    return Matcher(
        ((entry.form, entry.case_sensitive, entry) for entry in roster.entries),
        ((form, cased, entry) for entry in roster.entries for form, cased in _plurals(entry)),
    )


def _plurals(entry: Entry) -> Iterator[tuple[str, bool]]:
    """How several people of a name are called, and whether its capital counts: where it does, or the plural is a word.

    >>> list(_plurals(Entry("people", "Imran Khan", "CS")))
    [('Imran Khans', False)]
    """
    row = pieces(entry.form)
    if entry.kind not in ("people", "others") or not row or is_initials(entry.form):
        return
    last = row[-1]
    if len(last.folded) < _LEAST_PLURAL or not last.folded.isalpha() or entry.form[last.end :].strip():
        return
    name, folded = entry.form[: last.end], last.folded
    ways = [name + "es", name + "s"] if folded.endswith(("s", "x", "z", "ch", "sh")) else [name + "s"]
    ways += [name[:-1] + "ies"] if folded.endswith("y") else []
    for form in ways:
        is_word = len(row) == 1 and plain(form).casefold() in dictionary.also_words()
        yield form.upper() if name.isupper() else form, entry.case_sensitive or is_word


def entry_of(kind: Kind, form: str, replacement: str, case_sensitive: bool | None = None) -> Entry:
    """A form as it counts: where nobody says, a name that is also a word, and initials, must have their capitals.

    >>> entry_of("others", "will", "[nurse 1]")
    Entry(kind='others', form='Will', replacement='[nurse 1]', case_sensitive=True)
    """
    if case_sensitive is not None:
        return Entry(kind, form, replacement, case_sensitive)
    if " ".join(form.casefold().split()) in dictionary.also_words():
        return Entry(kind, form.title() if form.islower() else form, replacement, True)
    return Entry(kind, form, replacement, is_initials(form))


def is_initials(form: str) -> bool:
    """True for "MH", "M.H." and the like: two or three capitals, which in small letters may be anything."""
    letters = "".join(piece.cased for piece in pieces(form))
    return 1 <= len(letters) <= 3 and letters.isupper()


def _conflicts(file: TomlFile, placed: Sequence[tuple[int, Entry]]) -> Iterator[Problem]:
    """Forms with two replacements, and replacements that hold a form: they could never be free of it."""
    seen: dict[tuple[bool, tuple[str, ...]], tuple[int, Entry]] = {}
    for line, entry in placed:
        spelling = tuple(p.cased if entry.case_sensitive else p.folded for p in pieces(entry.form))
        before, other = seen.setdefault((entry.case_sensitive, spelling), (line, entry))
        if other.replacement != entry.replacement:
            yield Problem(file.path, line, entry.kind, f"this name has another replacement on line {before}")
    found = matcher(Roster(tuple(entry for _, entry in placed)))
    for line, entry in placed:
        if any(True for _ in found.find(entry.replacement)):
            message = "the replacement holds a name of this roster, so it could not be told from a leak"
            yield Problem(file.path, line, entry.kind, message)


def _taken(file: TomlFile, names: Sequence[Name], table: Pseudonyms) -> Iterator[Problem]:
    """Replacements written by hand that copipe has given to somebody else."""
    given = {g.pseudonym: set(g.forms) for g in table.given}
    together: dict[str, set[str]] = {}
    for name in names:
        together.setdefault(name.replacement, set()).update(numbering.key(f.text) for f in name.forms)
    for name in names:
        forms = given.get(name.replacement)
        if forms is not None and not forms & together[name.replacement]:
            message = "this replacement was given to somebody else before; choose another, or a kind for a new number"
            yield Problem(file.path, name.line, name.kind, message)


def _nobodys(file: TomlFile, names: Sequence[Name], codes: Collection[str]) -> Iterator[Problem]:
    """People under a code that nobody has. What is written there is not shown: it may be a name on the wrong side."""
    for name in names:
        if name.kind == "people" and name.replacement not in codes and not name.replacement.startswith("["):
            near = near_miss(name.replacement, codes)
            message = f"nobody in participants.toml or meetings.toml has the role code that is written here{near}"
            yield Problem(file.path, name.line, name.kind, message)
