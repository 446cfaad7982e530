"""What members' profiles are worth to clustering where the number told is right, or not, as Markdown.

    python benchmarks/members.py [--work FOLDER] [--seeds 0-43]

The meetings of benchmarks/composed.py but the first of each group, from which members are enrolled. Told as many as
speak; one more (somebody listed says nothing); one fewer (somebody speaks who is not listed). Before the second look.
What the networks gave is kept in the work folder: the first time takes long, another minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import attribution
import composed
import scoring

from copipe.diarize.engines.engine import Diarization
from copipe.diarize.timeline import joined, shared
from copipe.diarize.voices import recognition
from copipe.diarize.voices.profiles import Profile

KINDS = ("role right, %", "another's, %", "nobody's, %")
COLUMNS = ("", "told", "profiles", "meetings", "not as many voices", "confused, %", *KINDS, "sure right")
TOLD = {0: "as many as speak", 1: "one more", -1: "one fewer"}


@dataclass(frozen=True, slots=True)
class Case:
    """A meeting, and what its group's members sound like."""

    recording: Path
    known: dict[str, Profile]
    split: str


def cases(shared_folder: Path, work: Path, seeds: Sequence[int]) -> Iterator[Case]:
    voices = composed.voices(shared_folder)
    groups = [("tuned on", composed.given(shared_folder, "sim_study"))]
    for seed in seeds:
        group = composed.group(seed, voices)
        groups.append(("held out" if group.held_out else "tuned on", composed.compose(group, shared_folder, work)))
    for split, recordings in groups:
        known = attribution.enrol(attribution.hear(recordings[0], work))
        for recording in recordings[1:]:
            yield Case(recording, known, split)


def score(case: Case, made: Diarization) -> dict[str, float]:
    """Seconds of confused speech, and of speech whose voice has the right role, another's, or none that it has."""
    spoken = composed.spoken(case.recording)
    found = scoring.diarization(made.turns, spoken, max(end for _, end, _ in spoken) + 1.0)
    people = composed.people(case.recording)
    verdicts = recognition.recognise(made.voices, made.turns, case.known, people, {})
    truth = {who: joined([(s, e) for s, e, w in spoken if w == who], 0.0) for who in people}
    owners = scoring.owners(made.turns, spoken)
    counts: dict[str, float] = defaultdict(float)
    for verdict in verdicts:
        own = joined([(t.start, t.end) for t in made.turns if t.exclusive and t.label == verdict.label], 0.0)
        for who, theirs in truth.items():
            role = who if who in case.known else ""
            kind = KINDS[0] if verdict.role == role else KINDS[2] if not verdict.role else KINDS[1]
            counts[kind] += shared(own, theirs)
            counts["heard"] += shared(own, theirs)
        if verdict.verdict == "sure":
            owner = owners.get(verdict.label, "")
            counts["sure"] += 1
            counts["sure right"] += verdict.role == (owner if owner in case.known else "")
    counts["voices off"] += abs(len(made.voices) - len(people)) > 0
    return {**found, **counts, "meetings": 1.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=composed.SHARED)
    parser.add_argument("--work", type=Path, default=Path("build/attribution"))
    parser.add_argument("--seeds", type=attribution.numbers, default=composed.SEEDS)
    options = parser.parse_args()
    if not options.shared.is_dir():
        print(f"members: skipped, there is no {options.shared}")
        return
    tallies: dict[tuple[str, int, bool], scoring.Tally] = {}
    for case in cases(options.shared, options.work, options.seeds):
        number = len(composed.people(case.recording))
        for more in TOLD:
            for with_profiles in (False, True):
                if number + more < 2:
                    continue
                prints = [p.centroid for _, p in sorted(case.known.items())] if with_profiles else []
                made = composed.unchecked(case.recording, number + more, options.work, prints)
                tally = tallies.setdefault((case.split, more, with_profiles), scoring.Tally())
                tally.add(score(case, made))
        print(case.recording, file=sys.stderr)
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    for (split, more, with_profiles), tally in sorted(
        tallies.items(), key=lambda t: (t[0][0] != "tuned on", t[0][1] ** 2, -t[0][1], t[0][2])
    ):
        cells = [
            split,
            TOLD[more],
            "yes" if with_profiles else "no",
            f"{tally['meetings']:.0f}",
            f"{tally['voices off']:.0f}",
            tally.percent("confusion", "speech", 2),
            *(tally.percent(kind, "heard") for kind in KINDS),
            f"{tally['sure right']:.0f}/{tally['sure']:.0f}",
        ]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
