"""The text of a PDF as far as it can be had without drawing it (ISO 32000-1): streams unpacked, strings joined.

A line of text is often cut into pieces between which letters are moved a little; a font may number its letters as it
likes and say in a ToUnicode map what they are. Both are undone here. Nothing is laid out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_STRING = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)|<[0-9A-Fa-f\s]*>"
_SHOWN = re.compile(
    rb"(\[(?:[^\[\]()<>]|" + _STRING + rb")*\])\s*TJ|(" + _STRING + rb")\s*(?:Tj|'|\")|(" + _STRING + rb")", re.DOTALL
)
_PIECE = re.compile(rb"(" + _STRING + rb")|(-?\d+(?:\.\d+)?)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_CHAR = re.compile(rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]+)>")
_RANGE = re.compile(rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]+)>\s*(?:<([0-9A-Fa-f\s]+)>|\[([^\]]*)\])")
_GAP = 180  # thousandths of the type size to the right: a space that is not written
_LARGEST_RANGE = 65536

Map = dict[bytes, str]


def texts(data: bytes, unpack: Callable[[bytes], bytes]) -> Iterator[str]:
    """What stands in a PDF: outside its streams, in them as they are, and what they show by each map of letters."""
    bodies = [_unpacked(hit[1], unpack) for hit in _STREAM.finditer(data)]
    maps = [made for body in bodies if b"beginbf" in body and (made := _letters(body))]
    outside = _STREAM.sub(b" ", data)
    for body in (outside, *bodies):
        if b"beginbf" in body or not (b"(" in body or b"<" in body):
            continue
        yield "\n".join(_shown(body, None))
        for letters in maps:
            yield "\n".join(_shown(body, letters))
    for body in bodies:
        if body[:1] == b"<" or b"<?xpacket" in body[:200]:  # metadata are XML
            yield body.decode("utf-8", errors="replace")


def _unpacked(body: bytes, unpack: Callable[[bytes], bytes]) -> bytes:
    if body.rstrip().endswith(b"~>"):
        try:
            body = base64.a85decode(body.rstrip().removeprefix(b"<~").removesuffix(b"~>"))
        except ValueError:
            return body
    return unpack(body) or body


def _shown(body: bytes, letters: Map | None) -> Iterator[str]:
    """The strings of a stream, one a line; those of one TJ together."""
    for hit in _SHOWN.finditer(body):
        if hit[1]:
            line = ""
            for piece in _PIECE.finditer(hit[1]):
                if piece[1]:
                    line += _string(piece[1], letters)
                elif -float(piece[2]) > _GAP:
                    line += " "
            yield line
        else:
            yield _string(hit[2] or hit[3], letters)


def _string(token: bytes, letters: Map | None) -> str:
    raw = _hex(token[1:-1]) if token[:1] == b"<" else _ESCAPED.sub(_escape, token[1:-1])
    if letters is not None:
        size = max(map(len, letters))
        return "".join(letters.get(raw[n : n + size], "") for n in range(0, len(raw), size))
    if raw[:2] == b"\xfe\xff":
        return raw[2:].decode("utf-16-be", errors="replace")
    return raw.decode("cp1252", errors="replace")


def _escape(hit: re.Match[bytes]) -> bytes:
    said = hit[1]
    if said[:1].isdigit():
        return bytes([int(said, 8) & 255])
    return b"" if said.strip() == b"" and said != b" " else _SIGNS.get(said, said)


def _hex(digits: bytes) -> bytes:
    bare = re.sub(rb"\s", b"", digits)
    return bytes.fromhex((bare + b"0" * (len(bare) % 2)).decode())


def _letters(body: bytes) -> Map:
    """What a ToUnicode map says of each code."""
    found: Map = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", body, re.DOTALL):
        for code, sign in _CHAR.findall(block):
            found[_hex(code)] = _hex(sign).decode("utf-16-be", errors="replace")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", body, re.DOTALL):
        for low, high, first, listed in _RANGE.findall(block):
            start, size = int.from_bytes(_hex(low), "big"), len(_hex(low))
            count = min(int.from_bytes(_hex(high), "big") - start + 1, _LARGEST_RANGE)
            if listed:
                signs = [_hex(s).decode("utf-16-be", errors="replace") for s in re.findall(rb"<([^>]*)>", listed)]
            else:
                begin = int.from_bytes(_hex(first), "big")
                signs = [chr(begin + n) for n in range(count) if begin + n < 0x110000]
            for n, sign in enumerate(signs[:count]):
                found[(start + n).to_bytes(size, "big")] = sign
    return found
