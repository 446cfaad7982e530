"""The sitting of `copipe anonymise review` at a terminal: a form, where it was said, a key, the next form."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from copipe.pipeline.names import Doubt
    from copipe.records import Decision
    from copipe.study.study import Study

KEYS = {
    "r": "replace",
    "k": "keep",
    "a": "always",
    "n": "never",
    "p": "person",
    "t": "kind",
    "l": "listen",
    "s": "skip",
    "u": "undo",
    "?": "help",
    "q": "quit",
}
HELP = """\
r  replace: it is a name; where it is found a pseudonym stands for it, the same in every meeting
k  keep: it is no name, or one that may be read
a  always: it is a name, and is replaced wherever these words stand, found or not
n  never: it is no name, not even where the machine is sure
p  person: it is somebody who has a role code or pseudonym already, or somebody new of a kind (nurse, consultant)
t  kind: a person, a place or an organisation; says what the pseudonym is called
l  listen: play the first place
s  skip: leave it hidden for now
u  undo: take the last answer back
q  quit: everything answered is kept"""
KINDS = ("person", "place", "organisation")


@dataclass(slots=True)
class _Walk:
    study: Study
    items: list[Doubt]
    who: str
    at: int = 0
    answers: list[tuple[int, Decision | None]] = field(default_factory=list)


def walk(study: Study, items: Sequence[Doubt], who: str) -> None:
    """Put the doubtful forms before the person, one by one, until they are done or stop."""
    from copipe.cli.terminal.display import console, say
    from copipe.errors import CopipeError

    state = _Walk(study, list(items), who)
    waiting = True  # until the form has been shown
    while state.at < len(state.items):
        if waiting:
            _show(state)
        key = _key()
        if key == "quit":
            break
        try:
            waiting = _act(state, key)
        except CopipeError as error:
            console.print(f"{error.message} {error.hint}", markup=False)
            waiting = False
    answered = sum(made is not None for _, made in state.answers)
    left = len(state.items) - answered
    said = f"{answered} decided, {left} still hidden." if left else f"{answered} decided; nothing is left hidden."
    say(f"{said} `copipe run` brings everything up to date." if answered else said)


def _act(state: _Walk, key: str) -> bool:
    """Do what a key says; whether the next thing is to show a form."""
    from copipe.cli.terminal.display import say
    from copipe.pipeline import names

    item = state.items[state.at]
    if key in ("replace", "always", "keep", "never"):
        _answer(state, names.decide(state.study, item.form, key, state.who, item.kind))  # type: ignore[arg-type]
    elif key == "person":
        made = _person(state, item)
        if made is None:
            return False
        _answer(state, made)
    elif key == "skip":
        state.answers.append((state.at, None))
        state.at += 1
    elif key == "undo":
        if not state.answers:
            say(
                "There is no answer of this sitting to take back; `copipe anonymise undo FORM` takes back earlier ones."
            )
            return False
        state.at, taken = state.answers.pop()
        if taken is not None:
            names.undo(state.study, taken, state.who)
    elif key == "kind":
        at = KINDS.index(item.kind) if item.kind in KINDS else -1
        state.items[state.at] = replace(item, kind=KINDS[(at + 1) % len(KINDS)])
        say(f"Now: {state.items[state.at].kind}")
        return False
    elif key == "listen":
        _listen(state, item)
        return False
    else:
        say(HELP)
        return False
    return True


def _answer(state: _Walk, made: Decision) -> None:
    from copipe.cli.terminal.display import say

    say(f"  {made.verdict}{f': {made.text}' if made.text else ''}", "green")
    state.answers.append((state.at, made))
    state.at += 1


def _person(state: _Walk, item: Doubt) -> Decision | None:
    """Ask who it is: somebody known by code or pseudonym, or a new one of a kind; None to go back."""
    from copipe.cli.terminal.display import say
    from copipe.pipeline import names
    from copipe.pipeline.context import Context

    known = dict(names.known_people(Context(state.study)))
    for replacement, form in known.items():
        say(f"  {replacement}  {form}", "dim")
    asked = f" Enter alone: {item.near}." if item.near in known else " Nothing goes back."
    say(f'Who is it? A code or pseudonym from above, or a kind for somebody new, such as "nurse".{asked}')
    given = sys.stdin.readline().strip() or (item.near if item.near in known else "")
    if not given:
        return None
    for replacement in known:
        if given.strip("[]").casefold() == replacement.strip("[]").casefold():
            return names.decide(state.study, item.form, "person", state.who, text=replacement)
    roles = {p.role for p in state.study.participants} | {v.code for m in state.study.meetings for v in m.visitors}
    if given in roles:
        return names.decide(state.study, item.form, "person", state.who, text=given)
    return names.decide(state.study, item.form, "person", state.who, kind=given.strip("[]").lower())


def _show(state: _Walk) -> None:
    from rich.text import Text

    from copipe.cli.terminal.display import clock, console

    item = state.items[state.at]
    console.print()
    near = f", near to {item.near}" if item.near else ""
    times = f"{item.count} time{'s' if item.count > 1 else ''}"
    head = Text.assemble((item.form, "bold"), f"   {item.kind}{near}; {times} in {', '.join(item.meetings)}")
    console.print(head)
    for place in item.places:
        when = f" {clock(place.start)}" if place.start is not None else ""
        line = Text.assemble(
            (f"  {place.meeting}{when} {place.role or '--'}: ", "dim"), place.before, (place.said, "bold"), place.after
        )
        console.print(line)
    console.print(f"{state.at + 1} of {len(state.items)}", style="dim")


def _key() -> str:
    """One of the values of KEYS: a key on a terminal, the first letter of a line otherwise."""
    from copipe.cli.terminal.display import console

    while True:
        console.print("  ".join(f"[{k}] {name}" for k, name in KEYS.items()), markup=False)
        given = typer.getchar() if sys.stdin.isatty() else sys.stdin.readline()
        if not given:  # nobody there any more
            return "quit"
        if given.strip()[:1].lower() in KEYS:
            return KEYS[given.strip()[0].lower()]


def _listen(state: _Walk, item: Doubt) -> None:
    from copipe.cli.check.listen import hear
    from copipe.cli.terminal.display import say

    place = next((p for p in item.places if p.start is not None and p.end is not None), None)
    if place is None or place.start is None or place.end is None:
        say("These words have no time.")
        return
    hear(state.study, state.study.meeting(place.meeting), max(0.0, place.start - 2), place.end + 2)
