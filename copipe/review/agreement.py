"""Two coders' decisions on the same units, and the machine's candidates against a person's decisions.

Only what both have looked at counts. A coder has looked at a unit for a code when a decision of theirs on it touches
the unit. A passage that one of them found alone counts, too, where the other has finished: decided on every candidate
of that code in that meeting. With `everything`, all units count of the meetings that both have finished for a code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from copipe.code.agreement import Measures, Share, measure
from copipe.code.codings import KIND, Place, is_blind, same_passage
from copipe.errors import UsageError
from copipe.pipeline.context import Context
from copipe.review.coding import CodedMeeting, all_coded, decided
from copipe.review.queries import sentences
from copipe.study import decisions
from copipe.study.study import Meeting

UNITS = ("sentence", "turn")


@dataclass(frozen=True, slots=True)
class Difference:
    """Neighbouring units that one coder gave a code and the other did not: something to talk through."""

    code: str
    meeting: Meeting
    citation: str
    roles: tuple[str, ...]
    text: str
    given_by: str
    not_by: str


@dataclass(frozen=True, slots=True)
class Looked:
    """How far a coder came with a code in a meeting: candidates decided on, of how many; passages they found alone."""

    meeting: str
    code: str
    coder: str
    decided: int
    candidates: int
    own: int

    @property
    def finished(self) -> bool:
        return self.decided == self.candidates


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two coders. `overall` counts each code and unit as one answer."""

    coders: tuple[str, str]
    unit: str
    everything: bool
    overall: Measures
    by_code: tuple[tuple[str, Measures], ...]
    differences: tuple[Difference, ...]
    looked: tuple[Looked, ...]
    missing: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AgainstPerson:
    """One code of the machine: of the candidates decided on, those kept; of the passages kept, those it had found.

    Recall counts what a person found without it, so it is an upper bound: nobody knows what neither found.
    """

    code: str
    precision: Share
    recall: Share
    open: int


def coders(context: Context, meetings: Sequence[Meeting]) -> dict[str, bool]:
    """Who has decided on codes, and whether blind, in the order of their first decision."""
    found: dict[str, bool] = {}
    for meeting in meetings:
        for decision in decisions.standing(decided(context, meeting), KIND):
            found[decision.who] = found.get(decision.who, False) or is_blind(decision)
    return found


def two_coders(context: Context, meetings: Sequence[Meeting], said: str) -> tuple[str, str]:
    """The two coders of "CS,AB"; without, the one who codes and the one who codes blind. UsageError otherwise."""
    there = coders(context, meetings)
    told = ", ".join(f"{who}{' (blind)' if blind else ''}" for who, blind in there.items()) or "nobody yet"
    if not said:
        sighted, blind = ([w for w, b in there.items() if b is state] for state in (False, True))
        if len(sighted) != 1 or len(blind) != 1:
            raise UsageError(
                f"Which two coders? Decisions here are by: {told}.",
                "--coders CS,AB; a second coder decides with `copipe review --as AB`.",
            )
        return sighted[0], blind[0]
    named = [part.strip() for part in said.split(",") if part.strip()]
    if len(named) != 2 or named[0] == named[1]:
        raise UsageError(f"--coders {said!r} must name two coders.", "For example --coders CS,AB.")
    for who in named:
        if who not in there:
            raise UsageError(f"{who} has not decided on anything here.", f"Decisions here are by: {told}.")
    return named[0], named[1]


def agreement(
    context: Context,
    meetings: Sequence[Meeting],
    both: tuple[str, str],
    unit: str = "sentence",
    codes: Sequence[str] = (),
    everything: bool = False,
) -> Agreement:
    """Agreement of two coders on units they both looked at. UsageError where there are none."""
    if unit not in UNITS:
        raise UsageError(f"--unit {unit!r} is unknown.", f"Use {' or '.join(UNITS)}.")
    firsts, missing = all_coded(context, meetings, both[0])
    seconds, _ = all_coded(context, meetings, both[1])
    answers: dict[str, list[tuple[bool, bool, int]]] = {}
    differences: list[Difference] = []
    looked: list[Looked] = []
    cluster = 0
    for first, second in zip(firsts, seconds, strict=True):
        units = _units(first, unit)
        for key in [c.key for c in context.codebook.codes if not codes or c.key in codes]:
            views = _View(first, key), _View(second, key)
            looked += [view.told(who) for view, who in zip(views, both, strict=True) if view.looked]
            counted = _counted(units, views, everything)
            answers.setdefault(key, []).extend((a, b, cluster + first.turn_of[at[0]]) for at, a, b in counted)
            differences += _differences(first, key, counted, both)
        cluster += len(first.turns)
    if not any(answers.values()):
        raise UsageError(
            f"{both[0]} and {both[1]} have not decided on the same passages yet.",
            "Both must decide on the same codes in the same meetings: `copipe review 2010-02 --code KEY`, the "
            "second with --as.",
        )
    by_code = tuple((key, _measures(given)) for key, given in answers.items() if given)
    overall = _measures([(a, b, c) for given in answers.values() for a, b, c in given])
    return Agreement(both, unit, everything, overall, by_code, tuple(differences), tuple(looked), tuple(missing))


def against_person(context: Context, meetings: Sequence[Meeting], coder: str = "") -> tuple[AgainstPerson, ...]:
    """The machine against a person, for each code and in the meetings in which that person decided on it."""
    found, _ = all_coded(context, meetings, coder)
    made = []
    for code in context.codebook.codes:
        kept = settled = had = passages = still = 0
        for meeting in found:
            view = _View(meeting, code.key)
            if not view.looked:
                continue
            on = [place for place in view.proposed if any(_overlap(place, other) for other in view.looked)]
            settled += len(on)
            still += len(view.proposed) - len(on)
            kept += sum(any(same_passage(place, other) for other in view.given) for place in on)
            passages += len(view.given)
            had += sum(any(_overlap(place, other) for other in view.proposed) for place in view.given)
        if settled or passages:
            made.append(AgainstPerson(code.key, Share(kept, settled), Share(had, passages), still))
    return tuple(made)


class _View:
    """What one coder did with one code in one meeting, as places."""

    def __init__(self, meeting: CodedMeeting, code: str) -> None:
        self.code, self.meeting = code, meeting.code
        self.proposed = [meeting.place(c.span) for c in meeting.candidates if c.code == code]
        self.looked = [place for key, place in meeting.codings.looked if key == code]
        self.given = [meeting.place(c.span) for c in meeting.codings.accepted if c.code == code]
        self.open = sum(c.code == code for c in meeting.codings.open)
        done = bool(meeting.codings.looked) and not meeting.codings.open
        self.finished = not self.open and (bool(self.looked) or done)

    def told(self, who: str) -> Looked:
        on = sum(any(_overlap(place, other) for other in self.looked) for place in self.proposed)
        own = sum(not any(_overlap(place, other) for other in self.proposed) for place in self.given)
        return Looked(self.meeting, self.code, who, on, len(self.proposed), own)

    def looked_at(self, unit: Place) -> bool:
        return any(same_passage(unit, place) for place in self.looked)

    def gave(self, unit: Place) -> bool:
        return any(same_passage(unit, place) for place in self.given)


def _units(meeting: CodedMeeting, unit: str) -> tuple[Place, ...]:
    found = sentences(meeting)
    if unit == "sentence":
        return found
    by_turn = groupby(found, key=lambda place: meeting.turn_of[place[0]])
    return tuple((of[0][0], of[-1][1]) for of in (list(group) for _, group in by_turn))


def _counted(units: Sequence[Place], views: tuple[_View, _View], everything: bool) -> list[tuple[Place, bool, bool]]:
    """The units that both have looked at, and what each says."""
    first, second = views
    if everything and not (first.finished and second.finished):
        return []
    if not everything and not (first.looked or second.looked):
        return []
    found = []
    for at in units:
        one, two = first.looked_at(at), second.looked_at(at)
        if everything or (one and two) or (one and second.finished) or (two and first.finished):
            found.append((at, first.gave(at), second.gave(at)))
    return found


def _differences(
    meeting: CodedMeeting, code: str, counted: Sequence[tuple[Place, bool, bool]], both: tuple[str, str]
) -> Iterator[Difference]:
    run: list[tuple[Place, bool]] = []  # neighbours of one turn with the same difference
    for at, one, two in (*counted, ((-1, -1), False, False)):
        goes_on = run and one != two and run[-1][1] == one and run[-1][0][1] == at[0]
        if run and not (goes_on and meeting.turn_of[run[-1][0][0]] == meeting.turn_of[at[0]]):
            yield _difference(meeting, code, (run[0][0][0], run[-1][0][1]), both if run[0][1] else (both[1], both[0]))
            run = []
        if one != two:
            run.append((at, one))


def _difference(meeting: CodedMeeting, code: str, at: Place, who: tuple[str, str]) -> Difference:
    return Difference(
        code=code,
        meeting=meeting.meeting,
        citation=str(meeting.cite(at)),
        roles=meeting.roles(at),
        text=meeting.text(at),
        given_by=who[0],
        not_by=who[1],
    )


def _measures(given: Sequence[tuple[bool, bool, int]]) -> Measures:
    return measure([a for a, _, _ in given], [b for _, b, _ in given], [c for _, _, c in given])


def _overlap(a: Place, b: Place) -> bool:
    return a[0] < b[1] and b[0] < a[1]
