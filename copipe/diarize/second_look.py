"""A second look at who speaks: each stretch of one voice is compared with all voices, and may change hands.

Clustering decides about windows in one go, and where two voices are alike it can hand a whole stretch to the wrong one,
whose mean voice then leans towards the stretch and confirms the mistake. So a stretch is compared with its own voice as
it is without the stretch.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from copipe.audio.decode import SAMPLE_RATE
from copipe.diarize.engines.engine import Diarization, Diarizer
from copipe.diarize.timeline import Interval, clean_seconds, joined, overlaps, shared, without
from copipe.records import SpeakerTurn, Voice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Vectors = NDArray[np.float64]  # shape (n, dimension)
    Labels = NDArray[np.int64]  # shape (n,)

VERSION = "2"  # raise it when the same diarization would come out otherwise

PAUSE = 0.5  # seconds; a shorter silence does not end a stretch
LEAST = 1.0  # seconds of clean speech; with less a stretch stays where it is and teaches nothing
MARGIN = 0.03  # cosine by which another voice must be nearer; 0 to 0.06 measured alike
ROUNDS = 5  # a stretch that moves changes two voices, which may move another


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive exclusive turns of one voice; `clean` is where nobody else speaks."""

    start: float
    end: float
    label: str
    clean: tuple[Interval, ...]

    @property
    def seconds(self) -> float:
        return sum(end - start for start, end in self.clean)


def stretches(turns: Sequence[SpeakerTurn]) -> tuple[Stretch, ...]:
    """The exclusive turns in order, those of one voice joined over short pauses."""
    exclusive = sorted((t for t in turns if t.exclusive), key=lambda t: t.start)
    both = overlaps([t for t in turns if not t.exclusive])
    groups: list[list[SpeakerTurn]] = []
    for turn in exclusive:
        last = groups[-1][-1] if groups else None
        if last and last.label == turn.label and turn.start - last.end < PAUSE:
            groups[-1].append(turn)
        else:
            groups.append([turn])
    return tuple(
        Stretch(
            group[0].start,
            max(t.end for t in group),
            group[0].label,
            tuple(without(joined(((t.start, t.end) for t in group), 0.0), both)),
        )
        for group in groups
    )


def identity() -> dict[str, str]:
    """What the second look depends on beside the engine; goes into the artifact's key."""
    return {"version": VERSION}


def by_ear(made: Diarization, samples: Samples, diarizer: Diarizer) -> Diarization:
    """`recheck` of what an engine made of `samples` (mono, 16 kHz), by the engine's own ear for voices."""

    def voice_of(clean: Sequence[Interval]) -> tuple[float, ...]:
        return diarizer.voice([samples[round(s * SAMPLE_RATE) : round(e * SAMPLE_RATE)] for s, e in clean])

    return recheck(made, voice_of)


def recheck(made: Diarization, voice_of: Callable[[Sequence[Interval]], tuple[float, ...]]) -> Diarization:
    """The diarization with stretches in the hands of the voice they are nearest to, and those voices learned anew.

    `voice_of` gives the unit vector of the intervals of one voice, empty where it can tell nothing. No voice comes or
    goes: one that has no other stretch keeps this one. Exclusive turns come back with their `margin`.
    """
    import numpy as np

    if len(made.voices) < 2:
        return made
    found = stretches(made.turns)
    heard = [(s, v) for s in found if s.seconds >= LEAST and (v := voice_of(s.clean))]
    if not heard:
        return made
    names = sorted({s.label for s, _ in heard})
    weighted: Vectors = np.array([np.array(v) * s.seconds for s, v in heard])
    labels = np.array([names.index(s.label) for s, _ in heard])
    for _ in range(ROUNDS):
        after = _nearest(weighted, labels, len(names))
        if (after == labels).all():
            break
        labels = after
    margins = _margins(_scores(weighted, labels, len(names)), labels)
    moves = [_Move(s, names[to], m) for (s, _), to, m in zip(heard, labels, margins, strict=True)]
    turns = sorted((_moved(t, moves) for t in made.turns), key=lambda t: (t.start, t.end, t.exclusive, t.label))
    touched = {label for m in moves if m.to != m.stretch.label for label in (m.to, m.stretch.label)}
    seconds = clean_seconds([t for t in turns if not t.exclusive])
    voices = []
    for voice in made.voices:
        if voice.label in touched:
            centre = _unit(weighted[labels == names.index(voice.label)].sum(axis=0, keepdims=True))[0]
            voice = Voice(voice.label, tuple(float(x) for x in centre), seconds[voice.label])
        voices.append(voice)
    return Diarization(tuple(turns), tuple(voices))


def _scores(weighted: Vectors, labels: Labels, count: int) -> Vectors:
    """Cosine of each row with each voice, shape (n, count). Rows are vectors times seconds; a voice is the sum of its
    rows, its own one taken without the row; infinite where that leaves nothing."""
    import numpy as np

    mine = labels[:, None] == np.arange(count)
    sums = mine.T.astype(np.float64) @ weighted
    scores: Vectors = _unit(weighted) @ _unit(sums).T
    alone = mine.sum(axis=0)[labels] == 1
    own = (_unit(weighted) * _unit(sums[labels] - weighted)).sum(axis=1)
    scores[np.arange(len(labels)), labels] = np.where(alone, np.inf, own)
    return scores


def _margins(scores: Vectors, labels: Labels) -> list[float | None]:
    """By how much each row is nearer to its own voice than to the next; None where there is nothing to compare."""
    import numpy as np

    rows = np.arange(len(labels))
    own = scores[rows, labels]
    others = scores.copy()
    others[rows, labels] = -np.inf
    best = others.max(axis=1)
    return [float(o - b) if np.isfinite(o) and np.isfinite(b) else None for o, b in zip(own, best, strict=True)]


def _nearest(weighted: Vectors, labels: Labels, count: int) -> Labels:
    """For each row the voice it is nearest to; of a voice with one row left the row stays."""
    import numpy as np

    scores = _scores(weighted, labels, count)
    scores[np.arange(len(labels)), labels] += MARGIN
    moved: Labels = scores.argmax(axis=1)
    # all of a voice's rows may want to go at once: then they stay, which may leave another voice without its newcomers
    while lost := set(range(count)) - set(moved.tolist()):
        kept = np.isin(labels, list(lost))
        moved[kept] = labels[kept]
    return moved


def _unit(rows: Vectors) -> Vectors:
    import numpy as np

    unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


@dataclass(frozen=True, slots=True)
class _Move:
    """Where a stretch belongs, be it where it was, and by what margin."""

    stretch: Stretch
    to: str
    margin: float | None


def _moved(turn: SpeakerTurn, moves: Sequence[_Move]) -> SpeakerTurn:
    """The turn with what was found out about the stretch of its voice that it mostly lies in."""
    first = bisect_right(moves, turn.start, key=lambda m: m.stretch.start) - 1
    for move in moves[max(0, first) :]:
        if move.stretch.start >= turn.end:
            break
        if turn.label == move.stretch.label:
            inside = shared([(turn.start, turn.end)], [(move.stretch.start, move.stretch.end)])
            if inside > (turn.end - turn.start) / 2:
                return replace(turn, label=move.to, margin=move.margin if turn.exclusive else None)
    return turn
