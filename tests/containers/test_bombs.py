"""Files that unpack to more than any memory holds are refused as bad input, in a child with little memory."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from copipe.exchange.member_check import Item, document
from copipe.exchange.sheets import tables

pytestmark = [
    pytest.mark.attack("bombs"),
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc"),
]
CHILD = """
import sys
from pathlib import Path
import docx, openpyxl, lxml.etree
from copipe.errors import InputError
from copipe.exchange import member_check
from copipe.exchange.codebooks import qdc
from copipe.exchange.sheets import tables
path = Path(sys.argv[1])
read = {".xlsx": tables.read_xlsx, ".docx": member_check.read, ".qdc": qdc.read}[path.suffix]

def peak():  # kB; what getrusage says is at least that of the process which started this one
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])

before = peak()
try:
    read(path)
    said = "read"
except InputError as error:
    said = error.message
print((peak() - before) // 1024, said)
"""
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
)
WORD = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'
DTD = '<!DOCTYPE x [<!ENTITY a "aaaa">]>'


def changed(made: bytes, part: str, text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, text if name == part else old.read(name))
    return out.getvalue()


def xlsx(folder: Path, rows: str, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    path = folder / "made.xlsx"
    tables.write_xlsx(path, tables.Table(("id", "said"), (("1", "x"),), {}))
    return changed(path.read_bytes(), part, SHEET % rows if "<" not in rows[:1] or rows[:2] != "<!" else rows)


def word(body: str) -> bytes:
    return changed(document("t", "SN1", (Item("a:1..a:2", "c", "t", "r"),)), "word/document.xml", WORD % body)


ATTACKS: dict[str, tuple[str, Callable[[Path], bytes], str]] = {
    "a row two billion": (
        ".xlsx",
        lambda f: xlsx(f, '<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>'),
        "a row below",
    ),
    "many cells": (".xlsx", lambda f: xlsx(f, ("<row>" + "<c><v>1</v></c>" * 100 + "</row>") * 30_000), "more than"),
    "one endless row": (".xlsx", lambda f: xlsx(f, "<row>" + "<c/>" * 1_000_000 + "</row>"), "more than"),
    "columns far away": (
        ".xlsx",
        lambda f: xlsx(f, "".join(f'<row r="{n}"><c r="ZZZ{n}"><v>1</v></c></row>' for n in range(1, 9_000))),
        "more than 500,000 cells",
    ),
    "a workbook with a DTD": (".xlsx", lambda f: xlsx(f, DTD + SHEET % ""), "declares a document type"),
    "a workbook that unpacks to much": (".xlsx", lambda f: xlsx(f, " " * 150_000_000), "unpacks to more than"),
    "many paragraphs": (".docx", lambda f: word("<w:p/>" * 3_000_000), "more than"),
    "tables in tables": (
        ".docx",
        lambda f: word("<w:tbl><w:tr><w:tc>" * 500 + "</w:tc></w:tr></w:tbl>" * 500),
        "more than 100 levels",
    ),
    "a cell over all columns": (
        ".docx",
        lambda f: word('<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2000000000"/></w:tcPr></w:tc></w:tr></w:tbl>'),
        "no place for answers",
    ),
    "a document with a DTD": (
        ".docx",
        lambda f: changed(document("t", "SN1", ()), "word/document.xml", DTD + WORD % ""),
        "declares a document type",
    ),
    "broken XML": (
        ".docx",
        lambda f: changed(document("t", "SN1", ()), "word/document.xml", "<w:document"),
        "word/document.xml, line 1: not XML",
    ),
    "a codebook of nothing": (".qdc", lambda f: b"<CodeBook>" + b"<a/>" * 4_000_000 + b"</CodeBook>", "more than"),
    "a codebook with a DTD": (".qdc", lambda f: DTD.encode() + b"<CodeBook/>", "declares a document type"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_bomb_is_bad_input(name: str, tmp_path: Path) -> None:
    suffix, make, says = ATTACKS[name]
    path = tmp_path / f"bomb{suffix}"
    path.write_bytes(make(tmp_path))
    child = subprocess.run([sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, timeout=30)
    assert child.returncode == 0, child.stderr
    megabytes, _, said = child.stdout.partition(" ")
    assert says in said
    assert int(megabytes) < 300
