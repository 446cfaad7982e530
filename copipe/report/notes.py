"""The notes beside the transcript: what each point of them is confirmed by, and what was said that they leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copipe.records import Turn
from copipe.report import quotations
from copipe.report.markdown import escape
from copipe.report.quotations import Quotation
from copipe.report.view import MeetingView
from copipe.study.pages import words_between

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


@dataclass(frozen=True, slots=True)
class Stretch:
    """Talk of which the notes say nothing: its citation, who speaks, how many words, sentences that tell most of it."""

    cited: str
    who: str
    words: int
    telling: tuple[Quotation, ...]


def left_out(view: MeetingView) -> tuple[Stretch, ...]:
    """Stretches of talk of which the notes say nothing, in order."""
    rows = []
    for stretch in view.unmentioned:
        there = words_between(view.turns, stretch.span.first, stretch.span.last)
        who = dict.fromkeys(turn.role for turn, _ in there if turn.role)
        words = sum(bool(word.text) for _, words in there for word in words)
        told = tuple(quotations.quote_span(view, span) for span in stretch.telling)
        rows.append(Stretch(quotations.link(view, stretch.span), escape(", ".join(who)), words, told))
    return tuple(rows)
