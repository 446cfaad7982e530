"""Killed, refused the disk, or two at once: a study stays whole, and nobody's decision is lost."""

from __future__ import annotations

import errno
import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from copipe import holding
from copipe.errors import UsageError
from copipe.study import audit
from tests.kills import killing

QUICK = ("init", "codebook rename", "memos add", "correct", "lock")


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return killing.prepare(tmp_path_factory.mktemp("bases"))


@pytest.mark.attack("kills")
@pytest.mark.parametrize("trial", [t for t in killing.TRIALS if t.name in QUICK], ids=lambda t: t.name)
def test_a_killed_command_is_brought_to_its_end(trial: killing.Trial, bases: dict[str, Path], tmp_path: Path) -> None:
    assert killing.attack(trial, bases, tmp_path, 2, random.Random(1)).wrong == []


@pytest.mark.slow
@pytest.mark.attack("kills")
@pytest.mark.parametrize("trial", killing.TRIALS, ids=lambda t: t.name)
def test_many_kills(trial: killing.Trial, bases: dict[str, Path], tmp_path: Path) -> None:
    each = -(-1000 // len(killing.TRIALS))
    assert killing.attack(trial, bases, tmp_path, each, random.Random()).wrong == []


@pytest.mark.attack("full disk")
@pytest.mark.parametrize("why", [errno.ENOSPC, errno.EROFS], ids=["full", "read-only"])
def test_a_disk_that_refuses_is_told_and_nothing_is_torn(why: int, bases: dict[str, Path], tmp_path: Path) -> None:
    study = tmp_path / "study"
    shutil.copytree(bases["ran"], study)
    before = killing.state(study)
    args = ["-s", study, "memos", "add", "study", "--text", "Who was asked?"]
    assert killing.child(args, at=1, within=study, refuse=why) == 4
    assert "Check that the disk is there" in killing.child.said  # type: ignore[attr-defined]
    assert killing.differences(before, killing.state(study)) == ""
    assert killing.debris(study) == []
    assert killing.child(args, within=study) == 0


ENTRY = """
import sys
from pathlib import Path
from copipe.study import audit
for number in range(40):
    audit.record(Path(sys.argv[1]), "check", {"number": number, "of": sys.argv[2]})
"""


@pytest.mark.attack("two processes")
def test_entries_of_two_processes_make_one_chain(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    trail = tmp_path / "audit.jsonl"
    both = [subprocess.Popen([sys.executable, "-c", ENTRY, str(trail), name]) for name in "ab"]
    assert [process.wait() for process in both] == [0, 0]
    assert audit.verify(trail) == audit.Verdict(80, witnessed=80)
    assert [path.name for path in (tmp_path / "private").iterdir()] == ["audit-heads.jsonl"]


HOLD = """
import sys, time
from pathlib import Path
from copipe import holding
holding.begin("run", print)
with holding.hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.mark.attack("two processes")
def test_the_second_is_told_who_holds_a_study_and_a_dead_one_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private"
    private.mkdir()
    monkeypatch.setenv("COPIPE_WAIT", "0.2")
    with subprocess.Popen([sys.executable, "-c", HOLD, str(private)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout and other.stdout.readline() == "held\n"
        with (
            pytest.raises(UsageError, match=rf"`copipe run` on .* \(process {other.pid}, since "),
            holding.hold(private),
        ):
            pass
        (private / f".text.{holding.tag(other.pid)}").write_text("half")
        other.kill()
    with holding.hold(private):
        assert holding.holder(private)
    assert list(private.iterdir()) == []


@pytest.mark.attack("two processes")
def test_another_computer_is_believed_until_somebody_frees_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPIPE_WAIT", "0")
    with holding.hold(tmp_path):
        mine = json.loads((tmp_path / holding.HELD).read_text())
    theirs = replace(holding.Holder(**mine), host="LAPTOP", machine="0" * 12, pid=4711)
    (tmp_path / holding.HELD).write_text(json.dumps({n: getattr(theirs, n) for n in theirs.__slots__}))
    with pytest.raises(UsageError) as refused, holding.hold(tmp_path):
        pass
    assert "LAPTOP" in refused.value.message
    assert "copipe release" in refused.value.hint
    assert [who.host for who in holding.release(tmp_path)] == ["LAPTOP"]
    with holding.hold(tmp_path), pytest.raises(UsageError, match="still runs"):
        holding.release(tmp_path)
