import json
import os
import stat
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.files import append_lines, erase, write_file
from copipe.records import Mark, Segment, SpeakerTurn, Turn, Voice, Word, word_id
from copipe.study.store import Store, from_line, from_lines, make_key, to_line

text = st.text(max_size=12)
seconds = st.none() | st.floats(0, 1e5, allow_nan=False)
words = st.builds(Word, text, seconds, seconds, text, st.none() | st.floats(0, 1))
marks = st.builds(Mark, st.sampled_from(["overlap", "suspect"]), text, text, text)
a_record = st.one_of(
    words,
    st.builds(Segment, seconds, seconds, st.lists(words, max_size=3).map(tuple), text),
    st.builds(SpeakerTurn, st.floats(0, 9), st.floats(0, 9), text, st.booleans()),
    st.builds(Voice, text, st.lists(st.floats(-1, 1), max_size=4).map(tuple), st.floats(0, 9)),
    st.builds(
        Turn,
        text,
        text,
        seconds,
        seconds,
        text,
        st.lists(words, max_size=3).map(tuple),
        st.integers(0, 9),
        st.floats(0, 1),
        st.lists(marks, max_size=2).map(tuple),
    ),
)


@given(a_record)
def test_a_record_comes_back_as_it_was(record: object) -> None:
    line = to_line(record)
    assert "\n" not in line
    assert from_line(line) == record


@given(a_record)
def test_a_line_is_the_json_of_a_record(record: Any) -> None:
    plain = [type(record).__name__, asdict(record)]
    assert to_line(record) == json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


@given(st.lists(a_record, max_size=6))
def test_records_of_one_kind_are_picked_in_order(records: list[object]) -> None:
    assert from_lines([to_line(r) for r in records], Word) == tuple(r for r in records if isinstance(r, Word))


def test_a_line_separator_inside_a_word_does_not_split_a_record(tmp_path: Path) -> None:
    store = Store(tmp_path)
    word = Word(word_id("M", 1), None, None, "odd\u2028word\x85\x0b")
    artifact = store.write("M", "words", "k", [word])
    assert from_lines(store.lines(artifact) or [], Word) == (word,)


def test_keys_depend_on_what_goes_in_and_not_on_its_order() -> None:
    assert make_key("words", {"a": 1, "b": 2}) == make_key("words", {"b": 2, "a": 1})
    assert make_key("words", {"a": 1}) != make_key("speakers", {"a": 1})
    assert make_key("words", {"a": 1}) != make_key("words", {"a": "1"})


def test_an_artifact_is_found_by_its_key_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = store.write("M", "words", "k1", [Word("M:000001", 0.0, 1.0, "hello")], {"model": "x"})
    found = store.find("M", "words", "k1")
    assert found == made
    assert found is not None and found.about["model"] == "x"
    assert store.find("M", "words", "k2") is None


def test_equal_data_have_an_equal_digest_whatever_is_said_about_them(tmp_path: Path) -> None:
    store = Store(tmp_path)
    one = store.write("M", "turns", "k1", [SpeakerTurn(0, 1, "V1")], {"seconds": 1})
    two = store.write("M", "turns", "k2", [SpeakerTurn(0, 1, "V1")], {"seconds": 2})
    assert one.digest == two.digest


def test_damaged_data_are_set_aside_not_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = store.write("M", "words", "k", [Word("M:000001", 0.0, 1.0, "hello")])
    with (made.folder / "data.jsonl").open("a") as file:
        file.write("{}\n")
    assert store.lines(made) is None
    aside = store.set_aside(made)
    assert store.find("M", "words", "k") is None
    assert "hello" in (aside / "data.jsonl").read_text()


def test_a_write_that_fails_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = store.write("M", "words", "k", [SpeakerTurn(0, 1, "V1")])

    def broken():  # type: ignore[no-untyped-def]
        yield SpeakerTurn(0, 2, "V1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.write("M", "words", "k", broken())
    assert store.lines(made) == [to_line(SpeakerTurn(0, 1, "V1"))]
    assert [p.name for p in (tmp_path / "M" / "words").iterdir()] == ["k"]


def test_saves_go_when_the_artifact_is_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    saves = store.saves("M", "words", "k")
    saves.mkdir(parents=True)
    (saves / "1.json").write_text("{}")
    store.write("M", "words", "k", [])
    assert not saves.exists()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_what_is_written_is_for_the_owner_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "private")
    made = store.write("M", "words", "k", [])
    write_file(tmp_path / "private" / "x" / "y.txt", "z")
    append_lines(tmp_path / "private" / "a.jsonl", ["1"])
    for path in (tmp_path / "private").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert made.folder.exists()


def test_a_torn_last_line_does_not_swallow_the_next(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"a": 1}\n{"b"')
    append_lines(path, ['{"c": 3}'])
    assert path.read_text().splitlines() == ['{"a": 1}', '{"c": 3}']


def test_a_purge_keeps_the_digest_and_overwrites_what_stood_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = store.write("M", "words", "k", [Word("M:000001", 0.0, 1.0, "secret"), Word("M:000002", 1.0, 2.0, "said")])
    data = made.folder / "data.jsonl"
    other = tmp_path / "link"
    other.hardlink_to(data)
    purged = store.purge(made, [Word("M:000001", 0.0, 1.0, ""), Word("M:000002", 1.0, 2.0, "said")], {"of": "x"})
    assert b"secret" not in other.read_bytes()
    again = store.find("M", "words", "k")
    assert again == purged
    assert again is not None
    assert (again.digest, again.purged["of"]) == (made.digest, "x")
    assert [w.text for w in from_lines(store.lines(again) or [], Word)] == ["", "said"]
    assert store.is_purged(again)
    data.write_text(data.read_text() + "x")
    assert store.lines(again) is None


def test_a_purge_that_was_cut_off_is_not_taken_for_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    made = store.write("M", "words", "k", [Word("M:000001", 0.0, 1.0, "secret")])

    def cut(path: Path, text: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("copipe.study.store.write_over", cut)
        with pytest.raises(KeyboardInterrupt):
            store.purge(made, [Word("M:000001", 0.0, 1.0, "")], {})
    again = store.find("M", "words", "k")
    assert again is not None
    assert store.lines(again) is not None
    assert not store.is_purged(again)


def test_erasing_a_link_leaves_what_it_leads_to(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "file").write_text("gone")
    (folder / "link").symlink_to(target)
    assert erase(folder) == 2
    assert not folder.exists()
    assert target.read_text() == "kept"
