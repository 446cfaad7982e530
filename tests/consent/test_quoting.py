"""Texts that quote somebody are known by runs of words, and lose the lines that do."""

from __future__ import annotations

import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.consent.quoting import LEFT_OUT, RUN, files_that_quote, quotes
from copipe.containers import zips

THEIRS = "we should write the pathway down together and soon".split()
OTHERS = "nobody told the family that we should write the letter".split()
WANTED = quotes([THEIRS], [OTHERS], ["OT"])


def test_a_quotation_is_known_whatever_its_signs_and_case() -> None:
    assert "She said: “Write the PATHWAY\n   12  down, together!”" in WANTED
    assert "write the pathway another day" not in WANTED
    assert "that we should write the letter" not in WANTED, "others said these four words as well"


def test_lines_go_and_the_rest_stays() -> None:
    report = (
        "# Report\n\nMy reading of it.\n\n> we should write the pathway\n> down together\n>\n> — OT, p. 1\n\n"
        "> told the family\n>\n> — SN1, p. 2\n\n| OT | 12 |\n| SN1 | 30 |\n"
    )
    assert WANTED.without(report) == (
        f"# Report\n\nMy reading of it.\n\n{LEFT_OUT}\n\n> told the family\n>\n> — SN1, p. 2\n\n"
        f"{LEFT_OUT}\n| SN1 | 30 |\n"
    )


def test_words_that_run_on_over_numbered_lines_go_with_the_last_of_them() -> None:
    page = " 1  00:00:12  OT   we should write the pathway down\n 2                 together and soon\n"
    page += " 3  00:00:14  CS   No.\n"
    assert WANTED.without(page) == f"{LEFT_OUT}\n 3  00:00:14  CS   No.\n"


def test_archives_are_looked_into_and_sound_is_not(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pack.docx", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("word/document.xml", "<w:t>write the</w:t><w:t> pathway down</w:t>")
    (tmp_path / "plain.txt").write_text("write the pathway down")
    (tmp_path / "utf16.txt").write_bytes("write the pathway down".encode("utf-16"))
    (tmp_path / "sound.wav").write_bytes(b"\0\0write the pathway down")
    (tmp_path / "other.txt").write_text("write it down")
    (tmp_path / "link.txt").symlink_to(tmp_path / "plain.txt")
    found = [p.name for p in files_that_quote(tmp_path, WANTED)]
    assert found == ["pack.docx", "plain.txt", "utf16.txt"]


words = st.lists(st.sampled_from("alpha beta gamma delta epsilon zeta OT".split()), min_size=0, max_size=30)


@given(words, words, st.lists(st.lists(st.sampled_from("alpha beta gamma delta OT SN1 > |".split())), max_size=6))
def test_nothing_of_it_is_left_and_what_is_left_was_there(
    theirs: list[str], others: list[str], text: list[list[str]]
) -> None:
    wanted = quotes([theirs], [others], ["OT"])
    before = "\n".join(" ".join(line) for line in text)
    after = wanted.without(before)
    left = [line for line in after.split("\n") if line != LEFT_OUT]
    assert "OT" not in " ".join(left).split()
    assert all(line in before.split("\n") for line in left)
    stretches = after.split(LEFT_OUT)
    assert not any(stretch in wanted for stretch in stretches)
    assert all(len(run) == RUN for run in wanted.runs)


@pytest.mark.attack("bombs")
def test_an_archive_that_unpacks_without_end_is_left(tmp_path: Path) -> None:
    most = zips.FREE
    with zipfile.ZipFile(tmp_path / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("word/document.xml", "write the pathway down")
        pack.writestr("zeros", b"\0" * (3 * most))
        pack.writestr("behind", "write the pathway down")
    with zipfile.ZipFile(tmp_path / "large.docx", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("word/document.xml", b" " * (3 * most) + b"write the pathway down")
    damaged = bytearray((tmp_path / "large.docx").read_bytes())
    damaged[60:80] = b"\xff" * 20
    (tmp_path / "damaged.docx").write_bytes(damaged)
    tracemalloc.start()
    assert [p.name for p in files_that_quote(tmp_path, WANTED)] == ["bomb.docx"]
    assert tracemalloc.get_traced_memory()[1] < 2.5 * most
    tracemalloc.stop()
