"""Seeds through the command line: what they hit, what a new one would, and coding again when the codebook changes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.studies import CODEBOOK, Copipe, set_key

MORE = """\
      - key: gone
        label: Gone
        seeds: [zeppelin, "family AND told"]
"""


def book(study: Path, text: str) -> None:
    (study / "codebooks" / "codebook.yaml").write_text(text)


def artifacts(study: Path, stage: str) -> list[Path]:
    return sorted((study / "work" / "2010-02" / stage).glob("*/manifest.json"))


def test_seeds_are_counted_tried_and_coded_again(text_study: Path, copipe: Copipe) -> None:
    said = copipe("-s", text_study, "seeds").stdout
    assert "No meeting is coded yet" in said
    copipe("-s", text_study, "run")
    (parsed,) = artifacts(text_study, "parses")
    made = parsed.stat().st_mtime_ns

    book(text_study, CODEBOOK + MORE)
    assert "4 seeds: 1 find nothing and" in copipe("-s", text_study, "code").stdout
    assert [p.stat().st_mtime_ns for p in artifacts(text_study, "parses")] == [made]  # the words are kept
    told = copipe("-s", text_study, "seeds").stdout
    assert "zeppelin" in told and "hits nothing" in told and "1 of 4 seeds in 2 meetings" in told
    assert "too much" in told  # "discharge*" in so few words
    rows = json.loads(copipe("-s", text_study, "seeds", "--all", "--json").stdout)
    assert {row["seed"]: row["hits"] for row in rows}["family AND told"] == 2
    assert "unknown" not in copipe("-s", text_study, "seeds", "gone").stdout
    assert "no code 'gon'" in copipe("-s", text_study, "seeds", "gon", code=2).stderr

    (columns,) = (text_study / "work" / "2010-02" / "parses").glob("*/columns.bin")
    columns.write_bytes(b"{}\n" + columns.read_bytes())  # damaged: made again, and the trail says so
    book(text_study, CODEBOOK + MORE + '      - {key: told, seeds: ["told"]}\n')
    set_key(text_study, "negation", '"aware"')
    copipe("-s", text_study, "run")
    assert (text_study / "audit.jsonl").read_text().count('"damaged"') == 1
    rows = json.loads(copipe("-s", text_study, "seeds", "told", "--all", "--json").stdout)
    assert [(row["hits"], row["meetings"]) for row in rows] == [(1, 1)]  # and not "Nobody told them"

    tried = copipe("-s", text_study, "seeds", "--try", "pathway NEAR/3 write").stdout
    assert "2 hits in 2 meetings: 2010-02 2." in tried and "2010-02 p. 1" in tried
    wrong = copipe("-s", text_study, "seeds", "--try", "pathway NEAR write", code=2).stderr
    assert "does not say how near, at character 9" in wrong and "NEAR/5" in wrong
    assert (
        "--unit 'page' is unknown" in copipe("-s", text_study, "seeds", "--try", "a", "--unit", "page", code=2).stderr
    )


def test_a_seed_that_cannot_be_read_is_told_with_line_and_character(text_study: Path, copipe: Copipe) -> None:
    book(text_study, CODEBOOK + '      - {key: bad, label: Bad, seeds: ["trust AND", lead/VREB]}\n')
    said = " ".join(copipe("-s", text_study, "code", code=3).stderr.split())
    assert "2 problems" in said and "at character 10" in said and "Did you mean VERB?" in said


def test_a_pattern_that_backtracks_does_not_hold_a_study_up(text_study: Path, copipe: Copipe) -> None:
    book = text_study / "codebooks" / "codebook.yaml"
    book.write_text(book.read_text().replace("[safeguarding]", r"['re:(\w+\s?)+[?!;]$', safeguarding]"))
    transcript = text_study / "private" / "transcripts" / "2010-02.txt"
    said = "and so we all went on and on about the one thing " * 6  # Python's own engine would not end in a lifetime
    transcript.write_text(f"{transcript.read_text()}Tom: {said}\n")
    assert "candidates (2)" in copipe("run", text_study).stdout
