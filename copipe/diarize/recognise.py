"""Which member each voice of a new recording is, by the profiles of those who were there; every answer with how sure.

Voices and members are paired one to one (Hungarian algorithm on cosine), each voice with a "nobody" of its own beside
the members: visitors come, and not everybody has a profile. A voice that is left over may be the second half of
somebody the diarization split. What a person decided comes first and is not touched.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from copipe.diarize.profiles import Profile, cosine
from copipe.diarize.timeline import Interval, joined, shared
from copipe.records import SpeakerTurn, Voice

VerdictKind = Literal["confirmed", "sure", "likely", "unknown"]

NOBODY = 0.70  # cosine below which a voice rather belongs to nobody
SURE = 0.84  # cosine from which a verdict may be sure
MARGIN = 0.10  # cosine by which the member must lead the next one, for the voice and of the voices for the member
CLEAN = 8.0  # seconds of clean speech with less of which no verdict is sure
SPLIT = 0.80  # cosine from which a voice left over is taken for the second half of somebody's
TOGETHER = 0.05  # share of a voice's time that may coincide with the other half's


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who a voice is. `role` is "" for unknown; `score` and `runner_up_score` are cosines, -1 to 1, 0 where there is
    nothing to compare. `why` is for a person and holds no speech."""

    label: str
    role: str
    verdict: VerdictKind
    score: float
    runner_up: str
    runner_up_score: float
    why: str


def recognise(
    voices: Sequence[Voice],
    speakers: Sequence[SpeakerTurn],
    profiles: Mapping[str, Profile],
    attending: Sequence[str],
    decided: Mapping[str, str],
) -> tuple[Verdict, ...]:
    """A verdict for every voice, in their order.

    `profiles` by role, of one encoder with the voices (`profiles.usable`); of these only `attending` can be anybody
    here. `decided` maps labels to roles by a person's decision; those roles are taken.
    """
    known = {role: p for role, p in profiles.items() if role in attending and p.centroid}
    scores = {v.label: {role: cosine(v.embedding, p.centroid) for role, p in known.items()} for v in voices}
    open_voices = [v for v in voices if v.label not in decided and v.embedding]
    free = [role for role in known if role not in decided.values()]
    paired = _pairs([[scores[v.label][role] for role in free] for v in open_voices])
    role_of = {open_voices[i].label: free[j] for i, j in paired.items()}
    times = {v.label: _times(speakers, v.label) for v in voices}
    found = []
    for voice in voices:
        own = scores[voice.label]
        if voice.label in decided:
            found.append(_verdict(voice, decided[voice.label], "confirmed", own, "decided by a person"))
        elif not voice.embedding:
            found.append(_verdict(voice, "", "unknown", own, "too little clear speech to compare"))
        elif voice.label in role_of:
            role = role_of[voice.label]
            rivals = [scores[v.label][role] for v in open_voices if v is not voice]
            kind, why = _how_sure(own, role, max(rivals, default=-1.0), voice.seconds)
            found.append(_verdict(voice, role, kind, own, why))
        else:
            taken = {**role_of, **decided}
            role = _other_half(
                own, {r: [times[k] for k, v in taken.items() if v == r] for r in own}, times[voice.label]
            )
            if role:
                found.append(_verdict(voice, role, "likely", own, f"sounds like {role}, who has another voice as well"))
            else:
                found.append(_verdict(voice, "", "unknown", own, "like nobody of those present who have a profile"))
    return tuple(found)


def _pairs(scores: Sequence[Sequence[float]]) -> dict[int, int]:
    """Voice index to member index, the sum of the cosines highest; a voice may stay with nobody."""
    if not scores or not scores[0]:
        return {}
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    gains = np.hstack([np.array(scores), np.full((len(scores), len(scores)), NOBODY)])
    rows, columns = linear_sum_assignment(gains, maximize=True)
    members = len(scores[0])
    return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if j < members}


def _how_sure(own: Mapping[str, float], role: str, rival: float, seconds: float) -> tuple[VerdictKind, str]:
    next_role = max((score for other, score in own.items() if other != role), default=-1.0)
    if seconds < CLEAN:
        return "likely", f"only {seconds:.0f} s of clear speech"
    if own[role] < SURE:
        return "likely", f"not close enough to the profile ({own[role]:.2f})"
    if own[role] - next_role < MARGIN:
        return "likely", "close to another member as well"
    if own[role] - rival < MARGIN:
        return "likely", "another voice is close to the same member"
    return "sure", f"close to the profile ({own[role]:.2f})"


def _other_half(own: Mapping[str, float], halves: Mapping[str, Sequence[list[Interval]]], time: list[Interval]) -> str:
    """The member whose second half a voice may be: alike, and never speaking at the same time."""
    role = max(own, key=own.__getitem__, default="")
    if not role or own[role] < SPLIT or not halves[role]:
        return ""
    length = sum(end - start for start, end in time)
    together = sum(shared(time, half) for half in halves[role])
    return role if together <= TOGETHER * length else ""


def _verdict(voice: Voice, role: str, kind: VerdictKind, own: Mapping[str, float], why: str) -> Verdict:
    others = {other: score for other, score in own.items() if other != role}
    second = max(sorted(others), key=others.__getitem__, default="")
    return Verdict(voice.label, role, kind, own.get(role, 0.0), second, others.get(second, 0.0), why)


def _times(speakers: Collection[SpeakerTurn], label: str) -> list[Interval]:
    return joined([(t.start, t.end) for t in speakers if t.label == label and not t.exclusive], 0.0)
