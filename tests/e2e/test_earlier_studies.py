"""A study made by an earlier version opens, is up to date, and nothing in it is made again or lost.

`earlier/study-0.1.0.tar.xz` is what `earlier/make-0.1.0.sh` made with copipe 0.1.0 and the versions in constraints.txt:
two transcripts, a recorded call of twelve seconds, notes, a correction, a checked transcript, voices that were named,
verdicts, a memo, a decision about a name, somebody who is not in the study. A key names the versions of engines, too:
where one of those changes on purpose, that part of this test changes with it.
"""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from copipe.models import store
from copipe.pipeline.context import Context
from copipe.pipeline.stages import stages
from copipe.study import study as studies
from tests.e2e.studies import Copipe

EARLIER = Path(__file__).parent / "earlier"
MODELS = ("tiny.en", "segmentation", "voice-encoder", "all-MiniLM-L6-v2", "en_core_web_sm")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    with tarfile.open(EARLIER / "study-0.1.0.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    for folder in (tmp_path / "study" / "private").rglob("*"):
        folder.chmod(0o700 if folder.is_dir() else 0o600)
    (tmp_path / "study" / "private").chmod(0o700)
    return tmp_path / "study"


def contents(study: Path) -> dict[str, bytes]:
    """Every file but those in which a run keeps notes for itself."""
    own = (".lock", "copipe.log", "digests.json")
    return {
        p.relative_to(study).as_posix(): p.read_bytes() for p in study.rglob("*") if p.is_file() and p.name not in own
    }


def lacking() -> list[str]:
    return [name for name in MODELS if name not in store.stored()]


@pytest.mark.skipif(bool(lacking()), reason=f"`copipe models pull` gets {', '.join(lacking())}")
def test_nothing_is_made_again(study: Path, copipe: Copipe) -> None:
    before = contents(study)
    rows = json.loads(copipe("-s", study, "status", "--json").stdout)["meetings"]
    assert [row["meeting"] for row in rows] == ["2016-02", "2016-03", "2016-04"]
    for row in rows:
        assert set(row["stages"].values()) <= {"done", "frozen", "-"}, row
    assert "up to date" in copipe("-s", study, "run").stdout
    assert contents(study) == before
    copipe("-s", study, "audit", "verify")


@pytest.mark.skipif(bool(lacking()), reason=f"`copipe models pull` gets {', '.join(lacking())}")
def test_every_key_is_the_one_it_had(study: Path) -> None:
    context = Context(studies.load(study))
    compared = 0
    for meeting in context.study.meetings:
        for stage in stages.values():
            if not stage.applies(context, meeting) or stage.frozen(context, meeting):
                continue
            assert stage.key(context, meeting) == context.pointer(stage.store(context), meeting.code)[stage.name]
            compared += 1
    assert compared > 25


def test_what_people_decided_is_there(study: Path, copipe: Copipe) -> None:
    transcript = (study / "reports" / "2016-03" / "transcript.md").read_text()
    assert "four weeks" in transcript and "three weeks" not in transcript
    assert "Checked by CS" in transcript
    assert "SN1" in copipe("-s", study, "roles", "show", "2016-04").stdout
    found = copipe("-s", study, "find", "discharge").stdout
    assert "accepted" in found
    assert "Is this one code or two?" in copipe("-s", study, "memos").stdout
    assert "[person" in copipe("-s", study, "anonymise", "decided").stdout
