"""Tables as CSV and XLSX files: written so that no spreadsheet runs what was said, read back cell for cell.

A spreadsheet takes a cell that begins with = + - @ (or a tab or carriage return) for a formula (OWASP, CSV injection).
In CSV such a cell gets an apostrophe in front, which is taken away again on reading; in XLSX it is written as text.
CSV is UTF-8 with a byte order mark, without which Excel takes it for the system's old code page; a comma or (as Excel
writes in much of Europe) a semicolon or tab stands between the cells.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copipe import texts
from copipe.containers import zips
from copipe.containers.reading import reading
from copipe.containers.xml import Bounds
from copipe.errors import InputError
from copipe.files import write_file
from copipe.texts import for_xml

if TYPE_CHECKING:
    from openpyxl import Workbook

FORMULA = ("=", "+", "-", "@", "\t", "\r")
# The same behind white space or signs without a width, and in full width, which some programs take for the plain sign.
_FORMULA = re.compile("'*[\\s\\ufeff\\u200b-\\u200f\\u2060]*[=+\\-@\\t\\r\uff1d\uff0b\uff0d\uff20]")
LONGEST_LIST = 255  # characters of a validation list written in the cell itself; Excel's limit
LAST_ROW = 1_048_576  # of a sheet, in Excel and LibreOffice
MOST_CELLS = 500_000  # of a sheet that is read: 40,000 candidates
MOST_TEXT = 50_000_000  # signs in them; a shared text counts for every cell that it stands in
_WORKBOOK, _AGAIN = "an Excel workbook", "Save it again as XLSX, with nothing in it but the sheet that was written out."
_EMPTY: list[str] = []  # a row without cells: a sheet may have a million of them before one with a word
_BOUNDS = Bounds(
    elements=150_000,  # rows among them,
    common={
        "c": frozenset({"row"}),
        "v": frozenset({"c"}),
        "f": frozenset({"c"}),
        "is": frozenset({"c"}),
        "si": frozenset({"sst"}),
        "t": frozenset({"si", "is", "r"}),
        "r": frozenset({"si", "is"}),
    },
    most_common=2_000_000,
    groups=frozenset({"row", "si"}),
    most_together=100_000,
)
WIDTHS = {"passage": 80, "quotation": 80, "definition": 40, "why": 30, "memo": 40, "before": 30, "after": 30}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a header. `choices` are what may be put into a column, for programs that offer a list."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    choices: Mapping[str, tuple[str, ...]]
    name: str = "copipe"


def guarded(cell: str) -> str:
    """A cell of CSV that no spreadsheet takes for a formula.

    >>> guarded("=1+1"), guarded("'=1"), guarded("SN1")
    ("'=1+1", "''=1", 'SN1')
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """A cell as it was before `guarded`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def write_csv(path: Path, table: Table) -> None:
    """Write a table as CSV, atomically."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in table.header])
    writer.writerows([guarded(cell) for cell in row] for row in table.rows)
    write_file(path, "\ufeff" + out.getvalue())


def read_csv(path: Path) -> list[list[str]]:
    """All rows of a CSV file, the header first. InputError where it cannot be read as one."""
    try:
        data = texts.read_bytes(path, texts.LARGEST_TABLE)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = texts.line_of(error)
        raise InputError(f"{path}, line {line}: not UTF-8 text.", "Save it as CSV UTF-8, or as XLSX.") from None
    texts.refuse_odd(text, str(path))
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return [[unguarded(cell) for cell in row] for row in texts.rows(text, delimiter, path)]
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as CSV ({error}).", "Save it again, or as XLSX.") from None


def write_xlsx(path: Path, table: Table) -> None:
    """Write a table as a workbook: text cells, a frozen header, a filter, and lists to choose from."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = table.name
    for number, row in enumerate((table.header, *table.rows), 1):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(row=number, column=column)
            cell.value = for_xml(text)
            cell.data_type = "s"  # never a formula, number or date
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 1:
                cell.font = Font(bold=True)
    for column, name in enumerate(table.header, 1):
        sheet.column_dimensions[get_column_letter(column)].width = WIDTHS.get(name, 16)
    last = get_column_letter(len(table.header))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{last}{len(table.rows) + 1}"
    for column, name in enumerate(table.header, 1):
        choices = table.choices.get(name)
        if choices and table.rows:
            letter = get_column_letter(column)
            rule = DataValidation(type="list", formula1=_listed(book, name, choices), allow_blank=True)
            rule.error, rule.errorTitle = f"Choose one of the list for {name!r}, or leave it empty.", "Not in the list"
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}{len(table.rows) + 1}")
    book.save(path)
    path.chmod(0o600)


def _listed(book: Workbook, name: str, choices: Sequence[str]) -> str:
    """What a validation list refers to: the choices themselves if they are short, else a sheet of their own."""
    choices = [for_xml(choice) for choice in choices]
    written = ",".join(choices)
    if len(written) <= LONGEST_LIST and not any("," in choice for choice in choices):
        return f'"{written}"'
    sheet = book.create_sheet(name)
    for number, choice in enumerate(choices, 1):
        cell = sheet.cell(row=number, column=1)
        cell.value = for_xml(choice)
        cell.data_type = "s"
    return f"'{name}'!$A$1:$A${len(choices)}"


def read_xlsx(path: Path) -> list[list[str]]:
    """All rows of the first sheet of a workbook, the header first, each cell as text. InputError where it is none.

    Of a formula that has a value, the value; of one that has none, what was typed: "=not sure" is somebody's words.
    Empty cells and rows at the end are left out, and what the workbook says of its own size is not believed.
    """
    data = zips.office(path, _WORKBOOK, _AGAIN, _BOUNDS)
    with reading(path, _WORKBOOK, _AGAIN):
        return _rows(path, data)


def _rows(path: Path, data: io.BytesIO) -> list[list[str]]:
    """The rows of the first sheet. InputError where there is more in it than may be."""
    from openpyxl import load_workbook

    from copipe.exchange.sheets.cells import rows

    book = load_workbook(data, read_only=True, data_only=True)
    found: list[list[str]] = []
    cells = signs = 0
    for number, row in rows(book):
        if number > LAST_ROW:
            raise InputError(f"{path}: a row below number {LAST_ROW:,}, the last that a spreadsheet has.", _AGAIN)
        cells += len(row)
        signs += sum(map(len, row))
        if cells > MOST_CELLS:
            raise InputError(f"{path}, row {number}: more than {MOST_CELLS:,} cells, too much to be read.", _AGAIN)
        if signs > MOST_TEXT:
            most = f"{MOST_TEXT // 1_000_000} million signs"
            raise InputError(f"{path}, row {number}: more than {most}, too much to be read.", _AGAIN)
        found.extend([_EMPTY] * (number - len(found) - 1))
        found.append(row)
    book.close()
    return found
