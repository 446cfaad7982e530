"""`copipe init` as it is called."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from copipe.cli.setup.init import init
from copipe.errors import UsageError
from copipe.study import study

app = typer.Typer()
app.command()(init)


@pytest.mark.parametrize("options", [[], ["--demo"]])
def test_it_says_what_it_made_and_what_to_do_next(tmp_path: Path, options: list[str]) -> None:
    root = tmp_path / "my study"
    result = CliRunner().invoke(app, [str(root), *options])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert len(lines) == 5
    assert str(root) in lines[0]
    assert "run`" in result.output
    assert study.load(root).root == root.resolve()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years", encoding="utf-8")
    result = CliRunner().invoke(app, [str(tmp_path)])
    assert isinstance(result.exception, UsageError)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_place_that_is_copied_away_is_pointed_out(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path / "Dropbox" / "study")])
    assert result.output.splitlines()[-1].startswith('Mind: The study lies in "Dropbox"')
