"""How well, how fast and in how much memory the default diarization works, as a Markdown table.

    python benchmarks/diarization.py [--data FOLDER] [--also-guess] [--set window_step=0.2 ...]

On recordings with known speaker turns in `../shared/data` (beside the repository; skipped where absent), told how many
people speak. DER is the diarization error rate of pyannote.metrics over the whole file, overlapped speech included, in
percent of the speech in the reference: missed + false alarm + confused. It stands twice: without a collar, and with a
collar of 0.5 s in total (0.25 s each side of a border), which is what published figures often use. Every file is a
process of its own, so that the peak memory is that file's; RTF is time over length, loading the models not counted.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SETS = {"sim_study": "*.flac", "ami": "*.flac", "calls": "*_mix_mono.flac"}
COLLARS = (0.0, 0.5)
PARTS = ("missed detection", "false alarm", "confusion")


def truth_of(recording: Path) -> Path:
    return recording.with_name(recording.name.removesuffix(".flac").removesuffix("_mix_mono") + ".rttm")


def reference(path: Path) -> list[tuple[float, float, str]]:
    """(start, end, speaker) of an RTTM file."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    return [(float(r[3]), float(r[3]) + float(r[4]), r[7]) for r in rows if r and r[0] == "SPEAKER"]


def measure(recording: Path, told: bool, options: list[str]) -> dict[str, Any]:
    """One recording in this process, with the default settings and `options` ("window_step=0.2") in their place."""
    from copipe.audio import decode
    from copipe.diarize.engines import engine
    from copipe.progress import silent
    from copipe.study import settings

    changed = {key: json.loads(value) for key, _, value in (option.partition("=") for option in options)}
    chosen = settings.DiarizeSettings(**{**settings.defaults().diarize.model_dump(), **changed})
    diarizer = engine.load(chosen)
    truth = reference(truth_of(recording))
    people = len({label for _, _, label in truth})
    samples = decode.load(recording)
    began = time.perf_counter()
    made = diarizer.diarize(samples, people if told else None, silent, recording.stem)
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # kB on Linux

    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(turns: list[tuple[float, float, str]]) -> Any:
        made_of = Annotation()
        for i, (start, end, label) in enumerate(turns):
            made_of[Segment(start, end), i] = label
        return made_of

    seconds = len(samples) / decode.SAMPLE_RATE
    found = annotation([(t.start, t.end, t.label) for t in made.turns if not t.exclusive])
    errors = {}
    for collar in COLLARS:
        detail = DiarizationErrorRate(collar=collar)(
            annotation(truth), found, uem=Timeline([Segment(0, seconds)]), detailed=True
        )
        errors[str(collar)] = {key: float(detail[key]) for key in (*PARTS, "total")}
    return {
        "seconds": seconds,
        "people": people,
        "voices": len(made.voices),
        "took": took,
        "peak": peak,
        "errors": errors,
    }


def row(name: str, results: list[dict[str, Any]]) -> str:
    cells = [name, f"{sum(r['seconds'] for r in results):.0f} s"]
    cells.append(" ".join(f"{r['voices']}/{r['people']}" for r in results) if len(results) == 1 else "")
    for collar in COLLARS:
        total = sum(r["errors"][str(collar)]["total"] for r in results)
        parts = [100 * sum(r["errors"][str(collar)][part] for r in results) / total for part in PARTS]
        cells.append(f"{sum(parts):.1f} = " + " + ".join(f"{p:.1f}" for p in parts))
    cells.append(f"{sum(r['took'] for r in results) / sum(r['seconds'] for r in results):.3f}")
    cells.append(f"{max(r['peak'] for r in results):.2f} GB")
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--also-guess", action="store_true", help="again without telling how many people speak")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="another [diarize] setting")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--free", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(given.one, not given.free, given.set)))
        return
    if not given.data.is_dir():
        print(f"diarization: skipped, there is no {given.data}")
        return
    for told in (True, False) if given.also_guess else (True,):
        print(f"\nDiarization, {'told how many people speak' if told else 'left to guess how many people speak'}\n")
        print("| recording | length | voices | DER = missed + false + confused, % | with 0.5 s collar | RTF | peak |")
        print("|---|---|---|---|---|---|---|")
        for name, pattern in SETS.items():
            results = []
            for file in sorted((given.data / name).glob(pattern)):
                if not truth_of(file).exists():
                    continue
                command = [sys.executable, __file__, "--one", str(file), *([] if told else ["--free"])]
                command += [part for option in given.set for part in ("--set", option)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                results.append(json.loads(done.stdout.splitlines()[-1]))
                print(row(f"{name}/{file.stem}", results[-1:]), flush=True)
            if len(results) > 1:
                print(row(f"**{name}**", results), flush=True)


if __name__ == "__main__":
    main()
