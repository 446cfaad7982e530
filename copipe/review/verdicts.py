"""Verdicts given elsewhere (a sheet, a page): what is written out, and what reading them back would decide.

Reading back decides nothing twice: what stands already is left, and what was decided otherwise since the sheet was
written is told and left, unless its verdict is to count over it.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from copipe.code.codings import Place, same_passage
from copipe.errors import ConfigError, UsageError
from copipe.exchange.sheets import candidates
from copipe.exchange.sheets.candidates import VERDICTS, ReadRow, SheetRow
from copipe.records import Coding
from copipe.review.candidates import Item, Review
from copipe.study import memos

AS_VERDICT: Mapping[str, str] = {"accepted": "accept", "rejected": "reject"}
MOST_TOLD = 20  # rows named where more cannot be read: a sheet of another coder has all of them wrong


@dataclass(frozen=True, slots=True)
class Step:
    """One row that decides something, or writes a memo (or both)."""

    number: int
    item: Item
    verdict: str  # accept | reject | recode | "" for a memo alone
    recode_to: str
    memo: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What reading a sheet would do. `otherwise` are rows that were decided otherwise since, each with how it stands.

    `same` counts the rows that say what stands already, `empty` those without a verdict.
    """

    steps: tuple[Step, ...]
    otherwise: tuple[tuple[int, str], ...]
    same: int
    empty: int

    @property
    def counts(self) -> dict[str, int]:
        """How many of each verdict, and of memos."""
        found = Counter(step.verdict for step in self.steps if step.verdict)
        found["memo"] = sum(bool(step.memo) for step in self.steps)
        return {what: found[what] for what in (*VERDICTS, "memo") if found[what]}


def rows(review: Review, items: Sequence[Item]) -> list[SheetRow]:
    """The rows of a sheet: what is needed to decide without the transcript, all of it anonymised."""
    return [_row(review, item) for item in items]


def plan(review: Review, read: Sequence[ReadRow], over: bool = False) -> Plan:
    """What the rows would decide. ConfigError lists what is wrong with them, by row; nothing is decided then.

    With `over` a verdict counts also where it was decided otherwise since the sheet was written.
    """
    problems: list[str] = []
    sources = [(m.code, m.source) for m in review.meetings.values()]
    known: dict[str, tuple[ReadRow, Item]] = {}
    for row in read:
        try:
            item = _item(review, row, sources)
            row = _checked(review, row, item)
        except ValueError as error:
            problems.append(f"row {row.number}: {error}")
            continue
        first = known.get(row.id)
        if first and first[0].verdict and row.verdict and _said(first[0]) != _said(row):
            problems.append(
                f"row {row.number}: it says {_said(row)}, and row {first[0].number} says {_said(first[0])} of the same"
            )
        known[row.id] = (_merged(first[0], row), item) if first else (row, item)
    if problems:
        count = f"{len(problems)} rows" if len(problems) > 1 else "1 row"
        told = problems[:MOST_TOLD]
        if len(problems) > MOST_TOLD:
            told.append(f"... and {len(problems) - MOST_TOLD} more rows")
        raise ConfigError(
            f"{count} cannot be read; nothing was decided:\n" + "\n".join(f"  {p}" for p in told),
            "Mend them in the file and read it again; an empty verdict decides nothing.",
        )
    return _planned(review, list(known.values()), over)


def apply(review: Review, planned: Plan) -> None:
    """Decide what the plan says, one answer a row; the sitting goes on the audit trail."""
    folder = review.context.study.private / "memos"
    try:
        with review.holding():
            for step in planned.steps:
                if step.verdict == "accept":
                    review.accept(step.item)
                elif step.verdict == "reject":
                    review.reject(step.item)
                elif step.verdict == "recode":
                    review.recode(step.item, step.recode_to)
                if step.memo:
                    memos.write(folder, memos.make(_about(step.item), step.memo, review.who))
    finally:
        review.close()


def _row(review: Review, item: Item) -> SheetRow:
    meeting, coding = review.meetings[item.meeting], item.coding
    code = review.codes.get(coding.code)
    place = meeting.place(coding.span)
    before, after = review.around(item)
    verdict = AS_VERDICT.get(coding.status, "")
    why = Counter(f"{e.kind} {e.source}" for e in coding.evidence)
    limits = [code.definition, f"Use it: {code.include}" * bool(code.include)] if code else []
    limits += [f"Not: {code.exclude}"] if code and code.exclude else []
    return SheetRow(
        id=candidates.make_id(meeting.code, coding.span.first, coding.span.last, coding.code, meeting.source),
        citation=str(meeting.cite(place)),
        role=", ".join(meeting.roles(place)),
        passage=meeting.text(place),
        code=coding.code,
        definition=" ".join(part for part in limits if part),
        why="; ".join(said + (f" (x{n})" if n > 1 else "") for said, n in why.items()) or "a person found it",
        verdict=verdict,
        as_of=f"{verdict} {coding.decision}".strip(),
        coder=review.who if review.blind else "",
        label=code.label if code else coding.code,
        before=meeting.text(before) if before[0] < before[1] else "",
        after=meeting.text(after) if after[0] < after[1] else "",
        meeting=meeting.code,
    )


def _item(review: Review, row: ReadRow, sources: Sequence[tuple[str, str]]) -> Item:
    """The passage and code of a row. ValueError where its id is not one that was given out for this transcript."""
    about = candidates.parse_id(row.id, sources)
    meeting = review.meetings[about.meeting]
    if row.coder != (review.who if review.blind else ""):
        raise ValueError(
            f"the sheet was written for {row.coder}, who codes blind; read it with --as {row.coder}"
            if row.coder
            else "the sheet was not written for a blind coder; read it without --as"
        )
    ids = [word.id for word in meeting.words]
    low = next((n for n, id_ in enumerate(ids) if id_ >= about.first), len(ids))
    high = next((n for n in range(len(ids), low, -1) if ids[n - 1] <= about.last), low)
    if low >= high or not any(word.text for word in meeting.words[low:high]):
        raise ValueError("the words of its passage are not in the transcript any more")
    try:
        code = review.known(about.code)
    except UsageError as error:
        raise ValueError(f"{error.message} {error.hint}") from None
    return Item(meeting.code, Coding(meeting.span((low, high)), code, "", "candidate"))


def _checked(review: Review, row: ReadRow, item: Item) -> ReadRow:
    """A row with its verdict made plain. ValueError where it makes no sense."""
    verdict, to = row.verdict, row.recode_to
    if verdict and verdict not in VERDICTS:
        near = difflib.get_close_matches(verdict, VERDICTS, 1)
        raise ValueError(
            f"{verdict!r} is no verdict; " + (f"did you mean {near[0]}?" if near else "accept, reject or recode")
        )
    if verdict in ("accept", "reject") and to:
        raise ValueError(f"it says {verdict}, and recode to {to}: leave one of them empty")
    if verdict == "recode" and not to:
        raise ValueError('it says recode, and nothing stands under "recode to"')
    if to:
        try:
            to, verdict = review.known(to), "recode"
        except UsageError as error:
            raise ValueError(f"recode to: {error.message} {error.hint}") from None
        if to == item.coding.code:
            raise ValueError(f"it is recoded to {to}, which is what it is proposed for")
    return ReadRow(row.number, row.id, verdict, to, row.memo, row.as_of, row.coder)


def _merged(first: ReadRow, again: ReadRow) -> ReadRow:
    """Two rows about the same passage and code, of which neither contradicts the other."""
    chosen = first if first.verdict else again
    memo = "\n\n".join(dict.fromkeys(text for text in (first.memo, again.memo) if text))
    return replace(chosen, number=first.number, memo=memo)


def _planned(review: Review, read: Sequence[tuple[ReadRow, Item]], over: bool) -> Plan:
    steps: list[Step] = []
    otherwise: list[tuple[int, str]] = []
    same = empty = 0
    written = {(memo.about, memo.text) for memo in memos.read(review.context.study.private / "memos")}
    for row, item in read:
        memo = row.memo if row.memo and (_about(item), row.memo) not in written else ""
        verdict = row.verdict
        before, _, id_ = row.as_of.partition(" ")
        standing = _standing(review, item, item.coding.code)
        if not verdict:
            empty += 1
        elif _stands(review, item, row, standing) or (before and verdict == before):
            same += 1  # it stands, or nobody touched what was written out
            verdict = ""
        elif standing is not None and standing.decision != id_ and not over:
            otherwise.append((row.number, f"{standing.status} by {standing.who} on {standing.when[:10]}"))
            verdict = ""
        written.add((_about(item), memo))
        if verdict or memo:
            steps.append(Step(row.number, item, verdict, row.recode_to if verdict else "", memo))
    return Plan(tuple(steps), tuple(otherwise), same, empty)


def _stands(review: Review, item: Item, row: ReadRow, standing: Coding | None) -> bool:
    """Whether a row says what stands already."""
    if standing is None:
        return False
    if row.verdict != "recode":
        return AS_VERDICT[standing.status] == row.verdict
    other = _standing(review, item, row.recode_to)
    return standing.status == "rejected" and other is not None and other.status == "accepted"


def _standing(review: Review, item: Item, code: str) -> Coding | None:
    """What a person decided of a code at the passage of an item."""
    meeting = review.meetings[item.meeting]
    place = meeting.place(item.coding.span)
    return next((c for c, at in _decided(review, item.meeting) if c.code == code and same_passage(at, place)), None)


def _decided(review: Review, code: str) -> Iterator[tuple[Coding, Place]]:
    meeting = review.meetings[code]
    return ((c, meeting.place(c.span)) for c in meeting.codings.codings if c.status != "candidate")


def _about(item: Item) -> str:
    return f"passage:{item.coding.span.first}..{item.coding.span.last}"


def _said(row: ReadRow) -> str:
    return f"recode to {row.recode_to}" if row.verdict == "recode" else row.verdict
