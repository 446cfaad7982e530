"""Bounds as a person gives them: sentences by number, first and last words, or a citation of page and line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from copipe.code import queries
from copipe.code.codings import Place
from copipe.errors import UsageError
from copipe.records import Word
from copipe.review.coding import CodedMeeting
from copipe.review.queries import sentences
from copipe.study import pages

BESIDE = 4  # sentences offered before and after a passage
_NUMBERS = re.compile(r"(\d+)(?:\s*[-–]\s*(\d+))?")
_GAP = re.compile(r"\s*(?:\.\.\.|…)\s*")
HINT = 'Sentences by number ("3", "3-5"), or its first and last words ("the letter ... the practice"); ; between parts.'


def offered(meeting: CodedMeeting, place: Place) -> tuple[Place, ...]:
    """The sentences of a passage and some on either side, from which bounds are chosen by number, counted from 1."""
    low, high = place
    found = sentences(meeting)
    inside = [n for n, (begin, end) in enumerate(found) if begin < high and low < end]
    if not inside:
        return (place,)
    return found[max(0, inside[0] - BESIDE) : inside[-1] + BESIDE + 1]


def chosen(meeting: CodedMeeting, among: Sequence[Place], said: str) -> tuple[Place, ...]:
    """The places that somebody chose among offered sentences; several with ; between them.

    UsageError where a number is not offered, or the words are not there.
    """
    parts = [part.strip() for part in said.split(";") if part.strip()]
    if not parts:
        raise UsageError("No words or sentences were given.", HINT)
    return tuple(_one(meeting, among, part) for part in parts)


def _one(meeting: CodedMeeting, among: Sequence[Place], part: str) -> Place:
    if numbers := _NUMBERS.fullmatch(part):
        first = int(numbers[1])
        last = int(numbers[2] or first)
        if not 1 <= first <= last <= len(among):
            raise UsageError(f"{part!r} is not among the sentences 1 to {len(among)}.", HINT)
        return among[first - 1][0], among[last - 1][1]
    found = spoken(meeting, part, (among[0][0], among[-1][1]))
    if not found:
        raise UsageError("These words do not follow one another there.", HINT)
    return found[0]


def spoken(meeting: CodedMeeting, said: str, within: Place | None = None) -> tuple[Place, ...]:
    """Everywhere these words are said: "first words ... last words", or all of them; the nearest end counts."""
    return said_at(meeting.words, said, within)


def said_at(words: Sequence[Word], said: str, within: Place | None = None) -> tuple[Place, ...]:
    """Everywhere these of all words are said, as `spoken` says; places are indices of `words`, half-open."""
    begin, *rest = _GAP.split(said.strip(), maxsplit=1)
    first = queries.patterns(begin)
    last = queries.patterns(rest[0]) if rest and rest[0] else None
    low, high = within or (0, len(words))
    parts = [(index, part) for index in range(low, high) for part in queries.plain_words([words[index]])]
    starts = _at(parts, first, 0)
    if last is None:
        return tuple((parts[i][0], parts[i + len(first) - 1][0] + 1) for i in starts)
    found = []
    for i in starts:
        ends = _at(parts, last, i + len(first))
        if ends:
            found.append((parts[i][0], parts[ends[0] + len(last) - 1][0] + 1))
    return tuple(found)


def _at(parts: Sequence[tuple[int, str]], wanted: Sequence[str], start: int) -> list[int]:
    width = len(wanted)
    return [
        i
        for i in range(start, len(parts) - width + 1)
        if queries.says([word for _, word in parts[i : i + width]], wanted)
    ]


def cited(meeting: CodedMeeting, citation: pages.Citation) -> Place:
    """The passage that a citation stands for: the sentences that lie mostly on its lines, else the lines themselves."""
    first, last = pages.resolve(citation, meeting.page_map, meeting.turns)
    ids = [word.id for word in meeting.words]
    low, high = ids.index(first), ids.index(last) + 1
    mostly = [
        (begin, end) for begin, end in sentences(meeting) if 2 * (min(end, high) - max(begin, low)) >= end - begin
    ]
    return (mostly[0][0], mostly[-1][1]) if mostly else (low, high)


def named(meetings: Sequence[CodedMeeting], said: str) -> tuple[CodedMeeting, Place]:
    """The one place that a citation or words stand for. UsageError where there is none, or several (it lists them)."""
    if re.search(r"\bpp?\.?\s*\d+[\s,]+ll?\.?\s*\d", said):
        citation = pages.parse_citation(said)
        for meeting in meetings:
            if meeting.code == citation.meeting:
                return meeting, cited(meeting, citation)
        raise UsageError(f"{citation.meeting} is not among the coded meetings.", "`copipe status` lists the meetings.")
    found = [(meeting, place) for meeting in meetings for place in spoken(meeting, said)]
    if not found:
        raise UsageError(
            "Nobody says these words in a coded meeting.",
            'Give a citation ("2010-02 p. 7, ll. 12-18"), or words as they were said, with ... for words between them.',
        )
    if len(found) > 1:
        places = "; ".join(str(meeting.cite(place)) for meeting, place in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise UsageError(f"These words are said {len(found)} times: {places}{more}.", "Give more words, or a citation.")
    return found[0]
