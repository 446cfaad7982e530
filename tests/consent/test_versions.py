"""private/ under version control, and a repository that somebody else made: nothing that it names runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from copipe.consent import versions
from copipe.consent.versions import UnreadableError, Versions, look

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    root = tmp_path / "work" / "study"
    (root / "private").mkdir(parents=True)
    (root / "private" / "roster.toml").write_text("Harriet Ellwood\n")
    (root / "meetings.toml").write_text("x\n")
    return root


def git(folder: Path, *arguments: str, stdin: str = "") -> str:
    who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True, text=True, input=stdin
    )
    return done.stdout.strip()


def test_no_repository_is_none(study: Path) -> None:
    assert look(study, "private") is None


@pytest.mark.parametrize("above", [False, True])
def test_tracked_once_and_ignored(study: Path, above: bool) -> None:
    root = study.parent if above else study
    git(root, "init")
    assert look(study, "private") == Versions(0, False, False)
    git(root, "add", "-A")
    assert look(study, "private") == Versions(1, True, False)
    git(root, "commit", "-m", "oh")
    git(root, "rm", "-r", "--cached", "-q", str(study / "private"))
    (study / ".gitignore").write_text("private/\n")
    git(root, "commit", "-am", "out")
    assert look(study, "private") == Versions(0, True, True)


@pytest.mark.parametrize("where", ["branch", "tag", "merge", "packed"])
def test_history_is_looked_through_wherever_it_is(study: Path, where: str) -> None:
    git(study, "init", "-b", "main")
    git(study, "add", "meetings.toml")
    git(study, "commit", "-m", "one")
    git(study, "checkout", "-q", "-b", "other")
    git(study, "add", "-f", "private/roster.toml")
    git(study, "commit", "-m", "oh")
    if where == "tag":
        git(study, "tag", "-a", "v1", "-m", "kept")
    git(study, "rm", "--cached", "-q", "private/roster.toml")
    git(study, "commit", "-m", "out")
    git(study, "checkout", "-q", "main")
    if where == "merge":
        git(study, "merge", "-q", "--no-ff", "-m", "joined", "other")
    if where in ("merge", "tag"):
        git(study, "branch", "-D", "other")
    if where == "packed":
        git(study, "gc", "-q")
    found = look(study, "private")
    assert found is not None and found.once and not found.tracked


EVIL = """
[core]
    fsmonitor = {script}
    hooksPath = {hooks}
    pager = {script}
    sshCommand = {script}
    editor = {script}
    askPass = {script}
    gitProxy = {script}
[log]
    showSignature = true
[gpg]
    program = {script}
[gpg "ssh"]
    program = {script}
[filter "x"]
    clean = {script}
    smudge = {script}
    process = {script}
    required = true
[diff]
    external = {script}
[diff "x"]
    textconv = {script}
[credential]
    helper = !{script}
"""
WORSE = """
[remote "origin"]
    url = ext::{script}
    promisor = true
    partialclonefilter = blob:none
[extensions]
    partialClone = origin
[alias]
    log = !{script}
    status = !{script}
[include]
    path = {script}
"""


def test_nothing_that_a_foreign_configuration_names_is_run(study: Path, tmp_path: Path) -> None:
    git(study, "init")
    git(study, "add", "-f", "-A")
    tree = git(study, "write-tree")
    signed = (
        f"tree {tree}\nauthor x <x@example.org> 1 +0000\ncommitter x <x@example.org> 1 +0000\n"
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\nsigned\n"
    )
    name = git(study, "hash-object", "-t", "commit", "-w", "--stdin", stdin=signed)
    git(study, "update-ref", "HEAD", name)
    ran = tmp_path / "ran"
    script = study / "evil.sh"
    script.write_text(f"#!/bin/sh\ncat {study}/private/roster.toml >> {ran}\n")
    hooks = study / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "post-checkout", "pre-commit", "fsmonitor-watchman", "reference-transaction"):
        shutil.copy(script, hooks / hook)
        (hooks / hook).chmod(0o755)
    script.chmod(0o755)
    (study / ".gitattributes").write_text("* filter=x diff=x\n")
    with (study / ".git" / "config").open("a") as config:
        config.write(EVIL.format(script=script, hooks=hooks))
    subprocess.run(["git", "-C", str(study), "log", "-1"], capture_output=True, check=False)
    assert ran.exists(), "the attack works on git itself, or it shows nothing"
    ran.unlink()
    found = look(study, "private")
    assert found is not None and found.tracked == 1
    with (study / ".git" / "config").open("a") as config:
        config.write(WORSE.format(script=script))
    with contextlib.suppress(UnreadableError):
        look(study, "private")
    assert not ran.exists()


def test_no_program_is_started_at_all(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(study, "init")
    git(study, "add", "-f", "-A")
    git(study, "commit", "-m", "oh")

    def refuse(*arguments: object, **named: object) -> None:
        raise AssertionError(f"a program was started: {arguments}")

    for name in ("Popen", "run", "call", "check_output"):
        monkeypatch.setattr(subprocess, name, refuse)
    monkeypatch.setattr(os, "system", refuse)
    found = look(study, "private")
    assert found == Versions(1, True, False)


@pytest.mark.parametrize("damage", ["index", "config", "HEAD", "packed-refs"])
def test_what_cannot_be_read_is_told(study: Path, damage: str) -> None:
    git(study, "init")
    git(study, "add", "-f", "-A")
    git(study, "commit", "-m", "oh")
    (study / ".git" / damage).write_bytes(b"\x00\xff[[[broken")
    try:
        found = look(study, "private")
    except UnreadableError:
        return
    assert found is None or found.once or not found.ignored


def test_a_missing_object_is_no_end(study: Path) -> None:
    git(study, "init")
    git(study, "add", "-f", "-A")
    git(study, "commit", "-m", "oh")
    (study / ".git" / "refs" / "heads" / "gone").write_text("1" * 40 + "\n")
    found = look(study, "private")
    assert found is not None and found.once
    assert versions.MOST > 10_000
