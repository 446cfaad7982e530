"""The transcript of record as a Word document: a sheet for every labelled page, every line with its number."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from copipe.report.transcript import is_timed, withheld
from copipe.report.view import MeetingView
from copipe.study.pages import Line, clock, lines
from copipe.texts import for_xml

# A4 with 2 cm margins; 9-point type sets 72 letters of speech on one line beside number, time and role.
_MARGIN, _COLUMNS, _SIZE = 2.0, (0.9, 1.8, 1.5, 12.8), 9
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # documents say nothing of when and by whom they were made


def transcript(view: MeetingView) -> bytes:
    """The document as a .docx file; the same transcript gives the same file."""
    from docx import Document
    from docx.shared import Cm, Pt

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(_MARGIN)
    section.top_margin = section.bottom_margin = Cm(1.6)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(_SIZE)
    style.paragraph_format.space_after = Pt(0)
    document.styles["Heading 1"].font.size = Pt(12)
    document.styles["Heading 1"].paragraph_format.space_before = Pt(0)
    _properties(document, view)
    standing = (
        f"checked by {view.checked_by} on {view.checked_when}" if view.checked else "unchecked; labels provisional"
    )
    section.header.paragraphs[0].text = for_xml(
        f"{view.title}: transcript {view.meeting.code}, {view.meeting.date} ({standing})"
    )
    by_page: dict[int, list[Line]] = {}
    for line in lines(view.turns, view.pages):
        by_page.setdefault(line.place.page, []).append(line)
    timed = is_timed(view.turns)
    for number, own in by_page.items():
        heading = document.add_heading(f"{view.meeting.code} p. {number}", 1)
        if number > 1:
            heading.paragraph_format.page_break_before = True
        table = document.add_table(rows=len(own), cols=len(_COLUMNS))
        table.autofit = False
        for column, width in zip(table.columns, _COLUMNS, strict=True):
            column.width = Cm(width)
        for row, line in zip(table.rows, own, strict=True):
            cells = row.cells
            for cell, width, text in zip(cells, _COLUMNS, _cells(line, timed), strict=True):
                cell.width = Cm(width)
                cell.text = for_xml(text)
    if not by_page:
        document.add_paragraph("There is no transcript.")
    out = io.BytesIO()
    document.save(out)
    return _without_times(out.getvalue())


def _cells(line: Line, timed: bool) -> tuple[str, str, str, str]:
    first = line.pieces[0] if line.pieces else None
    opens = first is not None and first.opens
    start = first.turn.start if first is not None and opens else None
    parts = []
    for number, piece in enumerate(line.pieces):
        said = withheld(piece.turn) if piece.withheld else " ".join(w.text for w in piece.words if w.text)
        parts.append(f"[{piece.turn.role}:] {said}" if number and piece.opens and not piece.withheld else said)
    role = (first.turn.role or "-") if first is not None and opens else ""
    time = clock(start) if timed and start is not None else ""
    return str(line.place.line), time, role, " ".join(filter(None, parts))


def _properties(document: Any, view: MeetingView) -> None:
    about = document.core_properties
    about.author = about.last_modified_by = "copipe"
    about.title = for_xml(f"{view.title}: transcript {view.meeting.code}")
    about.comments = about.keywords = about.subject = ""
    about.created = about.modified = _EPOCH.replace(tzinfo=None)
    about.revision = 1


def _without_times(data: bytes) -> bytes:
    """The same archive with its members' times set to a fixed one."""
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            fixed = zipfile.ZipInfo(member.filename, (2000, 1, 1, 0, 0, 0))
            fixed.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(fixed, source.read(member.filename))
    return out.getvalue()
