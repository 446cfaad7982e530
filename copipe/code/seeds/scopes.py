"""Where a hit counts and what passage is proposed for it: for each sentence, the sentences that belong with it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from copipe.code.seeds.parses import Columns, Ints


def scopes(columns: Columns, unit: str, window: int = 1, stories: Sequence[tuple[int, int]] = ()) -> tuple[Ints, Ints]:
    """First and last sentence of the scope of each sentence, (S,) both; last before first where it is in none.

    `unit` is "sentence", "turn" (to the next suspect words), "window" (`window` sentences on either side, whoever says
    them, to the next suspect words or the next person who is withheld) or "story": `stories` are the indices of their
    first and last words; a sentence in two of them belongs to the one that begins first.
    """
    own = np.arange(len(columns.first), dtype=np.int32)
    if unit == "turn":
        return _reach(columns.stretch)
    if unit == "window":
        low, high = _reach(columns.block)
        return np.maximum(low, own - np.int32(window)), np.minimum(high, own + np.int32(window))
    if unit == "story":
        low, high = own + np.int32(1), own.copy()
        free = 0  # the first sentence that is in no story yet
        for first, last in sorted(stories):
            begin = max(free, int(np.searchsorted(columns.last, first)))
            end = int(np.searchsorted(columns.first, last, side="right"))
            low[begin:end], high[begin:end] = begin, end - 1
            free = max(free, end)
        return low, high
    return own, own


def _reach(group: Ints) -> tuple[Ints, Ints]:
    """First and last row of the same number; numbers never fall."""
    low = np.searchsorted(group, group, side="left")
    return low.astype(np.int32), (np.searchsorted(group, group, side="right") - 1).astype(np.int32)
