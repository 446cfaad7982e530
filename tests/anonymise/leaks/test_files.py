"""Names planted in every kind of file that a study could hand on, and nothing found where there is none."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.anonymise.leaks import files
from copipe.anonymise.leaks.scan import Closed, Look, Watch, look, scan_text
from copipe.anonymise.roster.roster import Entry, Roster

ROSTER = Roster(
    (
        Entry("people", "Dougal Zebedee", "SN1"),
        Entry("people", "Dougal", "SN1"),
        Entry("others", "Ermintrude", "[nurse 1]"),
        Entry("people", "Tom", "OT"),
        Entry("people", "Séamus", "CG"),
        Entry("others", "Georgia Blunt", "[nurse 2]"),
        Entry("others", "Georgia", "[nurse 2]"),
    )
)
WATCH = Watch(ROSTER)


def look_at(tmp_path: Path, name: str, data: bytes | str, watch: Watch = WATCH) -> Look:
    folder = tmp_path / "looked"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return look(folder, watch)


def places(tmp_path: Path, name: str, data: bytes | str) -> list[str]:
    return sorted({f"{leak.path}:{leak.line}" for leak in look_at(tmp_path, name, data).leaks})


def zipped(**members: bytes | str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:") as archive:
        row = tarfile.TarInfo(name)
        row.size = len(data)
        archive.addfile(row, io.BytesIO(data))
    return out.getvalue()


SAID = b"one\nand Dougal said\n"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (gzip.compress(SAID, mtime=0), "x!unpacked:2"),
        (bz2.compress(SAID), "x!unpacked:2"),
        (lzma.compress(SAID), "x!unpacked:2"),
        (zlib.compress(SAID), "x!unpacked:2"),
        (gzip.compress(b"nothing ", mtime=0) + gzip.compress(SAID, mtime=0), "x!unpacked:2"),
        (tarred("a.txt", SAID), "x!a.txt:2"),
        (gzip.compress(tarred("a.txt", SAID), mtime=0), "x!unpacked!a.txt:2"),
        (zipped(a=SAID), "x!a:2"),
        (zipped(a=zipped(b=zipped(c=SAID))), "x!a!b!c:2"),
        (b"#!/bin/sh\n" * 9 + zipped(a=SAID), "x!a:2"),
        (zipped(Dougal__a=b"-"), "x!SN1/a:0"),
        (SAID.decode().encode("utf-16"), "x:2"),
        (SAID.decode().encode("utf-16-le"), "x:2"),
        (SAID.decode().encode("utf-16-be"), "x:2"),
        (SAID.decode().encode("utf-32"), "x:2"),
        ("so Séamus".encode("cp1252"), "x:1"),
        (b"\x00\x01\x02" * 50 + b"Ermintrude" + b"\x00\x81" * 50, "x:1"),
        (b"\x00\x01\x02" * 50 + "Ermintrude".encode("utf-16-le") + b"\x00\x81" * 50, "x:1"),
        (b"\x00\x01\x02" * 50 + b"by Tom Blunt" + b"\x00\x81" * 50, "x:1"),
        (b"{\\rtf1 {\\b Dou}gal S\\'e9amus}", "x:1"),
    ],
)
def test_a_name_is_found_whatever_it_is_wrapped_in(tmp_path: Path, data: bytes, place: str) -> None:
    assert place in places(tmp_path, "x", data)


@pytest.mark.parametrize(
    "text",
    [
        "<p>Dou<b>gal</b></p>",
        "<p>Dougal</p><p>Zebedee</p>",
        '<p>Dougal <a href="https://example.org/somewhere/long">Zebedee</a></p>',
        "<p>Dou<!-- -->gal</p>",
        "<!-- drawn by Dougal -->",
        '<img alt="Dougal">',
        '<a href="mailto:dougal@example.org">',
        "<script>const who = 'Doug\\u0061l'</script>",
        "<script>const who = 'D\\x6fugal'</script>",
        '{"text": "first line\\nDougal\\nlast"}',
        '{"html": "<b>D&#111;ugal</b>"}',
        "D&#x6f;ugal and D&amp;#111;ugal",
        "%44ougal",
        "D=6Fugal",
        "Dou**gal**",
        "Dou\\gal",
        "and then Dou-\ngal said",
        "  12  SN1: as Dougal\n  13       Zebedee said",
        "Dou\u00adgal, D\u200bougal",
        "&shy;Dou&shy;gal",
        "Ｄｏｕｇａｌ",
        "d o u g a l",
        f"<img src='data:text/plain;base64,{base64.b64encode(SAID).decode()}'>",
        f"url(data:application/zip;base64,{base64.b64encode(zipped(a=SAID)).decode()})",
        "Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(SAID * 9).decode(),
        '<svg xmlns="http://www.w3.org/2000/svg"><text><tspan x="1">Dou</tspan><tspan x="2">gal</tspan></text></svg>',
        "<svg><metadata><dc:creator>Dougal</dc:creator></metadata></svg>",
        "<w:p><w:r><w:t>Dou</w:t></w:r><w:r><w:rPr/><w:t>gal</w:t></w:r></w:p>",
        "<![CDATA[Dou]]>gal",
    ],
)
def test_a_name_is_found_however_it_is_written(tmp_path: Path, text: str) -> None:
    assert places(tmp_path, "x", text) != []


@pytest.mark.parametrize(
    "text",
    [
        "Dougalish and undougal, [nurse 1], SN1",
        '<svg><text style="font-family: Georgia, serif">x</text></svg>',
        '<a:latin typeface="Georgia"/><w:rFonts w:ascii="Georgia"/>',
        "p { font-family: 'Georgia' }",
        "<td>to</td><td>m</td>",
        "atom Tommy to m",
    ],
)
def test_nothing_is_found_where_there_is_none(tmp_path: Path, text: str) -> None:
    assert places(tmp_path, "x", text) == []


def test_a_font_is_no_excuse_outside_a_font(tmp_path: Path) -> None:
    assert places(tmp_path, "x", '<p style="font-family: serif">Georgia</p>') != []
    assert places(tmp_path, "y", '<p style="font-family: Ermintrude">') != []


def test_word_and_excel_files(tmp_path: Path) -> None:
    import docx
    import openpyxl

    document = docx.Document()
    document.core_properties.author = "Ermintrude"
    document.add_paragraph("Nothing here.").add_run(" Dou").bold = True
    document.paragraphs[0].add_run("gal")
    document.save(str(tmp_path / "a.docx"))
    book = openpyxl.Workbook()
    book.properties.keywords = "Ermintrude"
    assert book.active is not None
    book.active.title = "Dougal"
    book.active["B2"] = "Séamus"
    book.save(tmp_path / "b.xlsx")
    clean = docx.Document()
    clean.add_paragraph("SN1 said that [nurse 1] had gone.")
    clean.save(str(tmp_path / "clean.docx"))
    found = look(tmp_path, WATCH)
    docx_leaks = {(k.path, k.kind) for k in found.leaks if k.path.startswith("a.")}
    assert docx_leaks == {("a.docx!docProps/core.xml", "others"), ("a.docx!word/document.xml", "people")}
    sheets = {k.path.partition("!")[2].split("/")[0] for k in found.leaks if k.path.startswith("b.")}
    assert sheets == {"docProps", "xl"}
    assert {k.path[:1] for k in found.leaks} == {"a", "b"}
    assert found.closed == ()
    assert found.files == 3


@pytest.mark.parametrize("fonttype", [3, 42])
def test_figures(tmp_path: Path, fonttype: int) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"pdf.fonttype": fonttype, "svg.fonttype": "none"}):
        figure = Figure(figsize=(2, 2))
        figure.subplots().set_title("Dougal Zebedee")
        figure.savefig(tmp_path / "title.pdf")
        figure.savefig(tmp_path / "title.svg")
        empty = Figure(figsize=(2, 2))
        empty.savefig(tmp_path / "author.png", metadata={"Author": "Ermintrude"})
        empty.savefig(tmp_path / "author.pdf", metadata={"Author": "Ermintrude"})
        empty.savefig(tmp_path / "empty.pdf")
        empty.savefig(tmp_path / "empty.png")
    found = look(tmp_path, WATCH)
    assert {leak.path for leak in found.leaks} == {"title.pdf", "title.svg", "author.png!tEXt", "author.pdf"}


def pdf(*streams: bytes) -> bytes:
    packed = b"".join(
        b"1 0 obj\n<< /Filter /FlateDecode >>\nstream\n" + zlib.compress(s) + b"\nendstream\n" for s in streams
    )
    return b"%PDF-1.7\n" + packed + b"%%EOF"


@pytest.mark.parametrize(
    "streams",
    [
        (b"BT [(Dou) -20 (gal)] TJ ET",),
        (b"BT [(Dougal) -250 (Zebedee)] TJ ET",),
        (b"BT (D\\157ugal) Tj ET",),
        (b"BT <446F7567616C> Tj ET",),
        (b"<< /Author <FEFF0044006F007500670061006C> >>",),
        (
            b"BT [<00010002> 3 <000300040005 0006>] TJ ET",
            b"6 beginbfchar <0001> <0044> <0002> <006F> <0003> <0075> endbfchar\n"
            b"1 beginbfrange <0004> <0006> [<0067> <0061> <006C>] endbfrange",
        ),
    ],
)
def test_text_of_a_pdf(tmp_path: Path, streams: tuple[bytes, ...]) -> None:
    assert places(tmp_path, "x.pdf", pdf(*streams)) != []
    assert places(tmp_path, "x.pdf", pdf(b"BT (SN1 says) Tj ET")) == []


def test_png_text_that_is_packed_and_what_stands_behind_the_end(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    start = b"\x89PNG\r\n\x1a\n"
    assert places(tmp_path, "x", start + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(SAID)) + chunk(b"IEND", b""))
    assert places(
        tmp_path, "x", start + chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(SAID)) + chunk(b"IEND", b"")
    )
    assert places(tmp_path, "x", start + chunk(b"eXIf", b"MM\0*Ermintrude\0") + chunk(b"IEND", b""))
    assert places(tmp_path, "x", start + chunk(b"IEND", b"") + zipped(a=SAID))
    assert not places(tmp_path, "x", start + chunk(b"IDAT", b"Tom says Dougal") + chunk(b"IEND", b""))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"7z\xbc\xaf\x27\x1c" + b"\0" * 20, "7-Zip"),
        (b"Rar!\x1a\x07\x01" + b"\0" * 20, "RAR"),
        (zipped(a=SAID)[:60], "damaged"),
        (pdf(b"x") + b"/Encrypt 5 0 R", "encrypted"),
    ],
)
def test_what_cannot_be_looked_into_is_said(tmp_path: Path, data: bytes, why: str) -> None:
    (closed,) = look_at(tmp_path, "x", data).closed
    assert closed.path == "x" and why in closed.why


def test_archives_that_are_bombs_end_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 1 << 20)
    monkeypatch.setattr(
        files._Budget, "__init__", lambda self: setattr(self, "left", 1 << 20) or setattr(self, "members", 50)
    )
    began = time.monotonic()
    zeros = bytes(1 << 24)
    for data in (zipped(a=zeros), gzip.compress(zeros), bz2.compress(zeros), lzma.compress(zeros), pdf(zeros)):
        assert look_at(tmp_path, "x", data).closed != ()
    many = zipped(**{f"m{n}": b"" for n in range(99)})
    assert look_at(tmp_path, "x", many).closed != ()
    deep = SAID
    for _ in range(9):
        deep = gzip.compress(deep)
    assert "deep" in look_at(tmp_path, "x", deep).closed[0].why
    assert time.monotonic() - began < 5


def test_a_password_closes_a_member(tmp_path: Path) -> None:
    data = bytearray(zipped(a=SAID))
    for at in (6, data.index(b"PK\x01\x02") + 8):  # the flags of the member, here and in the directory
        data[at] |= 1
    assert look_at(tmp_path, "x", bytes(data)).closed == (Closed("x!a", "under a password"),)


def test_near_and_recognised_look_at_what_a_person_reads(tmp_path: Path) -> None:
    def finder(wanted: str, kind: str) -> Callable[[str], list[tuple[int, int, str]]]:
        return lambda text: [(at, at + len(wanted), kind) for at in [text.find(wanted)] if at >= 0]

    watch = Watch(ROSTER, near=finder("Ermintrade", "others"), recognise=finder("943 476 5919", "nhs-number"))
    assert [(k.line, k.kind, k.near) for k in look_at(tmp_path, "x", "a\nErmintrade\n943 476 5919", watch).leaks] == [
        (2, "others", True),
        (3, "nhs-number", False),
    ]
    assert look_at(tmp_path, "x", '<path d="943 476 5919"/><text class="Ermintrade">no</text>', watch).leaks == ()
    assert look_at(tmp_path, "x", '<text title="Ermintrade">no</text>', watch).leaks != ()
    leak = look_at(tmp_path, "by Ermintrade.md", "", watch).leaks[0]
    assert (leak.path, leak.line) == ("by [hidden].md", 0)


def test_links_are_not_followed_and_a_file_alone_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "a.txt").write_text("Dougal")
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "link").symlink_to(tmp_path / "private")
    assert look(tmp_path / "shown", WATCH).leaks == ()
    assert [k.path for k in look(tmp_path / "private" / "a.txt", WATCH).leaks] == ["a.txt"]
    assert look(tmp_path, WATCH, lambda path: path.name == "private").leaks == ()


WRAPPERS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data,
    gzip.compress,
    lambda data: zipped(a=data),
    lambda data: tarred("a", data),
    lambda data: b"<img src='data:x/y;base64," + base64.b64encode(data) + b"'>",
    lambda data: json.dumps({"a": data.decode("latin-1")}).encode() if data.isascii() else zipped(b=data),
    lambda data: (
        "".join(f"&#{b};" for b in data).encode() if data.isascii() and len(data) < 3000 else gzip.compress(data)
    ),
)


@given(
    st.lists(st.sampled_from(WRAPPERS), max_size=3),
    st.text("abc é\n<>&\\%", max_size=30),
    st.text("abc\n &", max_size=30),
)
def test_no_wrapping_hides_a_name(wrappers: list[Callable[[bytes], bytes]], before: str, after: str) -> None:
    data = f"{before} Ermintrude {after}".encode()
    for wrap in wrappers:
        data = wrap(data)
    found = [p for p in files.parts(data) if isinstance(p, files.Part)]
    assert any(scan_text(p.text, ROSTER) for p in found)


def test_noise_is_no_name(tmp_path: Path) -> None:
    import random

    noise = random.Random(7).randbytes(3_000_000)
    assert places(tmp_path, "x.jpg", b"\xff\xd8\xff\xe0" + noise) == []
    assert (tmp_path / "looked" / "x.jpg").stat().st_size > 3_000_000
