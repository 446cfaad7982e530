"""Codebooks as tables (.csv), for a spreadsheet: one code a row, one field a column.

Columns are `key` and the fields of `copipe.study.code_fields` by their names, in any order;
either `key` or `label` is needed.
Where a field has several values (examples, seeds, aliases ...) each stands on a line of its own in the cell. What is
written is UTF-8 with a byte order mark and commas, which spreadsheets open without asking; what is read may have
semicolons or tabs, and no mark.

A cell that a spreadsheet would take for a formula (it begins with = + - @ or a control character) is written with an
apostrophe before it, and read without.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from copipe import texts
from copipe.errors import InputError
from copipe.exchange.codebooks.qdc import keys_for
from copipe.records import Code, Codebook
from copipe.study import code_fields
from copipe.study.code_fields import BY_NAME, FIELDS, Plain

COLUMNS = ("key", *(field.name for field in FIELDS))
MOST_NOTES = 100  # columns that are named as left out
_LOOKED_AT = 10_000  # letters of the first line
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")  # OWASP, "CSV injection"
# What other programs call the columns.
_OTHER_NAMES = {
    "code": "label", "code name": "label", "name": "label", "description": "definition", "comment": "memo",
    "color": "colour", "inclusion": "include", "inclusion criteria": "include", "when to use": "include",
    "exclusion": "exclude", "exclusion criteria": "exclude", "when not to use": "exclude", "example": "examples",
    "counterexamples": "counter-examples", "category": "parent", "parent code": "parent", "keywords": "seeds",
}  # fmt: skip


def write(book: Codebook) -> str:
    """A codebook as the text of a CSV file."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for code in book.codes:
        said = code_fields.plain(code)
        cells = [code.key, *(said.get(name, "") for name in COLUMNS[1:])]
        table.writerow([_safe(cell if isinstance(cell, str) else "\n".join(map(_one_line, cell))) for cell in cells])
    return "\ufeff" + out.getvalue()


def lost(book: Codebook) -> tuple[str, ...]:
    """What a table of codes has no place for."""
    named = {
        "its name": book.name,
        "its description": book.description,
        "its source": book.source,
        "its sets": book.sets,
        "line breaks within examples": any(
            "\n" in text for code in book.codes for text in (*code.examples, *code.counter_examples)
        ),
    }
    return tuple(what for what, said in named.items() if said)


def read(path: Path) -> tuple[Codebook, tuple[str, ...]]:
    """The codebook in a CSV file (its hash is left to the caller), and what could not be taken over.

    Raises `InputError` with all that is wrong with the file, by line.
    """
    text = _decode(path)
    delimiter = max(",;\t", key=lambda sign: _known(_cells(text, sign)))
    header, rows = _table(path, text, delimiter)
    columns, notes = _columns(path, header)
    problems: list[str] = []
    said: list[dict[str, Plain]] = []
    for line, row in rows:
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            problems.append(f"line {line}: {len(row)} cells, and {len(header)} columns; a text with a {delimiter!r} "
                            "in it belongs in quotes")  # fmt: skip
        cells = {name: _plain(cell) for name, cell in zip(columns, row, strict=False) if name}
        said.append({name: _values(name, cell) for name, cell in cells.items() if cell.strip()})
        if not said[-1].get("key") and not said[-1].get("label"):
            problems.append(f"line {line}: a code with neither key nor label")
    if not rows:
        problems.append("line 1: no codes below the header")
    if problems:
        count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
        raise InputError(
            f"{path}: {count} in the codebook\n" + "\n".join(f"  {p}" for p in problems), "Mend them in a spreadsheet."
        )
    codes = _codes(said)
    if key := code_fields.too_deep({code.key: code.parent for code in codes}):
        raise InputError(
            f"{path}: {key}: codes within codes, more than {code_fields.DEEPEST} levels deep.",
            "Put the innermost codes under one that stands further up.",
        )
    return Codebook(path.stem, codes, ""), tuple(notes)


def _table(path: Path, text: str, delimiter: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The first row, and the others that are not empty with the lines where they end."""
    line = 0
    header: list[str] | None = None
    rows: list[tuple[int, list[str]]] = []
    try:
        for line, row in texts.numbered_rows(text, delimiter, path):
            if header is None:
                header = row
            elif any(cell.strip() for cell in row):
                rows.append((line, row))
    except csv.Error as error:
        raise InputError(f"{path}, line {line + 1}: not a table ({error}).", "Save it as CSV again.") from None
    return header or [], rows


def _codes(said: Sequence[dict[str, Plain]]) -> tuple[Code, ...]:
    """The codes of the rows; a category may be named by its key or by its label."""
    keys = keys_for([str(row.get("label", "")) for row in said], [str(row.pop("key", "")) for row in said])
    known = frozenset(keys)
    by_label: dict[str, str] = {}
    for key, row in zip(keys, said, strict=True):
        by_label.setdefault(str(row.get("label", "")) or code_fields.label_of(key), key)
    codes = []
    for key, row in zip(keys, said, strict=True):
        above = str(row.get("parent", ""))
        parent = above if above in known or not above else by_label.get(above, above)
        codes.append(code_fields.build(key, {**row, "parent": parent}))
    return tuple(codes)


def _decode(path: Path) -> str:
    try:
        data = texts.read_bytes(path, texts.LARGEST_TABLE)
    except OSError as error:
        raise InputError(f"{path}: the codebook cannot be read ({error.strerror}).", "Check the path.") from error
    hint = "In Excel, save it as 'CSV UTF-8'; in LibreOffice, choose UTF-8 where it asks."
    if data.startswith(b"PK"):
        raise InputError(f"{path} is a spreadsheet, not a CSV file.", hint)
    try:
        is_utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # Excel's "Unicode text"
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = texts.line_of(error)
        raise InputError(f"{path}, line {line}: not UTF-8 text.", hint) from None
    if "\0" in text:
        raise InputError(f"{path} is not a text file.", hint)
    texts.refuse_odd(text, str(path))
    return text


def _head(text: str) -> str:
    return text.split("\n", 1)[0].rstrip("\r")


def _cells(text: str, delimiter: str) -> list[str]:
    """The cells of the first line, as far as they are looked at to tell which sign stands between them."""
    try:
        return next(csv.reader([_head(text)[:_LOOKED_AT]], delimiter=delimiter), [])
    except csv.Error:
        return []


def _known(header: Sequence[str]) -> int:
    return sum(bool(_column(cell)) for cell in header)


def _column(cell: str) -> str:
    """The field that a heading means, "" where it is none."""
    said = " ".join(_plain(cell).strip().casefold().split())
    name = said.replace("_", "-").replace(" ", "-")
    return name if name in COLUMNS else _OTHER_NAMES.get(said.replace("_", " ").replace("-", " "), "")


def _columns(path: Path, header: Sequence[str]) -> tuple[list[str], list[str]]:
    """The field of each column, and what was left out. InputError where there is no header, or a column twice."""
    columns = [_column(cell) for cell in header]
    notes: list[str] = []
    if "key" not in columns and "label" not in columns:
        raise InputError(
            f"{path}, line 1: no column `key` or `label`.",
            f"The first line names the columns: {', '.join(COLUMNS)}.",
        )
    counted = Counter(columns)
    for cell, name in zip(header, columns, strict=True):
        if name and counted[name] > 1:
            raise InputError(f"{path}, line 1: two columns are `{name}`.", "Take one out, or give it another name.")
        if not name and cell.strip() and len(notes) < MOST_NOTES:
            close = difflib.get_close_matches(cell.strip().casefold(), COLUMNS, n=1)
            notes.append(f'column "{cell.strip()}" was left out' + (f" (did you mean {close[0]}?)" if close else ""))
    return columns, notes


def _values(name: str, cell: str) -> Plain:
    if name != "key" and BY_NAME[name].many:
        return tuple(dict.fromkeys(line.strip() for line in cell.replace("\r", "\n").split("\n") if line.strip()))
    text = cell.strip().replace("\r\n", "\n").replace("\r", "\n")
    return text if name != "key" and BY_NAME[name].kind == "text" else " ".join(text.split())


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def _safe(cell: str) -> str:
    return "'" + cell if _FORMULA.match(cell) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
