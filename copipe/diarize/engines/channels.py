"""Recordings with one person a channel (a call, clip-on microphones): who speaks is read off the channels.

Seen by loudness: where people have a channel each, nearly all speech is far louder in one channel than in the others,
now in this one and now in that; where two channels hear the same room, it is about as loud in both. Levels are compared
as they are (somebody who never speaks is heard faintly in his channel) and against each channel's own loud speech (a
channel may be turned down), whichever sets the channels further apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from copipe.audio import decode
from copipe.audio.activity import FRAME, SPEECH, Detector
from copipe.audio.decode import SAMPLE_RATE
from copipe.diarize.engines.engine import Diarization, Diarizer
from copipe.diarize.timeline import Interval, joined, without
from copipe.errors import InputError
from copipe.progress import OnTick, Tick
from copipe.records import SpeakerTurn, Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from copipe.audio.decode import Samples

    Levels = NDArray[np.float64]  # shape (channels, frames), dB
    Flags = NDArray[np.bool_]  # shape (channels, frames)

Choice = Literal["auto", "mix", "speakers"]
VERSION = "1"  # raise it when the same recording would give another result

SECONDS = FRAME / SAMPLE_RATE  # in a frame: 0.032
FLOOR = -100.0  # dB of digital silence
SMOOTH = 5  # frames (0.16 s) over which levels are averaged: words, not vowels
AHEAD = 6.0  # dB by which one channel must lead to have a moment to itself
# Share of speech that one channel must have to itself. Measured on a call: 1.0; two microphones on one table: 0.0, and
# 0.5 where two of four people sit close to one each.
APART = 0.65
LEAST_SPEECH = 1.0  # seconds, and
LEAST_SHARE = 0.01  # share of the speech that a channel must have to itself to be somebody's
LEAK = 12.0  # dB over what reaches a channel from another one's speaker that make it speech of its own
# Chance from which somebody begins to speak into a channel, and down to which speech goes on; lower than the detector's
# own, since the loudness says whose it is. On a call, and on simulated clip-on microphones (missed + false + confused,
# %): 0.5 and 0.35: 15.0 + 0.2 + 0.0, 13.4 + 6.3 + 0.0; these: 6.9 + 1.5 + 0.0, 10.4 + 6.8 + 0.4;
# 0.2 and 0.12: 4.6 + 2.5 + 0.0, 6.6 + 12.3 + 0.9.
BEGINS, GOES_ON = 0.3, 0.2
BREATH = 0.3  # seconds; a shorter silence is part of speaking
PAD = 0.03  # seconds on either side of speech, for soft beginnings and ends
SHORTEST = 0.1  # seconds; a shorter sound is no speech
VOICE_SECONDS = 120.0  # of clean speech, the longest stretches first, from which a voice is learned


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured, frame by frame: level in dB and chance of speech of every channel."""

    levels: Levels
    chances: Levels

    @property
    def speech(self) -> Flags:
        """Where each channel is heard to hold speech, its own or another's."""
        flags: Flags = self.chances >= SPEECH
        return flags


@dataclass(frozen=True, slots=True)
class Found:
    """Whether each channel is a person, and why it is thought so, for a person to read."""

    apart: bool
    why: str


def identity(choice: Choice) -> dict[str, str]:
    """What the outcome depends on beside the recording; goes into the artifact's key."""
    return {"version": VERSION, "choice": choice}


def diarize(
    path: Path, choice: Choice, attending: int, diarizer: Diarizer, on_tick: OnTick, stage: str
) -> tuple[Diarization | None, str]:
    """Who speaks when by the channels of `path`, and how the channels were taken, in words.

    None where the recording is to be heard as one sound; the words are empty where it has one channel. Labels are
    voice1 for the first channel and so on; a channel in which nobody speaks has none. With more people `attending`
    (0 = unknown) than channels, a channel is not one person's unless `choice` says so. Raises InputError where
    "speakers" is asked for and there is one channel. `diarizer` learns the voices, and is not asked who speaks.
    """
    count = decode.probe(path).channels
    if count < 2:
        if choice == "speakers":
            raise InputError(
                f"{path}: has one channel, but meetings.toml says one person a channel",
                'Take channels = "speakers" out of meetings.toml.',
            )
        return None, ""
    if choice == "mix":
        return None, f"{count} channels, mixed as asked"
    heard = listen(path, count, on_tick, stage)
    found = Found(True, "as asked") if choice == "speakers" else judge(heard, attending)
    if not found.apart:
        return None, f"{count} channels, mixed: {found.why}"
    made = turns(heard)
    voices = tuple(
        Voice(
            f"voice{channel + 1}", diarizer.voice(_cut(path, channel, clean)), sum(end - start for start, end in clean)
        )
        for channel, clean in enumerate(_clean(made, count))
        if any(t.label == f"voice{channel + 1}" for t in made)
    )
    return Diarization(made, voices), f"{count} channels, one person each: {found.why}"


def listen(path: Path, count: int, on_tick: OnTick, stage: str) -> Heard:
    """Levels and chances of speech of the `count` channels. Reads the file once a channel, in blocks."""
    import numpy as np

    duration = decode.probe(path).duration
    levels: list[Levels] = []
    chances: list[Levels] = []
    for channel in range(count):
        detector = Detector()
        energy: list[Levels] = []
        speech: list[float] = []
        rest = np.zeros(0, dtype=np.float32)
        done = 0
        for block in decode.decode(path, channel=channel):
            rest = np.concatenate([rest, block])
            n = len(rest) // FRAME
            speech += detector.chances(rest[: n * FRAME])
            energy.append(np.square(rest[: n * FRAME].reshape(n, FRAME), dtype=np.float64).mean(axis=1))
            rest = rest[n * FRAME :]
            done += len(block)
            on_tick(Tick(stage, (channel * duration + done / SAMPLE_RATE) / count, duration, "s"))
        levels.append(np.concatenate(energy))
        chances.append(np.array(speech))
    n = min(map(len, levels))
    window = np.ones(SMOOTH) / SMOOTH
    smooth = [np.convolve(row[:n], window, "same") if n >= SMOOTH else row[:n] for row in levels]
    decibels = 10 * np.log10(np.maximum(np.array(smooth), 10 ** (FLOOR / 10)))
    return Heard(decibels, np.array([row[:n] for row in chances]))


def judge(heard: Heard, attending: int) -> Found:
    """Whether each channel is one person's, from how speech is spread over the channels."""
    if len(heard.levels) < attending:
        return Found(False, f"{attending} people attended")
    if not heard.speech.any():
        return Found(False, "nobody is heard to speak")
    mine = _leads(heard)
    share = float(mine.any(axis=0).sum() / heard.speech.any(axis=0).sum())
    told = f"in {100 * share:.0f} % of the speech one channel is louder than the rest by {AHEAD:.0f} dB"
    if len(_used(heard, mine)) < 2:
        return Found(False, f"{told}, always the same one" if share >= APART else told)
    return Found(share >= APART, told)


def turns(heard: Heard) -> tuple[SpeakerTurn, ...]:
    """Ordinary and exclusive turns by start, voice1 being the first channel."""
    import numpy as np

    active = _active(heard)
    found: list[SpeakerTurn] = []
    lead = np.where(active, heard.levels, -np.inf).argmax(axis=0)
    spans = [_spans(row) for row in active]
    for channel, own in enumerate(spans):
        label = f"voice{channel + 1}"
        found += [SpeakerTurn(start, end, label) for start, end in own]
        # under two voices the words that are heard are the louder one's
        shouted_down = _runs(_held(active[channel] & (active.sum(axis=0) > 1) & (lead != channel)))
        found += [SpeakerTurn(start, end, label, exclusive=True) for start, end in without(own, shouted_down)]
    return tuple(sorted(found, key=lambda t: (t.start, t.end, t.exclusive, t.label)))


def _leads(heard: Heard) -> Flags:
    """Where there is speech and one channel is louder than every other by `AHEAD`."""
    import numpy as np

    best: Flags = np.zeros_like(heard.speech)
    for levels in (heard.levels, _against_own(heard)):
        ordered = np.sort(levels, axis=0)
        clear = heard.speech.any(axis=0) & (ordered[-1] - ordered[-2] >= AHEAD)
        first = levels.argmax(axis=0)
        found: Flags = np.array([clear & (first == channel) for channel in range(len(levels))])
        if (len(_used(heard, found)), found.sum()) > (len(_used(heard, best)), best.sum()):
            best = found
    return best


def _used(heard: Heard, leads: Flags) -> list[int]:
    """Channels that have enough speech to themselves."""
    least = max(LEAST_SPEECH / SECONDS, LEAST_SHARE * heard.speech.any(axis=0).sum())
    return [channel for channel, row in enumerate(leads) if row.sum() >= least]


def _against_own(heard: Heard) -> Levels:
    """Levels against each channel's own loud speech (the 95th percentile of what is heard as speech in it)."""
    import numpy as np

    tops = [
        np.percentile(level[own], 95) if own.any() else 0.0
        for level, own in zip(heard.levels, heard.speech, strict=True)
    ]
    against: Levels = heard.levels - np.array(tops)[:, None]
    return against


def _active(heard: Heard) -> Flags:
    """Where somebody speaks into a channel: heard as speech, and louder than what leaks in from the others."""
    import numpy as np

    speech = np.array([_hysteresis(row) for row in heard.chances])
    leads = _leads(heard)
    used = _used(heard, leads)
    active = speech.copy()
    for one in used:
        for other in range(len(speech)):
            if other == one:
                continue
            apart = heard.levels[other] - heard.levels[one]
            leak = float(np.median(apart[leads[one]]))  # while this one speaks the other mostly listens
            active[other] &= ~speech[one] | (apart >= leak + LEAK)
    return active


def _hysteresis(chances: Levels) -> NDArray[np.bool_]:
    """Begins at `BEGINS` and goes on down to `GOES_ON`."""
    import numpy as np

    flags = np.zeros(len(chances), dtype=bool)
    speaking = False
    for i, chance in enumerate(chances.tolist()):
        speaking = chance >= BEGINS or (speaking and chance >= GOES_ON)
        flags[i] = speaking
    return flags


def _spans(flags: NDArray[np.bool_]) -> list[Interval]:
    """Speech in seconds, joined over breaths, without what is too short to be any."""
    long_enough = [(s, e) for s, e in joined(_runs(flags), BREATH) if e - s >= SHORTEST]
    return joined(((max(0.0, s - PAD), min(len(flags) * SECONDS, e + PAD)) for s, e in long_enough), 0.0)


def _held(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The flags without runs shorter than a syllable."""
    import numpy as np

    kept = np.zeros_like(flags)
    for start, end in _runs(flags):
        if end - start >= 2 * SHORTEST:
            kept[round(start / SECONDS) : round(end / SECONDS)] = True
    return kept


def _runs(flags: NDArray[np.bool_]) -> list[Interval]:
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a) * SECONDS, int(b) * SECONDS) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _clean(made: Sequence[SpeakerTurn], count: int) -> list[list[Interval]]:
    """For each channel where it alone speaks, in order."""
    ordinary = [t for t in made if not t.exclusive]
    found = []
    for channel in range(count):
        own = [(t.start, t.end) for t in ordinary if t.label == f"voice{channel + 1}"]
        others = joined(((t.start, t.end) for t in ordinary if t.label != f"voice{channel + 1}"), 0.0)
        found.append(without(own, others))
    return found


def _cut(path: Path, channel: int, stretches: Sequence[Interval]) -> list[Samples]:
    """The samples of the longest stretches of a channel, `VOICE_SECONDS` at most, in order."""
    import numpy as np

    chosen: list[Interval] = []
    total = 0.0
    for start, end in sorted(stretches, key=lambda s: s[0] - s[1]):
        if total >= VOICE_SECONDS:
            break
        chosen.append((start, min(end, start + VOICE_SECONDS - total)))
        total += chosen[-1][1] - chosen[-1][0]
    parts: dict[Interval, list[Samples]] = {stretch: [] for stretch in sorted(chosen)}
    at = 0
    for block in decode.decode(path, channel=channel):
        for (start, end), found in parts.items():
            low, high = max(0, round(start * SAMPLE_RATE) - at), min(len(block), round(end * SAMPLE_RATE) - at)
            if low < high:
                found.append(block[low:high])
        at += len(block)
    return [np.concatenate(found) for found in parts.values() if found]
