"""Passages to listen to again: what the machine was unsure of, in order of time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from copipe.records import Turn, WordId
from copipe.report.markdown import count, escape, ranges
from copipe.report.view import MeetingView
from copipe.study.pages import Citation, cite, clock

# Below this the words are more likely somebody else's than the role's they stand under.
LOW_CERTAINTY = 0.5

_WHAT = {"suspect": "suspect passage, not coded", "inaudible": "inaudible"}


@dataclass(frozen=True, slots=True)
class Listen:
    """One row: the time (or "-"), where on the page, who speaks, what to listen for."""

    time: str
    place: str
    role: str
    what: str


def passages(view: MeetingView) -> tuple[Listen, ...]:
    """Suspect and inaudible passages and turns of uncertain speaker one by one; overlap and doubtful words by page.

    Doubtful words are left out once a person has checked the transcript.
    """
    found: list[tuple[WordId, Listen]] = []
    overlaps: list[WordId] = []
    doubtful: list[WordId] = []
    for turn in view.turns:
        if not turn.words:
            continue
        for mark in turn.marks:
            if mark.kind in _WHAT:
                why = f": {mark.why}" if mark.why else ""
                found.append((mark.first, _row(view, turn, mark.first, mark.last, _WHAT[mark.kind] + why)))
            elif mark.kind == "overlap":
                overlaps += [word.id for word in turn.words if mark.first <= word.id <= mark.last]
        if turn.certainty < LOW_CERTAINTY:
            found.append((turn.id, _row(view, turn, turn.id, turn.last, "uncertain who speaks")))
        if not view.checked:
            doubtful += [
                word.id
                for word in turn.words
                if word.text and word.probability is not None and word.probability < view.doubtful_below
            ]
    found += _by_page(view, overlaps, "words spoken while another speaks", "word spoken while another speaks")
    found += _by_page(view, doubtful, "doubtful words", "doubtful word")
    return tuple(row for _, row in sorted(found, key=lambda item: item[0]))


def _row(view: MeetingView, turn: Turn, first: WordId, last: WordId, what: str) -> Listen:
    where = cite(view.pages, view.turns, first, last)
    return Listen(_time(where), str(_untimed(where)).removeprefix(f"{where.meeting} "), turn.role, escape(what))


def _by_page(view: MeetingView, words: list[WordId], many: str, one: str) -> list[tuple[WordId, Listen]]:
    pages: dict[int, list[WordId]] = defaultdict(list)
    for word in words:
        pages[view.pages.label(word).page].append(word)
    rows = []
    for page, own in pages.items():
        numbers = {view.pages.label(word).line for word in own}
        place = f"p. {page}, {'l.' if len(numbers) == 1 else 'll.'} {ranges(numbers)}"
        time = _time(cite(view.pages, view.turns, own[0], own[0]))
        rows.append((own[0], Listen(time, place, "", count(len(own), one, many))))
    return rows


def _untimed(citation: Citation) -> Citation:
    return Citation(citation.meeting, citation.first, citation.last)


def _time(citation: Citation) -> str:
    return "-" if citation.start is None else clock(citation.start)
