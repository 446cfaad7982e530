"""What goes to a participant and comes back, in both formats."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from copipe.errors import InputError
from copipe.exchange.member_check import BELOW, PLACE, Item, Returned, document, markdown, read

ITEMS = (
    Item("2010-02:000012..2010-02:000031", "2010-02 p. 1, ll. 2-4", "I was on a ward\n[CS] Yes.", "Taken to show: x."),
    Item("2010-03:000001..2010-03:000009.0001", "2010-03 p. 1, l. 1", "<!-- end --> & *so*", "Taken to show: y."),
)


def test_answers_in_word(tmp_path: Path) -> None:
    path = tmp_path / "SN1.docx"
    path.write_bytes(document("To check", "SN1", ITEMS))
    assert read(path) == Returned("SN1", ())
    came = Document(str(path))
    came.tables[0].rows[2].cells[2].text = " Not what I meant.\nLeave it out. "
    came.save(str(path))
    (answer,) = read(path).answers
    assert (answer.id, answer.text, answer.where) == (ITEMS[1].id, "Not what I meant.\nLeave it out.", "row 3")


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)


@given(answers=st.lists(TEXT, min_size=2, max_size=2))
def test_answers_in_markdown(tmp_path_factory: pytest.TempPathFactory, answers: list[str]) -> None:
    path = tmp_path_factory.mktemp("pack") / "SN1.md"
    text = markdown("To check", "SN1", ITEMS)
    for answer in answers:
        text = text.replace(f"\n{PLACE}\n", f"\n{answer}\n", 1)
    path.write_text(text.replace("\n", "\r\n"), encoding="utf-8", newline="")
    wanted = [(i.id, a.strip()) for i, a in zip(ITEMS, answers, strict=True) if a.strip() and a.strip() != PLACE]
    assert [(a.id, a.text) for a in read(path).answers] == wanted


def test_what_is_no_pack_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Nothing\n")
    (tmp_path / "a.docx").write_text("no archive")
    with zipfile.ZipFile(tmp_path / "b.docx", "w") as archive:
        archive.writestr("x", "y")
    for name, match in (
        ("a.md", "no place for answers"),
        ("a.docx", "not a Word"),
        ("none.docx", "is not there"),
        ("b.docx", "not a Word"),
        ("c.md", "No such file"),
    ):
        with pytest.raises(InputError, match=match):
            read(tmp_path / name)


def test_what_is_inserted_with_changes_tracked_is_read_and_what_is_deleted_is_not(tmp_path: Path) -> None:
    from docx.oxml import parse_xml

    path = tmp_path / "SN1.docx"
    path.write_bytes(document("To check", "SN1", ITEMS))
    came = Document(str(path))
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    tracked = f'<w:ins {names} w:id="1" w:author="x"><w:r><w:t>Not what I meant</w:t></w:r></w:ins>'
    deleted = f'<w:del {names} w:id="2" w:author="x"><w:r><w:delText>Quite so</w:delText></w:r></w:del>'
    line = came.tables[0].rows[1].cells[2].paragraphs[0]._p
    line.append(parse_xml(tracked))
    line.append(parse_xml(deleted))
    came.add_paragraph("And another thing.")
    came.save(str(path))
    assert [(a.id, a.text) for a in read(path).answers] == [
        (ITEMS[0].id, "Not what I meant"),
        ("", "And another thing."),
    ]
    assert read(path).answers[1].where == BELOW


def test_an_answer_whose_end_is_gone_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "SN1.md"
    text = markdown("To check", "SN1", ITEMS).replace(PLACE, "one", 1).replace(PLACE, "two", 1)
    path.write_text(text.replace("\n<!-- end -->", "\n", 1).replace(" -->", "  --> "))
    found = read(path)
    assert found.role == "SN1"
    assert [(a.id, a.text) for a in found.answers] == [(ITEMS[0].id, "one"), (ITEMS[1].id, "two")]
