"""XML that somebody else made: without a document type, bounded in size, depth and number, before a library parses it.

A document type (DTD) can declare entities, which read other files or grow without end ("billion laughs"); no format
that copipe reads has one (OPC part 2, 8.1.4; REFI-QDA 1.5). Expat counts what is there without keeping any of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from copipe.errors import InputError

if TYPE_CHECKING:
    from lxml.etree import _Element

BLOCK = 1 << 16
LONGEST_TAG = 1 << 20  # bytes of one tag or comment: expat before 2.6 begins it anew with every block
MOST_ATTRIBUTES = 1_000  # of one element
SAY_AGAIN = "Export it again from the program it comes from, or ask whoever sent it for another."


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much XML one file may hold, all its parts together.

    `size` in bytes. `depth` is of elements inside one another: a table within a table in Word comes to some five.
    `elements` are those of any name. Where some are many and all else is little, as the cells of a spreadsheet,
    `common` gives the names of the many with those of the elements that they stand in; of these there may be
    `most_common`, and `most_together` from one element named in `groups` to the next, as a library keeps a row.
    """

    size: int = 50_000_000
    elements: int = 400_000
    depth: int = 100
    common: Mapping[str, frozenset[str]] = field(default_factory=dict)
    most_common: int = 0
    groups: frozenset[str] = frozenset()
    most_together: int = 0


@dataclass(slots=True)
class Count:
    """What was found in the parts of one file so far, against the bounds. `file` is named in messages."""

    file: str
    bounds: Bounds = field(default_factory=Bounds)
    size: int = 0
    elements: int = 0
    common: int = 0

    def check(self, pieces: Iterable[bytes], part: str = "") -> None:
        """Read one part, given in pieces. InputError, with part and line, where it is broken or more than may be."""
        _Part(self, f"{self.file}, {part}" if part else self.file).read(pieces)


def check(data: bytes, file: str, bounds: Bounds | None = None) -> None:
    """InputError where a file of these bytes is no XML, has a document type, or is more than `bounds`."""
    Count(file, bounds or Bounds()).check(data[at : at + BLOCK] for at in range(0, len(data), BLOCK))


def parse(data: bytes, file: str, bounds: Bounds | None = None) -> _Element:
    """The root of a file of these bytes; comments and processing instructions are left out. InputError as `check`."""
    from lxml import etree

    check(data, file, bounds)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
                             remove_pis=True, huge_tree=False)  # fmt: skip
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BrokenError(f"{file}, line {error.lineno}: not XML ({error.msg}).", SAY_AGAIN) from None


class BrokenError(InputError):
    """It is not XML, or breaks off being it."""


class _Part:
    """One part that is being read."""

    def __init__(self, count: Count, named: str) -> None:
        self._count, self._named, self._together = count, named, 0
        self._above = [""]  # the names of the elements that are open, without prefixes
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = False
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, pieces: Iterable[bytes]) -> None:
        fed = 0
        try:
            for piece in pieces:
                fed += len(piece)
                self._count.size += len(piece)
                if self._count.size > self._count.bounds.size:
                    raise self._too("XML", self._count.bounds.size // 1_000_000, "MB", line=False)
                self._parser.Parse(piece, False)
                if fed - self._parser.CurrentByteIndex > LONGEST_TAG:
                    raise self._too("bytes in one tag or comment", LONGEST_TAG)
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise BrokenError(
                f"{self._named}, line {error.lineno}: not XML ({expat.ErrorString(error.code)}).", SAY_AGAIN
            ) from None
        except (ValueError, LookupError):  # an encoding of several bytes a sign, or one that nobody knows
            raise InputError(
                f"{self._named}, line 1: XML in an encoding that is not read.", "Save it again as UTF-8."
            ) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        count, bounds = self._count, self._count.bounds
        local = name.rpartition(":")[2] if ":" in name else name
        above = self._above[-1]
        self._above.append(local)
        if len(self._above) > bounds.depth:
            raise self._too("levels of elements inside one another", bounds.depth)
        if len(attributes) > MOST_ATTRIBUTES:
            raise self._too("attributes of one element", MOST_ATTRIBUTES)
        self._together = 0 if local in bounds.groups else self._together + 1
        if above not in bounds.common.get(local, ()):
            count.elements += 1
            if count.elements > bounds.elements:
                raise self._too("elements", bounds.elements)
            return
        count.common += 1
        if count.common > bounds.most_common:
            raise self._too("cells and words of cells", bounds.most_common)
        if self._together > bounds.most_together:
            raise self._too("cells in one row", bounds.most_together)

    def _end(self, name: str) -> None:
        self._above.pop()

    def _doctype(self, *_: object) -> None:
        raise InputError(
            f"{self._named}, line {self._parser.CurrentLineNumber}: declares a document type, which no such file has.",
            "Take the line <!DOCTYPE out, or ask whoever sent it for another.",
        )

    def _too(self, what: str, most: int, unit: str = "", line: bool = True) -> InputError:
        """The error for more `what` than `most` (in `unit`)."""
        where = f"{self._named}, line {self._parser.CurrentLineNumber}" if line else self._named
        if unit:
            return InputError(f"{where}: more than {most:,} {unit} of {what}, too much to be read.", SAY_AGAIN)
        return InputError(f"{where}: more than {most:,} {what}, too much to be read.", SAY_AGAIN)
