"""What every match of a regular expression must hold, so that it is tried only where that stands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

try:  # how Python itself reads a pattern: no public interface, so without it every sentence is tried
    from re import _constants as names  # type: ignore[attr-defined]
    from re import _parser as reader  # type: ignore[attr-defined]
except ImportError:  # pragma: no cover
    reader = names = None

__all__ = ["Pieces", "names", "reader", "required"]

HEAD = 4  # letters by which a piece is looked up: enough to tell most apart


def required(regex: re.Pattern[str]) -> frozenset[str] | None:
    """Pieces of ASCII text in small letters and without white space; one of them stands in every match, in any case.

    None where no such pieces are known.

    >>> sorted(required(re.compile(r"\\bpart(?:ner|y)\\w* of")))
    ['part']
    """
    if reader is None or regex.flags & (re.LOCALE | re.VERBOSE):
        return None
    try:
        return _required(reader.parse(regex.pattern, regex.flags))
    except (re.error, RecursionError, ValueError):
        return None


def _required(parsed: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """The best piece of a sequence: the set whose shortest text is longest."""
    found: list[frozenset[str]] = []
    run = ""
    for what, value in parsed:
        if what is names.LITERAL and 32 < value < 127:
            run += chr(value).lower()
            continue
        if run:
            found.append(frozenset({run}))
            run = ""
        if what is names.SUBPATTERN:
            inner = _required(value[3])
        elif what in (names.MAX_REPEAT, names.MIN_REPEAT, names.POSSESSIVE_REPEAT) and value[0] > 0:
            inner = _required(value[2])
        elif what is names.ATOMIC_GROUP:
            inner = _required(value)
        elif what is names.BRANCH:
            parts = [_required(part) for part in value[1]]
            inner = None if None in parts else frozenset().union(*parts)  # type: ignore[arg-type]
        else:
            inner = None
        if inner:
            found.append(inner)
    if run:
        found.append(frozenset({run}))
    return max(found, key=lambda texts: min(map(len, texts)), default=None)


class Pieces:
    """Finds which of many pieces stand in a word: each is looked up by how it begins."""

    def __init__(self) -> None:
        self._by_head: dict[str, list[tuple[str, int]]] = {}  # the first HEAD letters, or all of a shorter piece
        self._lengths: set[int] = set()

    def add(self, piece: str, number: int) -> None:
        """A piece of text, and what it stands for."""
        head = piece[:HEAD]
        self._lengths.add(len(head))
        self._by_head.setdefault(head, []).append((piece, number))

    def inside(self, word: str) -> set[int]:
        """What the pieces within a word stand for."""
        return {
            number
            for length in self._lengths
            for at in range(len(word) - length + 1)
            for piece, number in self._by_head.get(word[at : at + length], ())
            if word.startswith(piece, at)
        }
