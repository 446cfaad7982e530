"""Writes a codebook as YAML in copipe's own layout; read again, it says the same.

`copipe.code.codebook.text` changes a file that somebody wrote and keeps its comments; this is for new files and for
the parts that are new.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

import yaml

from copipe.records import Code, Codebook, CodeSet
from copipe.study import code_fields
from copipe.study.code_fields import BY_NAME, Plain

WIDTH = 110  # characters of a line of text, before it is folded
STEP = 2  # spaces of indentation
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9 .()'*?/_-]*[A-Za-z0-9.)*?])?")  # needs no trial, also within brackets


def to_yaml(book: Codebook) -> str:
    """The whole codebook. Codes stand under their categories, or with `parent:` where the order of the book is another.

    >>> print(to_yaml(Codebook("B", (Code("a", "A", seeds=("x", "- y")), Code("b", "b", parent="a")), "")), end="")
    name: B
    <BLANKLINE>
    codes:
      - key: a
        label: A
        seeds:
          - x
          - "- y"
        codes:
          - key: b
    """
    lines: list[str] = []
    for name in ("name", "description", "source", "unit"):
        if said := getattr(book, name):
            lines += field_lines(name, said, 0)
    lines += ["", "codes:"]
    nested = [code.key for code in _preorder(book.codes, "")] == [code.key for code in book.codes]
    top = [code for code in book.codes if not nested or not code.parent]
    below = _below(book.codes) if nested else {}
    for n, code in enumerate(top):
        lines += [""] if n else []
        lines += code_lines(code, STEP, book.unit, below, nested)
    if book.sets:
        lines += ["", "sets:"]
        for some in book.sets:
            lines += set_lines(some, STEP)
    return "\n".join(lines) + "\n"


def code_lines(
    code: Code, indent: int, unit: str = "", among: Mapping[str, Sequence[Code]] | None = None, nested: bool = True
) -> list[str]:
    """One code as an entry of a list whose dashes stand at `indent`, and those below it.

    `unit` is the codebook's, which is not repeated.
    `parent` is written where the code is not `nested`.
    """
    inner = indent + STEP
    lines = [" " * indent + "- key: " + scalar(code.key, inner)]
    for name, value in code_fields.plain(code).items():
        if (name == "unit" and value == unit) or (name == "parent" and nested):
            continue
        lines += field_lines(name, value, inner)
    if below := (among or {}).get(code.key, ()):
        lines.append(" " * inner + "codes:")
        for other in below:
            lines += code_lines(other, inner + STEP, unit, among)
    return lines


def set_lines(some: CodeSet, indent: int) -> list[str]:
    """A set of codes as an entry of a list."""
    inner = indent + STEP
    lines = [" " * indent + "- name: " + scalar(some.name, inner)]
    for name in ("description", "guid"):
        if said := getattr(some, name):
            lines += field_lines(name, said, inner)
    lines.append(" " * inner + "codes: " + flow(some.codes))
    return lines


def field_lines(name: str, value: Plain, indent: int) -> list[str]:
    """`name: value`, as a list below the name where there are several values."""
    lead = " " * indent + name + ":"
    if isinstance(value, str):
        text = scalar(value, indent, len(lead) + 1, BY_NAME[name].kind == "text" if name in BY_NAME else True)
        return (lead + " " + text).split("\n")
    if name in BY_NAME and BY_NAME[name].kind == "keys":
        return [f"{lead} {flow(value)}"]
    return [lead, *(" " * (indent + STEP) + "- " + scalar(v, indent + STEP + 2) for v in value)]


def flow(values: Sequence[str]) -> str:
    """Short texts in brackets.

    >>> flow(["a", "b, c"])
    '[a, "b, c"]'
    """
    return "[" + ", ".join(v if _PLAIN.fullmatch(v) or _reads_as(f"[{v}]", [v]) else _quoted(v) for v in values) + "]"


def scalar(text: str, indent: int, used: int = 0, may_fold: bool = False) -> str:
    """A text as YAML that reads as this text and nothing else.

    It is plain where that is safe, folded at WIDTH where `may_fold` and it is long (`used` characters of its first
    line are taken), a block where it has paragraphs, and else in quotes. Further lines are indented by more than
    `indent`.
    """
    if _PLAIN.fullmatch(text) and not (may_fold and used + len(text) > WIDTH):
        return text
    pad = " " * (indent + STEP)
    forms: Iterator[str] = iter(())
    if "\n" in text:
        block = "\n".join(pad + line if line else "" for line in text.split("\n"))
        forms = iter((f"|-\n{block}",))
    elif may_fold and used + len(text) > WIDTH:
        folded = textwrap.wrap(text, WIDTH - len(pad), break_long_words=False, break_on_hyphens=False)
        forms = iter((">-\n" + "\n".join(pad + line for line in folded), text))
    else:
        forms = iter((text,))
    for form in forms:
        if _reads_as(f"{' ' * indent}k: {form}\n{' ' * indent}l: m", text):
            return form
    return _quoted(text)


def _quoted(text: str) -> str:
    said: str = yaml.dump(text, default_style='"', allow_unicode=True, width=10**9)
    return said.rstrip("\n")


def _reads_as(said: str, meant: str | list[str]) -> bool:
    try:
        found = yaml.load(said, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError):
        return False
    return bool(found == meant) if isinstance(meant, list) else bool(found == {"k": meant, "l": "m"})


def _preorder(codes: Sequence[Code], parent: str) -> Iterator[Code]:
    below = _below(codes)
    waiting = below.get(parent, [])[::-1]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += below.get(code.key, [])[::-1]


def _below(codes: Sequence[Code]) -> dict[str, list[Code]]:
    """The codes by the key of their category, in the order of the codebook."""
    found: dict[str, list[Code]] = {}
    for code in codes:
        found.setdefault(code.parent, []).append(code)
    return found
