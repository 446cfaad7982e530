"""What a template is given: plain data. Templates travel with studies, and what one can reach it can call."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import Any

_PROPERTIES = (property, functools.cached_property)
Plain = object  # None, bool, int, float, str, a tuple or dict of such values, or a Record


class Record:
    """The fields and properties of a frozen record as plain data. Its methods cannot be reached."""

    __slots__ = ("__of",)

    def __init__(self, of: Any) -> None:
        self.__of = of

    def __getattr__(self, name: str) -> Plain:
        kind: Any = type(self.__of)
        if name not in names(kind):
            raise AttributeError(f"{kind.__name__} has no {name}")
        try:
            return plain(getattr(self.__of, name))
        except TypeError:
            raise AttributeError(f"{name} of {kind.__name__} is no data") from None

    def __dir__(self) -> list[str]:
        kind: Any = type(self.__of)
        return sorted(name for name in names(kind) if hasattr(self, name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.__of == other.__of

    def __hash__(self) -> int:
        return hash(self.__of)

    def __str__(self) -> str:
        return f"({type(self.__of).__name__})"

    __repr__ = __str__


@functools.cache
def names(kind: Any) -> frozenset[str]:
    """What can be read of a kind of record: its fields and properties, but for those with an underscore."""
    known = {field.name for field in fields(kind)}
    told = {name for base in kind.__mro__ for name, value in vars(base).items() if isinstance(value, _PROPERTIES)}
    return frozenset(name for name in known | told if not name.startswith("_"))


def plain(value: object) -> Plain:
    """A value as plain data. A path becomes True: that there is a file may be told, where it lies may not.

    TypeError for anything that is no data, an open file for example.
    """
    if value is None or isinstance(value, bool):
        return value
    for kind in (str, int, float):
        if isinstance(value, kind):
            return value if type(value) is kind else kind(value)
    if isinstance(value, PurePath):
        return True
    if isinstance(value, Record):
        return value
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, Set):
        return tuple(plain(item) for item in sorted(value))
    if is_dataclass(value) and not isinstance(value, type):
        return Record(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return tuple(plain(item) for item in value)
    raise TypeError(f"{type(value).__name__} is no data that a template may have")
