"""How long `copipe run` takes when nothing has changed: 17 meetings of two hours each.

    python benchmarks/second_run.py [--meetings 17] [--hours 2]

Makes a study whose recordings are two-hour WAV files of silence and puts invented words and speakers in the place of
what Whisper and pyannote would have made of them (20,000 words a meeting, under the keys that copipe works out itself),
runs everything after them once, then measures the second run, in a process of its own, from start to end.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

from copipe.create import create
from copipe.pipeline.context import Context
from copipe.pipeline.stages import stages
from copipe.records import Segment, SpeakerTurn, Word, word_id
from copipe.study import study as studies

ROLES = ("SN1", "SN2", "CS", "OT", "CG", "SW")
VOCABULARY = "the and of to a in that it we discharge safeguarding partnership leadership ward nurse because".split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meetings", type=int, default=17)
    parser.add_argument("--hours", type=float, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "study"
        make_study(root, options.meetings, options.hours)
        first = timed(root)
        times = sorted(timed(root) for _ in range(3))
        size = sum(p.stat().st_size for p in (root / "private" / "recordings").iterdir()) / 1e9
    print(f"{options.meetings} meetings of {options.hours:g} h, {size:.1f} GB of recordings, 20,000 words each")
    print("| run | seconds |\n| --- | ---: |")
    print(f"| first, words and speakers given | {first:.1f} |")
    print(f"| nothing changed (middle of 3) | {times[1]:.2f} |")


def make_study(root: Path, count: int, hours: float) -> None:
    create(root)
    (root / "participants.toml").write_text(
        "".join(f'[[participant]]\nrole = "{r}"\ndescription = "member"\nconsent = "full"\n' for r in ROLES)
    )
    present = ", ".join(f'"{r}"' for r in ROLES)
    codes = [f"M{n:02d}" for n in range(1, count + 1)]
    (root / "meetings.toml").write_text(
        "".join(f'[[meeting]]\ncode = "{c}"\ndate = "2010-02"\npresent = [{present}]\n' for c in codes)
    )
    recordings = root / "private" / "recordings"
    silence(recordings / f"{codes[0]}.wav", hours)
    for code in codes[1:]:
        os.link(recordings / f"{codes[0]}.wav", recordings / f"{code}.wav")
    context = Context(studies.load(root))
    for meeting in context.study.meetings:
        segments, turns = invented(meeting.code, hours * 3600)
        about = {"source": "recording", "sha256": "0" * 64, "duration": hours * 3600, "warning": ""}
        words, speakers = stages["words"], stages["speakers"]
        context.private.write(meeting.code, "words", words.key(context, meeting), segments, about)
        about = {"engine": "invented", "number": len(ROLES)}
        context.private.write(meeting.code, "speakers", speakers.key(context, meeting), turns, about)


def silence(path: Path, hours: float) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        for _ in range(int(hours * 60)):
            file.writeframes(bytes(2 * 16_000 * 60))


def invented(meeting: str, seconds: float, words: int = 20_000) -> tuple[list[Segment], list[SpeakerTurn]]:
    chance = random.Random(meeting)
    step = seconds / words
    made = [
        Word(word_id(meeting, n + 1), n * step, (n + 0.9) * step, chance.choice(VOCABULARY) + "." * (n % 12 == 11), 0.9)
        for n in range(words)
    ]
    segments = [Segment(g[0].start, g[-1].end, tuple(g)) for g in (made[i : i + 24] for i in range(0, words, 24))]
    turns = []
    for number, segment in enumerate(segments):
        start, end = segment.start or 0.0, segment.end or 0.0
        label = f"voice{number % len(ROLES) + 1}"
        turns += [SpeakerTurn(start, end, label), SpeakerTurn(start, end, label, exclusive=True)]
    return segments, turns


def timed(root: Path) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "copipe", "run", str(root)], check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
