"""The one place through which text goes to a terminal: nothing that somebody wrote can move, hide or colour anything.

Speech, labels, file names and memos come from other people. A control character in them could rewrite lines, set the
title of the window or fill the clipboard; a bidirectional override shows letters in another order. All are shown as
signs, one for one. https://www.unicode.org/reports/tr36/, ECMA-48
"""

from __future__ import annotations

import io
import json
import re
import sys

# C0 but for line breaks and tabs, DEL, C1; marks that turn the direction of writing; separators of lines.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_PICTURES = 0x2400  # the block of Unicode with a sign for each of C0


def visible(text: str) -> str:
    """`text` with a sign in the place of each character that a terminal would obey.

    >>> visible("a\\x1b[31mb\\rc\\x7f\\u202ed\\n")
    'a␛[31mb␍c␡�d\\n'
    """
    return _CONTROL.sub(_sign, text)


def _sign(hit: re.Match[str]) -> str:
    code = ord(hit[0])
    if code < 0x20:
        return chr(_PICTURES + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def any_encoding() -> None:
    """Let a terminal that cannot show a letter (latin-1, cp1252, ASCII) show its number instead: \\u2026."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(text: str, error: bool = False) -> None:
    """Print plain text: a table for another program, or an error."""
    print(visible(text), file=sys.stderr if error else sys.stdout)


def tell_json(value: object) -> None:
    """Print a value as JSON for a script; what a terminal would obey is escaped, so that nothing of it is lost."""
    said = json.dumps(value, ensure_ascii=False, indent=1)
    print(_CONTROL.sub(lambda hit: f"\\u{ord(hit[0]):04x}", said))
