"""The append-only trail of what was done and decided: one JSON object a line, each chained to the last by hash.

Entries name meetings, stages, keys, models and people by role or initials; never speech, never a name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from copipe.store import append_lines, make_folder

FIRST = "0" * 64  # what the first entry is chained to


def record(trail: Path, what: str, about: Mapping[str, object]) -> None:
    """Add an entry: `what` was done ("transcribe", "check", ...), and `about` what."""
    make_folder(trail.parent)
    with FileLock(str(trail.with_name(f".{trail.name}.lock"))):  # a run and a decision may happen at once
        _add(trail, what, about)


def _add(trail: Path, what: str, about: Mapping[str, object]) -> None:
    before = FIRST
    if trail.exists() and (text := trail.read_text(encoding="utf-8").strip()):
        before = digest(text.split("\n")[-1])
    when = datetime.now(UTC).isoformat(timespec="seconds")
    entry = {"when": when, "what": what, "about": dict(about), "after": before}
    append_lines(trail, [json.dumps(entry, ensure_ascii=False, sort_keys=True)])


def digest(line: str) -> str:
    """What the next entry names to be chained to this one."""
    return sha256(line.encode()).hexdigest()


def broken_at(trail: Path) -> int | None:
    """Number of the first line (from 1) that does not follow from the one before it; None when the trail is whole."""
    before = FIRST
    lines = trail.read_text(encoding="utf-8").split("\n")[:-1] if trail.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            follows = json.loads(line)["after"] == before
        except (ValueError, KeyError, TypeError):
            follows = False
        if not follows:
            return number
        before = digest(line)
    return None
