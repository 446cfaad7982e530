"""A recording is destroyed once its transcript is checked, and never otherwise; what was made of it stands."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from copipe.errors import CopipeError, PartialFailureError, UsageError
from copipe.study import audit
from tests.e2e import fake_meetings
from tests.e2e.fake_meetings import Fake, call, one
from tests.e2e.studies import set_key


@pytest.fixture
def study(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three recorded meetings without models; M1's voices are named, and it is checked."""
    import shutil

    root = tmp_path / "study"
    shutil.copytree(prepared / "named", root)
    fake_meetings.install(monkeypatch, {"plain": Fake("one", one)})
    assert call(root, "run").exit_code == 0
    assert call(root, "check", "M1", "--yes").exit_code == 0
    assert call(root, "run").exit_code == 0
    return root


def recording(study: Path, meeting: str = "M1") -> Path:
    return study / "private" / "recordings" / f"{meeting}.wav"


def transcript(study: Path, meeting: str = "M1") -> str:
    return (study / "reports" / meeting / "transcript.md").read_text()


def states(study: Path, meeting: str = "M1") -> dict[str, str]:
    rows = json.loads(call(study, "status", "--json").output)["meetings"]
    return next(r["stages"] for r in rows if r["meeting"] == meeting)


def test_nothing_goes_before_a_check_or_without_a_yes(study: Path) -> None:
    before = recording(study, "M2").read_bytes()
    with pytest.raises(UsageError, match="not marked as checked"):
        call(study, "destroy", "M2", "--yes")
    with pytest.raises(UsageError, match="not marked as checked"):
        call(study, "destroy", "M2", "--yes", "--force")
    assert recording(study, "M2").read_bytes() == before
    assert "say --yes" in call(study, "destroy", "M1").output + "say --yes"
    assert recording(study).exists()
    assert not (study / "certificates").exists()


def test_a_recording_goes_and_what_was_made_of_it_stays(study: Path) -> None:
    clips = study / "private" / "work" / "M1" / "clips"
    clips.mkdir()
    (clips / "M1-000000-5s.wav").write_bytes(b"RIFFsound")
    content = recording(study).read_bytes()
    other = study.parent / "another-name.wav"
    other.hardlink_to(recording(study))  # to see what is left of the file itself
    before = transcript(study)
    said = call(study, "destroy", "M1", "--yes", "--who", "CS").output
    assert "2 hard links" in said
    assert "solid-state" in said
    assert not recording(study).exists()
    assert not list(clips.iterdir())
    assert len(other.read_bytes()) == len(content)
    assert other.read_bytes()[:4096] != content[:4096]
    assert content[1000:1100] not in other.read_bytes()
    (path,) = (study / "certificates" / "M1").glob("*.md")
    text = path.read_text()
    assert sha256(content).hexdigest() in text
    assert f"{len(content):,}" in text
    assert "by CS" in text
    assert "M1.wav" not in text
    about = json.loads(path.with_suffix(".json").read_text())
    assert [f["kind"] for f in about["files"]] == ["recording", "clips"]
    trail = [json.loads(line) for line in (study / "audit.jsonl").read_text().splitlines()]
    (entry,) = [e["about"] for e in trail if e["what"] == "destroy"]
    assert entry["files"][0]["sha256"] == sha256(content).hexdigest()
    assert audit.broken_at(study / "audit.jsonl") is None
    assert transcript(study) == before
    assert call(study, "run").exit_code == 0
    assert transcript(study) == before
    assert states(study)["words"] == states(study)["speakers"] == "frozen"
    set_key(study, "model", '"base"')
    set_key(study, "engine", '"openai-whisper"')
    assert "M1" not in call(study, "run", "-m", "M1").output.replace("reports/M1", "")
    assert transcript(study) == before
    with pytest.raises(UsageError, match="nothing to destroy"):
        call(study, "destroy", "M1", "--yes")
    assert "destroyed, certificates/M1" in call(study, "destroy").output


def test_a_reason_is_certified_without_the_names_in_it(study: Path) -> None:
    (study / "private" / "roster.toml").write_text('[people]\n"Zebedee" = "SN1"\n')
    call(study, "destroy", "M2", "--yes", "--force", "--why", "Zebedee asked for it")
    (path,) = (study / "certificates" / "M2").glob("*.md")
    assert "NOT checked; reason given: SN1 asked for it" in path.read_text()
    assert "Zebedee" not in (study / "audit.jsonl").read_text() + path.with_suffix(".json").read_text()


def test_a_file_that_two_meetings_use_is_refused(study: Path) -> None:
    meetings = study / "meetings.toml"
    meetings.write_text(meetings.read_text().replace('recording = "M2.wav"', 'recording = "M1.wav"'))
    with pytest.raises(UsageError, match="used by M2 as well"):
        call(study, "destroy", "M1", "--yes")
    assert recording(study).exists()


def test_a_link_goes_with_the_file_it_leads_to(study: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere" / "original.wav"
    outside.parent.mkdir()
    recording(study).replace(outside)
    recording(study).symlink_to(outside)
    said = call(study, "destroy", "M1", "--yes").output
    assert f"{outside} (outside the study folder)" in said
    assert not outside.exists()
    assert not recording(study).is_symlink()


def test_a_copy_in_the_study_folder_is_pointed_out(study: Path) -> None:
    copy = study / "private" / "recordings" / "copy.wav"
    copy.write_bytes(recording(study).read_bytes())
    assert "private/recordings/copy.wav" in call(study, "destroy", "M1", "--yes").output
    assert copy.exists()


def test_cut_off_it_is_taken_up_and_knows_what_the_file_was(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from copipe.consent import destruction

    content = recording(study).read_bytes()
    with monkeypatch.context() as patch:

        def cut(doomed: destruction.Doomed) -> None:
            with doomed.path.open("r+b") as file:
                file.write(os.urandom(1000))
            raise KeyboardInterrupt

        patch.setattr(destruction, "_shred", cut)
        call(study, "destroy", "M1", "--yes")
    assert recording(study).exists()
    assert not list((study / "certificates").rglob("*.md"))
    call(study, "destroy", "M1", "--yes")
    (path,) = (study / "certificates" / "M1").glob("*.md")
    assert sha256(content).hexdigest() in path.read_text()
    assert not recording(study).exists()
    assert not (study / "private" / "work" / "M1" / "destroying.json").exists()


def test_a_source_that_meetings_toml_does_not_name_is_named_before_it_goes(study: Path) -> None:
    meetings = study / "meetings.toml"
    meetings.write_text(meetings.read_text().replace('recording = "M1.wav"\n', ""))
    call(study, "run")
    call(study, "destroy", "M1", "--yes")
    assert 'code = "M1"\nrecording = "M1.wav"' in meetings.read_text()
    call(study, "run")
    assert states(study)["words"] == "frozen"


def test_raw_words_go_too_where_the_policy_says_so(study: Path) -> None:
    set_key(study, "what", '["recording", "clips", "saves", "words"]')
    before = transcript(study)
    assert "can then no longer be corrected" in call(study, "destroy", "M1", "--yes").output
    raw = "".join(p.read_text(errors="replace") for p in (study / "private" / "work" / "M1").rglob("*.jsonl"))
    assert "word10" not in raw
    assert call(study, "run").exit_code == 0
    assert transcript(study) == before
    assert {states(study)[s] for s in ("words", "speakers", "turns", "anonymised")} == {"frozen"}
    # Somebody withdraws after that: there is nothing to make the transcript anew from, and it loses their words all
    # the same.
    assert "word25" in transcript(study)
    assert "2 turns, 20 words" in call(study, "withdraw", "OT", "--yes").output
    call(study, "run")
    everything = [p for p in study.rglob("*") if p.is_file() and p.is_relative_to(study / "private" / "work" / "M1")]
    everything += [*(study / "reports" / "M1").rglob("*.md"), *(study / "work" / "M1").rglob("*.jsonl")]
    assert not [p for p in everything if "word25" in p.read_text(errors="replace")]
    assert "word15" in transcript(study)
    assert "somebody not in the study speaks" in transcript(study)


def test_what_is_left_of_a_transcript_without_raw_words_is_never_erased(study: Path) -> None:
    set_key(study, "what", '["recording", "clips", "saves", "words"]')
    call(study, "destroy", "M1", "--yes")
    (kept,) = (study / "work" / "M1" / "anonymised").glob("*/data.jsonl")
    before = kept.read_bytes()
    # Somebody takes the recording that is gone out of meetings.toml, and there are notes by now.
    (study / "private" / "notes" / "M1.txt").write_text("A note\n")
    meetings = study / "meetings.toml"
    text = meetings.read_text()
    meetings.write_text(text.replace('recording = "M1.wav"', 'recording = "not recorded"'))
    call(study, "run")
    assert kept.read_bytes() == before
    meetings.write_text(text)
    assert call(study, "run").exit_code == 0
    assert "word12" in transcript(study)


def test_a_damaged_transcript_without_raw_words_is_not_made_of_blanks(
    study: Path, caplog: pytest.LogCaptureFixture
) -> None:
    set_key(study, "what", '["recording", "clips", "saves", "words"]')
    call(study, "destroy", "M1", "--yes")
    (kept,) = (study / "work" / "M1" / "anonymised").glob("*/data.jsonl")
    whole = kept.read_bytes()
    kept.write_bytes(whole.replace(b"word12", b"worm12"))
    (study / "private" / "notes" / "M1.txt").write_text("A note\n")  # so that the report is made again
    with pytest.raises(PartialFailureError):
        call(study, "run")
    assert f"'anonymised' made ({kept.parent.name}) is damaged, and its source is gone" in caplog.text
    assert b"worm12" in kept.read_bytes()
    kept.write_bytes(whole)
    assert call(study, "run").exit_code == 0
    assert "word12" in transcript(study)


def test_a_name_that_is_known_later_goes_from_a_transcript_without_raw_words(study: Path) -> None:
    set_key(study, "what", '["recording", "clips", "saves", "words"]')
    call(study, "destroy", "M1", "--yes")
    assert "word12" in transcript(study)
    roster = study / "private" / "roster.toml"
    roster.write_text(roster.read_text().replace("[places]\n", '[places]\n"word12" = "[a ward]"\n', 1))
    assert call(study, "run").exit_code == 0
    assert "[a ward]" in transcript(study) and "word13" in transcript(study)
    outside = [p for p in study.rglob("*") if p.is_file() and "private" not in p.relative_to(study).parts]
    assert [p for p in outside if b"word12" in p.read_bytes()] == []
    assert "up to date" in call(study, "run").output
    assert call(study, "audit", "verify").exit_code == 0


def test_what_cannot_be_destroyed_is_said(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "chmod", refuse)
        with pytest.raises(CopipeError, match="could not be destroyed"):
            call(study, "destroy", "M1", "--yes")
    assert recording(study).exists()


def test_cut_off_before_the_certificate_it_is_certified_by_the_next_call(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from copipe.consent import destruction

    digest = sha256(recording(study).read_bytes()).hexdigest()

    def killed(*_: object) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(destruction, "_certify", killed)
        call(study, "destroy", "M1", "--yes")
    assert not recording(study).exists()
    assert not list((study / "certificates").rglob("*.md"))
    assert "An interrupted destruction is completed" in call(study, "destroy", "M1", "--yes").output
    assert digest in next((study / "certificates" / "M1").glob("*.md")).read_text()
    assert '"what": "destroy"' in (study / "audit.jsonl").read_text()
    with pytest.raises(UsageError, match="nothing to destroy"):
        call(study, "destroy", "M1", "--yes")


def test_nothing_goes_that_could_not_be_certified(study: Path) -> None:
    before = recording(study).read_bytes()
    (study / "certificates").write_text("")
    with pytest.raises(CopipeError, match="Nothing was destroyed"):
        call(study, "destroy", "M1", "--yes")
    assert recording(study).read_bytes() == before
    (study / "certificates").unlink()
    told = "the nurse rings 07700 900123"
    before = recording(study, "M2").read_bytes()
    with pytest.raises(CopipeError, match="identifies somebody"):
        call(study, "destroy", "M2", "--yes", "--force", "--why", told)
    assert recording(study, "M2").read_bytes() == before


def test_another_file_than_the_one_transcribed_is_not_certified_as_checked(study: Path) -> None:
    recording(study).write_bytes(recording(study, "M2").read_bytes() + b"more")
    with pytest.raises(UsageError, match="not the file that was transcribed"):
        call(study, "destroy", "M1", "--yes")
    assert recording(study).exists()
    call(study, "destroy", "M1", "--yes", "--force", "--why", "a wrong file")
    certificate = next((study / "certificates" / "M1").glob("*.md")).read_text()
    assert "NOT checked; reason given: a wrong file" in certificate


def test_what_a_link_among_clips_leads_to_is_left(study: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    (study / "private" / "work" / "M1" / "clips").symlink_to(mine)
    call(study, "destroy", "M1", "--yes")
    assert (mine / "thesis.txt").read_text() == "mine"


def test_who_checked_is_replaced_once_it_is_a_name(study: Path) -> None:
    roster = study / "private" / "roster.toml"
    roster.write_text(roster.read_text().replace("[people]\n", '[people]\n"CS" = "OT"\n', 1))
    call(study, "destroy", "M1", "--yes", "--who", "XY")
    certificate = next((study / "certificates" / "M1").glob("*.md")).read_text()
    assert "checked by OT" in certificate and "CS" not in certificate


def test_texts_written_out_are_named_and_left(study: Path) -> None:
    set_key(study, "what", '["recording", "clips", "saves", "words"]')
    for name in ("M1.txt", "M1.txt.bak"):
        (study / "private" / name).write_text("# copipe correct M1 base 89f7a2943bcf\nword10\n")
    said = call(study, "destroy", "M1", "--yes").output
    certificate = next((study / "certificates" / "M1").glob("*.md")).read_text()
    for name in ("private/M1.txt", "private/M1.txt.bak"):
        assert f"{name} holds raw words" in said and f"- {name}" in certificate
        assert (study / name).exists()
