"""Digests of files, remembered by path, size and time of change, so that nothing large is read twice."""

from __future__ import annotations

import contextlib
import json
from hashlib import file_digest
from pathlib import Path

from copipe.texts import from_json


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


class Memory:
    """Digests of files, kept in a JSON file. A damaged memory is only a slow one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            known = from_json(path.read_text(encoding="utf-8"))
            self._known: dict[str, list[object]] = known if isinstance(known, dict) else {}
        except (OSError, ValueError):
            self._known = {}

    def digest(self, path: Path) -> str:
        """SHA-256 of `path`, read again only when its size or time of change is another. OSError if unreadable."""
        state = path.stat()
        seen = [state.st_size, state.st_mtime_ns]
        entry = self._known.get(str(path))
        if entry and entry[:2] == seen:
            return str(entry[2])
        value = digest(path)
        self._known[str(path)] = [*seen, value]
        self._save()
        return value

    def _save(self) -> None:
        from copipe.files import write_file

        with contextlib.suppress(OSError):  # a study that may only be read is read again each time
            write_file(self.path, json.dumps(self._known, indent=0))
