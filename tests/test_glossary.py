"""One word for one thing: the glossary, and words that it has replaced."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENTRY = re.compile(r"^- \*\*(?P<term>[^*]+)\*\*: (?P<said>.+)$")
REQUIRED = (
    "meeting recording transcript voice role passage code category seed candidate decision memo report synthesis "
    "checked stale frozen"
).split()

# What copipe used to say, and what it says now. None of these may come back into a message, a help text or a document.
REPLACED = {
    r"second witness": "the copy in private/",
    r"[Aa]s they were made": "unchanged",
    r"\bat rest\b": "a snapshot",
    r"\bstirred\b": "a snapshot",
    r"[Ww]hole: ": "intact",
    r"is there already": "exists",
    r"[Nn]obody to ask here": "confirm with --yes",
    r"nothing goes back": "Press Enter to go back.",
    r"stands? in for copipe's": "replaces copipe's",
    r"\bhand(ed|ing)? on\b(?! to)": "share",
    r"nobody has named": "unassigned",
    r"[Pp]ut (it|them|the \w+) right\b": "correct",
    r"^ is none\.": "is unknown",
    r"\bmis-hear": "mishear",
    r"stands? still": "keeps its numbers",
    r"taken down\b": "removed",
    r"\btakes? up where\b": "continues where",
    r"\bfor want of\b": "without",
}


def entries() -> list[re.Match[str]]:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    return [hit for line in text.splitlines() if (hit := ENTRY.match(line))]


def test_every_term_has_one_entry_in_the_order_of_the_alphabet() -> None:
    terms = [entry["term"].casefold() for entry in entries()]
    assert terms == sorted(set(terms))
    assert set(REQUIRED) | {"speaker turn"} <= set(terms)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["term"])
def test_a_term_has_one_sentence(entry: re.Match[str]) -> None:
    said = entry["said"]
    assert said.endswith(".")
    assert not re.search(r"\. [A-Z]", said.replace("p. 7, ll. 12", "")), "one sentence"
    assert re.search(rf"\b{entry['term'].split()[0]}", said, re.IGNORECASE), "it begins with its term"


def shown() -> Iterator[tuple[str, str]]:
    """What a user may read: strings of the program, help texts of commands, templates, documents and settings."""
    for path in ROOT.glob("copipe/**/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        hidden = {id(doc) for doc in _docstrings(tree) if "cli" not in path.parts}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in hidden:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value
    for pattern in ("*.md", "docs/*.md", "config/*.toml", "copipe/**/*.j2", "copipe/**/*.html"):
        for path in ROOT.glob(pattern):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                yield f"{path.relative_to(ROOT)}:{number}", line


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def test_replaced_words_do_not_come_back() -> None:
    found = [
        f"{where}: {hit[0]!r}; say {now!r}"
        for where, text in shown()
        for was, now in REPLACED.items()
        if (hit := re.search(was, text))
    ]
    assert found == []


def test_a_word_that_came_back_would_be_seen() -> None:
    assert re.search(r"second witness", "with a second witness")
    assert sum(1 for _ in shown()) > 3000
