"""Page and line labels, citations, and the page map that can be frozen.

A transcript of record is laid out in pages of a fixed number of lines. Every turn starts a new line, and a line is
known by the id of its first word. So a map keeps its labels whatever happens to the words afterwards: drawn again with
an old map, a word stands on the last line whose first id is not after its own. A line may then become longer than the
page is wide, or empty, and no other citation moves.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from copipe.errors import InputError, UsageError
from copipe.records import Turn, Word, WordId
from copipe.texts import from_json


class PageLine(NamedTuple):
    """Where a word stands: page and line, both counted from 1; lines start anew on every page."""

    page: int
    line: int


@dataclass(frozen=True, slots=True)
class PageMap:
    """Where every line of a transcript starts: `firsts` are word ids in order of speech, one a line."""

    meeting: str
    lines_per_page: int
    width: int  # characters of speech on a line
    firsts: tuple[WordId, ...]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-len(self.firsts) // self.lines_per_page)

    def place(self, index: int) -> PageLine:
        """Label of the line with this index in `firsts`.

        >>> PageMap("2010-02", 30, 72, ("2010-02:000001",)).place(0)
        PageLine(page=1, line=1)
        """
        return PageLine(index // self.lines_per_page + 1, index % self.lines_per_page + 1)

    def index(self, word: WordId) -> int:
        """Index in `firsts` of the line that `word` stands on; words inserted before the first stand on the first."""
        return max(bisect_right(self.firsts, word) - 1, 0)

    def label(self, word: WordId) -> PageLine:
        """Page and line of `word`, shown or not."""
        return self.place(self.index(word))

    def to_json(self) -> str:
        """The map as one line of JSON, as it is kept when it is frozen."""
        return json.dumps(
            {
                "meeting": self.meeting,
                "lines_per_page": self.lines_per_page,
                "width": self.width,
                "firsts": list(self.firsts),
            },
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> PageMap:
        """The map that `to_json` wrote; InputError when it is anything else."""
        hint = "`copipe check` makes it. Restore the file from a backup, or check the meeting again."
        try:
            data = from_json(text)
            found = cls(
                str(data["meeting"]), int(data["lines_per_page"]), int(data["width"]), tuple(map(str, data["firsts"]))
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"A frozen page map cannot be read ({type(error).__name__}).", hint) from error
        if found.lines_per_page < 1 or found.width < 1 or list(found.firsts) != sorted(set(found.firsts)):
            raise InputError(f"The frozen page map of {found.meeting} is damaged: its lines are out of order.", hint)
        return found


@dataclass(frozen=True, slots=True)
class Piece:
    """The words of one turn on one line. `opens` says that the turn begins here; a withheld turn has no words."""

    turn: Turn
    words: tuple[Word, ...]
    opens: bool

    @property
    def withheld(self) -> bool:
        """True when the words of somebody not in the study stood here."""
        return self.turn.role == ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript; without pieces it is empty but keeps its number."""

    place: PageLine
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage by page and line, with the second of the recording at which it starts (None: not known)."""

    meeting: str
    first: PageLine
    last: PageLine
    start: float | None = None

    def __str__(self) -> str:
        """As it is printed.

        >>> str(Citation("2010-02", PageLine(7, 12), PageLine(7, 18), 2467.9))
        '2010-02 p. 7, ll. 12-18, 00:41:07'
        """
        if self.first == self.last:
            where = f"p. {self.first.page}, l. {self.first.line}"
        elif self.first.page == self.last.page:
            where = f"p. {self.first.page}, ll. {self.first.line}-{self.last.line}"
        else:
            where = f"p. {self.first.page}, l. {self.first.line} - p. {self.last.page}, l. {self.last.line}"
        return f"{self.meeting} {where}" + ("" if self.start is None else f", {clock(self.start)}")


def clock(seconds: float) -> str:
    """Hours, minutes and whole seconds, cut off and not rounded, so that listening starts before the passage.

    >>> clock(2467.9)
    '00:41:07'
    """
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def paginate(turns: Sequence[Turn], lines_per_page: int, width: int, meeting: str) -> PageMap:
    """Lay out `turns` (in order of speech) on lines of `width` characters; a withheld turn takes one line.

    A word longer than the line has a line of its own. Words without text stay where the word before them is.
    """
    firsts: list[WordId] = []
    for turn in turns:
        if turn.role == "":
            firsts.append(turn.id)
            continue
        filled = -1
        for word in turn.words:
            if filled < 0:
                firsts.append(word.id)
                filled = len(word.text)
            elif word.text:
                more = len(word.text) + (1 if filled else 0)
                if filled + more > width:
                    firsts.append(word.id)
                    more, filled = len(word.text), 0
                filled += more
    return PageMap(meeting, lines_per_page, width, tuple(firsts))


def lines(turns: Sequence[Turn], page_map: PageMap) -> tuple[Line, ...]:
    """Every line of the map with what stands on it now; `turns` may have changed since the map was made."""
    placed: list[list[Piece]] = [[] for _ in page_map.firsts]
    if not placed:
        return ()
    for turn in turns:
        if turn.role == "":
            placed[page_map.index(turn.id)].append(Piece(turn, (), True))
            continue
        by_line: dict[int, list[Word]] = {}
        for word in turn.words:
            by_line.setdefault(page_map.index(word.id), []).append(word)
        for number, (index, words) in enumerate(by_line.items()):
            placed[index].append(Piece(turn, tuple(words), number == 0))
    return tuple(Line(page_map.place(i), tuple(pieces)) for i, pieces in enumerate(placed))


def words_between(turns: Sequence[Turn], first: WordId, last: WordId) -> tuple[tuple[Turn, tuple[Word, ...]], ...]:
    """The words from `first` to `last` (both included) that are there now, by turn; withheld turns have none."""
    at = max(bisect_right(turns, first, key=lambda turn: turn.id) - 1, 0)
    found = []
    for turn in turns[at:]:
        if turn.id > last:
            break
        if words := tuple(word for word in turn.words if first <= word.id <= last):
            found.append((turn, words))
    return tuple(found)


def cite(page_map: PageMap, turns: Sequence[Turn], first: WordId, last: WordId) -> Citation:
    """The citation of words `first` to `last` (both included); its time is of the first of them that has one."""
    if not page_map.firsts:
        raise UsageError(f"{page_map.meeting} has no transcript, so nothing in it can be cited.")
    starts = (word.start for _, words in words_between(turns, first, last) for word in words if word.start is not None)
    return Citation(page_map.meeting, page_map.label(first), page_map.label(last), next(starts, None))


_AFTER_ALL = "\U0010ffff"  # sorts after every word id
_CITATION = re.compile(
    r"""\s*(?P<meeting>\S(?:.*?\S)?)[\s,]+
    pp?\.?\s*(?P<page>\d+)[\s,]+
    ll?\.?\s*(?P<line>\d+)
    (?:\s*[-\u2013\u2014]\s*(?:pp?\.?\s*(?P<to_page>\d+)[\s,]+(?:ll?\.?\s*))?(?P<to_line>\d+))?
    (?:[\s,]+(?P<hours>\d+):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d))?\s*\.?\s*""",
    re.VERBOSE,
)


def parse_citation(text: str) -> Citation:
    """Read a citation as `str` writes it, or as it may look after copying (en dashes, "p.7", no commas).

    >>> parse_citation("2010-02 p. 7, l. 28 – p. 8, l. 3").last
    PageLine(page=8, line=3)
    """
    hint = 'Write it like this: "2010-02 p. 7, ll. 12-18".'
    found = _CITATION.fullmatch(text)
    if found is None:
        raise UsageError("This is not a citation of a page and line.", hint)
    first = PageLine(int(found["page"]), int(found["line"]))
    last = PageLine(int(found["to_page"] or first.page), int(found["to_line"] or first.line))
    if last < first:
        raise UsageError("This citation ends before it begins.", hint)
    start = None
    if found["hours"] is not None:
        start = float(int(found["hours"]) * 3600 + int(found["minutes"]) * 60 + int(found["seconds"]))
    return Citation(found["meeting"], first, last, start)


def resolve(citation: Citation, page_map: PageMap, turns: Sequence[Turn]) -> tuple[WordId, WordId]:
    """First and last of the words that stand on the cited lines now.

    UsageError when the transcript has no such line or nothing is left on it.
    """
    if citation.meeting != page_map.meeting:
        raise UsageError(f"The citation is from {citation.meeting}, but this is the transcript of {page_map.meeting}.")
    bounds = []
    for page, line in (citation.first, citation.last):
        index = (page - 1) * page_map.lines_per_page + line - 1
        if page < 1 or not 1 <= line <= page_map.lines_per_page or index >= len(page_map.firsts):
            ends = page_map.place(len(page_map.firsts) - 1) if page_map.firsts else PageLine(0, 0)
            raise UsageError(
                f"{page_map.meeting} has no p. {page}, l. {line}.",
                f"Its transcript ends at p. {ends.page}, l. {ends.line}; a page has {page_map.lines_per_page} lines.",
            )
        bounds.append(index)
    first, last = bounds
    begin = "" if first == 0 else page_map.firsts[first]
    end = _AFTER_ALL if last + 1 == len(page_map.firsts) else page_map.firsts[last + 1]
    shown = [word.id for _, words in words_between(turns, begin, end) for word in words if word.id < end]
    if not shown:
        raise UsageError(f"Nothing is left at {citation}.", "Its words were deleted or withdrawn; the line is kept.")
    return shown[0], shown[-1]
