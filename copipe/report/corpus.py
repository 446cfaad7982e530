"""What a synthesis counts: the codings of all sources that are analysed, by source, role, stage and kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from copipe.records import Coding
from copipe.report import tallies
from copipe.report.tallies import Shelf
from copipe.report.view import MeetingView, StudyView

VISITORS, UNNAMED = "visitors", "not assigned yet"
KINDS = {"meeting": "meetings", "interview": "interviews", "story board": "story board", "pilot": "pilot meetings"}


@dataclass(frozen=True, slots=True)
class Found:
    """A coding that stands (accepted, or a candidate), with the source it is of."""

    view: MeetingView
    coding: Coding

    @property
    def accepted(self) -> bool:
        """True where a person accepted it."""
        return self.coding.status == "accepted"

    @property
    def column(self) -> str:
        """Whose it is: "V1" and "UNK1" are other people in another meeting, so they are counted together."""
        return column(self.view, self.coding.role)


@dataclass(frozen=True, slots=True)
class Count:
    """How many passages were accepted by a person, and how many are only proposed."""

    accepted: int
    proposed: int

    @property
    def all(self) -> int:
        """Both together."""
        return self.accepted + self.proposed

    def __str__(self) -> str:
        """As tables print it: accepted in bold, a plus before what is only proposed.

        >>> [str(Count(*c)) for c in ((2, 5), (2, 0), (0, 5), (0, 0))]
        ['**2** + 5', '**2**', '5', '·']
        """
        accepted = f"**{self.accepted}**" if self.accepted else ""
        return " + ".join(filter(None, (accepted, str(self.proposed) if self.proposed else ""))) or "·"


def count(found: Iterable[Found]) -> Count:
    """Count what was found."""
    accepted = Counter(item.accepted for item in found)
    return Count(accepted[True], accepted[False])


@dataclass(frozen=True)
class Corpus:
    """The sources of a study that are analysed, those of one kind (`kind`) or all ("")."""

    study: StudyView
    kind: str = ""

    @cached_property
    def views(self) -> tuple[MeetingView, ...]:
        """Sources with a transcript and quorum, in order of time."""
        return tuple(m for m in self.study.meetings if m.analysed and self.kind in ("", m.meeting.kind))

    @cached_property
    def shelves(self) -> tuple[Shelf, ...]:
        """The codes from the top down."""
        return tallies.shelves(self.study.codebook)

    @cached_property
    def found(self) -> Mapping[str, tuple[Found, ...]]:
        """What was found of each code, in order of time."""
        found: dict[str, list[Found]] = {shelf.code.key: [] for shelf in self.shelves}
        for view in self.views:
            for key, codings in tallies.by_code(view).items():
                found[key] += [Found(view, coding) for coding in codings]
        return {key: tuple(items) for key, items in found.items()}

    def under(self, shelf: Shelf) -> tuple[Found, ...]:
        """What was found of a code and of all below it, in order of time."""
        return self._under[shelf.code.key]

    @cached_property
    def _under(self) -> Mapping[str, tuple[Found, ...]]:
        place = {view.meeting.code: n for n, view in enumerate(self.views)}
        under = {}
        for shelf in self.shelves:
            keys = [s.code.key for s in self.shelves if s is shelf or shelf.code in s.above]
            items = [item for key in keys for item in self.found[key]]
            if len(keys) > 1:
                items.sort(key=lambda item: (place[item.view.meeting.code], item.coding.span.first))
            under[shelf.code.key] = tuple(items)
        return under

    @cached_property
    def words(self) -> Mapping[tuple[str, str], int]:
        """Words spoken by (code of the source, column of the role)."""
        words: Counter[tuple[str, str]] = Counter()
        for view in self.views:
            for row in tallies.spoken(view.turns, [a.role for a in view.attendance]):
                if row.words:
                    words[view.meeting.code, column(view, row.role)] += row.words
        return words

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """Columns of whoever spoke: members in the order in which they attended first, then visitors and unnamed."""
        seen = dict.fromkeys(role for view in self.views for role in _attended(view))
        spoke = dict.fromkeys(role for _, role in self.words)
        return tuple(sorted((r for r in {**seen, **spoke} if r in spoke), key=(VISITORS, UNNAMED).count))

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """Stages in order of time; "" where a source has none."""
        return tuple(dict.fromkeys(view.meeting.stage for view in self.views))

    def words_of(self, chosen: Callable[[MeetingView, str], bool]) -> int:
        """Words spoken in the sources, by the columns, that are `chosen`."""
        by_code = {view.meeting.code: view for view in self.views}
        return sum(number for (code, role), number in self.words.items() if chosen(by_code[code], role))

    @cached_property
    def together(self) -> Mapping[tuple[str, str], int]:
        """How often two codes share a passage (a word at least), by keys in the order of the codebook."""
        order = {shelf.code.key: n for n, shelf in enumerate(self.shelves)}
        pairs: Counter[tuple[str, str]] = Counter()
        for view in self.views:
            standing = sorted((c for c in view.codings if c.status != "rejected"), key=lambda c: c.span.first)
            for number, one in enumerate(standing):
                for other in standing[number + 1 :]:
                    if other.span.first > one.span.last:
                        break
                    if other.code != one.code:
                        first, second = sorted((one.code, other.code), key=lambda key: order[key])
                        pairs[first, second] += 1
        return pairs


def column(view: MeetingView, role: str) -> str:
    """Where a role is counted."""
    if any(a.visitor and a.role == role for a in view.attendance):
        return VISITORS
    return UNNAMED if role.startswith("UNK") else role


def kinds(study: StudyView) -> tuple[str, ...]:
    """The kinds of source that are analysed, meetings first."""
    there = {m.meeting.kind for m in study.meetings if m.analysed}
    return tuple(kind for kind in KINDS if kind in there)


def _attended(view: MeetingView) -> Sequence[str]:
    return [column(view, a.role) for a in view.attendance]
