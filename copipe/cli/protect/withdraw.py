"""`copipe withdraw`: somebody's consent ends, and what is theirs goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import agree, open_study
from copipe.cli.terminal.session import who as deciding

if TYPE_CHECKING:
    from copipe.consent.withdrawal import Plan
    from copipe.study.study import Study

BEYOND = """\
What copipe cannot reach, and you can: copies of the study folder, backups, what was sent to a supervisor or to members,
print-outs, earlier versions under version control (decisions/ and reports/ may be there), snapshots of the disk or of a
cloud service; and on a solid-state disk, blocks that were written over may last until the disk uses them again."""


def withdraw(
    code: Annotated[str, typer.Argument(help="The role code of a member, or a visitor's code.")],
    preview: Annotated[bool, typer.Option("--preview", help="Show what would be removed, and change nothing.")] = False,
    who: Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take a participant out of the study.

    This removes their words, their voice profile, and everything made from them.

    It first shows what will be removed, then asks. It changes consent in participants.toml (for a visitor,
    meetings.toml) and removes their words from transcripts, decisions, reports and exports. Checked transcripts keep
    their pages and lines, with a placeholder for the removed words. It cannot be undone. Their words are also gone from
    your own files, so give them a copy first if they want one. If it is interrupted, `copipe run` completes it.

    Examples:

      copipe withdraw OT --preview

      copipe withdraw OT --who CS
    """
    from copipe.cli.terminal.display import say
    from copipe.consent import withdrawal
    from copipe.pipeline.context import Context
    from copipe.run import lock

    study = open_study()
    found = withdrawal.known_code(study, code)
    planned = withdrawal.plan(study, found)
    _show(study, planned)
    if preview:
        return
    if not agree(f"Withdraw {found}? This cannot be undone.", yes):
        say("Nothing was changed.")
        return
    with lock(study):
        study = withdrawal.withdraw(study, found, deciding(who))
        done = withdrawal.settle(Context(study))
    words, files = sum(p.words for p in done.purged), sum(p.files for p in done.purged)
    say(f"{found} has withdrawn.", "bold")
    say(f"{words} words blanked, {files} files erased, {len(done.taken_down)} reports removed.")
    say("`copipe run` makes transcripts, codes and reports again without them.")
    if any(p.words for p in done.purged) or planned.meetings:
        _say_sources(study, planned)
    say(BEYOND)


def _show(study: Study, planned: Plan) -> None:
    from copipe.cli.terminal.display import clock, say

    what = "member" if planned.member else "visitor"
    say(f"{planned.code} ({what}, consent: {planned.consent})", "bold")
    for row in planned.meetings:
        length = "" if row.seconds is None else f", {clock(row.seconds)}"
        kept = "; its pages and lines stay" if row.checked else ""
        decided = f"; {row.decisions} decision{'s' if row.decisions != 1 else ''} about them" if row.decisions else ""
        said = f"{row.turns} turns, {row.words} words{length}" if row.turns else "present, but said nothing"
        say(f"  {row.meeting}: {said}{decided}{kept}")
    for code in planned.not_known:
        spoken = study.meeting(code).recording or study.meeting(code).transcript
        unknown = "it is not known yet who speaks; everything made from it is deleted and made again"
        say(f"  {code}: {unknown if spoken else 'not recorded; `copipe about` asks what its notes say about them'}")
    if not planned.meetings and not planned.not_known:
        say("  They appear in no meeting.")
    if planned.profile_versions:
        say(f"  voice profile: {planned.profile_versions} versions")
    say(f"  reports removed because they may quote them: {planned.reports}; edited copies cleaned: {planned.edited}")
    if planned.exports:
        say(f"  exports deleted: {', '.join(str(p.relative_to(study.root)) for p in planned.exports)}")
    if planned.elsewhere:
        say("  These files of yours quote them. copipe does not change them; correct them by hand:", "bold")
        for path in planned.elsewhere:
            say(f"    {path.relative_to(study.root)}")


def _say_sources(study: Study, planned: Plan) -> None:
    from copipe.cli.terminal.display import say

    rows = [(row, path) for row in planned.meetings for path in row.sources if path.exists()]
    if not rows:
        return
    say("Their voice or words are still in:", "bold")
    for row, path in rows:
        shown = path.relative_to(study.root) if path.is_relative_to(study.root) else path
        kind = "recording" if path == study.meeting(row.meeting).recording else "transcript"
        before = (
            [] if kind in study.settings.destroy.what else [f'"{kind}" among `what` under [destroy] in copipe.toml']
        )
        before += [] if row.checked else [f"`copipe check {row.meeting}`"]
        after = f"after {' and '.join(before)}, " if before else ""
        by_hand = "remove them by hand, or " if kind == "transcript" else ""
        say(f"  {shown}: {by_hand}{after}`copipe destroy {row.meeting}`")
