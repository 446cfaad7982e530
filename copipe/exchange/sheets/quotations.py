"""A quotation table: passages with citation, speaker and codes, as CSV, XLSX or Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from copipe.errors import UsageError
from copipe.exchange.sheets import tables
from copipe.files import write_file

SUFFIXES = (".csv", ".xlsx", ".md")
_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~])")


@dataclass(frozen=True, slots=True)
class QuotationRow:
    """One passage as it is printed. `codes` are labels; `status` says whether a person accepted them."""

    citation: str
    meeting: str
    date: str
    stage: str
    kind: str
    time: str
    roles: str
    codes: str
    status: str
    quotation: str


def write(path: Path, rows: Sequence[QuotationRow], heading: str) -> None:
    """Write the table in the format of the file's suffix. UsageError for a suffix that is none of SUFFIXES."""
    kind = suffix(path)
    if kind == ".md":
        write_file(path, markdown(rows, heading))
        return
    header = tuple(f.name for f in fields(QuotationRow))
    table = tables.Table(header, tuple(astuple(row) for row in rows), {}, "quotations")
    (tables.write_csv if kind == ".csv" else tables.write_xlsx)(path, table)


def suffix(path: Path) -> str:
    """The suffix of a file that `write` can write."""
    found = path.suffix.lower()
    if found not in SUFFIXES:
        raise UsageError(
            f"{path.name}: a quotation table is {', '.join(SUFFIXES)}.", "Name the file so that it ends in one."
        )
    return found


def markdown(rows: Sequence[QuotationRow], heading: str) -> str:
    """The table in Markdown (GitHub's tables); signs with a meaning are escaped.

    >>> print(markdown([QuotationRow("M p. 1, l. 1", "M", "", "", "", "", "SN1", "Trust", "accepted", "a|b")], "Trust"))
    # Trust
    <BLANKLINE>
    | citation | who | codes | status | quotation |
    |---|---|---|---|---|
    | M p. 1, l. 1 | SN1 | Trust | accepted | a\\|b |
    <BLANKLINE>
    """
    lines = [f"# {_escape(heading)}", "", "| citation | who | codes | status | quotation |", "|---|---|---|---|---|"]
    for row in rows:
        cells = (row.citation, row.roles, row.codes, row.status, row.quotation)
        lines.append("| " + " | ".join(map(_escape, cells)) + " |")
    return "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
