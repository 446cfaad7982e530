"""The log file of a study and of -v: what was done to which meeting, by id and time. Never speech."""

from __future__ import annotations

import logging
from pathlib import Path

_log = logging.getLogger("copipe")


def log_to(path: Path) -> None:
    """Write copipe's log to a file for the owner alone, for the rest of this program."""
    from copipe.files import make_folder

    if any(isinstance(h, logging.FileHandler) for h in _log.handlers):
        return
    try:
        make_folder(path.parent)
        path.touch(mode=0o600)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError:
        return  # a study on a read-only disk can still be read
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False


def show_log() -> None:
    """Show the log on standard error as well (-v)."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.DEBUG)
    _log.propagate = False
