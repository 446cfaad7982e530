"""Pages through html-validate and axe, Markdown through markdownlint, where these tools are on the machine.

They come from npm and are not shipped; without them these tests are skipped. To run them:

    npm install --prefix ~/node-tools html-validate axe-core markdownlint-cli2
    COPIPE_NODE_TOOLS=~/node-tools pytest -m slow tests/report/test_validators.py
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from copipe.report import html, meeting, synthesis, talk, transcript
from copipe.report.figures import series
from copipe.report.view import MeetingView, StudyView
from tests.exchange.sheets import chromium
from tests.report.test_reports import full

TOOLS = Path(os.environ.get("COPIPE_NODE_TOOLS", "/nowhere")) / "node_modules"
AXE = TOOLS / "axe-core" / "axe.min.js"
LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
# Lines are as long as sentences; tables are written as narrow as they can be; pages of a transcript have an anchor;
# two quotations may follow one another, which CommonMark keeps apart.
MARKDOWN = {"default": True, "MD013": False, "MD060": False, "MD028": False, "MD033": {"allowed_elements": ["a"]}}
HTML = {"extends": ["html-validate:recommended", "html-validate:document"], "rules": {"long-title": "off"}}
pytestmark = pytest.mark.slow
MakeView = Callable[..., MeetingView]


@pytest.fixture
def pages(tmp_path: Path, view: MakeView, study_view: StudyView) -> list[Path]:
    """A meeting of which everything is known, a bare one, a study of several kinds: as Markdown and as pages."""
    seen, bare = full(view), view()
    talk_alone = view("2011-07-SN1", "2011-07-20", "shutting down")
    interview = replace(talk_alone, meeting=replace(talk_alone.meeting, kind="interview"))
    study = replace(study_view, meetings=(*study_view.meetings, replace(interview)))
    notes_only = study_view.meetings[2]
    texts = {
        "report": (meeting.render(seen), talk.drawn(seen)),
        "bare": (meeting.render(bare), talk.drawn(bare)),
        "notes": (meeting.render(notes_only), talk.drawn(notes_only)),
        "synthesis": (synthesis.render(study), series.drawn(study)),
    }
    for name, (text, drawn) in texts.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
        (tmp_path / f"{name}.html").write_text(html.report(text, name, drawn), encoding="utf-8")
    (tmp_path / "transcript.md").write_text(transcript.render(seen), encoding="utf-8")
    (tmp_path / "transcript.html").write_text(html.transcript(seen), encoding="utf-8")
    (tmp_path / "listen.html").write_text(html.transcript(seen, audio="sound.wav"), encoding="utf-8")
    return sorted(tmp_path.iterdir())


def run(tool: str, *args: object) -> str:
    """What a tool of npm says; an empty text if it has nothing to say."""
    program = TOOLS / ".bin" / tool
    if not program.exists():
        pytest.skip(f"{tool} is not in COPIPE_NODE_TOOLS")
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_pages_are_valid(pages: list[Path], tmp_path: Path) -> None:
    config = tmp_path / "rules.json"
    config.write_text(json.dumps(HTML), encoding="utf-8")
    assert run("html-validate", "-c", config, *(p for p in pages if p.suffix == ".html")) == ""


def test_the_markdown_lints(pages: list[Path], tmp_path: Path) -> None:
    config = tmp_path / "rules.markdownlint-cli2.jsonc"
    config.write_text(json.dumps({"config": MARKDOWN}), encoding="utf-8")
    written = [f":{p}" for p in pages if p.suffix == ".md"]
    assert run("markdownlint-cli2", "--config", config, *written) == ""


@pytest.mark.skipif(chromium.found() is None, reason="there is no browser")
@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not in COPIPE_NODE_TOOLS")
def test_pages_are_accessible(pages: list[Path], tmp_path: Path) -> None:
    asked = {"runOnly": {"type": "tag", "values": LEVELS}}
    found = {}
    with chromium.browser(tmp_path / "profile") as page:
        page.call("Page.setBypassCSP", enabled=True)  # the page itself lets no script in
        for path in (p for p in pages if p.suffix == ".html"):
            page.open(path)
            page.run(f"{AXE.read_text(encoding='utf-8')};true")
            said = page.run(f"axe.run(document, {json.dumps(asked)}).then(r => JSON.stringify(r.violations))")
            found[path.name] = [(v["id"], v["nodes"][0]["html"][:200]) for v in json.loads(said)]
    assert not any(found.values()), found
