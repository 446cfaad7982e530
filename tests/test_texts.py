"""Text out of bounds is turned away at once, by file and line, and characters that no report can hold are named."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from copipe import texts, yaml_text
from copipe.code.codebook import codebook
from copipe.code.queries import below
from copipe.code.queries import parse as parse_query
from copipe.errors import ConfigError, CopipeError, InputError
from copipe.exchange.codebooks import csv as csv_codebooks
from copipe.exchange.codebooks import qdc
from copipe.exchange.sheets import tables
from copipe.exchange.transcripts import reading, text
from copipe.exchange.transcripts.cues import unescaped
from copipe.records import Word
from copipe.study import decisions, memos, toml
from copipe.transcribe.corrections.text import read_back

pytestmark = pytest.mark.attack("text")
MANY = 100_000
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(9)
)


def chain(length: int) -> bytes:
    """A codebook in which each code stands under the one before by `parent:`."""
    rows = "".join(f"- {{key: c{n}, label: c, parent: c{n - 1}}}\n" for n in range(1, length))
    return f"codes:\n- {{key: c0, label: c}}\n{rows}".encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a = " + "[" * MANY, "line 1: nested more than"),
        ("[a]\nb = " + "{c = " * 30_000, "line 2: nested more than"),
        ("a" + ".a" * 30_000 + " = 1", "line 1: nested more than"),
        ('# one\na = "' + "x" * 1_500_000 + '"', "line 2: has 1,500,006 letters"),
        ("a = 1\n" * 400_000, "at most 2 MB"),
        ('a = "' + "x" * 10_000_000 + '"', "at most 2 MB"),
    ],
    ids=["lists", "tables", "dotted", "line", "size", "ten-mb"],
)
def test_settings_out_of_bounds(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "meetings.toml"
    path.write_text(content)
    began = time.perf_counter()
    with pytest.raises(InputError, match=said) as caught:
        toml.read(path)
    assert time.perf_counter() - began < 20
    assert str(path) in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("content", ["a = " + "1" * 5000, "a = 2010-02-31"], ids=["digits", "date"])
def test_numbers_that_are_none_are_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.toml").write_text(content)
    assert toml.read(tmp_path / "a.toml").problems


def test_lines_of_settings_are_found_in_linear_time() -> None:
    began = time.perf_counter()
    found = toml.lines("".join(f"k{n} = 1\n" for n in range(50_000)))
    assert found[("k49999",)] == 50_000
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("codes: " + "[" * MANY, "nested more than"),
        ("codes:\n- key: " + "x" * 1_000_000, "line 2: has 1,000,007 letters"),
        ("a: 1\n" * 2_000_000, "at most 5 MB"),
        (BOMB, "aliases stand for more than"),
    ],
    ids=["nested", "line", "size", "laughs"],
)
def test_codebooks_out_of_bounds(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "codebook.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match=said) as caught:
        codebook.load(path)
    assert str(path) in caught.value.message


def test_a_memo_that_bombs_is_told_by_file(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(f"---\n{BOMB}---\n")
    (tmp_path / "b.md").write_text("---\n" + "[" * MANY + "\n---\n")
    with pytest.raises(ConfigError, match=r"a\.md(?s:.*)b\.md"):
        memos.read(tmp_path)


def test_json_too_deep_is_no_json() -> None:
    with pytest.raises(ValueError, match="nested"):
        texts.from_json("[" * MANY)


def test_yaml_that_holds_itself_is_refused() -> None:
    with pytest.raises(InputError, match="line 1: an alias stands within"):
        yaml_text.from_yaml("a: &a [*a]", "x")


@pytest.mark.parametrize("depth", [51, 60])
def test_a_codebook_too_deep_is_told_as_that(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "codebook.yaml"
    rows = "".join(f"{'  ' * n}codes:\n{'  ' * n}- key: c{n}\n{'  ' * n}  label: c\n" for n in range(depth))
    path.write_text(rows)
    with pytest.raises(InputError, match="codes within codes, more than 50 levels deep") as caught:
        codebook.load(path)
    assert "line 152" in caught.value.message


def test_fifty_levels_are_read(tmp_path: Path) -> None:
    rows = "".join(f"{'  ' * n}codes:\n{'  ' * n}- key: c{n}\n{'  ' * n}  label: c\n" for n in range(50))
    assert len(codebook.parse(rows.encode(), "x").codes) == 50


@pytest.mark.parametrize("length", [2_000, 4_000])
def test_a_long_chain_of_codes_ends_at_once(length: int) -> None:
    began = time.perf_counter()
    with pytest.raises(InputError, match="c50: codes within codes"):
        codebook.parse(chain(length), "book.yaml")
    assert time.perf_counter() - began < 30  # of which reading YAML takes nearly all


def test_a_table_of_codes_too_deep_is_told(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("key,label,parent\n" + "".join(f"c{n},c,{f'c{n - 1}' if n else ''}\n" for n in range(8_000)))
    with pytest.raises(InputError, match="c50: codes within codes"):
        csv_codebooks.read(path)


def test_rings_of_parents_are_named() -> None:
    ring = b"codes:\n" + b"".join(
        b"- {key: %s, label: x, parent: %s}\n" % (a, b) for a, b in [(b"a", b"b"), (b"b", b"c"), (b"c", b"a")]
    )
    with pytest.raises(ConfigError, match="a > b > c > a"):
        codebook.parse(ring, "x")
    assert below("a", ()) == ()


def test_a_table_of_a_million_columns(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("key," + "x," * 1_000_000 + "\n")
    for read in (csv_codebooks.read, tables.read_csv):
        began = time.perf_counter()
        with pytest.raises(InputError, match="line 1: has 1,000,002 columns; copipe reads at most"):
            read(path)
        assert time.perf_counter() - began < 20


@pytest.mark.parametrize("name", ["a.txt", "a.srt", "a.vtt"])
@pytest.mark.parametrize(("odd", "said"), [("\x1b", r"U\+001B \(ESC\)"), ("\uffff", r"U\+FFFF"), ("\x07", "BEL")])
def test_transcripts_name_the_character_and_its_line(tmp_path: Path, name: str, odd: str, said: str) -> None:
    head = {
        "a.txt": "SN1: yes\n",
        "a.srt": "1\n00:00:01,000 --> 00:00:02,000\n",
        "a.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n",
    }
    path = tmp_path / name
    path.write_text(f"{head[name]}SN1: well{odd} no\n", encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        reading.read(path, "M")
    assert f"line {head[name].count(chr(10)) + 1}:" in caught.value.message


def test_characters_are_refused_wherever_text_comes_in(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 1: holds the character U\\+0007"):
        decisions.decide(kind="words", about="", verdict="replace", who="CS", text="a\x07")
    with pytest.raises(InputError, match="line 2: holds the character U\\+0007"):
        read_back("SN1: yes\nno\x07\n", ["SN1"])
    with pytest.raises(InputError, match="the memo, line 1"):
        memos.make("study", "a\x1b", "CS")
    (tmp_path / "a.md").write_text("one\ntwo\x1b")
    with pytest.raises(ConfigError, match="line 2: holds the character"):
        memos.read(tmp_path)
    (tmp_path / "a.csv").write_text("key,label\na,b\x1b\n")
    for read in (csv_codebooks.read, tables.read_csv):
        with pytest.raises(InputError, match="line 2: holds the character"):
            read(tmp_path / "a.csv")
    (tmp_path / "notes.txt").write_text("a\nb\uffff")
    with pytest.raises(InputError, match="line 2: holds the character"):
        text.read_notes(tmp_path / "notes.txt", "M")


def test_characters_are_dropped_where_xml_is_written(tmp_path: Path) -> None:
    from docx import Document

    from copipe.exchange.member_check import Item, document

    made = document("t\x07", "SN1", [Item("M:1..M:2", "c\x1b", "said\uffff", "read\x00")])
    assert "said" in Document(io.BytesIO(made)).tables[0].rows[1].cells[1].text
    book = codebook.made("b", [codebook.parse(b"codes: [{key: a, label: b}]", "x").codes[0]])
    assert "\x07" not in qdc.write(book)
    tables.write_xlsx(tmp_path / "a.xlsx", tables.Table(("a",), (("b\x07",),), {"a": ("c\x07",)}))


def test_entities_of_thousands_of_digits_stay(tmp_path: Path) -> None:
    assert unescaped("&#" + "9" * 5_000 + ";").startswith("&#9")
    (tmp_path / "a.txt").write_text("SN1: &#" + "9" * 5_000 + ";\n")
    assert reading.read(tmp_path / "a.txt", "M")


@pytest.mark.parametrize(
    "line", ["<v" + ".a" * 30_000, "<c " * 30_000, "<v " * 30_000], ids=["classes", "tags", "voices"]
)
def test_unclosed_tags_do_not_hold_up(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.vtt").write_text(f"WEBVTT\n\n00:01.000 --> 00:02.000\n{line}\n")
    (tmp_path / "a.srt").write_text(f"00:00:01,000 --> 00:00:02,000\n{line.replace('<v', '<b').replace('<c', '<b')}\n")
    for name in ("a.vtt", "a.srt"):
        began = time.perf_counter()
        assert isinstance(reading.read(tmp_path / name, "M")[0].words[0], Word)
        assert time.perf_counter() - began < 20


@pytest.mark.parametrize("hours", ["9" * 400, "9" * 5_000])
def test_times_of_hundreds_of_digits_are_told(tmp_path: Path, hours: str) -> None:
    (tmp_path / "a.srt").write_text(f"{hours}:00:01,000 --> 00:00:02,000\nyes\n")
    with pytest.raises(CopipeError, match="line 1"):
        reading.read(tmp_path / "a.srt", "M")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii"])
def test_output_in_any_encoding(encoding: str) -> None:
    said = "from copipe.cli.terminal.visible import any_encoding, tell\nany_encoding()\ntell('M\\u2192\\u4e2d')"
    done = subprocess.run(
        [sys.executable, "-c", said], env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"M\\u2192\\u4e2d"


def test_a_query_of_brackets_is_told() -> None:
    book = codebook.parse(b"codes: [{key: a, label: b}]", "x")
    with pytest.raises(CopipeError, match="more than 50 brackets"):
        parse_query("(" * 5_000 + "a", book)
