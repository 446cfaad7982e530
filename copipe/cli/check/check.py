"""`copipe check`: a person says that a transcript is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import agree, open_study
from copipe.cli.terminal.session import who as deciding

if TYPE_CHECKING:
    from copipe.pipeline.context import Context
    from copipe.study.study import Meeting


def check(
    meeting: Annotated[str, typer.Argument(help="The meeting whose transcript you checked.")],
    who: Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the check back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Mark a transcript as checked against its recording.

    Its pages and lines keep their numbers from now on.

    Reports mark quotations from unchecked transcripts. You can still correct a checked transcript;
    no other citation moves.

    Examples:

      copipe check 2010-02 --who CS

      copipe check 2010-02 --undo
    """
    from copipe.cli.terminal.display import say
    from copipe.errors import UsageError
    from copipe.pipeline import checking
    from copipe.pipeline.context import Context

    study = open_study()
    context, found = Context(study), study.meeting(meeting)
    standing = context.check(found)
    if undo:
        if standing is None:
            raise UsageError(f"{meeting} is not marked as checked.")
        if agree(
            f"Take back the check of {meeting} by {standing.who} ({standing.when[:10]})? Its pages may move.", yes
        ):
            checking.uncheck(context, found, deciding(who))
            say(f"{meeting} is no longer checked; citations of it are provisional again.")
        return
    if standing is not None:
        say(f"{meeting} was checked by {standing.who} on {standing.when[:10]}.")
        return
    _renew(context, found)
    ready = checking.ready(context, found)
    say(ready.summary)
    if not agree(f"Mark the transcript of {meeting} as checked by {deciding(who)}?", yes):
        return
    checking.check(context, found, deciding(who))
    say(f"{meeting} is checked. Its pages and lines keep their numbers from now on. `copipe run` renews the reports.")


def _renew(context: Context, meeting: Meeting) -> None:
    """What was corrected since the last run belongs to the transcript that is checked."""
    from copipe.errors import CopipeError
    from copipe.progress import silent
    from copipe.run import run

    outcome = run(context, [meeting], ("turns", "anonymised"), silent)
    for failure in outcome.failures:
        raise CopipeError(failure.message, failure.hint)
