"""The report of one meeting: who was there, who spoke, what was said under which code, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from copipe.pages import clock
from copipe.records import Code, Coding, WordId
from copipe.report import listening, quotations, tallies
from copipe.report.markdown import count, escape, fill, table
from copipe.report.quotations import Quotation
from copipe.report.view import MeetingView

# Word error rates measured on three simulated meetings and an acted call: tiny.en 12 to 19 %; base 15 % on the call.
_EXPECTED_ERROR = {
    "tiny.en": "about one word in six is wrong in clear speech, and more where several speak at once",
    "base": "about one word in six or seven is wrong in clear speech, and more where several speak at once",
}


@dataclass(frozen=True, slots=True)
class Passage:
    """A candidate as it is printed: the quotation, and why it is proposed."""

    quotation: Quotation
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One code with its passages; `heading` says where it stands below its category."""

    heading: str
    definition: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Category:
    """One code of the top level, its own passages, the codes below it that have some, and those that have none."""

    entry: Entry
    below: tuple[Entry, ...]
    empty: tuple[str, ...]


def render(view: MeetingView) -> str:
    """The report as Markdown; every quotation in it has been verified against the transcript."""
    members = [a for a in view.attendance if not a.visitor]
    withheld = [turn for turn in view.turns if turn.role == ""]
    text = fill(
        "meeting.md.j2",
        view=view,
        facts=_facts(view),
        attendance=table(
            ("role", "who", "attended"),
            [
                (escape(a.role), escape(a.description), "visitor" if a.visitor else "in part" if a.in_part else "yes")
                for a in view.attendance
            ],
        ),
        quorum=_quorum(view, len(members), sum(a.in_part for a in members)),
        spoken=_spoken(view),
        timed=any(turn.start is not None for turn in view.turns),
        error=_error(view),
        categories=_categories(view),
        candidates=sum(map(len, tallies.by_code(view).values())),
        listen=table(
            ("time", "page and lines", "who", "what"),
            [(p.time, p.place, escape(p.role), p.what) for p in listening.passages(view)],
        ),
        listen_count=len(listening.passages(view)),
        withheld=_withheld(len(withheld), tallies.seconds(withheld), sum(turn.count for turn in withheld)),
        replaced=sum(mark.kind == "replaced" for turn in view.turns for mark in turn.marks),
        notes=[escape(turn.text) for turn in view.notes],
        provenance=table(("what", "with what"), [(escape(k), escape(v)) for k, v in view.provenance.items()]),
    )
    quotations.verify(text, [view])
    return text


def _facts(view: MeetingView) -> str:
    meeting = view.meeting
    sources = []
    if meeting.transcript is not None:
        sources.append("an imported transcript")
    elif meeting.recorded:
        sources.append("a recording")
    else:
        sources.append("not recorded")
    if view.notes:
        sources.append("notes")
    rows = [
        ("kind", meeting.kind),
        ("stage", escape(meeting.stage)),
        ("sources", ", ".join(sources)),
    ]
    if view.turns:
        checked = f"checked by {escape(view.checked_by)} on {view.checked_when}" if view.checked else "**unchecked**"
        rows.append(("transcript", f"[{count(view.pages.pages, 'page')}]({view.transcript_file}), {checked}"))
    return table(("date", meeting.date), [row for row in rows if row[1]])


def _quorum(view: MeetingView, members: int, in_part: int) -> str:
    said = f"{count(members, 'member')} attended" + (f", {in_part} of them in part" if in_part else "")
    if view.meeting.kind != "meeting":
        return f"{said}. The quorum concerns meetings only."
    if view.quorum_met:
        return f"{said}; the quorum of {view.quorum} is met."
    return f"{said}; the quorum is {view.quorum}. **This meeting is below quorum: it is on file and not analysed.**"


def _spoken(view: MeetingView) -> str:
    if not view.turns:
        return ""
    rows = tallies.spoken(view.turns, [a.role for a in view.attendance])
    if all(row.seconds is None for row in rows):
        untimed = [(escape(row.role), row.turns, row.words) for row in rows]
        return table(("role", "turns", "words"), untimed, right=(1, 2))
    whole = sum(row.seconds or 0.0 for row in rows)
    return table(
        ("role", "time", "share", "turns", "words"),
        [
            (
                escape(row.role),
                clock(round(row.seconds or 0.0)),
                f"{(row.seconds or 0.0) / whole:.0%}" if whole else "-",
                row.turns,
                row.words,
            )
            for row in rows
        ],
        right=(1, 2, 3, 4),
    )


def _error(view: MeetingView) -> str:
    if not view.model:
        return ""
    expected = _EXPECTED_ERROR.get(view.model)
    if expected is None:
        return (
            f"How many words the speech model {escape(view.model)} gets wrong has not been measured for this program."
        )
    return f"As the speech model {escape(view.model)} writes it, {expected}."


def _withheld(turns: int, seconds: float, words: int) -> str:
    if not turns:
        return ""
    length = f"{clock(round(seconds))} in all" if seconds else count(words, "word")
    return f"{count(turns, 'turn')} ({length})"


def _categories(view: MeetingView) -> tuple[Category, ...]:
    found = tallies.by_code(view)
    labels = {code.key: code.label for code in view.codebook.codes}
    others = _others([candidate for candidates in found.values() for candidate in candidates])

    def also(candidate: Coding) -> set[str]:
        return others[candidate.span.first, candidate.span.last]

    def passages(code: Code) -> tuple[Passage, ...]:
        return tuple(
            Passage(
                quotations.quote(view, candidate),
                _why(candidate, [labels[key] for key in labels if key in also(candidate) - {code.key}]),
            )
            for candidate in found[code.key]
        )

    categories: list[Category] = []
    shelves = tallies.shelves(view.codebook)
    for top in (shelf for shelf in shelves if shelf.depth == 0):
        below = [shelf for shelf in shelves if shelf.above and shelf.above[0] is top.code]
        entries = [
            Entry(
                escape(": ".join(code.label for code in (*shelf.above[1:], shelf.code))),
                escape(shelf.code.definition),
                passages(shelf.code),
            )
            for shelf in below
        ]
        own = Entry(escape(top.code.label), escape(top.code.definition), passages(top.code))
        empty = [entry.heading for entry in entries if not entry.passages]
        if not own.passages and (top.code.seeds or not below):
            empty.insert(0, own.heading if below else "")
        categories.append(Category(own, tuple(entry for entry in entries if entry.passages), tuple(empty)))
    return tuple(categories)


def _others(candidates: Sequence[Coding]) -> dict[tuple[WordId, WordId], set[str]]:
    """For each span the codes that words of it are proposed for."""
    rows = sorted({(c.span.first, c.span.last, c.code) for c in candidates})
    found: dict[tuple[WordId, WordId], set[str]] = {(first, last): set() for first, last, _ in rows}
    for number, (first, last, code) in enumerate(rows):
        found[first, last].add(code)
        for other_first, other_last, other in islice(rows, number + 1, None):
            if other_first > last:
                break
            found[first, last].add(other)
            found[other_first, other_last].add(code)
    return found


def _why(candidate: Coding, also: list[str]) -> str:
    sources = dict.fromkeys(f"the {item.kind} “{escape(item.source)}”" for item in candidate.evidence)
    said = f"Proposed by {', '.join(sources)}; score {candidate.score:.2f}." if sources else ""
    return said + (f" Also under: {escape('; '.join(dict.fromkeys(also)))}." if also else "")
