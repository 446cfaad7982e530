"""Templates of a study's own, through the command line."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.studies import Copipe


def test_a_template_is_copied_changed_and_used(text_study: Path, copipe: Copipe) -> None:
    assert "There are meeting.md.j2" in copipe("-s", text_study, "report", "--template", "report.md.j2", code=2).stderr
    copipe("-s", text_study, "report", "--template", "meeting.md.j2")
    own = text_study / "templates" / "meeting.md.j2"
    assert "exists" in copipe("-s", text_study, "report", "--template", "meeting.md.j2", code=2).stderr
    own.write_text(own.read_text() + "\nMade for my supervisor.\n")
    (text_study / "templates" / "report.md.j2").write_text("x")
    copipe("-s", text_study, "run")
    assert "Made for my supervisor." in (text_study / "reports" / "2010-02" / "report.md").read_text()
    assert "report.md.j2 is not used" in copipe("-s", text_study, "report").stdout.replace("\n", "")
