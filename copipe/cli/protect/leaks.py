"""`copipe leaks`: does anything that identifies somebody stand where it should not?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.consent.exposure import Exposure


def leaks(
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A folder or file. Without it: everything in the study outside private/.", show_default=False
        ),
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Keep other users of this computer out of private/.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON, for a script.")] = False,
) -> None:
    """Look for names and identifiers outside private/.

    It reads files of every kind and their names, and finds misspelled names too.

    It looks into archives, Word and Excel files, PDFs, pictures and attachments, and undoes tags and escapes. What is
    found is reported by file, line and kind, never by name. Without PATH it also says who else can read private/, and
    whether it is under version control. It cannot find names that are not in the roster, words in a picture, or
    what is in earlier versions under version control.

    The exit code is 1 when something is found.

    Examples:

      copipe leaks

      copipe leaks ~/Desktop/for-my-supervisor

      copipe leaks --fix
    """
    from copipe.consent import exposure
    from copipe.errors import CopipeError, InputError
    from copipe.pipeline.context import Context

    study = open_study()
    if path is not None and not path.exists():
        raise InputError(f"{path} is not there.", "Name a folder or a file.")
    found = exposure.exposed(Context(study), path)
    if fix and found.loose:
        exposure.tighten(found.loose)
    if json:
        _print_json(found, fix)
    else:
        _show(found, fix)
    number = found.number - (found.open and fix)
    if number:
        raise CopipeError(
            f"{number} problem{'s' if number > 1 else ''} found.",
            "A name in what you wrote: change it there, then `copipe run`. In what copipe wrote: `copipe run` makes it "
            "again. A word that is no name: [allow] in private/roster.toml.",
        )


def _show(found: Exposure, fixed: bool) -> None:
    from copipe.cli.terminal.display import say
    from copipe.pipeline.gate import place, said

    for leak in found.look.leaks:
        say(f"{place(leak)}: {said(leak)}", "red")
    for closed in found.look.closed:
        say(f"{closed.path} cannot be searched: {closed.why}", "red")
    if found.loose:
        _show_loose(found, fixed)
    for sentence in found.versioned:
        say(sentence, "red")
    for concern in found.concerns:
        say(f"Note: {concern}", "yellow")
    if not found.look.leaks and not found.look.closed:
        say(f"Searched {found.look.files} files. Nothing found that identifies anybody.")


def _show_loose(found: Exposure, fixed: bool) -> None:
    from copipe.cli.terminal.display import say

    number = len(found.loose)
    what = f"{number} file{'s' if number > 1 else ''} or folder{'s' if number > 1 else ''} in private/"
    if fixed:
        say(f"{what}: other users can no longer read it.")
    elif found.open:
        say(f"Other users of this computer can read {what}. `copipe leaks --fix` closes it.", "red")
    else:
        say(f"Note: only private/ itself keeps others from {what}. `copipe leaks --fix` closes it too.")


def _print_json(found: Exposure, fixed: bool) -> None:
    from dataclasses import asdict

    said = {
        "files": found.look.files,
        "leaks": [asdict(leak) for leak in found.look.leaks],
        "closed": [asdict(closed) for closed in found.look.closed],
        "loose": [str(path) for path in found.loose],
        "open": found.open,
        "fixed": fixed and bool(found.loose),
        "versioned": found.versioned,
        "concerns": found.concerns,
    }
    tell_json(said)
