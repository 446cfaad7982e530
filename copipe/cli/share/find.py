"""`copipe find`: passages by code, words, role, stage and meeting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.records import Codebook
    from copipe.review.queries import Answer, Found, Status


def find(
    query: Annotated[
        list[str] | None,
        typer.Argument(help='Codes, AND, OR, NOT, NEAR/5, brackets; "words" in quotes.', show_default=False),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option("--text", help='Words it must say: "ward*". Repeat for more.', show_default=False),
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="Who speaks there: SN1. Repeat for more.", show_default=False)
    ] = None,
    stage: Annotated[
        list[str] | None, typer.Option("--stage", help="Stage of the community: operating.", show_default=False)
    ] = None,
    meeting: Annotated[
        list[str] | None, typer.Option("--meeting", help="Only in these meetings.", show_default=False)
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Kind of source: meeting, interview.", show_default=False)
    ] = None,
    status: Annotated[
        str, typer.Option("--status", help="accepted, candidate, near, rejected (several with commas), or all.")
    ] = "accepted,candidate",
    coder: Annotated[
        str, typer.Option("--coder", help="By the decisions of this person, a second coder.", show_default=False)
    ] = "",
    codebook: Annotated[
        Path | None, typer.Option("--codebook", help="Another codebook than the study's.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a table: FILE.csv, .xlsx or .md.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a script.")] = False,
) -> None:
    """Find passages and print them with their citations.

    A code includes the codes below it; `only:KEY` does not, `disch*` is every code like that, `*` any. AND: both on one
    passage. NEAR/5: at most 5 turns apart (NEAR/40w: 40 words). AND NOT: the other is not there. Words in quotes are
    sentences with them. What a person accepted, what a seed proposes (candidate), and what is only close in meaning or
    similar to accepted passages (near) is marked in every line.

    Examples:

      copipe find partnership

      copipe find "partnership AND conflict NEAR/5 safety" --role SN1 --stage operating --text "ward*"

      copipe find "discharge AND NOT (safeguarding OR conflict)" --status accepted --out quotations.xlsx

      copipe find --text "on the ward" --meeting 2010-02 --json
    """
    from copipe.exchange.sheets import quotations
    from copipe.pipeline.context import Context
    from copipe.review.queries import Asked
    from copipe.review.queries import find as search

    if out:
        quotations.suffix(out)
    said = " ".join(query or ())
    study = open_study()
    context = Context(study, codebook)
    asked = Asked(
        query=said,
        text=tuple(text or ()),
        roles=tuple(role or ()),
        stages=tuple(stage or ()),
        meetings=tuple(meeting or ()),
        kinds=tuple(kind or ()),
        statuses=_statuses(status),
        coder=coder,
    )
    answer = search(context, asked)
    if as_json:
        _json(answer)
    elif not out:
        _print(answer, context.codebook)
    if out:
        _write(context, out, answer, said or " ".join(asked.text))


def _statuses(said: str) -> tuple[Status, ...]:
    from copipe.errors import UsageError
    from copipe.review.queries import STATUSES

    asked = [part.strip() for part in said.split(",") if part.strip()]
    if asked == ["all"]:
        return STATUSES
    if not asked or any(part not in STATUSES for part in asked):
        raise UsageError(f"--status {said!r} is unknown.", f"Use {', '.join(STATUSES)}, several with commas, or all.")
    return tuple(s for s in STATUSES if s in asked)


def _print(answer: Answer, codebook: Codebook) -> None:
    from copipe.cli.terminal.display import console, say

    labels = {code.key: code.label for code in codebook.codes}
    for found in answer.found:
        console.print()
        console.print(found.citation, style="bold", markup=False)
        codes = ", ".join(f"{labels.get(key, key)} ({status})" for key, status in found.codes)
        unchecked = "" if found.checked else "; transcript unchecked"
        console.print(f"{', '.join(found.roles)}{': ' if codes else ''}{codes}{unchecked}", style="dim", markup=False)
        console.print(found.text, markup=False)
    if answer.found:
        console.print()
    say(_count(answer))
    _missing(answer)


def _count(answer: Answer) -> str:
    from copipe.review.queries import STATUSES

    number = len(answer.found)
    passages = f"{number} passage{'' if number == 1 else 's'}" if number else "No passage"
    by = [f"{count} {status}" for status in STATUSES if (count := sum(f.status == status for f in answer.found))]
    of = f"in {answer.searched} meeting{'' if answer.searched == 1 else 's'}"
    return f"{passages} {of}" + (f": {', '.join(by)}." if by else ".")


def _missing(answer: Answer) -> None:
    from copipe.cli.terminal.display import err

    for code, why in answer.missing:
        err.print(f"{code} was not searched: {why}.", markup=False, soft_wrap=True)


def _json(answer: Answer) -> None:

    told = {
        "passages": [_told(found) for found in answer.found],
        "searched": answer.searched,
        "not_searched": [{"meeting": code, "why": why} for code, why in answer.missing],
    }
    tell_json(told)


def _told(found: Found) -> dict[str, object]:
    return {
        "citation": found.citation,
        "meeting": found.meeting.code,
        "stage": found.meeting.stage,
        "kind": found.meeting.kind,
        "first": found.first,
        "last": found.last,
        "start": found.start,
        "roles": list(found.roles),
        "codes": [{"code": key, "status": status} for key, status in found.codes],
        "status": found.status,
        "transcript_checked": found.checked,
        "quotation": found.text,
    }


def _write(context: object, out: Path, answer: Answer, heading: str) -> None:
    from copipe.cli.terminal.display import err
    from copipe.exchange.sheets import quotations
    from copipe.pipeline.context import Context
    from copipe.review.coding import hand_out
    from copipe.study.pages import clock

    assert isinstance(context, Context)
    labels = {code.key: code.label for code in context.codebook.codes}
    rows = [
        quotations.QuotationRow(
            citation=f.citation,
            meeting=f.meeting.code,
            date=f.meeting.date,
            stage=f.meeting.stage,
            kind=f.meeting.kind,
            time="" if f.start is None else clock(f.start),
            roles=", ".join(f.roles),
            codes="; ".join(f"{labels.get(key, key)} ({status})" for key, status in f.codes),
            status=f.status + ("" if f.checked else ", transcript unchecked"),
            quotation=f.text,
        )
        for f in answer.found
    ]
    told: dict[str, object] = {"passages": len(rows), "meetings": sorted({f.meeting.code for f in answer.found})}
    hand_out(context, out, lambda path: quotations.write(path, rows, heading), "find", told)
    err.print(f"{_count(answer)} Written to {out}.", markup=False, soft_wrap=True)
    _missing(answer)
