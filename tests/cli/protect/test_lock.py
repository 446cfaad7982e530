"""What is asked before a study is locked; the rest is in tests/test_vault.py and tests/e2e/test_gate.py."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copipe.cli.app import app
from copipe.cli.terminal.session import asked
from copipe.create import create
from copipe.errors import UsageError
from copipe.study import vault


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(vault, "_WORK", (1 << 10, 8, 1))
    monkeypatch.delenv("COPIPE_PASSPHRASE", raising=False)
    create(tmp_path / "study")
    monkeypatch.setattr(asked, "study", tmp_path / "study")
    vault.forget()
    yield tmp_path / "study"
    vault.forget()
    vault._ask.clear()


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    left, questions = list(answers), []

    def ask(question: str) -> str:
        questions.append(question)
        return left.pop(0)

    monkeypatch.setattr(getpass, "getpass", ask)
    monkeypatch.setattr("copipe.cli.terminal.session._at_terminal", lambda: True)
    return questions


def test_a_new_passphrase_is_typed_twice(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = typed(monkeypatch, "correct horse battery", "correct horse battery")
    done = CliRunner().invoke(app, ["-s", str(study), "lock", "--yes"])
    assert done.exit_code == 0, done.output
    assert questions == ["Passphrase: ", "Once more: "]
    assert vault.is_locked(study / "private")
    vault.forget()
    typed(monkeypatch, "correct horse battery")
    done = CliRunner().invoke(app, ["-s", str(study), "unlock"])
    assert done.exit_code == 0, done.output
    assert not vault.is_locked(study / "private")


@pytest.mark.parametrize(
    ("answers", "said"),
    [(("correct horse battery", "another horse battery"), "passphrases differ"), (("short", "short"), "fewer than 12")],
)
def test_what_is_no_passphrase_seals_nothing(
    study: Path, monkeypatch: pytest.MonkeyPatch, answers: tuple[str, str], said: str
) -> None:
    typed(monkeypatch, *answers)
    done = CliRunner().invoke(app, ["-s", str(study), "lock", "--yes"])
    assert isinstance(done.exception, UsageError)
    assert said in done.exception.message
    assert not vault.is_locked(study / "private")


def test_a_copy_that_an_editor_left_is_pointed_out(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPIPE_PASSPHRASE", "correct horse battery")
    (study / "private" / "roster.toml~").write_text("")
    (study / "private" / ".pseudonyms.lock").write_text("")
    done = CliRunner().invoke(app, ["-s", str(study), "lock", "--yes"])
    assert "roster.toml~" in done.output
    assert ".pseudonyms.lock" not in done.output
