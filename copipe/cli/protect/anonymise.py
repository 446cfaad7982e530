"""`copipe anonymise`: names out of what was transcribed; and what a person decides about those that are doubtful."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copipe.cli.terminal.headings import Group
from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.session import who as deciding
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.pipeline.context import Context
    from copipe.study.study import Meeting, Study

Meetings = Annotated[list[str] | None, typer.Argument(help="Meetings. Without any: all.", show_default=False)]
Who = Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for a script.")]
TOO_MUCH = 0.05  # of a meeting's words: above it the lists want looking at, or the transcript is full of names


class _RunFirst(Group):
    """A group whose first command is meant where none is named: `copipe anonymise 2010-02`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # the Context of Typer's own click
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help")):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunFirst,
    rich_markup_mode=None,
    help="Replace names, and decide on doubtful ones.\n\nPlaces, organisations and identifiers are names, too. "
    "`copipe anonymise 2010-02` is short for `copipe anonymise run 2010-02`.",
)


@app.command()
def run(meetings: Meetings = None) -> None:
    """Replace what the roster names and the recognisers are sure of; hide what is doubtful as [name?].

    It then says how much of each meeting was replaced or hidden: too much is wrong as well.

    Examples:

      copipe anonymise

      copipe anonymise run 2010-02
    """
    from copipe.cli.terminal.stages import bring_up_to_date
    from copipe.errors import PartialFailureError
    from copipe.pipeline.context import Context

    study = open_study()
    wanted = _meetings(study, meetings)
    failed = None
    try:
        bring_up_to_date(study, wanted, ("turns", "anonymised", "notes"))
    except PartialFailureError as error:
        failed = error
    _tell(Context(study), wanted)
    if failed:
        raise failed


@app.command()
def review(
    meetings: Meetings = None,
    listing: Annotated[bool, typer.Option("--list", help="Only list what there is to decide.")] = False,
    json: Json = False,
    who: Who = "",
) -> None:
    """Decide on doubtful names, one by one. Every answer is saved at once.

    An answer is for all meetings, later ones too, and the name does not come again.

    Examples:

      copipe anonymise review

      copipe anonymise review --list
    """
    from copipe.cli.terminal.display import say
    from copipe.pipeline import names
    from copipe.pipeline.context import Context

    study = open_study()
    found = names.doubts(Context(study), _meetings(study, meetings))
    if json:
        tell_json([asdict(d) for d in found])
        return
    if not found:
        say("Nothing to decide. `copipe anonymise` looks for new names.")
        return
    if listing:
        for d in found:
            near = f", near to {d.near}" if d.near else ""
            say(f"{d.count:>5}  {d.form}  ({d.kind}{near}; {', '.join(d.meetings)})")
        waits = "1 form waits" if len(found) == 1 else f"{len(found)} forms wait"
        say(f'{waits} for a decision: `copipe anonymise review`, or `copipe anonymise decide "FORM" keep`.')
        return
    from copipe.cli.protect.names import walk

    walk(study, found, deciding(who))


@app.command()
def decide(
    form: Annotated[str, typer.Argument(help="The form as it was said. Put several words in quotes.")],
    verdict: Annotated[str, typer.Argument(help="replace, keep, always, never or person.")],
    as_: Annotated[
        str,
        typer.Option("--as", help='What replaces it: "SN1", "[nurse 2]". Without it: a pseudonym.', show_default=False),
    ] = "",
    kind: Annotated[
        str, typer.Option("--kind", help="person, place or organisation, or a kind of your own such as nurse.")
    ] = "person",
    who: Who = "",
) -> None:
    """Decide on a name without being asked, for all meetings, until you undo it.

    replace: a pseudonym replaces it where it is found. keep: it stays, unless it is certainly a name. never: it is no
    name, not even where a recogniser is sure. always: it is replaced everywhere. person: the same, for somebody who has
    a pseudonym or a role code already (--as), or a new one of a kind (--kind).

    Examples:

      copipe anonymise decide Kestrel never

      copipe anonymise decide "Sister Brady" person --kind nurse

      copipe anonymise decide Bernadet person --as SN2
    """
    from copipe.anonymise.roster.name_decisions import VERDICTS
    from copipe.cli.terminal.display import say
    from copipe.errors import UsageError
    from copipe.pipeline import names

    if verdict not in VERDICTS:
        raise UsageError(f"{verdict!r} is not a verdict.", f"Verdicts: {', '.join(VERDICTS)}.")
    made = names.decide(open_study(), form, verdict, deciding(who), kind, as_)
    say(f"Kept: {verdict}{f', as {made.text}' if made.text else ''}. `copipe run` brings everything up to date.")


@app.command()
def decided(json: Json = False) -> None:
    """List what was decided about names.

    Example:

      copipe anonymise decided
    """
    from copipe.cli.terminal.display import say
    from copipe.pipeline import names

    made = names.standing(open_study())
    if json:
        said = [
            {"id": d.id, "form": d.about, "verdict": d.verdict, "as": d.text, "who": d.who, "when": d.when}
            for d in made
        ]
        tell_json(said)
        return
    for d in made:
        say(f"{d.when[:10]}  {d.who:<10}  {d.verdict:<8}  {d.about}{f'  ->  {d.text}' if d.text else ''}")
    if not made:
        say("Nothing has been decided about names.")


@app.command()
def undo(
    form: Annotated[str, typer.Argument(help="The form to undo the decision about.")],
    who: Who = "",
) -> None:
    """Take back the decision about a name. It waits for a decision again, or the roster decides.

    Example:

      copipe anonymise undo Kestrel
    """
    from copipe.anonymise.roster.pseudonyms import key
    from copipe.cli.terminal.display import say
    from copipe.errors import UsageError
    from copipe.pipeline import names

    study = open_study()
    found = [d for d in names.standing(study) if d.about == key(form)]
    if not found:
        raise UsageError("Nothing has been decided about this form.", "`copipe anonymise decided` lists the decisions.")
    names.undo(study, found[-1], deciding(who))
    say("Taken back. `copipe run` brings everything up to date.")


def _meetings(study: Study, codes: list[str] | None) -> list[Meeting]:
    return [study.meeting(m) for m in codes or []] or list(study.meetings)


def _tell(context: Context, meetings: list[Meeting]) -> None:
    """How much of each meeting was replaced or hidden, and what the researcher should know of the roster."""
    from copipe.cli.terminal.display import say

    hidden = 0
    for meeting in meetings:
        for stage, what in (("anonymised", ""), ("notes", ", notes")):
            artifact = context.current(context.public, meeting.code, stage)
            gone = artifact.about.get("removed") if artifact else None
            if not gone or not gone["words"]:
                continue
            shares = [f"{100 * gone[k] / gone['words']:.1f} % {k}" for k in ("replaced", "masked") if gone[k]]
            said = ", ".join(shares).replace("masked", "hidden until decided") or "nothing replaced"
            style = "yellow" if gone["share"] > TOO_MUCH else ""
            say(f"{meeting.code}{what}: {gone['words']} words, {said}.", style)
            hidden += gone["masked"]
    if hidden:
        say("`copipe anonymise review` asks about what is hidden.")
    for notice in context.roster.notices:
        say(notice, "yellow")
