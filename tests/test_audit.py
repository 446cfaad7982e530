from pathlib import Path

from copipe import audit


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
