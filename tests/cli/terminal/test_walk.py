"""One walk for all that is decided one by one: nothing answered is lost, anything can be taken back."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field

import pytest

from copipe.cli.terminal.walk import Kept, Key, Then, Walk, _EndedError, ask
from copipe.errors import UsageError


@dataclass
class Sitting:
    """Three things, an answer a key, and what would be on the disk."""

    disk: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    broken: bool = False

    def keep(self, item: str) -> Kept[str]:
        if self.broken:
            raise UsageError("The disk is full.", "Make room.")
        self.disk.append(item)
        return Kept(item)

    def walk(self, **more: object) -> Walk[str, str]:
        keys: tuple[Key[str, str], ...] = (
            Key("a", "accept", "keep it", self.keep),
            Key("m", "memo", "write about it", lambda item: Then.ASK),
            Key("/", "search", "go to the last", self.last),
        )
        self.made: Walk[str, str] = Walk(
            ["one", "two", "three"],
            self.shown.append,
            keys,
            self.disk.remove,
            **more,  # type: ignore[arg-type]
        )
        return self.made

    def last(self, item: str) -> Then:
        self.made.at = 2
        return Then.SHOW


@pytest.fixture
def sitting() -> Sitting:
    return Sitting()


def press(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{key}\n" for key in keys)))


def test_each_answer_is_kept_before_the_next_thing_is_shown(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    press(monkeypatch, "a", "a", "a")
    states: list[tuple[str, int]] = []
    walk = sitting.walk()
    walk.show = lambda item: states.append((item, len(sitting.disk)))
    walk.go()
    assert states == [("one", 0), ("two", 1), ("three", 2)]
    assert walk.kept == sitting.disk == ["one", "two", "three"]
    assert "2 of 3" in capsys.readouterr().out


def test_undo_goes_back_to_what_it_was_about(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    press(monkeypatch, "a", "s", "u", "u", "a", "q")
    sitting.walk().go()
    assert sitting.shown == ["one", "two", "three", "two", "one", "two"]
    assert sitting.disk == ["one"]


def test_the_last_answer_of_all_can_be_taken_back(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    press(monkeypatch, "a", "a", "a", "u", "s")
    sitting.walk().go()
    assert sitting.shown == ["one", "two", "three", "three"]
    assert sitting.disk == ["one", "two"]
    assert not sitting.made.cut_off


def test_there_is_nothing_to_take_back_at_the_start(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    press(monkeypatch, "u", "a", "u", "u", "q")
    sitting.walk(no_earlier="Use `copipe x undo`.").go()
    assert capsys.readouterr().out.count("Use `copipe x undo`.") == 2
    assert sitting.disk == []


def test_an_answer_of_an_earlier_sitting_comes_back(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    press(monkeypatch, "u", "a", "u", "q")
    before = ["zero"]
    sitting.walk(earlier=lambda: [before.pop()] if before else None).go()
    assert sitting.shown == ["one", "zero", "one", "zero"]


@pytest.mark.parametrize("end", [[], ["q"]])
def test_stopping_keeps_what_was_answered_and_another_walk_goes_on(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch, end: list[str]
) -> None:
    press(monkeypatch, "a", *end)
    sitting.walk().go()
    assert sitting.disk == ["one"]
    press(monkeypatch, "a", "a")
    sitting.walk(passed=lambda item: item in sitting.disk).go()
    assert sitting.disk == ["one", "two", "three"]


def test_what_cannot_be_kept_is_asked_again(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    press(monkeypatch, "a", "a", "q")
    sitting.broken = True
    walk = sitting.walk()
    walk.go()
    assert capsys.readouterr().out.count("The disk is full. Make room.") == 2
    assert walk.answers == []
    assert sitting.shown == ["one"]


def test_an_undo_that_fails_leaves_the_answer(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(answer: str) -> None:
        raise UsageError("The disk is full.", "")

    press(monkeypatch, "a", "u", "q")
    walk = sitting.walk()
    walk.take_back = refuse
    walk.go()
    assert walk.kept == ["one"]
    assert sitting.shown == ["one", "two"]


def test_help_and_unknown_keys(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    press(monkeypatch, "?", "z", "", "A", "q")
    sitting.walk(listen=lambda item: None).go()
    said = capsys.readouterr().out
    for line in ("a  accept: keep it", "l  listen: play it", "q  quit: stop; everything you answered is kept"):
        assert line in said
    assert said.count("There is no key 'z' here. Press ? for help.") == 1
    assert sitting.disk == ["one"]
    assert sitting.shown == ["one", "two"]


def test_a_key_may_send_the_walk_elsewhere_or_only_ask(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    press(monkeypatch, "m", "l", "/", "a")
    sitting.walk(listen=heard.append).go()
    assert sitting.shown == ["one", "three"]
    assert heard == ["one"]
    assert sitting.disk == ["three"]


def test_the_end_of_the_input_answers_no_question(sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = sitting.walk()
    walk.keys = (*walk.keys, Key("p", "person", "ask who", lambda item: sitting.keep(ask("Who?") or "near")))
    press(monkeypatch, "p")
    walk.go()
    assert sitting.disk == []
    assert walk.cut_off
    press(monkeypatch, "p", "")
    walk = sitting.walk()
    walk.keys = (*walk.keys, Key("p", "person", "ask who", lambda item: sitting.keep(ask("Who?") or "near")))
    walk.go()
    assert sitting.disk == ["near"]


def test_a_question_says_how_to_go_back(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    press(monkeypatch, " trust ", "")
    assert ask("Which code?") == "trust"
    assert ask("Which code?") == ""
    press(monkeypatch)
    with pytest.raises(_EndedError):
        ask("Which code?")
    assert "Which code? Press Enter to go back." in capsys.readouterr().out


SCRIPT = """
from copipe.cli.terminal.walk import Kept, Key, Walk
keep = lambda item: Kept(print("kept", item) or item)
Walk(["one", "two"], print, (Key("a", "accept", "keep it", keep),), print).go()
print("end")
"""


def typed(*keys: bytes) -> str:
    """What a walk in a process of its own says when these keys are pressed, each once it has asked."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", SCRIPT], stdin=theirs, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    os.close(theirs)
    assert process.stdout is not None
    said = ""
    for key in keys:
        line = ""
        while "quit" not in line and "one key" not in line:
            line = process.stdout.readline()
            said += line
        time.sleep(0.5)  # until it listens: what is typed before is lost
        os.write(ours, key)
    rest, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    return said + rest


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_on_a_terminal_one_key_is_enough() -> None:
    said = typed(b"a", b"a", b"q")
    assert "kept one" in said and "kept two" in said and said.endswith("end\n")


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_on_a_terminal_pasted_text_is_no_answer() -> None:
    said = typed(b"accepted by nobody", b"q")
    assert "one key at a time" in said
    assert "kept" not in said


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_on_a_terminal_ctrl_d_stops_and_keeps() -> None:
    said = typed(b"a", b"\x04")
    assert "kept one" in said and "kept two" not in said and said.endswith("end\n")
