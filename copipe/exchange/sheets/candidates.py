"""Candidates on a sheet, to decide on away from copipe: written as CSV or XLSX, and read back with the verdicts.

One row a passage and code. A person fills in `verdict` (accept, reject, recode), `recode to` (the key of a code) and
`memo`; the rest is for reading. `id` says which passage and code a row is about and ends in a check digit of its own,
so that a cell that was changed is noticed; `as of` is the verdict and the decision that stood when the sheet was
written, `coder` the second coder it is for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from copipe.errors import InputError, UsageError
from copipe.exchange.sheets import tables
from copipe.texts import from_json

SUFFIXES_OUT = (".csv", ".xlsx", ".html")
SUFFIXES_IN = (".csv", ".xlsx", ".json")
VERDICTS = ("accept", "reject", "recode")
_SPOKEN = {  # what people write instead
    "accepted": "accept", "yes": "accept", "y": "accept", "a": "accept", "1": "accept", "x": "accept",
    "rejected": "reject", "no": "reject", "n": "reject", "r": "reject", "0": "reject",
    "recoded": "recode", "c": "recode",
}  # fmt: skip
HEADER = (
    "id",
    "citation",
    "role",
    "passage",
    "code",
    "definition",
    "why",
    "verdict",
    "recode to",
    "memo",
    "as of",
    "coder",
)
NEEDED = ("id", "verdict")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One passage and code. `label`, `before` and `after` are shown by the page alone."""

    id: str
    citation: str
    role: str
    passage: str
    code: str
    definition: str
    why: str
    verdict: str = ""
    recode_to: str = ""
    memo: str = ""
    as_of: str = ""
    coder: str = ""
    label: str = ""
    before: str = ""
    after: str = ""
    meeting: str = ""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as it came back; `number` is its row in the file, the header being row 1."""

    number: int
    id: str
    verdict: str
    recode_to: str
    memo: str
    as_of: str
    coder: str


@dataclass(frozen=True, slots=True)
class RowId:
    """What a row is about: words `first` to `last` of a meeting (ids), in the transcription `source`, under a code."""

    meeting: str
    first: str
    last: str
    code: str


def make_id(meeting: str, first: str, last: str, code: str, source: str) -> str:
    """The id of a row: "2010-02/000123-000140/conflict/3f2a".

    >>> make_id("M", "M:000001", "M:000009", "trust", "ab").rpartition("/")[0]
    'M/000001-000009/trust'
    """
    told = f"{meeting}/{first.rpartition(':')[2]}-{last.rpartition(':')[2]}/{code}"
    return f"{told}/{_check(told, source)}"


def parse_id(text: str, sources: Sequence[tuple[str, str]]) -> RowId:
    """What an id stands for; `sources` are the meetings and the digests of their transcriptions.

    ValueError says, for a person, what is wrong with it.
    """
    parts = text.strip().rsplit("/", 3)
    ends = parts[1].split("-") if len(parts) == 4 else []
    if len(ends) != 2:
        raise ValueError("the id was changed")
    meeting, _, code, check = parts
    source = dict(sources).get(meeting)
    if source is None:
        raise ValueError(f"there is no coded meeting {meeting!r}")
    if check != _check("/".join(parts[:3]), source):
        raise ValueError("the id was changed, or the meeting has been transcribed anew since")
    return RowId(meeting, f"{meeting}:{ends[0]}", f"{meeting}:{ends[1]}", code)


def _check(told: str, source: str) -> str:
    return hashlib.blake2b(f"{told}\0{source}".encode(), digest_size=3).hexdigest()


def write(path: Path, rows: Sequence[SheetRow], codes: Sequence[str]) -> None:
    """Write a sheet as CSV or XLSX by the file's suffix; `codes` may be chosen for "recode to"."""
    table = tables.Table(
        HEADER,
        tuple(
            (
                r.id,
                r.citation,
                r.role,
                r.passage,
                r.code,
                r.definition,
                r.why,
                r.verdict,
                r.recode_to,
                r.memo,
                r.as_of,
                r.coder,
            )
            for r in rows
        ),
        {"verdict": VERDICTS, "recode to": tuple(codes)},
        "review",
    )
    (tables.write_csv if path.suffix.lower() == ".csv" else tables.write_xlsx)(path, table)


def read(path: Path) -> tuple[ReadRow, ...]:
    """The rows of a sheet, or of the file that the page saves. InputError where it is neither.

    Rows without an id and without anything else are left out; columns may stand in any order.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES_IN:
        what = "The page saves a .json: read that." if suffix == ".html" else f"It reads {', '.join(SUFFIXES_IN)}."
        raise UsageError(f"{path.name}: verdicts cannot be read from this.", what)
    if not path.exists():
        raise InputError(f"{path} is not there.", "Name the file that came back.")
    if suffix == ".json":
        return _read_json(path)
    rows = tables.read_csv(path) if suffix == ".csv" else tables.read_xlsx(path)
    header = [cell.strip().casefold() for cell in rows[0]] if rows else []
    lacking = [name for name in NEEDED if name not in header]
    if lacking:
        raise InputError(
            f"{path}: the columns {', '.join(lacking)} are missing in row 1.", "Keep the first row as --out wrote it."
        )
    found = []
    for number, row in enumerate(rows[1:], 2):
        cells = {name: row[i].strip() for i, name in enumerate(header) if i < len(row)}
        if any(cells.values()):
            found.append(_row(number, {name: cells.get(name, "") for name in HEADER}))
    return tuple(found)


def _row(number: int, cells: dict[str, str]) -> ReadRow:
    verdict = cells["verdict"].casefold().strip(" .")
    return ReadRow(
        number,
        cells["id"],
        _SPOKEN.get(verdict, verdict),
        cells["recode to"],
        cells["memo"],
        cells["as of"],
        cells["coder"],
    )


def _read_json(path: Path) -> tuple[ReadRow, ...]:
    try:
        data = from_json(path.read_text(encoding="utf-8-sig"))
        rows = data["verdicts"]
        return tuple(
            _row(number, {name: str(row.get(name, "")).strip() for name in HEADER})
            for number, row in enumerate(rows, 1)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            f"{path} is not a file that the review page saved.", "Save the verdicts from the page again."
        ) from None
