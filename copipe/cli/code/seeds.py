"""`copipe seeds`: what the seeds of the codebook hit, and what a new one would."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copipe.code.propose.seed_use import SeedUse
    from copipe.review.seeds import Tried, Used


def seeds(
    code: Annotated[list[str] | None, typer.Argument(help="Codes. Without any: all.", show_default=False)] = None,
    trial: Annotated[
        str, typer.Option("--try", help="Show what a new seed would find. Nothing is written.", show_default=False)
    ] = "",
    unit: Annotated[
        str, typer.Option("--unit", help="With --try: sentence, turn, window or story.", show_default=False)
    ] = "",
    meeting: Annotated[
        list[str] | None, typer.Option("--meeting", help="Only in these meetings.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All seeds, not only the doubtful ones.")] = False,
    codebook: Annotated[
        Path | None, typer.Option("--codebook", help="Another codebook than the study's.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a script.")] = False,
) -> None:
    """Show what the seeds of the codebook find, or try one.

    It names the seeds that find nothing or too much. --try shows what a new seed would find, and writes nothing.

    docs/seeds.md explains how to write seeds. often_per_1000 and often_share under [code] set what is too much.

    Examples:

      copipe seeds

      copipe seeds discharge --all

      copipe seeds --try "discharge NEAR/5 plan*" --unit turn
    """
    from copipe.pipeline.context import Context
    from copipe.review import seeds as seed_use

    context = Context(open_study(), codebook)
    if trial:
        _check_unit(unit)
        tried = seed_use.attempt(context, trial, unit, meeting or ())
        _print_json(_told_trial(tried)) if as_json else _print_trial(tried)
        return
    used = seed_use.used(context, meeting or ())
    wanted = _wanted(context.codebook.codes, code or [])
    shown = [u for u in used.uses if u.code in wanted and (everything or u.verdict)]
    _print_json([_told(u) for u in shown]) if as_json else _print(used, shown, everything)


def _wanted(codes: Sequence[object], asked: list[str]) -> set[str]:
    from copipe.code.codebook.nodes import near
    from copipe.errors import UsageError

    known = [code.key for code in codes]  # type: ignore[attr-defined]
    for key in asked:
        if key not in known:
            raise UsageError(
                f"The codebook has no code {key!r}.", near(key, known) or "`copipe codebook show` lists all."
            )
    return set(asked or known)


def _check_unit(unit: str) -> None:
    from copipe.errors import UsageError
    from copipe.study.code_fields import UNITS

    if unit and unit not in UNITS:
        raise UsageError(f"--unit {unit!r} is unknown.", f"There are {', '.join(UNITS)}.")


def _print(used: Used, shown: Sequence[SeedUse], everything: bool) -> None:
    from rich.table import Table

    from copipe.cli.terminal.display import console, say

    _missing(used.missing)
    if not used.meetings:
        say("No meeting is coded yet: copipe run")
        return
    if shown:
        table = Table(box=None, pad_edge=False)
        for name in ("code", "seed"):
            table.add_column(name, overflow="fold")
        for name in ("hits", "sentences", "meetings"):
            table.add_column(name, justify="right")
        table.add_column("to think about")
        from rich.text import Text

        for use in shown:
            row = [use.code, use.seed, str(use.hits), str(use.sentences), str(use.meetings), use.why]
            table.add_row(*map(Text, row))
        console.print(table)
    nothing = sum(u.verdict == "nothing" for u in used.uses)
    much = sum(u.verdict == "too much" for u in used.uses)
    of = f"of {len(used.uses)} seeds in {_meetings(used.meetings)} ({used.words:,} words)"
    say(f"{nothing} {of} find nothing, {much} find too much.")


def _print_trial(tried: Tried) -> None:
    from copipe.cli.terminal.display import console, say

    _missing(tried.missing)
    for citation, role, text in tried.passages:
        console.print()
        console.print(f"{citation}  {role}", style="bold", markup=False)
        console.print(text, markup=False)
    if tried.passages:
        console.print()
    where = ", ".join(f"{code} {hits}" for code, hits in tried.by_meeting if hits)
    use = tried.use
    hits = f"{use.hits} hit{'' if use.hits == 1 else 's'} in {_meetings(len(tried.by_meeting))}"
    say(hits + (f": {where}." if where else "."))
    if use.verdict == "too much":
        say(f"That may be too much: {use.why}.")


def _missing(missing: Sequence[tuple[str, str]]) -> None:
    from copipe.cli.terminal.display import err

    for code, why in missing:
        err.print(f"{code} is not counted: {why}.", markup=False, soft_wrap=True)


def _meetings(count: int) -> str:
    return f"{count} meeting{'' if count == 1 else 's'}"


def _told(use: SeedUse) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(use)


def _told_trial(tried: Tried) -> dict[str, object]:
    passages = [{"citation": c, "role": role, "text": text} for c, role, text in tried.passages]
    return {**_told(tried.use), "by_meeting": dict(tried.by_meeting), "passages": passages}


def _print_json(told: object) -> None:

    tell_json(told)
