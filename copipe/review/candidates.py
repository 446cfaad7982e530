"""Deciding on candidates: what is put before a person, what each answer keeps, and taking it back.

Every answer is on the disk when the function that gives it returns. An answer may be several decisions (a passage
recoded is rejected for one code and added to another); they share a session and a number, and are undone together.
"""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

from copipe.code.codings import Place, detail, is_blind, new_decision, same_passage
from copipe.errors import UsageError
from copipe.pipeline.context import Context
from copipe.records import Code, Coding, Decision, Memo
from copipe.review.coding import CodedMeeting, all_coded, decided, known_code
from copipe.review.queries import sentences
from copipe.study import audit, decisions, memos
from copipe.study.study import Meeting

SKIPPED = "skipped"  # kind of a decision: looked at and left open
AROUND = 2  # sentences of context before and after, at least; the whole turn if that is no longer than
CONTEXT = 60  # words
ORDERS = ("code", "meeting", "score")


@dataclass(frozen=True, slots=True)
class Item:
    """One passage put before a person for one code."""

    meeting: str
    coding: Coding


@dataclass(frozen=True, slots=True)
class Answer:
    """What one answer kept."""

    meeting: str
    what: str
    decisions: tuple[Decision, ...]


@dataclass(eq=False)
class Review:
    """One sitting. `meetings` change with every answer; `blind` is a second coder, who sees nobody's decisions."""

    context: Context
    who: str
    blind: bool
    meetings: dict[str, CodedMeeting]
    missing: tuple[tuple[str, str], ...] = ()
    session: str = field(default_factory=lambda: secrets.token_hex(4))
    answers: list[Answer] = field(default_factory=list)
    taken_back: int = 0
    made: int = 0
    _holding: bool = False

    @property
    def codes(self) -> dict[str, Code]:
        return {code.key: code for code in self.context.codebook.codes}

    # what there is

    def items(
        self, codes: Sequence[str] = (), again: bool = False, new_only: bool = False, order: str = "code"
    ) -> list[Item]:
        """Passages to decide on: the open ones; with `again` those decided, too; with `new_only` not those skipped.

        `order` is one of ORDERS: by code, meeting and speech; by meeting and speech; by code, the likeliest first.
        """
        rank = {code: n for n, code in enumerate(self.codes)}
        numbered = {code: n for n, code in enumerate(self.meetings)}
        found = []
        for meeting in self.meetings.values():
            skipped = self._skipped(meeting) if new_only else ()
            for coding in meeting.codings.codings:
                if (codes and coding.code not in codes) or not (again or coding.status == "candidate"):
                    continue
                place = meeting.place(coding.span)
                if any(code == coding.code and same_passage(place, other) for code, other in skipped):
                    continue
                found.append(Item(meeting.code, coding))

        def key(item: Item) -> tuple[float, ...]:
            code, at = rank.get(item.coding.code, len(rank)), numbered[item.meeting]
            speech = self.meetings[item.meeting].place(item.coding.span)[0]
            if order == "meeting":
                return at, speech, code
            return (code, -item.coding.score, at, speech) if order == "score" else (code, at, speech)

        return sorted(found, key=key)

    def now(self, item: Item) -> Coding | None:
        """The coding as it stands after the answers since; None where it is covered by another's decision."""
        meeting = self.meetings[item.meeting]
        place = meeting.place(item.coding.span)
        for coding in meeting.codings.codings:
            if coding.code == item.coding.code and same_passage(meeting.place(coding.span), place):
                return coding
        return None

    def around(self, item: Item) -> tuple[Place, Place]:
        """The words just before and just after: some sentences, and the rest of the turn if it is short."""
        meeting = self.meetings[item.meeting]
        low, high = meeting.place(item.coding.span)
        starts = [s[0] for s in sentences(meeting)]
        at = bisect_left(starts, low)
        begin = starts[max(0, at - AROUND)] if starts else low
        behind = bisect_left(starts, high)
        end = starts[behind + AROUND] if behind + AROUND < len(starts) else len(meeting.words)
        return (max(min(begin, low), low - CONTEXT), low), (high, max(high, min(end, high + CONTEXT)))

    # answers

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Many answers at once: `meetings` change when all are given; each is on the disk at once all the same."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
            for meeting in {answer.meeting for answer in self.answers}:
                self._refresh(meeting)

    def accept(self, item: Item) -> Answer:
        return self._keep(item, "accept", [self._decision(item, item.coding.code, "accept")])

    def reject(self, item: Item) -> Answer:
        return self._keep(item, "reject", [self._decision(item, item.coding.code, "reject")])

    def recode(self, item: Item, code: str) -> Answer:
        """Not this code but that."""
        known = self.known(code)
        if known == item.coding.code:
            raise UsageError(f"The passage already is a candidate for {known}.", "Accept it, or name another code.")
        first = self._decision(item, item.coding.code, "reject")
        return self._keep(item, "recode", [first, self._decision(item, known, "add", replaces=first.id)])

    def also(self, item: Item, code: str) -> Answer:
        """This code, and another on the same passage."""
        known = self.known(code)
        if known == item.coding.code:
            raise UsageError(f"The passage already is a candidate for {known}.", "Name another code.")
        return self._keep(
            item, "also", [self._decision(item, item.coding.code, "accept"), self._decision(item, known, "add")]
        )

    def reshape(self, item: Item, places: Sequence[Place]) -> Answer:
        """The code at other bounds: wider or narrower with one place, split with several."""
        meeting = self.meetings[item.meeting]
        chosen = sorted(set(places))
        if not chosen:
            raise UsageError("No words were chosen.", "Choose sentences by number, or the first and last words.")
        low, high = meeting.place(item.coding.span)
        if not any(a < high and low < b for a, b in chosen):
            raise UsageError("These words are not in the passage.", "To code another passage: copipe review --add.")
        if any(a[1] > b[0] for a, b in pairwise(chosen)):
            raise UsageError("The parts overlap.", "A split makes passages that follow one another.")
        first = self._decision(item, item.coding.code, "reject")
        added = [
            new_decision(
                meeting.span(place), item.coding.code, "add", self.who, session=answer_id(first), replaces=first.id,
                blind=self.blind,
            )
            for place in chosen
        ]  # fmt: skip
        return self._keep(item, "split" if len(chosen) > 1 else "reshape", [first, *added])

    def add(self, meeting: str, place: Place, code: str) -> Answer:
        """A passage that nobody proposed."""
        known = self.known(code)
        found = self.meetings[meeting]
        item = Item(meeting, Coding(found.span(place), known, "", "candidate"))
        return self._keep(item, "add", [self._decision(item, known, "add")])

    def skip(self, item: Item) -> Answer:
        """Leave it open, and remember that it was looked at."""
        looked = decisions.decide(
            kind=SKIPPED, about=item.coding.code, verdict="left open", who=self.who, span=item.coding.span,
            detail=self._decision(item, item.coding.code, "accept").detail,
        )  # fmt: skip
        return self._keep(item, "skip", [looked])

    def memo(self, item: Item, text: str) -> Memo:
        """Keep a memo about the passage, under private/."""
        span = item.coding.span
        made = memos.make(f"passage:{span.first}..{span.last}", text, self.who)
        memos.write(self.context.study.private / "memos", made)
        return made

    def undo(self) -> Answer | None:
        """Take the last standing answer back, also one of an earlier sitting by the same person; what it was."""
        answer = self.answers[-1] if self.answers else self._last()
        if answer is None:
            return None
        undone = [
            decisions.decide(kind="undo", about=d.id, verdict="taken back", who=self.who) for d in answer.decisions
        ]
        decisions.append(self._file(answer.meeting), *undone)
        if self.answers:  # not before it is on the disk
            self.answers.pop()
        self.taken_back += 1
        self._refresh(answer.meeting)
        return answer

    def close(self) -> None:
        """Write the sitting on the audit trail, if anything was decided."""
        if not self.answers and not self.taken_back:
            return
        told = {
            "session": self.session,
            "who": self.who,
            "blind": self.blind,
            "meetings": sorted({a.meeting for a in self.answers}),
            "answers": dict(sorted(Counter(a.what for a in self.answers).items())),
            "taken back": self.taken_back,
            "decisions": [d.id for a in self.answers for d in a.decisions],
        }
        audit.record(self.context.study.root / "audit.jsonl", "review", told)

    def known(self, said: str, category: bool = False) -> str:
        """The key of a code as somebody writes it: key, alias or label. UsageError with near misses.

        One that no passage is filed under will do only where a `category` is asked for.
        """
        return known_code(self.context.codebook.codes, said, category)

    def _decision(
        self, item: Item, code: str, verdict: Literal["accept", "reject", "add"], replaces: str = ""
    ) -> Decision:
        session = f"{self.session}.{self.made + 1}"
        return new_decision(
            item.coding.span, code, verdict, self.who, session=session, replaces=replaces, blind=self.blind
        )

    def _keep(self, item: Item, what: str, made: list[Decision]) -> Answer:
        decisions.append(self._file(item.meeting), *made)
        self.made += 1
        answer = Answer(item.meeting, what, tuple(made))
        self.answers.append(answer)
        if not self._holding:
            self._refresh(item.meeting)
        return answer

    def _refresh(self, meeting: str) -> None:
        found = self.meetings[meeting]
        self.meetings[meeting] = found.with_decisions(decided(self.context, found.meeting))

    def _file(self, meeting: str) -> Path:
        return self.context.study.decisions / f"{meeting}.jsonl"

    def _mine(self, meeting: CodedMeeting, *kinds: str) -> list[Decision]:
        made = decisions.standing(decided(self.context, meeting.meeting), *kinds)
        return [d for d in made if d.who == self.who and is_blind(d) == self.blind]

    def _last(self) -> Answer | None:
        """The last answer that stands, of whatever sitting."""
        latest: tuple[str, Answer] | None = None
        for meeting in self.meetings.values():
            mine = [d for d in self._mine(meeting, "coding", SKIPPED) if detail(d).get("session")]
            if mine:
                session = answer_id(mine[-1])
                together = tuple(d for d in mine if answer_id(d) == session)
                if latest is None or mine[-1].when > latest[0]:
                    latest = (mine[-1].when, Answer(meeting.code, "earlier answer", together))
        return latest[1] if latest else None

    def _skipped(self, meeting: CodedMeeting) -> tuple[tuple[str, Place], ...]:
        from copipe.study import anchors

        found = []
        for decision in self._mine(meeting, SKIPPED):
            place = decision.span and anchors.place(decision.span, meeting.words, meeting.source)
            if place:
                found.append((decision.about, place))
        return tuple(found)


def answer_id(decision: Decision) -> str:
    """Sitting and number of the answer that a decision belongs to."""
    return str(detail(decision).get("session", ""))


def begin(context: Context, meetings: Iterable[Meeting], who: str, blind: bool) -> Review:
    """Start a sitting over the meetings that are coded. UsageError where none is."""
    found, missing = all_coded(context, meetings, coder=who if blind else "")
    if not found:
        told = "; ".join(f"{code}: {why}" for code, why in missing)
        raise UsageError(
            "There is nothing to review." + (f" {told}." if told else ""), "`copipe run` codes the meetings."
        )
    return Review(context, who, blind, {m.code: m for m in found}, tuple(missing))
