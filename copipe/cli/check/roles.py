"""`copipe roles`: which voice is whom, shown and decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.check import doubtful_turns
from copipe.cli.terminal.headings import Group
from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.session import who as deciding
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.cli.check.voices_view import VoicesView

app = typer.Typer(cls=Group, invoke_without_command=True, rich_markup_mode=None)


@app.callback()
def overview(context: typer.Context) -> None:
    """Say which voice is which participant.

    Without a command it shows how far that is, meeting by meeting.

    Examples:

      copipe roles

      copipe roles show 2010-02

      copipe roles assign 2010-02

      copipe roles confirm 2010-03 --all-sure
    """
    if context.invoked_subcommand is not None:
        return
    from copipe.cli.check.voices_view import look
    from copipe.cli.terminal.display import console
    from copipe.errors import UsageError

    study = open_study()
    for meeting in study.meetings:
        try:
            seen = look(study, meeting)
        except UsageError as error:
            console.print(f"{meeting.code}  {error.message.removeprefix(meeting.code).strip()}", style="dim")
            continue
        console.print(f"{meeting.code}  {len(seen.voices)} voices, {_progress(seen)}", soft_wrap=True)


def _progress(seen: VoicesView) -> str:
    parts = []
    if proposed := [f"{v.label} as {v.role} ({v.standing.verdict})" for v in seen.proposed]:
        parts.append(f"to confirm: {', '.join(proposed)}")
    if unnamed := [v.label for v in seen.voices if not v.assigned and not v.proposed]:
        parts.append(f"not assigned: {', '.join(unnamed)}")
    return "; ".join(parts) or "all assigned"


@app.command()
def show(
    meeting: Annotated[str, typer.Argument(help="The meeting whose voices to show.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, without speech, for a script.")] = False,
) -> None:
    """Show a meeting's voices: who each is, how sure that is, how long it speaks, three clear samples with their times.

    "confirmed" is what a person said; "sure" and "likely" come from voice profiles, with the likeness and
    the member who is next nearest. The samples are raw speech: for your eyes, not for a report.

    Examples:

      copipe roles show 2010-02
    """

    from copipe.cli.check.voices_view import look
    from copipe.cli.terminal.display import clock, console, say

    study = open_study()
    seen = look(study, study.meeting(meeting))
    if as_json:
        tell_json([v.plain() for v in seen.voices])
        return
    for voice in seen.voices:
        likeness = voice.certainty + (f", next {voice.runner_up}" if voice.runner_up else "")
        say(f"{voice.label}  {voice.shown_as}  {likeness}  speaks {clock(voice.seconds)}, {voice.words} words", "bold")
        if voice.standing.why and not voice.assigned:
            say(f"  {voice.standing.why}")
        for sample in voice.samples:
            say(f"  {clock(sample.start)}-{clock(sample.end)}  {sample.text}")
    if seen.proposed:
        say(f"Confirm what profiles recognised: copipe roles confirm {meeting}")
    for decision in seen.unplaced:
        console.print(
            f"{decision.verdict} ({decision.about}, decided {decision.when[:10]}): no voice speaks there now."
        )


@app.command()
def assign(
    meeting: Annotated[str, typer.Argument(help="The meeting whose voices to assign.")],
    pairs: Annotated[
        list[str] | None,
        typer.Argument(help="VOICE=CODE ...; a code of somebody who attended, not-in-study, or - to take it back."),
    ] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Ask about assigned voices as well.")] = False,
    who: Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)] = "",
) -> None:
    """Say who a meeting's voices are. Without pairs it shows three samples of each voice and asks.

    Your assignments make voice profiles of participants with full consent, which recognise them in later meetings.

    Every answer is saved at once. It stays when the recording is transcribed or diarized again.

    Examples:

      copipe roles assign 2010-02

      copipe roles assign 2010-02 voice1=SN2 voice2=CS voice3=not-in-study
    """
    from copipe.cli.check.voices_view import CLEAR, look, split_pair
    from copipe.cli.terminal.display import console

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

    from copipe.cli.terminal.display import clock, console
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


Meeting = Annotated[str, typer.Argument(help="The meeting.")]
Who = Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)]
RENEW = "`copipe run` brings the transcript up to date."


@app.command()
def confirm(
    meeting: Meeting,
    voices: Annotated[
        list[str] | None, typer.Argument(help="Voices that were recognised correctly.", show_default=False)
    ] = None,
    all_sure: Annotated[bool, typer.Option("--all-sure", help="Every voice that is marked sure.")] = False,
    who: Who = "",
) -> None:
    """Confirm voices that were recognised by their profiles. Without voices it shows each and asks, the doubtful first.

    A confirmed voice keeps its role on every rerun, and its speech improves the profile.

    Examples:

      copipe roles confirm 2010-03

      copipe roles confirm 2010-03 voice1 voice3

      copipe roles confirm 2010-03 --all-sure
    """
    from copipe.cli.check.voices_view import look
    from copipe.cli.terminal.display import say

    study = open_study()
    seen = look(study, study.meeting(meeting))
    if voices or all_sure:
        rows = [seen.row(v) for v in voices or []]
        rows += [v for v in seen.proposed if all_sure and v.standing.verdict == "sure" and v not in rows]
        for row in rows:  # all are looked up before the first is kept
            seen.confirm(row, deciding(who))
            say(f"{meeting}: {row.label} is {row.role}.")
        if not rows:
            say(f"{meeting}: no voice is marked sure.")
    elif not seen.proposed:
        say(f"{meeting}: there is nothing to confirm.")
        return
    else:
        _ask_to_confirm(seen, deciding(who))
    say(RENEW)


def _ask_to_confirm(seen: VoicesView, who: str) -> None:
    from rich.markup import escape

    from copipe.cli.terminal.display import clock, console
    from copipe.errors import UsageError

    for row in seen.proposed:
        console.print(f"\n[bold]{escape(row.label)}[/bold]  {escape(row.role)}? {row.certainty}; next {row.runner_up}")
        console.print(escape(row.standing.why), style="dim")
        for sample in row.samples:
            console.print(f"  {clock(sample.start)}-{clock(sample.end)}  {escape(sample.text)}")
        while True:
            asked = f"Is it {row.role}? y, or {', '.join(c for c in seen.codes if c != row.role)}; s to skip, q to stop"
            answer = typer.prompt(asked, default="s").strip()
            if answer.lower() == "q":
                return
            if answer.lower() == "s":
                break
            try:
                if answer.lower() in ("y", "yes"):
                    seen.confirm(row, who)
                else:
                    seen.decide(row.label, seen.known_code(answer), who)
                break
            except UsageError as error:
                console.print(f"{error.message} {error.hint}")


@app.command()
def merge(
    meeting: Meeting,
    stays: Annotated[str, typer.Argument(help="A voice.")],
    joins: Annotated[str, typer.Argument(help="Another voice of the same person; it joins the first.")],
    who: Who = "",
) -> None:
    """Make two voices one, where one person was taken for two.

    Example:

      copipe roles merge 2010-03 voice2 voice5
    """
    from copipe.cli.check.voices_view import look
    from copipe.cli.terminal.display import say

    study = open_study()
    seen = look(study, study.meeting(meeting))
    stays, joins = seen.known_voice(stays), seen.known_voice(joins)
    seen.merge(stays, joins, deciding(who))
    say(f"{meeting}: {joins} is now part of {stays}. `copipe roles undo {meeting}` takes it back.")
    say(RENEW)


@app.command()
def split(
    meeting: Meeting,
    voice: Annotated[str, typer.Argument(help="The voice that belongs to two people.")],
    at: Annotated[str, typer.Option("--at", help="The time from which it is somebody else, for example 0:41:07.")],
    who: Who = "",
) -> None:
    """Make one voice two, where somebody else speaks from a time on. For single turns use `copipe roles give`.

    Example:

      copipe roles split 2010-03 voice2 --at 0:41:07
    """
    from copipe.cli.check.voices_view import look
    from copipe.cli.terminal.display import say
    from copipe.review.passages import seconds

    study = open_study()
    seen = look(study, study.meeting(meeting))
    label = seen.known_voice(voice)
    new = seen.split(label, seconds(at), deciding(who))
    say(f"{meeting}: from {at} on {label} is now {new}. Say who it is: copipe roles assign {meeting}")
    say(RENEW)


@app.command()
def undo(meeting: Meeting, who: Who = "") -> None:
    """Take back the last decision about a meeting's voices: an assignment, a confirmation, a merge or a split.

    Example:

      copipe roles undo 2010-03
    """
    from copipe.cli.check.voices_view import look
    from copipe.cli.terminal.display import say
    from copipe.errors import UsageError

    study = open_study()
    taken = look(study, study.meeting(meeting)).undo(deciding(who))
    if taken is None:
        raise UsageError(f"Nothing has been decided about the voices of {meeting}.")
    told = {"merge": f"{taken.verdict} joined {taken.about}", "split": f"{taken.verdict} was split from {taken.about}"}
    say(f"{meeting}: taken back that {told.get(taken.kind, f'{taken.about} is {taken.verdict}')}.")
    say(RENEW)


@app.command()
def give(
    meeting: Meeting,
    place: Annotated[
        str, typer.Argument(help='The turn at a time (0:12:30) or with a word (000123), or the lines of "p. 7, l. 3".')
    ],
    role: Annotated[str, typer.Argument(help="Who said it: a code of somebody who attended, or not-in-study.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", help="End of the passage, if it is not the end of the turn: a time or a word.", show_default=False
        ),
    ] = "",
    who: Who = "",
) -> None:
    """Give a turn, or some words, to another speaker. It stays when the recording is transcribed or diarized again.

    Examples:

      copipe roles give 2010-03 0:12:30 SN2

      copipe roles give 2010-03 0:12:30 SN2 --to 0:12:34

      copipe roles give 2010-03 "p. 7, ll. 12-13" OT
    """
    from copipe.cli.check.doubtful_turns import keep_given
    from copipe.cli.check.voices_view import known_code
    from copipe.cli.terminal.display import say
    from copipe.pipeline.private_transcript import private_turns
    from copipe.review import passages

    study = open_study()
    found = study.meeting(meeting)
    code = known_code(study, found, role)
    passage = passages.find(study, found, place, to)
    made = keep_given(study, found, private_turns(study, found), (passage.first, passage.last), code, deciding(who))
    say(f"{meeting}: given to {code}." if made else f"{meeting}: that is {code}'s already.")
    if made:
        say(f"{RENEW} `copipe correct {meeting} --undo 1` takes it back.")


app.command()(doubtful_turns.review)
