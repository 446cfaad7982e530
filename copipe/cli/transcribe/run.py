"""`copipe run`: everything that is stale, over all meetings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.stages import bring_up_to_date


def run(
    study: Annotated[
        Path | None, typer.Argument(help="The study folder. Without it: the current folder.", show_default=False)
    ] = None,
    codebook: Annotated[
        Path | None, typer.Option("--codebook", help="Use this codebook, this time only.", show_default=False)
    ] = None,
    meeting: Annotated[
        list[str] | None,
        typer.Option("-m", "--meeting", help="Only this meeting. Repeat it for more.", show_default=False),
    ] = None,
) -> None:
    """Do all that is missing or stale, from recordings to reports.

    What is up to date is left alone: a second run takes a second or two, a new codebook reruns coding and reports
    only, and an interrupted run continues where it stopped.

    Examples:

      copipe run

      copipe run my-study --codebook codebooks/second.yaml
    """
    from copipe.run import ORDER

    found = open_study(study)
    bring_up_to_date(found, [found.meeting(m) for m in meeting or []] or list(found.meetings), ORDER, codebook)
