"""A run opens no connection: not by copipe, not by a library underneath that reports its use."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.e2e.studies import Copipe

pytestmark = pytest.mark.attack("connections")

NETWORK = re.compile(r"(connect|sendto|sendmsg)\(.*AF_INET6?")


def test_libraries_are_told_not_to_report_before_anything_else_is_imported() -> None:
    script = "import copipe, os; print(*(os.environ[k] for k in ('PYANNOTE_METRICS_ENABLED', 'ORT_DISABLE_TELEMETRY')))"
    env = {**os.environ, "PYANNOTE_METRICS_ENABLED": "1", "ORT_DISABLE_TELEMETRY": "0"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split() == ["0", "1"]


def test_onnxruntime_has_no_uploader() -> None:
    assert tuple(int(n) for n in version("onnxruntime").split(".")[:2]) < (1, 29)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_whole_run_makes_no_attempt_to_connect(call_study: Path, copipe: Copipe, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    command = [sys.executable, "-m", "copipe", "run", str(call_study)]
    subprocess.run(
        ["strace", "-f", "-e", "trace=network", "-o", str(trace), *command],
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    assert [line for line in trace.read_text().splitlines() if NETWORK.search(line)] == []
    assert (call_study / "reports" / "synthesis.md").exists()
