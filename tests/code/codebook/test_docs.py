"""docs/codebooks.md has every field as the program knows it; COPIPE_RENEW_GOLD=1 writes its table anew."""

from __future__ import annotations

import os
from pathlib import Path

from copipe.code.codebook.reading import TOP
from copipe.study.code_fields import FIELDS, Field

PAGE = Path(__file__).parents[3] / "docs" / "codebooks.md"
FIRST, LAST = "| `key` | What decisions", "| `codes` | Narrower"


def test_the_page_has_every_field() -> None:
    page = PAGE.read_text(encoding="utf-8")
    begin, end = page.index("\n", page.index(FIRST)) + 1, page.index(LAST)
    rows = "".join(f"| `{f.name}` | {f.says}{_choices(f)} |\n" for f in FIELDS)
    if os.environ.get("COPIPE_RENEW_GOLD"):
        PAGE.write_text(page[:begin] + rows + page[end:], encoding="utf-8")
        return
    assert page[begin:end] == rows
    assert all(f"| `{name}` |" in page for name in TOP)


def _choices(field: Field) -> str:
    return f" One of {', '.join(field.choices)}." if field.choices else ""
