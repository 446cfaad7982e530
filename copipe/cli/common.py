"""What several commands need: the study they work on, who is deciding, and a yes before something is changed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copipe.study import Study


@dataclass(slots=True)
class _Asked:
    """The global options of this call."""

    study: Path | None = None
    verbose: bool = False


asked = _Asked()


def open_study(folder: Path | None = None) -> Study:
    """The study of `folder`, of the -s option, or of this folder or one above it; its log goes into it from here on."""
    from copipe import study as studies
    from copipe.cli.logs import log_to

    root = folder or asked.study or studies.find(Path.cwd())
    study = studies.load(root)
    log_to(study.private_work / "copipe.log")
    return study


def who(given: str = "") -> str:
    """Initials or role code of the person deciding: --who, $COPIPE_WHO, else "researcher"."""
    return given or os.environ.get("COPIPE_WHO", "") or "researcher"


def agree(question: str, yes: bool) -> bool:
    """Ask before something is changed; --yes answers for a script. No terminal to ask on counts as no."""
    import sys

    import typer

    if yes:
        return True
    if not sys.stdin.isatty():
        from copipe.cli.display import err

        err.print(f"{question} Nobody to ask here: say --yes.")
        return False
    return typer.confirm(question)
