"""Who said it: members known again in later meetings, scored against known truth, as Markdown tables.

    python benchmarks/attribution.py [--work FOLDER] [--seeds 0-35] [--words-of 0-15] [--long]

On `../shared` beside the repository (skipped where absent): the simulated study, meetings composed of its clips, the
call, the openings of AMI meetings. A group's members are enrolled from its first meeting, whose voices are named after
the truth as a person would; all later meetings are attributed unaided. A visitor has no
profile. Thresholds were chosen on the even seeds and the simulated study; the odd seeds are held out. What was heard is
kept in the work folder, and another run scores in a minute. --long composes two hours and diarizes them in a process of
its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import composed
import scoring

from copipe.audio import decode
from copipe.diarize import alignment
from copipe.diarize.engines.engine import Diarization
from copipe.diarize.voices import profiles, recognition
from copipe.diarize.voices.profiles import Profile
from copipe.diarize.voices.recognition import Verdict

ENCODER = "the default"
KINDS = ("sure", "likely", "unknown")
TWO_HOURS = 7200.0


@dataclass(frozen=True, slots=True)
class Scored:
    """A verdict beside the truth. `role` is who it is, "" for somebody without a profile."""

    verdict: Verdict
    role: str
    seconds: float

    @property
    def right(self) -> bool:
        return self.verdict.role == self.role


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as diarized, with whose each voice is."""

    recording: Path
    made: Diarization
    owner: dict[str, str]
    cost: dict[str, float]

    @property
    def attending(self) -> tuple[str, ...]:
        return tuple(composed.people(self.recording))


def hear(recording: Path, work: Path, known: dict[str, Profile] | None = None) -> Heard:
    """As a run has it: told how many attended, and what members sound like whose profiles there are."""
    prints = [profile.centroid for _, profile in sorted((known or {}).items())]
    told = recording, len(composed.people(recording)), work, prints
    made = composed.speakers(*told)
    return Heard(recording, made, scoring.owners(made.turns, composed.spoken(recording)), composed.cost(*told))


def enrol(heard: Heard) -> dict[str, Profile]:
    """Profiles of the members in a meeting, its voices named after the truth."""
    found = {}
    for role in heard.attending:
        own = [v for v in heard.made.voices if heard.owner.get(v.label) == role]
        take = profiles.take_of(heard.recording.stem, heard.recording.stem, ENCODER, own)
        if take and not role.startswith("VISITOR"):
            found[role] = Profile(role, 1, (take,))
    return found


def judge(heard: Heard, known: dict[str, Profile]) -> tuple[Scored, ...]:
    made = recognition.recognise(heard.made.voices, heard.made.turns, known, heard.attending, {})
    seconds = {v.label: v.seconds for v in heard.made.voices}
    truth = {label: role if role in known else "" for label, role in heard.owner.items()}
    return tuple(Scored(v, truth[v.label], seconds[v.label]) for v in made if v.label in truth)


def score(heard: Heard, known: dict[str, Profile], work: Path, with_words: bool) -> dict[str, float]:
    """Counts of one attributed meeting."""
    cost = heard.cost
    spoken = composed.spoken(heard.recording)
    found = scoring.diarization(heard.made.turns, spoken, cost["seconds"])
    verdicts = judge(heard, known)
    for scored in verdicts:
        found = _plus(found, scored.verdict.verdict)
        if scored.right:
            found = _plus(found, f"{scored.verdict.verdict} right")
        if heard.owner[scored.verdict.label].startswith("VISITOR"):
            found = _plus(found, "visitors")
            if scored.verdict.role:
                found = _plus(found, f"visitors taken, {scored.verdict.verdict}")
    found |= {"voices": float(len(verdicts)), "seconds": cost["seconds"], "took": cost["took"], "meetings": 1.0}
    if with_words and composed.truth(heard.recording):
        roles = {s.verdict.label: s.verdict.role for s in verdicts if s.verdict.role}
        turns = alignment.attribute(
            composed.words(heard.recording, work), heard.made.turns, roles, heard.attending, False, {}, ()
        )
        said = [(s.role, s.words) for s in composed.truth(heard.recording)]
        found |= scoring.words(turns, said)
    return found


def _plus(counts: dict[str, float], key: str) -> dict[str, float]:
    return counts | {key: counts.get(key, 0.0) + 1}


def crossed(groups: Sequence[Sequence[Heard]]) -> Iterator[Scored]:
    """Every meeting of a group against profiles from each other one: with all of them; with each member present in turn
    left without a profile; and with that stranger there while another member, who attends, says nothing."""
    for meetings in groups:
        for first in meetings:
            known = enrol(first)
            for heard in meetings:
                if heard is first:
                    continue
                yield from judge(heard, known)
                present = sorted(set(heard.attending) & set(known))
                for left_out in present:
                    others = {r: p for r, p in known.items() if r != left_out}
                    yield from judge(heard, others)
                    for silent in present:
                        if silent != left_out:
                            yield from judge(_without(heard, silent), others)


def _without(heard: Heard, silent: str) -> Heard:
    gone = {label for label, role in heard.owner.items() if role == silent}
    made = Diarization(
        tuple(t for t in heard.made.turns if t.label not in gone),
        tuple(v for v in heard.made.voices if v.label not in gone),
    )
    return Heard(heard.recording, made, {k: r for k, r in heard.owner.items() if k not in gone}, heard.cost)


COLUMNS = (
    *("meetings", "voices", "role %", "WER", "cpWER", "DER = missed + false + confused", "visitors taken"),
    *("sure right", "likely right", "unknown right", "left for a person", "RTF"),
)


def row(name: str, tally: scoring.Tally) -> str:
    missed, false, confused = (100 * tally[part] / max(1e-9, tally["speech"]) for part in scoring.PARTS)
    taken = sum(tally[f"visitors taken, {kind}"] for kind in KINDS)
    cells = [
        f"{tally['meetings']:.0f}",
        f"{tally['voices']:.0f}",
        tally.percent("right role", "placed"),
        tally.percent("errors", "words"),
        tally.percent("cp errors", "cp words"),
        f"{missed + false + confused:.1f} = {missed:.1f} + {false:.1f} + {confused:.1f}",
        f"{taken:.0f} of {tally['visitors']:.0f} ({tally['visitors taken, sure']:.0f} sure)",
        *(_share(tally[f"{kind} right"], tally[kind]) for kind in KINDS),
        tally.percent("left", "voices", 0) + " %",
        f"{tally['took'] / max(1e-9, tally['seconds']):.3f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def _share(right: float, of: float) -> str:
    if not of:
        return "-"
    low, high = scoring.wilson(right, of)
    return f"{right:.0f}/{of:.0f} ({100 * low:.1f}-{100 * high:.1f} %)"


def added(counts: Sequence[dict[str, float]]) -> scoring.Tally:
    tally = scoring.Tally()
    for one in counts:
        tally.add(one | {"left": one.get("likely", 0.0) + one.get("unknown", 0.0)})
    return tally


def long_meeting(work: Path, shared: Path, seeds: Sequence[int]) -> Path:
    """Two hours of the composed meetings, one after another."""
    import soundfile

    file = work / "long.flac"
    if not file.exists():
        length = 0.0
        with soundfile.SoundFile(file, "w", decode.SAMPLE_RATE, 1) as out:
            for seed in seeds:
                for recording in composed.compose(composed.group(seed, composed.voices(shared)), shared, work):
                    if length >= TWO_HOURS:
                        break
                    samples = decode.load(recording)
                    out.write(samples)
                    length += len(samples) / decode.SAMPLE_RATE
    return file


def measure_long(file: Path, people: int) -> None:
    """Diarize a file in this process and print seconds, time taken and peak memory."""
    from copipe.diarize.engines import engine
    from copipe.progress import silent
    from copipe.study import settings

    samples = decode.load(file)
    diarizer = engine.load(settings.defaults().diarize)
    began = time.perf_counter()
    made = diarizer.diarize(samples, people, silent, "long")
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # kB on Linux
    print(json.dumps([len(samples) / decode.SAMPLE_RATE, took, peak, len(made.voices)]))


def numbers(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=composed.SHARED)
    parser.add_argument("--work", type=Path, default=Path("build/attribution"), help="what was heard is kept here")
    parser.add_argument("--seeds", type=numbers, default=composed.SEEDS)
    parser.add_argument("--words-of", type=numbers, default=range(16), help="seeds that are transcribed as well")
    parser.add_argument("--long", action="store_true", help="two hours: time and peak memory")
    parser.add_argument("--wrong", action="store_true", help="name the verdicts that are wrong")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure_long(options.one, 5)
        return
    if not options.shared.is_dir():
        print(f"attribution: skipped, there is no {options.shared}")
        return
    options.work.mkdir(parents=True, exist_ok=True)
    voices = composed.voices(options.shared)
    groups: dict[str, list[list[Heard]]] = {"tuned on": [], "held out": []}
    tallies: dict[str, list[dict[str, float]]] = {"sim_study": [], "composed, tuned on": [], "composed, held out": []}
    study = composed.given(options.shared, "sim_study")
    known = enrol(hear(study[0], options.work))
    for recording in study[1:]:
        tallies["sim_study"].append(score(hear(recording, options.work, known), known, options.work, True))
    for seed in options.seeds:
        group = composed.group(seed, voices)
        first, *later = composed.compose(group, options.shared, options.work)
        meetings = [hear(first, options.work)]
        known = enrol(meetings[0])
        meetings += [hear(recording, options.work, known) for recording in later]
        split = "held out" if group.held_out else "tuned on"
        groups[split].append(meetings)
        for heard in meetings[1:]:
            found = score(heard, known, options.work, seed in options.words_of)
            tallies[f"composed, {split}"].append(found)
            if options.wrong:
                _name_wrong(f"s{seed:02d}", heard, known)
        print(f"s{seed:02d}", file=sys.stderr, flush=True)
    print("Enrolled from the first meeting; the others unaided. Intervals: Wilson, 95 %\n")
    print(f"| | {' | '.join(COLUMNS)} |\n|---|{'---|' * len(COLUMNS)}")
    for name, counts in tallies.items():
        print(row(name, added(counts)), flush=True)
    for name in ("calls", "ami"):
        print(row(name, added([_named(r, options.work) for r in composed.given(options.shared, name)])), flush=True)
    print("\ncalls and ami are single recordings: who is who is given, and only words and diarization are scored.\n")
    print(
        "Verdicts of every meeting against profiles from every other of its group, with all members known and with each"
    )
    print("of them in turn unknown, alone and while another member is silent (the same voices, so not independent)\n")
    print(
        "| | verdicts | sure right | likely right | unknown right | strangers taken, sure |\n|---|---|---|---|---|---|"
    )
    for split, made in groups.items():
        verdicts = list(crossed(made))
        of, right = (
            Counter(s.verdict.verdict for s in verdicts),
            Counter(s.verdict.verdict for s in verdicts if s.right),
        )
        strangers = [s for s in verdicts if not s.role]
        taken = sum(s.verdict.verdict == "sure" for s in strangers)
        cells = [f"{len(verdicts)}", *(_share(right[k], of[k]) for k in KINDS), f"{taken} of {len(strangers)}"]
        print(f"| {split} | {' | '.join(cells)} |")
    if options.long:
        file = long_meeting(options.work, options.shared, options.seeds)
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(file)], capture_output=True, text=True, check=True
        )
        seconds, took, peak, found = json.loads(done.stdout.splitlines()[-1])
        print(
            f"\n{seconds:.0f} s diarized in {took:.0f} s (RTF {took / seconds:.3f}), peak {peak:.2f} GB, {found} voices"
        )


def _named(recording: Path, work: Path) -> dict[str, float]:
    """Counts of a single recording whose voices a person has named."""
    heard = hear(recording, work)
    found = scoring.diarization(heard.made.turns, composed.spoken(recording), heard.cost["seconds"])
    return found | {"voices": float(len(heard.owner)), "meetings": 1.0, **heard.cost}


def _name_wrong(group: str, heard: Heard, known: dict[str, Profile]) -> None:
    for scored in judge(heard, known):
        if not scored.right:
            print(f"{group} {heard.recording.stem} {scored.role or 'stranger'}: {scored.verdict}", file=sys.stderr)


if __name__ == "__main__":
    main()
