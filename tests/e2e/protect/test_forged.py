"""An artifact changed by hand is neither published nor verified, however well its manifest is changed with it."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from copipe.pipeline.context import Context
from copipe.study import audit
from copipe.study import study as studies
from copipe.study.store import _digest
from copipe.study.witness import PURGED
from tests.e2e.studies import Copipe

pytestmark = pytest.mark.attack("forged files")


@pytest.fixture
def study(text_study: Path, copipe: Copipe) -> Path:
    copipe("run", text_study)
    return text_study


def artifact(study: Path) -> Path:
    context = Context(studies.load(study))
    found = context.current(context.public, "2010-02", "anonymised")
    assert found
    return found.folder


def forge(folder: Path, how: str) -> None:
    """Put another word into what was said, and make the manifest fit."""
    data = folder / "data.jsonl"
    body = data.read_text().replace('"discharge"', '"forgedword"').encode()
    assert b"forgedword" in body
    data.write_bytes(body)
    manifest = json.loads((folder / "manifest.json").read_text())
    if how == "purged":
        manifest["purged"] = {"why": "somebody withdrew", "sha256": sha256(body).hexdigest()}
    elif how == "digest":
        manifest["digest"] = _digest(body, manifest.get("attachments", {}))
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("how", ["plain", "purged", "digest"])
def test_it_is_found_and_made_again(study: Path, copipe: Copipe, how: str) -> None:
    folder = artifact(study)
    before = (folder / "data.jsonl").read_bytes()
    forge(folder, how)
    said = copipe("-s", study, "audit", "verify", code=1).stderr
    assert "Changed since they were made" in said and folder.name in said
    codebook = study / "codebooks" / "codebook.yaml"
    codebook.write_text(codebook.read_text().replace("[safeguarding]", "[safeguarding, pathway]"))  # so that it is read
    copipe("run", study)
    assert not any("forgedword" in p.read_text(errors="ignore") for p in (study / "reports").rglob("*") if p.is_file())
    assert (artifact(study) / "data.jsonl").read_bytes() == before
    copipe("-s", study, "audit", "verify")


def test_an_entry_that_private_does_not_confirm_proves_nothing(study: Path, copipe: Copipe) -> None:
    folder = artifact(study)
    forge(folder, "purged")
    digest = json.loads((folder / "manifest.json").read_text())["purged"]["sha256"]
    heads = study / "private" / "audit-heads.jsonl"
    kept = heads.read_bytes()
    about = {"meeting": "2010-02", "stage": "anonymised", "key": folder.name, "sha256": digest}
    audit.record(study / "audit.jsonl", PURGED, about)
    heads.write_bytes(kept)  # whoever forges it cannot write in private/
    assert "Changed since they were made" in copipe("-s", study, "audit", "verify", code=1).stderr
    copipe("run", study)
    assert not any("forgedword" in p.read_text(errors="ignore") for p in (study / "reports").rglob("*") if p.is_file())


def test_a_purge_that_is_recorded_counts(study: Path) -> None:
    context = Context(studies.load(study))
    found = context.current(context.public, "2010-02", "anonymised")
    assert found
    lines = context.public.lines(found)
    assert lines
    from copipe.study.store import from_line

    purged = context.public.purge(found, [from_line(line) for line in lines[1:]], {"why": "a test"})
    assert context.public.lines(purged) == lines[1:]
    assert Context(studies.load(study)).public.lines(purged) == lines[1:]


def test_a_report_that_is_gone_and_a_file_too_many_are_told(study: Path, copipe: Copipe) -> None:
    (study / "reports" / "2010-02" / "report.md").unlink()
    (study / "reports" / "2010-02" / "planted.md").write_text("x")
    said = copipe("-s", study, "audit", "verify").stdout
    assert "Deleted from reports/" in said and "reports/2010-02/report.md" in said
    assert "Not published by copipe" in said and "reports/2010-02/planted.md" in said
    copipe("run", study)
    again = copipe("-s", study, "audit", "verify").stdout
    assert "Deleted" not in again
