"""The codes of one meeting with their passages: what a person accepted, and the best of what is only proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from copipe.records import Code, Coding, WordId
from copipe.report import quotations, tallies
from copipe.report.markdown import escape
from copipe.report.quotations import Quotation
from copipe.report.view import MeetingView

BEST = 4  # candidates that are quoted for a code, by score; the others are cited
NEAR = 1  # of those that no seed proposes


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as it is printed: the quotation, and why it is proposed."""

    quotation: Quotation
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One code with its passages; `heading` says where it stands below its category, `more` cites those not quoted."""

    heading: str
    definition: str
    accepted: tuple[Passage, ...]
    proposed: tuple[Passage, ...]
    more: tuple[str, ...]
    near: tuple[Passage, ...] = ()
    near_more: tuple[str, ...] = ()

    @property
    def passages(self) -> tuple[Passage, ...]:
        """All that is quoted, accepted ones first."""
        return self.accepted + self.proposed + self.near


@dataclass(frozen=True, slots=True)
class Category:
    """One code of the top level, its own passages, the codes below it that have some, and those that have none."""

    entry: Entry
    below: tuple[Entry, ...]
    empty: tuple[str, ...]


def categories(view: MeetingView) -> tuple[Category, ...]:
    """The codebook from the top down, with the passages of this meeting."""
    found = tallies.by_code(view)
    near = view.near if view.quorum_met else ()
    others = _others([*near, *(coding for codings in found.values() for coding in codings)])
    made: list[Category] = []
    shelves = tallies.shelves(view.codebook)
    for top in (shelf for shelf in shelves if shelf.depth == 0):
        below = [shelf for shelf in shelves if shelf.above and shelf.above[0] is top.code]
        entries = [
            _entry(view, shelf.code, ": ".join(c.label for c in (*shelf.above[1:], shelf.code)), found, others)
            for shelf in below
        ]
        own = _entry(view, top.code, top.code.label, found, others)
        empty = [entry.heading for entry in entries if not entry.passages]
        if not own.passages and (top.code.seeds or not below):
            empty.insert(0, own.heading if below else "")
        made.append(Category(own, tuple(entry for entry in entries if entry.passages), tuple(empty)))
    return tuple(made)


def _entry(
    view: MeetingView,
    code: Code,
    heading: str,
    found: dict[str, list[Coding]],
    others: dict[tuple[WordId, WordId], set[str]],
) -> Entry:
    labels = {c.key: c.label for c in view.codebook.codes}

    def passage(coding: Coding) -> Passage:
        also = others[coding.span.first, coding.span.last] - {code.key}
        return Passage(quotations.quote(view, coding), _why(coding, [labels[key] for key in labels if key in also]))

    accepted = [c for c in found[code.key] if c.status == "accepted"]
    proposed = [c for c in found[code.key] if c.status == "candidate"]
    best = sorted(proposed, key=lambda c: -c.score)[:BEST]
    near = [c for c in view.near if c.code == code.key] if view.quorum_met else []
    nearest = sorted(near, key=lambda c: -c.score)[:NEAR]
    return Entry(
        escape(heading),
        escape(code.definition),
        tuple(map(passage, accepted)),
        tuple(passage(c) for c in proposed if c in best),
        tuple(quotations.link(view, c.span) for c in proposed if c not in best),
        tuple(passage(c) for c in nearest),
        tuple(quotations.link(view, c.span) for c in near if c not in nearest),
    )


def _others(codings: Sequence[Coding]) -> dict[tuple[WordId, WordId], set[str]]:
    """For each span the codes that words of it stand under."""
    rows = sorted({(c.span.first, c.span.last, c.code) for c in codings})
    found: dict[tuple[WordId, WordId], set[str]] = {(first, last): set() for first, last, _ in rows}
    for number, (first, last, code) in enumerate(rows):
        found[first, last].add(code)
        for other_first, other_last, other in islice(rows, number + 1, None):
            if other_first > last:
                break
            found[first, last].add(other)
            found[other_first, other_last].add(code)
    return found


def _why(coding: Coding, also: Sequence[str]) -> str:
    seeds = dict.fromkeys(
        f"the {e.kind} “{escape(e.source)}”" for e in coding.evidence if e.kind not in ("meaning", "learned")
    )
    near = dict.fromkeys(e.source for e in coding.evidence if e.kind == "meaning")
    said = [f"proposed by {', '.join(seeds)}"] if seeds else []
    said += [f"near the code's {escape(' and '.join(near))} in meaning"] if near else []
    said += (
        ["similar to passages accepted under this code"] if any(e.kind == "learned" for e in coding.evidence) else []
    )
    why = "; ".join(said)
    told = [f"{why[:1].upper()}{why[1:]}; score {coding.score:.2f}."] if why else []
    told += [f"Also under: {escape('; '.join(dict.fromkeys(also)))}."] if also else []
    return " ".join(told)
