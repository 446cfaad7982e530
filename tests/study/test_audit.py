from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.study import audit


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    (tmp_path / "private").mkdir()
    trail = tmp_path / "audit.jsonl"
    for number in range(4):
        audit.record(trail, "run", {"meeting": f"M{number}", "who": "CS"})
    return trail


def test_entries_are_chained_and_a_change_shows(tmp_path: Path) -> None:
    trail = tmp_path / "audit.jsonl"
    for number in range(4):
        audit.record(trail, "run", {"meeting": f"M{number}"})
    assert audit.broken_at(trail) is None
    lines = trail.read_text().splitlines()
    trail.write_text("\n".join([lines[0], lines[1].replace("M1", "M9"), *lines[2:]]) + "\n")
    assert audit.broken_at(trail) == 3
    trail.write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    assert audit.broken_at(trail) == 2


def test_an_empty_trail_is_whole(tmp_path: Path) -> None:
    assert audit.broken_at(tmp_path / "audit.jsonl") is None
    assert audit.verify(tmp_path / "audit.jsonl") == audit.Verdict(0)
    assert audit.read(tmp_path / "audit.jsonl") == ()


def test_a_whole_trail(trail: Path) -> None:
    assert audit.verify(trail) == audit.Verdict(4, witnessed=4)
    assert [(e.number, e.what, e.meeting, e.who) for e in audit.read(trail)][-1] == (4, "run", "M3", "CS")
    assert (trail.parent / "private" / "audit-heads.jsonl").stat().st_mode & 0o777 == 0o600


def test_the_end_cut_off_shows_also_after_more_was_added(trail: Path) -> None:
    lines = trail.read_text().splitlines()
    trail.write_text("\n".join(lines[:2]) + "\n")
    assert audit.broken_at(trail) is None
    assert audit.verify(trail).broken == 3
    assert "its end is missing" in audit.verify(trail).why
    audit.record(trail, "check", {"meeting": "M9"})
    assert audit.verify(trail).broken == 3
    audit.record(trail, "check", {"meeting": "M9"})
    assert audit.verify(trail).broken == 3
    trail.unlink()
    assert audit.verify(trail).broken == 1


def test_a_trail_written_anew_shows(trail: Path) -> None:
    lines = trail.read_text().splitlines()
    before, forged = audit.FIRST, []
    for line in lines:
        entry = {**json.loads(line.replace("M2", "M7")), "after": before}
        forged.append(json.dumps(entry, sort_keys=True))
        before = audit.digest(forged[-1])
    trail.write_text("\n".join(forged) + "\n")
    assert audit.broken_at(trail) is None
    assert audit.verify(trail).broken == 3


def test_a_trail_from_before_there_was_a_witness(trail: Path) -> None:
    witness = trail.parent / "private" / "audit-heads.jsonl"
    witness.unlink()
    assert audit.verify(trail) == audit.Verdict(4)
    audit.record(trail, "check", {})
    assert audit.verify(trail) == audit.Verdict(5, witnessed=1)


def test_a_line_that_a_power_cut_tore_gives_way_to_the_next(trail: Path) -> None:
    trail.write_bytes(trail.read_bytes() + b'{"when": "2026')
    assert audit.verify(trail).broken is None
    audit.record(trail, "check", {"meeting": "M9"})
    assert [e.what for e in audit.read(trail)] == ["run"] * 4 + ["check"]
    assert audit.verify(trail) == audit.Verdict(5, witnessed=5)


def test_a_last_line_that_was_whole_and_is_not_any_more_is_told(trail: Path) -> None:
    trail.write_bytes(trail.read_bytes()[:-9])
    assert audit.verify(trail).broken == 4
    audit.record(trail, "check", {"meeting": "M9"})
    assert audit.verify(trail).broken == 4


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("trail")
    (folder / "private").mkdir()
    for number in range(3):
        audit.record(folder / "audit.jsonl", "run", {"meeting": f"M{number}"})
    return folder / "audit.jsonl", (folder / "audit.jsonl").read_bytes()


@given(st.data())
def test_no_change_of_a_single_sign_goes_unseen(three: tuple[Path, bytes], data: st.DataObject) -> None:
    trail, whole = three
    at = data.draw(st.integers(0, len(whole) - 2))
    sign = data.draw(st.integers(32, 126).filter(lambda n: n != whole[at]))
    trail.write_bytes(whole[:at] + bytes([sign]) + whole[at + 1 :])
    broken = audit.verify(trail).broken
    assert broken is not None
    assert broken <= whole.count(b"\n", 0, at) + 2


@pytest.mark.parametrize("who", ["Harriet Ellwood", "h.ellwood@example.org", "Bernadette", "SN1 and CS"])
def test_nobody_is_named_in_the_trail(tmp_path: Path, who: str) -> None:
    trail = tmp_path / "audit.jsonl"
    with pytest.raises(ValueError, match="initials or a role code"):
        audit.record(trail, "check", {"who": who})
    assert not trail.exists() or trail.read_text() == ""
    audit.record(trail, "check", {"who": "CS"})
    audit.record(trail, "check", {"who": "researcher"})
    audit.record(trail, "run", {})
