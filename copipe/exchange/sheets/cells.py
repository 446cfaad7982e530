"""The cells of a workbook's first sheet, one row after another, each as the text that it shows.

openpyxl can give values of formulas or what was typed, and fills every gap between rows. Both are wanted here, in one
pass, and no gap: a row may say that it is number two billion. So its parser of sheets is used without what is above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

if TYPE_CHECKING:
    from openpyxl import Workbook


class _Parser(WorkSheetParser):
    """The value of a formula; of one that has none, what was typed."""

    def parse_cell(self, element: Any) -> Any:
        cell = super().parse_cell(element)
        if cell["value"] is None or str(cell["value"]).startswith("#"):
            typed = element.findtext(FORMULA_TAG)
            if typed:
                cell["value"] = f"={typed}"
        return cell


def rows(book: Workbook) -> Iterator[tuple[int, list[str]]]:
    """Number (from 1, rising) and cells of each row that holds anything, without empty cells at its end.

    `book` was opened read-only, with values for formulas. Raises what openpyxl raises.
    """
    sheet: Any = book.worksheets[0]
    inside: Any = book
    last = 0
    with sheet._get_source() as source:
        parser = _Parser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=inside.epoch,
            date_formats=inside._date_formats,
            timedelta_formats=inside._timedelta_formats,
        )
        for number, cells in parser.parse():
            row = _texts(cells)
            if number > last and row:
                last = number
                yield number, row


def _texts(cells: list[dict[str, Any]]) -> list[str]:
    """Each cell in its column, as text."""
    told = {cell["column"]: str(cell["value"]) for cell in cells if cell["value"] is not None}
    return [told.get(column, "") for column in range(1, max(told, default=0) + 1)]
