"""A walk: things put before a person one by one, a key for each, every answer kept at once.

What is walked through says what it shows and which keys it has. The rest is the same everywhere: `s` skips, `u` takes
the last answer back, `?` explains the keys, `q` stops, and so does the end of the input. Stopping loses nothing, as an
answer is on the disk before the next thing is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

import typer

T = TypeVar("T")  # what is walked through
A = TypeVar("A")  # an answer that was kept

BACK = "Press Enter to go back."


class Then(Enum):
    """What comes after a key that kept no answer."""

    ASK = "ask for another key"
    SHOW = "show the thing again, or another one that the walk was sent to"


@dataclass(frozen=True, slots=True)
class Kept(Generic[A]):
    """An answer that is on the disk; the walk goes on to the next thing."""

    answer: A


@dataclass(frozen=True, slots=True)
class Key(Generic[T, A]):
    """A key, its name in one or two words, what it does in a sentence, and the doing.

    `act` keeps its answer before it returns. A CopipeError of it is shown, and a key asked for again.
    """

    key: str
    name: str
    help: str
    act: Callable[[T], Kept[A] | Then]


@dataclass(slots=True)
class Walk(Generic[T, A]):
    """A walk through `items`.

    `show` prints one of them. `take_back` takes an answer of this walk back. `earlier` takes back the last answer of
    an earlier sitting, and gives the things to put before the person again; None where there is no such answer, or no
    way to take it back, and then `no_earlier` says so. `passed` is true of a thing that needs no answer any more.
    `listen` plays a thing.
    """

    items: list[T]
    show: Callable[[T], None]
    keys: tuple[Key[T, A], ...]
    take_back: Callable[[A], object]
    earlier: Callable[[], list[T] | None] = lambda: None
    no_earlier: str = "There is nothing to take back."
    passed: Callable[[T], bool] = lambda item: False
    listen: Callable[[T], None] | None = None
    at: int = 0
    cut_off: bool = False  # the input ended before the things did
    stopped: bool = False  # the person stopped
    answers: list[tuple[int, A | None]] = field(default_factory=list)  # where each was given; None for a skip

    @property
    def kept(self) -> list[A]:
        """The answers that were kept and not taken back."""
        return [answer for _, answer in self.answers if answer is not None]

    def go(self) -> None:
        """Put the things before the person, from `at` on, until all are answered or the person stops."""
        from copipe.cli.terminal.display import say
        from copipe.errors import CopipeError

        then: Then = Then.SHOW
        while True:
            if self.at >= len(self.items) and (self.stopped or not self._goes_back()):
                break
            keys = {key.key: key for key in (*self.keys, *self._common())}
            item = self.items[self.at]
            if then is Then.SHOW and self.passed(item):
                self.at += 1
                continue
            if then is Then.SHOW:
                self._show(item)
            said = _read(keys)
            if said is None:
                self.cut_off = True
                break
            try:
                done = keys[said].act(item)
            except _EndedError:
                self.cut_off = True
                break
            except CopipeError as error:
                say(f"{error.message} {error.hint}".strip())
                then = Then.ASK
                continue
            if isinstance(done, Kept):
                self.answers.append((self.at, done.answer))
                self.at += 1
                then = Then.SHOW
            else:
                then = done

    def _common(self) -> tuple[Key[T, A], ...]:
        own = {key.key for key in self.keys}
        common: list[Key[T, A]] = []
        if "s" not in own:
            common.append(Key("s", "skip", "leave it open for now", self._skip))
        if self.listen is not None:
            common.append(Key("l", "listen", "play it", self._listen))
        common.append(Key("u", "undo", "take the last answer back", self._undo))
        common.append(Key("?", "help", "explain the keys", self._help))
        common.append(Key("q", "quit", "stop; everything you answered is kept", self._quit))
        return tuple(common)

    def _show(self, item: T) -> None:
        from copipe.cli.terminal.display import console

        console.print()
        console.rule(f"{self.at + 1} of {len(self.items)}", style="dim", align="left")
        self.show(item)

    def _skip(self, item: T) -> Then:
        self.answers.append((self.at, None))
        self.at += 1
        return Then.SHOW

    def _listen(self, item: T) -> Then:
        if self.listen is not None:
            self.listen(item)
        return Then.ASK

    def _undo(self, item: T) -> Then:
        from copipe.cli.terminal.display import say

        if self.answers:
            at, answer = self.answers[-1]
            if answer is not None:
                self.take_back(answer)
            self.answers.pop()
            self.at = at
            return Then.SHOW
        again = self.earlier()
        if again is None:
            say(self.no_earlier)
            return Then.ASK
        self.items[self.at : self.at] = again
        return Then.SHOW

    def _help(self, item: T) -> Then:
        from copipe.cli.terminal.display import say

        for key in (*self.keys, *self._common()):
            say(f"{key.key}  {key.name}: {key.help}")
        return Then.ASK

    def _quit(self, item: T) -> Then:
        self.stopped = True
        self.at = len(self.items)
        return Then.SHOW

    def _goes_back(self) -> bool:
        """After the last thing its answer can still be taken back; True if that was asked for."""
        from copipe.cli.terminal.display import say
        from copipe.errors import CopipeError

        if not self.answers:
            return False
        keys: dict[str, Key[T, A]] = {key.key: key for key in self._common() if key.key in ("u", "q")}
        if _read(keys) != "u":
            return False
        try:
            self._undo(self.items[-1])
        except CopipeError as error:
            say(f"{error.message} {error.hint}".strip())
            return self._goes_back()
        return True


def _read(keys: dict[str, Key[T, A]]) -> str | None:
    """One of the keys: a key on a terminal, the first letter of a line otherwise. None at the end of the input."""
    from copipe.cli.terminal.display import console, say

    line = "  ".join(f"[{key.key}] {key.name}".replace(" ", "\u00a0") for key in keys.values())  # kept on one line
    console.print(line, style="dim", markup=False)
    while True:
        terminal = sys.stdin.isatty()
        try:
            given = typer.getchar() if terminal else sys.stdin.readline()
        except EOFError:  # Ctrl-D
            return None
        if not given:  # nobody there any more
            return None
        if terminal and len(given) > 1:
            say("Press one key at a time.")  # pasted text is no answer, nor is an arrow key
            continue
        said = given.strip()[:1].lower()
        if said in keys:
            return said
        if said:
            say(f"There is no key {said!r} here. Press ? for help.")


class _EndedError(Exception):
    """The input ended where an answer was asked for: that is no answer."""


def ask(question: str, back: str = BACK) -> str:
    """A line that the person types; "" to go back. The end of the input ends the walk."""
    from copipe.cli.terminal.display import say

    say(f"{question} {back}".strip())
    line = sys.stdin.readline()
    if not line:
        raise _EndedError
    return line.strip()
