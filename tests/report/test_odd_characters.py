"""A study that holds characters which XML cannot hold still gets its documents, pages and figures, without them."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from lxml import etree

from copipe.records import Turn, Word
from copipe.report import docx, html
from copipe.report.figures.charts import shares
from copipe.report.view import MeetingView
from copipe.study.pages import paginate

pytestmark = pytest.mark.attack("text")
ODD = "\x07\x1b\uffff"


def test_a_transcript_that_holds_them_already(view: Callable[..., MeetingView]) -> None:
    from docx import Document

    words = (Word("2010-02:000001", None, None, f"fo{ODD}lder"), Word("2010-02:000002", None, None, "(laughs)"))
    turns = (Turn(words[0].id, words[-1].id, None, None, "SN1", words, 2, 1.0),)
    seen = view(turns=turns, pages=paginate(turns, 30, 72, "2010-02"), codings=())
    made = Document(io.BytesIO(docx.transcript(seen)))
    assert "folder" in made.tables[0].rows[0].cells[3].text
    page = html.transcript(seen)
    assert "folder" in page
    assert not set(ODD) & set(page)


def test_a_figure_whose_labels_hold_them() -> None:
    svg = shares("shares", {f"SN{ODD}1": 1.0}, timed=False).svg()
    assert etree.fromstring(svg.encode()) is not None
    assert not set(ODD) & set(svg)
