"""`copipe code`: passages proposed for the codes of the codebook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copipe.cli.terminal.stages import Meetings, run_stages


def code(
    meetings: Meetings = None,
    codebook: Annotated[
        Path | None, typer.Option("--codebook", help="Use this codebook, this time only.", show_default=False)
    ] = None,
) -> None:
    """Propose passages for the codes of the codebook.

    Seeds propose them, and, where the settings ask for it, meaning and your earlier decisions.

    Examples:

      copipe code --codebook codebooks/second.yaml

      copipe code 2010-02 2010-03
    """
    run_stages(meetings, ("turns", "anonymised", "candidates"), codebook)
