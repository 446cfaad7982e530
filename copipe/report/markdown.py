"""Markdown that speech cannot break (CommonMark 0.31, with the tables of GitHub Flavored Markdown)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copipe.report.figures.drawing import Figure

# Signs that may open emphasis, code, HTML, strike-through, mathematics or a cell; an ampersand only as an entity.
_SIGNS = re.compile(r"[\\`*_<>|~$]|&(?=#?\w+;)|\](?=[\[(:])|!(?=\[)")
# What makes a heading, list or rule at the start of a line; quotations, code and definitions need a sign from above.
_OPENING = re.compile(r"^(?:#{1,6}(?=\s|$)|[+\-](?=[\s-]|$)|=|(?P<number>\d{1,9})(?P<sign>[.)])(?=\s|$))")
_UNESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def escape(text: str) -> str:
    r"""`text` on one line so that it is shown as it is, in a paragraph, a quotation or a cell of a table.

    >>> escape("1. so *very* [nurse 3]  | a_b")
    '1\\. so \\*very\\* [nurse 3] \\| a\\_b'
    """
    line = _SIGNS.sub(lambda hit: "\\" + hit.group(), " ".join(text.split()))
    return _OPENING.sub(lambda hit: f"{hit['number']}\\{hit['sign']}" if hit["number"] else "\\" + hit.group(), line)


def unescape(text: str) -> str:
    """What `escape` was given, white space folded."""
    return _UNESCAPE.sub(r"\1", text)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> str:
    """A table; cells are Markdown already. Columns whose index is in `right` are set to the right."""
    aligned = set(right)
    rule = ["---:" if n in aligned else "---" for n in range(len(header))]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (header, rule, *rows))


def ranges(numbers: Iterable[int]) -> str:
    """Numbers with runs drawn together.

    >>> ranges([9, 3, 4, 5, 9])
    '3-5, 9'
    """
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> count(1, "passage"), count(0, "passage"), count(2, "category", "categories")
    ('1 passage', '0 passages', '2 categories')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def paragraphs(text: str) -> str:
    """Text of several paragraphs, each shown as it is."""
    return "\n\n".join(escape(part) for part in re.split(r"\n\s*\n", text) if part.strip())


def picture(figure: Figure) -> str:
    """A figure with its alt text; its file lies in figures/ beside the report."""
    alt = escape(figure.alt).replace("[", "\\[").replace("]", "\\]")
    return f"![{alt}](figures/{figure.name}.svg)"
