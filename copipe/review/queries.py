"""Passages that answer a query, in all meetings: quoted, cited, with the codes on them and how those stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from copipe.code import queries, units
from copipe.code.codings import Place, is_near
from copipe.errors import UsageError
from copipe.pipeline.context import Context
from copipe.records import Coding
from copipe.review.coding import CodedMeeting, all_coded, chosen_meetings
from copipe.study.study import Meeting

# "near" is a candidate that no seed proposes, but meaning or earlier decisions; reports set it apart as well.
Status = Literal["accepted", "candidate", "near", "rejected"]
STATUSES: tuple[Status, ...] = ("accepted", "candidate", "near", "rejected")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for. `query` may be empty where `text` is not; nothing chosen means everything.

    `statuses` are those of the codings that count; `coder` is whose decisions count, "" for the study's reading.
    """

    query: str = ""
    text: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    meetings: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ("accepted", "candidate")
    coder: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One passage. `codes` are those the query asks for, or all on it where it asks for none, each with its status."""

    meeting: Meeting
    place: Place
    first: str  # word ids
    last: str
    citation: str
    start: float | None  # seconds
    roles: tuple[str, ...]
    codes: tuple[tuple[str, Status], ...]
    text: str
    checked: bool

    @property
    def status(self) -> Status | Literal[""]:
        """The last of `STATUSES` that one of its codes has: accepted where all are; "" without codes."""
        return max((status for _, status in self.codes), key=STATUSES.index, default="")


@dataclass(frozen=True, slots=True)
class Answer:
    """Passages in order of meeting and speech; `missing` are meetings that could not be searched, each with why."""

    found: tuple[Found, ...]
    missing: tuple[tuple[str, str], ...]
    searched: int


def find(context: Context, asked: Asked) -> Answer:
    """All passages that answer. UsageError, with near misses, for a code, meeting, stage, role or kind there is not."""
    if not asked.query.strip() and not asked.text:
        raise UsageError(
            "There is nothing to look for.", 'Give codes ("partnership AND conflict") or --text "ward*", or both.'
        )
    query = queries.parse(asked.query, context.codebook) if asked.query.strip() else None
    wanted = tuple(queries.patterns(text) for text in asked.text)
    meetings = _meetings(context, asked)
    coded, missing = all_coded(context, meetings, asked.coder)
    if missing and not coded:
        why = "; ".join(dict.fromkeys(reason for _, reason in missing))
        raise UsageError(f"No meeting that was asked for can be searched: {why}.", "`copipe status` shows each.")
    if asked.roles:
        _known_roles(context, coded, asked.roles)
    found = [f for meeting in coded for f in _in(meeting, query, wanted, asked)]
    return Answer(tuple(found), tuple(missing), len(coded))


def status_of(coding: Coding) -> Status:
    """How a coding stands, as it is asked for and told."""
    return "near" if is_near(coding) else coding.status


def sentences(meeting: CodedMeeting) -> tuple[Place, ...]:
    """The sentences of a meeting as indices of its words, half-open."""
    found, at = [], 0
    for turn in meeting.turns:
        found += [(at + unit.first, at + unit.last + 1) for unit in units.sentences(turn)]
        at += len(turn.words)
    return tuple(found)


def _in(
    meeting: CodedMeeting, query: queries.Query | None, wanted: Sequence[tuple[str, ...]], asked: Asked
) -> Iterable[Found]:
    counting = [c for c in meeting.codings.codings if status_of(c) in asked.statuses]
    coded: dict[str, list[Place]] = {}
    placed: list[tuple[Place, Coding]] = []
    for coding in counting:
        place = meeting.place(coding.span)
        coded.setdefault(coding.code, []).append(place)
        placed.append((place, coding))
    searched = queries.Searched(meeting.words, meeting.turn_of, sentences(meeting), coded)
    places = queries.evaluate(query or queries.Says(wanted[0]), searched)
    keys = queries.keys_of(query) if query is not None else frozenset[str]()
    for place in places:
        if _speaks(meeting, place, wanted, asked.roles):
            yield _found(meeting, place, [(p, c) for p, c in placed if not keys or c.code in keys])


def _speaks(meeting: CodedMeeting, place: Place, wanted: Sequence[tuple[str, ...]], roles: Sequence[str]) -> bool:
    """Whether one of the roles (anybody, without) speaks there and says all that is wanted."""
    words = [meeting.words[i] for i in range(*place) if not roles or meeting.turns[meeting.turn_of[i]].role in roles]
    said = queries.plain_words(words)
    return bool(said) and all(queries.says(said, patterns) for patterns in wanted)


def _found(meeting: CodedMeeting, place: Place, codings: Sequence[tuple[Place, Coding]]) -> Found:
    low, high = place
    on_it: dict[str, Status] = {}
    for (begin, end), coding in codings:
        if begin < high and low < end:
            before = on_it.get(coding.code)
            on_it[coding.code] = min(before or status_of(coding), status_of(coding), key=STATUSES.index)
    order = {code.key: n for n, code in enumerate(meeting.codebook.codes)}
    citation = meeting.cite(place)
    return Found(
        meeting=meeting.meeting,
        place=place,
        first=meeting.words[low].id,
        last=meeting.words[high - 1].id,
        citation=str(citation),
        start=citation.start,
        roles=meeting.roles(place),
        codes=tuple(sorted(on_it.items(), key=lambda item: order.get(item[0], len(order)))),
        text=meeting.text(place),
        checked=meeting.checked,
    )


def _meetings(context: Context, asked: Asked) -> tuple[Meeting, ...]:
    chosen = chosen_meetings(context, asked.meetings)
    everywhere = context.study.meetings
    _among(asked.stages, {m.stage for m in everywhere if m.stage}, "stage", "Stages in meetings.toml")
    _among(asked.kinds, {m.kind for m in everywhere}, "kind of meeting", "Kinds in meetings.toml")
    stages = {s.casefold() for s in asked.stages}
    return tuple(
        m for m in chosen if (not stages or m.stage.casefold() in stages) and (not asked.kinds or m.kind in asked.kinds)
    )


def _known_roles(context: Context, coded: Sequence[CodedMeeting], roles: Sequence[str]) -> None:
    speaking = {turn.role for meeting in coded for turn in meeting.turns if turn.role}
    _among(roles, speaking | {*context.study.codes}, "role", "Roles of this study")


def _among(given: Sequence[str], known: Iterable[str], what: str, listed: str) -> None:
    import difflib

    names = sorted(known)
    folded = {name.casefold(): name for name in names}
    for said in given:
        if said in names or (what == "stage" and said.casefold() in folded):
            continue
        near = difflib.get_close_matches(said.casefold(), folded, 1)
        hint = f"Did you mean {folded[near[0]]}?" if near else f"{listed}: {', '.join(names) or 'none'}."
        raise UsageError(f"There is no {what} {said!r}.", hint)
