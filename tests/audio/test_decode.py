from __future__ import annotations

import tracemalloc
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.audio import decode
from copipe.errors import InputError

TONE = 440.0  # Hz


def tone(seconds: float, rate: int) -> np.ndarray:
    return (0.4 * np.sin(2 * np.pi * TONE * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write(path: Path, codec: str, rate: int, layout: str, seconds: float = 3.0, video: bool = False, jump: float = 0.0):
    """A tone in the container that the suffix of `path` names; `jump` seconds are left out in its middle."""
    with av.open(str(path), "w") as container:
        if video:
            pictures = container.add_stream("mpeg4", rate=10)
            pictures.width = pictures.height = 32
            pictures.pix_fmt = "yuv420p"
        stream = container.add_stream(codec, rate=rate, layout=layout) if codec else None
        if video:
            for i in range(round(seconds * 10)):
                picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), i, dtype=np.uint8), format="rgb24")
                picture.pts, picture.time_base = i, Fraction(1, 10)
                container.mux(pictures.encode(picture))
            container.mux(pictures.encode(None))
        if stream is None:
            return
        samples = tone(seconds, rate)
        size = stream.codec_context.frame_size or 1024
        for at in range(0, len(samples), size):
            piece = np.tile(samples[at : at + size], (len(stream.codec_context.layout.channels), 1))
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = at + (round(jump * rate) if at >= len(samples) / 2 else 0)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_wav(path: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def pitch(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * decode.SAMPLE_RATE / len(samples))


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout", "video"),
    [
        ("a.wav", "pcm_s16le", 8000, "mono", False),
        ("a.wav", "pcm_u8", 11025, "stereo", False),
        ("a.flac", "flac", 44100, "stereo", False),
        ("a.mp3", "libmp3lame", 44100, "stereo", False),
        ("a.m4a", "aac", 48000, "5.1", False),
        ("a.ogg", "libopus", 48000, "stereo", False),
        ("a.webm", "libopus", 48000, "mono", False),
        ("a.mp4", "aac", 48000, "stereo", True),
        ("a.mkv", "flac", 96000, "mono", True),
    ],
)
def test_any_container_rate_and_number_of_channels(tmp_path, name, codec, rate, layout, video):
    path = tmp_path / name
    write(path, codec, rate, layout, video=video)
    samples = decode.load(path)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) / decode.SAMPLE_RATE == pytest.approx(3.0, abs=0.1)
    assert pitch(samples) == pytest.approx(TONE, abs=1)
    assert np.abs(samples[8000:-8000]).max() == pytest.approx(0.4, abs=0.06)  # channels are averaged, not added up
    about = decode.probe(path)
    assert (about.sample_rate, about.warning) == (rate, "")
    assert about.duration == pytest.approx(len(samples) / decode.SAMPLE_RATE, abs=0.1)


@pytest.fixture(scope="module")
def minute(tmp_path_factory):
    """A minute and a half at 22,050 Hz whose loudness says where one is."""
    samples = tone(90, 22_050) * np.linspace(0.1, 1, 90 * 22_050, dtype=np.float32)
    return write_wav(tmp_path_factory.mktemp("audio") / "minute.wav", samples, 22_050)


@settings(max_examples=12, deadline=None)
@given(start=st.floats(0, 59), length=st.floats(0, 40))
def test_a_stretch_is_a_slice_of_the_whole(minute, start, length):
    whole = decode.load(minute)
    part = decode.load(minute, start, start + length)
    first, last = round(start * decode.SAMPLE_RATE), round((start + length) * decode.SAMPLE_RATE)
    assert np.array_equal(part, whole[first:last])


def test_a_late_stretch_is_found_by_jumping(minute):
    whole, part = decode.load(minute), decode.load(minute, 75.0, 80.0)
    expected = whole[75 * decode.SAMPLE_RATE : 80 * decode.SAMPLE_RATE]
    assert len(part) == len(expected)
    assert np.abs(part - expected).max() < 0.02  # the resampler begins at another fraction of a sample


def test_blocks_join_to_the_whole(minute):
    blocks = list(decode.decode(minute))
    assert [len(block) for block in blocks] == [decode.BLOCK] * 3
    assert np.array_equal(np.concatenate(blocks), decode.load(minute))


def test_a_hole_in_the_stream_becomes_silence(tmp_path):
    path = tmp_path / "hole.mka"
    write(path, "flac", 16_000, "mono", seconds=4.0, jump=5.0)
    samples = decode.load(path)
    assert len(samples) / decode.SAMPLE_RATE == pytest.approx(9.0, abs=0.2)
    assert not samples[int(2.5 * 16_000) : int(6.5 * 16_000)].any()
    assert np.abs(samples[int(7.5 * 16_000) :]).max() > 0.3


def test_memory_is_bounded(tmp_path):
    path = write_wav(tmp_path / "long.wav", np.zeros(5 * 60 * 16_000, dtype=np.float32))  # 19 MB of float32
    tracemalloc.start()
    total = sum(len(block) for block in decode.decode(path))
    streaming = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    whole = decode.load(path)
    loading = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == len(whole) == 5 * 60 * 16_000
    assert streaming < 10e6
    assert loading < 1.5 * whole.nbytes


@pytest.mark.parametrize("name", ["cut.wav", "cut.flac", "cut.mp3", "cut.ogg"])
def test_a_cut_off_file_gives_what_there_is_and_says_so(tmp_path, name):
    path = tmp_path / name
    codec = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "ogg": "libopus"}[name.split(".")[1]]
    write(path, codec, 48_000, "mono", seconds=20.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    decoding = decode.decode(path)
    seconds = sum(len(block) for block in decoding) / decode.SAMPLE_RATE
    assert 8 < seconds < 12
    assert decoding.seconds == pytest.approx(seconds)
    assert decode.probe(path).duration == pytest.approx(seconds, abs=0.1)
    if name in ("cut.wav", "cut.flac", "cut.mp3"):  # an Ogg file does not say how long it should be
        assert "cut off: says 20." in decoding.warning
        assert f"stops at {seconds:.1f} s" in decoding.warning
        assert decode.probe(path).warning == decoding.warning


def test_damage_in_the_middle_does_not_shift_what_follows(tmp_path):
    path = tmp_path / "damaged.flac"
    write(path, "flac", 16_000, "mono", seconds=20.0)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4000] = bytes(4000)
    path.write_bytes(data)
    samples = decode.load(path)
    assert len(samples) / decode.SAMPLE_RATE == pytest.approx(20.0, abs=0.3)
    assert pitch(samples[-4 * decode.SAMPLE_RATE :]) == pytest.approx(TONE, abs=1)


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        decode.load(path)
    with pytest.raises(InputError) as probed:
        decode.probe(path)
    assert str(path) in caught.value.message
    assert caught.value.message == probed.value.message
    return caught.value.message


def test_what_cannot_be_used_is_refused_with_the_reason(tmp_path):
    assert "no such file" in refused(tmp_path / "missing.wav")
    assert "is a folder" in refused(tmp_path)
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert "empty (0 bytes)" in refused(empty)
    text = tmp_path / "text.mp3"
    text.write_text("Minutes of the meeting.\n" * 40)
    assert "not a recording" in refused(text)
    silent_film = tmp_path / "film.mp4"
    write(silent_film, "", 0, "", video=True)
    assert "no sound" in refused(silent_film)
    header = write_wav(tmp_path / "header.wav", np.zeros(0, dtype=np.float32))
    with pytest.raises(InputError, match="no sound could be decoded"):
        decode.load(header)


def test_the_call_itself_refuses_before_anything_is_read(tmp_path):
    with pytest.raises(InputError):
        decode.decode(tmp_path / "missing.wav")
