"""`copipe roles review`: doubtful turns, one by one, each answer kept at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.session import who as deciding
from copipe.cli.terminal.walk import Kept, Key, Then, Walk, ask

if TYPE_CHECKING:
    from copipe.pipeline.private_transcript import PrivateTranscript
    from copipe.records import Decision, Turn, Word, WordId
    from copipe.study.study import Meeting, Study

DOUBTFUL = 0.6  # certainty of a turn below which it is walked through


def review(
    meeting: Annotated[str, typer.Argument(help="The meeting whose doubtful turns to decide on.")],
    below: Annotated[float, typer.Option("--below", help="Turns less certain than this.", min=0.0, max=1.0)] = DOUBTFUL,
    who: Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)] = "",
) -> None:
    """Decide on the turns whose speaker is doubtful, one by one.

    Keys: y confirms, c changes, s skips, u takes the last answer back, l plays the turn, q stops. Every answer is kept
    at once; what is answered does not come again.

    Example:

      copipe roles review 2010-03
    """
    from copipe.cli.terminal.display import say
    from copipe.diarize.alignment import is_unknown
    from copipe.pipeline.private_transcript import private_turns

    study = open_study()
    found = study.meeting(meeting)
    made = private_turns(study, found)
    named = [t for t in made.turns if not is_unknown(t.role)]
    doubtful = [stretch for t in named for stretch in _open(t, made.given) if stretch.certainty < below]
    unknown = sum(is_unknown(t.role) for t in made.turns)
    if unknown:
        say(f"{meeting}: {unknown} turns belong to unassigned voices: copipe roles assign {meeting}")
    if not doubtful:
        say(f"{meeting}: no turn is doubtful.")
        return
    _walk(study, found, made, doubtful, deciding(who))
    say("Kept. `copipe run` brings the transcript up to date.")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Words of one turn that nobody has decided on, and how surely they are its role's."""

    turn: Turn
    words: tuple[Word, ...]
    certainty: float

    @property
    def ends(self) -> tuple[WordId, WordId]:
        return self.words[0].id, self.words[-1].id


def _open(turn: Turn, given: frozenset[WordId]) -> Iterator[_Stretch]:
    """The stretches of a turn that no person has given to its role; what is decided counts as certain."""
    left = sum(w.id not in given for w in turn.words)
    certainty = max(0.0, 1 - (1 - turn.certainty) * len(turn.words) / left) if left else 1.0
    for decided, words in groupby(turn.words, key=lambda w: w.id in given):
        if not decided:
            yield _Stretch(turn, tuple(words), certainty)


def keep_given(
    study: Study,
    meeting: Meeting,
    made: PrivateTranscript,
    words: tuple[WordId, WordId],
    role: str,
    who: str,
    again: bool = False,
) -> tuple[Decision, ...]:
    """Keep that words (first and last, both included) are `role`'s; the decisions made, if they were not."""
    from copipe.study import audit, decisions
    from copipe.transcribe.corrections.reassign import given
    from copipe.transcribe.corrections.text import Base

    new = given(Base(meeting.code, made.source, made.turns), *words, role, who, again)
    if new:
        decisions.append(study.private_decisions / f"{meeting.code}.jsonl", *new)
        about = {"meeting": meeting.code, "who": who, "decisions": [d.id for d in new]}
        audit.record(study.root / "audit.jsonl", "roles give", about)
    return new


def _walk(study: Study, meeting: Meeting, made: PrivateTranscript, doubtful: list[_Stretch], who: str) -> None:
    from copipe.cli.terminal.display import say
    from copipe.study import audit, decisions

    def give(stretch: _Stretch, role: str) -> Kept[tuple[Decision, ...]]:
        return Kept(keep_given(study, meeting, made, stretch.ends, role, who, again=True))

    def change(stretch: _Stretch) -> Kept[tuple[Decision, ...]] | Then:
        role = _role(study, meeting)
        return give(stretch, role) if role else Then.ASK

    def take_back(taken: tuple[Decision, ...]) -> None:
        undone = [decisions.decide(kind="undo", about=d.id, verdict="taken back", who=who) for d in taken]
        decisions.append(study.private_decisions / f"{meeting.code}.jsonl", *undone)
        about = {"meeting": meeting.code, "who": who, "decisions": [d.id for d in undone]}
        audit.record(study.root / "audit.jsonl", "roles give", about)
        say("Taken back.")

    keys: tuple[Key[_Stretch, tuple[Decision, ...]], ...] = (
        Key("y", "confirm", "this role said it", lambda stretch: give(stretch, stretch.turn.role)),
        Key("c", "change", "somebody else said it", change),
    )
    Walk(doubtful, partial(_show, made), keys, take_back, listen=lambda stretch: _listen(study, meeting, stretch)).go()


def _show(made: PrivateTranscript, stretch: _Stretch) -> None:
    from copipe.cli.terminal.display import clock, console

    turn = stretch.turn
    at = next(i for i, t in enumerate(made.turns) if t.id == turn.id)
    for i in range(max(0, at - 1), min(len(made.turns), at + 2)):
        beside = made.turns[i]
        said = " ".join(w.text for w in stretch.words) if i == at else beside.text or "(not shown)"
        start = stretch.words[0].start if i == at else beside.start
        line = f"{clock(start)}  {beside.role or '--'}: {said}"
        console.print(line, style="bold" if i == at else "dim", markup=False)
    console.print(f"{turn.role}? certainty {stretch.certainty:.2f}{_why(turn)}", markup=False)


def _why(turn: Turn) -> str:
    return ", others speak at the same time" if any(m.kind == "overlap" for m in turn.marks) else ""


def _role(study: Study, meeting: Meeting) -> str:
    """Who said it instead, asked until it is somebody who can have; "" to go back."""
    from copipe.cli.check.voices_view import known_code
    from copipe.cli.terminal.display import console
    from copipe.errors import UsageError

    while given := ask(f"Who said it? {', '.join(meeting.attending)}, not-in-study."):
        try:
            return known_code(study, meeting, given)
        except UsageError as error:
            console.print(f"{error.message} {error.hint}", markup=False)
    return ""


def _listen(study: Study, meeting: Meeting, stretch: _Stretch) -> None:
    from copipe.cli.check.listen import hear
    from copipe.cli.terminal.display import console

    times = [t for w in stretch.words for t in (w.start, w.end) if t is not None]
    if not times:
        console.print("These words have no time.")
        return
    hear(study, meeting, min(times), max(times))
