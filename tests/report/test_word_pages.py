"""The Word transcript opened by LibreOffice: as many pages as labels, each label at the head of its page.

LibreOffice is not shipped; without it this is skipped. Either `soffice` is on the machine, or its build for node:

    npm install --prefix ~/node-tools @matbee/libreoffice-converter && pip install pypdf
    COPIPE_NODE_TOOLS=~/node-tools pytest -m slow tests/report/test_word_pages.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from copipe.records import Turn, Word, word_id
from copipe.report import docx
from copipe.report.view import MeetingView
from copipe.study.pages import paginate

TOOLS = Path(os.environ.get("COPIPE_NODE_TOOLS", "/nowhere")).expanduser() / "node_modules"
OFFICE = TOOLS / "@matbee" / "libreoffice-converter"
SCRIPT = """
import {{ convertDocument }} from "{module}";
import fs from "fs";
const made = await convertDocument(fs.readFileSync("{source}"), {{ outputFormat: "pdf" }});
fs.writeFileSync("{target}", made.data);
process.exit(0);
"""
pytestmark = pytest.mark.slow


def as_pdf(document: Path) -> Path:
    target = document.with_suffix(".pdf")
    if office := shutil.which("soffice"):
        command = [office, "--headless", "--convert-to", "pdf", "--outdir", str(document.parent), str(document)]
    elif OFFICE.is_dir():
        script = document.with_suffix(".mjs")
        script.write_text(SCRIPT.format(module=OFFICE / "dist" / "index.js", source=document, target=target))
        (document.parent / "wasm").symlink_to(OFFICE / "wasm")
        command = ["node", str(script)]
    else:
        pytest.skip("there is no LibreOffice")
    subprocess.run(
        command, cwd=document.parent, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600
    )
    return target


def long_talk(meeting: str) -> tuple[Turn, ...]:
    said = "So nobody had told the district nurses that she needed her insulin at home that very night".split()
    turns = []
    for n in range(140):
        at = n * len(said)
        words = tuple(Word(word_id(meeting, at + i + 1), None, None, text) for i, text in enumerate(said))
        turns.append(Turn(words[0].id, words[-1].id, None, None, ("SN1", "CS")[n % 2], words, len(words), 1.0))
    return tuple(turns)


def test_pages_are_those_of_the_labels(tmp_path: Path, view: Callable[..., MeetingView]) -> None:
    pypdf = pytest.importorskip("pypdf")
    turns = long_talk("2010-02")
    seen = view(turns=turns, pages=paginate(turns, 30, 72, "2010-02"), codings=())
    document = tmp_path / "transcript.docx"
    document.write_bytes(docx.transcript(seen))
    pages = pypdf.PdfReader(as_pdf(document)).pages
    assert len(pages) >= 9
    for number, page in enumerate(pages, 1):
        lines = page.extract_text().splitlines()
        assert sum(line.strip() == f"2010-02 p. {number}" for line in lines) == 1, number
