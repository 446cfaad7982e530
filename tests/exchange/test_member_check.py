"""What goes to a participant and comes back, in both formats."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from copipe.errors import InputError
from copipe.exchange.member_check import PLACE, Item, document, markdown, read

ITEMS = (
    Item("2010-02:000012..2010-02:000031", "2010-02 p. 1, ll. 2-4", "I was on a ward\n[CS] Yes.", "Taken to show: x."),
    Item("2010-03:000001..2010-03:000009.0001", "2010-03 p. 1, l. 1", "<!-- end --> & *so*", "Taken to show: y."),
)


def test_answers_in_word(tmp_path: Path) -> None:
    path = tmp_path / "SN1.docx"
    path.write_bytes(document("To check", ITEMS))
    assert read(path) == ()
    came = Document(str(path))
    came.tables[0].rows[2].cells[2].text = " Not what I meant.\nLeave it out. "
    came.save(str(path))
    (answer,) = read(path)
    assert (answer.id, answer.text, answer.where) == (ITEMS[1].id, "Not what I meant.\nLeave it out.", "row 3")


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)


@given(answers=st.lists(TEXT, min_size=2, max_size=2))
def test_answers_in_markdown(tmp_path_factory: pytest.TempPathFactory, answers: list[str]) -> None:
    path = tmp_path_factory.mktemp("pack") / "SN1.md"
    text = markdown("To check", ITEMS)
    for answer in answers:
        text = text.replace(f"\n{PLACE}\n", f"\n{answer}\n", 1)
    path.write_text(text.replace("\n", "\r\n"), encoding="utf-8", newline="")
    wanted = [(i.id, a.strip()) for i, a in zip(ITEMS, answers, strict=True) if a.strip() and a.strip() != PLACE]
    assert [(a.id, a.text) for a in read(path)] == wanted


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
