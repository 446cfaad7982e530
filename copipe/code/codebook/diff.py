"""What differs between two codebooks, code by code and field by field, however the files are laid out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from copipe.code.codebook.codebook import code_hash, renamed
from copipe.records import Code, Codebook
from copipe.study import code_fields
from copipe.study.code_fields import BY_NAME, Plain


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of a code before and after; of a list, `added` and `removed` values (both empty: another order)."""

    name: str
    before: Plain
    after: Plain

    @property
    def added(self) -> tuple[str, ...]:
        return tuple(v for v in self.after if v not in self.before) if isinstance(self.after, tuple) else ()

    @property
    def removed(self) -> tuple[str, ...]:
        return tuple(v for v in self.before if v not in self.after) if isinstance(self.before, tuple) else ()


@dataclass(frozen=True, slots=True)
class CodeChange:
    """What became of a code. `key` is the one it has now, or had; `origins` are other codes whose decisions it has now.

    `proposes` says whether its candidates may be others than before.
    """

    key: str
    kind: Literal["added", "removed", "changed", "renamed", "merged"]
    fields: tuple[FieldChange, ...] = ()
    origins: tuple[str, ...] = ()
    proposes: bool = True


def origins(old: Codebook, new: Codebook) -> dict[str, tuple[str, ...]]:
    """For each code of `new` the keys in `old` whose decisions are its own: by key, else by alias."""
    now = renamed(new)
    found: dict[str, list[str]] = {code.key: [] for code in new.codes}
    for code in old.codes:
        if code.key in now:
            found[now[code.key]].append(code.key)
    return {key: tuple(keys) for key, keys in found.items()}


def compare(old: Codebook, new: Codebook) -> tuple[CodeChange, ...]:
    """Every code that is not the same in both, in the order of `new`, and then those that are gone."""
    before = {code.key: code for code in old.codes}
    found: list[CodeChange] = []
    came_from = origins(old, new)
    for code in new.codes:
        sources = came_from[code.key]
        main = code.key if code.key in before else (sources[0] if sources else "")
        others = tuple(key for key in sources if key != code.key)
        if not main:
            found.append(CodeChange(code.key, "added", _fields(Code(code.key, code_fields.label_of(code.key)), code)))
            continue
        was = before[main]
        fields = _fields(was, code)
        proposes = code_hash(replace(was, key=code.key)) != code_hash(code) or len(sources) > 1
        if len(sources) > 1:
            found.append(CodeChange(code.key, "merged", fields, others, proposes))
        elif main != code.key:
            found.append(CodeChange(code.key, "renamed", fields, others, proposes))
        elif fields:
            found.append(CodeChange(code.key, "changed", fields, (), proposes))
    kept = {key for keys in came_from.values() for key in keys}
    found += [CodeChange(code.key, "removed") for code in old.codes if code.key not in kept]
    return tuple(found)


def of_book(old: Codebook, new: Codebook) -> tuple[FieldChange, ...]:
    """What differs in what is said of the whole."""
    pairs = [(name, str(getattr(old, name)), str(getattr(new, name))) for name in ("name", "description", "source")]
    sets_before, sets_after = (
        {f"set {some.name}": (some.description, *some.codes) for some in book.sets} for book in (old, new)
    )
    changes = [FieldChange(name, before, after) for name, before, after in pairs if before != after]
    for name in dict.fromkeys([*sets_before, *sets_after]):
        if sets_before.get(name) != sets_after.get(name):
            changes.append(FieldChange(name, sets_before.get(name, ()), sets_after.get(name, ())))
    return tuple(changes)


def _fields(old: Code, new: Code) -> tuple[FieldChange, ...]:
    before, after = code_fields.plain(old), code_fields.plain(new)
    found = []
    for name, field in BY_NAME.items():
        empty: Plain = () if field.many else ""
        was, now = before.get(name, empty), after.get(name, empty)
        if was != now and not (name == "label" and old.label == new.label):
            found.append(FieldChange(name, was, now))
    return tuple(found)
