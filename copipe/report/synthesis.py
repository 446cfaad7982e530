"""The synthesis: what was said under which code over all the meetings, by whom, and when it first appears."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from copipe.records import Coding
from copipe.report import quotations, tallies
from copipe.report.markdown import escape, fill, table
from copipe.report.quotations import Quotation
from copipe.report.tallies import Shelf
from copipe.report.view import MeetingView, StudyView

_VISITORS, _UNNAMED = "visitors", "not named yet"
_NONE = "·"  # in a table of many columns a dot is read past more easily than 0


@dataclass(frozen=True, slots=True)
class Exemplar:
    """The passage that stands for a code."""

    heading: str
    quotation: Quotation


@dataclass(frozen=True, slots=True)
class _Found:
    """One candidate with the meeting it is of."""

    view: MeetingView
    candidate: Coding


def render(view: StudyView) -> str:
    """The synthesis as Markdown; every quotation in it has been verified against the transcripts."""
    analysed = [m for m in view.meetings if m.analysed]
    shelves = tallies.shelves(view.codebook)
    found: dict[str, list[_Found]] = {shelf.code.key: [] for shelf in shelves}
    for meeting in analysed:
        for key, candidates in tallies.by_code(meeting).items():
            found[key] += [_Found(meeting, candidate) for candidate in candidates]
    roles = sorted(dict.fromkeys(c for m in analysed for c in _columns(m)), key=(_VISITORS, _UNNAMED).count)
    stages = list(dict.fromkeys(m.meeting.stage for m in analysed))
    role_words = {role: sum(_columns(m).get(role, 0) for m in analysed) for role in roles}
    stage_words = {
        stage: sum(sum(_columns(m).values()) for m in analysed if m.meeting.stage == stage) for stage in stages
    }
    text = fill(
        "synthesis.md.j2",
        view=view,
        time_plan=_time_plan(view),
        analysed=len(analysed),
        candidates=sum(map(len, found.values())),
        unchecked=sum(not m.checked for m in analysed),
        by_meeting=_counts(shelves, found, [m.meeting.code for m in analysed], lambda f: f.view.meeting.code),
        presence=_presence(shelves, found, [m.meeting.code for m in analysed]),
        by_role=_rates(shelves, found, roles, role_words, lambda f: _column(f.view, f.candidate.role)),
        by_stage=_rates(shelves, found, stages, stage_words, lambda f: f.view.meeting.stage),
        first=_first(view, shelves, found),
        exemplars=_exemplars(view, shelves, found),
        empty=[_heading(s) for s in shelves if not found[s.code.key] and (s.code.seeds or not _has_below(s, shelves))],
        below_quorum=[m for m in view.meetings if not m.quorum_met],
        without=[m for m in view.meetings if m.quorum_met and not m.turns],
    )
    quotations.verify(text, view.meetings)
    return text


def _column(meeting: MeetingView, role: str) -> str:
    """Where a role is counted: "V1" and "UNK1" are other people in another meeting, so they are counted together."""
    if any(a.visitor and a.role == role for a in meeting.attendance):
        return _VISITORS
    return _UNNAMED if role.startswith("UNK") else role


def _columns(meeting: MeetingView) -> dict[str, int]:
    """Words spoken in a meeting by column, for those who spoke."""
    words: dict[str, int] = {}
    for row in tallies.spoken(meeting.turns, [a.role for a in meeting.attendance]):
        if row.words:
            column = _column(meeting, row.role)
            words[column] = words.get(column, 0) + row.words
    return words


def _time_plan(view: StudyView) -> str:
    rows = []
    for m in view.meetings:
        code = escape(m.meeting.code)
        attended = ", ".join(
            escape(a.role) + (" (in part)" if a.in_part else " (visitor)" if a.visitor else "") for a in m.attendance
        )
        quorum = "-" if m.meeting.kind != "meeting" else "met" if m.quorum_met else "**below**"
        transcript = "none" if not m.turns else "checked" if m.checked else "unchecked"
        rows.append(
            (
                f"[{code}]({_folder(view, m)}{view.report_file})",
                m.meeting.date,
                m.meeting.kind,
                escape(m.meeting.stage),
                attended,
                "yes" if m.meeting.recorded else "no",
                quorum,
                transcript,
            )
        )
    return table(("meeting", "date", "kind", "stage", "attended", "recorded", "quorum", "transcript"), rows)


def _label(shelf: Shelf) -> str:
    """A code in the first column of a table: categories bold, what is below them moved in."""
    label = escape(shelf.code.label)
    return f"**{label}**" if shelf.depth == 0 else "&emsp;" * shelf.depth + label


def _heading(shelf: Shelf) -> str:
    return escape(": ".join(code.label for code in (*shelf.above[1:], shelf.code)))


def _has_below(shelf: Shelf, shelves: Sequence[Shelf]) -> bool:
    return any(shelf.code in other.above for other in shelves)


def _with_below(shelf: Shelf, shelves: Sequence[Shelf], found: dict[str, list[_Found]]) -> list[_Found]:
    """What is found for a code and, where it is a category, for all below it."""
    keys = [s.code.key for s in shelves if s is shelf or (shelf.depth == 0 and shelf.code in s.above)]
    return [item for key in keys for item in found[key]]


def _counts(
    shelves: Sequence[Shelf], found: dict[str, list[_Found]], columns: list[str], column: Callable[[_Found], str]
) -> str:
    rows = []
    for shelf in shelves:
        own = [column(item) for item in _with_below(shelf, shelves, found)]
        rows.append((_label(shelf), *(own.count(c) or _NONE for c in columns), len(own)))
    return table(("code", *map(escape, columns), "all"), rows, right=range(1, len(columns) + 2))


def _presence(shelves: Sequence[Shelf], found: dict[str, list[_Found]], meetings: list[str]) -> str:
    rows = []
    for shelf in shelves:
        there = {item.view.meeting.code for item in _with_below(shelf, shelves, found)}
        rows.append((_label(shelf), *(int(m in there) for m in meetings), len(there)))
    return table(("code", *map(escape, meetings), "meetings"), rows, right=range(1, len(meetings) + 2))


def _rates(
    shelves: Sequence[Shelf],
    found: dict[str, list[_Found]],
    columns: list[str],
    words: dict[str, int],
    column: Callable[[_Found], str],
) -> str:
    """Counts, with the rate per 1,000 words of the column in brackets."""
    rows: list[tuple[object, ...]] = []
    for shelf in shelves:
        own = [column(item) for item in _with_below(shelf, shelves, found)]
        cells = [_rate(own.count(c), words[c]) for c in columns]
        rows.append((_label(shelf), *cells, _rate(len(own), sum(words.values()))))
    rows.append(("words spoken", *(f"{words[c]:,}" for c in columns), f"{sum(words.values()):,}"))
    return table(("code", *map(escape, columns), "all"), rows, right=range(1, len(columns) + 2))


def _rate(number: int, words: int) -> str:
    return f"{number} ({1000 * number / words:.1f})" if number and words else _NONE


def _first(view: StudyView, shelves: Sequence[Shelf], found: dict[str, list[_Found]]) -> str:
    rows = []
    for shelf in shelves:
        if own := found[shelf.code.key]:
            quotation = _quote(view, own[0])
            cited = f"[{escape(str(quotation.citation))}]({quotation.link})"
            rows.append((_heading(shelf), escape(own[0].view.meeting.stage), cited, escape(own[0].candidate.role)))
    return table(("code", "stage", "first passage", "who"), rows) if rows else ""


def _exemplars(view: StudyView, shelves: Sequence[Shelf], found: dict[str, list[_Found]]) -> list[Exemplar]:
    """For every code the passage with the highest score: of a checked transcript before others, of ties the first."""
    made = []
    for shelf in shelves:
        if own := found[shelf.code.key]:
            best = max(own, key=lambda item: (item.view.checked, item.candidate.score))
            made.append(Exemplar(_heading(shelf), _quote(view, best)))
    return made


def _quote(view: StudyView, item: _Found) -> Quotation:
    return quotations.quote(item.view, item.candidate, _folder(view, item.view))


def _folder(view: StudyView, meeting: MeetingView) -> str:
    return quote(view.meeting_folder.format(meeting.meeting.code))
