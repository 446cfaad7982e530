"""What is found by meaning, in a meeting's report: candidates stand apart and uncounted, notes find what they mean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from copipe.code.propose.embeddings import available
from copipe.models import store
from copipe.pipeline.context import Context
from copipe.pipeline.stage import read
from copipe.pipeline.stages import stages
from copipe.records import Match
from copipe.study.study import load
from tests.e2e.code.test_learning import ADMIN, BOOK, NOISE, TRAVEL, talk
from tests.e2e.fake_meetings import call
from tests.e2e.studies import set_key

MODEL = "all-MiniLM-L6-v2"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not available(MODEL), reason=f"`{store.how_to_get(MODEL)}` gets the model"),
]


@pytest.fixture
def study(text_study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from copipe.cli.terminal.session import asked

    monkeypatch.setattr(asked, "study", None)
    monkeypatch.setenv("COPIPE_WHO", "CS")
    set_key(text_study, "meaning", "true")
    set_key(text_study, "learn", "false")
    private = text_study / "private"
    (private / "transcripts" / "2010-02.txt").write_text(talk(TRAVEL, (NOISE, *ADMIN)))
    (private / "notes" / "2010-02.txt").write_text("Kept awake by the racket\nThe moon landing\n")
    (text_study / "codebooks" / "codebook.yaml").write_text(BOOK)
    call(text_study, "run")
    return text_study


def test_candidates_by_meaning_stand_apart_and_are_not_counted(study: Path) -> None:
    text = (study / "reports" / "2010-02" / "report.md").read_text()
    noise = text[text.index("### Noise at night") :]
    assert noise.index("Without a seed") < noise.index("loud at night") < noise.index("in meaning; score")
    # "bus" twice and "taxi" once
    assert "0 passages accepted by a person; 3 candidate passages." in text
    assert "Noise at night" not in "".join(
        line for line in (study / "reports" / "synthesis.md").read_text().splitlines() if line.startswith("| 2010")
    )
    assert "up to date" in call(study, "run").output
    assert "No passage" in call(study, "find", "quiet").output
    assert "loud at night" in call(study, "find", "quiet", "--status", "near").output
    book = study / "codebooks" / "codebook.yaml"
    book.write_text(re.sub("Noise at night.*\n.*", "Farming\n    definition: The crops.", book.read_text()))
    call(study, "run")
    after = (study / "reports" / "2010-02" / "report.md").read_text()
    assert "### Farming\n\n*The crops.*\n\nNo candidate passage." in after and "loud at night" not in after


def test_notes_find_what_they_mean_and_say_what_they_were_made_from(study: Path) -> None:
    def compared() -> tuple[str, float]:
        context = Context(load(study))
        meeting = context.study.meeting("2010-02")
        first, _ = read(context, meeting, "matches", Match)
        return stages["matches"].key(context, meeting), max(first.scores, default=0.0)

    report = (study / "reports" / "2010-02" / "report.md").read_text()
    assert "- Kept awake by the racket — [2010-02 p. 1, ll. 4-5]" in report
    assert "- The moon landing — *not found" in report
    key, score = compared()
    set_key(study, "meaning", "false")
    call(study, "run")
    other, by_words = compared()
    assert other != key and by_words < score
    set_key(study, "meaning", "true")
    assert compared() == (key, score), "what was made before is taken up again"
