"""`copipe destroy`: a recording goes, once what was made of it is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.session import who as deciding

if TYPE_CHECKING:
    from copipe.consent.destruction import Plan
    from copipe.study.study import Study


def destroy(
    meeting: Annotated[
        str | None, typer.Argument(help="The meeting. Without it: the state of every meeting.", show_default=False)
    ] = None,
    who: Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Destroy it although nobody has checked the transcript. Needs --why.")
    ] = False,
    why: Annotated[str, typer.Option("--why", help="The reason, for the certificate. It must not name anybody.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Overwrite and delete the recording of a checked meeting.

    A certificate records it. The transcript and what was made of it stay.

    [destroy] in copipe.toml says what is removed: recording, clips and saves, unless you choose otherwise. What was
    made from it is frozen: no later engine or version changes it. The certificate, in certificates/, names nobody. You
    must type the code of the meeting to confirm. It cannot be undone.

    Examples:

      copipe destroy

      copipe destroy 2010-02 --who CS
    """
    from copipe.cli.terminal.display import say
    from copipe.consent import destruction
    from copipe.errors import UsageError
    from copipe.pipeline.context import Context
    from copipe.run import lock

    study = open_study()
    if meeting is None:
        _overview(study)
        return
    found = study.meeting(meeting)
    planned = destruction.plan(Context(study), found)
    if not planned.checked and not (force and why.strip()):
        raise UsageError(
            f"{meeting} is not marked as checked. Once its recording is gone, nobody can check it.",
            f'`copipe check {meeting}` first, or give a reason for the certificate: --force --why "...".',
        )
    _show(study, planned)
    if not _agreed(meeting, yes):  # nobody waits for the answer: the study is held from here on
        say("Nothing was destroyed.")
        return
    with lock(study):
        context = Context(study)
        if destruction.plan(context, found) != planned:
            raise UsageError(f"{meeting} was changed meanwhile. Nothing was destroyed.", "Run the same command again.")
        reason = "" if planned.checked and not planned.strangers else why
        certificate = destruction.destroy(context, planned, deciding(who), reason)
    say(
        f"{meeting}: destroyed. The certificate is {certificate.relative_to(study.root)}. Transcripts and reports stay."
    )


def _agreed(code: str, yes: bool) -> bool:
    import sys

    from copipe.cli.terminal.display import err

    if yes:
        return True
    if not sys.stdin.isatty():
        err.print("Confirm with --yes: nobody can be asked here.")
        return False
    return bool(
        typer.prompt(f"This cannot be undone. Type {code} to destroy it", default="", show_default=False) == code
    )


def _show(study: Study, planned: Plan) -> None:
    from copipe.cli.terminal.display import say
    from copipe.consent.destruction import LIMITS, texts_left
    from copipe.pipeline.context import Context

    say(f"{planned.meeting.code}: " + (f"checked by {planned.checked}" if planned.checked else "NOT CHECKED"), "bold")
    for doomed in planned.files:
        inside = doomed.path.is_relative_to(study.root)
        shown = doomed.path.relative_to(study.root) if inside else f"{doomed.path} (outside the study folder)"
        say(f"  {doomed.kind}: {shown}, {doomed.size:,} bytes")
        for link in doomed.links:
            say(f"    its link {link} is deleted too")
        if doomed.names > 1:
            say(f"    the file has {doomed.names} hard links; overwriting empties all of them")
    if planned.raw_words:
        say("  words: copipe blanks the raw words it keeps. The anonymised transcript can then no longer be corrected.")
        for shown in texts_left(Context(study), planned.meeting):
            say(f"  {shown} holds raw words and stays. Delete it by hand.", "bold")
    for path in planned.strangers:
        say(f"  {path.name} is NOT the file that was transcribed. Nobody has checked it.", "bold")
    if not planned.files and not planned.raw_words:
        say("  An interrupted destruction is completed: certified and recorded.")
    for path in planned.twins:
        say(f"  {path.relative_to(study.root)} has the same content and stays. Destroy it by hand.", "bold")
    say(LIMITS)


def _overview(study: Study) -> None:
    from copipe.cli.terminal.display import say
    from copipe.consent import destruction
    from copipe.errors import UsageError
    from copipe.pipeline.context import Context

    context = Context(study)
    for meeting in study.meetings:
        try:
            planned = destruction.plan(context, meeting)
        except UsageError as error:
            done = destruction.certificates(study, meeting)
            told = f"destroyed, {done[-1].relative_to(study.root)}" if done else error.message.partition(": ")[2]
        else:
            size = sum(d.size for d in planned.files) / 1e6
            ready = f"checked by {planned.checked}" if planned.checked else "not checked yet"
            told = f"{len(planned.files)} file{'s' if len(planned.files) != 1 else ''}, {size:,.1f} MB; {ready}"
        say(f"{meeting.code}  {told}")
