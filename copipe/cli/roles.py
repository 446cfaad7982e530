"""`copipe roles`: which voice is whom, shown and decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.common import open_study
from copipe.cli.common import who as deciding

if TYPE_CHECKING:
    from copipe.cli.voices_view import VoicesView

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@app.callback()
def overview(context: typer.Context) -> None:
    """Say which voice is whom. Without a command: how far that has come, meeting by meeting.

    Examples:

      copipe roles

      copipe roles show 2010-02

      copipe roles assign 2010-02
    """
    if context.invoked_subcommand is not None:
        return
    from copipe.cli.display import console
    from copipe.cli.voices_view import look
    from copipe.errors import UsageError

    study = open_study()
    for meeting in study.meetings:
        try:
            seen = look(study, meeting)
        except UsageError as error:
            console.print(f"{meeting.code}  {error.message.removeprefix(meeting.code).strip()}", style="dim")
            continue
        unnamed = [v.label for v in seen.voices if not v.assigned]
        told = f"not assigned: {', '.join(unnamed)}" if unnamed else "all assigned"
        console.print(f"{meeting.code}  {len(seen.voices)} voices, {told}")


@app.command()
def show(
    meeting: Annotated[str, typer.Argument(help="The meeting whose voices to show.")],
    as_json: Annotated[bool, typer.Option("--json", help="For a script; without what was said.")] = False,
) -> None:
    """Show a meeting's voices: who each is, how long it speaks, three clear samples with their times.

    The samples are raw speech: for your eyes, not for a report.

    Examples:

      copipe roles show 2010-02
    """
    import json

    from copipe.cli.display import clock, console
    from copipe.cli.voices_view import look

    study = open_study()
    seen = look(study, study.meeting(meeting))
    if as_json:
        typer.echo(json.dumps([v.plain() for v in seen.voices], indent=2))
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table("voice", "role", "speaks", "words", "samples", show_lines=True)
    for voice in seen.voices:
        heard = "\n".join(f"{clock(s.start)}-{clock(s.end)}  {s.text}" for s in voice.samples)
        table.add_row(
            *(escape(c) for c in (voice.label, voice.shown_as, clock(voice.seconds), str(voice.words), heard))
        )
    console.print(table)
    for decision in seen.unplaced:
        console.print(
            f"{decision.verdict} ({decision.about}, decided {decision.when[:10]}): no voice speaks there now."
        )


@app.command()
def assign(
    meeting: Annotated[str, typer.Argument(help="The meeting whose voices to name.")],
    pairs: Annotated[
        list[str] | None,
        typer.Argument(help="VOICE=CODE ...; a code of somebody who attended, not-in-study, or - to take it back."),
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Ask about voices that have a name as well.")] = False,
    who: Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)] = "",
) -> None:
    """Say who a meeting's voices are. Without pairs it shows three samples of each voice and asks.

    Every answer is kept at once, and stays when the recording is transcribed or diarized again.

    Examples:

      copipe roles assign 2010-02

      copipe roles assign 2010-02 voice1=SN2 voice2=CS voice3=not-in-study
    """
    from copipe.cli.display import console
    from copipe.cli.voices_view import CLEAR, look, split_pair

    study = open_study()
    seen = look(study, study.meeting(meeting))
    if pairs:
        # All are checked before the first is kept: a slip in the third leaves nothing half done.
        wanted = [(seen.known_voice(voice), seen.known_code(code)) for voice, code in map(split_pair, pairs)]
        for voice, code in wanted:
            seen.decide(voice, code, deciding(who))
            console.print(f"{meeting}: {voice} is {code}." if code != CLEAR else f"{meeting}: {voice} is not assigned.")
    else:
        _ask(seen, everyone, deciding(who))
    console.print("`copipe run` brings the transcript up to date.")


def _ask(seen: VoicesView, everyone: bool, who: str) -> None:
    from rich.markup import escape

    from copipe.cli.display import clock, console
    from copipe.errors import UsageError

    for voice in seen.voices:
        if voice.assigned and not everyone:
            continue
        console.print(f"\n[bold]{escape(voice.label)}[/bold]  {escape(voice.shown_as)}, speaks {clock(voice.seconds)}")
        for sample in voice.samples:
            console.print(f"  {clock(sample.start)}-{clock(sample.end)}  {escape(sample.text)}")
        while True:
            answer = typer.prompt(f"Who is it? {', '.join(seen.codes)}; s to skip, q to stop", default="s").strip()
            if answer.lower() == "q":
                return
            if answer.lower() == "s":
                break
            try:
                seen.decide(voice.label, seen.known_code(answer), who)
                break
            except UsageError as error:
                console.print(f"{error.message} {error.hint}")
