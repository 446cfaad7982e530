"""Where a name can hide besides speech: in what the researcher writes, names files, exports, or leaves half done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from copipe.errors import CopipeError, UsageError
from copipe.report import own_words
from copipe.study import audit
from tests.e2e.fake_meetings import call
from tests.e2e.protect.test_twenty_names import texts
from tests.e2e.studies import set_key

NAMES = ("Hollis", "Margaret", "Mags", "Deborah", "Finch", "Marlbury", "Wigglesworth")


pytestmark = [pytest.mark.slow, pytest.mark.attack("hiding places")]  # whole studies


@pytest.fixture
def study(text_study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from copipe.cli.terminal.session import asked

    monkeypatch.setattr(asked, "study", None)
    monkeypatch.setenv("COPIPE_WHO", "CS")
    monkeypatch.setenv("COLUMNS", "200")
    set_key(text_study, "quorum", "2")
    set_key(text_study, "learn", "false")
    roster = text_study / "private" / "roster.toml"
    roster.write_text(roster.read_text() + '\n[others]\n"Wigglesworth" = "[patient 1]"\n"MH" = "SN1"\n')
    return text_study


def hits(study: Path, *besides: Path, without: tuple[str, ...] = ()) -> list[str]:
    """Where a name is read outside private/: in files, in archives, in names of files."""
    found = []
    for path in sorted(p for p in (*study.rglob("*"), *besides) if study / "private" not in (p, *p.parents)):
        where = path.relative_to(study).as_posix() if path.is_relative_to(study) else path.name
        if where in without:
            continue
        said = [(where, where), *(texts(path.read_bytes(), where) if path.is_file() else ())]
        found += [f"{place}: {name}" for place, text in said for name in NAMES if name.casefold() in text.casefold()]
    return found


def failing(study: Path, *arguments: str) -> str:
    with pytest.raises(CopipeError) as refused:
        call(study, *arguments)
    return f"{refused.value.message} {refused.value.hint}"


def test_a_file_called_by_a_name_is_pointed_out_and_nothing_made_is_called_so(study: Path) -> None:
    private = study / "private"
    (private / "transcripts" / "2010-02.txt").rename(private / "transcripts" / "Mags Hollis 17 Feb.txt")
    (private / "notes" / "2010-04.txt").rename(private / "notes" / "Deborah Finch.txt")
    meetings = study / "meetings.toml"
    text = meetings.read_text().replace('transcript = "2010-02.txt"', 'transcript = "Mags Hollis 17 Feb.txt"')
    meetings.write_text(text.replace('notes = "2010-04.txt"', 'notes = "Deborah Finch.txt"'))
    said = " ".join(call(study, "run").output.split())
    numbers = [n for n, line in enumerate(meetings.read_text().split("\n"), 1) if "Hollis" in line or "Deborah" in line]
    for number, folder in zip(numbers, ("transcripts", "notes"), strict=True):
        assert f"meetings.toml, line {number}: the name of the file is a name of the roster" in said
        assert f"put it into private/{folder}/" in said
    assert not [name for name in NAMES if name in said]
    problems = json.loads(call(study, "status", "--json").output)["problems"]
    assert sum("Rename it" in problem for problem in problems) == 2
    assert call(study, "check", "2010-02", "--yes").exit_code == 0
    set_key(study, "what", '["transcript"]')
    assert call(study, "destroy", "2010-02", "--yes").exit_code == 0
    assert call(study, "export", "supervisor", "--unchecked", "--out", str(study / "pack.zip")).exit_code == 0
    assert hits(study, without=("meetings.toml",)) == []
    # Done as it says, nothing is left to say.
    meetings.write_text("".join(f"{s}\n" for s in meetings.read_text().splitlines() if "Deborah" not in s))
    (private / "notes" / "Deborah Finch.txt").rename(private / "notes" / "2010-04.txt")
    problems = json.loads(call(study, "status", "--json").output)["problems"]
    assert sum("Rename it" in problem for problem in problems) == 1


def test_names_in_what_the_researcher_writes_go_no_further(study: Path) -> None:
    private = study / "private"
    set_key(study, "title", '"The Marlbury study"')
    set_key(study, "vocabulary", '["Wigglesworth"]')
    people = study / "participants.toml"
    people.write_text(people.read_text().replace('"senior nurse"', '"senior nurse at Marlbury General"'))
    meetings = study / "meetings.toml"
    meetings.write_text(meetings.read_text().replace('stage = "operating"', 'stage = "after Deborah Finch came"'))
    book = study / "codebooks" / "codebook.yaml"
    book.write_text(
        book.read_text().replace(
            "seeds: [safeguarding]", "seeds: [safeguarding, mags]\n        examples: [Mags said so]"
        )
    )
    (private / "memos" / "2010-02-01-hollis.md").write_text(
        "---\nid: m1\ntitle: Margaret Hollis\nabout: meeting:2010-02\nwho: CS\nwhen: 2010-02-01T10:00:00+00:00\n"
        "tags: deborah\n---\nWhat Deborah Finch said of Wigglesworth.\n"
    )
    own = ("copipe.toml", "participants.toml", "meetings.toml", "codebooks/codebook.yaml")
    said = failing(study, "run")
    assert hits(study, without=own) == [], "reports are not published"
    problems = json.loads(call(study, "status", "--json").output)["problems"]
    for name in own:
        assert any(problem.startswith(f"{name}, line ") for problem in problems), name
    assert not [name for name in NAMES if name in said + " ".join(problems)]
    # Without them it goes through, the memo without its names.
    for name, was, now in (
        ("copipe.toml", "The Marlbury study", "A study"),
        ("participants.toml", " at Marlbury General", ""),
        ("meetings.toml", "after Deborah Finch came", "operating"),
        ("codebooks/codebook.yaml", ", mags]\n        examples: [Mags said so]", "]"),
    ):
        (study / name).write_text((study / name).read_text().replace(was, now))
    set_key(study, "vocabulary", "[]")
    assert call(study, "run").exit_code == 0
    assert call(study, "report", "--html", "--docx", "--txt").exit_code == 0
    assert hits(study) == []


def test_a_code_that_is_a_name_is_refused_before_anything_is_made(study: Path) -> None:
    meetings = study / "meetings.toml"
    meetings.write_text(meetings.read_text().replace('code = "2010-04"', 'code = "margaret-interview"'))
    said = failing(study, "run")
    assert "The code of meeting 3 holds a name" in said
    assert "argaret" not in said
    assert hits(study, without=("meetings.toml",)) == []


def test_initials_of_the_roster_are_not_written_as_who_decided(study: Path) -> None:
    call(study, "run")
    for who, instead in (("MH", "say SN1 instead"), ("Deb", "say CS instead")):
        with pytest.raises(UsageError, match="name or initials") as refused:
            call(study, "check", "2010-02", "--yes", "--who", who)
        assert instead in refused.value.hint
    assert call(study, "check", "2010-02", "--yes", "--who", "JB").exit_code == 0
    assert hits(study) == []


def test_words_in_the_rooms_of_a_report_do_not_come_through_the_gate(study: Path) -> None:
    call(study, "run")
    report = study / "reports" / "2010-02" / "report.md"
    text = report.read_text()
    assert own_words.INVITATION in text
    report.write_text(text.replace(own_words.INVITATION, "I think of Margaret Hollis here.", 1))
    mine = report.read_text()
    with (study / "private" / "transcripts" / "2010-02.txt").open("a") as transcript:
        transcript.write("Deb: One thing more.\n")
    failing(study, "run")
    assert report.read_text() == mine, "what a person wrote is not taken from where it was written"
    assert {place.partition(":")[0] for place in hits(study) if " " not in place.partition(":")[0]} == {
        "reports/2010-02/report.md"
    }


def test_what_is_exported_anywhere_holds_no_name(study: Path, tmp_path: Path) -> None:
    call(study, "run")
    for lines in ("ll. 1-2", "l. 3"):  # SN1's, and one of CS's with a name in it
        said = call(study, "review", "--add", f"2010-02 p. 1, {lines}", "--code", "discharge", "--yes")
        assert said.exit_code == 0
    call(study, "run")
    out = tmp_path / "out"
    out.mkdir()
    for arguments in (
        ("find", "*", "--status", "all", "--out", "found.csv"),
        ("find", "*", "--status", "all", "--out", "found.xlsx"),
        ("find", "--text", "discharge*", "--out", "found.md"),
        ("review", "--out", "review.html"),
        ("export", "members", "SN1", "--out", "SN1.docx"),
        ("export", "members", "CS", "--out", "CS.md"),
        ("export", "supervisor", "--unchecked", "--out", "supervisor.zip"),
    ):
        assert call(study, *arguments[:-1], str(out / arguments[-1])).exit_code == 0
    assert len(list(out.iterdir())) == 7
    assert hits(study, *out.iterdir()) == []


def test_killed_in_the_middle_nothing_readable_lies_about(study: Path) -> None:
    """At whatever moment: what is outside private/ then names nobody, and the next run ends it."""
    seen = set()
    for seconds in (1.2, 1.6, 2.0, 2.4, 2.8, 3.4, 4.0, 5.0):
        arguments = [sys.executable, "-m", "copipe", "-s", str(study), "run"]
        running = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)
        time.sleep(seconds)
        running.send_signal(signal.SIGKILL)
        seen.add(running.wait())
        assert hits(study) == []
        audit.broken_at(study / "audit.jsonl")
    assert call(study, "run").exit_code == 0
    assert hits(study) == []
    assert audit.broken_at(study / "audit.jsonl") is None
    assert not list((study / "private" / "work" / ".staging").rglob("*"))


def test_speakers_that_nobody_knows_are_not_called_by_their_tags(study: Path) -> None:
    path = study / "private" / "transcripts" / "2010-03.txt"
    path.write_text(path.read_text() + "Gwendolyn: I came late.\nMrs. Ffoulkes: So did I.\n")
    call(study, "run")
    public = [p for p in study.rglob("*") if p.is_file() and study / "private" not in p.parents]
    assert len(public) > 10
    assert not [p for p in public for tag in ("gwendolyn", "ffoulkes") if tag in p.read_text(errors="replace").lower()]


def test_raw_speech_is_not_written_into_the_study_outside_private(study: Path, tmp_path: Path) -> None:
    call(study, "run")
    for place in (study / "mine.txt", study / "reports" / "mine.txt", study / "private" / ".." / "mine.txt"):
        assert "private/mine.txt" in failing(study, "correct", "2010-02", "--out", str(place))
    for place in (study / "private" / "mine.txt", tmp_path / "mine.txt"):
        assert call(study, "correct", "2010-02", "--out", str(place)).exit_code == 0
        assert "Marlbury" in place.read_text()
    (tmp_path / "some.wav").write_bytes(b"RIFF")
    said = failing(study, "transcribe", str(tmp_path / "some.wav"), "--out", str(study / "transcripts"))
    assert "outside private/" in said
    assert hits(study) == []


def test_what_was_made_before_a_name_was_known_is_erased(study: Path) -> None:
    path = study / "private" / "transcripts" / "2010-03.txt"
    path.write_text(path.read_text() + "Deb: And zuleika was at the discharge.\n")
    call(study, "run")
    assert read_in(study, "zuleika"), "nobody knew of it"
    roster = study / "private" / "roster.toml"
    roster.write_text(roster.read_text() + '"zuleika" = "[patient 9]"\n')
    with pytest.MonkeyPatch.context() as patch:  # the run is cut off before it comes to erasing
        patch.setattr("copipe.consent.superseded._of_stage", lambda *_: 0)
        call(study, "run")
    assert read_in(study, "zuleika")
    made = sorted(p.name for p in (study / "work" / "2010-02" / "candidates").iterdir())
    call(study, "run")
    assert read_in(study, "zuleika") == []
    assert sorted(p.name for p in (study / "work" / "2010-02" / "candidates").iterdir()) == made
    trail = (study / "audit.jsonl").read_text()
    assert "up to date" in call(study, "run").output
    assert (study / "audit.jsonl").read_text() == trail


def test_what_was_shown_before_it_was_left_out_is_erased(study: Path) -> None:
    memo = (
        "---\nid: m1\nabout: meeting:2010-02\nwho: CS\nwhen: 2010-02-01T10:00:00+00:00\n---\nFine.\n\nTom is tired.\n"
    )
    (study / "private" / "memos" / "a.md").write_text(memo)
    call(study, "run")
    assert read_in(study, "is tired")
    assert read_in(study, "Safeguarding only heard")
    call(study, "about", "exclude", "2010-02", "p. 1, l. 5")
    call(study, "anonymise", "run")
    assert read_in(study, "Safeguarding only heard", "reports") == [], "what was made of it waits for the next run"
    call(study, "withdraw", "OT", "--yes")
    call(study, "run")
    assert read_in(study, "Safeguarding only heard") == []
    assert read_in(study, "is tired") == []


def read_in(study: Path, phrase: str, *without: str) -> list[str]:
    """Files outside private/ in which a phrase can be read, as text or word by word."""
    found = []
    for path in sorted(p for p in study.rglob("*") if p.is_file() and study / "private" not in p.parents):
        where = path.relative_to(study)
        if where.parts[0] not in without and any(phrase in text for _, text in texts(path.read_bytes(), path.name)):
            found.append(where.as_posix())
    return found


def test_no_name_comes_into_a_codebook_or_the_trail_by_way_of_a_command(study: Path) -> None:
    before = (study / "codebooks" / "codebook.yaml").read_bytes()
    group = ("group", "discharge", "--under", "wards=Marlbury General", "--why", "they are")
    for arguments in (("rename", "discharge", "mags"), group):
        assert "nothing is changed" in failing(study, "codebook", *arguments, "--yes")
    assert (study / "codebooks" / "codebook.yaml").read_bytes() == before
    assert call(study, "codebook", "rename", "discharge", "leaving", "--yes").exit_code == 0
    assert hits(study) == []
