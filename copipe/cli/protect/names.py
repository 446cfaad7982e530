"""The sitting of `copipe anonymise review` at a terminal: a form, where it was said, a key, the next form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from copipe.cli.terminal.walk import BACK, Kept, Key, Then, Walk, ask

if TYPE_CHECKING:
    from copipe.anonymise.roster.name_decisions import Verdict
    from copipe.pipeline.names import Doubt
    from copipe.records import Decision
    from copipe.study.study import Study

KINDS = ("person", "place", "organisation")


def walk(study: Study, items: Sequence[Doubt], who: str) -> None:
    """Put the doubtful forms before the person, one by one, until they are done or stop."""
    from copipe.cli.terminal.display import say
    from copipe.pipeline import names

    def decide(verdict: Verdict) -> Callable[[Doubt], Kept[Decision]]:
        return lambda item: _told(names.decide(study, item.form, verdict, who, item.kind))

    def take_back(made: Decision) -> None:
        names.undo(study, made, who)
        say(f"Taken back: {made.verdict}.")

    def turn(item: Doubt) -> Then:
        at = KINDS.index(item.kind) if item.kind in KINDS else -1
        sitting.items[sitting.at] = replace(item, kind=KINDS[(at + 1) % len(KINDS)])
        say(f"Now: {sitting.items[sitting.at].kind}")
        return Then.ASK

    keys: tuple[Key[Doubt, Decision], ...] = (
        Key("r", "replace", "it is a name; a pseudonym takes its place, the same in every meeting", decide("replace")),
        Key("k", "keep", "it is no name, or one that may be read", decide("keep")),
        Key("a", "always", "it is a name; it is replaced wherever these words occur, found or not", decide("always")),
        Key("n", "never", "it is no name, not even where the machine is sure", decide("never")),
        Key(
            "p",
            "person",
            "it is somebody who has a role code or pseudonym already, or somebody new of a kind (nurse, consultant)",
            lambda item: _person(study, item, who),
        ),
        Key("t", "kind", "a person, a place or an organisation: the pseudonym says which", turn),
    )
    sitting = Walk(
        list(items),
        _show,
        keys,
        take_back,
        no_earlier="There is nothing to take back here. `copipe anonymise undo FORM` takes back earlier answers.",
        listen=lambda item: _listen(study, item),
    )
    sitting.go()
    answered, left = len(sitting.kept), len(items) - len(sitting.kept)
    said = f"{answered} decided; {f'{left} are still hidden' if left else 'nothing is left hidden'}."
    say(f"{said} `copipe run` brings everything up to date." if answered else said)


def _told(made: Decision) -> Kept[Decision]:
    from copipe.cli.terminal.display import say

    say(f"  {made.verdict}{f': {made.text}' if made.text else ''}", "green")
    return Kept(made)


def _person(study: Study, item: Doubt, who: str) -> Kept[Decision] | Then:
    """Ask who it is: somebody known by code or pseudonym, or a new one of a kind."""
    from copipe.cli.terminal.display import say
    from copipe.pipeline import names
    from copipe.pipeline.context import Context

    known = dict(names.known_people(Context(study)))
    for replacement, form in known.items():
        say(f"  {replacement}  {form}", "dim")
    near = item.near if item.near in known else ""
    question = 'Who is it? A code or pseudonym from above, or a kind for somebody new, such as "nurse".'
    given = ask(question, f"Press Enter for {near}." if near else BACK) or near
    if not given:
        return Then.ASK
    for replacement in known:
        if given.strip("[]").casefold() == replacement.strip("[]").casefold():
            return _told(names.decide(study, item.form, "person", who, text=replacement))
    if given in study.codes:
        return _told(names.decide(study, item.form, "person", who, text=given))
    return _told(names.decide(study, item.form, "person", who, kind=given.strip("[]").lower()))


def _show(item: Doubt) -> None:
    from rich.text import Text

    from copipe.cli.terminal.display import clock, console

    near = f", near to {item.near}" if item.near else ""
    times = f"{item.count} time{'s' if item.count > 1 else ''}"
    console.print(Text.assemble((item.form, "bold"), f"   {item.kind}{near}; {times} in {', '.join(item.meetings)}"))
    for place in item.places:
        when = f" {clock(place.start)}" if place.start is not None else ""
        line = Text.assemble(
            (f"  {place.meeting}{when} {place.role or '--'}: ", "dim"), place.before, (place.said, "bold"), place.after
        )
        console.print(line)


def _listen(study: Study, item: Doubt) -> None:
    from copipe.cli.check.listen import hear
    from copipe.cli.terminal.display import say

    place = next((p for p in item.places if p.start is not None and p.end is not None), None)
    if place is None or place.start is None or place.end is None:
        say("These words have no time.")
        return
    hear(study, study.meeting(place.meeting), max(0.0, place.start - 2), place.end + 2)
