from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from copipe.cli.code.codebook.codebook import app
from copipe.errors import ConfigError
from copipe.resources import shipped

BOOK = str(shipped("codebooks/leadership.yaml"))


def test_check_counts_what_is_in_order() -> None:
    result = CliRunner().invoke(app, ["check", BOOK])
    assert result.exit_code == 0
    assert "34 codes, " in result.output and "no problems" in result.output


def test_check_of_a_bad_codebook_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("codes:\n- {key: a, seed: [x]}\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert isinstance(result.exception, ConfigError)
    assert 'line 2: a: unknown key "seed" (did you mean seeds?)' in result.exception.message


def test_show_draws_the_tree_and_takes_brackets_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "book.yaml"
    path.write_text("codes:\n- key: a\n  label: '[red]A[/red]'\n  codes: [{key: b, seeds: [x]}]\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["show", str(path)])
    assert result.exit_code == 0
    assert "[red]A[/red]" in result.output
    assert result.output.index("a  ") < result.output.index("b  b  1 seed")
