"""Markdown that speech cannot break (CommonMark 0.31, with the tables of GitHub Flavored Markdown)."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.errors import ConfigError

if TYPE_CHECKING:
    from jinja2 import Environment

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


def fill(template: str, folder: Path | None = None, **values: object) -> str:
    """The template of this name filled in, with no more than one empty line on end and one line break at the end.

    One in `folder` stands in for copipe's own. ConfigError, with its line, for one that cannot be used.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        text = _environment(folder).get_template(template).render(**values)
    except TemplateError as error:
        own = folder / template if folder and (folder / template).exists() else Path(template)
        line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else _line_of(error, template)
        raise ConfigError(
            f"{own}{line}: {error.message}", "Mend the template, or take it away: copipe's own is used then."
        ) from error
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _line_of(error: BaseException, template: str) -> str:
    """The line of the template in which rendering failed; "" if it is not known."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f", line {f.lineno}" for f in reversed(frames) if Path(f.filename).name == template), "")


@cache
def _environment(folder: Path | None) -> Environment:
    from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    own = [FileSystemLoader(folder)] if folder else []
    made = SandboxedEnvironment(
        loader=ChoiceLoader([*own, PackageLoader("copipe.report")]),
        autoescape=False,  # Markdown, not HTML; `escape` is applied where text comes from people
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    made.filters["md"] = escape
    made.filters["count"] = count
    made.filters["picture"] = picture
    made.filters["paragraphs"] = paragraphs
    return made
