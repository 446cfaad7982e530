"""Help that is not cut off, the commands under headings, and commands that are imported when they are used."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from copipe.cli.commands import HEADINGS, RENAMED, Command, Heading

if TYPE_CHECKING:
    from typer._click import Command as Built
    from typer._click import Context, HelpFormatter


class Group(TyperGroup):
    """A command with commands of its own. Their lines are wrapped, where Typer's would be cut off."""

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        rows = [(name, first_line(made)) for name in self.list_commands(ctx) if (made := self.commands[name])]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class Program(TyperGroup):
    """The program itself: its commands under headings; an old spelling works and says the new one."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()

    def list_commands(self, ctx: Context) -> list[str]:
        return list(self.commands)

    def get_command(self, ctx: Context, cmd_name: str) -> Built | None:
        new = dict(RENAMED).get(cmd_name)
        if new is not None:
            print(
                f"copipe: `copipe {cmd_name}` is now `copipe {new}`. The old name works until the next release.",
                file=sys.stderr,
            )
        return self.commands.get(new or cmd_name)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        width = max(len(name) for name in self.commands)
        for heading in HEADINGS:
            with formatter.section(heading.title):
                formatter.write_dl([(command.name.ljust(width), command.help) for command in heading.commands])


def first_line(command: Built) -> str:
    """The first line of a command's help, which says what it does."""
    return (command.help or "").strip().split("\n")[0]


class _Commands(MutableMapping[str, "Built"]):
    """The commands by name; one is imported when it is asked for."""

    def __init__(self) -> None:
        self.known: Mapping[str, tuple[Heading, Command]] = {c.name: (h, c) for h in HEADINGS for c in h.commands}
        self.made: dict[str, Built] = {}

    def __getitem__(self, name: str) -> Built:
        if name not in self.made:
            heading, command = self.known[name]
            self.made[name] = build(heading, command)
        return self.made[name]

    def __setitem__(self, name: str, made: Built) -> None:
        self.made[name] = made

    def __delitem__(self, name: str) -> None:
        raise TypeError("The commands are those of copipe.cli.commands.")

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def build(heading: Heading, command: Command) -> Built:
    """A command, or a group of them, from its module."""
    module, _, name = command.place.partition(":")
    found = getattr(import_module(f"copipe.cli.{heading.folder}.{module}"), name)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(command.name)(found)
        return typer.main.get_command(alone)
    found.rich_markup_mode = None  # no boxes
    made = typer.main.get_group(found)
    made.name = command.name
    return made
