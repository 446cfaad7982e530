"""The examples of docs/seeds.md do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from copipe.code.seeds import lemmas, parses
from copipe.code.seeds.match import Matcher
from copipe.records import Code, Turn, Word, word_id

DOCS = Path(__file__).parents[3] / "docs" / "seeds.md"
ROW = re.compile(r"\| `([^`]+)` \| (.+?) \| .+ \|")
ROWS = [(m[1].replace(r"\|", "|"), m[2]) for line in DOCS.read_text().splitlines() if (m := ROW.fullmatch(line))]


def test_the_examples_are_found() -> None:
    assert len(ROWS) == 20


@pytest.mark.parametrize(("seed", "text"), ROWS)
def test_an_example_hits_what_is_in_bold(seed: str, text: str) -> None:
    parts = re.split(r"(\*\*.+?\*\*)", text)
    texts: list[str] = []
    bold: list[tuple[int, int]] = []
    for part in parts:
        words = part.strip("*").split() if part.startswith("**") else part.split()
        if part.startswith("**"):
            bold.append((len(texts), len(texts) + len(words) - 1))
        texts += words
    said = tuple(Word(word_id("M", n), None, None, t) for n, t in enumerate(texts, 1))
    turn = Turn(said[0].id, said[-1].id, None, None, "SN1", said, len(said), 1.0)
    columns = parses.build("M", [turn], lemmas.load("en_core_web_sm"))
    hits = Matcher([Code("c", "C", seeds=(seed,))]).hits(columns)
    assert sorted(zip(hits.first.tolist(), hits.last.tolist(), strict=True)) == bold
