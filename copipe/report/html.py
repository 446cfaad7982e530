"""Reports as pages for a browser: self-contained, so that they can be carried to a machine without a network.

The text of a report is the Markdown one; a transcript is laid out anew, line by line, with the same labels. Figures are
drawn into the page. With `audio`, the address of the recording as seen from the page, a player follows the transcript.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.errors import UsageError
from copipe.records import Coding, Turn, Word, WordId
from copipe.report import own_words, tallies
from copipe.report.figures.drawing import Figure
from copipe.report.templates import policy
from copipe.report.templates.fill import fill
from copipe.report.transcript import is_timed, withheld
from copipe.report.view import MeetingView
from copipe.study.pages import Line, Piece, clock, lines, parse_citation
from copipe.texts import for_xml

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_LINK = re.compile(r'<a href="(?P<file>[^"#]*?)\.md(?:#(?P<anchor>[^"]*))?">(?P<text>.*?)</a>', re.DOTALL)
_PICTURE = re.compile(r'<p><img src="figures/(?P<name>[\w-]+)\.svg" alt="[^"]*"\s*/?></p>')
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_CELL = re.compile(r'<(?P<tag>t[hd])(?P<style> style="text-align:right")?>(?P<text>.*?)</t[hd]>', re.DOTALL)
_INDENT = re.compile("^\N{EM SPACE}+")
MANY = 6  # columns from which the first is kept broad enough to be read
SHORT = 20  # letters up to which a cell is not broken: counts, dates, codes
_HEADING = re.compile(r"<h(?P<level>[2-4])>(?P<text>.*?)</h\d>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heading:
    """One entry of a page's table of contents."""

    level: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a transcript: its label, what stands on it as HTML, and whose it is."""

    line: int
    id: str
    time: str
    start: float | None
    role: str
    roles: str
    codes: str
    body: str


def report(markdown: str, title: str, figures: Sequence[Figure], templates: Path | None = None) -> str:
    """A report in Markdown as a page; its links lead to the pages beside it, its citations to their line."""
    body = _parser().render(own_words.closed(markdown))
    drawn = {figure.name: figure for figure in figures}
    body = _PICTURE.sub(lambda hit: _figure(drawn[hit["name"]]) if hit["name"] in drawn else hit[0], body)
    body = _LINK.sub(_link, body)
    numbers = count(1)
    body = _TABLE.sub(lambda hit: _scrolling(hit[0], next(numbers)), body)
    contents: list[Heading] = []

    def numbered(hit: re.Match[str]) -> str:
        level = int(hit["level"])
        contents.append(Heading(level, f"s{len(contents) + 1}", re.sub(r"<[^>]+>", "", hit["text"])))
        return f'<h{level} id="s{len(contents)}">{hit["text"]}</h{level}>'

    body = _HEADING.sub(numbered, body)
    page = fill("report.html.j2", templates, title=title, body=body, contents=contents, style=_style(templates))
    return policy.guarded(for_xml(page), "report.html.j2", templates)


def _scrolling(table: str, number: int) -> str:
    """A table that scrolls in its own frame; its cells by class, not by style, short ones never broken."""
    columns = table[: table.index("</tr>")].count("<th")
    name = unescape(re.sub(r"<[^>]+>", "", table[table.index("<th") : table.index("</tr>")])).split("\n")
    said = escape(f"Table {number}: " + ", ".join(part for part in name if part))
    return (
        f'<section class="scroll{" many" if columns >= MANY else ""}" tabindex="0" aria-label="{said}">'
        f"{_CELL.sub(_cell, table)}</section>"
    )


def _cell(hit: re.Match[str]) -> str:
    text = hit["text"]
    depth = len(indent[0]) if (indent := _INDENT.match(text)) else 0
    seen = unescape(re.sub(r"<[^>]+>", "", text))
    classes = ["right"] if hit["style"] else []
    classes += ["short"] if len(seen) <= SHORT and not depth else []
    classes += [f"in{min(depth, 3)}"] if depth else []
    told = f' class="{" ".join(classes)}"' if classes else ""
    return f"<{hit['tag']}{told}>{_INDENT.sub('', text)}</{hit['tag']}>"


def transcript(view: MeetingView, audio: str = "", report: str = "report.html") -> str:
    """The transcript of record as a page: search, filters by role and code, and a player where there is `audio`."""
    codes = {code.key: code for code in view.codebook.codes}
    standing = [c for c in view.codings if c.status != "rejected" and c.code in codes] if view.quorum_met else []
    on_word = _codes_of_words(view.turns, standing)
    pages: dict[int, list[Row]] = {}
    for line in lines(view.turns, view.pages):
        pages.setdefault(line.place.page, []).append(_row(line, view, on_word))
    used = [code for key, code in codes.items() if any(c.code == key for c in standing)]
    roles = [row.role for row in tallies.spoken(view.turns, [a.role for a in view.attendance]) if row.turns]
    page = fill(
        "transcript.html.j2",
        view.templates,
        view=view,
        title=f"{view.title}: transcript {view.meeting.code}",
        pages=pages,
        roles=roles,
        codes=used,
        audio=audio,
        report=report,
        timed=is_timed(view.turns),
        style=_style(view.templates),
    )
    return policy.guarded(for_xml(page), "transcript.html.j2", view.templates, bool(audio))


def _row(line: Line, view: MeetingView, on_word: Mapping[WordId, Sequence[Coding]]) -> Row:
    opening = next((piece for piece in line.pieces if piece.opens), None)
    first = line.pieces[0].turn if line.pieces else None
    start = next((w.start for piece in line.pieces for w in piece.words if w.start is not None), None)
    start = first.start if start is None and first is not None else start
    said = [w for piece in line.pieces for w in piece.words]
    return Row(
        line.place.line,
        f"p{line.place.page}l{line.place.line}",
        clock(first.start) if opening and first and line.pieces[0].opens and first.start is not None else "",
        start,
        (first.role or "-") if first and line.pieces[0].opens else "",
        " ".join(dict.fromkeys(piece.turn.role for piece in line.pieces if piece.turn.role)),
        " ".join(dict.fromkeys(c.code for w in said for c in on_word.get(w.id, ()))),
        " ".join(filter(None, (_piece(piece, n > 0, view, on_word) for n, piece in enumerate(line.pieces)))),
    )


def _piece(piece: Piece, inside: bool, view: MeetingView, on_word: Mapping[WordId, Sequence[Coding]]) -> str:
    if piece.withheld:
        return f'<span class="withheld">{escape(withheld(piece.turn))}</span>'
    marks = {
        word.id: kinds
        for word in piece.words
        if (kinds := " ".join(m.kind for m in piece.turn.marks if m.first <= word.id <= m.last))
    }
    labels = {code.key: code for code in view.codebook.codes}
    out: list[str] = []
    for codings, words in _together(piece.words, on_word):
        said = " ".join(_word(word, marks, view) for word in words if word.text)
        if said and codings:
            about = "; ".join(
                f"{labels[c.code].label} ({'accepted' if c.status == 'accepted' else 'candidate'})"
                + (f": {labels[c.code].definition}" if labels[c.code].definition else "")
                for c in codings
            )
            status = "accepted" if any(c.status == "accepted" for c in codings) else "candidate"
            keys = " ".join(dict.fromkeys(c.code for c in codings))
            said = (
                f'<mark class="{status}" data-codes="{escape(keys)}" title="{escape(about)}" tabindex="0">{said}</mark>'
            )
        out.append(said)
    text = " ".join(filter(None, out))
    return f'<b class="role">[{escape(piece.turn.role)}:]</b> {text}' if inside and piece.opens else text


def _word(word: Word, marks: Mapping[WordId, str], view: MeetingView) -> str:
    kinds = marks.get(word.id, "").split()
    low = word.probability is not None and word.probability < view.doubtful_below and not word.is_note
    kinds += ["doubtful"] if low and not view.checked else []
    kinds = [k for k in kinds if k in ("overlap", "suspect", "inaudible", "replaced", "masked", "excluded", "doubtful")]
    start = f' data-start="{word.start:.2f}"' if word.start is not None else ""
    if not kinds and not start:
        return escape(word.text)
    marked = f' class="{" ".join(dict.fromkeys(kinds))}"' if kinds else ""
    return f"<span{marked}{start}>{escape(word.text)}</span>"


def _together(
    words: Sequence[Word], on_word: Mapping[WordId, Sequence[Coding]]
) -> list[tuple[Sequence[Coding], list[Word]]]:
    """Runs of words under the same codings."""
    runs: list[tuple[Sequence[Coding], list[Word]]] = []
    for word in words:
        codings = on_word.get(word.id, ())
        if runs and runs[-1][0] == codings:
            runs[-1][1].append(word)
        else:
            runs.append((codings, [word]))
    return runs


def _codes_of_words(turns: Sequence[Turn], codings: Sequence[Coding]) -> dict[WordId, list[Coding]]:
    found: dict[WordId, list[Coding]] = {}
    ids = [word.id for turn in turns for word in turn.words]
    place = {id_: n for n, id_ in enumerate(ids)}
    for coding in codings:
        if coding.span.first in place and coding.span.last in place:
            for id_ in ids[place[coding.span.first] : place[coding.span.last] + 1]:
                found.setdefault(id_, []).append(coding)
    return found


def _figure(figure: Figure) -> str:
    # Ids are unique in one drawing only; several stand on a page.
    svg = figure.svg()
    for id_ in set(re.findall(r'\bid="([^"]+)"', svg)):
        svg = svg.replace(f'id="{id_}"', f'id="{figure.name}-{id_}"')
        svg = svg.replace(f'"#{id_}"', f'"#{figure.name}-{id_}"').replace(f"url(#{id_})", f"url(#{figure.name}-{id_})")
    return f"<figure>{svg[svg.index('<svg') :]}</figure>"


def _link(hit: re.Match[str]) -> str:
    anchor = hit["anchor"] or ""
    try:
        first = parse_citation(unescape(re.sub(r"<[^>]+>", "", hit["text"]))).first
        anchor = f"p{first.page}l{first.line}"
    except UsageError:
        pass
    return f'<a href="{hit["file"]}.html{"#" + anchor if anchor else ""}">{hit["text"]}</a>'


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _style(templates: Path | None) -> str:
    return policy.style(fill("style.css.j2", templates))
