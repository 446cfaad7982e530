"""`copipe codebook`: look at a codebook before coding with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from copipe.records import Code, Codebook

app = typer.Typer(help="Codebooks: check one, show one.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A codebook, a YAML file.", show_default=False)]


@app.command()
def check(file: File) -> None:
    """Read a codebook and name everything that is wrong with it, by line.

    Example:

        copipe codebook check codebooks/leadership.yaml
    """
    from copipe.cli.display import console
    from copipe.code import codebook

    book = codebook.load(file)
    seeds = sum(len(code.seeds) for code in book.codes)
    console.print(f"{book.name}: {_count(len(book.codes), 'code')}, {_count(seeds, 'seed')}, no problems", markup=False)
    for note in codebook.remarks(book):
        console.print(f"  {note}", markup=False)


@app.command()
def show(file: File) -> None:
    """Print a codebook as a tree: keys, labels, definitions and how many seeds each code has.

    Example:

        copipe codebook show codebooks/leadership.yaml
    """
    from rich.tree import Tree

    from copipe.cli.display import console
    from copipe.code import codebook

    book = codebook.load(file)
    tree = Tree(_plain(book.name, "bold"))
    _grow(tree, book, "")
    console.print(tree)


def _grow(tree: Tree, book: Codebook, parent: str) -> None:
    for code in book.codes:
        if code.parent == parent:
            _grow(tree.add(_line(code)), book, code.key)


def _line(code: Code) -> Text:
    line = _plain(code.key, "bold cyan").append(f"  {code.label}", style="default not bold")
    if code.seeds:
        line.append(f"  {_count(len(code.seeds), 'seed')}", style="dim not bold default")
    for lead, text in (("", code.definition), ("Use: ", code.include), ("Not: ", code.exclude)):
        if text:
            line.append(f"\n{lead}{text}", style="dim not bold default")
    return line


def _plain(text: str, style: str) -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
