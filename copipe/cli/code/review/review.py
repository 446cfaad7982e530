"""`copipe review`: deciding on candidates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import agree, open_study
from copipe.cli.terminal.session import who as deciding

if TYPE_CHECKING:
    from copipe.review.candidates import Review


def review(
    meetings: Annotated[
        list[str] | None,
        typer.Argument(help="Only these meetings. Without any: all that are coded.", show_default=False),
    ] = None,
    code: Annotated[
        list[str] | None,
        typer.Option("--code", help="Only this code and those below it. Repeat for more.", show_default=False),
    ] = None,
    blind: Annotated[
        str,
        typer.Option("--as", help="Initials of a second coder, who sees nobody's decisions.", show_default=False),
    ] = "",
    new_only: Annotated[bool, typer.Option("--new-only", help="Leave out what you skipped before.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Show what is decided as well.")] = False,
    order: Annotated[
        str, typer.Option("--order", help="code by code, meeting by meeting, or each code by score.")
    ] = "code",
    stories: Annotated[
        bool, typer.Option("--stories", help="Choose among proposed stories, instead of codes.")
    ] = False,
    add: Annotated[
        str,
        typer.Option(
            "--add", help='Code a passage of your own: a citation, or "first words ... last words".', show_default=False
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write candidates to decide on elsewhere: .csv, .xlsx, .html.", show_default=False),
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--in", help="Read verdicts back: .csv, .xlsx, .json.", show_default=False)
    ] = None,
    over: Annotated[bool, typer.Option("--over", help="With --in: also overrule decisions made since --out.")] = False,
    who: Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, for scripts.")] = False,
) -> None:
    """Decide on proposed passages, one by one.

    Every answer is kept at once, and any can be taken back.

    Keys: a accepts, r rejects, c recodes, t accepts and adds another code, w makes it wider or narrower, x splits
    it, m writes a memo, s skips, n goes to the next code, / searches, l listens, u takes the last answer back, ? tells
    all this, q stops. A decided passage does not come again, not even a word longer.

    --out and --in do the same on paper, in a spreadsheet, or in a web page that needs no network.

    Examples:

      copipe review

      copipe review 2010-02 2010-03 --code conflict

      copipe review --as AB --code conflict

      copipe review --add "2010-02 p. 7, ll. 12-18" --code conflict

      copipe review --out candidates.xlsx

      copipe review --in candidates.xlsx

      copipe review 2010-02 --stories
    """
    from copipe.code.queries import below
    from copipe.errors import UsageError
    from copipe.pipeline.context import Context
    from copipe.review.candidates import ORDERS, begin
    from copipe.review.coding import chosen_meetings

    if order not in ORDERS:
        raise UsageError(f"--order {order!r} is unknown.", f"Use {', '.join(ORDERS)}.")
    if sum(map(bool, (add, out, into))) > 1:
        raise UsageError("Use only one of --add, --out and --in.", "Run the command once for each.")
    study = open_study()
    context = Context(study)
    if stories:
        from copipe.cli.code.review import stories as review_stories

        if add or out or into or blind or code:
            raise UsageError(
                "--stories works only with meetings, --again and --who.", "copipe review 2010-02 --stories"
            )
        review_stories.walk(context, chosen_meetings(context, meetings or ()), deciding(who), again)
        return
    sitting = begin(context, chosen_meetings(context, meetings or ()), deciding(blind or who), bool(blind))
    _missing(sitting, meetings or [])
    wanted = [sitting.known(said, category=True) for said in code or ()]
    if add:
        _add(sitting, add, wanted, yes)
        return
    keys = tuple(dict.fromkeys(key for root in wanted for key in below(root, context.codebook.codes)))
    from copipe.cli.code.review import candidates, files

    if into:
        files.read(sitting, into, over, yes)
        return
    items = sitting.items(keys, again, new_only, order)
    if out:
        files.write(sitting, out, items, yes)
        return
    try:
        candidates.walk(sitting, items)
    finally:
        sitting.close()


def _missing(sitting: Review, asked: list[str]) -> None:
    from copipe.cli.terminal.display import err

    for meeting, why in sitting.missing:
        if not asked or meeting in asked:
            err.print(f"{meeting} is left out: {why}.", markup=False, soft_wrap=True)


def _add(sitting: Review, said: str, codes: list[str], yes: bool) -> None:
    from copipe.cli.terminal.display import console, say
    from copipe.errors import UsageError
    from copipe.review.bounds import named

    if not codes:
        raise UsageError("--add needs a code to file the passage under.", "--code KEY; repeat it for several.")
    for code in codes:
        sitting.known(code)
    meeting, place = named(list(sitting.meetings.values()), said)
    console.print(str(meeting.cite(place)), style="bold", markup=False)
    console.print(f"{', '.join(meeting.roles(place))}: {meeting.text(place)}", markup=False)
    standing = {c.code for c in meeting.codings.accepted if meeting.place(c.span) == place}
    new = [code for code in codes if code not in standing]
    if not new:
        say(f"It already has the code {', '.join(codes)}.")
        return
    if not agree(f"Code it {', '.join(new)}?", yes):
        return
    try:
        for code in new:
            sitting.add(meeting.code, place, code)
    finally:
        sitting.close()
    say(f"Kept: {', '.join(new)}. `copipe report` shows it; u in `copipe review` takes it back.")
