"""What is taken back to a participant to be checked, and their answers: Markdown, or a Word document with a table.

Each item is a passage with what the researcher made of it and a place for an answer. In Markdown the answer stands
between `<!-- answer ID -->` and `<!-- end -->`; in Word it is the last cell of a row whose first cell holds the ID.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copipe import texts
from copipe.containers import zips
from copipe.containers.reading import reading
from copipe.containers.xml import Bounds
from copipe.errors import InputError
from copipe.texts import for_xml

PLACE = "(write here)"
INTRODUCTION = (
    "These are passages in which you speak, as they were transcribed, and what they are taken to show. Is it what you "
    "meant? Is anything wrong, or not to be used? Write below each; what you leave empty counts as no answer, not as "
    "consent."
)
# An answer ends with its mark; where somebody took that away, with the next passage.
_ANSWER = re.compile(
    r"^<!--\s*answer\s+(?P<id>\S+?)\s*-->[ \t]*\n(?P<text>.*?)(?=^<!--\s*(?:end|answer)\b|^## \d+\. \S+ pp?\. \d|\Z)",
    re.MULTILINE | re.DOTALL,
)
_WHOSE = re.compile(r"^<!--\s*participant\s+(\S+?)\s*-->", re.MULTILINE)
BELOW = "below the table"
COLUMNS = 3  # of the table in Word: passage, what was said, answer
LARGEST = 5_000_000  # bytes of a pack in Markdown: some thousand passages
MOST_ANSWERS = 5_000
MOST_TEXT = 5_000_000  # signs in all answers; the text of a merged cell counts for each of its rows
_WORD_ID = re.compile(r"\S:\d")  # part of the id of a word
_DOCUMENT, _AGAIN = "a Word document", "Save it as .docx, without a password, and try again."


@dataclass(frozen=True, slots=True)
class Item:
    """One passage to be checked. `id` is "MEETING:WORD..MEETING:WORD", the first and last of its words."""

    id: str
    citation: str
    text: str
    reading: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a participant wrote to the item of this id; `where` is the line or row, for messages.

    The id is "" of what stands in no place for an answer, so that it is not lost.
    """

    id: str
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A pack that came back: of whom it is, "" where it does not say, and what is written in it."""

    role: str
    answers: tuple[Answer, ...]


def markdown(title: str, role: str, items: Sequence[Item]) -> str:
    """The pack of a role as Markdown."""
    parts = [f"# {title}", f"<!-- participant {role} -->", INTRODUCTION]
    for number, item in enumerate(items, 1):
        quoted = "\n".join(f"> {line}" for line in item.text.split("\n"))
        parts += [f"## {number}. {item.citation}", quoted, item.reading]
        parts.append(f"<!-- answer {item.id} -->\n{PLACE}\n<!-- end -->")
    return "\n\n".join(parts) + "\n"


def document(title: str, role: str, items: Sequence[Item]) -> bytes:
    """The pack of a role as a .docx file: one table, a row for each passage, its last cell for the answer."""
    from docx import Document
    from docx.shared import Cm, Pt

    made = Document()
    about = made.core_properties
    about.author = about.last_modified_by = "copipe"
    about.title, about.subject = for_xml(title), for_xml(role)
    made.add_heading(for_xml(title), 1)
    made.add_paragraph(INTRODUCTION)
    table = made.add_table(rows=1, cols=3)
    table.style = "Table Grid"
    for cell, text in zip(
        table.rows[0].cells, ("passage", "what was said, and how it is read", "your answer"), strict=True
    ):
        cell.text = text
        cell.paragraphs[0].runs[0].bold = True
    for item in items:
        where, said, answer = table.add_row().cells
        where.text = for_xml(item.citation)
        where.add_paragraph().add_run(item.id).font.size = Pt(6)
        said.text = for_xml(item.text)
        said.add_paragraph().add_run(for_xml(item.reading)).italic = True
        answer.text = ""
    for column, width in zip(table.columns, (3.2, 8.0, 5.3), strict=True):
        for cell in column.cells:
            cell.width = Cm(width)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def read(path: Path) -> Returned:
    """A pack that came back; answers left empty are left out. InputError for a file that is none."""
    role, found = _of_document(path) if path.suffix.lower() == ".docx" else _of_markdown(_text(path))
    if not any(answer.id for answer in found):
        raise InputError(
            f"{path} has no place for answers.",
            "It is read as it was written by `copipe export members`: .docx or .md.",
        )
    for answer in found:
        texts.refuse_odd(answer.text, f"{path}, {answer.where}")
    return Returned(role, tuple(a for a in found if a.text and a.text != PLACE))


def _text(path: Path) -> str:
    hint = "Name the file that came back, .docx or .md."
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", hint) from None
    if data is None:
        raise InputError(f"{path} has more than {LARGEST // 1_000_000} MB, too much for answers.", hint)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} cannot be read: not UTF-8 text.", hint) from None


def _of_markdown(text: str) -> tuple[str, list[Answer]]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    answers, line, at = [], 1, 0
    for hit in _ANSWER.finditer(text):
        line, at = line + text.count("\n", at, hit.start()), hit.start()
        answers.append(Answer(hit["id"], hit["text"].strip(), f"line {line}"))
    whose = _WHOSE.search(text)
    return whose[1] if whose else "", answers


def _of_document(path: Path) -> tuple[str, list[Answer]]:
    from docx import Document

    if not path.is_file():
        raise InputError(f"{path} is not there.", "See that the name is right.")
    data = zips.office(path, _DOCUMENT, _AGAIN, Bounds())
    with reading(path, _DOCUMENT, _AGAIN):
        made = Document(data)
        tables = [table._tbl for table in made.tables]
        found = [answer for table in tables for answer in _answers(path, table)]
        behind = tables[-1].itersiblings() if tables else ()
        if below := "\n".join(filter(None, map(_text_of, behind))):
            found.append(Answer("", below, BELOW))
        return made.core_properties.subject or "", found


def _answers(path: Path, table: Any) -> Iterator[Answer]:
    """What stands in the rows of a table that have an id. InputError for more than anybody writes."""
    known: dict[Any, str] = {}  # of merged cells, which stand in many rows
    count = signs = 0
    for number, cells in enumerate(_rows(table), 1):
        if len(cells) != COLUMNS:
            continue
        for cell in (cells[0], cells[2]):
            if cell not in known:
                known[cell] = _text_of(cell)
        if id_ := _id(known[cells[0]]):
            count, signs = count + 1, signs + len(known[cells[2]])
            if count > MOST_ANSWERS or signs > MOST_TEXT:
                most = f"{MOST_ANSWERS:,} answers or {MOST_TEXT // 1_000_000} million signs"
                raise InputError(f"{path}, row {number}: more than {most}, too much to be read.", _AGAIN)
            yield Answer(id_, known[cells[2]], f"row {number}")


def _id(text: str) -> str:
    """The id of an item in the first cell of its row, "" where it has none."""
    for word in text.split():
        first, dots, last = word.partition("..")
        if dots and _WORD_ID.search(first) and _WORD_ID.search(last):
            return word
    return ""


def _rows(table: Any) -> Iterator[list[Any]]:
    """The cells of each row of a table, one for each column that they cover, no more than one too many.

    A merged cell stands in every row and column that it covers. How many columns one covers may be any number.
    """
    from docx.oxml.ns import qn

    above: list[Any] = []
    for row in table.iterchildren(qn("w:tr")):
        cells: list[Any] = []
        for cell in row.iterchildren(qn("w:tc")):
            merged = cell.vMerge == "continue" and len(cells) < len(above)
            one = above[len(cells)] if merged else cell
            cells += [one] * min(cell.grid_span, COLUMNS + 1)
            if len(cells) > COLUMNS:
                break
        above = cells
        yield cells


def _text_of(part: Any) -> str:
    """The text of a part of a document, with what is marked as inserted and without what is marked as deleted."""
    from docx.oxml.ns import qn

    line, signs = qn("w:p"), {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t"}
    lines: dict[Any, list[str]] = {}
    for found in part.iter(line, qn("w:t"), *signs):
        if found.tag == line:
            lines[found] = []
        elif (inside := next(found.iterancestors(line), None)) in lines:
            lines[inside].append(signs.get(found.tag) or found.text or "")
    return "\n".join("".join(pieces) for pieces in lines.values()).strip()
