"""`copipe export`: packs for a supervisor, and for members who check what was made of their words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.headings import Group
from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.publish.packs import Pack

app = typer.Typer(
    cls=Group,
    help="Make packs for a supervisor or for participants.\n\nPacks are anonymised and searched for names.",
    rich_markup_mode=None,
)

AsJson = Annotated[bool, typer.Option("--json", help="For a script.")]


@app.command()
def supervisor(
    out: Annotated[Path, typer.Option("--out", help="The .zip to write.")] = Path("supervisor.zip"),
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Include unchecked transcripts.")] = False,
    as_json: AsJson = False,
) -> None:
    """Pack reports, synthesis, checked transcripts, codebook and audit trail for a supervisor or auditor.

    Examples:

      copipe export supervisor

      copipe export supervisor --out for-the-viva.zip --unchecked
    """
    from copipe.cli.terminal.display import say
    from copipe.pipeline.context import Context
    from copipe.publish import packs

    pack = packs.supervisor(Context(open_study()), out, unchecked)
    if as_json:
        tell_json(packs.plain(pack))
        return
    _tell_kept(pack)
    say(f"{pack.path}: {len(pack.items)} files. It holds no name of the roster. Read it before you share it.")
    for code, why in pack.left_out:
        say(f"{code} is left out: {why}.")
    if pack.left_out:
        say("The synthesis is left out too, because it quotes them. --unchecked includes all.")


@app.command()
def members(
    role: Annotated[str, typer.Argument(help="Whose passages: a role code.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="The .docx or .md to write. Without it: ROLE.docx.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Pack one participant's quotations and stories, with space to answer, for member checking.

    `copipe memos import` reads the answers back.

    Examples:

      copipe export members SN1

      copipe export members SN1 --out SN1.md
    """
    from copipe.cli.terminal.display import say
    from copipe.pipeline.context import Context
    from copipe.publish import packs

    pack = packs.members(Context(open_study()), role, out or Path(f"{role}.docx"))
    if as_json:
        tell_json(packs.plain(pack))
        return
    _tell_kept(pack)
    number = len(pack.items)
    say(f"{pack.path}: {number} passage{'s' * (number != 1)} of {role}. Read it before you share it.")
    say(f"When it comes back: copipe memos import {pack.path} --who {role}")


def _tell_kept(pack: Pack) -> None:
    from copipe.cli.terminal.display import say

    if pack.kept:
        say(
            f"The file there had been changed (are there answers in it?). It is kept as {pack.kept}.",
            "yellow",
        )
