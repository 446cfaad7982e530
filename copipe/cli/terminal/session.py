"""What several commands need: the study they work on, who is deciding, and a yes before something is changed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copipe.study.study import Study


@dataclass(slots=True)
class _Asked:
    """The global options of this call."""

    study: Path | None = None
    verbose: bool = False
    opened: Study | None = None


asked = _Asked()


def open_study(folder: Path | None = None) -> Study:
    """The study of `folder`, of the -s option, or of this folder or one above it; its log goes into it from here on."""
    from copipe.cli.terminal.logs import log_to
    from copipe.study import study as studies
    from copipe.study import vault

    root = folder or asked.study or studies.find(Path.cwd())
    study = studies.load(root)
    vault.asked_by(_passphrase)
    os.umask(os.umask(0o077) | 0o077)  # whatever a library writes into the study is for its owner alone
    log_to(study.private_work / "copipe.log")
    asked.opened = study
    _tidy(study)
    return study


def _tidy(study: Study) -> None:
    """Remove what a copipe of this computer left behind that was killed; nothing where the study may only be read."""
    from contextlib import suppress

    from copipe import holding
    from copipe.errors import CopipeError
    from copipe.study import audit

    with suppress(OSError, CopipeError):
        if holding.tidy(study.private):
            audit.settle(study.root / "audit.jsonl")


def study_if_any() -> Study | None:
    """As `open_study`, for what also works outside of a study; None there."""
    from copipe.errors import UsageError
    from copipe.study import study as studies

    if asked.study is None:
        try:
            studies.find(Path.cwd())
        except UsageError:
            return None
    return open_study()


def who(given: str = "") -> str:
    """Initials or role code of the person deciding: --who, $COPIPE_WHO, else "researcher".

    UsageError for anything longer: it is written where others may read it, and must name nobody.
    """
    from copipe.errors import UsageError

    said = given or os.environ.get("COPIPE_WHO", "")
    if not said:
        return "researcher"
    if not re.fullmatch(r"[A-Za-z][A-Z0-9a-z]{0,3}|[A-Z][A-Z0-9]{0,7}|researcher", said):
        raise UsageError(
            "--who (or COPIPE_WHO) must be initials (up to four letters) or a role code such as SN1.",
            "It is written into decisions and the audit trail, which others may read. It must not name anybody.",
        )
    if replacement := _in_roster(said):
        raise UsageError(
            "--who (or COPIPE_WHO) is a name or initials of somebody in private/roster.toml.",
            "It is written into decisions and the audit trail, which others may read. Use "
            f"{replacement if replacement.isalnum() else 'your role code, or other initials,'} instead.",
        )
    return said


def _in_roster(said: str) -> str:
    """What stands for the one who goes by this in the study's roster, "" where nobody does or it cannot be read."""
    from copipe.anonymise.roster import roster
    from copipe.errors import CopipeError
    from copipe.pipeline.context import Context

    if asked.opened is None:
        return ""
    try:
        found = next(roster.matcher(Context(asked.opened).written_roster).find(said), None)
    except CopipeError:
        return ""
    return found.found.replacement if found else ""


def keep_raw_private(study: Study, path: Path) -> None:
    """UsageError where raw speech would be written into the study but outside private/."""
    from copipe.errors import UsageError

    place = path.resolve()
    if place.is_relative_to(study.root) and not place.is_relative_to(study.private.resolve()):
        raise UsageError(
            f"{path} is in the study but outside private/, and the file would hold raw speech.",
            f"Choose a place in private/, such as {study.private / path.name}, or outside the study.",
        )


def agree(question: str, yes: bool) -> bool:
    """Ask before something is changed; --yes answers for a script. No terminal to ask on counts as no."""
    import sys

    import typer

    if yes:
        return True
    if not sys.stdin.isatty():
        from copipe.cli.terminal.display import err

        err.print(f"{question} Confirm with --yes: nobody can be asked here.")
        return False
    return typer.confirm(question)


def ask_passphrase(question: str = "Passphrase: ") -> str:
    """Type a passphrase without showing it. UsageError where there is no terminal to type on."""
    from getpass import getpass

    from copipe.errors import UsageError

    if not _at_terminal():
        raise UsageError(
            "The passphrase is needed, and nobody can be asked here.", "Set COPIPE_PASSPHRASE for a script."
        )
    return getpass(question)


def _passphrase() -> str:
    """The passphrase for a locked study when it is first needed, "" where nobody can be asked."""
    return ask_passphrase("This study is locked. Passphrase: ") if _at_terminal() else ""


def _at_terminal() -> bool:
    import sys

    return sys.stdin.isatty()
