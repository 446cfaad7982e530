"""Locked files: nothing is lost, nothing is readable, and whoever reads and writes them need not know."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from copipe.anonymise.roster import pseudonyms, roster
from copipe.errors import ConfigError, UsageError
from copipe.records import Decision
from copipe.study import decisions, vault

ROSTER = '[people]\n"Margaret Hollis" = "SN1"\n'


@pytest.fixture(autouse=True)
def _quick_and_forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(vault, "_WORK", (1 << 10, 8, 1))
    monkeypatch.delenv("COPIPE_PASSPHRASE", raising=False)
    vault.forget()
    yield
    vault.forget()
    vault._ask.clear()


def decision(text: str) -> Decision:
    return decisions.decide(kind="words", about="", verdict="replace", who="CS", text=text)


@pytest.fixture
def private(tmp_path: Path) -> Path:
    folder = tmp_path / "private"
    (folder / "decisions").mkdir(parents=True)
    (folder / "roster.toml").write_text(ROSTER)
    decisions.append(folder / "decisions" / "M1.jsonl", decision("Hollis"))
    pseudonyms.save(folder / "pseudonyms.json", pseudonyms.Pseudonyms())
    (folder / "other.txt").write_text("left alone")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def test_there_and_back(private: Path) -> None:
    before = contents(private)
    assert not vault.is_locked(private)
    assert len(vault.lock(private, "correct horse")) == 3
    assert vault.is_locked(private)
    locked = contents(private)
    assert set(locked) == {
        "roster.toml.locked", "pseudonyms.json.locked", "decisions/M1.jsonl.locked", "other.txt",
    }  # fmt: skip
    assert not any(b"Hollis" in data for data in locked.values())
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in private.rglob("*.locked"))
    vault.forget()
    assert len(vault.unlock(private, "correct horse")) == 3
    assert contents(private) == before


def test_what_is_locked_is_read_and_added_to_in_memory(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = private / "decisions" / "M1.jsonl"
    before = decisions.read(path)
    vault.lock(private, "correct horse")
    vault.forget()
    asked = []
    vault.asked_by(lambda: asked.append(1) or "correct horse")  # type: ignore[func-returns-value]
    assert decisions.read(path) == before
    assert [e.form for e in roster.load(private / "roster.toml").entries] == ["Margaret Hollis"]
    more, new = decision("Finch"), private / "decisions" / "M2.jsonl"
    decisions.append(path, more)
    decisions.append(new, more)
    assert decisions.read(path) == (*before, more)
    assert decisions.read(new) == (more,)
    assert pseudonyms.save(private / "pseudonyms.json", pseudonyms.Pseudonyms()).id
    assert vault.files(private / "decisions", "*.jsonl") == [path, new]
    decisions.rewrite(path, [more])
    assert decisions.read(path) == (more,)
    assert asked == [1]
    assert not list(private.rglob("*.jsonl")) and not (private / "pseudonyms.json").exists()
    assert not any(b"Finch" in data for data in contents(private).values())
    monkeypatch.setenv("COPIPE_PASSPHRASE", "correct horse")
    vault.unlock(private, "correct horse")
    assert decisions.read(new) == (more,)


def test_a_wrong_passphrase_changes_nothing(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault.lock(private, "correct horse")
    before = contents(private)
    vault.forget()
    with pytest.raises(UsageError, match="passphrase is wrong"):
        vault.unlock(private, "battery staple")
    with pytest.raises(UsageError, match="passphrase is wrong"):
        vault.lock(private, "battery staple")
    monkeypatch.setenv("COPIPE_PASSPHRASE", "battery staple")
    for name in ("M1.jsonl", "new.jsonl"):
        with pytest.raises(UsageError, match="passphrase is wrong"):
            decisions.append(private / "decisions" / name, decision("Finch"))
    with pytest.raises(UsageError, match="passphrase is wrong"):
        vault.write_text(private / "roster.toml", "")
    assert contents(private) == before


def test_nobody_to_ask(private: Path) -> None:
    vault.lock(private, "correct horse")
    vault.forget()
    with pytest.raises(UsageError, match="there is no passphrase"):
        roster.load(private / "roster.toml")
    with pytest.raises(UsageError, match="empty"):
        vault.lock(private, "")


def test_a_lock_that_was_cut_off_loses_nothing(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(private)
    erased = []

    def cut_off(path: Path) -> int:
        if erased:
            raise KeyboardInterrupt
        erased.append(path)
        path.unlink()
        return 1

    monkeypatch.setattr(vault, "erase", cut_off)
    with pytest.raises(KeyboardInterrupt):
        vault.lock(private, "correct horse")
    monkeypatch.undo()
    monkeypatch.setattr(vault, "_WORK", (1 << 10, 8, 1))
    decisions.append(private / "decisions" / "M1.jsonl", decision("Finch"))  # the plain one goes before
    vault.lock(private, "correct horse")
    vault.unlock(private, "correct horse")
    after = contents(private)
    assert after.keys() == before.keys()
    assert b"Finch" in after["decisions/M1.jsonl"] and b"Hollis" in after["decisions/M1.jsonl"]


def test_two_that_differ_are_joined_or_set_aside(private: Path) -> None:
    vault.lock(private, "correct horse")
    (private / "roster.toml").write_text(ROSTER.replace("Hollis", "Finch"))
    mine = decision("Finch")
    (private / "decisions" / "M1.jsonl").write_text(decisions._line(mine) + "\n")
    with pytest.raises(ConfigError, match="differs from it"):
        vault.unlock(private, "correct horse")
    vault.lock(private, "correct horse")
    assert len(list(private.glob("roster.toml.locked-1"))) == 1
    vault.unlock(private, "correct horse")
    assert {d.text for d in decisions.read(private / "decisions" / "M1.jsonl")} == {"Hollis", "Finch"}
    assert "Finch" in (private / "roster.toml").read_text()


def test_damage_is_told_and_removes_nothing(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "write_bytes", lambda path, data: path.write_bytes(data[:-20]))
    with pytest.raises(ConfigError):
        vault.lock(private, "correct horse")
    assert (private / "roster.toml").read_text() == ROSTER
    monkeypatch.undo()
    monkeypatch.setattr(vault, "_WORK", (1 << 10, 8, 1))
    for sealed in private.rglob("*.locked"):
        sealed.unlink()
    vault.lock(private, "correct horse")
    sealed = private / "roster.toml.locked"
    whole = json.loads(sealed.read_text())
    for change in ({"n": 1 << 40}, {"salt": "xyz"}, {"sealed": "!"}):
        sealed.write_text(json.dumps({**whole, **change}))
        with pytest.raises(ConfigError, match="not a file sealed by copipe"):
            vault.read_text(private / "roster.toml")
    sealed.write_text(json.dumps({**whole, "nonce": "00" * 12}))
    with pytest.raises(UsageError, match="or the file is damaged"):
        vault.read_text(private / "roster.toml")


def test_two_keyboards_write_one_passphrase(private: Path) -> None:
    vault.lock(private, "caf\u00e9")
    vault.unlock(private, "cafe\u0301")
    assert (private / "roster.toml").exists()


def test_the_real_work_is_hard() -> None:
    import importlib

    assert importlib.import_module("copipe.study.vault")._MOST_MEMORY >= 128 * (1 << 17) * 8
