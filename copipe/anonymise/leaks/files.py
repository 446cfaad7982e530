"""All text that a file holds, wherever it hides: in archives, metadata, streams, attachments.

What a file is shows in its first bytes, not in its name. Archives (ZIP with DOCX, XLSX, QDPX; tar, gzip, bzip2, xz) are
opened to any depth that is sane; of anything unknown the letters are picked out. Formats: ZIP (APPNOTE 6.3.10), PNG
(https://www.w3.org/TR/png-3/), gzip (RFC 1952), data URIs (RFC 2397).
"""

from __future__ import annotations

import base64
import binascii
import bz2
import html
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

DEEPEST = 6  # archives inside one another
LARGEST = 256 << 20  # bytes that one file may come to when all in it is unpacked
MOST = 20_000  # members and streams of one file
RUN = 4  # signs in a row that are picked out of what is no text
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_PNG = b"\x89PNG\r\n\x1a\n"
_SEALED = {  # what cannot be looked into, by its first bytes
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard",
}
# Latin letters of UTF-8 among them: a name with an accent is one run.
_LETTERS = re.compile(rb"(?:[\x20-\x7e]|[\xc3-\xc5][\x80-\xbf]|\xe2\x80[\x90-\x9f]){%d,}" % RUN)
_WIDE = (
    (re.compile(rb"(?:[\x20-\x7e\xc0-\xff]\x00){%d,}" % RUN), "utf-16-le"),
    (re.compile(rb"(?:\x00[\x20-\x7e\xc0-\xff]){%d,}" % RUN), "utf-16-be"),
)
_DATA_URI = re.compile(r"data:[\w.+-]*(?:/[\w.+-]*)?(?:;[\w.=+-]+)*;base64,([A-Za-z0-9+/=_%\s-]+)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{4}\s?){16,}[A-Za-z0-9+/]{0,3}={0,2}")


@dataclass(frozen=True, slots=True)
class Part:
    """Text found at `member` ("word/document.xml", "" for the file itself; "!" goes into an archive in an archive).

    `what` says how it was come by: as text, as the name of a member, or as letters picked out of other bytes, a run of
    them on each line.
    """

    member: str
    text: str
    what: Literal["text", "name", "letters"] = "text"


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be looked into, and why."""

    member: str
    why: str


@dataclass(slots=True)
class _Budget:
    """What may still be unpacked of one file: an archive may unpack to more than any disk holds."""

    left: int = LARGEST
    members: int = MOST

    def take(self, size: int) -> None:
        self.left -= size
        self.members -= 1
        if self.left < 0 or self.members < 0:
            raise _TooMuchError


class _TooMuchError(Exception):
    """An archive unpacks to more than is looked at."""


def parts(data: bytes) -> Iterator[Part | Unread]:
    """Everything there is to read in a file of these bytes, names of members included."""
    try:
        yield from _parts(data, "", _Budget(), 0)
    except _TooMuchError:
        yield Unread("", f"unpacks to more than {LARGEST >> 20} MB or {MOST} members")


def _parts(data: bytes, member: str, budget: _Budget, depth: int) -> Iterator[Part | Unread]:
    if depth > DEEPEST:
        yield Unread(member, f"archives inside one another, more than {DEEPEST} deep")
        return
    if why := next((why for magic, why in _SEALED.items() if data.startswith(magic)), ""):
        yield Unread(member, why)
    elif _is_zip(data):
        yield from _zip(data, member, budget, depth)
    elif data.startswith(_PNG):
        yield from _png(data, member, budget, depth)
    elif b"%PDF-" in data[:1024]:
        yield from _pdf(data, member, budget)
    elif inflated := _inflated(data, budget):
        yield from _letters(data[:512], member)  # gzip keeps the name of the file and a comment
        yield from _parts(inflated, _into(member, "unpacked"), budget, depth + 1)
    elif data[257:262] == b"ustar":
        yield from _tar(data, member, budget, depth)
    else:
        yield from _text(data, member, budget, depth)


def _into(member: str, inner: str) -> str:
    return f"{member}!{inner}" if member else inner


def _is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06")) or (
        b"PK\x05\x06" in data[-70_000:] and zipfile.is_zipfile(io.BytesIO(data))
    )


def _zip(data: bytes, member: str, budget: _Budget, depth: int) -> Iterator[Part | Unread]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        yield Unread(member, "a damaged ZIP archive")
        yield from _letters(data, member)
        return
    with archive:
        comments = [archive.comment]
        rows = archive.infolist()
        first = min((row.header_offset for row in rows), default=0)
        for row in rows:
            budget.take(0)
            here = _into(member, row.filename)
            yield Part(here, row.filename, "name")
            comments += [row.comment, row.extra]
            if row.is_dir():
                continue
            if row.flag_bits & 1:
                yield Unread(here, "under a password")
                continue
            try:
                with archive.open(row) as stream:
                    inner = stream.read(min(row.file_size, budget.left) + 1)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError, zlib.error):
                yield Unread(here, "damaged, or compressed in a way that is not known")
                continue
            budget.take(len(inner))
            yield from _parts(inner, here, budget, depth + 1)
    yield from _letters(data[:first], member)  # what stands before an archive is read by nobody, and goes along
    yield from _letters(b"\n".join(comments), member)


def _tar(data: bytes, member: str, budget: _Budget, depth: int) -> Iterator[Part | Unread]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for row in archive:
                here = _into(member, row.name)
                yield Part(here, f"{row.name} {row.linkname} {row.uname} {row.gname}", "name")
                stream = archive.extractfile(row) if row.isfile() else None
                inner = stream.read(max(budget.left, 0) + 1) if stream else b""
                budget.take(len(inner))
                yield from _parts(inner, here, budget, depth + 1)
    except (tarfile.TarError, EOFError, OSError):
        yield Unread(member, "a damaged tar archive")
        yield from _letters(data, member)


def inflate(data: bytes, most: int, wbits: int = zlib.MAX_WBITS) -> bytes:
    """What zlib makes of `data`, `most` bytes of it; what comes before the damage where it is damaged."""
    worker = zlib.decompressobj(wbits)
    out = bytearray()
    try:
        for at in range(0, len(data), 1 << 16):
            out += worker.decompress(data[at : at + (1 << 16)], most + 1 - len(out))
            while worker.unconsumed_tail and len(out) <= most:
                out += worker.decompress(worker.unconsumed_tail, most + 1 - len(out))
            if worker.eof or len(out) > most:
                break
    except zlib.error:
        pass
    return bytes(out)


def _inflated(data: bytes, budget: _Budget) -> bytes:
    """Unpacked, where the bytes are one packed file: gzip, bzip2, xz, or bare zlib as version control keeps it."""
    out = b""
    if data.startswith(b"\x1f\x8b"):
        rest = data
        while rest.startswith(b"\x1f\x8b"):  # several may stand one behind another
            worker = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                out += worker.decompress(rest, max(budget.left - len(out), 0) + 1)
            except zlib.error:
                break
            if not worker.eof:
                break
            rest = worker.unused_data
    elif data.startswith((b"BZh", b"\xfd7zXZ\x00")):
        worker2 = bz2.BZ2Decompressor() if data.startswith(b"BZh") else lzma.LZMADecompressor()
        try:
            out = worker2.decompress(data, max(budget.left, 0) + 1)
        except (OSError, lzma.LZMAError, EOFError):
            out = b""
    elif data[:1] == b"\x78" and len(data) > 2 and int.from_bytes(data[:2], "big") % 31 == 0:
        out = inflate(data, budget.left)
    budget.take(len(out))
    return out


def _png(data: bytes, member: str, budget: _Budget, depth: int) -> Iterator[Part | Unread]:
    """The chunks of a PNG that are not its picture; text that is packed is unpacked."""
    at = len(_PNG)
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        at += 12 + size
        if kind == b"IEND":
            break
        if kind in (b"IDAT", b"PLTE", b"fdAT"):
            continue
        here = _into(member, kind.decode("latin-1"))
        yield from _letters(body, here)
        if kind in (b"zTXt", b"iTXt", b"iCCP", b"zXIf"):
            for start in (n for n in range(min(len(body), 400)) if body[n : n + 1] == b"\x78"):
                if inner := inflate(body[start:], budget.left):
                    budget.take(len(inner))
                    yield from _text(inner, here, budget, depth + 1)
    if data[at:].strip(b"\0"):
        yield from _parts(data[at:], _into(member, "after the end"), budget, depth + 1)


def _pdf(data: bytes, member: str, budget: _Budget) -> Iterator[Part | Unread]:
    from copipe.anonymise.leaks.pdf import texts

    if b"/Encrypt" in data:
        yield Unread(member, "an encrypted PDF")
    for text in texts(data, lambda packed: _spend(packed, budget)):
        yield Part(member, text)
    yield from _letters(data, member)


def _spend(packed: bytes, budget: _Budget) -> bytes:
    out = inflate(packed, budget.left)
    budget.take(len(out))
    return out


def _text(data: bytes, member: str, budget: _Budget, depth: int) -> Iterator[Part | Unread]:
    if data[:1] == b"{" and (read := _fields(data)):
        yield Part(member, read[0])
        yield from _letters(read[1], member)
        return
    text = decoded(data)
    if text is None:
        yield from _letters(data, member)
        return
    yield Part(member, text)
    if data[:5] == b"{\\rtf":
        yield Part(member, _rtf(text))
    seen: set[str] = set()
    for _ in range(DEEPEST):
        for encoded in (*_DATA_URI.finditer(text), *_BASE64.finditer(text)):
            said = unquote(encoded[encoded.lastindex or 0])
            if said not in seen:
                seen.add(said)
                yield from _base64(said, _at(member, text, encoded.start()), budget, depth)
        before, text = text, html.unescape(text)  # an attachment inside a page inside a page
        if text == before:
            break


def _fields(data: bytes) -> tuple[str, bytes] | None:
    from copipe.anonymise.leaks.fields import texts

    return texts(data)


def _at(member: str, text: str, start: int) -> str:
    line = text.count("\n", 0, start) + 1
    return _into(member, f"base64 on line {line}")


def _base64(text: str, member: str, budget: _Budget, depth: int) -> Iterator[Part | Unread]:
    bare = re.sub(r"[\s=]", "", text).translate(str.maketrans("-_", "+/"))
    try:
        inner = base64.b64decode(bare[: len(bare) - (len(bare) % 4 == 1)] + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return
    budget.take(len(inner))
    yield from _parts(inner, member, budget, depth + 1)


def decoded(data: bytes) -> str | None:
    """The text of a text file, with or without a mark of how it is encoded; None for anything else."""
    if data[:4] in _UTF32:
        return data.decode("utf-32", errors="replace")
    if data[:2] in _UTF16:
        return data.decode("utf-16", errors="replace")
    sample = data[:8192]
    if b"\0" in sample:
        odd, even = sample[1::2].count(0), sample[::2].count(0)
        if max(odd, even) * 4 > len(sample) and min(odd, even) * 20 < len(sample):  # every other byte: UTF-16
            return data.decode("utf-16-le" if odd > even else "utf-16-be", errors="replace")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if sum(b < 9 or 13 < b < 32 for b in sample) * 50 > len(sample):
            return None
        # Both ways of reading it: an old Windows file, or one with a damaged sign in it.
        del error
        return data.decode("cp1252", errors="replace") + "\n" + data.decode("utf-8", errors="ignore")


def _letters(data: bytes, member: str) -> Iterator[Part]:
    """What can be read in bytes that are no text."""
    runs = [hit.group().decode("utf-8", errors="replace") for hit in _LETTERS.finditer(data)]
    for pattern, encoding in _WIDE:
        runs += [hit.group().decode(encoding, errors="replace") for hit in pattern.finditer(data)]
    if runs:
        yield Part(member, "\n".join(runs), "letters")


def _rtf(text: str) -> str:
    """Rich Text (1.9.1) without its control words."""
    text = re.sub(r"\\u(-?\d+) ?\??", lambda hit: chr(int(hit[1]) % 65536), text)
    text = re.sub(r"\\'([0-9a-fA-F]{2})", lambda hit: bytes.fromhex(hit[1]).decode("cp1252", errors="replace"), text)
    text = re.sub(r"\\(?:par|line|tab|cell|row)\b ?", " ", text)
    return re.sub(r"\\[a-zA-Z]+-?\d* ?|[{}]", "", text)
