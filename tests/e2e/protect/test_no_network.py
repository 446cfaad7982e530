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

import copipe as copipe_package
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


FORBIDDEN = """
import os, sys

def _tell(line):
    with open(os.environ["SOCKETS_LOG"], "a") as file:
        file.write(f"{os.getpid()} {line}\\n")

def _hook(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"):
        _tell(f"{event} {arguments[1:3]}")
        raise OSError("sockets are forbidden")

_tell("began")
sys.addaudithook(_hook)
"""


@pytest.mark.slow
def test_the_whole_demo_without_sockets_in_any_process(copipe: Copipe, tmp_path: Path) -> None:
    (tmp_path / "forbidden").mkdir()
    (tmp_path / "forbidden" / "sitecustomize.py").write_text(FORBIDDEN)
    log, demo = tmp_path / "log", tmp_path / "demo"
    env = {
        "PYTHONPATH": f"{tmp_path / 'forbidden'}:{Path(copipe_package.__file__).parents[1]}",
        "SOCKETS_LOG": str(log),
    }
    commands = (
        ["init", demo, "--demo"],
        ["run", demo],
        ["-s", demo, "status"],
        ["-s", demo, "report", "--html", "--docx"],
        ["-s", demo, "find", "discharge"],
        ["-s", demo, "leaks"],
        ["-s", demo, "audit", "verify"],
        ["-s", demo, "roles"],
        ["-s", demo, "check", "2016-03", "--who", "CS", "--yes"],
        ["-s", demo, "withdraw", "SW", "--yes"],
        ["run", demo],
    )
    for command in commands:
        copipe(*command, env=env, process=True)
    said = log.read_text().splitlines()
    assert len([line for line in said if line.endswith("began")]) >= len(commands)  # the hook was there
    assert [line for line in said if not line.endswith("began")] == []
    assert (demo / "reports" / "synthesis.html").exists()
