"""How differences between codebooks are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.cli.terminal.display import bar, console, err, say
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.code.codebook.diff import CodeChange, FieldChange
    from copipe.records import Codebook
    from copipe.review.impact import Impact, Spot
    from copipe.study.study import Study

SHOWN = 64  # characters of a text before it is cut
_SIGNS = {"added": "+", "removed": "-", "changed": "~", "renamed": "~", "merged": "~"}


def show_changes(changes: Sequence[CodeChange], of_book: Sequence[FieldChange], new: Codebook) -> None:
    """What differs, a code at a time."""
    if not changes and not of_book:
        say("The two codebooks are the same.")
    for field in of_book:
        say(f"~ {_field(field)}")
    labels = {code.key: code.label for code in new.codes}
    for change in changes:
        told = {
            "renamed": f", before: {', '.join(change.origins)}",
            "merged": f", takes in {', '.join(change.origins)}",
        }
        label = f"  {labels[change.key]}" if change.key in labels else ""
        say(f"{_SIGNS[change.kind]} {change.key}{label}{told.get(change.kind, '')}")
        for field in change.fields:
            if not (change.kind == "added" and field.name == "label"):
                say(f"    {_field(field)}", style="dim")


def _field(field: FieldChange) -> str:
    if field.added or field.removed:
        parts = [f"+ {v}" for v in map(_cut, field.added)] + [f"- {v}" for v in map(_cut, field.removed)]
        return f"{field.name}: " + ", ".join(parts)
    if isinstance(field.before, tuple):
        return f"{field.name}: another order"
    before, after = _cut(str(field.before)), _cut(str(field.after))
    return f"{field.name}: {before or '(none)'} -> {after or '(none)'}" if before else f"{field.name}: {after}"


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1].rstrip() + "…"


def impact_of(study: Study, path: Path, old: Codebook, new: Codebook, citations: int) -> Impact:
    """What a change means for a study. `path` is the file of the old codebook."""
    from copipe.pipeline.context import Context
    from copipe.review.codebooks import YAML
    from copipe.review.impact import impact

    with bar() as on_tick:
        return impact(Context(study, path if path.suffix.lower() in YAML else None), old, new, citations, on_tick)


def show_impact(found: Impact, new: Codebook) -> None:
    """What a change adds and drops: by code, by meeting, and what would have no home."""
    from rich.table import Table

    labels = {code.key: code.label for code in new.codes}
    if found.codes:
        table = Table("code", box=None, pad_edge=False)
        for name in ("before", "after", "added", "dropped"):
            table.add_column(name, justify="right")
        for code in found.codes:
            key = code.key if code.key in labels else f"{code.key} (gone)"
            table.add_row(key, str(code.before), str(code.after), _signed(code.added, "+"), _signed(code.dropped, "-"))
        say("\nCandidates by seeds, which a person decides on:", style="bold")
        console.print(table)
        rows = Table("meeting", box=None, pad_edge=False)
        for name in ("added", "dropped"):
            rows.add_column(name, justify="right")
        for meeting, added, dropped in found.meetings:
            rows.add_row(meeting, _signed(added, "+"), _signed(dropped, "-"))
        say("")
        console.print(rows)
        for code in found.codes:
            if code.gains or code.losses:
                say(f"\n{code.key}", style="bold")
            _show_spots("+", code.gains, code.added)
            _show_spots("-", code.losses, code.dropped)
            if code.kept:
                say(f"  {code.kept} of the dropped passages were accepted and stay accepted.")
    elif found.meetings:
        say("\nNo candidate changes in any meeting.")
    else:
        say("\nNo meeting could be compared.")
    for meeting, why in found.left_out:
        err.print(f"{meeting} is left out: {why}.", style="dim", markup=False)
    for key, number in found.homeless:
        say(
            f"{number} accepted under {key} would have no code. Add {key} as an alias to the code that replaces it.",
            style="yellow",
        )


def _show_spots(sign: str, spots: Sequence[Spot], number: int) -> None:
    for spot in spots:
        seeds = f"  [{', '.join(spot.seeds)}]"
        say(f"  {sign} {spot.citation}, {spot.role}: {_cut(spot.text)}{seeds}" + ("  accepted" if spot.decided else ""))
    if spots and number > len(spots):
        say(f"  {sign} and {number - len(spots)} more", style="dim")


def _signed(number: int, sign: str) -> str:
    return f"{sign}{number}" if number else ""


def print_json(changes: Sequence[CodeChange], of_book: Sequence[FieldChange], found: Impact | None) -> None:
    """All of it as JSON."""
    told: dict[str, object] = {"codes": [asdict(c) for c in changes], "book": [asdict(f) for f in of_book]}
    if found is not None:
        told["impact"] = asdict(found)
    tell_json(told)
