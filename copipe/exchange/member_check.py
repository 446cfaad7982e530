"""What is taken back to a participant to be checked, and their answers: Markdown, or a Word document with a table.

Each item is a passage with what the researcher made of it and a place for an answer. In Markdown the answer stands
between `<!-- answer ID -->` and `<!-- end -->`; in Word it is the last cell of a row whose first cell holds the ID.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from copipe import texts
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
    try:
        role, found = (
            _of_document(path)
            if path.suffix.lower() == ".docx"
            else _of_markdown(texts.read_bytes(path, texts.LARGEST_TRANSCRIPT).decode("utf-8-sig"))
        )
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(f"{path} cannot be read: {why}.", "Name the file that came back, .docx or .md.") from None
    if not any(answer.id for answer in found):
        raise InputError(
            f"{path} has no place for answers.",
            "It is read as it was written by `copipe export members`: .docx or .md.",
        )
    for answer in found:
        texts.refuse_odd(answer.text, f"{path}, {answer.where}")
    return Returned(role, tuple(a for a in found if a.text and a.text != PLACE))


def _of_markdown(text: str) -> tuple[str, list[Answer]]:
    text = text.replace("\r\n", "\n")
    answers = [
        Answer(hit["id"], hit["text"].strip(), f"line {text.count(chr(10), 0, hit.start()) + 1}")
        for hit in _ANSWER.finditer(text)
    ]
    whose = _WHOSE.search(text)
    return whose[1] if whose else "", answers


def _of_document(path: Path) -> tuple[str, list[Answer]]:
    from docx import Document
    from docx.opc.exceptions import PackageNotFoundError

    if not path.is_file():
        raise InputError(f"{path} is not there.", "See that the name is right.")
    try:
        made = Document(str(path))
    except (PackageNotFoundError, BadZipFile, KeyError, ValueError):
        raise InputError(
            f"{path} is not a Word document that can be opened.", "Save it as .docx and try again."
        ) from None
    found = []
    for table in made.tables:
        for number, row in enumerate(table.rows, 1):
            cells = [_text_of(cell._tc) for cell in row.cells]
            if len(cells) == 3 and (id_ := re.search(r"\S+:\d+\S*\.\.\S+:\d+\S*", cells[0])):
                found.append(Answer(id_[0], cells[2], f"row {number}"))
    behind = made.tables[-1]._tbl.itersiblings() if made.tables else ()
    if below := "\n".join(filter(None, map(_text_of, behind))):
        found.append(Answer("", below, BELOW))
    return made.core_properties.subject or "", found


def _text_of(part: Any) -> str:
    """The text of a part of a document, with what is marked as inserted and without what is marked as deleted."""
    from docx.oxml.ns import qn

    signs = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t"}
    lines = (
        "".join(signs.get(t.tag) or t.text or "" for t in line.iter(qn("w:t"), *signs)) for line in part.iter(qn("w:p"))
    )
    return "\n".join(lines).strip()
