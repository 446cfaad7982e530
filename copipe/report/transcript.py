"""The transcript of record: numbered lines on labelled pages, so that any passage can be cited and found."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from copipe.records import Turn, WordId
from copipe.report.templates.fill import fill
from copipe.report.view import MeetingView
from copipe.study.pages import Line, Piece, clock, lines

# Signs round marked words; none of them is in common use in transcribed speech.
_ROUND = {"overlap": ("<", ">"), "suspect": ("{", "}"), "inaudible": ("{?", "?}")}
_DOUBTFUL = "~"


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is printed; `rows` are ready for a fixed-width block."""

    number: int
    rows: tuple[str, ...]


def render(view: MeetingView) -> str:
    """The transcript of a meeting as Markdown, a fenced block a page; reports link to its anchors `#p7`."""
    return fill("transcript.md.j2", view.templates, view=view, pages=pages(view), timed=is_timed(view.turns))


def text(view: MeetingView) -> str:
    """The transcript as plain text with the same pages and lines, a form feed before each page but the first."""
    standing = (
        f"checked by {view.checked_by} on {view.checked_when}" if view.checked else "unchecked, labels provisional"
    )
    head = f"{view.title}: transcript {view.meeting.code} ({view.meeting.date}; {standing})"
    blocks = ["\n".join([f"{view.meeting.code} p. {page.number}", "", *page.rows]) for page in pages(view)]
    return head + "\n\n" + "\n\f\n".join(blocks) + "\n"


def pages(view: MeetingView) -> tuple[Page, ...]:
    """Every page with its rows, ready for type of one width."""
    timed = is_timed(view.turns)
    roles = max((len(turn.role) for turn in view.turns), default=0)
    signs: dict[WordId, tuple[str, str]] = {}
    for turn in view.turns:
        signs |= _signs(turn, 0.0 if view.checked else view.doubtful_below)
    found: dict[int, list[str]] = {}
    for line in lines(view.turns, view.pages):
        found.setdefault(line.place.page, []).extend(_rows(line, timed, roles, view.pages.width, signs))
    return tuple(Page(number, tuple(rows)) for number, rows in found.items())


def is_timed(turns: Sequence[Turn]) -> bool:
    """Whether the source says when anything was said."""
    return any(turn.start is not None for turn in turns)


def withheld(turn: Turn) -> str:
    """What stands in the place of words that are withheld.

    >>> withheld(Turn("M:000001", "M:000040", 10.0, 22.2, "", (), 40, 1.0))
    '[somebody not in the study speaks, 12 s]'
    """
    if turn.start is None or turn.end is None:
        return f"[somebody not in the study speaks, {turn.count} words]"
    return f"[somebody not in the study speaks, {max(1, round(turn.end - turn.start))} s]"


def _signs(turn: Turn, doubtful_below: float) -> dict[WordId, tuple[str, str]]:
    """What stands before and after each word of a turn that is marked."""
    said = [word for word in turn.words if word.text]
    before = {
        word.id: _DOUBTFUL
        for word in said
        if word.probability is not None and word.probability < doubtful_below and not word.is_note
    }
    after: dict[WordId, str] = {}
    for mark in turn.marks:
        own = [word.id for word in said if mark.first <= word.id <= mark.last]
        if own and mark.kind in _ROUND:
            opening, closing = _ROUND[mark.kind]
            before[own[0]] = opening + before.get(own[0], "")
            after[own[-1]] = after.get(own[-1], "") + closing
    return {word: (before.get(word, ""), after.get(word, "")) for word in before.keys() | after.keys()}


def _rows(line: Line, timed: bool, roles: int, width: int, signs: dict[WordId, tuple[str, str]]) -> list[str]:
    """One line, and its continuation without a number where corrections made it longer than the page is wide."""
    label = f"{line.place.line:2d}"
    time = role = ""
    if line.pieces and line.pieces[0].opens:
        first = line.pieces[0].turn
        role = first.role or "-"
        time = "" if first.start is None else clock(first.start)
    text = " ".join(filter(None, (_text(piece, number > 0, signs) for number, piece in enumerate(line.pieces))))
    # Signs of marks may stand out over the edge; only what a correction added is carried over.
    wrapped = textwrap.wrap(text, width + 8, break_long_words=False, break_on_hyphens=False) or [""]
    head = f"{label}  {time:8}  {role:{roles}}  " if timed else f"{label}  {role:{roles}}  "
    return [(head + wrapped[0]).rstrip(), *(" " * len(head) + more for more in wrapped[1:])]


def _text(piece: Piece, inside: bool, signs: dict[WordId, tuple[str, str]]) -> str:
    if piece.withheld:
        return withheld(piece.turn)
    said = " ".join(word.text.join(signs.get(word.id, ("", ""))) for word in piece.words if word.text)
    return f"[{piece.turn.role}:] {said}" if inside and piece.opens else said
