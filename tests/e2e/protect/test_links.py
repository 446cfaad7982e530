"""Links and paths in a study from somewhere else: nothing is read, written or removed outside of where it belongs."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from tests.e2e.studies import Copipe

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="links are POSIX's"),
    pytest.mark.attack("links out of the study"),
]
SECRET = "Bernadette was the one who said it"


@pytest.fixture
def study(text_study: Path, copipe: Copipe) -> Path:
    copipe("run", text_study)
    (text_study / "private" / "memos").mkdir(exist_ok=True)
    (text_study / "private" / "memos" / "jot.txt").write_text(SECRET)
    return text_study


@pytest.mark.parametrize("how", ["link", "folder", "file"])
def test_a_pack_holds_what_was_published_and_nothing_beside_it(study: Path, copipe: Copipe, how: str) -> None:
    place = study / "reports" / "2010-02"
    if how == "link":
        (place / "jot.txt").symlink_to("../../private/memos/jot.txt")
    elif how == "folder":
        (place / "figures2").symlink_to("../../private/memos")
    else:
        (place / "jot.txt").write_text(SECRET)
    copipe("-s", study, "export", "supervisor", "--unchecked", "--out", study.parent / "pack.zip")
    with zipfile.ZipFile(study.parent / "pack.zip") as pack:
        names = pack.namelist()
        assert "reports/2010-02/report.md" in names and "reports/synthesis.md" in names
        assert not any(SECRET.encode() in pack.read(name) for name in names)
        assert not any("jot" in name for name in names)


def test_a_published_file_that_became_a_link_is_not_packed(study: Path, copipe: Copipe) -> None:
    report = study / "reports" / "2010-02" / "transcript.md"
    report.unlink()
    report.symlink_to("../../private/memos/jot.txt")
    copipe("-s", study, "export", "supervisor", "--unchecked", "--out", study.parent / "pack.zip")
    with zipfile.ZipFile(study.parent / "pack.zip") as pack:
        assert "reports/2010-02/transcript.md" not in pack.namelist()


@pytest.mark.parametrize("what", ["reports/2010-02", "reports", "work", "work/2010-02", "audit.jsonl"])
def test_nothing_is_written_through_a_link_that_leads_out(study: Path, copipe: Copipe, what: str) -> None:
    outside = study.parent / "outside"
    (study / what).rename(outside)
    (study / what).symlink_to(outside)
    before = {p: p.read_bytes() for p in [outside, *outside.rglob("*")] if p.is_file()}
    transcript = study / "private" / "transcripts" / "2010-02.txt"
    transcript.write_text(transcript.read_text() + "Tom: One more thing about the discharge.\n")
    said = copipe("run", study, code=6 if "/" in what else 4)
    assert "leads out of" in said.stdout + said.stderr
    assert {p: p.read_bytes() for p in [outside, *outside.rglob("*")] if p.is_file()} == before


def test_private_may_be_a_link_to_an_encrypted_disk(study: Path, copipe: Copipe) -> None:
    outside = study.parent / "disk"
    (study / "private").rename(outside)
    (study / "private").symlink_to(outside)
    transcript = outside / "transcripts" / "2010-02.txt"
    transcript.write_text(transcript.read_text() + "Tom: One more thing about the discharge.\n")
    assert "Made:" in copipe("run", study).stdout
    copipe("-s", study, "audit", "verify")


@pytest.mark.parametrize("name", ["../private/memos/jot.txt", "../../outside.txt", "/tmp/x", "2010-02/../../private/x"])
def test_a_list_of_published_files_removes_none_elsewhere(study: Path, copipe: Copipe, name: str) -> None:
    listed = study / "reports" / ".published.json"
    known = json.loads(listed.read_text())
    listed.write_text(json.dumps({**known, name: {"sha256": "0", "shown": ["XX"], "of": "2010-02"}}))
    (study.parent / "outside.txt").write_text("mine")
    copipe("run", study)
    copipe("-s", study, "withdraw", "OT", "--yes")
    assert (study / "private" / "memos" / "jot.txt").read_text() == SECRET
    assert (study.parent / "outside.txt").read_text() == "mine"


def test_a_pointer_leads_to_no_artifact_elsewhere(study: Path, copipe: Copipe) -> None:
    pointer = study / "work" / "2010-02" / "current.json"
    keys = json.loads(pointer.read_text())
    planted = study / "planted"
    (study / "work" / "2010-02" / "anonymised" / keys["anonymised"]).rename(planted)
    pointer.write_text(json.dumps({**keys, "anonymised": "../../../planted"}))
    assert "up to date" not in copipe("run", study).stdout
    assert json.loads(pointer.read_text())["anonymised"] == keys["anonymised"]
