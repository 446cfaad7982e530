"""What it means to merge, split, group or rename codes, and to merge codebooks: a new codebook, and nothing written.

Decisions are filed under keys. A key that goes becomes an alias of the code that takes its place, so that what a person
decided stays decided; a key is never given to another code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from copipe.code.codebook.codebook import made, renamed, with_codes
from copipe.code.codebook.nodes import KEY, near
from copipe.errors import UsageError
from copipe.records import Code, Codebook, CodeSet
from copipe.study.code_fields import FIELDS, Field, label_of


def require(book: Codebook, *keys: str) -> None:
    """UsageError for a key that is none of the book's, with the one that may have been meant."""
    known = [code.key for code in book.codes]
    now = renamed(book)
    for key in keys:
        if key in known:
            continue
        hint = f"{key} is now {now[key]}." if key in now else near(key, known).capitalize()
        raise UsageError(f'There is no code "{key}" in {book.name}.', hint or "`copipe codebook show` lists the keys.")


def merge_codes(book: Codebook, keys: Sequence[str], into: str) -> Codebook:
    """The codes `keys` become part of `into`: their seeds, examples and children are its own, their keys its aliases.

    Its own definition, label and limits stand. What the definitions of the others said is kept in its memo.
    """
    require(book, *keys, into)
    if into in keys:
        raise UsageError(
            f"{into} cannot be merged into itself.", f"It stays anyway: name only the others before {into}."
        )
    by_key = {code.key: code for code in book.codes}
    for key in keys:
        if key in _above(book, into):
            raise UsageError(f"{into} stands under {key}.", f"Merge the other way round: {into} into {key}.")
    gone = [by_key[key] for key in dict.fromkeys(keys)]
    target = by_key[into]
    memo = [target.memo] if target.memo else []
    for code in gone:
        said = " ".join(t for t in (code.definition, code.include, code.exclude, code.memo) if t)
        memo.append(f"Took in {code.key} ({code.label})" + (f": {said}" if said else "."))
    target = replace(
        target,
        memo="\n".join(memo),
        definition=target.definition or next((c.definition for c in gone if c.definition), ""),
        seeds=_united(target.seeds, *(code.seeds for code in gone)),
        not_seeds=_united(target.not_seeds, *(code.not_seeds for code in gone)),
        examples=_united(target.examples, *(code.examples for code in gone)),
        counter_examples=_united(target.counter_examples, *(code.counter_examples for code in gone)),
        aliases=_united(target.aliases, *((code.key, *code.aliases) for code in gone)),
    )
    swap = {code.key: into for code in gone}
    codes = [
        _pointed(replace(target if code.key == into else code), swap) for code in book.codes if code.key not in swap
    ]
    return with_codes(book, codes, _sets(book.sets, swap))


def split_code(
    book: Codebook, key: str, new: Mapping[str, str], seeds: Mapping[str, Sequence[str]], instead: str = ""
) -> Codebook:
    """`key` is split into `new` codes (key -> label), each with those `seeds` of the old one that are said to be its.

    They stand under the old code, which keeps its decisions until a person has filed them anew. With `instead` (the
    reason) they stand beside it and it is deprecated.
    """
    require(book, key)
    if not new:
        raise UsageError(f"Into what is {key} to be split?", "--into KEY for each new code, or --into KEY=Label.")
    for name in new:
        _require_new(book, name)
    old = next(code for code in book.codes if code.key == key)
    taken = [seed for some in seeds.values() for seed in some]
    for name, some in seeds.items():
        if name not in new:
            raise UsageError(f"{name} is none of the new codes.", near(name, new).capitalize())
        for seed in some:
            if seed not in old.seeds:
                raise UsageError(f'"{seed}" is no seed of {key}.', near(seed, old.seeds).capitalize())
    parts = [
        Code(
            name,
            label or label_of(name),
            parent=old.parent if instead else key,
            seeds=tuple(seeds.get(name, ())),
            not_seeds=old.not_seeds if seeds.get(name) else (),
            unit=old.unit,
            roles=old.roles,
            kinds=old.kinds,
            case=old.case,
            colour=old.colour,
        )
        for name, label in new.items()
    ]
    rest = replace(old, seeds=tuple(s for s in old.seeds if s not in taken))
    if instead:
        rest = replace(rest, deprecated=instead, replaced_by=tuple(new))
    codes: list[Code] = []
    for code in book.codes:
        codes += [rest, *parts] if code.key == key else [code]
    return with_codes(book, codes)


def group_codes(book: Codebook, keys: Sequence[str], under: str, label: str = "", definition: str = "") -> Codebook:
    """`keys` stand under the category `under`, which is made where the first of them stood if there is none.

    A category that is made stands where they all stood, or at the top where they come from several.
    """
    require(book, *keys)
    by_key = {code.key: code for code in book.codes}
    if under in keys:
        raise UsageError(f"{under} cannot stand under itself.")
    codes = list(book.codes)
    first = min(n for n, code in enumerate(codes) if code.key in keys)
    if under not in by_key:
        _require_new(book, under)
        parents = {by_key[key].parent for key in keys}
        parent = parents.pop() if len(parents) == 1 else ""
        codes.insert(first, Code(under, label or label_of(under), definition, parent=parent))
    elif set(keys) & set(_above(book, under)):
        ring = next(key for key in keys if key in _above(book, under))
        raise UsageError(f"{under} stands under {ring}.", "Group codes that are not above it.")
    codes = [replace(code, parent=under) if code.key in keys else code for code in codes]
    return with_codes(book, _in_order(codes))


def rename_code(book: Codebook, old: str, new: str) -> Codebook:
    """A code gets another key, and the old one becomes an alias."""
    require(book, old)
    _require_new(book, new, but=old)
    swap = {old: new}
    codes = [
        _pointed(
            replace(
                code,
                key=new,
                label=label_of(new) if code.label == label_of(old) else code.label,
                aliases=_united(tuple(a for a in code.aliases if a != new), (old,)),
            )
            if code.key == old
            else code,
            swap,
        )
        for code in book.codes
    ]
    return with_codes(book, codes, _sets(book.sets, swap))


def merge_books(one: Codebook, other: Codebook, prefer: str = "") -> Codebook:
    """All codes of two codebooks. Of a code in both, lists are united; texts that differ are those of `prefer`.

    `prefer` is "first" or "second". UsageError that names every code whose texts differ, where it is neither.
    """
    mine, theirs = ({code.key: code for code in book.codes} for book in (one, other))
    now, differ = renamed(one), []
    codes: list[Code] = []
    for key, code in mine.items():
        twin = theirs.get(key)
        if twin is None:
            codes.append(code)
            continue
        fields = _differing(code, twin)
        if fields and not prefer:
            differ.append(f"{key} ({', '.join(fields)})")
        codes.append(_joined(code, twin) if prefer != "second" else _joined(twin, code))
    for key, code in theirs.items():
        if key not in mine and now.get(key, key) != key:
            differ.append(f"{key} (in {one.name} now {now[key]})")
        elif key not in mine:
            codes.append(code)
    if differ:
        raise UsageError(
            f"{one.name} and {other.name} say different things of:\n" + "\n".join(f"  {d}" for d in differ),
            "--prefer first or --prefer second takes the texts of one; where a key has changed, change it in both.",
        )
    sets = {some.name: some for some in one.sets}
    for some in other.sets:
        twin_set = sets.get(some.name)
        sets[some.name] = replace(twin_set, codes=_united(twin_set.codes, some.codes)) if twin_set else some
    return made(one.name, _in_order(codes), one.description, one.source, one.unit, tuple(sets.values()))


def _joined(code: Code, other: Code) -> Code:
    changes: dict[str, object] = {}
    for field in FIELDS:
        own, theirs = _said(code, field), _said(other, field)
        if field.many and field.name not in ("only-roles", "only-kinds"):
            changes[field.attribute] = _united(own, theirs)
        elif theirs and not own and field.name != "parent":
            changes[field.attribute] = theirs
    return replace(code, **changes)  # type: ignore[arg-type]


def _differing(code: Code, other: Code) -> list[str]:
    """Fields of which both say something, and not the same; what is united does not count."""
    found = []
    for field in FIELDS:
        own, theirs = _said(code, field), _said(other, field)
        united = field.many and field.name not in ("only-roles", "only-kinds")
        if own != theirs and not united and ((own and theirs) or field.name == "parent"):
            found.append(field.name)
    return found


def _said(code: Code, field: Field) -> Any:
    """The value of a field; "" for a label that only repeats the key."""
    value = getattr(code, field.attribute)
    return "" if field.name == "label" and value == label_of(code.key) else value


def _require_new(book: Codebook, key: str, but: str = "") -> None:
    if not KEY.fullmatch(key):
        raise UsageError(
            f'"{key}" is not a key.', "Letters, digits, - _ and . only, beginning with a letter or digit; no spaces."
        )
    for known, now in renamed(book).items():
        if known.casefold() == key.casefold() and now != but:
            what = f"was a key of {now}" if known != now else "is a code"
            raise UsageError(f"{known} {what} in {book.name} already.", "Take another key.")


def _above(book: Codebook, key: str) -> list[str]:
    """Keys of the categories above a code, the nearest first."""
    parent_of = {code.key: code.parent for code in book.codes}
    found: list[str] = []
    while (key := parent_of.get(key, "")) and key not in found:
        found.append(key)
    return found


def _in_order(codes: Sequence[Code]) -> list[Code]:
    """Codes as they are read from a file in which each stands under its category."""
    below: dict[str, list[Code]] = {}
    for code in codes:
        below.setdefault(code.parent, []).append(code)
    found: list[Code] = []
    waiting = list(reversed(below.get("", [])))
    while waiting:
        found.append(waiting.pop())
        waiting += reversed(below.get(found[-1].key, []))
    return found


def _pointed(code: Code, swap: Mapping[str, str]) -> Code:
    """A code whose category and replacements are named by the keys they have now."""
    return replace(
        code, parent=swap.get(code.parent, code.parent), replaced_by=_united(swap.get(k, k) for k in code.replaced_by)
    )


def _sets(sets: Iterable[CodeSet], swap: Mapping[str, str]) -> tuple[CodeSet, ...]:
    return tuple(replace(some, codes=_united(swap.get(key, key) for key in some.codes)) for some in sets)


def _united(*groups: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for group in groups for value in group))
