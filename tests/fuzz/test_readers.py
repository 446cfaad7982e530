# ruff: noqa: E501, T201 - samples are as they are in files; the slow test tells how long it took
"""Every reader is given damaged and made-up files: it reads them or says what is wrong, soon and in little memory.

Fifty inputs for each reader, five thousand in `make test-all`. Only a CopipeError may come out.
"""

from __future__ import annotations

import io
import resource
import time
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copipe.anonymise.roster import roster
from copipe.audio import decode
from copipe.code import queries
from copipe.code.codebook import codebook
from copipe.code.seeds import language
from copipe.errors import CopipeError
from copipe.exchange import member_check
from copipe.exchange.codebooks import csv as csv_codebooks
from copipe.exchange.codebooks import qdc
from copipe.exchange.sheets import candidates, tables
from copipe.exchange.transcripts import reading, text
from copipe.study import decisions, memos, pages, study, toml
from copipe.study.store import Store
from copipe.transcribe.corrections import text as corrections

pytestmark = pytest.mark.attack("fuzzing")
SLOWEST = 2.0  # seconds for one input
MOST_MEMORY = 300_000  # kB that the process may grow by over all inputs of a reader
BOOK = b"""name: Book
unit: sentence
codes:
- key: conflict
  label: Managing conflict
  definition: Disagreement, and how it is met.
  seeds: [conflict*, "lemma:manage", serious NEAR/5 incident, 're:in\\w+']
  colour: "#c04030"
  codes:
  - {key: repair, label: Repair, aliases: [mend], parent: conflict}
sets:
- {name: Question 1, codes: [conflict]}
"""
VTT = b"WEBVTT\n\nNOTE x\n\n1\n00:00:01.000 --> 00:00:02.500 align:start\n<v Ann Lee>Well, [laughs] <c.x>no</c>.</v>\n\n00:03.000 --> 00:04.000\nSN1: yes\n"
SRT = b"1\n00:00:01,000 --> 00:00:02,500\nSN1: Well &amp; <i>no</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n- yes\n- {\\an8}no\n"
TXT = (
    b"# Meeting\n[00:00:12] SN1: Okay, well (laughs).\nCS (00:13) no\n**OT:** yes &uuml;\n10:30 we began\nit went on\n"
)
NOTES = b"- one point\n  goes on\n2) another\nM\xc3\xbcller came\n"
MEMO = b"---\nid: 3f2c9a0b1d4e5f60\nwhen: 2010-03-02T21:14:05+00:00\nwho: CS\nabout: code:leadership\ntitle: x\n---\n# What\ntext\n"
CODES = b'\xef\xbb\xbfkey,label,definition,seeds,parent\r\na,A,"x, y","one\ntwo",\r\nb,B,\'=1,,a\r\n'
SHEET = b"id,verdict,recode to,memo\r\nM/000001-000009/trust/ab,accept,,'=x\r\n"
VERDICTS = b'{"verdicts": [{"id": "M/000001-000009/trust/ab", "verdict": "yes", "memo": "x"}]}'
PACK = b"<!-- participant SN1 -->\n## 1. M p. 1, l. 2\n> said\n<!-- answer M:000001..M:000002 -->\nyes\n<!-- end -->\n"
ROSTER = b'[people]\n"Ann Lee" = "SN1"\n[[person]]\nforms = ["Bob"]\nkind = "nurse"\n[places]\nLeeds = { replacement = "city", case_sensitive = true }\n[allow]\nwords = ["May"]\n'
PEOPLE = b'[[participant]]\nrole = "SN1"\ndescription = "a nurse"\nconsent = "full"\n'
MEETINGS = b'[[meeting]]\ncode = "2010-02"\ndate = 2010-02-03\nkind = "meeting"\npresent = ["SN1"]\n'
SETTINGS = b'[study]\ntitle = "T"\nquorum = 2\n[transcribe]\nmodel = "base.en"\n'
DECISION = b'{"about":"","detail":"","id":"ab","kind":"words","span":{"digest":"d","end":1.0,"first":"M:1","last":"M:2","meeting":"M","source":"s","start":0.0},"text":"x","verdict":"replace","when":"2010-03-02T21:14:05+00:00","who":"CS"}\n'
MANIFEST = (
    b'{"stage":"words","key":"k","digest":"ab","about":{"when":"x"},"attachments":{"a":"b"},"purged":{"sha256":"x"}}'
)
CORRECTED = b"# copipe correct 2010-02 base 0123456789ab\n\n[00:00:12] SN1: Okay, {well} (laughs)\n\n[00:00:14] --: (not in the study, 3 s)\n\nCS: no\n"
PAGES = b'{"meeting":"M","lines_per_page":30,"width":70,"firsts":["M:000001","M:000009"]}'
QUERY = b'conflict AND ("ward*" OR only:repair) NEAR/5 * AND NOT "a b"'
SEED = b'(serious incident OR lead/VERB) AND NOT lemma:manage NEAR/5 plan* "x y" re:in'
CODEBOOK = codebook.parse(BOOK, "book")


def _sheet() -> bytes:
    """A workbook as `copipe review --out` writes it, in bytes."""
    from openpyxl import Workbook

    out, book = io.BytesIO(), Workbook()
    book.worksheets[0].append(["id", "verdict", "recode to", "memo"])
    book.worksheets[0].append(["M/000001-000009/trust/ab", "accept", "", "x"])
    book.save(out)
    return out.getvalue()


def _sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(4000))
    return out.getvalue()


def _study(path: Path) -> None:
    for name, content in (("copipe.toml", SETTINGS), ("participants.toml", PEOPLE), ("meetings.toml", MEETINGS)):
        if name != path.name:
            (path.parent / name).write_bytes(content)
    study.load(path.parent)


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def _artifact(path: Path) -> None:
    folder = path.parent / "M" / "words" / "k"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_bytes(path.read_bytes())
    (folder / "data.jsonl").write_bytes(b"")
    store = Store(path.parent)
    if found := store.find("M", "words", "k"):
        store.lines(found)
        store.attachment(found, "a")


def _seed(path: Path) -> None:
    try:
        language.parse(_text(path))
    except language.SeedError:  # of which the reader of codebooks makes a problem with its line
        return


READERS: dict[str, tuple[str, bytes, Callable[[Path], object]]] = {
    "vtt": ("a.vtt", VTT, lambda path: reading.read(path, "M")),
    "srt": ("a.srt", SRT, lambda path: reading.read(path, "M")),
    "txt": ("a.txt", TXT, lambda path: reading.read(path, "M", ["Ann Lee"])),
    "notes": ("n.txt", NOTES, lambda path: text.read_notes(path, "M")),
    "codebook": ("a.yaml", BOOK, codebook.load),
    "qdc": ("a.qdc", qdc.write(CODEBOOK).encode(), qdc.read),
    "codes-csv": ("a.csv", CODES, csv_codebooks.read),
    "sheet-csv": ("a.csv", SHEET, candidates.read),
    "sheet-json": ("a.json", VERDICTS, candidates.read),
    "sheet-xlsx": ("a.xlsx", _sheet(), tables.read_xlsx),
    "pack-md": ("a.md", PACK, member_check.read),
    "pack-docx": (
        "a.docx",
        member_check.document("t", "SN1", [member_check.Item("M:1..M:2", "c", "s", "r")]),
        member_check.read,
    ),
    "memos": ("a.md", MEMO, lambda path: memos.read(path.parent)),
    "toml": ("a.toml", ROSTER, toml.read),
    "roster": ("roster.toml", ROSTER, roster.load),
    "settings": ("copipe.toml", SETTINGS, _study),
    "participants": ("participants.toml", PEOPLE, _study),
    "meetings": ("meetings.toml", MEETINGS, _study),
    "decisions": ("a.jsonl", DECISION, decisions.read),
    "artifact": ("m.json", MANIFEST, _artifact),
    "pages": ("p.json", PAGES, lambda path: pages.PageMap.from_json(_text(path))),
    "corrections": ("c.txt", CORRECTED, lambda path: corrections.read_back(_text(path), ["SN1", "CS"])),
    "query": ("q.txt", QUERY, lambda path: queries.parse(_text(path), CODEBOOK)),
    "seed": ("s.txt", SEED, _seed),
    "audio": ("a.wav", _sound(), decode.probe),
}
ODD = (
    "\0",
    "\x1b",
    "\u202e",
    "\uffff",
    "\ud7ff",
    "😀",
    "\xff",
    "[" * 300,
    "(" * 300,
    "{" * 200,
    "x" * 20_000,
    "9" * 5_000,
)
ODD += (
    "---\n",
    "&a",
    "*a",
    "<<: ",
    '"',
    "'",
    '"""',
    "\\u",
    "<!--",
    "<![CDATA[",
    "&#x0;",
    "\r",
    "\t",
    "NaN",
    "null",
    "-1e999",
)
ODD += (
    "[]",
    "{}",
    "true",
    "\n\n",
    "-->",
    "NEAR/99999999999",
    "re:",
    "//",
    "\N{BYTE ORDER MARK}",
    "12:",
    "= ",
    ": ",
    "٣",
    "²",
)
BITS = st.tuples(st.just("bit"), st.integers(0, 10**6), st.integers(0, 7))
CUTS = st.tuples(st.just("cut"), st.integers(0, 10**6), st.integers(0, 200))
DOUBLES = st.tuples(st.just("double"), st.integers(0, 10**6), st.integers(1, 200))
SPLICES = st.tuples(st.just("splice"), st.integers(0, 10**6), st.integers(0, len(ODD) - 1))
SWAPS = st.tuples(st.just("swap"), st.integers(0, 10**6), st.integers(0, 10**6))
DAMAGE = st.lists(st.one_of(BITS, CUTS, DOUBLES, SPLICES, SPLICES, SWAPS), min_size=1, max_size=6)


def damaged(sample: bytes, changes: Sequence[tuple[str, int, int]]) -> bytes:
    """A good file with bits turned, stretches cut, doubled or spliced in, and lines swapped."""
    data = bytearray(sample)
    for kind, where, what in changes:
        at = where % (len(data) + 1)
        if kind == "bit" and at < len(data):
            data[at] ^= 1 << what
        elif kind == "cut":
            del data[at : at + what]
        elif kind == "double":
            data[at:at] = data[at : at + what] * 3
        elif kind == "splice":
            data[at:at] = ODD[what].encode()
        elif kind == "swap":
            lines = data.split(b"\n")
            one, other = where % len(lines), what % len(lines)
            lines[one], lines[other] = lines[other], lines[one]
            data = bytearray(b"\n".join(lines))
    return bytes(data)


def inputs(sample: bytes) -> st.SearchStrategy[bytes]:
    """Damaged samples mostly; files made of the sample's lines and odd pieces; and noise."""
    lines = [line + b"\n" for line in sample.split(b"\n")]
    pieces = st.one_of(st.sampled_from(lines), st.sampled_from(ODD).map(str.encode), st.text(max_size=20).map(_utf8))
    made = st.lists(pieces, max_size=12).map(b"".join)
    changed = DAMAGE.map(lambda changes: damaged(sample, changes))
    return st.one_of(changed, changed, changed, made, st.binary(max_size=300))


def _utf8(said: str) -> bytes:
    return said.encode("utf-8", errors="surrogatepass")


def attack(name: str, folder: Path, number: int) -> tuple[float, int]:
    """Give a reader `number` inputs; the slowest in seconds, and by how many kB the process grew."""
    file, sample, read = READERS[name]
    path = folder / file
    path.write_bytes(sample)
    read(path)  # the sample is good, and what is loaded once is loaded
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest = 0.0

    @settings(max_examples=number, suppress_health_check=list(HealthCheck), deadline=None)
    @given(content=inputs(sample))
    def run(content: bytes) -> None:
        nonlocal slowest
        path.write_bytes(content)
        began = time.perf_counter()
        try:
            read(path)
        except CopipeError as error:
            assert error.message
        took = time.perf_counter() - began
        slowest = max(slowest, took)
        assert took < SLOWEST

    run()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MOST_MEMORY
    return slowest, grown


@pytest.mark.parametrize("name", READERS)
def test_fifty_inputs(name: str, tmp_path: Path) -> None:
    attack(name, tmp_path, 50)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_five_thousand_inputs(name: str, tmp_path: Path) -> None:
    slowest, grown = attack(name, tmp_path, 5_000)
    print(f"{name}: 5000 inputs, slowest {slowest:.3f} s, grown by {grown // 1000} MB")
