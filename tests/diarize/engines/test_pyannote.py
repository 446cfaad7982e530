"""The real pipeline with the default models, on the call that ships inside pyannote.audio."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from copipe.audio import decode
from copipe.diarize.engines import engine, pyannote
from copipe.diarize.engines.engine import Diarization, Diarizer
from copipe.errors import MissingModelError
from copipe.models import quiet_imports
from copipe.progress import Tick, silent
from copipe.study import settings

DEFAULT = settings.defaults().diarize


@pytest.fixture(scope="module")
def diarizer() -> Diarizer:
    return engine.load(DEFAULT)


@pytest.fixture(scope="module")
def sample() -> Path:
    quiet_imports.prepare()
    import pyannote.audio

    return Path(pyannote.audio.__file__).parent / "sample"


@pytest.fixture(scope="module")
def call(sample: Path) -> np.ndarray:
    return decode.load(sample / "sample.wav")


@pytest.fixture(scope="module")
def heard(diarizer: Diarizer, call: np.ndarray) -> tuple[Diarization, list[Tick]]:
    ticks: list[Tick] = []
    return diarizer.diarize(call, 2, ticks.append, "diarize M"), ticks


def annotation(turns):  # type: ignore[no-untyped-def]
    from pyannote.core import Annotation, Segment

    made = Annotation()
    for i, (start, end, label) in enumerate(turns):
        made[Segment(start, end), i] = label
    return made


def test_it_hears_who_speaks_when(heard: tuple[Diarization, list[Tick]], sample: Path) -> None:
    from pyannote.metrics.diarization import DiarizationErrorRate

    lines = [line.split() for line in (sample / "sample.rttm").read_text().splitlines()]
    truth = annotation((float(f[3]), float(f[3]) + float(f[4]), f[7]) for f in lines)
    ordinary = annotation((t.start, t.end, t.label) for t in heard[0].turns if not t.exclusive)
    from pyannote.core import Segment, Timeline

    error = DiarizationErrorRate(collar=0.5)
    detail = error(truth, ordinary, uem=Timeline([Segment(0, 30)]), detailed=True)
    assert detail["confusion"] / detail["total"] < 0.05
    assert detail["diarization error rate"] < 0.2


def test_turns_and_voices_are_as_promised(heard: tuple[Diarization, list[Tick]], call: np.ndarray) -> None:
    made = heard[0]
    ordinary = [t for t in made.turns if not t.exclusive]
    exclusive = sorted((t for t in made.turns if t.exclusive), key=lambda t: t.start)
    assert all(0 <= t.start < t.end <= len(call) / 16000 for t in made.turns)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(exclusive)), "no two at once"
    assert list(dict.fromkeys(t.label for t in sorted(ordinary, key=lambda t: t.start))) == ["voice1", "voice2"]
    assert [v.label for v in made.voices] == ["voice1", "voice2"]
    for voice in made.voices:
        assert np.linalg.norm(voice.embedding) == pytest.approx(1)
        assert 1 < voice.seconds <= sum(t.end - t.start for t in ordinary if t.label == voice.label)
    assert np.dot(made.voices[0].embedding, made.voices[1].embedding) < 0.9


def test_progress_runs_from_start_to_end(heard: tuple[Diarization, list[Tick]]) -> None:
    ticks = heard[1]
    assert {t.stage for t in ticks} == {"diarize M"}
    assert len(ticks) > 3
    assert all(a.done <= b.done for a, b in pairwise(ticks))
    assert ticks[-1] == Tick("diarize M", 30.0, 30.0, "s")


def test_the_same_again(diarizer: Diarizer, heard: tuple[Diarization, list[Tick]], call: np.ndarray) -> None:
    assert diarizer.diarize(call, 2, silent, "again") == heard[0]


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.4, 0.6, 3.0])
def test_silence_and_next_to_nothing_have_no_voices(diarizer: Diarizer, seconds: float) -> None:
    quiet = np.zeros(int(seconds * 16000), dtype=np.float32)
    assert diarizer.diarize(quiet, 4, silent, "x") == Diarization((), ())


def test_hum_is_nobody(diarizer: Diarizer) -> None:
    noise = np.random.default_rng(0).normal(0, 0.003, 10 * 16000).astype(np.float32)
    assert diarizer.diarize(noise, 3, silent, "x").voices == ()


@pytest.mark.parametrize("speakers", [1, None, 6])
def test_any_number_of_speakers(diarizer: Diarizer, call: np.ndarray, speakers: int | None) -> None:
    made = diarizer.diarize(call[5 * 16000 : 20 * 16000], speakers, silent, "x")
    assert 1 <= len(made.voices) <= (speakers or 3)
    assert {t.label for t in made.turns} == {v.label for v in made.voices}


@pytest.mark.parametrize("seconds", [0.6, 1.0, 2.0])
def test_a_very_short_recording(diarizer: Diarizer, call: np.ndarray, seconds: float) -> None:
    start = int(8.4 * 16000)
    made = diarizer.diarize(call[start : start + int(seconds * 16000)], 4, silent, "x")
    assert all(t.end <= seconds for t in made.turns)
    assert all(len(v.embedding) in (0, 256) for v in made.voices)


def test_nothing_is_printed(diarizer: Diarizer, call: np.ndarray, capfd: pytest.CaptureFixture[str]) -> None:
    diarizer.diarize(call[: 8 * 16000], 9, silent, "x")
    assert capfd.readouterr() == ("", "")


def test_a_missing_model_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COPIPE_MODELS", str(tmp_path))
    with pytest.raises(MissingModelError) as caught:
        engine.load(DEFAULT)
    assert "segmentation" in caught.value.message + caught.value.hint


def test_clean_speech_is_what_one_voice_has_alone() -> None:
    made = pyannote.named([(0, 4, "b"), (3, 6, "a"), (9, 10, "a"), (9.5, 10, "a")], [(0, 3, "b")], {})
    assert [(v.label, v.seconds, v.embedding) for v in made.voices] == [("voice1", 3.0, ()), ("voice2", 3.0, ())]


def test_long_recordings_cluster_an_even_choice_of_embeddings(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet_imports.prepare()
    from pyannote.core import SlidingWindow, SlidingWindowFeature

    from copipe.diarize.engines import pipeline

    monkeypatch.setattr(pipeline, "MAX_CLUSTERED", 100)
    rng = np.random.default_rng(0)
    centres = np.eye(8)[:2]
    which = np.arange(500) // 25 % 2
    embeddings = (centres[which] + rng.normal(0, 0.1, (500, 8)))[:, None]
    active = SlidingWindowFeature(np.ones((500, 10, 1)), SlidingWindow(duration=5, step=0.5))
    clustering = pipeline.BoundedClustering(metric="cosine")
    clustering.instantiate({"method": "centroid", "threshold": 0.6, "min_cluster_size": 3})
    kept, chunks, _ = clustering.filter_embeddings(embeddings, segmentations=active)
    assert len(kept) == 100
    assert (chunks[0], chunks[-1]) == (0, 499)
    assert np.ptp(np.diff(chunks)) <= 1
    hard, _, _ = clustering(embeddings=embeddings, segmentations=active, num_clusters=2)
    assert (hard[:, 0] == hard[0, 0]).tolist() == (which == which[0]).tolist(), "all embeddings join a cluster"
    assert clustering.min_cluster_size == 3


def test_told_the_number_a_moment_of_noise_is_no_voice_in_a_long_meeting() -> None:
    quiet_imports.prepare()
    from copipe.diarize.engines import pipeline

    rng = np.random.default_rng(0)
    centres = np.array([[1.0, 0, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 1.0, 0]])
    which = np.array([0] * 1500 + [1] * 1500 + [2] * 12)
    embeddings = centres[which] + rng.normal(0, 0.05, (len(which), 4))
    clustering = pipeline.BoundedClustering(metric="cosine")
    clustering.instantiate({"method": "centroid", "threshold": 0.6, "min_cluster_size": 12})
    found = clustering.cluster(embeddings, min_clusters=2, max_clusters=2, num_clusters=2)
    assert len(set(found[:1500])) == 1
    assert len(set(found[1500:3000])) == 1
    assert found[0] != found[1500]


def test_in_a_short_recording_the_number_present_is_a_bound() -> None:
    assert pyannote._told(None, 30.0) == {}
    assert pyannote._told(4, 30.0) == {"max_speakers": 4}
    assert pyannote._told(2, 30.0) == {"num_speakers": 2}
    assert pyannote._told(6, 7200.0) == {"num_speakers": 6}
