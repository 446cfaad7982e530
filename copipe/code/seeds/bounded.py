"""Regular expressions from a codebook, searched within bounds: one that backtracks without end is stopped and named.

Python's `re` cannot be stopped. A pattern that may take long (repeats within repeats, alternatives within a repeat,
references back) is therefore searched by the `regex` module, which finds the same and gives up after a time. Every
other one is searched by `re`, which is faster.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from copipe.code.seeds import literals
from copipe.errors import ConfigError

LONGEST = 1.0  # seconds for one pattern in one sentence; the slowest of a real codebook took 0.0002
_MANY = 4  # repeats without a limit in a row: what they take grows with this power of the sentence's length


def finditer(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every match in one sentence. ConfigError for a pattern that does not come to an end."""
    if not may_take_long(pattern):
        yield from (hit.span() for hit in pattern.finditer(text))
        return
    try:
        yield from (hit.span() for hit in _stoppable(pattern).finditer(text, timeout=LONGEST))
    except TimeoutError:
        raise ConfigError(
            f"The seed re:{pattern.pattern} takes more than {LONGEST:.0f} s for one sentence.",
            "Rewrite it without a repeat inside a repeat, for example \\w+ instead of (\\w+)+. "
            "`copipe codebook check` shows where it stands.",
        ) from None


@functools.lru_cache(1024)
def may_take_long(pattern: re.Pattern[str]) -> bool:
    """Whether a search may take more than a time that grows moderately with the text.

    >>> [may_take_long(re.compile(p)) for p in (r"part(ner|y)\\w*", r"(\\w+\\s?)+$", r"(a|aa)+b")]
    [False, True, True]
    """
    reader: Any = literals.reader
    if reader is None:
        return True
    try:
        return _grows(reader.parse(pattern.pattern, pattern.flags), inside=False)
    except (re.error, RecursionError, ValueError):
        return True


def _grows(parsed: Iterable[tuple[Any, Any]], inside: bool) -> bool:
    """`inside` a repeat another repeat, or a choice, makes the number of ways grow with a power of the text."""
    names: Any = literals.names
    repeats = 0
    for what, value in parsed:
        if what in (names.MAX_REPEAT, names.MIN_REPEAT, names.POSSESSIVE_REPEAT):
            _, most, part = value
            if most is names.MAXREPEAT or most > 1:
                repeats += 1
                if inside or repeats >= _MANY or _grows(part, inside=True):
                    return True
            elif _grows(part, inside):
                return True
        elif what is names.BRANCH:
            if inside or any(_grows(part, inside) for part in value[1]):
                return True
        elif what in (names.SUBPATTERN, names.ASSERT, names.ASSERT_NOT):
            if _grows(value[-1], inside):
                return True
        elif what is names.ATOMIC_GROUP:
            if _grows(value, inside):
                return True
        elif what in (names.GROUPREF, names.GROUPREF_EXISTS, names.GROUPREF_IGNORE):
            return True
    return False


@functools.lru_cache(256)
def _stoppable(pattern: re.Pattern[str]) -> Any:
    import regex

    return regex.compile(pattern.pattern, (regex.IGNORECASE if pattern.flags & re.IGNORECASE else 0) | regex.V0)
