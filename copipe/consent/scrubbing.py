"""Decisions without the words of somebody whose words have to go: the one time that lines leave a file of decisions.

What says whose a voice or a passage is stays: it is what keeps those words out. It keeps no speech.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from copipe import holding
from copipe.consent.quoting import Quotes
from copipe.pipeline.attribution import Stretch
from copipe.pipeline.context import Context
from copipe.records import Decision, Segment, Span, WordId
from copipe.study import decisions as records_of
from copipe.study import vault
from copipe.study.store import from_lines
from copipe.study.study import Meeting
from copipe.texts import from_json

# Words beside a passage within which a correction may quote it, to find its place again: it takes the next three, not
# counting those deleted in between.
NEAR = 40
LEEWAY = 0.5  # seconds by which two transcriptions differ about when something was said
CONTEXT = ("left", "right", "left_now", "right_now", "head", "tail")  # of a correction's detail: what stands beside it
TEXTS = ("words", "speaker")  # kinds that hold speech


@dataclass(frozen=True, slots=True)
class Scope:
    """What has to go of a meeting: `stretches` of the transcription `source`, `near` them what may quote them.

    `times` (seconds) are when those words were said, for decisions on another transcription.
    """

    meeting: str
    source: str
    stretches: Sequence[Stretch]
    near: Sequence[Stretch]
    times: Sequence[tuple[float, float]]
    gone: Quotes

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(s.role for s in self.stretches)

    def holds(self, word: WordId) -> bool:
        """Whether a word of the transcription is among them."""
        return any(s.holds(word) for s in self.stretches)

    def has(self, span: Span) -> bool:
        """Whether a span is of those words and no others."""
        if span.source == self.source:
            return any(s.first <= span.first and span.last <= s.last for s in self.stretches)
        if span.start is None or span.end is None:
            return False
        return any(start <= span.start and span.end <= end for start, end in self.times)


def decisions(context: Context, meeting: Meeting, stretches: Sequence[Stretch], gone: Quotes) -> int:
    """Scrub every file of decisions of what concerns the words in `stretches`; how many decisions were dropped."""
    scope = _scope(context, meeting, stretches, gone)
    dropped = 0
    for path in files(context):
        with holding.writing(context.study.private):  # a decision that is added meanwhile must not be lost
            made = records_of.read(path)
            kept = [_scrubbed(d, scope) for d in made]
            if tuple(kept) != made:
                records_of.rewrite(path, [d for d in kept if d is not None])
                dropped += kept.count(None)
    return dropped


def files(context: Context) -> list[Path]:
    """Every file of decisions of a study, sealed ones by the name that they have when they are not."""
    private, public = context.study.private_decisions, context.study.decisions
    return sorted({*vault.files(private, "*.jsonl"), *private.rglob("*.jsonl"), *public.rglob("*.jsonl")})


def concerned(context: Context, meeting: Meeting, stretches: Sequence[Stretch], gone: Quotes) -> int:
    """How many decisions `decisions` would drop."""
    scope = _scope(context, meeting, stretches, gone)
    return sum(_scrubbed(d, scope) is None for path in files(context) for d in records_of.read(path))


def was_scrubbed(decision: Decision) -> bool:
    """Whether a decision has lost what was quoted beside it, or how its passage would be known: its id is older."""
    detail = _detail(decision)
    bare = decision.span is not None and not decision.span.digest
    return bare or any(key in detail and not detail[key] for key in CONTEXT)


def _scrubbed(decision: Decision, scope: Scope) -> Decision | None:
    """A decision without those words, None where nothing is left of it; the same where it has none of them."""
    span = decision.span
    if span is None or span.meeting != scope.meeting:
        return decision
    if decision.kind in TEXTS:
        return _correction(decision, span, scope)
    if scope.has(span):
        return None
    partly = span.source == scope.source and _overlaps(span, scope.stretches)
    return replace(decision, span=replace(span, digest="")) if partly and span.digest else decision


def _correction(decision: Decision, span: Span, scope: Scope) -> Decision | None:
    if span.source != scope.source:  # of another transcription: its ids say nothing here, so whatever may quote goes
        theirs = scope.has(span) or " ".join([decision.text, decision.detail]) in scope.gone
        return None if theirs and decision.kind == "words" else _without_context(decision)
    if decision.kind == "words":
        detail = _detail(decision)
        role, beside = str(detail.get("role", "")), str(detail.get("with", ""))
        of_others = decision.verdict == "insert" and bool(role or (beside and not scope.holds(beside)))
        if role in scope.roles or (_overlaps(span, scope.stretches) and not of_others):
            return None
    elif scope.has(span) and _inserted(span.first) and _inserted(span.last):
        return None  # of words that a person had put in, and that go
    return _without_context(decision) if _overlaps(span, scope.near) else decision


def _without_context(decision: Decision) -> Decision:
    """Only its own words are left, if it has any; in another transcription it may find no place."""
    detail = _detail(decision)
    quoted = [key for key in CONTEXT if detail.get(key)]
    span = decision.span
    bare = replace(span, digest="") if span is not None and decision.verdict not in ("replace", "delete") else span
    if not quoted and bare == span:
        return decision
    kept = {key: [] if key in quoted else value for key, value in detail.items()}
    return replace(decision, span=bare, detail=json.dumps(kept, ensure_ascii=False))


def _scope(context: Context, meeting: Meeting, stretches: Sequence[Stretch], gone: Quotes) -> Scope:
    artifact = context.current(context.private, meeting.code, "words")
    if artifact is None:
        return Scope(meeting.code, "", stretches, stretches, (), gone)
    words = [w for s in from_lines(context.private.lines(artifact) or [], Segment) for w in s.words]
    ids = [w.id for w in words]
    near, times = [], []
    for stretch in stretches:
        low, high = bisect_left(ids, stretch.first), bisect_right(ids, stretch.last)
        first = ids[max(low - NEAR, 0)] if ids else stretch.first
        # "~" sorts after digits and dots: what was inserted behind the last word is near, too
        last = ids[min(high + NEAR, len(ids)) - 1] + "~" if ids else stretch.last
        near.append(Stretch(min(first, stretch.first), max(last, stretch.last), stretch.role))
        starts = [w.start for w in words[low:high] if w.start is not None]
        ends = [w.end for w in words[low:high] if w.end is not None]
        if starts and ends:
            times.append((min(starts) - LEEWAY, max(ends) + LEEWAY))
    return Scope(meeting.code, artifact.digest, stretches, near, times, gone)


def _inserted(word: WordId) -> bool:
    return "." in word.rpartition(":")[2]


def _overlaps(span: Span, stretches: Sequence[Stretch]) -> bool:
    return any(s.first <= span.last and span.first <= s.last for s in stretches)


def _detail(decision: Decision) -> dict[str, Any]:
    try:
        detail = from_json(decision.detail or "{}")
    except ValueError:
        return {}
    return detail if isinstance(detail, dict) else {}
