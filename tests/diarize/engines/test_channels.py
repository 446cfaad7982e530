"""One person a channel, or one room in both: told apart, and speakers read off the channels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from copipe.audio import decode
from copipe.diarize.engines import channels, engine
from copipe.errors import InputError
from copipe.models import store
from copipe.progress import silent
from copipe.records import SpeakerTurn
from copipe.study import settings

RATE = decode.SAMPLE_RATE
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
CALL = DATA / "calls" / "call40_stereo_agentL_callerR.flac"


class Ears:
    """A diarizer that only says how much it was given to learn a voice from."""

    def diarize(self, samples, speakers, on_tick, stage):  # type: ignore[no-untyped-def]
        raise AssertionError("the channels say who speaks")

    def voice(self, stretches: Sequence[np.ndarray]) -> tuple[float, ...]:
        return (sum(map(len, stretches)) / RATE,)


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, list[tuple[float, float, str]]]:
    """pyannote's call of 30 s and who speaks when in it."""
    from copipe.create import sample_call

    call = sample_call()
    assert call is not None
    rows = [line.split() for line in call.with_suffix(".rttm").read_text(encoding="utf-8").splitlines()]
    return decode.load(call), [(float(r[3]), float(r[3]) + float(r[4]), r[7]) for r in rows]


def split(sample: tuple[np.ndarray, list[tuple[float, float, str]]], leak: float) -> np.ndarray:
    """The call with a channel for each of its two people; the other is heard in it at `leak` of the loudness."""
    mono, said = sample
    people = sorted({who for _, _, who in said})
    result = np.zeros((len(mono), 2), dtype=np.float32)
    for start, end, who in said:
        low, high = round(start * RATE), round(end * RATE)
        result[low:high, people.index(who)] = mono[low:high]
    noise = np.random.default_rng(1).standard_normal(result.shape) * 1e-4
    return result + leak * result[:, ::-1] + noise.astype(np.float32)


def written(path: Path, samples: np.ndarray) -> Path:
    soundfile.write(path, samples, RATE)
    return path


def shares(made: Sequence[SpeakerTurn], said: list[tuple[float, float, str]]) -> tuple[float, float]:
    """Shares of the time in which one person speaks alone that exclusive turns give to that person, and to another.

    voice1 is the first person by name.
    """
    people = sorted({who for _, _, who in said})
    n = round(100 * max(end for _, end, _ in said)) + 1
    truth, found = np.zeros((len(people), n), dtype=bool), np.zeros((len(people), n), dtype=bool)
    for start, end, who in said:
        truth[people.index(who), round(100 * start) : round(100 * end)] = True
    for turn in made:
        if turn.exclusive:
            found[int(turn.label.removeprefix("voice")) - 1, round(100 * turn.start) : round(100 * turn.end)] = True
    alone = truth.sum(axis=0) == 1
    right, wrong = (found & truth)[:, alone].sum(), (found & ~truth)[:, alone].sum()
    return right / alone.sum(), wrong / alone.sum()


@pytest.mark.parametrize("leak", [0.0, 0.15])  # a call; clip-on microphones, -16 dB
@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_one_person_a_channel_is_seen_and_read(tmp_path, sample, leak, gain):  # type: ignore[no-untyped-def]
    path = written(tmp_path / "call.wav", split(sample, leak) * np.array([1.0, gain]))
    made, told = channels.diarize(path, "auto", 2, Ears(), silent, "diarize")
    assert made is not None, told
    assert told.startswith("2 channels, one person each: in ")
    assert [v.label for v in made.voices] == ["voice1", "voice2"]
    for voice in made.voices:
        assert voice.embedding[0] == pytest.approx(voice.seconds, abs=0.1)
    right, wrong = shares(made.turns, sample[1])
    assert right > 0.9
    assert wrong < 0.05


def test_two_microphones_in_one_room_are_a_mix(tmp_path, sample):  # type: ignore[no-untyped-def]
    mono = sample[0]
    room = np.random.default_rng(2).standard_normal((2, 3000)) * np.exp(-np.arange(3000) / 800) * 0.02
    room[:, 0] = 1.0
    two = np.stack([np.convolve(mono, r)[: len(mono)] for r in room], axis=1)
    for gains in ([1.0, 1.0], [1.0, 0.2]):
        made, told = channels.diarize(
            written(tmp_path / "room.wav", two * gains / 4), "auto", 2, Ears(), silent, "diarize"
        )
        assert made is None
        assert told.startswith("2 channels, mixed: ")


def test_a_channel_that_nobody_speaks_into_is_no_voice_and_no_reason_to_split(tmp_path, sample):  # type: ignore[no-untyped-def]
    one = np.stack([sample[0], np.zeros_like(sample[0])], axis=1)
    made, told = channels.diarize(written(tmp_path / "left.wav", one), "auto", 2, Ears(), silent, "diarize")
    assert made is None
    assert "always the same one" in told
    three = np.concatenate([split(sample, 0.0), np.zeros((len(sample[0]), 1), dtype=np.float32)], axis=1)
    made, _ = channels.diarize(written(tmp_path / "three.wav", three), "auto", 3, Ears(), silent, "diarize")
    assert made is not None
    assert {v.label for v in made.voices} == {"voice1", "voice2"}


def test_more_people_than_channels_are_a_mix_unless_somebody_says_otherwise(tmp_path, sample):  # type: ignore[no-untyped-def]
    path = written(tmp_path / "call.wav", split(sample, 0.0))
    assert channels.diarize(path, "auto", 3, Ears(), silent, "diarize") == (
        None,
        "2 channels, mixed: 3 people attended",
    )
    made, told = channels.diarize(path, "speakers", 3, Ears(), silent, "diarize")
    assert made is not None
    assert told == "2 channels, one person each: as asked"
    assert channels.diarize(path, "mix", 2, Ears(), silent, "diarize") == (None, "2 channels, mixed as asked")


def test_silence_and_a_single_channel(tmp_path, sample):  # type: ignore[no-untyped-def]
    path = written(tmp_path / "mono.wav", sample[0])
    assert channels.diarize(path, "auto", 2, Ears(), silent, "diarize") == (None, "")
    with pytest.raises(InputError, match="has one channel"):
        channels.diarize(path, "speakers", 2, Ears(), silent, "diarize")
    path = written(tmp_path / "silence.wav", np.zeros((RATE, 2), dtype=np.float32))
    assert channels.diarize(path, "auto", 2, Ears(), silent, "diarize")[0] is None
    made, _ = channels.diarize(path, "speakers", 2, Ears(), silent, "diarize")
    assert made == engine.Diarization((), ())


def test_one_channel_is_decoded_alone(tmp_path):  # type: ignore[no-untyped-def]
    both = np.stack([np.full(RATE, 0.5), np.full(RATE, -0.25)], axis=1)
    path = written(tmp_path / "two.wav", both)
    for channel in (0, 1):
        assert np.allclose(decode.load(path, channel=channel), both[:, channel], atol=1e-3)
    assert np.allclose(decode.load(path), 0.125, atol=1e-3)


def test_the_voice_of_a_channel_is_the_voice_of_the_mix(tmp_path, sample):  # type: ignore[no-untyped-def]
    """With the real encoder: voices read off channels can be compared with those of other meetings."""
    store.locate(settings.defaults().diarize.embedding)
    diarizer = engine.load(settings.defaults().diarize)
    path = written(tmp_path / "call.wav", split(sample, 0.0))
    made, _ = channels.diarize(path, "auto", 2, diarizer, silent, "diarize")
    assert made is not None
    mixed = diarizer.diarize(sample[0], 2, silent, "diarize")
    likeness = np.array([v.embedding for v in made.voices]) @ np.array([v.embedding for v in mixed.voices]).T
    assert sorted(likeness.argmax(axis=1)) == [0, 1]
    assert likeness.max(axis=1).min() > 0.8
    assert diarizer.voice([]) == diarizer.voice([np.zeros(100, dtype=np.float32)]) == ()


@pytest.mark.skipif(not CALL.exists(), reason="no ../shared/data")
def test_a_real_call_in_stereo() -> None:
    rows = [line.split() for line in (CALL.parent / "call40.rttm").read_text(encoding="utf-8").splitlines()]
    said = [(float(r[3]), float(r[3]) + float(r[4]), r[7]) for r in rows]
    made, told = channels.diarize(CALL, "auto", 2, Ears(), silent, "diarize")
    assert made is not None, told
    right, wrong = shares(made.turns, said)  # agent, in the left channel, is first by name
    assert right > 0.9
    assert wrong < 0.01


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data")
@pytest.mark.parametrize("name", ["jfk.flac", "stereo_48khz.opus"])
def test_the_same_sound_in_both_channels_is_a_mix(name: str) -> None:
    made, told = channels.diarize(DATA / "odd_audio" / name, "auto", 2, Ears(), silent, "diarize")
    assert made is None
    assert told.startswith("2 channels, mixed: ")
