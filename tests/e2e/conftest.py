"""Studies to run the command line on, and the command line as a user runs it."""

from __future__ import annotations

import importlib.util
import io
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from copipe import network
from copipe.cli import app
from copipe.cli.terminal.session import asked
from tests.e2e import fake_meetings
from tests.e2e.studies import CODEBOOK, Copipe, without_models, write_text_study


@pytest.fixture
def copipe() -> Iterator[Copipe]:
    """Run `copipe ARGS` as the program does, to its exit status, which must be `code`.

    In this process, so that models are loaded once for many calls; in one of its own with `process`, for what lies in
    how a process starts, and for what must not stay behind in this one.
    """

    def run(
        *args: object,
        code: int = 0,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        stdin: str | None = None,
        process: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        call = _in_a_process if process else _in_this_process
        done = call([str(arg) for arg in args], cwd, {"COLUMNS": "160", **(env or {})}, stdin)
        assert done.returncode == code, f"{args} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    yield run
    network.unguard()


def _in_a_process(
    args: list[str], cwd: Path | None, env: dict[str, str], stdin: str | None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "copipe", *args],
        cwd=cwd,
        env={**os.environ, **env},
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        check=False,
    )


def _in_this_process(
    args: list[str], cwd: Path | None, env: dict[str, str], stdin: str | None
) -> subprocess.CompletedProcess[str]:
    with pytest.MonkeyPatch.context() as patch:
        out, err = io.StringIO(), io.StringIO()
        for name, value in env.items():
            patch.setenv(name, value)
        for name in ("stdout", "stderr"):
            patch.setattr(sys, name, {"stdout": out, "stderr": err}[name])
        patch.setattr(sys, "stdin", io.StringIO(stdin or ""))
        patch.setattr(sys, "argv", ["copipe", *args])
        patch.setattr(asked, "study", None)
        if cwd:
            patch.chdir(cwd)
        try:
            status = app._code()
        finally:
            for handler in logging.getLogger("copipe").handlers[:]:  # of the log of this study
                logging.getLogger("copipe").removeHandler(handler)
                handler.close()
    return subprocess.CompletedProcess(args, status, out.getvalue(), err.getvalue())


@pytest.fixture
def text_study(tmp_path: Path, copipe: Copipe) -> Path:
    """A study of two imported transcripts, one unrecorded meeting below quorum, and a roster."""
    root = tmp_path / "study"
    copipe("init", root)
    write_text_study(root)
    return root


@pytest.fixture(scope="session")
def sample_call() -> Path:
    """The 30 s call of two people that ships inside pyannote.audio's wheel."""
    found = importlib.util.find_spec("pyannote")
    assert found is not None
    for folder in found.submodule_search_locations or ():
        for path in sorted((Path(folder) / "audio" / "sample").glob("*.wav")):
            return path
    raise AssertionError("pyannote.audio ships no sample")


@pytest.fixture
def call_study(tmp_path: Path, copipe: Copipe, sample_call: Path) -> Path:
    """A study of the sample call: two members, both consenting."""
    root = tmp_path / "calls"
    copipe("init", root)
    without_models(root)
    (root / "participants.toml").write_text(
        '[[participant]]\nrole = "SN1"\ndescription = "senior nurse"\nconsent = "full"\n\n'
        '[[participant]]\nrole = "CS"\ndescription = "children\'s services"\nconsent = "full"\n'
    )
    (root / "meetings.toml").write_text(
        '[[meeting]]\ncode = "CALL"\ndate = 2010-02-17\npresent = ["SN1", "CS"]\nrecording = "call.wav"\n'
    )
    (root / "codebooks" / "codebook.yaml").write_text(CODEBOOK)
    shutil.copy(sample_call, root / "private" / "recordings" / "call.wav")
    return root


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the studies `run` and `named` of meetings that need no model; copy one to work on it."""
    folder = tmp_path_factory.mktemp("prepared")
    fake_meetings.prepare(folder)
    return folder
