"""Corrections counted, for a person to look over before they are stored or taken back. Says no words."""

from __future__ import annotations

from collections.abc import Sequence

from copipe.records import Decision
from copipe.texts import from_json
from copipe.transcribe.corrections.text import clock


def summary(decisions: Sequence[Decision]) -> str:
    """What corrections come to: "12 words changed, 1 passage given to another speaker, 2 notes"."""
    changed = added = removed = moved = notes = 0
    for decision in decisions:
        if decision.kind == "speaker":
            moved += 1
            continue
        detail = from_json(decision.detail or "{}")
        before = [str(w) for w in detail.get("before", ())]
        after = [str(w) for w in detail.get("words", decision.text.split())]
        notes += sum(_is_note(w) and w not in before for w in after)
        old, new = len([w for w in before if not _is_note(w)]), len([w for w in after if not _is_note(w)])
        notes += not new and not old and not after  # a note taken out
        changed, added, removed = changed + min(old, new), added + max(0, new - old), removed + max(0, old - new)
    parts = [
        (changed, "word changed", "words changed"),
        (added, "word added", "words added"),
        (removed, "word removed", "words removed"),
        (moved, "passage given to another speaker", "passages given to other speakers"),
        (notes, "note", "notes"),
    ]
    return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in parts if n)


def times(decisions: Sequence[Decision], most: int = 6) -> str:
    """When in the recording the first few are: "at 00:00:12, 00:03:04 and 10 more"."""
    found = [clock(d.span.start) for d in decisions if d.span is not None and d.span.start is not None]
    found = sorted(dict.fromkeys(found))
    if not found:
        return "no times known"
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return f"at {', '.join(found[:most])}{more}"


def _is_note(text: str) -> bool:
    return text.startswith("(") and text.rstrip(".,;:?!").endswith(")")
