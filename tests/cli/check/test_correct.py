"""`copipe correct` as a user runs it, on a study of an imported transcript."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copipe.cli.app import app
from copipe.cli.terminal.session import asked
from copipe.errors import InputError, UsageError
from copipe.records import Turn, Word, word_id
from copipe.study import decisions

SPEECH = "okay well I think Adam should go home".split()


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study with one meeting; in place of a run, one turn said by SN1, with corrections applied."""
    from copipe.pipeline import private_transcript
    from copipe.records import Segment
    from copipe.transcribe.corrections.replay import apply

    root = tmp_path / "study"
    assert CliRunner().invoke(app, ["init", str(root)]).exit_code == 0
    (root / "participants.toml").write_text(
        '[[participant]]\nrole = "SN1"\ndescription = "nurse"\nconsent = "full"\n\n'
        '[[participant]]\nrole = "OT"\ndescription = "therapist"\nconsent = "full"\n'
    )
    (root / "private" / "transcripts" / "2010-02.txt").write_text("SN1: okay\n")
    (root / "meetings.toml").write_text(
        '[[meeting]]\ncode = "2010-02"\ndate = 2010-02-17\npresent = ["SN1", "OT"]\ntranscript = "2010-02.txt"\n'
    )

    words = tuple(Word(word_id("2010-02", k + 1), k * 0.4, k * 0.4 + 0.3, t, 0.3) for k, t in enumerate(SPEECH))
    raw = (Segment(0.0, 4.0, words),)

    def private_turns(study: object, meeting: object) -> private_transcript.PrivateTranscript:
        made = decisions.read(root / "private" / "decisions" / "2010-02.jsonl")
        done = apply(raw, made, "source")
        said = tuple(w for s in done.segments for w in s.words)
        turn = Turn(said[0].id, said[-1].id, 0.0, 4.0, "SN1", said, len(said), 1.0)
        unplaced = tuple((u.decision.id, u.why) for u in done.unplaced)
        return private_transcript.PrivateTranscript((turn,), done.segments, (), "source", unplaced)

    monkeypatch.setattr(private_transcript, "private_turns", private_turns)
    monkeypatch.setattr(private_transcript, "speakers", lambda study, meeting: (raw, (), "voices"))
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("VISUAL", "EDITOR", "COPIPE_WHO"):
        monkeypatch.delenv(name, raising=False)
    return root


def copipe(study: Path, *args: object, stdin: str | None = None) -> str:
    asked.study = None
    result = CliRunner().invoke(app, ["-s", str(study), "correct", "2010-02", *map(str, args)], input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def stored(study: Path) -> tuple[decisions.Decision, ...]:
    return decisions.read(study / "private" / "decisions" / "2010-02.jsonl")


def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """An editor that does what `script` (shell, the file as $1) says."""
    path = tmp_path / "my editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(path))


def test_out_and_in(study: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    said = copipe(study, "--out", text)
    assert "--in" in said
    assert stat.S_IMODE(text.stat().st_mode) == 0o600
    text.write_text(text.read_text().replace("Adam", "Aidan").replace("home}", "home} (laughs)"))
    said = copipe(study, "--in", text, "--who", "CS", "--yes")
    assert "1 word changed, 1 note" in said
    assert "00:00:01" in said
    assert "copipe run" in said
    assert not {"Aidan", "Adam"} & set(said.replace(",", " ").split())
    assert [(d.verdict, d.text, d.who) for d in stored(study)] == [
        ("replace", "Aidan", "CS"),
        ("insert", "(laughs)", "CS"),
    ]
    trail = [json.loads(line) for line in (study / "audit.jsonl").read_text().splitlines()]
    assert trail[-1]["what"] == "correct"
    assert "Aidan" not in json.dumps(trail)
    assert text.exists()


def test_the_text_read_back_is_compared_with_what_was_written_out(study: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    copipe(study, "--out", one)
    copipe(study, "--out", two)
    one.write_text(one.read_text().replace("Adam", "Aidan"))
    two.write_text(two.read_text().replace("home", "away"))
    copipe(study, "--in", one, "--yes")
    assert "1 word changed" in copipe(study, "--in", two, "--yes")
    assert "Aidan" in copipe(study, "--list")
    assert len(stored(study)) == 2
    copipe(study, "--out", one, "--yes")
    assert "Aidan should go away" in one.read_text().replace("{", "").replace("}", "")


def test_list_and_undo(study: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    assert "no corrections" in copipe(study, "--list")
    copipe(study, "--out", text)
    text.write_text(text.read_text().replace("Adam", "Aidan").replace("go home", "go\nOT: home"))
    copipe(study, "--in", text, "--yes")
    said = copipe(study, "--list")
    assert "given to OT" in said
    assert "replace Aidan" in said
    assert "NOT PLACED" not in said
    assert "1 word changed" in copipe(study, "--undo", 1, "--yes")
    assert "Aidan" not in copipe(study, "--list")
    with pytest.raises(UsageError, match="has 1 corrections, not 3"):
        copipe(study, "--undo", 3, "--yes")
    copipe(study, "--undo", 1, "--yes")
    assert "no corrections" in copipe(study, "--list")


def test_a_text_read_in_twice_is_stored_once(study: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    copipe(study, "--out", text)
    text.write_text(text.read_text().replace("Adam", "Aidan Lee").replace("go home", "go\nOT: home"))
    copipe(study, "--in", text, "--yes")
    before = stored(study)
    assert "Nothing was changed." in copipe(study, "--in", text, "--yes")
    assert stored(study) == before
    copipe(study, "--undo", len(before), "--yes")
    assert "no corrections" in copipe(study, "--list")
    assert "Stored." in copipe(study, "--in", text, "--yes")  # what was taken back can be said again
    text.write_text(text.read_text().replace("okay", "right"))
    assert ": 1 word changed (" in copipe(study, "--in", text, "--yes")


def test_why_a_correction_has_no_place(study: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    copipe(study, "--out", text)
    text.write_text(text.read_text().replace("go home", "go write home"))
    copipe(study, "--in", text, "--yes")
    copipe(study, "--out", text, "--yes")
    text.write_text(text.read_text().replace("write", "right"))
    copipe(study, "--in", text, "--yes")
    (inserted, _) = stored(study)
    path = study / "private" / "decisions" / "2010-02.jsonl"
    decisions.append(path, decisions.decide(kind="undo", about=inserted.id, verdict="taken back", who="CS"))
    said = copipe(study, "--list")
    assert "NOT PLACED: its words have been deleted since, or their insertion taken back" in said
    assert "made anew" not in said


def test_a_mistyped_role_stores_nothing(study: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    copipe(study, "--out", text)
    text.write_text(text.read_text() + "\nOt: A poster?\n")
    with pytest.raises(InputError, match=r"line \d+: this begins nearly like a turn of OT"):
        copipe(study, "--in", text, "--yes")
    assert stored(study) == ()


def test_a_text_left_over_and_nobody_to_ask(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(tmp_path, monkeypatch, 'sed "s/Adam/Aidan/" "$1" > "$1.new" && mv "$1.new" "$1"')
    assert "Not stored." in copipe(study)
    folder = study / "private" / "work" / "2010-02" / "correct"
    files = sorted(folder.iterdir())
    left = (folder / "2010-02.txt").read_text()
    with pytest.raises(UsageError, match="you did not store") as caught:
        copipe(study)
    assert "--yes" in caught.value.hint
    assert sorted(folder.iterdir()) == files
    assert (folder / "2010-02.txt").read_text() == left
    assert stored(study) == ()


def test_a_text_left_over_is_set_aside_under_the_name_that_is_said(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from copipe.cli.check import correct as command

    editor(tmp_path, monkeypatch, 'sed "s/Adam/Aidan/" "$1" > "$1.new" && mv "$1.new" "$1"')
    copipe(study)
    monkeypatch.setattr(command, "asks", lambda: True)
    monkeypatch.setattr(command, "agree", lambda question, yes: False)
    said = copipe(study)
    aside = next(word for word in said.split() if word.startswith("2010-02.") and word.endswith(".txt"))
    assert "Aidan" in (study / "private" / "work" / "2010-02" / "correct" / aside).read_text()
    assert "{" not in said


def test_in_the_editor(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(tmp_path, monkeypatch, 'sed "s/Adam/Aidan/" "$1" > "$1.new" && mv "$1.new" "$1"')
    assert "Stored." in copipe(study, "--yes")
    assert [d.text for d in stored(study)] == ["Aidan"]
    assert stored(study)[0].who == "researcher"
    folder = study / "private" / "work" / "2010-02" / "correct"
    assert not (folder / "2010-02.txt").exists()
    assert [p.suffix for p in folder.iterdir()] == [".json"]
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in folder.iterdir())
    editor(tmp_path, monkeypatch, ":")
    assert "Nothing was changed" in copipe(study, "--yes")


def test_a_broken_text_is_kept_and_can_be_gone_on_with(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, 'printf "ZZ9: no\\n" >> "$1"')
    with pytest.raises(InputError, match="ZZ9 is not a role") as caught:
        copipe(study)
    kept = study / "private" / "work" / "2010-02" / "correct" / "2010-02.txt"
    assert str(kept) in caught.value.message
    assert "--in" in caught.value.hint
    assert stored(study) == ()
    editor(tmp_path, monkeypatch, 'sed "s/ZZ9/OT/" "$1" > "$1.new" && mv "$1.new" "$1"')
    copipe(study, "--yes")
    assert [d.text for d in stored(study)] == ["no"]
    assert not kept.exists()


def test_nobody_says_yes_nothing_is_stored(study: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    copipe(study, "--out", text)
    text.write_text(text.read_text().replace("Adam", "Aidan"))
    assert "Your text is kept" in copipe(study, "--in", text)
    assert stored(study) == ()


def test_an_editor_that_fails_or_is_not_there(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    editor(tmp_path, monkeypatch, "exit 3")
    with pytest.raises(UsageError, match="ended with code 3"):
        copipe(study)
    monkeypatch.setenv("EDITOR", "/no/such/editor --wait")
    with pytest.raises(UsageError, match="cannot be started"):
        copipe(study, "--yes")
    monkeypatch.delenv("EDITOR")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="No text editor") as caught:
        copipe(study)
    assert "--out" in caught.value.hint


def test_files_that_cannot_be_read_back(study: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    copipe(study, "--out", text)
    good = text.read_text()
    text.write_bytes(good.encode("utf-16"))
    assert "Nothing was changed" in copipe(study, "--in", text)
    text.write_bytes(good.replace("Adam", "Adám").encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        copipe(study, "--in", text)
    text.write_text(good.replace("correct 2010-02", "correct 2010-03"))
    with pytest.raises(InputError, match="not of 2010-02"):
        copipe(study, "--in", text)
    text.write_text(good)
    for kept in (study / "private" / "work" / "2010-02" / "correct").glob("*.json"):
        kept.write_text("{")
    with pytest.raises(InputError, match="line 1: what was written out"):
        copipe(study, "--in", text)
    with pytest.raises(InputError, match="cannot be read"):
        copipe(study, "--in", tmp_path / "none.txt")
    with pytest.raises(UsageError, match="Use only one of --out, --in"):
        copipe(study, "--in", text, "--list")


def test_a_place_that_cannot_be_written(study: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        copipe(study, "--out", blocked / "text.txt")
