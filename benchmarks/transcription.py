"""How well, how fast and in how much memory the engines turn speech into text, as a Markdown table.

    python benchmarks/transcription.py [--data FOLDER] [--engines NAME ...] [--models NAME ...] [--limit N]

On recordings in `../shared/data` (beside the repository; skipped where absent). WER is jiwer's word error rate after
Whisper's English normalizer, in percent of the words said: substituted + left out + put in; what people say at the same
time stands in the order in which they began. Beside it: words in quarantine, and of the words shown as doubtful and of
all the others, the share that is wrong. Every file is a process of its own, so that the peak memory is that file's; RTF
is time over length, loading the model not counted. The calls have no words to compare with: RTF and memory only.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SETS = {"sim_study": "*.flac", "ami": "*.flac", "calls": "*_mix_mono.flac"}

COLUMNS = (
    *("recordings", "engine", "model", "s", "WER %", "RTF", "peak GB"),
    *("quarantined %", "doubtful wrong %", "others wrong %"),
)


def truth(recording: Path) -> str:
    """What was said in a recording, "" where nobody wrote it down."""
    seglst, stm = recording.with_suffix(".seglst.json"), recording.with_suffix(".stm")
    if seglst.exists():
        said = json.loads(seglst.read_text(encoding="utf-8"))
        return " ".join(row["words"] for row in sorted(said, key=lambda row: float(row["start_time"])))
    if stm.exists():
        # NIST STM: file, channel, speaker, start, end, [<label>,] words
        rows = [line.split(None, 5) for line in stm.read_text(encoding="utf-8").splitlines() if line[:2] != ";;"]
        return " ".join(re.sub(r"^<[^>]*>\s*", "", row[5]) for row in rows if len(row) == 6)
    return ""


def measure(recording: Path, engine_name: str, model: str) -> dict[str, Any]:
    """One recording in this process."""
    from copipe.study import settings
    from copipe.transcribe import suspect
    from copipe.transcribe.engines import engine
    from copipe.transcribe.recording import transcribe

    chosen = settings.defaults()
    options = chosen.transcribe.model_copy(update={"engine": engine_name, "model": model})
    transcriber = engine.load(options, "en")
    with tempfile.TemporaryDirectory() as saves:
        began = time.perf_counter()
        made = transcribe(recording, "M", options, "en", transcriber, Path(saves))
        took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # kB on Linux

    words = [word for segment in made.segments for word in segment.words]
    marks = suspect.marks(made.segments, chosen.suspect, made.speech)
    marked = sum(any(mark.first <= word.id <= mark.last for mark in marks) for word in words)
    doubtful = [suspect.is_doubtful(word, chosen.suspect) for word in words]
    row = {"seconds": made.duration, "took": took, "peak": peak, "heard": len(words), "marked": marked}
    said = truth(recording)
    return row | (_compared(said, [word.text for word in words], doubtful) if said else {})


def _compared(said: str, heard: list[str], doubtful: list[bool]) -> dict[str, int]:
    """Errors, and how many words that are doubtful (or not) are wrong."""
    import jiwer
    from whisper_normalizer.english import EnglishTextNormalizer

    normal = EnglishTextNormalizer()
    scored = jiwer.process_words(normal(said), normal(" ".join(heard)))
    # the normalizer joins and splits words ("going to"), so single words are compared without it
    plain = [re.sub(r"[^\w']", "", word.lower()) or "-" for word in heard]
    aligned = jiwer.process_words(re.sub(r"[^\w' ]", "", said.lower()), " ".join(plain)).alignments[0]
    wrong = [True] * len(plain)
    for part in aligned:
        if part.type == "equal":
            wrong[part.hyp_start_idx : part.hyp_end_idx] = [False] * (part.hyp_end_idx - part.hyp_start_idx)
    return {
        "said": scored.hits + scored.substitutions + scored.deletions,
        "errors": scored.substitutions + scored.deletions + scored.insertions,
        "doubtful": sum(doubtful),
        "doubtful wrong": sum(d and w for d, w in zip(doubtful, wrong, strict=True)),
        "sure": len(doubtful) - sum(doubtful),
        "sure wrong": sum(w and not d for d, w in zip(doubtful, wrong, strict=True)),
    }


def in_own_process(recording: Path, engine_name: str, model: str) -> dict[str, Any] | None:
    """What `measure` gives, or None with a message when it fails."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", str(recording), engine_name, model],
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    if done.returncode:
        print(f"{recording.name} {engine_name} {model}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def line(name: str, engine_name: str, model: str, rows: list[dict[str, Any]]) -> str:
    """A row of the table: one recording, or several added up (the peak is the highest)."""

    def total(key: str) -> float:
        return float(sum(row.get(key, 0) for row in rows))

    def share(part: str, whole: str) -> str:
        return f"{100 * total(part) / total(whole):.1f}" if total(whole) else "-"

    cells = [
        name,
        engine_name,
        model,
        f"{total('seconds'):.0f}",
        share("errors", "said"),
        f"{total('took') / total('seconds'):.3f}",
        f"{max(row['peak'] for row in rows):.2f}",
        share("marked", "heard"),
        share("doubtful wrong", "doubtful"),
        share("sure wrong", "sure"),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--engines", nargs="+", default=["faster-whisper", "openai-whisper"])
    parser.add_argument("--models", nargs="+", default=["tiny.en"])
    parser.add_argument("--limit", type=int, default=0, help="at most so many recordings of each set; 0 is all")
    parser.add_argument("--one", nargs=3, metavar=("RECORDING", "ENGINE", "MODEL"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(Path(chosen.one[0]), chosen.one[1], chosen.one[2])))
        return
    recordings = {name: sorted((chosen.data / name).glob(glob)) for name, glob in SETS.items()}
    if not any(recordings.values()):
        print(f"skipped: there are no recordings in {chosen.data}")
        return
    print(f"| {' | '.join(COLUMNS)} |\n|---|---|---|{'--:|' * (len(COLUMNS) - 3)}")
    for model in chosen.models:
        for engine_name in chosen.engines:
            for name, files in recordings.items():
                rows = []
                for recording in files[: chosen.limit or None]:
                    row = in_own_process(recording, engine_name, model)
                    if row is not None:
                        rows.append(row)
                        print(line(recording.stem, engine_name, model, [row]), flush=True)
                if len(rows) > 1:
                    print(line(f"**{name}**", engine_name, model, rows), flush=True)


if __name__ == "__main__":
    main()
