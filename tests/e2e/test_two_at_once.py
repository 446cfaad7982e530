"""Two commands at one study, each a process of its own: both are done, one after the other, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.studies import Copipe

pytestmark = pytest.mark.attack("two processes")


def start(study: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "copipe", "-s", str(study), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COPIPE_WAIT": "300", "COPIPE_WHO": "CS"},
    )


def ended(*processes: subprocess.Popen[str]) -> list[str]:
    """What each of them said. All must have ended well."""
    said = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said
    return said


def test_two_runs_and_a_withdrawal_take_turns(text_study: Path, copipe: Copipe) -> None:
    said = ended(start(text_study, "run"), start(text_study, "run"))
    assert sum("Made: " in text for text in said) == 1, said
    assert "Audit trail intact" in copipe("-s", text_study, "audit", "verify").stdout
    reports = text_study / "reports"
    assert "Partnership working" in (reports / "2010-03" / "transcript.md").read_text()
    # One makes everything anew while somebody withdraws.
    ended(start(text_study, "transcribe", "2010-03", "--again"), start(text_study, "withdraw", "OT", "--yes"))
    copipe("run", text_study)
    shown = "".join(path.read_text() for path in reports.rglob("*.md"))
    assert "Partnership working" not in shown
    assert not [p for p in (text_study / "work").rglob("*.jsonl") if "Partnership" in p.read_text()]
    assert "Audit trail intact" in copipe("-s", text_study, "audit", "verify").stdout
    assert not list((text_study / "private").glob(".held*"))


def test_decisions_of_many_at_once_are_all_kept(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    memos = [start(text_study, "memos", "add", "study", "--text", f"thought {n}") for n in range(4)]
    ended(*memos, start(text_study, "check", "2010-02", "--yes"), start(text_study, "check", "2010-03", "--yes"))
    kept = json.loads(copipe("-s", text_study, "memos", "--json").stdout)
    assert sorted(memo["text"] for memo in kept) == [f"thought {n}" for n in range(4)]
    stands = json.loads(copipe("-s", text_study, "status", "--json").stdout)["meetings"]
    assert [row["checked"] for row in stands if row["meeting"] != "2010-04"] == [True, True]
    assert "Audit trail intact" in copipe("-s", text_study, "audit", "verify").stdout
