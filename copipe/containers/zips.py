"""ZIP files and what is made of them (Word, Excel), opened within bounds (APPNOTE 6.3.10; OPC is ECMA-376 part 2).

A ZIP of some kilobytes may unpack to more than any memory holds, and what its directory says of that may be a lie. So
the entries are counted before the directory is read, what it says is added up before anything is unpacked, and all of
it is unpacked once, a block at a time, before a library gets it. No entry is trusted for its name: whatever begins as
XML does is looked at as XML.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from copipe.containers.reading import reading
from copipe.containers.xml import Bounds, BrokenError, Count
from copipe.errors import InputError

LARGEST = 50_000_000  # bytes of a file that is opened at all
MOST = 200_000_000  # bytes that a file may unpack to,
RATIO = 100  # and how many times its own size: text is packed to a tenth or a twentieth,
FREE = 20_000_000  # which counts from here on, in bytes
MOST_ENTRIES = 2_000  # a Word document has some ten, and one for each picture
MOST_NEARLY = 2_000_000  # bytes of a page or drawing inside that is not quite XML; no library gets far with it
BLOCK = 1 << 16
_ENTRY = b"PK\x01\x02"  # each entry of the directory begins with it
_SMALL = 4096  # bytes read at once where zipfile unpacks without a bound (all but deflate)
# "<" in the encodings that a parser guesses: with and without a byte order mark, wide, and EBCDIC.
_XML = (b"<", b"\x00<", b"\x00\x00\x00<", b"\x00\x00<\x00", b"\x4c\x6f\xa7\x94")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_SPACE = b" \t\r\n"


def bound(size: int, most: int = MOST, free: int = FREE) -> int:
    """Bytes that a packed file of `size` bytes may unpack to.

    >>> bound(1_000), bound(1_000_000), bound(10_000_000)
    (20000000, 100000000, 200000000)
    """
    return min(most, max(free, RATIO * size))


def entries(data: bytes) -> int:
    """How many entries a ZIP can have at most, without reading its directory."""
    return data.count(_ENTRY)


def stream(archive: zipfile.ZipFile, row: zipfile.ZipInfo) -> Iterator[bytes]:
    """An entry, unpacked a block at a time; whatever zipfile raises."""
    size = BLOCK if row.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) else _SMALL
    with archive.open(row) as opened:
        while piece := opened.read(size):
            yield piece


def office(path: Path, what: str, hint: str, bounds: Bounds) -> io.BytesIO:
    """The bytes of a Word document or workbook, for a library to open. `what` it is ("a Word document").

    InputError, with the limit, where it is none, or unpacks to more than it may, or has XML that is broken or more than
    `bounds`.
    """
    with reading(path, what, hint):
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path} has more than {LARGEST // 1_000_000} MB, too much for {what} to read.", hint)
        data = path.read_bytes()
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(f"{path} is under a password, or of an older kind than {what}.", hint)
    if entries(data) > MOST_ENTRIES:
        raise InputError(f"{path} holds more than {MOST_ENTRIES:,} files, too many for {what}.", hint)
    with reading(path, what, hint), zipfile.ZipFile(io.BytesIO(data)) as archive:
        _unpacked(path, archive, len(data), Count(str(path), bounds), what, hint)
    return io.BytesIO(data)


def _unpacked(path: Path, archive: zipfile.ZipFile, size: int, count: Count, what: str, hint: str) -> None:
    """Unpack all of it once and keep nothing. InputError where it is more than it may be."""
    rows = archive.infolist()
    left = bound(size)
    too_much = InputError(
        f"{path} unpacks to more than {left // 1_000_000} MB, which is more than {what} of its size may hold.", hint
    )
    if sum(row.file_size for row in rows) > left:
        raise too_much
    for row in rows:
        if row.flag_bits & 1:
            raise InputError(f"{path} is under a password.", hint)
        if row.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(f"{path} is packed in a way that {what} is not.", hint)
        pieces = stream(archive, row)
        try:
            first = next(pieces, b"")
            left -= len(first)
            if _is_xml(first):
                _checked(chain([first], pieces), row, count)
            for piece in pieces:
                left -= len(piece)
                if left < 0:
                    raise too_much
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            raise InputError(f"{path} is damaged: a part of it cannot be unpacked.", hint) from None


def _checked(pieces: Iterable[bytes], row: zipfile.ZipInfo, count: Count) -> None:
    """Check an entry that begins as XML. InputError, but not for small pages and drawings that are nearly XML."""
    try:
        count.check(pieces, _told(row.filename))
    except BrokenError:
        if row.filename.casefold().endswith((".xml", ".rels")) or row.file_size > MOST_NEARLY:
            raise


def _is_xml(first: bytes) -> bool:
    """Whether a parser may take for XML what begins like this."""
    for mark in _MARKS:
        first = first.removeprefix(mark)
    if not first.strip(_SPACE + b"\0"):
        return bool(first.strip(b"\0"))
    return first.lstrip(_SPACE).startswith(_XML) or first.lstrip(_SPACE + b"\0").startswith(b"<")


def _told(name: str) -> str:
    """The name of an entry for a message: where it lies in the kinds of files that are known, else nothing of it."""
    known = ("word", "xl", "docprops", "_rels", "customxml", "[content_types].xml")
    return name if name.split("/")[0].casefold() in known and len(name) < 80 and name.isprintable() else "a part of it"
