from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.audio import decode
from copipe.errors import InputError
from copipe.records import Segment, Word
from copipe.study import settings
from copipe.transcribe import chunks, recording
from copipe.transcribe.engines import engine

RATE = decode.SAMPLE_RATE
SETTINGS = settings.defaults().transcribe


class Beeps:
    """A stand-in for an engine: a word a second of what it is given, the second named by how loud it is."""

    def __init__(self, fail_at: int = 10**9) -> None:
        self.calls = 0
        self.fail_at = fail_at

    def detect_language(self, samples):
        return "nl"

    def transcribe(self, samples, language, vocabulary=()):
        self.calls += 1
        if self.calls == self.fail_at:
            raise KeyboardInterrupt
        for i in range(len(samples) // RATE):
            loud = float(np.abs(samples[i * RATE : (i + 1) * RATE]).max())
            yield Segment(i, i + 1, (Word("", i, i + 1, f"{language}{loud:.5f}", 0.5),), "", -0.1, 1.0, 0.0)


class Ears:
    """A stand-in for the detector: whatever is louder than a hundredth is speech."""

    def chances(self, samples):
        n = len(samples) // chunks.FRAME
        return [float(np.abs(f).max() > 0.01) for f in samples[: n * chunks.FRAME].reshape(n, chunks.FRAME)]


@pytest.fixture
def beeps(monkeypatch):
    monkeypatch.setattr(chunks, "Detector", Ears)
    monkeypatch.setattr(engine, "identity", lambda settings, language="": {"engine": settings.engine, "l": language})


def write(path: Path, samples) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture
def quarter(tmp_path):
    """Quarter of an hour: eight seconds of sound, four of silence, and so on, ever louder."""
    seconds = np.arange(15 * 60 * RATE) // RATE
    return write(tmp_path / "quarter.wav", np.where(seconds % 12 < 8, 0.1 + seconds / 1200, 0.0))


def run(path, saves, by=None, chosen=SETTINGS, language="", on_tick=lambda tick: None):
    return recording.transcribe(path, "2010-02", chosen, language, by or Beeps(), saves, on_tick)


def test_words_are_numbered_and_at_their_time_over_chunks_and_silences(beeps, quarter, tmp_path):
    made = run(quarter, tmp_path / "saves")
    words = [word for segment in made.segments for word in segment.words]
    assert [word.id for word in words] == [f"2010-02:{i + 1:06d}" for i in range(len(words))]
    assert made.duration == 900
    assert made.language == "nl"
    assert len(words) > 550
    for word in words:  # the loudness that the word tells is the loudness at that time
        loud = float(word.text[2:])
        assert abs((loud - 0.1) * 1200 - word.start) < 1.6
    assert all(a.start <= b.start for a, b in itertools.pairwise(words))
    assert all(0 <= word.start <= word.end <= 900 for word in words)
    assert len(made.speech) == 75
    assert made.speech[1] == pytest.approx((12, 20), abs=0.05)


def test_a_resumed_run_equals_an_uninterrupted_one_and_does_nothing_twice(beeps, quarter, tmp_path):
    whole = run(quarter, tmp_path / "whole")
    saves = tmp_path / "saves"
    with pytest.raises(KeyboardInterrupt):
        run(quarter, saves, Beeps(fail_at=3))
    again = Beeps()
    assert run(quarter, saves, again) == whole
    n = len(list((tmp_path / "whole").glob("0*.json")))
    assert n > 3
    assert again.calls == n - 2
    none = Beeps()
    assert run(quarter, saves, none) == whole
    assert none.calls == 0


def test_saves_of_another_engine_or_language_are_removed(beeps, quarter, tmp_path):
    saves = tmp_path / "saves"
    run(quarter, saves)
    other = Beeps()
    made = run(quarter, saves, other, language="fr")
    assert made.language == "fr"
    assert other.calls == len(list(saves.glob("0*.json")))


def test_saves_of_another_recording_are_not_used(beeps, quarter, tmp_path):
    saves = tmp_path / "saves"
    run(quarter, saves)
    other = write(tmp_path / "other.wav", np.full(20 * RATE, 0.3))
    assert run(other, saves) == run(other, tmp_path / "fresh")


@pytest.mark.parametrize("damage", ["", "{", '{"language": "nl"}', '{"language": "nl", "segments": [{"a": 1}]}'])
def test_a_damaged_save_is_made_again(beeps, quarter, tmp_path, damage):
    saves = tmp_path / "saves"
    whole = run(quarter, saves)
    sorted(saves.glob("0*.json"))[1].write_text(damage)
    again = Beeps()
    assert run(quarter, saves, again) == whole
    assert again.calls == 1


def test_saves_are_for_their_owner_only(beeps, quarter, tmp_path):
    run(quarter, tmp_path / "saves")
    for file in (tmp_path / "saves").iterdir():
        assert file.stat().st_mode & 0o077 == 0
        json.loads(file.read_text())


def test_ticks_run_from_nothing_to_the_end_and_never_back(beeps, quarter, tmp_path):
    ticks = []
    run(quarter, tmp_path / "saves", on_tick=ticks.append)
    done = [tick.done for tick in ticks]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 900)
    assert {(tick.stage, tick.total, tick.unit) for tick in ticks} == {("transcribe 2010-02", 900, "s")}


class Told(Beeps):
    """Hears the vocabulary, when told of it, in the second second of each chunk."""

    def transcribe(self, samples, language, vocabulary=()):
        for i, segment in enumerate(super().transcribe(samples, language)):
            text = vocabulary[0] if vocabulary and i == 1 else segment.words[0].text
            yield Segment(segment.start, segment.end, (Word("", segment.start, segment.end, text, 0.5),))


def test_with_a_vocabulary_it_listens_twice_and_takes_over_the_terms(beeps, quarter, tmp_path):
    ticks = []
    by = Told()
    chosen = SETTINGS.model_copy(update={"vocabulary": ("Datix",)})
    made = run(quarter, tmp_path / "saves", by, chosen, on_tick=ticks.append)
    texts = [word.text for segment in made.segments for word in segment.words]
    n = len(list((tmp_path / "saves").glob("0*.json")))
    assert by.calls == 2 * n
    assert texts.count("Datix") == n
    assert texts[1] == "Datix"
    assert [text for text in texts if text.startswith("nl")] == [text for text in texts if text != "Datix"]
    done = [tick.done for tick in ticks]
    assert done == sorted(done)


def test_silence_gives_no_words_and_no_language(beeps, tmp_path):
    path = write(tmp_path / "silence.wav", np.zeros(30 * RATE))
    by = Beeps()
    made = run(path, tmp_path / "saves", by)
    assert (made.segments, made.language, made.duration, by.calls) == ((), "", 30, 0)


def test_a_cut_off_recording_says_where_it_stops(beeps, tmp_path):
    path = write(tmp_path / "cut.wav", np.full(20 * RATE, 0.3))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    made = run(path, tmp_path / "saves")
    assert "cut off: says 20.0 s, the sound stops at 10.0 s" in made.warning
    assert made.segments


def test_a_bad_file_leaves_no_saves_behind(beeps, tmp_path):
    path = tmp_path / "text.mp3"
    path.write_text("not sound")
    with pytest.raises(InputError):
        run(path, tmp_path / "saves")
    assert not list(tmp_path.glob("saves/0*"))


def test_a_stretched_word_ends_where_it_was_said():
    assert recording._unstretched(10.0, 10.6, "well") == (10.0, 10.6)
    assert recording._unstretched(10.0, 16.0, "well") == (10.0, 11.0)
    assert recording._unstretched(10.0, 12.9, "responsibilities") == (10.0, 12.9)


times = st.floats(-5, 40)


@given(st.lists(st.tuples(times, times), min_size=1, max_size=12))
def test_numbered_words_never_run_back_nor_leave_the_recording(pairs):
    segments = [Segment(0, 1, tuple(Word("", a, b, "x") for a, b in pairs))]
    (made,) = recording._numbered(segments, "M", 30.0)
    edges = [word.start for word in made.words]
    assert edges == sorted(edges)
    assert all(0 <= word.start <= word.end <= 30.0 for word in made.words)


KILLED = """
import sys
from pathlib import Path
from copipe.study import settings
from copipe.transcribe import chunks, recording
from copipe.transcribe.engines import engine
chunks.MIN_CHUNK, chunks.MAX_CHUNK = 15.0, 25.0
chosen = settings.defaults().transcribe
by = engine.load(chosen, "en")
made = recording.transcribe(Path(sys.argv[1]), "M", chosen, "en", by, Path(sys.argv[2]))
Path(sys.argv[3]).write_text(repr(made))
"""


def test_killed_in_the_middle_it_takes_up_where_it_stopped(tmp_path, sample_call):
    path = write(tmp_path / "long.wav", np.tile(decode.load(sample_call), 4))
    saves, out = tmp_path / "saves", tmp_path / "out"

    def start(saves, out):
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen([sys.executable, "-c", KILLED, str(path), str(saves), str(out)], env=environment)

    process = start(saves, out)
    while not list(saves.glob("0001-*.json")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    kept = {file.name: file.stat().st_mtime_ns for file in saves.glob("0*.json")}
    assert start(saves, out).wait() == 0
    assert all((saves / name).stat().st_mtime_ns == when for name, when in kept.items())
    assert start(tmp_path / "fresh", tmp_path / "whole").wait() == 0
    assert out.read_text() == (tmp_path / "whole").read_text()
    assert "Chicago" in out.read_text()
