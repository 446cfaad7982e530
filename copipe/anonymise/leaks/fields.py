"""The binary artifacts of copipe by their fields: their text as text, their numbers as numbers.

Read as letters, numbers would spell names and addresses by chance. The formats are those that `dump` writes in
copipe/code/seeds/parses.py (columns.bin) and copipe/code/propose/meaning.py (vectors.bin).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

_FILL = 8  # bytes that an array of columns.bin is filled up to
_LARGEST = 1 << 24  # from here on the bytes of a number could spell a word
_KINDS = {"start": "<f8", "end": "<f8", "spoken": "?"}  # the other arrays are whole numbers of four bytes


def texts(data: bytes) -> tuple[str, bytes] | None:
    """The text of a binary artifact, and those of its bytes that may yet hold letters; None for any other file.

    Each text stands in a paragraph of its own, since two that follow one another were not said so.
    """
    end = data.find(b"\n", 0, 16 << 20)
    if data[:1] != b"{" or end < 0:
        return None
    try:
        told = json.loads(data[:end])
        rest = _columns(told, data, end + 1) if "lengths" in told else _vectors(told, data, end + 1)
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None
    return None if rest is None else ("\n\n".join(_strings(told)), rest)


def _strings(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        for name, inner in told.items():
            yield name
            yield from _strings(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from _strings(inner)
    elif isinstance(told, str):
        yield told


def _columns(told: dict[str, Any], data: bytes, at: int) -> bytes | None:
    """The times of columns.bin, which are the only numbers that could spell anything; None where it is none."""
    rest = b""
    at += -at % _FILL
    for name, length in told["lengths"].items():
        array = np.frombuffer(data, _KINDS.get(name, "<i4"), length, at)
        if name not in _KINDS and len(array) and (array.min() < -1 or array.max() >= _LARGEST):
            return None
        if name == "spoken" and len(array) and array.view("u1").max() > 1:
            return None
        rest += array.tobytes() if _KINDS.get(name) == "<f8" else b""
        at += array.nbytes + -array.nbytes % _FILL
    return rest if at == len(data) else None


def _vectors(told: dict[str, Any], data: bytes, at: int) -> bytes | None:
    """Nothing: the numbers of vectors.bin are from -1 to 1, and no two bytes that follow one another are letters."""
    rows, width = told["shape"]
    array = np.frombuffer(data, "<f2", -1, at)
    whole = set(told) == {"shape"} and len(array) == 2 * rows * width
    return b"" if whole and bool((np.abs(array) <= 1.01).all()) else None
