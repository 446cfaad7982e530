from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from copipe.errors import InputError, UsageError
from copipe.exchange.sheets import candidates, quotations, tables
from copipe.exchange.sheets.candidates import SheetRow, make_id, parse_id
from copipe.exchange.sheets.quotations import QuotationRow

plain = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)
nasty = st.sampled_from(
    ["=1+1", "+A1", "-2", "@SUM(A1)", "'=x", "''", "'", "=cmd|' /C calc'!A0", 'a "b", c; d', "x\ny"]
)
cells = plain | nasty


def table(rows: list[tuple[str, ...]]) -> tables.Table:
    return tables.Table(("id", "said"), tuple(rows), {"said": ("yes", "no")})


@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_tables_come_back_cell_for_cell(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]) -> None:
    folder = tmp_path_factory.mktemp("sheets")
    tables.write_csv(folder / "a.csv", table(rows))
    assert tables.read_csv(folder / "a.csv") == [["id", "said"], *map(list, rows)]


@given(st.lists(st.tuples(cells, cells), max_size=3))
def test_workbooks_come_back_cell_for_cell(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("sheets")
    tables.write_xlsx(folder / "a.xlsx", table(rows))
    found = tables.read_xlsx(folder / "a.xlsx")
    wanted = [["id", "said"], *[list(row) if row[1] else [row[0]] for row in rows if any(row)]]
    assert [row for row in found if row] == wanted


@given(cells)
def test_no_cell_of_a_csv_begins_a_formula(text: str) -> None:
    guarded = tables.guarded(text)
    assert not guarded.startswith(tables.FORMULA)
    assert tables.unguarded(guarded) == text


@pytest.mark.attack("markup and formulas")
@pytest.mark.parametrize("before", ["", " ", "\n", "\u00a0", "\u3000", "\ufeff", "\u200b", "\u200e \u2060", "'", "' "])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r"])
def test_a_formula_behind_what_nobody_sees_stays_text(tmp_path: Path, before: str, sign: str) -> None:
    cell = f'{before}{sign}HYPERLINK("http://x")'
    assert tables.guarded(cell) == f"'{cell}"
    assert tables.unguarded(tables.guarded(cell)) == cell
    assert tables.guarded("well-known, a@b, 1+1=2") == "well-known, a@b, 1+1=2"
    assert tables.guarded("") == ""


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    tables.write_xlsx(tmp_path / "a.xlsx", table([("=1+1", '=HYPERLINK("http://x")'), ("-1", "\x07bell")]))
    for row in load_workbook(tmp_path / "a.xlsx").worksheets[0].iter_rows():
        for cell in row:
            assert cell.data_type == "s"
    assert (tmp_path / "a.xlsx").stat().st_mode & 0o077 == 0


def test_words_that_a_spreadsheet_took_for_a_formula_are_not_lost(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["id", "why"])
    book.worksheets[0].append(["1", "=not sure"])
    book.save(tmp_path / "a.xlsx")
    assert tables.read_xlsx(tmp_path / "a.xlsx")[1] == ["1", "=not sure"]


def test_csv_as_others_write_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for text in ("id;said\r\nx;y\r\n", "id\tsaid\nx\ty\n", "\ufeffid,said\nx,y"):
        path.write_text(text, encoding="utf-8", newline="")
        assert tables.read_csv(path) == [["id", "said"], ["x", "y"]]
    path.write_bytes("id,said\nx,caf\xe9".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        tables.read_csv(path)


def test_what_is_no_workbook(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("no")
    with pytest.raises(InputError, match="not an Excel workbook"):
        tables.read_xlsx(tmp_path / "a.xlsx")


def row(code: str = "trust", **more: str) -> SheetRow:
    id_ = make_id("2010/02", "2010/02:000001", "2010/02:000009.0001", code, "s1")
    return SheetRow(id_, "2010/02 p. 1, l. 1", "SN1", "=We trust.", code, "Def", "seed trust", **more)


def test_what_may_be_chosen_stands_in_the_workbook(tmp_path: Path) -> None:
    candidates.write(tmp_path / "a.xlsx", [row()], [f"a-rather-long-code-{n}" for n in range(40)])
    book = load_workbook(tmp_path / "a.xlsx")
    rules = {str(v.sqref): v.formula1 for v in book.worksheets[0].data_validations.dataValidation}
    assert rules == {"H2": '"accept,reject,recode"', "I2": "'recode to'!$A$1:$A$40"}
    assert book["recode to"]["A40"].value == "a-rather-long-code-39"
    assert book.worksheets[0]["D2"].value == "=We trust."


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_verdicts_come_back_in_whatever_order_of_columns(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    candidates.write(path, [row(verdict="accept", as_of="accept 12ab"), row("risk", memo="=look", coder="AB")], ["x"])
    first, second = candidates.read(path)
    assert (first.number, first.verdict, first.as_of, first.id) == (2, "accept", "accept 12ab", row().id)
    assert (second.number, second.verdict, second.memo, second.coder) == (3, "", "=look", "AB")
    if suffix == ".csv":
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        path.write_text("\n".join(",".join(f'"{c}"' for c in reversed(line)) for line in [*lines, [""] * 12]))
        assert candidates.read(path)[0] == first
        assert len(candidates.read(path)) == 2


def test_ids_are_known_again_and_a_changed_one_is_noticed() -> None:
    sources = [("2010/02", "s1"), ("2010-03", "s2")]
    about = parse_id(row().id, sources)
    assert (about.meeting, about.first, about.last, about.code) == (
        "2010/02",
        "2010/02:000001",
        "2010/02:000009.0001",
        "trust",
    )
    for wrong in (row().id.replace("trust", "truss"), row().id.replace("000001", "000002"), row().id[:-1], "x", ""):
        with pytest.raises(ValueError, match="the id was changed"):
            parse_id(wrong, sources)
    with pytest.raises(ValueError, match="transcribed anew"):
        parse_id(row().id, [("2010/02", "s9")])
    with pytest.raises(ValueError, match="no coded meeting"):
        parse_id(row().id, sources[1:])


def test_what_is_no_sheet(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("citation,verdict\nx,y\n")
    with pytest.raises(InputError, match="columns id are missing"):
        candidates.read(tmp_path / "a.csv")
    (tmp_path / "a.json").write_text('{"verdicts": 3}')
    with pytest.raises(InputError, match="review page saved"):
        candidates.read(tmp_path / "a.json")
    with pytest.raises(UsageError, match="cannot be read"):
        candidates.read(tmp_path / "a.html")
    with pytest.raises(InputError, match="is not there"):
        candidates.read(tmp_path / "none.csv")


def test_a_quotation_table_in_three_formats(tmp_path: Path) -> None:
    about = ("2010-02 p. 1, l. 1", "2010-02", "2010-02", "operating", "meeting", "", "SN1", "Trust", "accepted")
    rows = [QuotationRow(*about, "*a* | =b")]
    for suffix in quotations.SUFFIXES:
        quotations.write(tmp_path / f"q{suffix}", rows, "Trust")
    assert tables.read_csv(tmp_path / "q.csv")[1][-1] == "*a* | =b"
    assert tables.read_xlsx(tmp_path / "q.xlsx")[1][-1] == "*a* | =b"
    assert r"\*a\* \| =b" in (tmp_path / "q.md").read_text()
    with pytest.raises(UsageError, match="a quotation table is"):
        quotations.write(tmp_path / "q.docx", rows, "Trust")
