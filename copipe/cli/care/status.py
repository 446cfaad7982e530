"""`copipe status`: how every meeting stands, at a glance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.visible import tell_json

HEADS = {  # short, so that the table fits a terminal of 80 columns
    "words": "words",
    "speakers": "voices",
    "turns": "turns",
    "anonymised": "anon.",
    "notes": "notes",
    "candidates": "codes",
    "report": "report",
}
STYLES = {
    "done": "green",
    "stale": "yellow",
    "to do": "",
    "failed": "red",
    "missing": "red",
    "frozen": "cyan",
    "-": "dim",
}


def status(
    study: Annotated[
        Path | None, typer.Argument(help="The study folder. Without it: the current folder.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for a script.")] = False,
) -> None:
    """Show how every meeting stands.

    A stage is done, stale, to do, failed, missing or frozen. docs/glossary.md explains the words.

    Example:

      copipe status
    """

    from copipe import status as standing
    from copipe.pipeline.context import Context

    found = open_study(study)
    context = Context(found)
    lines, problems = standing.status(context), standing.problems(context)
    if json:
        said = [
            {"meeting": s.meeting.code, "checked": s.checked, "quorum": s.quorum, "stages": s.states, "notes": s.notes}
            for s in lines
        ]
        tell_json({"study": found.settings.study.title, "problems": problems, "meetings": said})
        return
    from rich.markup import escape
    from rich.table import Table

    from copipe.cli.terminal.display import console, say

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for head in ("meeting", *HEADS.values(), "checked"):
        table.add_column(head, no_wrap=True)
    table.add_column("to know")
    for s in lines:
        cells = [f"[{STYLES[v]}]{v}[/]" if STYLES[v] else v for v in (s.states[name] for name in HEADS)]
        checked = "[green]yes[/]" if s.checked else "no" if s.states["words"] != "-" else "-"
        notes = [s.meeting.kind] if s.meeting.kind != "meeting" else []
        table.add_row(s.meeting.code, *cells, checked, escape("; ".join([*notes, *s.notes])))
    say(found.settings.study.title or found.root.name, "bold")
    console.print(table)
    for problem in problems:
        say(problem, "red")
    for concern in found.concerns():
        say(f"Note: {concern}", "yellow")
    totals = standing.totals(lines)
    if totals["open"]:
        say(f"{totals['open']} of {totals['meetings']} meetings need work: `copipe run`.")
