"""`copipe release`: frees a study that a copipe on another computer has left held."""

from __future__ import annotations

from typing import Annotated

import typer

from copipe.cli.terminal.session import agree, open_study


def release(yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Free a study that another computer holds after a crash.

    Whoever writes into a study holds it meanwhile, and the others wait. What a crashed copipe of this computer held is
    freed by the next command. Of another computer nobody here can tell whether it still runs: look there first.

    Example:

      copipe release
    """
    from copipe import holding
    from copipe.cli.terminal.display import say
    from copipe.study import audit

    study = open_study()
    found = [who for name in (holding.HELD, holding.WRITING) if (who := holding.holder(study.private, name))]
    if not found:
        say("Nobody holds the study.")
        return
    for who in found:
        say(f"{who} holds the study.")
    if not agree("Does it no longer run there? If it still does, both may write over each other. Free the study?", yes):
        say("Nothing was changed.")
        return
    broken = holding.release(study.private)
    audit.settle(study.root / "audit.jsonl")
    audit.record(study.root / "audit.jsonl", "release", {"held by": [f"copipe {who.command}" for who in broken]})
    say("The study is free.")
