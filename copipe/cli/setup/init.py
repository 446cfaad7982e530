"""`copipe init`: a new study folder."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")],
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill it with a small fictional study to try copipe on.")
    ] = False,
) -> None:
    """Make a study folder with commented templates.

    Examples:

      copipe init ~/studies/leaders

      copipe init demo --demo
    """
    from copipe.cli.terminal.display import say
    from copipe.create import create
    from copipe.study import study

    create(folder, demo)
    made = study.load(folder)
    here = shlex.quote(str(folder))
    if demo:
        lines = [
            f"Made the demo study in {made.root}: {len(made.meetings)} meetings of an invented group.",
            f"1. Look at {here}/meetings.toml and {here}/private/transcripts to see what a study holds.",
            "2. `copipe models pull` gets the models, once.",
            f"3. `copipe --study {here} run` makes everything, `copipe --study {here} status` shows how far it is.",
            f"4. Read {here}/reports. No name of private/roster.toml may be there.",
        ]
    else:
        lines = [
            f"Made an empty study in {made.root}. Everything that may identify somebody stays in private/.",
            "1. Say who takes part in participants.toml, and what was recorded in meetings.toml.",
            "2. Put recordings into private/recordings/ and every name that is spoken into private/roster.toml.",
            "3. Set title and quorum in copipe.toml, and your codes in codebooks/codebook.yaml.",
            f"4. `copipe models pull` gets the models, once; `copipe --study {here} run` does the rest.",
        ]
    for line in lines:
        say(line)
    for concern in made.concerns():
        say(f"Mind: {concern}")
