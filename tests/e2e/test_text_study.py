"""A study of transcripts that exist already, from init to reports and round again, through the command line."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.studies import CODEBOOK, Copipe, set_key

NAMES = ("Mags", "Deb", "Tom", "Marlbury", "Hollis", "Finch")


def public_text(study: Path) -> str:
    """All that lies outside private/, names of files included."""
    files = [p for p in study.rglob("*") if p.is_file() and "private" not in p.relative_to(study).parts]
    return "\n".join(f"{p.name}\n{p.read_text(errors='replace')}" for p in files)


def report(study: Path, meeting: str) -> str:
    return (study / "reports" / meeting / "report.md").read_text()


def states(copipe: Copipe, study: Path) -> dict[str, dict[str, str]]:
    said = json.loads(copipe("-s", study, "status", "--json").stdout)
    return {m["meeting"]: m["stages"] for m in said["meetings"]}


def test_from_transcripts_to_reports(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    first = report(text_study, "2010-02")
    assert "I was on a ward the other day and the discharge letter had gone to the wrong practice." in first
    assert "2010-02 p. 1, l" in first
    assert "[a southern hospital]" in public_text(text_study) or r"\[a southern hospital\]" in public_text(text_study)
    assert "in part" in report(text_study, "2010-03")
    assert "quorum" in report(text_study, "2010-04").lower()
    synthesis = (text_study / "reports" / "synthesis.md").read_text()
    assert "Discharge procedures" in synthesis
    assert "2010-04" in synthesis


def test_no_name_leaves_private(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    assert re.findall(rf"\b({'|'.join(NAMES)})\b", public_text(text_study), flags=re.I) == []


def test_a_second_run_does_nothing_and_loads_nothing(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    before = {p: p.stat().st_mtime_ns for p in text_study.rglob("*") if p.is_file() and p.name != "copipe.log"}
    assert "up to date" in copipe("run", text_study).stdout
    after = {p: p.stat().st_mtime_ns for p in text_study.rglob("*") if p.is_file() and p.name != "copipe.log"}
    assert {p.name for p in after if before.get(p) != after[p]} <= {".lock"}


def test_a_roster_that_is_wrong_is_said_before_anything_starts(text_study: Path, copipe: Copipe) -> None:
    with (text_study / "private" / "roster.toml").open("a") as file:
        file.write('\n[people]\n"Again" = "SN1"\n')
    done = copipe("run", text_study, code=3)
    assert "roster.toml, line" in done.stderr
    assert "Again" not in done.stderr
    assert not (text_study / "private" / "work" / "2010-02").exists()


def test_a_new_codebook_reruns_coding_and_reports_alone(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    second = text_study / "codebooks" / "second.yaml"
    second.write_text(CODEBOOK.replace("discharge*", "pathway"))
    said = copipe("run", text_study, "--codebook", second).stdout
    assert "candidates (2)" in said
    assert not any(stage in said for stage in ("words", "speakers", "turns", "anonymised"))
    assert "We should write the pathway down together" in report(text_study, "2010-02")


def test_anonymise_alone_reads_transcripts_again_that_the_roster_has_changed(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    roster = text_study / "private" / "roster.toml"
    roster.write_text(roster.read_text() + '\n[others]\n"Deb Finch" = "[a nurse]"\n"discharge" = "[a thing]"\n')
    said = copipe("-s", text_study, "anonymise").stdout
    assert "waits" not in said
    assert "anonymised" in said


def test_a_roster_that_changes_nothing_in_a_meeting_does_not_code_it_again(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    with (text_study / "private" / "roster.toml").open("a") as file:
        file.write('\n[places]\n"Nowhere" = "[a town]"\n')
    assert "candidates" not in copipe("run", text_study).stdout


def test_below_quorum_is_on_file_and_not_coded(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    assert states(copipe, text_study)["2010-04"]["candidates"] == "-"
    assert states(copipe, text_study)["2010-02"] == {
        "words": "done",
        "speakers": "-",
        "turns": "done",
        "anonymised": "done",
        "notes": "done",
        "candidates": "done",
        "report": "done",
    }


@pytest.mark.slow
def test_a_damaged_artifact_is_told_and_made_again(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    good = report(text_study, "2010-02")
    (data,) = (text_study / "work" / "2010-02" / "anonymised").glob("*/data.jsonl")
    data.write_text(data.read_text().replace("ward", "wart"))
    shutil.rmtree(text_study / "reports")
    assert "anonymised (1)" in copipe("run", text_study).stdout
    assert report(text_study, "2010-02") == good
    assert '"damaged"' in (text_study / "audit.jsonl").read_text()


@pytest.mark.slow
def test_one_bad_transcript_is_reported_and_the_rest_is_done(text_study: Path, copipe: Copipe) -> None:
    (text_study / "private" / "transcripts" / "2010-03.txt").write_bytes(b"\x00\x01\x02\xff" * 40)
    done = copipe("run", text_study, code=6)
    assert "2010-03" in done.stdout
    assert "discharge" in report(text_study, "2010-02")
    assert states(copipe, text_study)["2010-03"]["words"] == "failed"


@pytest.mark.slow
def test_a_report_that_somebody_edited_is_kept(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    path = text_study / "reports" / "2010-02" / "report.md"
    path.write_text(path.read_text() + "\nMy own reading.\n")
    (text_study / "codebooks" / "codebook.yaml").write_text(CODEBOOK.replace("discharge*", "pathway"))
    copipe("run", text_study)
    assert "My own reading." not in path.read_text()
    (kept,) = (text_study / "private" / "edited-reports").rglob("report-*.md")
    assert "My own reading." in kept.read_text()


def test_a_name_in_what_the_researcher_wrote_stops_publication(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    good = report(text_study, "2010-02")
    people = text_study / "participants.toml"
    people.write_text(people.read_text().replace('"therapist"', '"therapist (Tom)"'))
    done = copipe("run", text_study, code=6)
    assert "Tom" not in done.stdout + done.stderr
    assert report(text_study, "2010-02") == good


def test_unassigned_voices_are_withheld_where_somebody_has_not_consented(text_study: Path, copipe: Copipe) -> None:
    people = text_study / "participants.toml"
    text = people.read_text()
    people.write_text(text[: text.rindex("full")] + "present-only" + text[text.rindex("full") + 4 :])  # OT
    transcript = text_study / "private" / "transcripts" / "2010-03.txt"
    transcript.write_text(transcript.read_text() + "STRANGER: Nobody knows who is saying this about zebras.\n")
    copipe("run", text_study)
    assert "zebras" not in public_text(text_study)
    assert "Partnership working" not in public_text(text_study)
    assert "safeguarding referral" in report(text_study, "2010-03")


def test_a_checked_transcript_keeps_its_pages_and_loses_the_flag(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    assert "unchecked" in report(text_study, "2010-02").lower()
    copipe("-s", text_study, "check", "2010-02", "--who", "CS", "--yes")
    copipe("run", text_study)
    assert "unchecked" not in report(text_study, "2010-02").lower()
    assert json.loads(copipe("-s", text_study, "status", "--json").stdout)["meetings"][0]["checked"] is True
    copipe("-s", text_study, "check", "2010-02", "--undo", "--yes")
    copipe("run", text_study)
    assert "unchecked" in report(text_study, "2010-02").lower()


def test_usage_errors_say_what_to_do(text_study: Path, copipe: Copipe, tmp_path: Path) -> None:
    assert "Did you mean 2010-0" in copipe("-s", text_study, "report", "2010-20", code=2).stderr
    assert "copipe init" in copipe("status", code=2, cwd=tmp_path).stderr
    copipe("nonsense", code=2)


def consent(study: Path, role: str, value: str) -> None:
    path = study / "participants.toml"
    head, tail = path.read_text().split(f'role = "{role}"')
    path.write_text(f'{head}role = "{role}"' + re.sub('consent = "[a-z-]+"', f'consent = "{value}"', tail, count=1))


def test_a_withdrawn_member_who_speaks_without_being_listed_is_left_out(text_study: Path, copipe: Copipe) -> None:
    consent(text_study, "OT", "withdrawn")
    meetings = text_study / "meetings.toml"
    meetings.write_text(meetings.read_text().replace('present = ["SN1", "CS", "OT"]', 'present = ["SN1", "CS"]'))
    set_key(text_study, "quorum", "2")
    copipe("run", text_study)
    assert "pathway down together" not in public_text(text_study)
    assert "discharge letter" in report(text_study, "2010-02")
    assert "OT speaks here but is not listed" in report(text_study, "2010-02")


def test_a_speaker_nobody_knows_is_in_no_public_file_by_name(text_study: Path, copipe: Copipe) -> None:
    transcript = text_study / "private" / "transcripts" / "2010-03.txt"
    transcript.write_text(transcript.read_text() + "Ottoline Grunewald: Nobody has listed me.\nTom: No.\n")
    copipe("run", text_study)
    assert "Nobody has listed me." in report(text_study, "2010-03") + public_text(text_study)
    assert "Grunewald" not in public_text(text_study)
    assert "1 voice to assign" in copipe("-s", text_study, "status").stdout.replace("\n", " ")


def test_a_withdrawal_takes_reports_down_whatever_else_fails(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    edited = text_study / "reports" / "2010-02" / "report.md"
    edited.write_text(edited.read_text() + "\nMy own reading.\n")
    shutil.rmtree(text_study / "work")
    assert "pathway down together" in public_text(text_study)
    consent(text_study, "OT", "withdrawn")
    (text_study / "private" / "transcripts" / "2010-03.txt").write_bytes(b"\x00\x01" * 40)
    copipe("run", text_study, code=6)
    assert "pathway down together" not in public_text(text_study)
    assert "Partnership working" not in public_text(text_study)
    assert len(list((text_study / "private" / "edited-reports").rglob("*.md"))) == 1


@pytest.mark.slow
def test_one_meeting_that_is_not_ready_does_not_stop_the_synthesis(text_study: Path, copipe: Copipe) -> None:
    with (text_study / "meetings.toml").open("a") as file:
        file.write('\n[[meeting]]\ncode = "2010-05"\ndate = "2010-05"\npresent = ["SN1"]\nrecording = "later.wav"\n')
    copipe("run", text_study, code=6)
    synthesis = (text_study / "reports" / "synthesis.md").read_text()
    assert "Discharge procedures" in synthesis
    assert "Not in this synthesis" in synthesis


@pytest.mark.slow
def test_a_checked_transcript_stands_when_its_source_changes(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    copipe("-s", text_study, "check", "2010-02", "--who", "CS", "--yes")
    copipe("run", text_study)
    before = (text_study / "reports" / "2010-02" / "transcript.md").read_text()
    transcript = text_study / "private" / "transcripts" / "2010-02.txt"
    transcript.write_text("MAGS: Sixty extra words that nobody has checked.\n" + transcript.read_text())
    copipe("run", text_study)
    assert (text_study / "reports" / "2010-02" / "transcript.md").read_text() == before
    assert states(copipe, text_study)["2010-02"]["words"] == "frozen"
    copipe("-s", text_study, "check", "2010-02", "--undo", "--yes")
    copipe("run", text_study)
    assert "Sixty extra" in (text_study / "reports" / "2010-02" / "transcript.md").read_text()


def test_a_transcript_that_is_not_there_is_an_error(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    meetings, report = text_study / "meetings.toml", text_study / "reports" / "2010-03" / "transcript.md"
    written, before = meetings.read_text(), report.read_text()
    meetings.write_text(written.replace('transcript = "2010-03.txt"', 'transcript = "2010-3.txt"'))
    said = copipe("run", text_study, code=6).stdout
    assert "2010-03 words: the transcript that meetings.toml names is not there: " in said
    assert "transcripts/2010-3.txt" in said
    assert "everything is up to date" not in said
    assert report.read_text() == before
    assert states(copipe, text_study)["2010-03"]["words"] == "missing"
    meetings.write_text(written)
    copipe("run", text_study)
    assert states(copipe, text_study)["2010-03"]["words"] == "done"
    # Destroyed by copipe it is not missed, nor is one that was checked.
    set_key(text_study, "what", '["recording", "transcript"]')
    copipe("-s", text_study, "destroy", "2010-03", "--yes", "--force", "--why", "a test")
    copipe("run", text_study)
    assert states(copipe, text_study)["2010-03"]["words"] == "frozen"
    (text_study / "private" / "transcripts" / "2010-02.txt").unlink()
    copipe("run", text_study, code=6)
    copipe("-s", text_study, "check", "2010-02", "--who", "CS", "--yes")
    copipe("run", text_study)
    assert states(copipe, text_study)["2010-02"]["words"] == "frozen"


@pytest.mark.slow
def test_damage_that_cannot_be_mended_deletes_nothing(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    set_key(text_study, "what", '["recording", "transcript"]')
    copipe("-s", text_study, "destroy", "2010-02", "--yes", "--force", "--why", "a test")
    (data,) = (text_study / "private" / "work" / "2010-02" / "words").glob("*/data.jsonl")
    with data.open("a") as file:
        file.write("x")
    with (text_study / "private" / "roster.toml").open("a") as file:
        file.write('"Nowhere Trust" = "[a trust]"\n')
    assert "backup" in copipe("run", text_study, code=6).stdout
    assert "ward the other day" in data.read_text().replace('"', " ") or data.stat().st_size > 500


@pytest.mark.slow
def test_an_unrelated_name_in_the_roster_moves_no_correction(text_study: Path, copipe: Copipe, tmp_path: Path) -> None:
    transcript = text_study / "private" / "transcripts" / "2010-02.txt"
    transcript.write_text(transcript.read_text() + "Tom: Yeah.\nDeb: Yeah.\n" * 4)
    copipe("run", text_study)
    out = tmp_path / "edit.txt"
    copipe("-s", text_study, "correct", "2010-02", "--out", out)
    parts = out.read_text().split("OT: Yeah.")
    out.write_text("OT: Yeah.".join(parts[:3]) + "OT: Yeah sure. (nods)" + "OT: Yeah.".join(parts[3:]))
    copipe("-s", text_study, "correct", "2010-02", "--in", out, "--who", "CS", "--yes")
    copipe("run", text_study)
    corrected = (text_study / "reports" / "2010-02" / "transcript.md").read_text()
    assert "Yeah sure. (nods)" in corrected
    with (text_study / "private" / "roster.toml").open("a") as file:
        file.write('\n[others]\n"Aloysius Brand" = "[a porter]"\n')
    copipe("run", text_study)
    assert (text_study / "reports" / "2010-02" / "transcript.md").read_text() == corrected


@pytest.mark.slow
def test_a_name_is_no_sign_of_who_decided(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    done = copipe("-s", text_study, "check", "2010-02", "--who", "Nerys Pascoe", "--yes", code=2)
    assert "initials" in done.stderr
