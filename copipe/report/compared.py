"""The notes beside the transcript: what each point of them is confirmed by, and what was said that they leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copipe.pages import words_between
from copipe.records import Turn
from copipe.report import quotations
from copipe.report.markdown import escape, table
from copipe.report.view import MeetingView

MOST = 3  # passages that are named for one point of the notes


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the notes: its text as Markdown, and the citations of passages that it seems to speak of."""

    text: str
    cited: tuple[str, ...]


def points(view: MeetingView, notes: Sequence[Turn]) -> tuple[Point, ...]:
    """The notes point by point; without a transcript nothing is cited."""
    found = {match.note.first: match.passages for match in view.matches}
    return tuple(
        Point(escape(turn.text), tuple(quotations.link(view, span) for span in found.get(turn.id, ())[:MOST]))
        for turn in notes
        if turn.text
    )


def left_out(view: MeetingView) -> str:
    """Stretches of talk of which the notes say nothing: where, who speaks, how many words; "" for none."""
    rows = []
    for span in view.unmentioned:
        there = words_between(view.turns, span.first, span.last)
        who = dict.fromkeys(turn.role for turn, _ in there if turn.role)
        words = sum(bool(word.text) for _, words in there for word in words)
        rows.append((quotations.link(view, span), escape(", ".join(who)), words))
    return table(("passage", "who speaks", "words"), rows, right=(2,)) if rows else ""
