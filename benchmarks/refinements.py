"""What each refinement of "who said which word" is worth, as a Markdown table.

    python benchmarks/refinements.py [--work FOLDER] [--seeds 0-15]

On meetings composed by benchmarks/composed.py from `../shared` (skipped where absent), heard by the default engines and
told how many people speak; whose a voice is comes from the truth, so that what is left is the fault of the diarization
or of the words' edges. Choices were made on the even seeds and the simulated study ("tuned"); odd seeds are held out.
A cell is words with the wrong person, in percent of the words heard right / what attribution costs (cpWER less WER, in
points).
"""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from unittest.mock import patch

import composed
import scoring

from copipe.diarize import alignment, units
from copipe.diarize.engines.engine import Diarization
from copipe.records import Word

Rule = Callable[[Sequence[Word], Sequence[str]], list[str]]


def untouched(words: Sequence[Word], labels: Sequence[str]) -> list[str]:
    return list(labels)


def majority(share: float) -> Rule:
    """A whole unit goes to whoever has at least that share of its words."""

    def rule(words: Sequence[Word], labels: Sequence[str]) -> list[str]:
        found = list(labels)
        for unit in units.units(words):
            label, n = Counter(found[i] for i in unit).most_common(1)[0]
            if n >= share * len(unit):
                found[unit.start : unit.stop] = [label] * len(unit)
        return found

    return rule


def edges(words_at_most: int) -> Rule:
    """The rule in use, with another length of an edge."""

    def rule(words: Sequence[Word], labels: Sequence[str]) -> list[str]:
        with patch.object(units, "EDGE", words_at_most):
            return IN_USE(words, labels)

    return rule


def islands(most: int, before: Rule) -> Rule:
    """A short run between two of one other person becomes that person's, unless it shows that somebody listens."""

    def rule(words: Sequence[Word], labels: Sequence[str]) -> list[str]:
        found = before(words, labels)
        runs = [list(run) for _, run in groupby(range(len(found)), key=lambda i: found[i])]
        for left, run, right in zip(runs, runs[1:], runs[2:], strict=False):
            own = [words[i] for i in run]
            if len(run) <= most and found[left[0]] == found[right[0]] and not units.is_backchannel(own):
                found[run[0] : run[-1] + 1] = [found[left[0]]] * len(run)
        return found

    return rule


IN_USE: Rule = units.settled
# name, whether the diarization has had its second look, the rule for words
TRIED: tuple[tuple[str, bool, Rule], ...] = (
    ("the engine alone", False, untouched),
    ("edges of units (no second look)", False, IN_USE),
    ("second look at stretches", True, untouched),
    ("**second look, edges of units up to 2 words (in use)**", True, IN_USE),
    ("... edges of 1 word", True, edges(1)),
    ("... edges of up to 3 words", True, edges(3)),
    ("... whole units to a majority of 0.6", True, majority(0.6)),
    ("... whole units to a majority of 0.8", True, majority(0.8)),
    ("... whole units to a majority of 0.9", True, majority(0.9)),
    ("in use, and one-word islands smoothed", True, islands(1, IN_USE)),
    ("in use, and islands of two words smoothed", True, islands(2, IN_USE)),
)


def measure(recording: Path, work: Path, looked: bool, rule: Rule) -> dict[str, float]:
    people = composed.people(recording)
    made: Diarization = (composed.speakers if looked else composed.unchecked)(recording, len(people), work)
    owner = scoring.owners(made.turns, composed.spoken(recording))
    with patch.object(units, "settled", rule):
        turns = alignment.attribute(composed.words(recording, work), made.turns, owner, people, False, {}, ())
    return scoring.words(turns, [(s.role, s.words) for s in composed.truth(recording)])


def cell(tally: scoring.Tally) -> str:
    wrong = 100 * (tally["placed"] - tally["right role"]) / tally["placed"]
    cost = 100 * (tally["cp errors"] / tally["cp words"] - tally["errors"] / tally["words"])
    return f"{wrong:.2f} / {cost:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("build/attribution"), help="what was heard is kept here")
    parser.add_argument("--shared", type=Path, default=composed.SHARED)
    parser.add_argument("--seeds", default="0-15")
    options = parser.parse_args()
    if not (options.shared / "data").is_dir():
        print(f"refinements: skipped, there is no {options.shared / 'data'}")
        return
    logging.disable(logging.INFO)
    first, last = map(int, options.seeds.split("-"))
    sets: dict[str, list[Path]] = {"simulated study": composed.given(options.shared, "sim_study")}
    for seed in range(first, last + 1):
        group = composed.group(seed, composed.voices(options.shared))
        name = "composed, held out" if group.held_out else "composed, tuned"
        sets.setdefault(name, []).extend(composed.compose(group, options.shared, options.work))
    print("| | " + " | ".join(f"{name} ({len(files)})" for name, files in sets.items()) + " |")
    print("|---|" + "---|" * len(sets))
    for name, looked, rule in TRIED:
        cells = []
        for files in sets.values():
            tally = scoring.Tally()
            for file in files:
                tally.add(measure(file, options.work, looked, rule))
            cells.append(cell(tally))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
