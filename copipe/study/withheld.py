"""Files of the researcher's own that quote somebody who is not in the study any more: reports do without them.

Once somebody's words are gone nobody could find them again in a memo or in notes. So a file in which they were found is
remembered by its digest, in private/held.json, and is left out until it is changed, or they consent again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from copipe.files import write_file
from copipe.texts import from_json

FILE = ("private", "held.json")  # in the study folder


def hold(root: Path, paths: Iterable[Path], codes: Collection[str]) -> None:
    """Leave these files out, as they are now, for as long as any of the people `codes` is not in the study in full."""
    kept = _read(root)
    for path in paths:
        before = kept.get(path.relative_to(root).as_posix(), {})
        told = {"sha256": _digest(path), "codes": sorted({*codes, *before.get("codes", ())})}
        kept[path.relative_to(root).as_posix()] = told
    if kept:
        write_file(root.joinpath(*FILE), json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False))


def held(root: Path, left: Collection[str]) -> frozenset[Path]:
    """The files that are still as they were held, for one of those who have `left`."""
    return frozenset(
        root / name
        for name, said in _read(root).items()
        if not set(left).isdisjoint(said["codes"]) and _digest(root / name) == said["sha256"]
    )


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _read(root: Path) -> dict[str, Any]:
    try:
        found = from_json(root.joinpath(*FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
