"""The transcript and the reports in every format: the same labels, nothing from elsewhere, a player that follows."""

from __future__ import annotations

import io
import math
import re
import struct
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docx import Document

from copipe.records import Mark
from copipe.report import docx, html, meeting, own_words, synthesis, talk, transcript
from copipe.report.html import transcript as page_of
from copipe.report.view import MeetingView, StudyView
from copipe.study.pages import parse_citation
from tests.exchange.sheets import chromium

MakeView = Callable[..., MeetingView]
VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use", "rect", "circle", "stop"}


class Outline(HTMLParser):
    """Elements that are opened and closed in step, the ids, the links, what has no label."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.levels: list[int] = []
        self.from_elsewhere: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [i for i in [said.get("id")] if i]
        self.links += [h for h in [said.get("href")] if h and tag == "a"]
        self.from_elsewhere += [v for k, v in said.items() if k == "src" and v and tag != "audio"]
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def outline(text: str) -> Outline:
    made = Outline()
    made.feed(text)
    made.close()
    assert made.open == [], "every element is closed"
    assert len(made.ids) == len(set(made.ids)), "every id is one thing's"
    assert made.from_elsewhere == [] and not re.search(r"@import|https?://(?!www\.w3\.org)", text)
    assert made.levels[0] == 1 and all(b - a <= 1 for a, b in zip(made.levels, made.levels[1:], strict=False))
    return made


def report_of(view: MeetingView) -> str:
    return html.report(meeting.render(view), "A <report>", talk.drawn(view))


def test_the_report_as_a_page(view: MakeView) -> None:
    seen = view()
    text = report_of(seen)
    found = outline(text)
    assert "<title>A &lt;report&gt;</title>" in text and text.count("<figure><svg") == 3
    cited = [link for link in found.links if link.startswith("transcript.html#")]
    lines = outline(page_of(seen)).ids
    assert len(cited) >= 4 and {link.partition("#")[2] for link in cited} <= set(lines)
    assert all(link.lstrip("#") in found.ids for link in found.links if link.startswith("#"))


def test_what_the_researcher_wrote_is_on_the_page_and_empty_rooms_are_not() -> None:
    room = own_words.room("a reading")
    text = html.report(
        f"# R\n\n{room}\n\n{room.replace('a reading', 'b').replace(own_words.INVITATION, 'Mine *own*.')}\n", "R", ()
    )
    outline(text)
    assert "<p>Mine <em>own</em>.</p>" in text and "Your reading" not in text and "yours" not in text


def test_the_synthesis_as_a_page(study_view: StudyView) -> None:
    from copipe.report.figures import series

    found = outline(html.report(synthesis.render(study_view), "S", series.drawn(study_view)))
    assert "2010-02/transcript.html#p1l3" in found.links


def test_the_same_labels_in_every_format(view: MakeView) -> None:
    seen = view()
    markdown = re.findall(r"^ ?(\d+)(?:  |$)", transcript.render(seen), re.MULTILINE)
    text = re.findall(r"^ ?(\d+)(?:  |$)", transcript.text(seen), re.MULTILINE)
    page = [i for i in outline(page_of(seen)).ids if re.fullmatch(r"p\d+l\d+", i)]
    document = Document(io.BytesIO(docx.transcript(seen)))
    rows = [[c.text for c in row.cells] for table in document.tables for row in table.rows]
    assert markdown == text == [i.partition("l")[2] for i in page] == [r[0] for r in rows]
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == re.findall(r"^## (.*)$", transcript.render(seen), re.MULTILINE)
    assert len(re.findall(r"^2010-02 p\. \d+$", transcript.text(seen), re.MULTILINE)) == len(headings)
    assert rows[2][3].startswith("Our partners at [a southern hospital]")
    assert parse_citation("2010-02 p. 1, l. 3").first == (1, 3)


def test_a_document_says_nothing_of_who_made_it_and_when(view: MakeView) -> None:
    made = docx.transcript(view())
    assert made == docx.transcript(view())
    about = Document(io.BytesIO(made)).core_properties
    assert (about.author, about.last_modified_by, about.created.year) == ("copipe", "copipe", 2000)


def test_speech_cannot_break_a_page(view: MakeView) -> None:
    seen = view()
    nasty = '<script>alert(1)</script>&amp;"onclick="'
    words = (replace(seen.turns[0].words[0], text=nasty), *seen.turns[0].words[1:])
    seen = replace(seen, turns=(replace(seen.turns[0], words=words), *seen.turns[1:]))
    for text in (page_of(seen), report_of(seen)):
        assert nasty not in text
        outline(text)


@pytest.mark.attack("markup and formulas")
@pytest.mark.parametrize(
    "written",
    [
        "[read this](javascript:alert(1))",
        "[read this](JaVaScRiPt:alert(1))",
        "[read this](&#106;avascript:alert(1))",
        "[read this](java&#9;script:alert(1))",
        "[read this](vbscript:msgbox(1))",
        "[read this](data:text/html;base64,PHNjcmlwdD4=)",
        "[read this](file:///etc/passwd)",
        "[read this][1]\n\n[1]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "![a picture](javascript:alert(1))",
        "![a picture](data:image/svg+xml;base64,PHN2Zz4=)",
        '![a" onerror="alert(1)](figures/none.svg "t\\" onload=\\"alert(1)")',
        "<script>alert(1)</script>",
        "</main></body></html><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "```html\n</code></pre><script>alert(1)</script>\n```",
        "# <img src=x onerror=alert(1)>",
        "| a |\n| --- |\n| <script>alert(1)</script> |",
    ],
)
def test_what_somebody_else_wrote_runs_nothing_on_a_page(written: str) -> None:
    from lxml.html import document_fromstring

    page = html.report(f"# A report\n\n{written}\n\nAnd on.\n", "A report <script>alert(1)</script>", ())
    plain = html.report("# A report\n\nAnd on.\n", "A report", ())
    made, untouched = document_fromstring(page), document_fromstring(plain)
    assert len(made.findall(".//script")) == len(untouched.findall(".//script"))
    for element in made.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        for name in ("href", "src"):
            where = "".join(element.get(name, "").split()).casefold()
            assert not where.startswith(("javascript:", "vbscript:", "data:", "file:")), where
    assert made.xpath("//meta[@http-equiv='Content-Security-Policy']/@content") == untouched.xpath(
        "//meta[@http-equiv='Content-Security-Policy']/@content"
    )


def test_hidden_words_are_on_no_page(view: MakeView) -> None:
    text = page_of(view())
    assert "somebody not in the study speaks, 6 s" in text
    assert " x x " not in text


def tone(path: Path, seconds: float) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (int(3000 * math.sin(n / 5)) for n in range(int(8000 * seconds)))
        file.writeframes(b"".join(struct.pack("<h", s) for s in samples))


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    if chromium.found() is None:
        pytest.skip("no Chromium here")
    with chromium.browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def test_in_a_browser(tab: chromium.Page, tmp_path: Path, view: MakeView) -> None:
    seen = view()
    marked = replace(seen.turns[1], marks=(Mark("inaudible", seen.turns[1].words[2].id, seen.turns[1].words[2].id),))
    seen = replace(seen, turns=(seen.turns[0], marked, *seen.turns[2:]))
    tone(tmp_path / "a b.wav", 70)
    (tmp_path / "t.html").write_text(page_of(seen, audio="a%20b.wav"), encoding="utf-8")
    tab.open(tmp_path / "t.html")
    shown = "document.querySelectorAll('.row:not(.hidden)').length"
    every = tab.run(shown)
    tab.run("search.value = 'discharge folder'; filter()")
    assert tab.run(shown) == 1 and tab.text("#count") == f"1 of {every} lines"
    tab.run("search.value = ''; roles.find(b => b.value === 'CS').checked = false; filter()")
    assert 0 < tab.run(shown) < every
    tab.run("roles.forEach(b => b.checked = true); code.value = 'network'; filter()")
    assert 0 < tab.run(shown) < every
    assert "Working *with* others." in tab.run(
        "document.querySelector('mark').title + [...document.querySelectorAll('mark')].map(m => m.title)"
    )
    tab.run("code.value = ''; filter()")
    tab.wait("player.readyState >= 1")
    tab.run("document.getElementById('p2l3').querySelector('.text').click()")
    tab.wait("Math.abs(player.currentTime - (Number(document.getElementById('p2l3').dataset.start) - 0.5)) < 2")
    tab.wait("document.querySelector('.row.now') !== null")
    tab.run("player.pause(); location.hash = 'p1l3'")
    tab.wait("player.currentTime < 14")
    assert not [url for url in tab.requests if url.startswith("http")]


def test_a_page_without_a_recording_has_no_player(view: MakeView) -> None:
    assert "<audio" not in page_of(view())
