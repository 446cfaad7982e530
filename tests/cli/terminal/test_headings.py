"""The help: every command under the heading of its folder, nothing cut off, nothing imported that is not needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copipe.cli import commands
from copipe.cli.app import app
from copipe.cli.commands import HEADINGS, Command, Heading
from copipe.cli.terminal import headings
from copipe.cli.terminal.headings import build, first_line

ALL = [(heading, command) for heading in HEADINGS for command in heading.commands]
NAMES = [command.name for _, command in ALL]


def shown(*args: str, columns: int = 80) -> str:
    done = CliRunner().invoke(app, [*args, "--help"], env={"COLUMNS": str(columns)}, terminal_width=columns)
    assert done.exit_code == 0, done.output
    return done.output


def test_headings_are_the_folders_in_the_order_of_the_work() -> None:
    titles = ["Set up", "Transcribe", "Check", "Code", "Read and share", "Protect", "Look after"]
    assert [heading.title for heading in HEADINGS] == titles
    folders = {p.name for p in Path(commands.__file__).parent.iterdir() if (p / "__init__.py").is_file()}
    assert {heading.folder for heading in HEADINGS} == folders - {"terminal"}
    at = [shown().index(f"\n{title}:\n") for title in titles]
    assert at == sorted(at)
    assert len(NAMES) == len(set(NAMES)) == 31


@pytest.mark.parametrize(("heading", "command"), ALL, ids=NAMES)
def test_the_line_of_a_command_is_the_first_of_its_help(heading: Heading, command: Command) -> None:
    assert first_line(build(heading, command)) == command.help
    assert command.help.endswith(".")


@pytest.mark.parametrize("columns", [80, 60])
def test_no_line_is_cut_off(columns: int) -> None:
    text = shown(columns=columns)
    assert "..." not in text.replace("COMMAND [ARGS]...", "")
    assert max(map(len, text.splitlines())) <= columns
    for _, command in ALL:
        assert command.help.split()[-1] in text


def test_at_80_columns_every_command_has_one_line() -> None:
    lines = shown().splitlines()
    for _, command in ALL:
        assert any(line.split() == [command.name, *command.help.split()] for line in lines), command.name


@pytest.mark.parametrize(
    "name", ["models", "roles", "voices", "codebook", "memos", "export", "anonymise", "about", "audit"]
)
def test_groups_cut_nothing_off_either(name: str) -> None:
    text = shown(name)
    commands = text.partition("Commands:\n")[2] or text
    assert "..." not in commands.replace("]...", "")
    assert "╭" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_help_imports_no_command_and_nothing_heavy() -> None:
    script = (
        "import sys; from copipe.cli.app import app; app(['--help'], standalone_mode=False)\n"
        "from copipe.cli.commands import HEADINGS; folders = tuple(f'copipe.cli.{h.folder}.' for h in HEADINGS)\n"
        "heavy = {'rich', 'pydantic', 'numpy', 'torch', 'spacy', 'jinja2', 'yaml'}\n"
        "print([m for m in sys.modules if m.startswith(folders) or m in heavy], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_a_slip_of_the_fingers_is_told_the_right_name() -> None:
    done = CliRunner().invoke(app, ["statsu"])
    assert done.exit_code == 2
    assert "status" in str(done.output) + str(done.exception)


def test_an_old_spelling_works_and_says_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headings, "RENAMED", (("state", "status"),))
    done = CliRunner().invoke(app, ["state", "--help"])
    assert done.exit_code == 0
    assert "Show how every meeting stands." in done.output
    assert "`copipe state` is now `copipe status`" in done.stderr
    assert "state " not in shown()
