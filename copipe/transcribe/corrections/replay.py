"""Replays a person's corrections over the words of a transcription: the overlay that outlives every rerun.

On the transcription that a correction was made on, word ids say where it goes. On another one it goes where the words
around it and the time agree; if the new engine already has what the person wrote, so much the better. What cannot be
placed surely is handed back, never lost and never put in the wrong place.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from copipe.records import Decision, Segment, Span, Word, WordId, word_id
from copipe.study.anchors import plain
from copipe.study.decisions import standing
from copipe.texts import from_json
from copipe.transcribe.corrections.placing import Evidence, NotFoundError, Scene, boundary, gap

LAST = 9999  # words inserted in one place that four digits can count; more are counted under the last


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A correction that has no sure place in this transcription, and why. Holds speech, in the decision."""

    decision: Decision
    why: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """Segments as corrected; the role of words that a person gave to somebody; and what could not be placed."""

    segments: tuple[Segment, ...]
    said_by: Mapping[WordId, str]
    unplaced: tuple[Unplaced, ...]


def apply(segments: Sequence[Segment], decisions: Sequence[Decision], source: str) -> Corrected:
    """The segments with the corrections among `decisions` that stand, replayed in order.

    `source` is the digest of the transcription that the segments are. Words that nobody touched are the same objects.
    """
    draft = _Draft(segments)
    unplaced = []
    for decision in standing(decisions, "words", "speaker"):
        try:
            _replay(draft, decision, source)
        except NotFoundError as error:
            unplaced.append(Unplaced(decision, str(error)))
    return Corrected(draft.segments(segments), draft.said_by, tuple(unplaced))


def not_yet_so(
    segments: Sequence[Segment], stored: Sequence[Decision], made: Sequence[Decision], source: str
) -> tuple[Decision, ...]:
    """Those of the corrections `made`, in their order, that change something after the `stored` ones.

    `segments` are as transcribed, `source` their digest, as for `apply`. What has no place is left out where the same
    is stored already.
    """
    draft = _Draft(segments)
    before = standing(stored, "words", "speaker")
    for decision in before:
        with suppress(NotFoundError):
            _replay(draft, decision, source)
    known = {_content(d) for d in before}
    new = []
    for decision in made:
        changed = draft.changed
        try:
            _replay(draft, decision, source)
            new.append(draft.changed > changed)
        except NotFoundError:
            new.append(_content(decision) not in known)
    # Insertions in one place are told apart by those before them, so they stay together.
    gaps = {d.span.last for d, fresh in zip(made, new, strict=True) if fresh and d.span and d.verdict == "insert"}
    return tuple(
        d
        for d, fresh in zip(made, new, strict=True)
        if fresh or (d.kind == "words" and d.verdict == "insert" and d.span and d.span.last in gaps)
    )


def _content(decision: Decision) -> tuple[object, ...]:
    """A correction without who made it, when and in which sitting."""
    detail = {k: v for k, v in from_json(decision.detail or "{}").items() if k != "session"}
    return decision.kind, decision.verdict, decision.span, decision.text, json.dumps(detail, sort_keys=True)


def _replay(draft: _Draft, decision: Decision, source: str) -> None:
    span = decision.span
    if span is None:
        raise NotFoundError("it names no words")
    detail = from_json(decision.detail or "{}")
    if decision.kind == "speaker":
        i, j = _moved(draft, span, detail) if span.source == source else _moved_anew(draft, span, detail)
        draft.give(i, j, decision.verdict)
    elif span.source == source:
        _reword(draft, decision, span, detail)
    else:
        _reword_anew(draft, decision, detail)


class _Draft:
    """The words as corrected so far; lists that run side by side, in order of speech and of id."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.words: list[Word] = [w for s in segments for w in s.words]
        self.ids: list[str] = [w.id for w in self.words]
        self.segment_of: list[int] = [k for k, s in enumerate(segments) for _ in s.words]
        self.starts: list[float] = []
        latest = float("-inf")
        for word in self.words:
            latest = latest if word.start is None else max(latest, word.start)
            self.starts.append(latest)
        self.said_by: dict[WordId, str] = {}
        self.used: set[WordId] = set()  # ids once given to inserted words: never given again, even if those went
        self.grown: set[WordId] = set()  # of the inserted, those by which a word or words became more of them
        self.settled: dict[str, set[WordId]] = {}  # by sitting, the words it has put
        self.changed = 0  # how often something became other than it was

    def scene(self, session: str = "") -> Scene:
        return Scene(self.words, self.settled.get(session, frozenset()), self.starts)

    def range(self, first: WordId, last: WordId) -> tuple[int, int]:
        return bisect_left(self.ids, first), bisect_right(self.ids, last)

    def give(self, i: int, j: int, role: str) -> None:
        """Words [i, j) are said by `role`."""
        if any(self.said_by.get(w.id) != role for w in self.words[i:j]):
            self.changed += 1
            self.said_by.update((w.id, role) for w in self.words[i:j])

    def put(self, i: int, j: int, new: Sequence[Word], segment: int, session: str) -> None:
        """Words [i, j) become `new`, which have their ids and times."""
        self.changed += 1
        self.settled.setdefault(session, set()).update(w.id for w in new)
        before = self.starts[i - 1] if i else float("-inf")
        starts = []
        for word in new:
            before = before if word.start is None else max(before, word.start)
            starts.append(before)
        self.words[i:j] = new
        self.ids[i:j] = [w.id for w in new]
        self.segment_of[i:j] = [segment] * len(new)
        self.starts[i:j] = starts

    def fresh_ids(self, i: int, count: int, meeting: str, after: WordId = "") -> list[WordId]:
        """Ids for `count` words to stand before word i: they sort after the word before it and before word i.

        `after` is a word that they follow, even if it is gone now, so that they do not count among what went with it.
        """
        parent = max(after, self.ids[i - 1] if i else word_id(meeting, 0))
        following = self.ids[i] if i < len(self.ids) else ""
        while following.startswith(parent + "."):
            parent += ".0000"
        ids: list[WordId] = []
        ordinal = 1
        while len(ids) < count:
            if ordinal > LAST:
                parent, ordinal = f"{parent}.{LAST}", 1
            fresh = f"{parent}.{ordinal:04d}"
            if fresh not in self.used:
                ids.append(fresh)
            ordinal += 1
        self.used.update(ids)
        return ids

    def segments(self, given: Sequence[Segment]) -> tuple[Segment, ...]:
        """The segments again, those without words left out; words put into an empty transcript make one."""
        kept = []
        for k, run in groupby(zip(self.segment_of, self.words, strict=True), key=lambda pair: pair[0]):
            words = tuple(w for _, w in run)
            if not given:
                kept.append(Segment(None, None, words))
            else:
                kept.append(given[k] if words == given[k].words else replace(given[k], words=words))
        return tuple(kept)


def _reword(draft: _Draft, decision: Decision, span: Span, detail: Mapping[str, Any]) -> None:
    """A correction of words on the transcription it was made on."""
    new = _words_of(decision, detail)
    if decision.verdict == "insert":
        following = str(detail.get("next", ""))
        low = bisect_right(draft.ids, span.first)
        i = bisect_left(draft.ids, following) if following else len(draft.ids)
        if not _there_already(draft, low, i, new, detail):
            _insert(draft, i, new, span.meeting, detail, span.first)
        return
    i, j = draft.range(span.first, span.last)
    following = str(detail.get("next", ""))
    while i < j < len(draft.ids) and draft.ids[j] in draft.grown and draft.ids[j].startswith(span.last + "."):
        if following and draft.ids[j] >= following:
            break  # whoever made this correction knew that word, and left it alone
        j += 1
    here = [w.text for w in draft.words[i:j]]
    if here == new:
        return
    theirs = [w.text for w in draft.words[i:j] if "." not in w.id or w.id in draft.grown]
    if new and theirs == new and here != detail.get("before", here):
        return  # it is so already, and somebody has put a word between since
    if i == j:
        raise NotFoundError("its words have been deleted since, or their insertion taken back")
    if here != detail.get("before", here) and all("." in draft.ids[k] for k in range(i, j)):
        raise NotFoundError("the inserted words have changed since")
    _replace(draft, i, j, new, span.meeting, detail)


def _there_already(draft: _Draft, low: int, high: int, new: Sequence[str], detail: Mapping[str, Any]) -> bool:
    """Whether another sitting has put the words `new` between the words low and high; they are then `role`'s."""
    role = str(detail.get("role", ""))
    same = draft.settled.setdefault(_session(detail), set())
    found = [
        k
        for k in range(low, high - len(new) + 1)
        if [w.text for w in draft.words[k : k + len(new)]] == new and not same.intersection(draft.ids[k : k + len(new)])
    ]
    if not found:
        return False
    k = next((k for k in found if draft.said_by.get(draft.ids[k]) == role), found[0])
    same.update(draft.ids[k : k + len(new)])  # so that the next insertion of this sitting is not taken for this one
    if role:
        draft.give(k, k + len(new), role)
    return True


def _reword_anew(draft: _Draft, decision: Decision, detail: Mapping[str, Any]) -> None:
    """The same on another transcription."""
    assert decision.span is not None
    evidence = _evidence(decision, detail)
    i, j = gap(draft.scene(_session(detail)), evidence)
    new, before = list(evidence.after), list(evidence.before)
    here = [w.text for w in draft.words[i:j]]
    if here == new:
        return
    # A note that the decision does not know stays: at the edges it is left out, in the middle nothing can be done.
    while i < j and draft.words[i].is_note and here != before:
        i, here = i + 1, here[1:]
    while i < j and draft.words[j - 1].is_note and here != before:
        j, here = j - 1, here[:-1]
    if here != before and any(w.is_note for w in draft.words[i:j]):
        raise NotFoundError("there is a note there now")
    if decision.verdict == "delete" and i == j:
        return
    if decision.verdict == "delete" and not _alike(here, before):
        raise NotFoundError("there are other words there now, which nobody has looked at")
    if i < j:
        _replace(draft, i, j, new, decision.span.meeting, detail)
    else:
        beside = draft.ids[i] if detail.get("with") and i < len(draft.ids) else ""
        _insert(draft, i, new, decision.span.meeting, {**detail, "with": beside})


def _alike(here: Sequence[str], before: Sequence[str]) -> bool:
    return [plain(t) for t in here] == [plain(t) for t in before]


def _evidence(decision: Decision, detail: Mapping[str, Any]) -> Evidence:
    def texts(key: str) -> tuple[str, ...]:
        return tuple(detail.get(key, ()))

    return Evidence(
        left=(texts("left"), texts("left_now")),
        right=(texts("right"), texts("right_now")),
        before=texts("before"),
        after=tuple(_words_of(decision, detail)),
        left_end=detail.get("from"),
        start=detail.get("start"),
        end=detail.get("end"),
        right_start=detail.get("to"),
    )


def _words_of(decision: Decision, detail: Mapping[str, Any]) -> list[str]:
    """The person's words; a note keeps its spaces, which `text` alone would not show."""
    return [str(w) for w in detail.get("words", decision.text.split())]


def _moved(draft: _Draft, span: Span, detail: Mapping[str, Any]) -> tuple[int, int]:
    i, j = draft.range(span.first, span.last)
    if i == j:
        raise NotFoundError("its words have been deleted since, or their insertion taken back")
    return i, j


def _moved_anew(draft: _Draft, span: Span, detail: Mapping[str, Any]) -> tuple[int, int]:
    def texts(key: str) -> tuple[str, ...]:
        return tuple(detail.get(key, ()))

    i = boundary(draft.scene(), texts("left"), texts("head"), span.start)
    j = boundary(draft.scene(), texts("tail"), texts("right"), span.end)
    if i >= j:
        raise NotFoundError("its beginning comes after its end here")
    return i, j


def _session(detail: Mapping[str, Any]) -> str:
    return str(detail.get("session", ""))


def _insert(
    draft: _Draft, i: int, new: Sequence[str], meeting: str, detail: Mapping[str, Any], after: WordId = ""
) -> None:
    """New words before word i. They take time and speaker of a neighbour: the word `with`, or the one before."""
    role, beside = str(detail.get("role", "")), str(detail.get("with", ""))
    at = bisect_left(draft.ids, beside) if beside else len(draft.ids)
    if at == len(draft.ids) or draft.ids[at] != beside:
        at = max(0, i - 1)
    near = draft.words[at] if draft.words else None
    start, end = (near.start, near.end) if near else (None, None)
    ids = draft.fresh_ids(i, len(new), meeting, after)
    who = role or (draft.said_by.get(near.id, "") if near else "")
    draft.said_by.update((fresh, who) for fresh in ids if who)
    words = [Word(fresh, start, end, text, 1.0) for fresh, text in zip(ids, new, strict=True)]
    draft.put(i, i, words, draft.segment_of[at] if near else 0, _session(detail))


def _replace(draft: _Draft, i: int, j: int, new: Sequence[str], meeting: str, detail: Mapping[str, Any]) -> None:
    """Words [i, j) become `new`: old ids and times one to one as far as they go, then those of the last old word.

    Times are not shared out finer than that: attribution goes by time, and each word is to stay with who said it.
    """
    old = draft.words[i:j]
    segment = draft.segment_of[i]
    ids = draft.ids[i:j][: len(new)]
    if len(new) > len(old):
        ids += draft.fresh_ids(j, len(new) - len(old), meeting)
        who = draft.said_by.get(old[-1].id, "")
        draft.said_by.update((fresh, who) for fresh in ids[len(old) :] if who)
        draft.grown.update(ids[len(old) :])
    words = []
    for k, text in enumerate(new):
        near = old[min(k, len(old) - 1)]
        words.append(Word(ids[k], near.start, near.end, text, 1.0))
    draft.put(i, j, words, segment, _session(detail))
