"""Candidates as one HTML file to decide on in a browser, without a network; it saves what `candidates.read` reads.

The page holds its script, style and data, and forbids itself every connection (Content Security Policy). What is
answered is kept in the browser (localStorage) until it is saved to a file.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from copipe.exchange.sheets.candidates import SheetRow
from copipe.files import write_file

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)  # the one that runs; its digest stands in the policy


def write(path: Path, rows: Sequence[SheetRow], codes: Sequence[tuple[str, str]], title: str) -> None:
    """Write the page; `codes` (key, label) may be chosen to recode to."""
    write_file(path, page(rows, codes, title))


def page(rows: Sequence[SheetRow], codes: Sequence[tuple[str, str]], title: str) -> str:
    """The page as text. What was said is data, never markup."""
    key = sha256("\0".join(f"{row.id} {row.as_of}" for row in rows).encode()).hexdigest()[:16]
    data = {"key": key, "title": title, "rows": [asdict(row) for row in rows], "codes": [list(code) for code in codes]}
    shape = files("copipe.exchange.sheets").joinpath("review_page.html").read_text(encoding="utf-8")
    told = json.dumps(data, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    told = told.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    script = _SCRIPT.findall(shape)[-1]
    digest = "sha256-" + b64encode(sha256(script.encode()).digest()).decode()
    shape = shape.replace("{{policy}}", digest).replace("{{title}}", html.escape(title))
    before, _, after = shape.partition("{{data}}")
    return before + told + after
