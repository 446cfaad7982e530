"""A real recording, real Whisper and real pyannote.audio, through the command line, with no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.studies import Copipe, set_key

BLOCKED = """\
import socket, sys
def refuse(*args, **kwargs):
    raise SystemExit("a connection was tried")
socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.getaddrinfo = refuse
"""


def report(study: Path) -> str:
    return (study / "reports" / "CALL" / "report.md").read_text()


def transcript(study: Path) -> str:
    return (study / "reports" / "CALL" / "transcript.md").read_text()


def voices(copipe: Copipe, study: Path) -> list[str]:
    from copipe.pipeline.private_transcript import speakers
    from copipe.study import study as studies

    found = studies.load(study)
    _, turns, _ = speakers(found, found.meeting("CALL"))
    return sorted({t.label for t in turns})


def test_from_a_recording_to_a_report_and_what_a_person_decided_stays(
    call_study: Path, copipe: Copipe, tmp_path: Path
) -> None:
    """One story, as the models take a while: run, name the voices, correct, run again in other ways."""
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(BLOCKED)
    copipe("run", call_study, env={"PYTHONPATH": str(guard)}, process=True)
    assert voices(copipe, call_study) == ["voice1", "voice2"]
    assert "UNK1" in transcript(call_study)

    copipe("-s", call_study, "roles", "assign", "CALL", "voice1=SN1", "voice2=CS", "--who", "CS")
    assert "words" not in copipe("run", call_study).stdout.split("Made:")[1]
    assert "SN1" in transcript(call_study)
    assert "UNK1" not in transcript(call_study)

    out = tmp_path / "edit.txt"
    copipe("-s", call_study, "correct", "CALL", "--out", out)
    text = out.read_text()
    turns = [line for line in text.splitlines() if line.startswith("[")]
    moved = turns[2]
    head, said = moved.split(": ", 1)
    other = head.replace("SN1", "@").replace("CS", "SN1").replace("@", "CS")
    words = said.split()
    words[1:2] = ["zebracrossing", "(laughs)"]
    out.write_text(text.replace(moved, f"{other}: {' '.join(words)}"))
    copipe("-s", call_study, "correct", "CALL", "--in", out, "--who", "CS", "--yes")
    copipe("run", call_study)

    def kept(study: Path) -> bool:
        flat = " ".join(transcript(study).split())
        return "zebracrossing" in flat and "(laughs)" in flat

    assert kept(call_study)
    copipe("run", call_study, "--codebook", _other_codebook(call_study))
    assert kept(call_study)
    set_key(call_study, "window_step", "0.2")
    assert "speakers" in copipe("run", call_study).stdout
    assert kept(call_study)
    set_key(call_study, "engine", '"openai-whisper"')
    assert "words" in copipe("run", call_study).stdout
    listed = copipe("-s", call_study, "correct", "CALL", "--list").stdout
    assert kept(call_study) or "NOT PLACED" in listed


def _other_codebook(study: Path) -> Path:
    path = study / "codebooks" / "other.yaml"
    path.write_text("name: other\ncodes:\n  - key: hello\n    label: Greeting\n    seeds: [hello, hi]\n")
    return path


def test_files_are_transcribed_and_the_bad_ones_told(tmp_path: Path, copipe: Copipe, sample_call: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(sample_call, folder / "good.wav")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.mp3").write_text("this is no sound")
    done = copipe("transcribe", folder, "--out", tmp_path / "out", code=6, cwd=tmp_path)
    assert "empty.wav" in done.stdout
    assert "text.mp3" in done.stdout
    assert len((tmp_path / "out" / "good.txt").read_text().split()) > 40
    assert (tmp_path / "out" / "good.vtt").read_text().startswith("WEBVTT")


def test_missing_models_are_named_before_anything_starts(call_study: Path, copipe: Copipe, tmp_path: Path) -> None:
    done = copipe("run", call_study, code=5, env={"COPIPE_MODELS": str(tmp_path / "none")})
    assert "tiny.en" in done.stderr
    assert "copipe models pull" in done.stderr
    assert not (call_study / "private" / "work" / "CALL" / "words").exists()


@pytest.mark.slow
def test_without_the_recording_what_was_made_stands(call_study: Path, copipe: Copipe) -> None:
    copipe("run", call_study)
    before = transcript(call_study)
    (call_study / "private" / "recordings" / "call.wav").unlink()
    set_key(call_study, "beam_size", "2")
    copipe("-s", call_study, "roles", "assign", "CALL", "voice1=SN1")
    copipe("run", call_study)
    assert before != transcript(call_study)
    said = json.loads(copipe("-s", call_study, "status", "--json").stdout)["meetings"][0]
    assert said["stages"]["words"] == "frozen"


@pytest.mark.slow
def test_a_killed_transcription_goes_on_where_it_stopped(tmp_path: Path, copipe: Copipe, sample_call: Path) -> None:
    """Kill -9 in the middle of twenty minutes: the resumed result equals an uninterrupted one."""
    import signal
    import time
    import wave

    with wave.open(str(sample_call)) as source:
        params, frames = source.getparams(), source.readframes(source.getnframes())
    long = tmp_path / "long.wav"
    with wave.open(str(long), "wb") as target:
        target.setparams(params)
        for _ in range(40):
            target.writeframes(frames)
    copipe("transcribe", long, "--out", tmp_path / "whole", cwd=tmp_path)

    command = [sys.executable, "-m", "copipe", "transcribe", str(long), "--out", str(tmp_path / "cut")]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    saved: list[Path] = []
    while len(saved) < 2 and process.poll() is None:
        time.sleep(0.2)
        saved = sorted((tmp_path / "cut" / ".copipe").glob("long/words/*.saves/*.json"))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(saved) >= 2
    assert not (tmp_path / "cut" / "long.txt").exists()
    made = {p: p.stat().st_mtime_ns for p in saved}

    again = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = made
    while again.poll() is None:  # watch the saves: those there are used as they are, until all go with the last
        after = {p: p.stat().st_mtime_ns for p in made if p.exists()} or after
        time.sleep(0.05)
    assert again.returncode == 0
    assert after == made
    assert (tmp_path / "cut" / "long.txt").read_text() == (tmp_path / "whole" / "long.txt").read_text()
    assert (tmp_path / "cut" / "long.vtt").read_text() == (tmp_path / "whole" / "long.vtt").read_text()
