"""Meetings composed from single voices, and what was heard in them, kept so that nothing is worked out twice.

    python benchmarks/composed.py --work FOLDER [--seeds 0-35] [--words] [--speakers]

Needs `../shared` beside the repository: its clips of five people and its composer of meetings. A seed stands for one
group: who of the five is a member, who else comes as a visitor, how many meetings, how much overlap, how much noise.
Even seeds are there to tune on, odd ones are held out; seeds 2k and 2k+1 are of the same make.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from copipe.audio import decode
from copipe.diarize import second_look
from copipe.diarize.engines import engine as diarizers
from copipe.diarize.engines.engine import Diarization
from copipe.progress import silent
from copipe.records import Segment, SpeakerTurn, Voice
from copipe.study import settings
from copipe.study.store import from_lines, make_key, to_line
from copipe.transcribe.engines import engine as transcribers
from copipe.transcribe.recording import transcribe

Prints = Sequence[Sequence[float]]  # what members sound like, a vector of unit length each

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
ROLES = ("SN1", "SN2", "CS", "OT", "CG")
SEEDS = range(44)
UNEVEN = range(36, 44)  # one member speaks most of the time, two hardly ever
CLIPS_IF_UNEVEN = (10, 8, 4, 2, 2)  # of each member, in both meetings together
NOISY_DB = 12.0  # signal to added noise where a seed is noisy; the composer's own noise lies at 18 to 28 dB


@dataclass(frozen=True, slots=True)
class Group:
    """How the meetings of one seed are made. `visitors` come one a meeting."""

    seed: int
    members: tuple[str, ...]
    visitors: tuple[str, ...]
    meetings: int
    overlap: float
    noisy: bool

    @property
    def held_out(self) -> bool:
        return self.seed % 2 == 1


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the truth: who said what when."""

    role: str
    start: float
    end: float
    words: str


def group(seed: int, voices: Sequence[str]) -> Group:
    """The group of a seed. Of four pairs of seeds: all five members; one a visitor throughout; two who visit in turns;
    all five in two longer meetings, unevenly from `UNEVEN` on."""
    chance = random.Random(f"group {seed}")
    order = chance.sample(sorted(voices), len(voices))
    make = 3 if seed in UNEVEN else seed // 2 % 4
    members = {1: 4, 2: 3}.get(make, 5)
    visitors = {1: (order[4],) * 3, 2: (order[3], order[4], order[3])}.get(make, ())
    overlap = chance.choice((0.1, 0.2, 0.3))
    return Group(seed, tuple(order[:members]), visitors, 2 if make == 3 else 3, overlap, seed // 2 % 3 == 2)


def compose(made: Group, shared: Path, work: Path) -> list[Path]:
    """The recordings of a group in order (name.rttm and name.seglst.json beside each); made once."""
    folder = work / f"s{made.seed:02d}"
    if not (folder / "study.json").exists():
        clips = shared / "data" / "clips"
        if made.seed in UNEVEN:
            clips = _some(clips, dict(zip(made.members, CLIPS_IF_UNEVEN, strict=True)), work / f"clips{made.seed}")
        command = [sys.executable, shared / "tools" / "compose_meetings.py", clips, folder]
        command += ["--voices", ",".join(made.members), "--roles", ",".join(ROLES[: len(made.members)])]
        command += ["--meetings", str(made.meetings), "--seed", str(made.seed), "--overlap", str(made.overlap)]
        if made.visitors:
            command += ["--visitors", ",".join(made.visitors)]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        if made.noisy:
            for file in sorted(folder.glob("*.flac")):
                _add_noise(file, made.seed)
    return sorted(folder.glob("*.flac"))


def _some(clips: Path, count: dict[str, int], folder: Path) -> Path:
    """A folder of clips with so many of each voice."""
    folder.mkdir(parents=True, exist_ok=True)
    with (clips / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        for row in rows:
            if row["transcript"] and count.get(row["speaker"], 0) > 0:
                count[row["speaker"]] -= 1
                out.writerow(row | {"path": str((clips / row["path"]).resolve())})
    return folder


def _add_noise(file: Path, seed: int) -> None:
    import numpy as np
    import soundfile

    track, rate = soundfile.read(file)
    noise = np.random.default_rng(seed).standard_normal(len(track))
    track = track + noise * np.sqrt(np.mean(track**2)) * 10 ** (-NOISY_DB / 20)
    soundfile.write(file, 0.7 * track / np.max(np.abs(track)), rate, subtype="PCM_16")


def truth(recording: Path) -> list[Said]:
    """Who said what in a recording, by start; empty where nobody wrote it down."""
    file = recording.with_suffix(".seglst.json")
    if not file.exists():
        return []
    rows = json.loads(file.read_text(encoding="utf-8"))
    said = [Said(r["speaker"], float(r["start_time"]), float(r["end_time"]), r["words"]) for r in rows]
    return sorted(said, key=lambda s: s.start)


def spoken(recording: Path) -> list[tuple[float, float, str]]:
    """(start, end, speaker) of the RTTM file beside a recording."""
    name = recording.name.removesuffix(".flac").removesuffix("_mix_mono")
    rows = [line.split() for line in recording.with_name(f"{name}.rttm").read_text(encoding="utf-8").splitlines()]
    return [(float(r[3]), float(r[3]) + float(r[4]), r[7]) for r in rows if r and r[0] == "SPEAKER"]


def people(recording: Path) -> list[str]:
    """Everybody who speaks in a recording."""
    return sorted({who for _, _, who in spoken(recording)})


def words(recording: Path, work: Path) -> tuple[Segment, ...]:
    """What the default engine hears, from the cache where it is there."""
    chosen = settings.defaults().transcribe
    key = make_key("words", {"engine": transcribers.identity(chosen, "en"), "recording": _name(recording)})
    file = work / "cache" / f"{_name(recording)}.words.{key[:8]}.jsonl"
    if not file.exists():
        with tempfile.TemporaryDirectory() as saves:
            began = time.perf_counter()
            made = transcribe(recording, "M", chosen, "en", _transcriber(), Path(saves), silent)
        _keep(file, {"took": time.perf_counter() - began, "seconds": made.duration}, made.segments)
    return from_lines(_lines(file), Segment)


def speakers(recording: Path, number: int | None, work: Path, prints: Prints = ()) -> Diarization:
    """Who speaks when as a run has it, told the number and what members sound like; from the cache if it is there."""
    first = _diarized(recording, number, work, prints)
    file = first.with_name(f"{first.name.removesuffix('.jsonl')}.rechecked{second_look.VERSION}.jsonl")
    if not file.exists():
        made = second_look.by_ear(_read(first), decode.load(recording), _replayed(work).loaded)
        _keep(file, {}, (*made.turns, *made.voices))
    return _read(file)


def unchecked(recording: Path, number: int | None, work: Path, prints: Prints = ()) -> Diarization:
    """The same before the second look."""
    return _read(_diarized(recording, number, work, prints))


def _read(file: Path) -> Diarization:
    return Diarization(*(from_lines(_lines(file), kind) for kind in (SpeakerTurn, Voice)))


def cost(recording: Path, number: int | None, work: Path, prints: Prints = ()) -> dict[str, float]:
    """Seconds that the diarization of a recording took, and its length: {"took", "seconds"}."""
    told: dict[str, float] = json.loads(_lines(_diarized(recording, number, work, prints))[0])[1]
    return told


class Replayed:
    """The default engine, its networks asked once a recording: what they gave is kept in a file."""

    def __init__(self, work: Path) -> None:
        from pyannote.core import SlidingWindow, SlidingWindowFeature

        chosen = settings.defaults().diarize
        self.loaded = cast(Any, diarizers.load(chosen))
        self._work = work / "networks" / make_key("networks", diarizers.identity(chosen))[:8]
        self._window, self._feature = SlidingWindow, SlidingWindowFeature
        pipeline = self.loaded._pipeline
        self._own = pipeline.get_segmentations, pipeline.get_embeddings

    def diarize(self, recording: Path, number: int | None, prints: Prints) -> tuple[Diarization, dict[str, float]]:
        """What the engine makes of a recording, and {"took", "seconds"} with the time of the networks."""
        samples = decode.load(recording)
        kept = self._outputs(recording, samples, number)
        start, duration, step = kept["window"]
        feature = self._feature(kept["scores"], self._window(start=start, duration=duration, step=step))
        self._give(lambda *_, **__: feature, lambda *_, **__: kept["vectors"])
        began = time.perf_counter()
        made = diarizers.knowing(self.loaded, prints).diarize(samples, number, silent, "diarize")
        took = float(kept["took"]) + time.perf_counter() - began
        return made, {"took": took, "seconds": len(samples) / decode.SAMPLE_RATE}

    def _outputs(self, recording: Path, samples: decode.Samples, number: int | None) -> dict[str, Any]:
        import numpy as np

        file = self._work / f"{_name(recording)}.npz"
        if not file.exists():
            kept: dict[str, Any] = {}
            took = 0.0

            def timed(function: Any) -> Any:
                def call(*args: Any, **kwargs: Any) -> Any:
                    nonlocal took
                    began = time.perf_counter()
                    found = function(*args, **kwargs)
                    took += time.perf_counter() - began
                    return found

                return call

            segmentations, embeddings = map(timed, self._own)

            def segmented(*args: Any, **kwargs: Any) -> Any:
                found = segmentations(*args, **kwargs)
                window = found.sliding_window
                kept.update(scores=found.data.copy(), window=[window.start, window.duration, window.step])
                return found

            def embedded(*args: Any, **kwargs: Any) -> Any:
                kept["vectors"] = embeddings(*args, **kwargs)
                return kept["vectors"]

            self._give(segmented, embedded)
            self.loaded.diarize(samples, number, silent, "networks")
            file.parent.mkdir(parents=True, exist_ok=True)
            staging = file.with_name(f"part-{file.name}")
            np.savez(staging, took=took, **kept)
            staging.replace(file)
        with np.load(file) as outputs:
            return dict(outputs)

    def _give(self, segmentations: Any, embeddings: Any) -> None:
        # pyannote's pipelines have a __setattr__ of their own
        object.__setattr__(self.loaded._pipeline, "get_segmentations", segmentations)
        object.__setattr__(self.loaded._pipeline, "get_embeddings", embeddings)


def _diarized(recording: Path, number: int | None, work: Path, prints: Prints) -> Path:
    chosen = settings.defaults().diarize
    parts: dict[str, object] = {
        "engine": diarizers.identity(chosen),
        "recording": _name(recording),
        "number": number,
        **({"prints": prints} if prints else {}),
    }
    file = work / "cache" / f"{_name(recording)}.speakers.{make_key('speakers', parts)[:8]}.jsonl"
    if not file.exists():
        made, about = _replayed(work).diarize(recording, number, prints)
        _keep(file, about, (*made.turns, *made.voices))
    return file


def _name(recording: Path) -> str:
    return f"{recording.parent.name}-{recording.stem}"


def _keep(file: Path, about: dict[str, float], made: Sequence[object]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    staging = file.with_suffix(".part")
    staging.write_text("\n".join([json.dumps(["about", about]), *map(to_line, made)]) + "\n", encoding="utf-8")
    staging.replace(file)


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").split("\n")[:-1]


@cache
def _replayed(work: Path) -> Replayed:
    return Replayed(work)


@cache
def _transcriber() -> Any:
    return transcribers.load(settings.defaults().transcribe, "en")


def voices(shared: Path) -> list[str]:
    """Who speaks in the clips."""
    rows = (shared / "data" / "clips" / "manifest.csv").read_text(encoding="utf-8").splitlines()[1:]
    return sorted({row.split(",")[2] for row in rows})


def given(shared: Path, name: str) -> list[Path]:
    """The recordings of a folder of shared/data whose speakers are known."""
    pattern = "*_mix_mono.flac" if name == "calls" else "*.flac"
    return sorted((shared / "data" / name).glob(pattern))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--seeds", default=f"0-{max(SEEDS)}")
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--speakers", action="store_true")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    recordings = given(options.shared, "sim_study") + given(options.shared, "calls") + given(options.shared, "ami")
    for seed in range(first, last + 1):
        recordings += compose(group(seed, voices(options.shared)), options.shared, options.work)
    for recording in recordings:
        if options.speakers:
            speakers(recording, len(people(recording)), options.work)
        if options.words and "calls" not in str(recording):
            words(recording, options.work)
        print(recording, flush=True)


if __name__ == "__main__":
    main()
