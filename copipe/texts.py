"""Text that other people and programs wrote, within bounds: how long, how deep, and with which characters.

Every reader of JSON, TOML, YAML, CSV and plain text goes through here. A bound is far above what a study can hold, and
low enough that a file made to hold the program up is turned away at once: each says below how it was chosen.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from copipe.errors import InputError

# A thousand meetings with thirty people each take 0.5 MB of TOML; tomllib reads 2 MB in about a second.
LARGEST_TOML = 2_000_000  # bytes
# Ten thousand codes with a page of text each take 4 MB; the codebooks that come with copipe have 10 to 30 kB.
LARGEST_YAML = 5_000_000  # bytes
# A hundred thousand candidates with their passages take 40 MB.
LARGEST_TABLE = 50_000_000  # bytes
# Ten hours of speech are 0.6 MB of text, and 3 MB as subtitles.
LARGEST_TRANSCRIPT = 20_000_000  # bytes
# The longest line that people have is a paragraph: a page is 3,000 letters, an hour of one speaker 60,000.
LONGEST_LINE = 1_000_000  # letters
LONGEST_LINE_OF_SETTINGS = 200_000  # letters
# Settings have four levels, codebooks two for each level of codes, of which fifty are allowed.
DEEPEST = 150  # levels
# Excel's own limit; copipe's tables have at most twenty-two.
MOST_COLUMNS = 16_384
# What aliases stand for, counted as often as they stand there; a codebook of ten thousand codes has 200,000.
MOST_VALUES = 1_000_000

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
_TOML_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}.=,\n]', re.DOTALL
)
_NAMES = {0x07: "BEL", 0x08: "backspace", 0x0B: "VT", 0x0C: "form feed", 0x1B: "ESC"}


def control_in(text: str) -> str:
    """The first character of a text that no file of a report can hold, as U+001B; "" for none."""
    hit = _NOT_XML.search(text)
    return f"U+{ord(hit[0]):04X}" if hit else ""


def for_xml(text: str) -> str:
    """A text without the characters that XML cannot hold: what is written into a docx, svg, html or qdc.

    >>> for_xml("a\\x07b\\uffffc")
    'abc'
    """
    return _NOT_XML.sub("", text)


def odd_line(text: str) -> tuple[int, str] | None:
    """The line (from 1) and the name of the first character that no report can hold; None where there is none.

    >>> odd_line("one\\ntwo\\x1b")
    (2, 'U+001B (ESC)')
    """
    hit = _NOT_XML.search(text)
    if hit is None:
        return None
    code = ord(hit[0])
    name = _NAMES.get(code) or unicodedata.name(hit[0], "")
    return text.count("\n", 0, hit.start()) + 1, control_in(hit[0]) + (f" ({name})" if name else "")


def line_of(error: UnicodeDecodeError) -> int:
    """The line (from 1) of the first byte that is not UTF-8.

    >>> try: b"one\\ntwo\\xff".decode()
    ... except UnicodeDecodeError as error: line_of(error)
    2
    """
    return error.object.count(b"\n", 0, error.start) + 1


def refuse_odd(text: str, where: str) -> None:
    """InputError, with the line, for a character that no report can hold; `where` is the file or what was typed."""
    if odd := odd_line(text):
        raise InputError(
            f"{where}, line {odd[0]}: holds the character {odd[1]}, which no report can hold.",
            "Take the character out; typing the line anew does.",
        )


def read_bytes(path: Path, most: int) -> bytes:
    """The bytes of a file. InputError where there are more than `most`; OSError as of any file."""
    size = path.stat().st_size
    if path.is_file() and size > most:
        raise too_large(path, size, most)
    return path.read_bytes()


def too_large(path: Path | str, size: int, most: int) -> InputError:
    """What is said of a file of `size` bytes where `most` are read."""
    return InputError(
        f"{path}: has {size / 1e6:.1f} MB; copipe reads at most {most / 1e6:g} MB of such a file.",
        "Is it the right file? Split it, or take out what does not belong in it.",
    )


def bounded_lines(text: str, where: Path | str, most: int = LONGEST_LINE) -> None:
    """InputError, with the line, where one is longer than `most` letters."""
    if len(text) <= most:
        return
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > most:
            raise InputError(
                f"{where}, line {number}: has {len(line):,} letters; copipe reads at most {most:,} in a line.",
                "Is it the right file? Break the line up.",
            )


def from_json(data: str | bytes) -> Any:
    """What JSON says. ValueError where it is none, is nested too deeply, or is not UTF-8.

    The interpreter's own limit holds (about a thousand levels): what copipe writes has at most six.
    """
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def from_toml(text: str, where: Path | str) -> dict[str, Any]:
    """What TOML says. InputError for what is out of bounds, tomllib.TOMLDecodeError for what is no TOML."""
    if len(text) > LARGEST_TOML:
        raise too_large(where, len(text.encode()), LARGEST_TOML)
    bounded_lines(text, where, LONGEST_LINE_OF_SETTINGS)
    depth, dots, line = 0, 0, 1
    for token in _TOML_TOKEN.finditer(text):
        sign = token[0]
        depth += (sign in "[{") - (sign in "]}") if len(sign) == 1 else 0
        dots = dots + 1 if sign == "." else dots if sign[0] in "\"'" else 0
        if depth > DEEPEST or dots > DEEPEST:
            raise too_deep(where, line)
        line += sign.count("\n")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise too_deep(where, 1) from None
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, OverflowError) as error:  # a number of five thousand digits, the 31st of February
        raise tomllib.TOMLDecodeError(f"a number or a date that is none ({type(error).__name__})") from None


def too_deep(where: Path | str, line: int) -> InputError:
    """What is said of a file that is nested more than `DEEPEST` levels deep from `line` on."""
    return InputError(
        f"{where}, line {line}: nested more than {DEEPEST} levels deep.",
        "Nothing that copipe reads is as deep. Is a bracket not closed?",
    )


def numbered_rows(text: str, delimiter: str, where: Path | str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file, each with the line on which it ends. InputError where one has too many columns.

    csv.Error where the file is no table.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for row in reader:
        if len(row) > MOST_COLUMNS:
            raise InputError(
                f"{where}, line {reader.line_num}: has {len(row):,} columns; copipe reads at most {MOST_COLUMNS:,}.",
                "Is it the right file? Take out the columns that are not needed.",
            )
        yield reader.line_num, row


def rows(text: str, delimiter: str, where: Path | str) -> Iterator[list[str]]:
    """The rows of a CSV file; errors as of `numbered_rows`."""
    return (row for _, row in numbered_rows(text, delimiter, where))
