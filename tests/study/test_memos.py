from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.errors import ConfigError, UsageError
from copipe.records import Memo
from copipe.study import memos

lines = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)
texts = st.lists(lines, max_size=5).map("\n".join).map(lambda text: text.strip("\n"))


@given(title=lines.map(str.strip).filter(bool), text=texts, who=st.sampled_from(["", "CS", "AB"]))
def test_a_memo_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, title: str, text: str, who: str
) -> None:
    folder = tmp_path_factory.mktemp("memos")
    made = memos.make("code:leadership", text, who, title)
    memos.write(folder, made)
    assert memos.read(folder) == (made,)


def test_only_the_owner_reads_it_and_the_name_says_what_it_is_about(tmp_path: Path) -> None:
    path = memos.write(tmp_path / "memos", memos.make("passage:2010-02:000001..2010-02:000009", "x", "CS"))
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    assert "-passage-2010-02-000001..2010-02-000009-" in path.name


def test_writing_again_changes_the_same_file(tmp_path: Path) -> None:
    first = memos.make("study", "one", "CS", "A title")
    path = memos.write(tmp_path, first)
    path = path.rename(tmp_path / "my own name.md")
    changed = Memo(first.id, first.when, first.who, first.about, first.title, "two")
    assert memos.write(tmp_path, changed) == path
    assert memos.read(tmp_path) == (changed,)


def test_a_file_that_somebody_wrote_is_a_memo(tmp_path: Path) -> None:
    (tmp_path / "later").mkdir()
    (tmp_path / "diary.md").write_text("# After the first meeting\n\nI was nervous.\n")
    (tmp_path / "later" / "plain.md").write_text("No heading.\r\nTwo lines.\r\n")
    (tmp_path / "half.md").write_text("---\nabout: code:trust\n---\nIs it one?")
    (tmp_path / "note.txt").write_text("not a memo")
    found = {memo.id: memo for memo in memos.read(tmp_path)}
    assert set(found) == {"diary", "plain", "half"}
    assert found["diary"].title == "After the first meeting"
    assert (found["plain"].title, found["plain"].about, found["plain"].text) == (
        "plain",
        "study",
        "No heading.\nTwo lines.",
    )
    assert found["half"].about == "code:trust"


def test_a_rule_in_the_text_is_no_front_matter(tmp_path: Path) -> None:
    made = memos.make("study", "before\n---\nafter: all\n---\nend", "CS", "Rules")
    memos.write(tmp_path, made)
    assert memos.read(tmp_path) == (made,)


def test_everything_that_is_wrong_is_told_by_file_and_line(tmp_path: Path) -> None:
    good = memos.write(tmp_path, memos.make("study", "x", "CS"))
    (tmp_path / "z-copy.md").write_bytes(good.read_bytes())
    (tmp_path / "a.md").write_text("---\nwho: CS\nabout: nonsense\n---\nx")
    (tmp_path / "b.md").write_text("---\ntitle: a: b: c\n---\nx")
    (tmp_path / "c.md").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "d.md").write_text("---\ntitle: [a, b]\n---\nx")
    with pytest.raises(ConfigError) as caught:
        memos.read(tmp_path)
    said = caught.value.message
    assert "a.md, line 3: 'nonsense'" in said
    assert "b.md, line 2: not YAML" in said
    assert "c.md, line 1: not UTF-8" in said
    assert "d.md, line 2: 'title' wants text" in said
    assert "z-copy.md, line 2" in said
    assert "same id" in said


@pytest.mark.parametrize("about", ["", "nothing", "study:x", "code:", "meeting", "passage:x", "passage:..x"])
def test_what_a_memo_cannot_be_about(about: str) -> None:
    with pytest.raises(UsageError):
        memos.make(about, "x", "CS")


def test_there_may_be_no_folder(tmp_path: Path) -> None:
    assert memos.read(tmp_path / "memos") == ()


def test_a_long_first_line_is_the_title_and_is_cut_when_it_is_shown() -> None:
    made = memos.make("study", "# " + "word " * 40, "CS")
    assert made.title == ("word " * 40).strip()
    assert memos.short(made.title) == "word " * 11 + "word …"
    assert memos.short("x" * 56 + " [person 12] again") == "x" * 56 + " …"
    cut = replace(made, title="word wo…")
    assert memos.full_title(cut) == made.title
