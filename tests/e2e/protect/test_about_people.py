"""Talk about somebody who is not in the study is hidden until the researcher keeps it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.fake_meetings import call
from tests.e2e.protect.test_withdraw import consent, readable, transcript
from tests.e2e.studies import set_key

SAID = """\
MAGS: The discharge letter went astray. Tom told me it was the printer. I rang the practice.
Deb: OT is a profession, after all. Occupational therapy, I mean.
Tom: Nobody asked the porters about it.
"""


@pytest.fixture
def study(text_study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from copipe.cli.terminal.session import asked

    monkeypatch.setattr(asked, "study", None)
    monkeypatch.setenv("COPIPE_WHO", "CS")
    monkeypatch.setenv("COLUMNS", "200")
    set_key(text_study, "quorum", "2")
    set_key(text_study, "recognise", "false")  # names beside the roster are tested elsewhere, and take long
    private = text_study / "private"
    (private / "transcripts" / "2010-02.txt").write_text(SAID)
    (private / "notes" / "2010-02.txt").write_text("Tom was late today\nLetters go astray\n")
    (private / "memos" / "diary.md").write_text("I wonder.\n\nTom seemed tired of it all.\n")
    consent(text_study, "OT", "present-only")
    call(text_study, "run")
    return text_study


def queue(study: Path, *more: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(call(study, "about", "--json", *more).output)
    return found


def test_it_is_hidden_everywhere_while_nobody_has_decided(study: Path) -> None:
    assert readable(study, ("told me it was the printer", "is a profession", "was late today"), ("private",)) == []
    shown = transcript(study, "2010-02")
    assert "(talk about somebody who is not in the study)" in shown
    assert "The discharge letter went astray." in shown
    assert "I rang the practice." in shown
    assert "Occupational therapy, I mean." in " ".join(shown.replace(" 4 ", " ").split())
    assert [e["where"] for e in queue(study)] == ["2010-02", "2010-02", "2010-02-notes", "memos"]
    assert all(e["people"] == ["OT"] and e["verdict"] == "" for e in queue(study))


def test_what_is_kept_is_shown_again_and_stays_so(study: Path) -> None:
    said = call(study, "about").output
    assert "is a profession" in said
    assert "4 to decide" in said
    profession = next(e["id"] for e in queue(study) if e["role"] == "CS")
    call(study, "about", "keep", profession)
    call(study, "run")
    assert "OT is a profession, after all." in transcript(study, "2010-02")
    assert "printer" not in transcript(study, "2010-02")
    assert "up to date" in call(study, "run").output
    call(study, "about", "undo")
    call(study, "run")
    assert "is a profession" not in transcript(study, "2010-02")


def test_deciding_one_after_another(study: Path) -> None:
    call(study, "about", "decide", given="e\nk\ns\nk\n")
    assert [e["verdict"] for e in queue(study)] == ["exclude", "keep", "", "keep"]
    call(study, "run")
    assert "is a profession" in transcript(study, "2010-02")
    assert '"talk about people"' in (study / "audit.jsonl").read_text()
    assert "printer" not in (study / "audit.jsonl").read_text()


def test_a_passage_that_names_nobody_is_left_out_by_hand(study: Path) -> None:
    first = next(
        w["id"]
        for p in (study / "work" / "2010-02" / "anonymised").rglob("data.jsonl")
        for line in p.read_text().splitlines()
        for w in json.loads(line)[1]["words"]
        if w["text"] == "I"
    )
    call(study, "about", "exclude", "2010-02", first, "--to", f"2010-02:{int(first.split(':')[1]) + 3:06d}")
    call(study, "run")
    assert "I rang the practice" not in transcript(study, "2010-02")
    assert "astray" in transcript(study, "2010-02")


def test_it_stays_decided_when_the_transcript_is_imported_anew(study: Path) -> None:
    profession = next(e["id"] for e in queue(study) if e["role"] == "CS")
    call(study, "about", "keep", profession)
    path = study / "private" / "transcripts" / "2010-02.txt"
    path.write_text("MAGS: Shall we begin?\n" + path.read_text())
    call(study, "run")
    assert "OT is a profession, after all." in transcript(study, "2010-02")
    assert "printer" not in transcript(study, "2010-02")


def test_nobody_is_hidden_where_all_consent(text_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from copipe.cli.terminal.session import asked

    monkeypatch.setattr(asked, "study", None)
    (text_study / "private" / "transcripts" / "2010-02.txt").write_text(SAID)
    call(text_study, "run")
    assert "OT told me it was the printer" in transcript(text_study, "2010-02")
    assert "0 to decide" in call(text_study, "about").output


def test_a_memo_leaves_without_what_is_about_them(study: Path) -> None:
    from copipe.pipeline import outsiders
    from copipe.pipeline.context import Context
    from copipe.study.study import load

    text = (study / "private" / "memos" / "diary.md").read_text()
    context = Context(load(study))
    assert outsiders.hide_in_memo(context, "diary.md", text) == f"I wonder.\n\n{outsiders.SHOWN}"
    call(study, "about", "keep", queue(study)[-1]["id"])
    assert outsiders.hide_in_memo(context, "diary.md", text) == text


def test_memos_written_out_say_nothing_of_them_either(study: Path, tmp_path: Path) -> None:
    call(study, "memos", "add", "study", "--title", "What Tom leaves unsaid", "--text", "Tom sighed.\n\nA zebra came.")
    out = tmp_path / "memos.md"
    call(study, "memos", "--markdown", str(out))
    text = out.read_text()
    assert "zebra" in text
    assert "I wonder." in text
    assert not [said for said in ("unsaid", "sighed", "tired", "OT") if said in text]
    call(study, "report")
    assert readable(study, ("leaves unsaid", "sighed"), ("private",)) == []
    mine = [e["id"] for e in queue(study) if e["where"] == "memos" and not e["id"].startswith("diary")]
    assert len(mine) == 2
    for one in mine:
        call(study, "about", "keep", one)
    call(study, "memos", "--markdown", str(out))
    assert "What OT leaves unsaid" in out.read_text()
    assert "OT sighed." in out.read_text()


def test_status_says_that_something_waits_for_a_decision(study: Path) -> None:
    def told() -> tuple[list[str], list[str]]:
        said = json.loads(call(study, "status", "--json").output)
        notes = next(m["notes"] for m in said["meetings"] if m["meeting"] == "2010-02")
        return [n for n in notes if "about people" in n], [p for p in said["problems"] if "memos about" in p]

    assert told()[0] == ["3 passages about people not in the study hidden (copipe about)"]
    assert told()[1][0].startswith("1 paragraph of memos about people who are not in the study is hidden")
    for entry in queue(study):
        call(study, "about", "keep", entry["id"])
    call(study, "run")
    assert told() == ([], [])


def test_what_was_kept_is_asked_again_of_somebody_who_withdraws(study: Path) -> None:
    call(study, "about", "decide", given="e\nk\nk\nk\n")
    call(study, "run")
    assert "is a profession" in transcript(study, "2010-02")
    assert call(study, "withdraw", "OT", "--yes").exit_code == 0
    assert [e["verdict"] for e in queue(study) if e["where"] != "2010-02"] == ["", ""]
    call(study, "run")
    assert "is a profession" not in transcript(study, "2010-02")
    assert readable(study, ("told me it was the printer", "is a profession", "was late today"), ("private",)) == []
