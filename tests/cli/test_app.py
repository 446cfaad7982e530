"""The program as a whole: help, version, exit codes, and what it does not load."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import copipe
from copipe.cli import app
from copipe.errors import ConfigError, CopipeError, InputError, MissingModelError, PartialFailureError, UsageError

HEAVY = {"torch", "spacy", "ctranslate2", "faster_whisper", "pyannote", "numpy", "pydantic", "av", "rich.console"}


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "copipe", *args], capture_output=True, text=True, check=False)


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    script = (
        "import sys; sys.argv = ['copipe', '--help']\n"
        "from copipe.cli.app import main\n"
        "try:\n    main()\n"
        "finally:\n"
        f"    loaded = {HEAVY!r} & set(sys.modules)\n"
        "    print('LOADED', sorted(loaded))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
    for verb in "init status run transcribe diarize anonymise code report correct check roles models codebook".split():
        assert f"  {verb} " in done.stdout


def test_version() -> None:
    assert run("--version").stdout == f"copipe {copipe.__version__}\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("m", "h"), 2),
        (ConfigError("m", "h"), 3),
        (InputError("m", "h"), 4),
        (MissingModelError("m", "h"), 5),
        (PartialFailureError("m", "h"), 6),
        (CopipeError("m", "h"), 1),
        (KeyboardInterrupt(), 130),
        (ValueError("secret speech"), 1),
    ],
)
def test_every_error_ends_with_its_code_and_without_a_traceback(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**kwargs: object) -> None:
        raise error

    monkeypatch.setattr(app, "app", fail)
    assert app._code() == code
    said = capsys.readouterr().err
    assert said.startswith("copipe: ")
    assert "Traceback" not in said
    assert "secret" not in said


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_ctrl_c_says_what_is_safe_and_ends_with_130() -> None:
    """A real signal in a real process, in the middle of a command (Typer turns it into something else on the way)."""
    script = (
        "import os, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background\n"
        "from copipe.cli import app\n"
        "from copipe.cli.care import status\n"
        "status.open_study = lambda study: os.kill(os.getpid(), signal.SIGINT)\n"
        "import sys; sys.argv = ['copipe', 'status']\n"
        "app.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "continues where it stopped" in done.stderr


def test_a_disk_that_refuses_is_no_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(**kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", "/study/audit.jsonl")

    monkeypatch.setattr(app, "app", fail)
    assert app._code() == 4
    said = capsys.readouterr().err
    assert "/study/audit.jsonl: Permission denied" in said
    assert "bug" not in said


def test_a_wrong_option_is_about_usage() -> None:
    done = run("run", "--nonsense")
    assert done.returncode == 2
    assert "--nonsense" in done.stderr
    assert "Traceback" not in done.stderr
