"""Quotations: made from the words, printed with their citation, and read back from the page and verified.

In a report every blockquote is a quotation. Its last paragraph begins with a dash, who is speaking, and a link whose
text is the citation; what stands before it must be on the cited lines, word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from copipe.errors import CopipeError
from copipe.records import Coding, Span
from copipe.report.markdown import escape, unescape
from copipe.report.view import MeetingView
from copipe.study.pages import Citation, cite, parse_citation, resolve, words_between

_SOURCE = re.compile(r"^— (?P<roles>.*?), \[(?P<citation>[^\]]*)\]\(", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Quotation:
    """A passage verbatim: (role, text) a turn, and where it stands. `link` leads to its page in the transcript."""

    parts: tuple[tuple[str, str], ...]
    citation: Citation
    link: str
    status: str

    @property
    def roles(self) -> str:
        """Who speaks, once each."""
        return ", ".join(dict.fromkeys(role for role, _ in self.parts))

    @property
    def markdown(self) -> str:
        """The quotation as a blockquote with its source; where several speak, each is named."""
        several = len(self.parts) > 1
        blocks = [f"**{escape(role)}:** {escape(text)}" if several else escape(text) for role, text in self.parts]
        blocks.append(f"— {escape(self.roles)}, [{escape(str(self.citation))}]({self.link})")
        blocks[-1] += f" ({self.status})" if self.status else ""
        return "\n>\n".join(f"> {block}" for block in blocks)


def quote(view: MeetingView, coding: Coding, folder: str = "") -> Quotation:
    """The passage of a coding. CopipeError when its words are not in the transcript (made from another one)."""
    status = f"accepted by {escape(coding.who)}" if coding.status == "accepted" else "candidate"
    return quote_span(view, coding.span, status, folder)


def quote_span(view: MeetingView, span: Span, status: str = "", folder: str = "") -> Quotation:
    """The words of a span. CopipeError when they are not in the transcript (made from another one)."""
    found = words_between(view.turns, span.first, span.last)
    parts = tuple((turn.role, " ".join(word.text for word in words if word.text)) for turn, words in found)
    if not any(text for _, text in parts):
        raise CopipeError(
            f"{view.meeting.code}: the passage {span.first} to {span.last} is no longer in the transcript.",
            "Run `copipe code` again, then the report.",
        )
    citation = cite(view.pages, view.turns, span.first, span.last)
    said = ", ".join(filter(None, (status, "" if view.checked else "unchecked transcript")))
    return Quotation(parts, citation, f"{folder}{view.transcript_file}#p{citation.first.page}", said)


def link(view: MeetingView, span: Span, folder: str = "") -> str:
    """The citation of a passage, leading to its page in the transcript."""
    citation = cite(view.pages, view.turns, span.first, span.last)
    return f"[{escape(str(citation))}]({folder}{view.transcript_file}#p{citation.first.page})"


def verify(markdown: str, views: Iterable[MeetingView]) -> int:
    """Check every quotation of a finished report against the transcripts; how many there were.

    CopipeError that names the citation when the words are not, verbatim, on the lines it cites, or are another's.
    """
    by_code: Mapping[str, MeetingView] = {view.meeting.code: view for view in views}
    found = 0
    for block in re.findall(r"(?:^>.*\n?)+", markdown, re.MULTILINE):
        *said, source = "\n".join(line[1:].strip() for line in block.splitlines()).split("\n\n")
        match = _SOURCE.match(source)
        if match is None:
            raise CopipeError("The report has a quotation without a citation.", "This is a bug in a report template.")
        found += 1
        citation = parse_citation(unescape(match["citation"]))
        view = by_code.get(citation.meeting)
        roles = unescape(match["roles"]).split(", ")
        if view is None or not _is_verbatim(view, citation, said, roles):
            raise CopipeError(
                f"The quotation {citation} differs from the transcript.",
                "The report was not written. Run `copipe code` and `copipe report` again. If that does not help, "
                "report a bug.",
            )
    return found


def _is_verbatim(view: MeetingView, citation: Citation, said: list[str], roles: list[str]) -> bool:
    words = words_between(view.turns, *resolve(citation, view.pages, view.turns))
    there = [(turn.role, f" {' '.join(part for w in shown for part in w.text.split())} ") for turn, shown in words]
    at = 0
    for paragraph in said:
        text = unescape(paragraph)
        role = roles[0]
        if len(said) > 1 and (named := re.match(r"\*\*(.+?):\*\* ", text)):
            role, text = named[1], text[named.end() :]
        while at < len(there) and not (there[at][0] == role and f" {text} " in there[at][1]):
            at += 1
        if at == len(there):
            return False
        at += len(said) > 1
    return bool(said)
