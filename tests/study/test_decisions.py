from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.errors import ConfigError
from copipe.records import Decision, Span
from copipe.study import decisions

SPAN = Span("M", "M:000001", "M:000002", 0.0, 1.5, "abc", "k")


def made(verdict: str, kind: str = "voice", about: str = "V1") -> Decision:
    return decisions.decide(kind=kind, about=about, verdict=verdict, who="CS", span=SPAN, text="ü\n\u2028")


def test_decisions_come_back_in_the_order_they_were_made(tmp_path: Path) -> None:
    path = tmp_path / "decisions" / "M.jsonl"
    first, second, third = made("SN1"), made("SN2"), made("OT")
    decisions.append(path, first)
    decisions.append(path, second, third)
    assert decisions.read(path) == (first, second, third)


def test_a_clock_that_was_set_back_does_not_change_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "_LATEST", decisions._Latest())
    path = tmp_path / "M.jsonl"
    ahead = replace(made("accept"), when=(datetime.now(UTC) + timedelta(days=300)).isoformat(timespec="microseconds"))
    decisions.append(path, ahead)
    assert decisions.read(path) == (ahead,)
    later, last = made("reject"), made("recode")
    decisions.append(path, later, last)
    assert decisions.read(path) == (ahead, later, last)


def test_no_file_is_no_decisions(tmp_path: Path) -> None:
    assert decisions.read(tmp_path / "none.jsonl") == ()


@given(st.permutations(range(6)), st.integers(0, 6))
def test_two_peoples_files_merge_by_putting_their_lines_together(order: list[int], shared: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        all_of_them = [made(str(n)) for n in range(6)]
        path = Path(folder) / "M.jsonl"
        decisions.append(path, *(all_of_them[n] for n in order), *all_of_them[:shared])
        assert decisions.read(path) == tuple(all_of_them)


def test_a_line_that_cannot_be_read_is_named_and_nothing_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "M.jsonl"
    decisions.append(path, made("SN1"))
    with path.open("a") as file:
        file.write("<<<<<<< theirs\n")
    with pytest.raises(ConfigError, match="line 2"):
        decisions.read(path)


def test_an_undo_takes_back_and_an_undo_of_it_restores() -> None:
    first, second = made("SN1"), made("SN2")
    undo = made("", kind="undo", about=second.id)
    assert decisions.standing((first, second, undo)) == (first, second)[:1]
    redo = made("", kind="undo", about=undo.id)
    assert decisions.standing((first, second, undo, redo)) == (first, second)


def test_only_the_kinds_asked_for_stand() -> None:
    voice, words = made("SN1"), made("replace", kind="words")
    assert decisions.standing((voice, words), "words") == (words,)


def test_the_id_is_of_everything_that_was_decided() -> None:
    one = made("SN1")
    assert one.id != made("SN1").id  # made at another moment
    assert one.id == replace(one).id
