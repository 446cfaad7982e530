"""The ways one text can be read: with the escapes of HTML, JSON, URLs and mail undone, without tags, without emphasis.

A program that shows a file undoes some of these, so a name may stand in it for the eye and not for a plain search.
Every reading has the lines of the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

DEEPEST = 3  # one escape inside another: a URL in HTML in JSON
_LONG = 4 << 20  # letters of a text in which escapes inside escapes are not looked for
_JSON = re.compile(r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|([nrtbfv]))")
_PAIRS = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_MAIL = re.compile(r"(?:=[0-9A-F]{2})+")
_COMMENT = "<!--.*?-->"
_TAG_ALONE = re.compile(r"<!\[CDATA\[|\]\]>|<[/?!]?[A-Za-z][^<>]*>")
_TAG = re.compile(f"{_COMMENT}|{_TAG_ALONE.pattern}", re.DOTALL)
_NAME = re.compile(r"</?(?:[\w-]+:)?([\w-]+)")
# Tags between which nobody reads on: a word ends there. Any other may stand inside a word.
_BLOCKS = frozenset(
    "p div td th tr table li ul ol dl dt dd br hr h1 h2 h3 h4 h5 h6 section article header footer main nav figure "
    "option text title desc metadata body head row c v si sst tab cr tc tbl sectpr cell line-break list-item".split()
)
_EMPHASIS = re.compile(r"(?<=\w)(?:\*{1,3}|_{2,3}|~~|`|\\)(?=\w)")
_NUMBERED = re.compile(r"^[ \t>|]*\d+[ \t]+(?:[A-Z][A-Z0-9]{0,7}:)?", re.MULTILINE)
_CUT = re.compile(r"(?<![^\W\d_])([^\W\d_]+)[-\u00ad\u2010](\r?\n)[ \t]*(?=[^\W\d_])")
_CODE = re.compile(r"\b(?:style|class|id|d|points|transform|viewBox|x|y|x1|x2|y1|y2|width|height|cx|cy|r|dx|dy|fill"
                   r"|stroke[\w-]*|xmlns[\w:]*|clip-path|w:rsid\w*)\s*=\s*(?:\"[^\"]*\"|'[^']*')")  # fmt: skip
_STYLE_END = re.compile(r"</style>", re.IGNORECASE)
_SCRIPT = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)
# What programs write: digests, identifiers, fractions, points in time, page anchors and word ids.
_MACHINE = re.compile(
    r"\b[0-9a-f]{16,}\b|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b|-?\b\d+\.\d{3,}(?:e[-+]?\d+)?\b"
    r"|\b\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?|:\d{6}(?:\.\d{4})?\b|[A-Za-z0-9+/=]{48,}",
)


def readings(text: str) -> Iterator[str]:
    """Every way to read `text` that differs from it, each with the same number of lines."""
    seen = {text}
    before = [text]
    for _ in range(DEEPEST if len(text) < _LONG else 1):
        after: list[str] = []
        for one in before:
            for way in _WAYS:
                made = way(one)
                if made not in seen:
                    seen.add(made)
                    after.append(made)
                    yield made
        before = after


def readable(text: str) -> str:
    """What of `text` a person reads: without tags and what belongs to programs. It has the same lines."""
    if _is_markup(text):
        end = max((hit.end() for hit in _STYLE_END.finditer(text)), default=0)  # the same for these
        text = _blank(_SCRIPT, text[:end]) + text[end:]
        text = _blank(_CODE, text)
        text = _entities(_tags(_attributes, text))
    return _blank(_MACHINE, text)


def _is_markup(text: str) -> bool:
    if "<" not in text or ">" not in text:
        return False
    begun = text.find("<!--")
    return _TAG_ALONE.search(text) is not None or (begun >= 0 and text.find("-->", begun + 4) >= 0)


def _tags(change: Callable[[re.Match[str]], str], text: str) -> str:
    """`text` with its tags and comments changed. Behind the last end of a comment none is looked for.

    A comment that is begun and never ended would be followed to the end of the text from each of its beginnings.
    """
    end = text.rfind("-->") + 3 if "-->" in text else 0
    return _TAG.sub(change, text[:end]) + _TAG_ALONE.sub(change, text[end:])


def _attributes(tag: re.Match[str]) -> str:
    """The values in a tag, and the words of a comment; the rest is spaces."""
    if tag[0].startswith("<!"):
        return _spaces(tag[0][:4]) + tag[0][4:]
    kept, at = [], 0
    for value in re.finditer(r"\"([^\"]*)\"|'([^']*)'", tag[0]):
        kept += [_spaces(tag[0][at : value.start() + 1]), tag[0][value.start() + 1 : value.end() - 1]]
        at = value.end() - 1
    return "".join([*kept, _spaces(tag[0][at:])])


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda hit: _spaces(hit[0]), text)


def _spaces(text: str) -> str:
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _lines(change: Callable[[str], str], text: str) -> str:
    """`text` changed so that its lines keep their numbers."""
    return "\n".join(" ".join(change(line).splitlines()) for line in text.split("\n"))


def _entities(text: str) -> str:
    return _lines(html.unescape, text) if "&" in text else text


def _url(text: str) -> str:
    return _lines(lambda line: unquote(line.replace("+", " ")), text) if "%" in text else text


def _json(text: str) -> str:
    if "\\" not in text:
        return text
    joined = _lines(lambda line: _JSON.sub(_json_sign, line), text)
    return _PAIRS.sub(lambda hit: hit[0].encode("utf-16", "surrogatepass").decode("utf-16"), joined)


def _json_sign(hit: re.Match[str]) -> str:
    if hit[4]:
        return " "
    number = int(hit[1] or hit[2] or hit[3], 16)
    return chr(number) if number < 0x110000 else " "


def _mail(text: str) -> str:
    """Quoted-printable (RFC 2045)."""
    if "=" not in text or not _MAIL.search(text):
        return text
    return _lines(lambda line: _MAIL.sub(_mail_signs, line), text)


def _mail_signs(hit: re.Match[str]) -> str:
    return bytes.fromhex(hit[0].replace("=", "")).decode("utf-8", errors="replace")


def _joined(text: str) -> str:
    """Without tags, those that may stand inside a word leaving nothing behind."""
    return _tags(lambda tag: _gap(tag[0], ""), text) if _is_markup(text) else text


def _apart(text: str) -> str:
    """Without tags, a space in the place of each."""
    return _tags(lambda tag: _gap(tag[0], " "), text) if _is_markup(text) else text


def _gap(tag: str, inside: str) -> str:
    if "\n" in tag:
        return "\n" * tag.count("\n")
    name = _NAME.match(tag)
    return " " if name and name[1].casefold() in _BLOCKS else inside


def _plain(text: str) -> str:
    """Without emphasis inside a word: Ma**ry**."""
    return _EMPHASIS.sub("", text)


def _flowing(text: str) -> str:
    """Without line numbers and speakers at the start of a line: a name may go over two lines of a transcript."""
    return _NUMBERED.sub(lambda hit: " " * len(hit[0]), text)


def _whole(text: str) -> str:
    """Words cut at the end of a line, whole on the line below."""
    return _CUT.sub(r"\2\1", text)


_WAYS: tuple[Callable[[str], str], ...] = (_entities, _url, _json, _mail, _joined, _apart, _plain, _flowing, _whole)
