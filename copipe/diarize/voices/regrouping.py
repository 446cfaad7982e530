"""Voices as a person has put them right: two that are one person made one, one that is two people made two.

A decision of kind "merge" (`about` is the voice that stays, `verdict` the one that joins it) or "split" (`about` is the
voice, `verdict` the new one). `detail` is the JSON text of the diarization it was made on, and of where each side
speaks: `{"source": key, "at": seconds (split), "spans": [[start, end], ...], "others": [[start, end], ...]}`. On
another diarization the sides are looked for by time: where it has them together, or apart, nothing is left to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from copipe.diarize.timeline import Interval, joined, shared
from copipe.errors import UsageError
from copipe.records import Decision, Segment, SpeakerTurn, Voice
from copipe.study import decisions as records_of
from copipe.texts import from_json

KINDS = ("merge", "split")
MAX_SPANS = 40  # the longest of each side; enough to find a voice again, and a line that can still be read
LEAST_SHARE = 0.5  # of a side's time that one voice must have in another diarization to be taken for it


@dataclass(frozen=True, slots=True)
class Regrouped:
    """A diarization with what a person decided of its voices, and the decisions that found no place in it."""

    segments: tuple[Segment, ...]
    speakers: tuple[SpeakerTurn, ...]
    voices: tuple[Voice, ...]
    unplaced: tuple[Decision, ...]


def merge(speakers: Sequence[SpeakerTurn], stays: str, joins: str, source: str, who: str) -> Decision:
    """The decision that the voices `stays` and `joins` are one person, who goes by `stays`."""
    detail = {"source": source, "spans": _spans(speakers, stays), "others": _spans(speakers, joins)}
    return records_of.decide(kind="merge", about=stays, verdict=joins, who=who, detail=json.dumps(detail))


def split(speakers: Sequence[SpeakerTurn], label: str, at: float, source: str, who: str) -> Decision:
    """The decision that `label` is somebody else from `at` seconds on. UsageError without speech on one side."""
    before = [(s, min(e, at)) for s, e in _speech(speakers, label) if s < at]
    after = [(max(s, at), e) for s, e in _speech(speakers, label) if e > at]
    if not before or not after:
        side = "before" if not before else "after"
        raise UsageError(f"{label} does not speak {side} that time.", "Choose a time between two of its samples.")
    new = _fresh(label, {t.label for t in speakers})
    detail = {"source": source, "at": at, "spans": _longest(before), "others": _longest(after)}
    return records_of.decide(kind="split", about=label, verdict=new, who=who, detail=json.dumps(detail))


def apply(
    segments: Sequence[Segment],
    speakers: Sequence[SpeakerTurn],
    voices: Sequence[Voice],
    decisions: Sequence[Decision],
    source: str,
) -> Regrouped:
    """The voices as decided, in the order of the decisions. A voice that was split has no embedding any more."""
    state = Regrouped(tuple(segments), tuple(speakers), tuple(voices), ())
    for decision in records_of.standing(decisions, *KINDS):
        detail = _detail(decision)
        exact = detail.get("source") == source
        done = (_merged if decision.kind == "merge" else _parted)(state, decision, detail, exact)
        state = done or replace(state, unplaced=(*state.unplaced, decision))
    return state


def _merged(state: Regrouped, decision: Decision, detail: Mapping[str, Any], exact: bool) -> Regrouped | None:
    stays, joins = decision.about, decision.verdict
    labels = {t.label for t in state.speakers} | {s.label for s in state.segments if s.label}
    if not exact or not {stays, joins} <= labels:
        found = (
            _speaking(state.speakers, _intervals(detail, "spans")),
            _speaking(state.speakers, _intervals(detail, "others")),
        )
        if not (found[0] and found[1]):
            return None
        stays, joins = found
    if stays == joins:
        return state
    kept = {v.label: v for v in state.voices}
    both = [kept[label] for label in (stays, joins) if label in kept]
    voices = [together(stays, both) if v.label == stays else v for v in state.voices if v.label != joins]
    return replace(
        state,
        segments=tuple(replace(s, label=stays) if s.label == joins else s for s in state.segments),
        speakers=tuple(replace(t, label=stays) if t.label == joins else t for t in state.speakers),
        voices=tuple(voices),
    )


def _parted(state: Regrouped, decision: Decision, detail: Mapping[str, Any], exact: bool) -> Regrouped | None:
    label, new, at = decision.about, decision.verdict, float(detail.get("at", 0.0))
    labels = {t.label for t in state.speakers}
    if not exact or label not in labels:
        before = _speaking(state.speakers, _intervals(detail, "spans"))
        after = _speaking(state.speakers, _intervals(detail, "others"))
        if not (before and after):
            return None
        if before != after:
            return state  # this diarization tells them apart by itself
        label = before
    if new in labels:
        new = _fresh(label, labels)
    speakers = tuple(sorted(_cut(state.speakers, label, new, at), key=lambda t: (t.start, t.end, t.exclusive, t.label)))
    seconds = {name: sum(e - s for s, e in _speech(speakers, name)) for name in (label, new)}
    voices: list[Voice] = []
    for voice in state.voices:
        if voice.label == label:  # its embedding is of both people
            voices += [Voice(name, (), min(seconds[name], voice.seconds)) for name in (label, new)]
        else:
            voices.append(voice)
    return replace(state, speakers=speakers, voices=tuple(voices))


def _cut(speakers: Sequence[SpeakerTurn], label: str, new: str, at: float) -> Iterator[SpeakerTurn]:
    for turn in speakers:
        if turn.label != label or turn.end <= at:
            yield turn
        elif turn.start >= at:
            yield replace(turn, label=new)
        else:
            yield replace(turn, end=at)
            yield replace(turn, start=at, label=new)


def together(label: str, voices: Sequence[Voice]) -> Voice:
    """The voice that several are together: the mean of their embeddings by their seconds, of unit length."""
    heard = [v for v in voices if v.embedding and v.seconds > 0]
    seconds = sum(v.seconds for v in voices)
    if not heard:
        return Voice(label, (), seconds)
    mean = [sum(v.seconds * v.embedding[k] for v in heard) for k in range(len(heard[0].embedding))]
    length = sum(x * x for x in mean) ** 0.5
    return Voice(label, tuple(x / length for x in mean) if length else (), seconds)


def _speaking(speakers: Sequence[SpeakerTurn], spans: Sequence[Interval]) -> str:
    """The voice with most of the spans' time, "" where none has half of it."""
    total = sum(end - start for start, end in spans)
    seconds = {label: shared(spans, _speech(speakers, label)) for label in sorted({t.label for t in speakers})}
    if not seconds or total <= 0:
        return ""
    label = max(seconds, key=seconds.__getitem__)
    return label if seconds[label] >= LEAST_SHARE * total else ""


def _speech(speakers: Sequence[SpeakerTurn], label: str) -> list[Interval]:
    own = [t for t in speakers if t.exclusive] or list(speakers)
    return joined([(t.start, t.end) for t in own if t.label == label], 0.0)


def _spans(speakers: Sequence[SpeakerTurn], label: str) -> list[list[float]]:
    return _longest(_speech(speakers, label))


def _longest(spans: Sequence[Interval]) -> list[list[float]]:
    kept = sorted(sorted(spans, key=lambda s: s[0] - s[1])[:MAX_SPANS])
    return [[round(start, 2), round(end, 2)] for start, end in kept]


def _fresh(label: str, taken: set[str]) -> str:
    """ "voice2b" for what is split off voice2; the next letter where there is one already."""
    letters = (chr(c) for c in range(ord("b"), ord("z") + 1))
    return next((f"{label}{c}" for c in letters if f"{label}{c}" not in taken), f"{label}-new")


def _detail(decision: Decision) -> dict[str, Any]:
    """The detail of a decision; nothing where a hand has spoilt it."""
    try:
        detail = from_json(decision.detail or "{}")
    except ValueError:
        return {}
    return detail if isinstance(detail, dict) else {}


def _intervals(detail: Mapping[str, Any], key: str) -> list[Interval]:
    try:
        return joined([(float(s), float(e)) for s, e in detail.get(key, [])], 0.0)
    except (TypeError, ValueError):
        return []
