"""What stands of each code at each passage: candidates of the machine, and what a person made of them.

A decision is about a code and a passage. Of two about the same passage (they share at least half of the shorter one)
the later counts. Where a person has decided, the machine does not ask again: a candidate is left with the words that no
decision covers, and only if evidence of its own lies among them, so that a rejected passage does not come back a word
wider. Decisions are filed under a code's key or one of its aliases.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from copipe.code.codebook.codebook import renamed
from copipe.records import Candidate, Codebook, Coding, Decision, Evidence, Span, Turn, Word, WordId
from copipe.study import anchors, decisions
from copipe.texts import from_json

KIND = "coding"
VERDICTS = ("accept", "reject", "add")  # "add": a passage that a person found or bounded
NO_SEED = ("meaning", "learned")  # kinds of evidence of passages that no seed proposes
LEAST = 3  # words of what is left of a candidate; fewer are the edge of a passage that was decided, and no new one

Place = tuple[int, int]  # half-open range of indices in the words of a meeting


@dataclass(frozen=True, slots=True)
class Codings:
    """All codings of a meeting in order of speech, then of the codebook; and decisions without a place, each with why.

    Why is told without speech. Spans are those of the transcription that was asked about. `looked` are the code and
    place of every decision that counts, those that a later one took the place of included: a person has been there.
    """

    codings: tuple[Coding, ...]
    unplaced: tuple[tuple[Decision, str], ...] = ()
    looked: tuple[tuple[str, Place], ...] = ()

    @property
    def accepted(self) -> tuple[Coding, ...]:
        """What a person accepted or added."""
        return tuple(c for c in self.codings if c.status == "accepted")

    @property
    def rejected(self) -> tuple[Coding, ...]:
        """What a person rejected."""
        return tuple(c for c in self.codings if c.status == "rejected")

    @property
    def open(self) -> tuple[Coding, ...]:
        """Candidates that nobody has decided on."""
        return tuple(c for c in self.codings if c.status == "candidate")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A decision that has a place."""

    decision: Decision
    code: str
    place: Place


def codings(
    meeting: str,
    turns: Sequence[Turn],
    candidates: Sequence[Candidate],
    decided: Sequence[Decision],
    codebook: Codebook,
    source: str,
    coder: str = "",
) -> Codings:
    """What stands of the codes in a meeting, by the decisions of its file (those undone and of other kinds included).

    `turns` are anonymised and in order of speech, `source` is the digest of their transcription. With `coder` only what
    that person decided counts, as a second coder who works blind sees it; without, everybody's but what was decided
    blind (`is_blind`).
    """
    words = [word for turn in turns for word in turn.words]
    known = renamed(codebook)
    placed: list[_Placed] = []
    unplaced: list[tuple[Decision, str]] = []
    for decision in relevant(decided, coder):
        found = _find(decision, known, words, source)
        if isinstance(found, str):
            unplaced.append((decision, found))
        else:
            placed.append(found)
    spoken_by = _roles(turns)
    made = [
        *_decided(meeting, placed, candidates, known, words, source, spoken_by),
        *_still_open(meeting, placed, candidates, known, words, source, spoken_by),
    ]
    order = {code.key: n for n, code in enumerate(codebook.codes)}
    made.sort(key=lambda c: (c.span.first, order.get(c.code, len(order)), c.span.last, c.status))
    return Codings(tuple(made), tuple(unplaced), tuple((p.code, p.place) for p in placed))


def is_near(coding: Coding) -> bool:
    """An open candidate that no seed proposes: near the code in meaning, or like what was accepted."""
    return coding.status == "candidate" and bool(coding.evidence) and all(e.kind in NO_SEED for e in coding.evidence)


def relevant(decided: Sequence[Decision], coder: str = "") -> tuple[Decision, ...]:
    """The standing coding decisions of `coder`; of everybody who did not code blind, without one."""
    made = decisions.standing(decided, KIND)
    return tuple(d for d in made if (d.who == coder if coder else not is_blind(d)))


def is_blind(decision: Decision) -> bool:
    """Whether it was made by a second coder who did not see the others' decisions: kept apart from the study's."""
    return bool(detail(decision).get("blind"))


def detail(decision: Decision) -> Mapping[str, Any]:
    """What a decision keeps beside its verdict: session, what it replaces, whether it was made blind."""
    try:
        found = from_json(decision.detail or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def same_passage(one: Place, other: Place) -> bool:
    """Whether two places are the same passage: they share at least half of the shorter one.

    >>> same_passage((0, 10), (4, 30)), same_passage((0, 10), (8, 30))
    (True, False)
    """
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared > 0 and 2 * shared >= min(one[1] - one[0], other[1] - other[0])


def _find(decision: Decision, known: Mapping[str, str], words: Sequence[Word], source: str) -> _Placed | str:
    """Where a decision lies, or why it lies nowhere."""
    if decision.about not in known:
        return f"the codebook has no code {decision.about!r}, nor an alias of that name"
    if decision.verdict not in VERDICTS:
        return f"{decision.verdict!r} is no verdict on a code"
    if decision.span is None:
        return "it names no passage"
    place = anchors.place(decision.span, words, source)
    if place is None:
        return "its words are not in the transcript as it is now"
    if not any(word.text for word in words[slice(*place)]):
        return "nothing of its passage may be shown now"
    return _Placed(decision, known[decision.about], place)


def _decided(
    meeting: str,
    placed: Sequence[_Placed],
    candidates: Sequence[Candidate],
    known: Mapping[str, str],
    words: Sequence[Word],
    source: str,
    spoken_by: Mapping[WordId, str],
) -> Iterator[Coding]:
    proposed: dict[str, list[tuple[Place, Candidate]]] = {}
    for candidate in candidates:
        if place := anchors.place(candidate.span, words, source):
            proposed.setdefault(known.get(candidate.code, candidate.code), []).append((place, candidate))
    standing: dict[str, list[_Placed]] = {}
    for later in placed:
        of_code = standing.setdefault(later.code, [])
        of_code[:] = [p for p in of_code if not same_passage(p.place, later.place)]
        of_code.append(later)
    for item in (p for of_code in standing.values() for p in of_code):
        low, high = item.place
        behind = [c for place, c in proposed.get(item.code, ()) if place[0] < high and low < place[1]]
        first, last = words[low].id, words[high - 1].id
        yield Coding(
            span=anchors.span(meeting, words[low:high], source),
            code=item.code,
            role=role_of(words[low:high], spoken_by),
            status="rejected" if item.decision.verdict == "reject" else "accepted",
            score=max((c.score for c in behind), default=0.0),
            evidence=tuple(e for c in behind for e in c.evidence if first <= e.first and e.last <= last),
            who=item.decision.who,
            when=item.decision.when,
            decision=item.decision.id,
        )


def _still_open(
    meeting: str,
    placed: Sequence[_Placed],
    candidates: Sequence[Candidate],
    known: Mapping[str, str],
    words: Sequence[Word],
    source: str,
    spoken_by: Mapping[WordId, str],
) -> Iterator[Coding]:
    """Candidates, less what a decision covers (one that a later one replaced included: a person has been there)."""
    covered: dict[str, list[Place]] = {}
    for item in placed:
        covered.setdefault(item.code, []).append(item.place)
    for candidate in candidates:
        place = anchors.place(candidate.span, words, source)
        if place is None:
            continue
        code = known.get(candidate.code, candidate.code)
        whole = Coding(candidate.span, code, candidate.role, "candidate", candidate.score, candidate.evidence)
        decided_on = [c for c in covered.get(code, ()) if c[0] < place[1] and place[0] < c[1]]
        if not decided_on:
            yield whole
            continue
        for low, high in _left(place, decided_on):
            part = words[low:high]
            evidence = _within(candidate.evidence, part)
            if evidence and sum(bool(w.text) for w in part) >= LEAST:
                span = anchors.span(meeting, part, source)
                yield replace(whole, span=span, evidence=evidence, role=role_of(part, spoken_by) or candidate.role)


def _left(place: Place, covers: Sequence[Place]) -> Iterator[Place]:
    """The stretches of `place` outside all of `covers`."""
    at = place[0]
    for low, high in sorted(covers):
        if low > at:
            yield at, min(low, place[1])
        at = max(at, high)
    if at < place[1]:
        yield at, place[1]


def _within(evidence: Sequence[Evidence], part: Sequence[Word]) -> tuple[Evidence, ...]:
    return tuple(e for e in evidence if part[0].id <= e.first and e.last <= part[-1].id)


def _roles(turns: Sequence[Turn]) -> dict[WordId, str]:
    return {word.id: turn.role for turn in turns for word in turn.words}


def role_of(words: Sequence[Word], spoken_by: Mapping[WordId, str]) -> str:
    """Whose passage it is: who says most of its words; of two that say as many the first.

    >>> role_of([], {})
    ''
    """
    said = Counter(spoken_by.get(word.id, "") for word in words if word.text)
    return said.most_common(1)[0][0] if said else ""


def new_decision(
    span: Span,
    code: str,
    verdict: Literal["accept", "reject", "add"],
    who: str,
    *,
    session: str = "",
    replaces: str = "",
    blind: bool = False,
    text: str = "",
) -> Decision:
    """A decision on a code at a passage, made now. `replaces` is the id of one that it takes the place of."""
    told: dict[str, object] = {"session": session, "replaces": replaces, "blind": blind}
    said = json.dumps({k: v for k, v in told.items() if v}, sort_keys=True)
    return decisions.decide(kind=KIND, about=code, verdict=verdict, who=who, span=span, text=text, detail=said)
