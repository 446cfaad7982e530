"""`copipe about`: talk about people who are not in the study, kept or left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from copipe.cli.terminal.headings import Group
from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.session import who as deciding
from copipe.cli.terminal.visible import tell_json
from copipe.cli.terminal.walk import Kept, Key, Walk

if TYPE_CHECKING:
    from copipe.consent.outsiders import Entry

app = typer.Typer(cls=Group, invoke_without_command=True, rich_markup_mode=None)
Who = Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)]
RENEW = "`copipe run` brings transcripts and reports up to date; `copipe about undo` takes the last answer back."


@app.callback()
def overview(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also show what is decided.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, without speech, for a script.")] = False,
) -> None:
    """Decide on talk about people who are not in the study.

    They declined or withdrew. Talk about them is hidden until you keep it.

    A passage is a sentence in a transcript, notes or memos that names them by role code or by a name of the roster.
    Without a command it lists what is hidden and not decided. It shows raw speech: for your eyes only.

    Examples:

      copipe about

      copipe about decide

      copipe about keep 2010-02:000123

      copipe about exclude 2010-02 0:41:07
    """
    if context.invoked_subcommand is not None:
        return

    from copipe.cli.terminal.display import say

    entries = _queue()
    if as_json:
        rows = [
            {"id": e.id, "where": e.where, "people": e.people, "role": e.role, "start": e.start, "verdict": e.verdict}
            for e in entries
        ]
        tell_json(rows)
        return
    shown = [e for e in entries if everything or not e.verdict]
    for entry in shown:
        _show(entry)
    undecided = sum(not e.verdict for e in entries)
    say(f"{undecided} to decide (hidden until then), {len(entries) - undecided} decided.")
    if undecided:
        say("`copipe about decide` asks about each in turn.")


@app.command()
def decide(who: Who = "") -> None:
    """Decide on each open passage in turn. Every answer is saved at once.

    Example:

      copipe about decide
    """
    from copipe.cli.terminal.display import say
    from copipe.consent import outsiders
    from copipe.pipeline.context import Context

    study = open_study()
    context = Context(study)

    def answer(entry: Entry, verdict: Literal["keep", "exclude"]) -> Kept[Entry]:
        outsiders.decide(context, entry, verdict, deciding(who))
        return Kept(entry)

    def take_back(entry: Entry) -> None:
        outsiders.undo(study, deciding(who))
        say(f"Taken back: {entry.id}.")

    keys: tuple[Key[Entry, Entry], ...] = (
        Key("k", "keep", "show it: it is about somebody else, or may be read", lambda entry: answer(entry, "keep")),
        Key("e", "leave out", "leave it out for good", lambda entry: answer(entry, "exclude")),
    )
    open_ones = [e for e in outsiders.queue(context) if not e.verdict]
    sitting = Walk(
        open_ones,
        _show,
        keys,
        take_back,
        no_earlier="There is nothing to take back here. `copipe about undo` takes back earlier answers.",
    )
    sitting.go()
    if sitting.cut_off:
        raise typer.Abort
    say(RENEW if open_ones else "Nothing to decide.")


@app.command()
def keep(
    ids: Annotated[list[str], typer.Argument(help="Passages, as `copipe about` lists them.")], who: Who = ""
) -> None:
    """Show passages again: they are not about the person (OT may be the profession), or may be shown.

    Example:

      copipe about keep 2010-02:000123
    """
    from copipe.cli.terminal.display import say
    from copipe.consent import outsiders
    from copipe.errors import UsageError
    from copipe.pipeline.context import Context

    context = Context(open_study())
    known = {e.id: e for e in outsiders.queue(context)}
    for wanted in ids:
        if wanted not in known:
            raise UsageError(f"No passage {wanted}.", "`copipe about --all` lists them.")
    for wanted in ids:
        outsiders.decide(context, known[wanted], "keep", deciding(who))
    say(RENEW)


@app.command()
def exclude(
    place: Annotated[
        list[str],
        typer.Argument(help='A passage from the list, or a meeting and a place: 0:41:07, 000123, "p. 7, l. 3".'),
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to", help="End of the passage, if it is not the end of the turn: a time or a word.", show_default=False
        ),
    ] = "",
    who: Who = "",
) -> None:
    """Leave out a passage for good: one from the list, or another that you know is about somebody.

    Examples:

      copipe about exclude 2010-02:000123

      copipe about exclude 2010-02 0:41:07 --to 0:41:20
    """
    from copipe.cli.terminal.display import say
    from copipe.consent import outsiders
    from copipe.errors import UsageError
    from copipe.pipeline.context import Context
    from copipe.review import passages

    study = open_study()
    context = Context(study)
    if len(place) == 1:
        known = {e.id: e for e in outsiders.queue(context)}
        if place[0] not in known:
            raise UsageError(
                f"No passage {place[0]}.", "`copipe about --all` lists them; or name a meeting and a place."
            )
        outsiders.decide(context, known[place[0]], "exclude", deciding(who))
    else:
        meeting = study.meeting(place[0])
        found = passages.find(study, meeting, " ".join(place[1:]), to)
        outsiders.exclude_words(context, meeting, found.first, found.last, deciding(who))
    say(RENEW)


@app.command()
def undo(who: Who = "") -> None:
    """Take back the last decision.

    Example:

      copipe about undo
    """
    from copipe.cli.terminal.display import say
    from copipe.consent import outsiders
    from copipe.errors import UsageError

    taken = outsiders.undo(open_study(), deciding(who))
    if taken is None:
        raise UsageError("Nothing has been decided about talk about people who are not in the study.")
    say(f"Taken back: {taken.verdict} {taken.span.first if taken.span else taken.about}.")


def _queue() -> tuple[Entry, ...]:
    from copipe.consent import outsiders
    from copipe.pipeline.context import Context

    return outsiders.queue(Context(open_study()))


def _show(entry: Entry) -> None:
    from copipe.cli.terminal.display import clock, say

    when = "" if entry.start is None else f"  {clock(entry.start)}"
    about = f"about {', '.join(entry.people)}" if entry.people else "left out by hand or because of a misheard name"
    said = f"  [{entry.verdict}]" if entry.verdict else ""
    say(f"{entry.id}{when}  {entry.role or entry.where}  {about}{said}", "bold")
    say(f"  {entry.text}")
