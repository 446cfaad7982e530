"""What people decided: kept as lines that are only ever added, so that two people's files merge and nothing is lost.

A file holds one JSON object a line. What counts now is worked out when it is read: of two decisions of one kind about
the same thing the later wins, and an "undo" takes one back. Decisions that hold speech or name somebody live under
`private/decisions/`; the others, under `decisions/`, are safe in version control.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from copipe import texts
from copipe.errors import ConfigError
from copipe.files import without_torn
from copipe.records import Decision, Span
from copipe.study import vault
from copipe.texts import from_json


def decide(
    *,
    kind: str,
    about: str,
    verdict: str,
    who: str,
    span: Span | None = None,
    text: str = "",
    detail: str = "",
) -> Decision:
    """A decision made now. Its id is a digest of all the rest, so that merging files never doubles one.

    InputError where the text holds a character that no report can hold.
    Where the clock was set back, "now" is after every decision that was read: the later one wins.
    """
    texts.refuse_odd(text, "what was typed")
    when = max(datetime.now(UTC), _LATEST.when + timedelta(microseconds=1)).isoformat(timespec="microseconds")
    _LATEST.see(when)
    bare = Decision("", when, who, kind, about, verdict, span, text, detail)
    return replace(bare, id=_digest(bare))


def is_as_made(decision: Decision) -> bool:
    """Whether a decision's id is the digest of the rest of it."""
    return decision.id == _digest(decision)


def append(path: Path, *decisions: Decision) -> None:
    """Add decisions to a file, durably: they are on the disk when this returns."""
    vault.append_lines(path, [_line(d) for d in decisions])


def rewrite(path: Path, decisions: Sequence[Decision]) -> None:
    """Leave only these decisions in a file, and overwrite the rest: for what has to go when somebody withdraws."""
    vault.rewrite_text(path, "".join(_line(d) + "\n" for d in decisions))


def read(path: Path) -> tuple[Decision, ...]:
    """All decisions of a file in the order they were made, those since undone included; none if there is no file.

    Lines that two people's files share count once. A line that cannot be read is a ConfigError: a decision is never
    skipped in silence, but for a last line that was never written whole.
    """
    if not vault.exists(path):
        return ()
    found: dict[str, Decision] = {}
    try:
        whole = without_torn(vault.read_bytes(path)).decode()
    except UnicodeDecodeError as error:
        number = texts.line_of(error)
        raise ConfigError(
            f"{path}, line {number}: not UTF-8 text", "Correct or remove the line (keep a copy)."
        ) from None
    for number, line in enumerate(whole.split("\n"), 1):
        if not line.strip():
            continue
        try:
            decision = _parse(line)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(
                f"{path}, line {number}: not a decision written by copipe",
                "Correct or remove the line (keep a copy). The other lines are not affected.",
            ) from error
        found.setdefault(decision.id, decision)
        _LATEST.see(decision.when)
    return tuple(sorted(found.values(), key=lambda d: (d.when, d.id)))


def standing(decisions: Sequence[Decision], *kinds: str) -> tuple[Decision, ...]:
    """The decisions of these kinds (all, if none is named) that nobody has taken back, in the order they were made."""
    undone: set[str] = set()
    for decision in reversed(decisions):  # a later undo may itself be undone
        if decision.kind == "undo" and decision.id not in undone:
            undone.add(decision.about)
    return tuple(d for d in decisions if d.kind != "undo" and d.id not in undone and (not kinds or d.kind in kinds))


class _Latest:
    """When the last of the decisions that this process has read was made."""

    def __init__(self) -> None:
        self.when = datetime.min.replace(tzinfo=UTC)

    def see(self, when: str) -> None:
        try:
            seen = datetime.fromisoformat(when)
            self.when = max(self.when, min(seen, _FARTHEST))
        except (ValueError, TypeError):
            return  # not as copipe writes it: it takes its place as text


_FARTHEST = datetime(9000, 1, 1, tzinfo=UTC)
_LATEST = _Latest()


def _line(decision: Decision) -> str:
    return json.dumps(asdict(decision), ensure_ascii=False, sort_keys=True)


def _digest(decision: Decision) -> str:
    return sha256(_line(replace(decision, id="")).encode()).hexdigest()[:16]


def _parse(line: str) -> Decision:
    fields = from_json(line)
    span = fields.pop("span")
    return Decision(**fields, span=Span(**span) if span else None)
