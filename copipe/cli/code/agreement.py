"""`copipe agreement`: two coders, or the machine and a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.code.agreement import Measures, Share
    from copipe.pipeline.context import Context
    from copipe.review.agreement import AgainstPerson, Agreement, Looked

SHOWN = 20  # disagreements printed; --out writes all


def agreement(
    meetings: Annotated[list[str] | None, typer.Argument(help="Only these meetings.", show_default=False)] = None,
    coders: Annotated[
        str,
        typer.Option(
            "--coders",
            help="The two coders, for example CS,AB. Without it: the coder and the blind coder.",
            show_default=False,
        ),
    ] = "",
    unit: Annotated[str, typer.Option("--unit", help="What is counted: sentence or turn.")] = "sentence",
    code: Annotated[
        list[str] | None, typer.Option("--code", help="Only this code and those below it.", show_default=False)
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Count all units of meetings that both coders finished.")
    ] = False,
    machine: Annotated[
        bool, typer.Option("--machine", help="The machine's candidates against a person's decisions.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write all disagreements: .csv, .xlsx, .md.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a script.")] = False,
) -> None:
    """Measure how far two coders agree.

    It compares what both looked at: agreement, Cohen's kappa, Krippendorff's alpha, and where they differ.

    A second coder decides blind, with `copipe review --as AB`. A unit counts for a code when both decided on a passage
    that touches it, or one found it alone where the other has decided on every candidate of that code. Prevalence (how
    many units have the code) is beside each number: where it is low, agreement is high by chance.

    Examples:

      copipe agreement

      copipe agreement --coders CS,AB --unit turn --code conflict

      copipe agreement --out to-talk-through.md

      copipe agreement --machine
    """
    from copipe.code.queries import below
    from copipe.errors import UsageError
    from copipe.exchange.sheets import quotations
    from copipe.pipeline.context import Context
    from copipe.review import agreement as agreeing
    from copipe.review.coding import chosen_meetings, known_code

    if out:
        quotations.suffix(out)
    context = Context(open_study())
    chosen = chosen_meetings(context, meetings or ())
    codes = context.codebook.codes
    keys = tuple(key for said in code or () for key in below(known_code(codes, said, category=True), codes))
    if machine:
        if out or "," in coders:
            raise UsageError(
                "--machine compares with one coder and lists no differences.", "Leave --out away; --coders CS."
            )
        _machine([m for m in agreeing.against_person(context, chosen, coders) if not keys or m.code in keys], as_json)
        return
    both = agreeing.two_coders(context, chosen, coders)
    found = agreeing.agreement(context, chosen, both, unit, keys, everything)
    if as_json:
        _json(found)
    else:
        _print(found)
    if out:
        _write(context, found, out)


def _print(found: Agreement) -> None:
    from rich.table import Table

    from copipe.cli.terminal.display import console, err, say

    one, two = found.coders
    table = Table(box=None, pad_edge=False)
    table.add_column("code", overflow="fold")
    for name in ("units", "agree", "kappa", "alpha [95 %]", "PABAK", f"has it: {one}", two):
        table.add_column(name, justify="right", no_wrap=True)
    for key, measures in (*found.by_code, ("all together", found.overall)):
        table.add_row(*_cells(key, measures))
    console.print(table)
    which = (
        "all units of the meetings that both coders finished for a code"
        if found.everything
        else "units that both coders looked at (--everything counts all units of finished meetings)"
    )
    say(f"Counted: {found.unit}s; {which}. A dash means not defined: both coders say the same everywhere.", style="dim")
    for line in _looked(found.looked):
        say(line, style="dim")
    if found.differences:
        say(f"\n{len(found.differences)} to talk through:")
    for difference in found.differences[:SHOWN]:
        console.print()
        console.print(difference.citation, style="bold", markup=False)
        console.print(f"{difference.code}: {difference.given_by} yes, {difference.not_by} no", markup=False)
        console.print(f"{', '.join(difference.roles)}: {difference.text}", markup=False)
    if len(found.differences) > SHOWN:
        say(f"\n... and {len(found.differences) - SHOWN} more: --out FILE.md, .csv or .xlsx writes all.")
    for meeting, why in found.missing:
        err.print(f"{meeting} is left out: {why}.", markup=False, soft_wrap=True)


def _cells(key: str, m: Measures) -> tuple[str, ...]:
    interval = "" if m.low is None or m.high is None else f" [{m.low:.2f}, {m.high:.2f}]"
    shares = [_percent(x) for x in (m.prevalence_first, m.prevalence_second)]
    alpha = f"{_number(m.alpha)}{interval if m.alpha is not None else ''}"
    return (key, str(m.counts.units), _percent(m.agreement), _number(m.kappa), alpha, _number(m.pabak), *shares)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.0f} %"


def _looked(looked: tuple[Looked, ...]) -> list[str]:
    """How far each came, one line a coder and meeting."""
    lines: dict[tuple[str, str], list[int]] = {}
    for one in looked:
        sums = lines.setdefault((one.coder, one.meeting), [0, 0, 0, 0])
        for n, value in enumerate((one.decided, one.candidates, one.own, 1)):
            sums[n] += value
    return [
        f"{who} in {meeting}: {on} of {of} candidates of {codes} code{'' if codes == 1 else 's'} decided"
        + (f", {own} passages found alone" if own else "")
        for (who, meeting), (on, of, own, codes) in lines.items()
    ]


def _json(found: Agreement) -> None:
    from dataclasses import asdict

    told = {
        "coders": list(found.coders),
        "unit": found.unit,
        "counted": "finished meetings" if found.everything else "looked at by both",
        "overall": asdict(found.overall),
        "codes": {key: asdict(measures) for key, measures in found.by_code},
        "looked": [asdict(one) for one in found.looked],
        "differences": [
            {
                "code": d.code,
                "citation": d.citation,
                "roles": list(d.roles),
                "yes": d.given_by,
                "no": d.not_by,
                "text": d.text,
            }
            for d in found.differences
        ],
        "not_searched": [{"meeting": code, "why": why} for code, why in found.missing],
    }
    tell_json(told)


def _write(context: Context, found: Agreement, out: Path) -> None:
    from copipe.cli.terminal.display import err
    from copipe.exchange.sheets import quotations
    from copipe.review.coding import hand_out

    rows = [
        quotations.QuotationRow(
            citation=d.citation,
            meeting=d.meeting.code,
            date=d.meeting.date,
            stage=d.meeting.stage,
            kind=d.meeting.kind,
            time="",
            roles=", ".join(d.roles),
            codes=d.code,
            status=f"{d.given_by} yes, {d.not_by} no",
            quotation=d.text,
        )
        for d in found.differences
    ]
    heading = f"Where {' and '.join(found.coders)} differ"
    told: dict[str, object] = {"coders": list(found.coders), "passages": len(rows)}
    hand_out(context, out, lambda path: quotations.write(path, rows, heading), "agreement", told)
    err.print(f"{len(rows)} disagreements written to {out}.", markup=False, soft_wrap=True)


def _machine(found: list[AgainstPerson], as_json: bool) -> None:
    from rich.table import Table

    from copipe.cli.terminal.display import console, say

    if as_json:
        told = {m.code: {"precision": _share(m.precision), "recall": _share(m.recall), "open": m.open} for m in found}
        tell_json(told)
        return
    if not found:
        say("No candidate has been decided on yet: copipe review")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("code", overflow="fold")
    for name in ("decided", "kept", "precision [95 %]", "passages", "found", "open"):
        table.add_column(name, justify="right", no_wrap=True)
    for m in (*found, _sum(found)):
        low, high = m.precision.interval or (0.0, 0.0)
        interval = f" [{100 * low:.0f}, {100 * high:.0f}]" if m.precision.whole else ""
        table.add_row(
            m.code,
            str(m.precision.whole),
            str(m.precision.part),
            _percent(m.precision.share) + interval,
            str(m.recall.whole),
            _percent(m.recall.share),
            str(m.open),
        )
    console.print(table)
    say(
        "Precision: of the candidates decided on, those kept. Found: of the passages that a person kept or added, "
        "those that the machine had proposed; what neither found is not known, so this is the most it can be.",
        style="dim",
    )


def _sum(found: list[AgainstPerson]) -> AgainstPerson:
    from copipe.code.agreement import Share
    from copipe.review.agreement import AgainstPerson

    precision = Share(sum(m.precision.part for m in found), sum(m.precision.whole for m in found))
    recall = Share(sum(m.recall.part for m in found), sum(m.recall.whole for m in found))
    return AgainstPerson("all together", precision, recall, sum(m.open for m in found))


def _share(share: Share) -> dict[str, object]:
    return {"part": share.part, "whole": share.whole, "share": share.share, "interval": share.interval}
