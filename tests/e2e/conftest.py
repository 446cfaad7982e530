"""Studies to run the command line on, and the command line as a user runs it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e import fake_meetings
from tests.e2e.studies import CODEBOOK, Copipe, without_models, write_text_study


@pytest.fixture
def copipe() -> Copipe:
    """Run `python -m copipe ARGS` in a process of its own; `code` is the exit status expected."""

    def run(
        *args: object,
        code: int = 0,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        stdin: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "copipe", *map(str, args)],
            cwd=cwd,
            env={**os.environ, "COLUMNS": "160", **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{args} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return run


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
