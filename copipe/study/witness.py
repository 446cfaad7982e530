"""What the audit trail says of artifacts: which digest each had when it was made, and what a purge left of it.

An artifact and its manifest lie side by side, and whoever can change the one can change the other. The trail is
chained, and the copy of its digests in private/ shows a trail that was written anew; so an artifact is genuine only as
far as the trail knows it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copipe.study import audit
from copipe.texts import from_json

PURGED = "purge artifact"  # the entry that names what a purge left
# Entries of copipe 0.1.0, which purged artifacts without naming what it left. Later ones say which copipe wrote them.
_BEFORE = ("purge", "names", "destroy")

Place = tuple[str, str, str]  # meeting, stage, key


@dataclass(slots=True)
class Witness:
    """The entries of a trail about artifacts, read as far as it goes, and on from there when it has grown.

    With `confirmed`, the digests of the lines that the copy in private/ confirms, other lines of those that are there
    at first do not count. Lines that are added later are this program's own.
    """

    trail: Path
    confirmed: frozenset[str] | None = None
    _read: int = 0  # bytes
    _made: dict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))
    _left: dict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))
    _purged_before: set[str] = field(default_factory=set)  # meetings

    def forged(self, place: Place, digest: str) -> bool:
        """True where the trail knows the artifact, and with other digests alone."""
        self._go_on()
        return bool(self._made.get(place)) and digest not in self._made[place]

    def left(self, place: Place, digest: str) -> bool:
        """True where a purge left data of this SHA-256."""
        self._go_on()
        if place in self._left:
            return digest in self._left[place]
        return place[0] in self._purged_before

    def purging(self, place: Place, digest: str) -> None:
        """Record, before it is done, that a purge will leave data of this SHA-256."""
        meeting, stage, key = place
        audit.record(self.trail, PURGED, {"meeting": meeting, "stage": stage, "key": key, "sha256": digest})

    def _go_on(self) -> None:
        try:
            size = self.trail.stat().st_size
        except OSError:
            return
        if size < self._read:  # another file by now
            self._read = 0
            for known in (self._made, self._left, self._purged_before):
                known.clear()
        if size == self._read:
            return
        first = self._read == 0
        with self.trail.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode("utf-8", errors="replace").split("\n"):
            if line.strip() and not (first and self.confirmed is not None and audit.digest(line) not in self.confirmed):
                self._take(line)

    def _take(self, line: str) -> None:
        try:
            entry: dict[str, Any] = from_json(line)
            what, about = str(entry["what"]), dict(entry["about"])
        except (ValueError, KeyError, TypeError):
            return
        place = str(about.get("meeting", "")), str(about.get("stage", "")), str(about.get("key", ""))
        if what == "run" and "digest" in about:
            self._made[place].add(str(about["digest"]))
        elif what == PURGED:
            self._left[place].add(str(about.get("sha256", "")))
        elif what in _BEFORE and "copipe" not in about:
            self._purged_before.add(place[0])
