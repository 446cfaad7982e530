"""Units of speech, and the words at their edges.

A unit ends with a sentence or a pause of half a second; people change at the ends of units far more often than within.
A diarization is right about who speaks and a few tenths of a second off about when, and so are word times: a word or
two at the edge of a unit that is otherwise another person's are that person's. Nothing larger is decided here: giving
whole units to whoever has most of them does harm (docs/attribution.md has what was measured).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from copipe.records import Word

PAUSE = 0.5  # seconds without a word that end a unit
EDGE = 2  # words at most that an edge may lose
RATIO = 2  # times as many words as the edge must stand beside it

# What people say to show that they listen; it is somebody's own also where no full stop sets it off.
BACKCHANNELS = frozenset("ah hm hmm mhm mm mmm oh ok okay right uh-huh um-hum yeah yep yes".split())

_SENTENCE_END = re.compile(r".*[.?!…][\"'”’)\]]*")


def units(words: Sequence[Word]) -> Iterator[range]:
    """Index ranges of the units, which cover the words in order."""
    first = 0
    reached: float | None = None
    for i, word in enumerate(words):
        paused = word.start is not None and reached is not None and word.start - reached >= PAUSE
        if i > first and (paused or _SENTENCE_END.fullmatch(words[i - 1].text)):
            yield range(first, i)
            first = i
        if word.end is not None:
            reached = word.end
    if words:
        yield range(first, len(words))


def settled(words: Sequence[Word], labels: Sequence[str]) -> list[str]:
    """The label of each word, once the edges of units have gone to whom they stand beside."""
    result = list(labels)
    for unit in units(words):
        result[unit.start : unit.stop] = _without_edges(words[unit.start : unit.stop], labels[unit.start : unit.stop])
    return result


def is_backchannel(words: Sequence[Word]) -> bool:
    """True for "Yeah, mm."."""
    return all(word.text.strip(".,;:?!-").lower() in BACKCHANNELS for word in words)


def _without_edges(words: Sequence[Word], labels: Sequence[str]) -> list[str]:
    """One unit's labels: a short run at either end takes the label of its neighbour if that run is longer."""
    runs = [(label, len(list(run))) for label, run in groupby(labels)]
    while len(runs) > 1:
        for edge, beside in ((0, 1), (-1, -2)):
            (_, few), (label, many) = runs[edge], runs[beside]
            at_edge = words[:few] if edge == 0 else words[-few:]
            if few <= EDGE and many >= RATIO * few and not is_backchannel(at_edge):
                runs[beside] = (label, many + few)
                del runs[edge]
                break
        else:
            break
    return [label for label, n in runs for _ in range(n)]
