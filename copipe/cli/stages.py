"""`copipe diarize`, `code`, `report`: one stage, with what it stands on, over some or all meetings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copipe.cli.common import open_study

Meetings = Annotated[
    list[str] | None, typer.Argument(help="Meetings; all of them if none is named.", show_default=False)
]
Again = Annotated[bool, typer.Option("--again", help="Make it anew even where it is fresh.")]


def diarize(meetings: Meetings = None, again: Again = False) -> None:
    """Find out who spoke when in the recordings.

    The number of speakers comes from who attended (meetings.toml). `copipe roles assign` then says who each voice is.

    Example:

      copipe diarize 2010-02
    """
    _stage(meetings, ("speakers",), None, again)


def code(
    meetings: Meetings = None,
    codebook: Annotated[
        Path | None, typer.Option("--codebook", help="Code with this codebook, this time.", show_default=False)
    ] = None,
) -> None:
    """Propose candidate codes for passages, from the codebook's seeds.

    Examples:

      copipe code --codebook codebooks/second.yaml

      copipe code 2010-02 2010-03
    """
    _stage(meetings, ("turns", "anonymised", "candidates"), codebook)


def report(
    meetings: Meetings = None,
    codebook: Annotated[
        Path | None, typer.Option("--codebook", help="Report with this codebook, this time.", show_default=False)
    ] = None,
) -> None:
    """Write the report of each meeting and the synthesis across them.

    Example:

      copipe report
    """
    _stage(meetings, ("turns", "anonymised", "notes", "candidates", "report"), codebook)


def _stage(codes: list[str] | None, names: tuple[str, ...], codebook: Path | None, again: bool = False) -> None:
    from copipe.cli.run import bring_up_to_date

    study = open_study()
    meetings = [study.meeting(m) for m in codes or []] or list(study.meetings)
    bring_up_to_date(study, meetings, names, codebook, again)
