from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.audio import decode
from copipe.transcribe import chunks

RATE = decode.SAMPLE_RATE


@pytest.fixture(scope="module")
def call():
    """Thirty seconds of two people on the telephone; nobody speaks in the first six."""
    spec = importlib.util.find_spec("pyannote.audio")
    return decode.load(Path(next(iter(spec.submodule_search_locations))) / "sample" / "sample.wav")


def blocks(samples, size):
    return [samples[i : i + size] for i in range(0, len(samples), size)]


def test_speech_is_found_and_silence_is_not(call):
    silence = np.zeros(20 * RATE, dtype=np.float32)
    (chunk,) = chunks.cut(blocks(np.concatenate([silence, call, silence]), decode.BLOCK))
    assert chunk.speech[0].first > 25 * RATE
    assert chunk.speech[-1].last < 52 * RATE
    spoken = sum(part.last - part.first for part in chunk.voiced) / RATE
    assert 12 < spoken < 24
    assert all(
        any(part.first <= voiced.first and voiced.last <= part.last for part in chunk.speech) for voiced in chunk.voiced
    )


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(1), np.zeros(5 * RATE), np.zeros(700 * RATE)])
def test_a_recording_without_speech(samples):
    made = list(chunks.cut(blocks(samples.astype(np.float32), decode.BLOCK)))
    assert sum(len(chunk.samples) for chunk in made) == len(samples)
    assert not any(chunk.speech for chunk in made)


def test_noise_and_hum_are_not_speech():
    t = np.arange(30 * RATE) / RATE
    noise = np.random.default_rng(1).normal(0, 0.1, len(t))
    for sound in (noise, 0.2 * np.sin(2 * np.pi * 50 * t)):
        (chunk,) = chunks.cut([sound.astype(np.float32)])
        assert not chunk.speech


def test_a_long_recording_is_cut_in_silence_without_gaps(call):
    samples = np.tile(call, 22)  # 11 minutes
    made = list(chunks.cut(blocks(samples, decode.BLOCK)))
    assert [chunk.number for chunk in made] == list(range(len(made)))
    assert np.array_equal(np.concatenate([chunk.samples for chunk in made]), samples)
    assert all(chunks.MIN_CHUNK <= chunk.end - chunk.start <= chunks.MAX_CHUNK for chunk in made[:-1])
    for chunk in made[:-1]:
        assert 0 < chunk.end % 30 < 6.5 or chunk.end % 30 > 29  # where nobody speaks in the call
    again = list(chunks.cut(blocks(samples, decode.BLOCK)))
    assert [(a.first, a.speech) for a in again] == [(a.first, a.speech) for a in made]


def test_reading_by_blocks_hears_what_reading_at_once_hears(call):
    samples = np.tile(call, 3)
    (whole,) = chunks.cut([samples])
    for size in (decode.BLOCK, 7 * RATE, 1001):
        (parts,) = chunks.cut(blocks(samples, size))
        assert parts.speech == whole.speech
        assert parts.voiced == whole.voiced


def test_the_detector_hears_what_faster_whispers_own_call_hears(call):
    import faster_whisper.vad

    padded = np.pad(call, (0, -len(call) % chunks.FRAME))
    theirs = faster_whisper.vad.get_vad_model()(padded.copy()).reshape(-1)
    assert np.allclose(chunks.Detector().chances(padded), theirs, atol=1e-4)


def test_the_samples_given_are_left_alone(call):
    before = call.copy()
    list(chunks.cut([call]))
    assert np.array_equal(before, call)


@settings(max_examples=200)
@given(st.lists(st.floats(0, 1), max_size=300), st.floats(0.1, 3), st.floats(0, 0.5))
def test_stretches_are_apart_in_order_and_cover_speech(chances, min_pause, share):
    padding = share * min_pause  # at most half a pause, as in `PAD` and `MIN_PAUSE`
    n = len(chances) * chunks.FRAME
    found = chunks._stretches(chances, n, min_pause, padding)
    edges = [edge for part in found for edge in (part.first, part.last)]
    assert edges == sorted(edges)
    assert all(0 <= part.first < part.last <= n for part in found)
    for i, chance in enumerate(chances):
        if chance >= chunks.SPEECH:
            assert any(part.first <= i * chunks.FRAME and (i + 1) * chunks.FRAME <= part.last for part in found)


@given(st.lists(st.floats(0, 1), min_size=20, max_size=60))
def test_the_cut_lies_between_the_bounds_and_in_silence_if_there_is_any(chances):
    at = chunks._longest_silence(chances, 10, 20)
    assert 10 <= at < 20
    if min(chances[10:20]) < chunks.SILENCE:
        assert chances[at] < chunks.SILENCE
