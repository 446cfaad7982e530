"""Codebooks as REFI-QDA files and as tables."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from lxml import etree

from copipe.code.codebook import codebook
from copipe.errors import InputError
from copipe.exchange.codebooks import csv as codebook_csv
from copipe.exchange.codebooks import qdc
from copipe.records import Code, Codebook, CodeSet
from copipe.resources import CONFIG
from copipe.review import codebooks
from copipe.study import code_fields
from tests.code.codebook.books import books, by_key

SCHEMA = Path(__file__).with_name("codebook.xsd")
SHIPPED = sorted((CONFIG / "codebooks").glob("*.yaml"))
GUID = "0FA3C1D2-0000-4000-8000-00000000000A"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Other"><Codes>'
TAIL = "</Codes></CodeBook>"
FOREIGN = f"""{HEAD}
<Code guid="{GUID}" name="Ärger &amp; Streit" isCodable="false" color="#0a0b0C">
  <Description>Two
lines.</Description>
  <Code guid="{GUID[:-1]}B" name="Time" isCodable="true"/>
  <Code guid="{GUID[:-1]}C" name="Time" isCodable="true"/>
</Code>
<Code guid="{GUID[:-1]}D" name="!!!" isCodable="1"/>
</Codes><Sets>
<Set guid="{GUID[:-1]}E" name="Q 1"><Description>d</Description><MemberCode guid="{GUID[:-1]}C"/></Set>
<Set guid="{GUID[:-1]}F" name="Empty"/>
</Sets></CodeBook>"""


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMA))


def read_qdc(tmp_path: Path, text: str | bytes) -> tuple[Codebook, tuple[str, ...]]:
    path = tmp_path / "book.qdc"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return qdc.read(path)


def read_csv(tmp_path: Path, text: str | bytes) -> tuple[Codebook, tuple[str, ...]]:
    path = tmp_path / "book.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return codebook_csv.read(path)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_codebooks_go_both_ways(path: Path, tmp_path: Path, schema: etree.XMLSchema) -> None:
    book = codebook.load(path)
    text = qdc.write(book)
    schema.assertValid(etree.fromstring(text.encode()))
    back, notes = read_qdc(tmp_path, text)
    assert by_key(back) == by_key(book) and back.sets == book.sets and notes == ()
    assert qdc.write(back) == text
    back, notes = read_csv(tmp_path, codebook_csv.write(book))
    assert by_key(back) == by_key(book) and notes == ()


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(books())
def test_any_codebook_survives_the_way_through_refi_qda(
    tmp_path: Path, schema: etree.XMLSchema, book: Codebook
) -> None:
    text = qdc.write(book)
    schema.assertValid(etree.fromstring(text.encode()))
    back, notes = read_qdc(tmp_path, text)
    assert by_key(back) == by_key(book)
    assert back.sets == book.sets
    assert notes == ()


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(books())
def test_any_codebook_survives_the_way_through_a_table(tmp_path: Path, book: Codebook) -> None:
    text = codebook_csv.write(book)
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    back, notes = read_csv(tmp_path, text)
    assert by_key(back) == by_key(book)
    assert notes == ()


def test_the_file_of_another_program_keeps_all_it_holds(tmp_path: Path, schema: etree.XMLSchema) -> None:
    schema.assertValid(etree.fromstring(FOREIGN.encode()))
    book, notes = read_qdc(tmp_path, FOREIGN)
    assert notes == ()
    assert [(c.key, c.label, c.parent, c.codable) for c in book.codes] == [
        ("ärger-streit", "Ärger & Streit", "", False),
        ("time", "Time", "ärger-streit", True),
        ("time-2", "Time", "ärger-streit", True),
        ("code", "!!!", "", True),
    ]
    top = book.codes[0]
    assert (top.definition, top.colour, top.guid) == ("Two\nlines.", "#0A0B0C", GUID)
    assert book.sets == (
        CodeSet("Q 1", ("time-2",), "d", f"{GUID[:-1]}E"),
        CodeSet("Empty", (), "", f"{GUID[:-1]}F"),
    )
    path = tmp_path / "book.yaml"
    path.write_text(codebooks.text_of(book, ".yaml")[0], encoding="utf-8")
    there = qdc.write(codebooks.read(path)[0])

    def held(text: str) -> list[tuple[str, dict[str, str], str]]:
        found = []
        for element in etree.fromstring(text.encode()).iter():
            about = {k: v.upper() if k in ("color", "guid") else v for k, v in element.attrib.items() if k != "origin"}
            about |= {"isCodable": "true"} if about.get("isCodable") == "1" else {}
            found.append((str(element.tag), about, (element.text or "").strip()))
        return found

    assert held(there) == held(FOREIGN)
    assert qdc.MARK not in there


def test_what_another_program_changed_is_taken_and_the_rest_kept(tmp_path: Path) -> None:
    book = codebook.made("B", [Code("a", "A", "Old words.", seeds=("x", "- y"), aliases=("b",), exclude="No.")])
    text = qdc.write(book).replace("Old words.", "New words.").replace('name="A"', 'name="AA"')
    code = read_qdc(tmp_path, text)[0].codes[0]
    assert code == replace(book.codes[0], definition="New words.", label="AA")
    broken, notes = read_qdc(tmp_path, qdc.write(book).replace("seeds:", "seeds: ["))
    assert qdc.MARK in broken.codes[0].definition and broken.codes[0].key == "a"
    assert len(notes) == 1 and "was changed and cannot be read" in notes[0]
    unknown, notes = read_qdc(tmp_path, qdc.write(book).replace("seeds:", "sedes:"))
    assert "sedes" in unknown.codes[0].definition and notes


def test_a_description_that_holds_the_mark_itself(tmp_path: Path) -> None:
    book = codebook.made("B", [Code("a", "a", f"x\n{qdc.MARK}\nkey: evil"), Code("b", "b", qdc.MARK, guid=GUID)])
    assert read_qdc(tmp_path, qdc.write(book))[0].codes == book.codes


def test_signs_that_xml_cannot_hold_are_carried(tmp_path: Path, schema: etree.XMLSchema) -> None:
    code = Code("a", "A\x07B", "bell \x07", examples=("\ufffe",))
    text = qdc.write(codebook.made("B", [code], sets=[CodeSet("S", ("a",), "x\x00y")]))
    schema.assertValid(etree.fromstring(text.encode()))
    assert read_qdc(tmp_path, text)[0].codes[0] == code


def test_guids_are_the_same_every_time() -> None:
    assert qdc.guid_of("conflict") == "135AFF2F-153B-50DF-B401-EC0911F67A22"
    one = qdc.write(codebook.made("B", [Code("conflict", "One")]))
    assert qdc.guid_of("conflict") in one


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("urn:QDA-XML:codebook:1.0", "urn:QDA-XML:codebook:1:0"),
        ("urn:QDA-XML:codebook:1.0", "urn:QDA-XML:project:1.0"),
        (' xmlns="urn:QDA-XML:codebook:1.0"', ""),
        (f'guid="{GUID}"', f'guid="{{{GUID.lower()}}}"'),
        (' isCodable="true"', ""),
    ],
)
def test_how_real_files_differ_from_the_schema(old: str, new: str, tmp_path: Path) -> None:
    assert old in FOREIGN
    assert read_qdc(tmp_path, FOREIGN.replace(old, new))[0].codes == read_qdc(tmp_path, FOREIGN)[0].codes


def test_a_codebook_inside_a_project_and_in_another_encoding(tmp_path: Path) -> None:
    inner = FOREIGN.split("\n", 1)[1]
    project = f'<Project name="p"><Users/>{inner}</Project>'
    codes = read_qdc(tmp_path, FOREIGN)[0].codes
    assert read_qdc(tmp_path, project)[0].codes == codes
    assert read_qdc(tmp_path, ('<?xml version="1.0" encoding="UTF-16"?>' + inner).encode("utf-16"))[0].codes == codes


def test_what_is_left_out_is_told_by_line(tmp_path: Path) -> None:
    text = (
        f'{HEAD}\n<Code guid="nonsense" name="A" isCodable="maybe" color="red"><NoteRef targetGUID="x"/></Code>\n'
        f'<Code guid="{GUID}" name="B" isCodable="true"/>\n<Code guid="{GUID}" name="C" isCodable="true"/>\n'
        f'</Codes><Sets>\n<Set guid="{GUID}" name="S"><MemberCode guid="{GUID[:-1]}B"/><MemberSource/></Set>\n'
        f'<Set guid="{GUID}" name="S"/></Sets><Links/></CodeBook>'
    )
    book, notes = read_qdc(tmp_path, text)
    assert [c.key for c in book.codes] == ["a", "b", "c"]
    assert notes == (
        "line 8: Links is not part of a codebook and was left out",
        'line 3: isCodable is "maybe", taken for true',
        "line 3: no GUID, or one that is none; a new one is worked out",
        'line 3: "red" is not a colour and was left out',
        "line 3: NoteRef is not a code and was left out",
        "line 5: a GUID that another code has as well; a new one is worked out",
        "line 7: set S: a code that is not in the file was left out",
        "line 7: set S: MemberSource was left out",
        "line 8: a set without a name, or with that of another, was left out",
    )
    assert book.codes[2].guid == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not XML"),
        ("<CodeBook><Codes>", "line 1: not XML"),
        ("<html/>", "begins with <html>"),
        (HEAD + TAIL, "no codes in it"),
        ("<CodeBook/>", "no codes in it"),
        (f'{HEAD}\n<Code guid="{GUID}" isCodable="true"/>{TAIL}', "line 3: a code without a name"),
        (b"PK\x03\x04", "is a project"),
        ("<Project/>", "a project without a codebook"),
        (HEAD + '<Code name="x">' * 60 + "</Code>" * 60 + TAIL, "more than 50 deep"),
        (HEAD + '<Code name="x">' * 6000 + "</Code>" * 6000 + TAIL, "more than 100 levels"),
    ],
)
def test_what_is_no_codebook_is_refused(text: str | bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_qdc(tmp_path, text)
    assert says in caught.value.message


def test_entities_are_refused_unread(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET", encoding="utf-8")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    for inside, used in (
        (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', "&x;"),
        (f'<!ENTITY % x SYSTEM "{secret.as_uri()}"> %x;', ""),
        (laughs, "&l11;"),
    ):
        text = f'<!DOCTYPE CodeBook [{inside}]>{HEAD.split(chr(10))[1]}<Code name="a{used}"/>{TAIL}'
        for encoded in (text.encode(), ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16")):
            with pytest.raises(InputError, match="document type"):
                read_qdc(tmp_path, encoded)


@pytest.mark.parametrize(
    "text",
    [
        "key,label,seeds\na,A,x\nb,,\n",
        "\ufeffKey;Label;Seeds\r\na;A;x\r\nb;;\r\n",
        "Code\tKEY\tseeds\nA\ta\tx\n\tb\t\n",
        "key,label,seeds\n\na,A,x\n,,\nb,,\n",
    ],
)
def test_tables_of_other_programs(text: str, tmp_path: Path) -> None:
    book, notes = read_csv(tmp_path, text)
    assert [(c.key, c.label, c.seeds) for c in book.codes] == [("a", "A", ("x",)), ("b", "b", ())]
    assert notes == ()
    assert read_csv(tmp_path, text.removeprefix("\ufeff").encode("utf-16"))[0] == book


def test_a_table_with_names_for_keys_and_categories(tmp_path: Path) -> None:
    text = 'Name,Category,Description,Examples,Colr\nBig one,,d,"one\ntwo\n\none",x\nSmall one,Big one,,,\n'
    book, notes = read_csv(tmp_path, text)
    assert [(c.key, c.parent) for c in book.codes] == [("big-one", ""), ("small-one", "big-one")]
    assert book.codes[0].examples == ("one", "two")
    assert notes == ('column "Colr" was left out (did you mean colour?)',)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: no column `key` or `label`"),
        ("a,b\n1,2\n", "line 1: no column `key` or `label`"),
        ("key,label\n", "no codes below the header"),
        ("key,label,name\na,b,c\n", "two columns are `label`"),
        ("key,seeds\na,x,y\n", "line 2: 3 cells, and 2 columns"),
        ("key,seeds\na,x\n,y\n", "line 3: a code with neither key nor label"),
        (b"key\ncaf\xe9\n", "line 2: not UTF-8"),
        (b"PK\x03\x04", "a spreadsheet"),
        (b"key\na\x00b\n", "not a text file"),
        ('key\n"' + "x" * 200_000 + '"\n', "not a table"),
    ],
)
def test_what_is_no_table_of_codes_is_refused(text: str | bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_csv(tmp_path, text)
    assert says in caught.value.message


def test_problems_of_other_formats_are_told_like_those_of_yaml(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("key,parent,seeds\na,b,re:(\nA,,\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        codebooks.read(path)
    assert 'unknown parent "b"' in caught.value.message and "the key stands twice" in caught.value.message
    assert 'a, seeds: "re:("' in caught.value.message and "line 0" not in caught.value.message


def test_every_field_has_a_column() -> None:
    assert set(codebook_csv.COLUMNS) == {"key", *code_fields.BY_NAME}
