"""The way back from words, or a time, to the citation: in transcripts as they may be read, coded or not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from copipe.errors import UsageError
from copipe.pipeline.checking import page_map_now
from copipe.pipeline.context import Context
from copipe.pipeline.stage import NotReadyError, read
from copipe.records import Turn, WordId
from copipe.review.bounds import said_at
from copipe.review.passages import is_time, seconds
from copipe.study import pages
from copipe.study.pages import PageMap
from copipe.study.study import Meeting

HINT = 'Give a citation ("2010-02 p. 7, ll. 12-18"), words as they are said, or a meeting and a time (2010-02 0:41:07).'
_CITED = re.compile(r"\bpp?\.?\s*\d+[\s,]+ll?\.?\s*\d")


@dataclass(frozen=True, slots=True)
class Cited:
    """Words `first` to `last` of a transcript, and what is needed to cite them."""

    meeting: Meeting
    page_map: PageMap
    turns: tuple[Turn, ...]
    first: WordId
    last: WordId

    @property
    def citation(self) -> pages.Citation:
        return pages.cite(self.page_map, self.turns, self.first, self.last)


def is_citation(said: str) -> bool:
    """Whether a text names a page and a line.

    >>> is_citation("2010-02 p. 7, ll. 12-18"), is_citation("2010-02 0:41:07")
    (True, False)
    """
    return _CITED.search(said) is not None


def by_label(context: Context, said: str) -> Cited:
    """The passage of a citation. UsageError where it cannot be read, or nothing is there."""
    asked = pages.parse_citation(said)
    meeting = context.study.meeting(asked.meeting)
    page_map, turns = _transcript(context, meeting)
    return Cited(meeting, page_map, turns, *pages.resolve(asked, page_map, turns))


def by_words(context: Context, said: str) -> tuple[Cited, ...]:
    """Everywhere that words are said, in the meeting named before them or in all; or what is said at a time in one.

    UsageError where they are said nowhere.
    """
    named, _, rest = said.strip().partition(" ")
    chosen = [m for m in context.study.meetings if m.code == named.rstrip(",")]
    if chosen and not rest.strip():
        raise UsageError(f"What do you look for in {chosen[0].code}?", HINT)
    if is_time(rest if chosen else said):
        if not chosen:
            raise UsageError("A time needs its meeting.", HINT)
        return (_at(context, chosen[0], rest.strip()),)
    found: list[Cited] = []
    for meeting in chosen or context.study.meetings:
        try:
            page_map, turns = _transcript(context, meeting)
        except (NotReadyError, UsageError):
            if chosen:
                raise
            continue
        words = tuple(word for turn in turns for word in turn.words)
        for low, high in said_at(words, rest if chosen else said):
            found.append(Cited(meeting, page_map, turns, words[low].id, words[high - 1].id))
    if not found:
        raise UsageError(f"Nobody says these words{f' in {chosen[0].code}' if chosen else ''}.", HINT)
    return tuple(found)


def _at(context: Context, meeting: Meeting, time: str) -> Cited:
    """The turn at a time, to the second as times are printed."""
    page_map, turns = _transcript(context, meeting)
    at = seconds(time)
    over = [
        t
        for t in turns
        if t.start is not None
        and t.end is not None
        and t.start < at + 1
        and at < t.end
        and any(w.text for w in t.words)
    ]
    if not over:
        raise UsageError(f"{meeting.code}: nobody whose words may be shown speaks at {time}.", HINT)
    turn = min(over, key=lambda t: abs((t.start or 0.0) - at))
    return Cited(meeting, page_map, turns, turn.words[0].id, turn.words[-1].id)


def _transcript(context: Context, meeting: Meeting) -> tuple[PageMap, tuple[Turn, ...]]:
    if meeting.transcript is None and not meeting.recorded:
        raise UsageError(f"{meeting.code} has no recording and no transcript, so it has no pages to cite.")
    turns: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
    return page_map_now(context, meeting, turns), turns
