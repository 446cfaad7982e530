"""`copipe memos`: what a person wrote down about anything."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.headings import Group
from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.session import who as deciding
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.review.memos import Told

app = typer.Typer(
    cls=Group,
    help="Write and read memos.\n\nA memo is about a code, a passage, a meeting, a decision or the study.",
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def memos(
    context: typer.Context,
    about: Annotated[
        str, typer.Option("--about", help="Only about this: study, a meeting, a code, a citation.", show_default=False)
    ] = "",
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", help="Write one document, with names replaced.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a script; names are not replaced.")] = False,
) -> None:
    """Show all memos together, oldest first.

    They are Markdown files in private/memos/ and may name people. Here they are shown unchanged. --markdown
    replaces names as they are replaced in speech.

    Examples:

      copipe memos

      copipe memos --about conflict

      copipe memos --markdown memos.md
    """
    if context.invoked_subcommand:
        return
    from copipe.cli.terminal.display import console, say
    from copipe.pipeline.context import Context
    from copipe.review import memos as memoing
    from copipe.study import memos

    run = Context(open_study())
    found = memoing.told(run, about)
    if markdown:
        memoing.write_document(run, found, markdown)
        say(f"{_many(len(found))} in {markdown}. Names are replaced as in speech. Read it before you share it.")
    elif as_json:
        _json(found)
    elif not found:
        say("There are no memos yet." if not about else f"There is no memo about {about}.")
    else:
        for one in found:
            console.print()
            console.print(memos.short(one.memo.title), style="bold", markup=False)
            console.print(f"{one.about}; {one.memo.who} {one.memo.when[:10]}; {one.memo.id}", style="dim", markup=False)
            console.print(one.memo.text, markup=False)


@app.command()
def add(
    about: Annotated[
        str, typer.Argument(help='study, a meeting, a code, a citation ("2010-02 p. 7, ll. 12-18"), decision:ID.')
    ],
    text: Annotated[
        str, typer.Option("--text", help="The memo, in Markdown; else your editor opens.", show_default=False)
    ] = "",
    title: Annotated[str, typer.Option("--title", help="Else its first line.", show_default=False)] = "",
    who: Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)] = "",
) -> None:
    """Write a memo about the study, a meeting, a code, a passage or a decision.

    Examples:

      copipe memos add conflict --text "Is this one code or two?"

      copipe memos add "2010-02 p. 7, ll. 12-18"

      copipe memos add 2010-02 --title "After the meeting"
    """
    from copipe.cli.terminal.display import say
    from copipe.errors import UsageError
    from copipe.pipeline.context import Context
    from copipe.review import memos as memoing

    run = Context(open_study())
    target = memoing.target(run, about)
    person = deciding(who)
    if not text:
        text = _written(run.study.private_work / "memo.md")
    if not text.strip():
        raise UsageError("The memo is empty. Nothing was saved.", "Use --text, or write something in the editor.")
    path = memoing.keep(run, target, text, person, title)
    say(f"Kept: {path.relative_to(run.study.root)}")


@app.command(name="import")
def take_in(
    file: Annotated[Path, typer.Argument(help="A pack of `copipe export members` that came back, .docx or .md.")],
    who: Annotated[
        str,
        typer.Option(
            "--who", help="Whose answers they are, if not of the participant it was made for.", show_default=False
        ),
    ] = "",
) -> None:
    """Read the answers of a member check, as memos about the passages. Reading a file twice adds nothing.

    Example:

      copipe memos import SN1.docx
    """
    from copipe.cli.terminal.display import say
    from copipe.pipeline.context import Context
    from copipe.publish import packs

    whose, new = packs.take_answers(Context(open_study()), file, deciding(who) if who else "")
    say(f"{_many(len(new))} of {whose} saved, each about its passage." if new else "It has no new answers.")


def _written(path: Path) -> str:
    """What somebody writes in their editor, or what comes through a pipe."""
    if not sys.stdin.isatty():
        data = sys.stdin.buffer.read()
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            from copipe.errors import InputError
            from copipe.texts import line_of

            raise InputError(
                f"Line {line_of(error)} of what came through the pipe: not UTF-8 text.", "Save it as UTF-8."
            ) from None
    from copipe.cli.terminal.editor import write_text

    return write_text(path)


def _json(found: tuple[Told, ...]) -> None:
    from dataclasses import asdict

    tell_json([{**asdict(one.memo), "shown": one.about} for one in found])


def _many(number: int) -> str:
    return f"{number} memo{'' if number == 1 else 's'}"
