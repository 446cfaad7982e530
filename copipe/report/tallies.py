"""What is counted for reports: who spoke how long, how often a code was proposed, the order of a codebook."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from copipe.errors import CopipeError
from copipe.records import Code, Codebook, Coding, Turn
from copipe.report.view import MeetingView

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Spoken:
    """How much a role spoke: seconds (None where the source has no times), turns and words (notes are not words)."""

    role: str
    seconds: float | None
    turns: int
    words: int


def word_count(turn: Turn) -> int:
    """Words of a turn as they are shown: a name that was replaced counts once, a note not at all."""
    return sum(1 for word in turn.words if word.text and not word.is_note)


def spoken(turns: Sequence[Turn], roles: Iterable[str]) -> tuple[Spoken, ...]:
    """Every one of `roles`, then whoever else spoke; withheld turns are not in it."""
    by_role: dict[str, list[Turn]] = {role: [] for role in roles}
    for turn in turns:
        if turn.role:
            by_role.setdefault(turn.role, []).append(turn)
    timed = any(turn.start is not None for turn in turns)
    return tuple(
        Spoken(role, seconds(own) if timed else None, len(own), sum(map(word_count, own)))
        for role, own in by_role.items()
    )


def seconds(turns: Iterable[Turn]) -> float:
    """Length of these turns together; what has no times counts nothing."""
    return sum(turn.end - turn.start for turn in turns if turn.start is not None and turn.end is not None)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A code in its place: how deep it stands (0 is a category) and the codes above it, the highest first."""

    code: Code
    above: tuple[Code, ...]

    @property
    def depth(self) -> int:
        """How many codes stand above this one."""
        return len(self.above)


def shelves(codebook: Codebook) -> tuple[Shelf, ...]:
    """The codes from the top down, each followed by those below it, in the order of the file."""
    found: list[Shelf] = []

    below: dict[str, list[Code]] = {}
    for code in codebook.codes:
        below.setdefault(code.parent, []).append(code)

    def add(parent: str, above: tuple[Code, ...]) -> None:
        for code in below.get(parent, ()):
            found.append(Shelf(code, above))
            add(code.key, (*above, code))

    add("", ())
    return tuple(found)


def by_code(view: MeetingView) -> dict[str, list[Coding]]:
    """What a meeting has of every code, in order of speech: candidates and what was accepted; none below quorum."""
    found: dict[str, list[Coding]] = {code.key: [] for code in view.codebook.codes}
    if view.quorum_met:
        for coding in sorted(view.codings, key=lambda c: (c.span.first, c.span.last)):
            if coding.code not in found:
                raise CopipeError(
                    f"{view.meeting.code}: a candidate is for {coding.code!r}, a code that the codebook lacks.",
                    "Run `copipe code` again, then the report.",
                )
            if coding.status != "rejected":
                found[coding.code].append(coding)
    return found


def group(items: Iterable[Coding], key: Callable[[Coding], K]) -> dict[K, list[Coding]]:
    """Candidates by `key`, in the order in which the keys are met."""
    found: dict[K, list[Coding]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found
