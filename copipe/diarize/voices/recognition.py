"""Which member each voice of a new recording is, by the profiles of those who were there; every answer with how sure.

Voices and members are paired one to one (Hungarian algorithm on cosine), each voice with a "nobody" of its own beside
the members: visitors come, and not everybody has a profile. A voice that is left over may be the second half of
somebody the diarization split. What a person decided comes first and is not touched. A member who is not listed as
attending is never given a voice: where one sounds like such a member, that is said, and the voice is nobody's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from copipe.diarize.timeline import Interval, joined, shared
from copipe.diarize.voices.profiles import Profile, cosine
from copipe.records import SpeakerTurn, Voice

VerdictKind = Literal["confirmed", "sure", "likely", "unknown"]

# Cosines depend on the room: noise alone brings two strangers from 0.6 to 0.8. So they are compared as shares of the
# way from what two different people have in this recording (0) to one and the same (1); see `_level`. The bars are
# such shares, chosen on the even seeds of benchmarks/attribution.py, which also says how they do on the odd ones. Of
# 1,285 voices of members there 1 % had less than 0.53 with their own profile and 5 % less than 0.61; of 731 strangers
# 1 % had more than 0.65 with the nearest profile and none more than 0.68.
NOBODY = 0.5  # below it a voice rather belongs to nobody
SURE = 0.7  # from it a verdict may be sure
MARGIN = 0.15  # what the member must be ahead of the next one, and the voice of the next voice for this member
SPLIT = 0.6  # from it a voice left over may be the second half of somebody's
SPLIT_OPEN = 0.8  # the same where somebody without a profile was there, whose voice it rather is
CLEAN = 8.0  # seconds of clean speech with less of which no verdict is sure
TOGETHER = 0.05  # share of a voice's time that may coincide with the other half's
PRIOR, PRIOR_PAIRS = 0.68, 3  # mean cosine of two different people in clear recordings; it counts as so many pairs


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who a voice is. `role` is "" for unknown; `score` and `runner_up_score` are cosines, -1 to 1, 0 where there is
    nothing to compare. `why` is for a person and holds no speech. `unlisted` is the member whom an unknown voice sounds
    like and who is not said to have attended."""

    label: str
    role: str
    verdict: VerdictKind
    score: float
    runner_up: str
    runner_up_score: float
    why: str
    unlisted: str = ""


def recognise(
    voices: Sequence[Voice],
    speakers: Sequence[SpeakerTurn],
    profiles: Mapping[str, Profile],
    attending: Sequence[str],
    decided: Mapping[str, str],
) -> tuple[Verdict, ...]:
    """A verdict for every voice, in their order.

    `profiles` by role, of one encoder with the voices (`profiles.usable`); of these only `attending` can be anybody
    here, and the others only be named as `unlisted`. `decided` maps labels to roles by a person's decision; those roles
    are taken.
    """
    known = {role: p for role, p in profiles.items() if role in attending and p.centroid}
    absent = {role: p for role, p in profiles.items() if role not in attending and p.centroid}
    cosines = {v.label: {role: cosine(v.embedding, p.centroid) for role, p in known.items()} for v in voices}
    level = _level([own for v in voices if v.embedding and (own := cosines[v.label])])
    scores = {
        label: {role: (score - level) / (1 - level) for role, score in own.items()} for label, own in cosines.items()
    }
    elsewhere = {
        v.label: _unlisted(
            scores[v.label], {r: (cosine(v.embedding, p.centroid) - level) / (1 - level) for r, p in absent.items()}
        )
        for v in voices
        if v.label not in decided and v.seconds >= CLEAN
    }
    open_voices = [v for v in voices if v.label not in decided and v.embedding and not elsewhere.get(v.label)]
    free = [role for role in known if role not in decided.values()]
    paired = _pairs([[scores[v.label][role] for role in free] for v in open_voices])
    taken = {open_voices[i].label: free[j] for i, j in paired.items()} | dict(decided)
    left = [v for v in open_voices if v.label not in taken]
    strangers = [code for code in attending if code not in known and code not in decided.values()]
    bar = SPLIT_OPEN if strangers else SPLIT
    times = {label: _times(speakers, label) for label in {*cosines, *decided}}
    found = []
    for voice in voices:
        own, raw = scores[voice.label], cosines[voice.label]
        if voice.label in decided:
            found.append(_verdict(voice, decided[voice.label], "confirmed", raw, "decided by a person"))
        elif not voice.embedding:
            kept = voice.seconds >= CLEAN  # there was enough to hear
            why = "nothing is kept to compare it by (it was split, or erased)" if kept else "too little clear speech"
            found.append(_verdict(voice, "", "unknown", raw, why))
        elif role := elsewhere.get(voice.label, ""):
            why = f"sounds like {role}, who is not listed as attending"
            found.append(replace(_verdict(voice, "", "unknown", raw, why), unlisted=role))
        elif voice in left:
            halves = {role: [times[label] for label, r in taken.items() if r == role] for role in own}
            role = _other_half(own, halves, times[voice.label], bar)
            why = f"sounds like {role}, who has another voice as well" if role else "like nobody with a profile"
            found.append(_verdict(voice, role, "likely" if role else "unknown", raw, why))
        else:
            role = taken[voice.label]
            rivals = [scores[v.label][role] for v in voices if v is not voice and v.embedding]
            kind, why = _how_sure(own, role, max(rivals, default=-1.0), voice.seconds)
            found.append(_verdict(voice, role, kind, raw, why))
    return tuple(found)


def _level(cosines: Sequence[Mapping[str, float]]) -> float:
    """The cosine of two different people in this recording: mean of all but the best of each voice and each member."""
    best = {role: max(own[role] for own in cosines) for own in cosines for role in own}
    others = [
        score for own in cosines for role, score in own.items() if score < max(own.values()) and score < best[role]
    ]
    return min(0.9, (sum(others) + PRIOR * PRIOR_PAIRS) / (len(others) + PRIOR_PAIRS))


def _unlisted(own: Mapping[str, float], absent: Mapping[str, float]) -> str:
    """The absent member whom a voice is as near to as a sure verdict wants, and nearer than to anybody else."""
    role = max(sorted(absent), key=absent.__getitem__, default="")
    if not role or absent[role] < SURE:
        return ""
    others = [*own.values(), *(score for other, score in absent.items() if other != role)]
    return role if absent[role] - max(others, default=-1.0) >= MARGIN else ""


def _pairs(scores: Sequence[Sequence[float]]) -> dict[int, int]:
    """Voice index to member index, the sum of the scores highest; a voice may stay with nobody."""
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
        return "likely", "not close enough to the profile"
    if own[role] - next_role < MARGIN:
        return "likely", "close to another member as well"
    if own[role] - rival < MARGIN:
        return "likely", "another voice is close to the same member"
    return "sure", "close to the profile, and to no other"


def _other_half(
    own: Mapping[str, float], halves: Mapping[str, Sequence[list[Interval]]], time: list[Interval], bar: float
) -> str:
    """The member whose second half a voice may be: alike, and never speaking at the same time."""
    role = max(own, key=own.__getitem__, default="")
    if not role or own[role] < bar or not halves[role]:
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
