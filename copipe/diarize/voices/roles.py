"""Who a voice is: a person's decision, kept so that it still holds when a recording is diarized anew.

A diarization's labels mean nothing outside it, so a decision also keeps where in the recording the voice speaks, and in
another diarization it goes to the voice that speaks there. A speaker tag of an imported transcript stands for itself.

A decision of kind "voice": `about` is the label, `verdict` a role code, a visitor's code or `not-in-study`, `detail`
the JSON text `{"source": key of the diarization, "spans": [[start, end], ...]}`. It holds no speech.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from copipe.diarize.timeline import Interval, joined, overlaps, shared, without
from copipe.records import Decision, Mark, Segment, SpeakerTurn
from copipe.study import decisions as records_of
from copipe.texts import from_json

KIND = "voice"
MAX_SPANS = 40  # the longest; enough to find a voice again, and a line that can still be read
LEAST_SHARE = 0.5  # of a decision's time that one voice must have in another diarization to be taken for the same
JOIN = 0.5  # seconds between two turns of a voice that make one stretch to listen to
SAMPLE = (4.0, 12.0)  # seconds; long enough to know somebody by, short enough to read


@dataclass(frozen=True, slots=True)
class Roles:
    """Role code by voice label, and the decisions that no voice of this diarization answers to."""

    by_label: Mapping[str, str]
    unplaced: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A stretch in which one voice speaks alone. `text` is raw speech: private, for display only."""

    start: float | None
    end: float | None
    text: str


@dataclass(frozen=True, slots=True)
class _Claim:
    """A decision that fits a voice, for so many seconds of that voice's speech."""

    decision: Decision
    label: str
    seconds: float


def assignment(
    speakers: Sequence[SpeakerTurn], label: str, verdict: str, source: str, who: str, text: str = ""
) -> Decision:
    """The decision that `label` of the diarization `source` is `verdict`. `text` is a remark of the person's."""
    spans = sorted(sorted(_speech(speakers, label), key=lambda s: s[0] - s[1])[:MAX_SPANS])
    detail = {"source": source, "spans": [[round(start, 2), round(end, 2)] for start, end in spans]}
    return records_of.decide(
        kind=KIND, about=label, verdict=verdict, who=who, text=text, detail=json.dumps(detail, sort_keys=True)
    )


def resolve(
    segments: Sequence[Segment], speakers: Sequence[SpeakerTurn], decisions: Sequence[Decision], source: str
) -> Roles:
    """Which voice is whom, by the decisions that stand (in the order they were made).

    Of two about one voice of one diarization the later counts. In another diarization than its own a decision goes to
    the voice with most of its time, if that is half of it or more; of two that want one voice, the one with more of it,
    and the other is listed. What was decided looking at this diarization comes before what was carried over.
    """
    latest: dict[tuple[str, str], Decision] = {}
    for decision in records_of.standing(decisions, KIND):
        key = (_detail(decision)[0], decision.about)
        latest.pop(key, None)
        latest[key] = decision
    groups: dict[str, list[Decision]] = {}
    for (made_for, _), decision in latest.items():
        made_for_group = groups.pop(made_for, [])
        groups[made_for] = [*made_for_group, decision]  # ends up ordered by the last decision of each
    voices = {label: _speech(speakers, label) for label in sorted({t.label for t in speakers})}
    tags = {s.label for s in segments if s.label}
    by_label: dict[str, str] = {}
    unplaced: list[Decision] = []
    newest: dict[str, str] = {}  # verdict: when it was last decided and found its voice
    for made_for in sorted(groups, key=lambda g: g == source):  # stable: this diarization's own come last and win
        placed, lost = _fitted(groups[made_for], voices, tags, exact=made_for == source)
        for label, decision in placed.items():
            by_label[label] = decision.verdict
            newest[decision.verdict] = max(decision.when, newest.get(decision.verdict, ""))
        unplaced += lost
    # Somebody who has been given a voice since needs no second look at the decision that lost its own.
    missing = [d for d in unplaced if d.when >= newest.get(d.verdict, "")]
    return Roles(by_label, tuple(sorted(missing, key=lambda d: d.when)))


def samples(
    segments: Sequence[Segment],
    speakers: Sequence[SpeakerTurn],
    label: str,
    n: int = 3,
    marks: Sequence[Mark] = (),
) -> tuple[Sample, ...]:
    """Up to `n` clear samples of a voice in order of time, spread over the meeting.

    The longest stretches of 4 to 12 s in which nobody else speaks and no word is marked suspect; shorter ones where
    there are not enough. Of a speaker tag without times, the longest things said.
    """
    own = [t for t in speakers if t.exclusive and t.label == label]
    if not own and not any(t.label == label for t in speakers):
        return _tagged_samples(segments, label, n)
    clear = without(
        joined(_speech(speakers, label), JOIN),
        joined([*overlaps([t for t in speakers if not t.exclusive]), *_suspect(segments, marks)], 0.0),
    )
    others = joined([(t.start, t.end) for t in speakers if t.label != label], 0.0)
    pieces = [piece for start, end in without(clear, others) for piece in _cut(start, end)]
    spoken = [Sample(start, end, _text(segments, start, end)) for start, end in _spread(pieces, n)]
    return tuple(sorted(spoken, key=lambda s: s.start or 0.0))


def _fitted(
    made: Sequence[Decision], voices: Mapping[str, Sequence[Interval]], tags: set[str], exact: bool
) -> tuple[dict[str, Decision], list[Decision]]:
    """Which decision of one diarization each voice of this one takes, and those that fit none."""
    best: dict[str, _Claim] = {}
    lost: list[Decision] = []
    for decision in made:
        claim = _claim(decision, voices, tags, exact)
        if claim is None:
            lost.append(decision)
            continue
        rival = best.get(claim.label)
        if rival is None:
            best[claim.label] = claim
        elif rival.decision.verdict != claim.decision.verdict:
            winner, loser = (claim, rival) if claim.seconds > rival.seconds else (rival, claim)
            best[claim.label] = winner
            lost.append(loser.decision)
    return {label: claim.decision for label, claim in best.items()}, lost


def _claim(decision: Decision, voices: Mapping[str, Sequence[Interval]], tags: set[str], exact: bool) -> _Claim | None:
    _, spans = _detail(decision)
    total = sum(end - start for start, end in spans)
    if decision.about in tags and not spans:
        return _Claim(decision, decision.about, 0.0)
    if exact and decision.about in voices:
        return _Claim(decision, decision.about, total)
    seconds = {label: shared(spans, speech) for label, speech in voices.items()}
    if not seconds or total <= 0:
        return None
    label = max(seconds, key=seconds.__getitem__)
    return _Claim(decision, label, seconds[label]) if seconds[label] >= LEAST_SHARE * total else None


def _detail(decision: Decision) -> tuple[str, list[Interval]]:
    """(source, spans) of a decision; nothing where a hand has spoilt it."""
    try:
        detail = from_json(decision.detail or "{}")
        return str(detail.get("source", "")), joined(((float(s), float(e)) for s, e in detail.get("spans", [])), 0.0)
    except (ValueError, TypeError, AttributeError):
        return "", []


def _speech(speakers: Sequence[SpeakerTurn], label: str) -> list[Interval]:
    """When a voice speaks: disjoint, in order; by the exclusive reading where there is one."""
    own = [t for t in speakers if t.exclusive] or list(speakers)
    return joined([(t.start, t.end) for t in own if t.label == label], 0.0)


def _suspect(segments: Sequence[Segment], marks: Sequence[Mark]) -> list[Interval]:
    spans = [(m.first, m.last) for m in marks if m.kind in ("suspect", "inaudible")]
    return [
        (w.start, w.end)
        for s in segments
        for w in s.words
        if w.start is not None and w.end is not None and any(first <= w.id <= last for first, last in spans)
    ]


def _cut(start: float, end: float) -> list[Interval]:
    """A long stretch in equal pieces of 12 s at most."""
    count = -(-(end - start) // SAMPLE[1])
    step = (end - start) / max(1.0, count)
    return [(start + i * step, start + (i + 1) * step) for i in range(int(count))]


def _spread(pieces: Sequence[Interval], n: int) -> list[Interval]:
    """`n` of the pieces: the longest of each nth of the voice's time, then the longest that are left."""
    if not pieces or n < 1:
        return []

    def length(piece: Interval) -> float:
        return piece[1] - piece[0]

    first, last = pieces[0][0], max(end for _, end in pieces)
    width = max(1e-9, (last - first) / n)
    chosen: list[Interval] = []
    for i in range(n):
        low, high = first + i * width, first + (i + 1) * width
        part = [p for p in pieces if low <= sum(p) / 2 < high and length(p) >= SAMPLE[0]]
        chosen += sorted(part, key=length)[-1:]
    rest = sorted((p for p in pieces if p not in chosen), key=length, reverse=True)
    return chosen + rest[: n - len(chosen)]


def _text(segments: Sequence[Segment], start: float, end: float) -> str:
    said = [
        w.text
        for s in segments
        for w in s.words
        if w.start is not None and w.end is not None and start <= (w.start + w.end) / 2 < end and w.text
    ]
    return " ".join(said)


def _tagged_samples(segments: Sequence[Segment], label: str, n: int) -> tuple[Sample, ...]:
    own = [(i, s) for i, s in enumerate(segments) if s.label == label]
    longest = sorted(sorted(own, key=lambda pair: -len(pair[1].words))[:n])
    return tuple(Sample(s.start, s.end, " ".join(w.text for w in s.words[:40] if w.text)) for _, s in longest)
