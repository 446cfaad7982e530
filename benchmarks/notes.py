"""How well the points of notes are matched with the talk they speak of, on links that a person made by reading.

    python benchmarks/notes.py [--tune] [--each] [--words]

../shared/data: the note-taker's notes of three think-aloud sessions (P7, P9, P13 of coded_sessions) and the clinician's
of two consultations. For every line of these notes the lines (utterances in a consultation) were written down that it
speaks of, or none: it is a heading, or nobody said so. Read and labelled before anything was changed; labels/notes.json
keeps numbers of lines and digests of the files. P13 and consultation 02 are there to tune on (`--tune` prints these
alone), the others are held out.

A passage is right if a labelled line is in it. top: the first passage alone; any: one of up to three. Precision is of
the points for which a passage is named, recall of the points that speak of something; "none": points rightly left
without. Compared by meaning as well (all-MiniLM-L6-v2), as a run does where the model is there; `--words` goes
without it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copipe.code.propose import corroboration
from copipe.records import Turn, Word, word_id

DATA = Path(__file__).parents[2] / "shared" / "data"
LABELS = Path(__file__).parent / "labels" / "notes.json"
INTERVAL = re.compile(r'xmin = ([\d.]+)\s+xmax = [\d.]+\s+text = "([^"]*)"')


@dataclass(frozen=True, slots=True)
class Point:
    """A line of the notes: which lines it speaks of, and those of the passages that were named, best first."""

    session: str
    line: int
    gold: frozenset[int]
    named: tuple[frozenset[int], ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", action="store_true", help="the two meetings that thresholds were chosen on, alone")
    parser.add_argument("--each", action="store_true", help="print every point's labelled and named lines")
    parser.add_argument("--words", action="store_true", help="compare by words alone")
    options = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"{DATA} is not there: nothing to measure on.")
    embed = None if options.words else meanings()
    labels = json.loads(LABELS.read_text(encoding="utf-8"))
    found = {
        code: points(code, made, embed, options.each)
        for code, made in labels.items()
        if made["tuned"] or not options.tune
    }
    for code, made in found.items():
        for point in made if options.each else ():
            print(code, point.line, sorted(point.gold), *(sorted(lines) for lines in point.named))
        tell(code, made)
    for title, tuned in (("tuned on", True), ("held out", False)):
        if chosen := [point for code, made in found.items() if labels[code]["tuned"] == tuned for point in made]:
            tell(title, chosen)


def points(code: str, labelled: dict[str, Any], embed: Any, told: bool = False) -> list[Point]:
    """The labelled points of one meeting with the lines that were named. Ends the program on files that differ."""
    files = [DATA / labelled["notes"], *(DATA / name for name in labelled["transcripts"])]
    if hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16] != labelled["sha256"]:
        raise SystemExit(f"{code}: the files are not those that were labelled.")
    notes = files[0].read_text(encoding="utf-8")
    if files[0].suffix == ".json":
        notes = json.loads(notes)["note"]
        said = sorted((float(at), n, text) for n, path in enumerate(files[1:]) for at, text in spoken(path))
        lines = [re.sub(r"<[^>]*>", "", text) for _, _, text in said]
    else:
        lines = files[1].read_text(encoding="utf-8").split("\n")
    talk, noted = as_turns(code, lines), as_turns(f"{code}-notes", notes.split("\n"))
    line_of = {w.id: n for n, turn in talk.items() for w in turn.words}
    compared = corroboration.compare(code, list(noted.values()), list(talk.values()), "", embed)
    number = {turn.id: n for n, turn in noted.items()}
    made = []
    for match in compared.matches:
        line = number[match.note.first]
        named = tuple(frozenset(n for w, n in line_of.items() if p.first <= w <= p.last) for p in match.passages)
        made.append(Point(code, line, frozenset(labelled["points"][str(line)]), named))
    total, left = len(line_of), compared.words
    print(f"{code}: not in the notes {len(compared.unmentioned)} stretches told, {left / total:.0%} of the words")
    for stretch in compared.unmentioned if told else ():
        print("  lines", line_of[stretch.span.first], "to", line_of[stretch.span.last])
        for s in stretch.telling:
            print("    ", " ".join(w.text for turn in talk.values() for w in turn.words if s.first <= w.id <= s.last))
    return made


def spoken(path: Path) -> list[tuple[str, str]]:
    return [(at, text) for at, text in INTERVAL.findall(path.read_text(encoding="utf-8")) if text.strip()]


def as_turns(code: str, lines: Sequence[str]) -> dict[int, Turn]:
    """A turn a line, by number of line from 1; empty lines are left out."""
    made, count = {}, 0
    for number, line in enumerate(lines, 1):
        texts = [text for text in re.sub(r"^\s*(?:[-*]|\d+[.)])\s+", "", line).split() if text.strip("\ufeff")]
        words = tuple(Word(word_id(code, count + n), None, None, text) for n, text in enumerate(texts, 1))
        count += len(words)
        if words:
            made[number] = Turn(words[0].id, words[-1].id, None, None, "SN1", words, len(words), 1.0)
    return made


def meanings() -> Any:
    from copipe.code.propose import embeddings

    return lambda texts: embeddings.embed(texts, "all-MiniLM-L6-v2")


def tell(title: str, made: Sequence[Point]) -> None:
    linked, named = [p for p in made if p.gold], [p for p in made if p.named]
    top = sum(bool(p.named[0] & p.gold) for p in named)
    some = sum(any(lines & p.gold for lines in p.named) for p in named)
    passages = sum(len(p.named) for p in made)
    right = sum(bool(lines & p.gold) for p in made for lines in p.named)
    none = sum(not p.named and not p.gold for p in made)
    share = {key: n / max(1, len(of)) for key, n, of in (("p", top, named), ("r", top, linked), ("a", some, linked))}
    print(
        f"{title:20} {len(made):3} points, {len(linked):2} linked; named for {len(named):2}: top precision "
        f"{share['p']:.2f} recall {share['r']:.2f}; any recall {share['a']:.2f}; of all {passages} passages "
        f"{right / max(1, passages):.2f} right; none {none} of {len(made) - len(linked)}"
    )


if __name__ == "__main__":
    main()
