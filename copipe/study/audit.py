"""The append-only trail of what was done and decided: one JSON object a line, each chained to the last by hash.

Entries name meetings, stages, keys, models and people by role or initials; never speech, never a name.

A chain does not show that its end was cut off, nor that all of it was written anew. So every entry has a second
witness, `private/audit-heads.jsonl`: how many lines the trail had when it was added, and the digest of the last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from copipe.files import append_lines, make_folder, without_torn
from copipe.holding import place, writing
from copipe.texts import from_json

FIRST = "0" * 64  # what the first entry is chained to
UNREADABLE = "cannot be read"
_WHO = re.compile(r"|researcher|[A-Za-z][A-Za-z0-9]{0,7}")  # initials or a role code; whatever is longer may be a name
WITNESS = ("private", "audit-heads.jsonl")  # beside the trail
PENDING = ".audit-pending"  # beside the witness: an entry that is being added, for whoever was killed meanwhile


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail. `when` is ISO 8601, UTC; a line that is damaged has UNREADABLE for `what`."""

    number: int  # line, from 1
    when: str
    what: str
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def meeting(self) -> str:
        """The meeting it is about, "" for the study as a whole."""
        return str(self.about.get("meeting", ""))

    @property
    def who(self) -> str:
        """Initials or role code of whoever did it, "" where the program did."""
        return str(self.about.get("who", ""))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the whole trail found: `broken` is the first line that is not as it was written, None if none is.

    `why` says what is wrong with it, `witnessed` how many of the lines the copy in private/ confirms.
    """

    lines: int
    broken: int | None = None
    why: str = ""
    witnessed: int = 0


def record(trail: Path, what: str, about: Mapping[str, object]) -> None:
    """Add an entry: `what` was done ("transcribe", "check", ...), and `about` what."""
    make_folder(trail.parent)
    with writing(place(trail.parent)):  # a run and a decision may happen at once
        _add(trail, what, about)


def _add(trail: Path, what: str, about: Mapping[str, object]) -> None:
    if not _WHO.fullmatch(str(about.get("who", ""))):
        raise ValueError("only initials or a role code go into the audit trail")
    _finish(trail)
    before = _lines(trail)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    entry = {"when": when, "what": what, "about": dict(about), "after": digest(before[-1]) if before else FIRST}
    line = json.dumps(entry, ensure_ascii=False, sort_keys=True)
    if not (witness := _witness(trail)).parent.is_dir():
        append_lines(trail, [line])
        return
    pending = witness.with_name(PENDING)
    pending.write_text(line, encoding="utf-8")
    try:
        append_lines(trail, [line])
        append_lines(witness, [json.dumps({"lines": len(before) + 1, "sha256": digest(line)})])
    finally:
        pending.unlink(missing_ok=True)


def settle(trail: Path) -> None:
    """Bring to its end what a process was adding to the trail that was killed meanwhile."""
    if _witness(trail).with_name(PENDING).exists():
        with writing(place(trail.parent)):
            _finish(trail)


def _finish(trail: Path) -> None:
    witness = _witness(trail)
    pending = witness.with_name(PENDING)
    try:
        line = pending.read_text(encoding="utf-8")
        after = json.loads(line)["after"]
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):
        after = line = ""  # it was not begun to be added yet
    before = _lines(trail)
    if line and after == (digest(before[-1]) if before else FIRST):
        append_lines(trail, [line])
        before.append(line)
    known = max((at for at, _ in _heads(witness)), default=0)
    if line and before and before[-1] == line and known == len(before) - 1:
        append_lines(witness, [json.dumps({"lines": len(before), "sha256": digest(line)})])
    pending.unlink(missing_ok=True)


def without_witness(trail: Path) -> bool:
    """True where there is a trail, and private/ knows nothing of it: it was taken away, or is another one."""
    return bool(_text(trail).strip()) and not _witness(trail).exists()


def digest(line: str) -> str:
    """What the next entry names to be chained to this one."""
    return sha256(line.encode()).hexdigest()


def head(trail: Path) -> str:
    """Digest of the last line, "" where there is no trail: whoever keeps it can tell later that nothing was changed."""
    lines = _lines(trail)
    return digest(lines[-1]) if lines else ""


def read(trail: Path) -> tuple[Entry, ...]:
    """All entries in their order, damaged ones included; none where there is no trail."""
    return tuple(_entry(number, line) for number, line in enumerate(_text(trail).split("\n"), 1) if line.strip())


def _entry(number: int, line: str) -> Entry:
    try:
        said = from_json(line)
        return Entry(number, str(said["when"]), str(said["what"]), dict(said["about"]))
    except (ValueError, KeyError, TypeError):
        return Entry(number, "", UNREADABLE)


def confirmed(trail: Path) -> frozenset[str]:
    """Digests of the lines that the copy in private/ confirms."""
    return frozenset(head for _, head in _heads(_witness(trail)))


def broken_at(trail: Path) -> int | None:
    """Number of the first line (from 1) that does not follow from the one before it; None when the trail is whole."""
    before = FIRST
    for number, line in enumerate(_text(trail).split("\n"), 1):
        if not line.strip():
            continue
        try:
            follows = from_json(line)["after"] == before
        except (ValueError, KeyError, TypeError):
            follows = False
        if not follows:
            return number
        before = digest(line)
    return None


def verify(trail: Path) -> Verdict:
    """Check the trail: the chain of its lines, and each line against the copy in private/."""
    lines = _lines(trail)
    number = len(lines)
    heads = list(_heads(_witness(trail)))
    known = len({at for at, _ in heads})
    found: list[tuple[int, str]] = []
    if (broken := broken_at(trail)) is not None:
        found.append((broken, "it does not follow from the line before it: one of the two was changed or removed"))
    for at, head in heads:
        if at > number:
            found.append((number + 1, f"the audit trail once had {at} lines or more, and its end is missing"))
        elif digest(lines[at - 1]) != head:
            found.append((at, "it differs from the copy in private/"))
    if not found:
        return Verdict(number, witnessed=known)
    first, why = min(found, key=lambda row: row[0])
    return Verdict(number, first, why, known)


def _heads(witness: Path) -> Iterator[tuple[int, str]]:
    for line in _text(witness).split("\n"):
        try:
            said = from_json(line)
            yield int(said["lines"]), str(said["sha256"])
        except (ValueError, KeyError, TypeError):
            continue  # cut off while it was written; the others still testify


def _witness(trail: Path) -> Path:
    return trail.parent.joinpath(*WITNESS)


def _lines(trail: Path) -> list[str]:
    return [line for line in _text(trail).split("\n") if line.strip()]


def _text(path: Path) -> str:
    """A file without a last line that was never written whole; "" where there is no file."""
    try:
        return without_torn(path.read_bytes()).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
