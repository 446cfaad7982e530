"""Passages in which somebody seems to tell a story, proposed with the cues that speak for it; a person decides.

A story has a teller who keeps the floor, an orientation (when, where, who), events in the past one after another, and
often what people said (Labov and Waletzky 1967; "small stories" are told in a few sentences, Georgakopoulou 2007). So
each sentence is given points for such cues, and a story is a run of sentences whose points lie above what talk of
business has. Which weights and thresholds: benchmarks/stories.py, on passages that were labelled by hand.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from copipe.code.codings import Place, same_passage
from copipe.code.tokens import fold
from copipe.code.units import sentences
from copipe.records import Decision, Evidence, Story, Turn, Word
from copipe.study import anchors

VERSION = 2
KIND = "story"  # of decisions: choose or reject, about = key of a purpose or ""
SHORTEST = 45  # words: some fifteen seconds of telling
ASIDE = 8  # words that another may put in ("mm", "really?") without taking the floor
LEAST = 0.45  # score below which nothing is proposed
BASE = 1.0  # points that a sentence of business talk has; what lies above it is for a story

_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_CUES = (
    ("orientation", 2.0, (  # when and where it was: what opens a story
        r"the other (day|week|night|morning)",
        rf"last (week|month|year|night|summer|winter|{_DAYS})",
        r"yesterday|(years?|months?|weeks?|days) (ago|back)|back (then|when|in)|at the time|once upon",
        r"i remember|used to be",
        r"one (day|time|night|morning|afternoon)|in my (last|old|first|previous)",
        r"there was (a|an|this|one)|(i|we) had (a|this|one)|this (woman|man|lady|guy|chap|patient|nurse)",
        r"when (i|we) (was|were|first|started|went|came|did|worked|had)",
        r"(i was|we were) (on|at|in|with|working|sitting|walking|talking|standing|driving)",
    )),
    ("sequence", 1.2, (  # one event after another
        r"and then|then (i|we|he|she|they|it)|after (that|a while|which)|next (thing|day|morning)",
        r"so (i|he|she|they) (said|went|got|just|had|was|thought|asked|told|rang|phoned)",
        r"and (he|she|they) (said|went|had|was|were|came|got|just)|and there (was|were)",
        r"eventually|in the end|suddenly|all of a sudden|it turned out|turns out",
    )),
    ("reported speech", 1.4, (  # what people said
        r"(i|he|she|they|we|who|somebody|someone|people) (said|says|told|asked|went|goes|replied|thought)",
        r"(was|were|is|am) like|saying|said (to|that|oh|well|no|yes|i|you|we)|(told|asked) (me|him|her|us|them)",
    )),
    ("evaluation", 1.0, (  # what it meant
        r"i('ll| will)? never forget|i couldn't believe|you wouldn't believe|it made me|the worst|the best",
        r"it was (so|really|just|quite|very|such)",
        r"it was (awful|horrible|terrible|amazing|brilliant|dreadful|lovely|funny|scary)",
        r"i (was|felt) (so|really|quite|very|absolutely|just|shocked|amazed|horrified|upset|angry|furious|mortified)",
    )),
)  # fmt: skip
PLAN = 1.0  # points off a sentence of what might be, or is to be
_PLANS = re.compile(
    r"\b(would|wouldn't|could be|should|shouldn't|will|won't|gonna|going to|if|let's|may|might|i'll|we'll|you'd)\b"
)
CUES = tuple((name, weight, re.compile(rf"\b(?:{'|'.join(patterns)})\b")) for name, weight, patterns in _CUES)
_PAST = frozenset(
    "was were had did went came said told got took gave saw knew thought felt left found made heard kept lost met "
    "paid put ran sat sent spoke stood stopped brought bought began became broke caught chose drove fell flew "
    "forgot grew held hit led let meant read rang sang slept threw understood woke wore won wrote couldn't wasn't "
    "weren't didn't hadn't".split()
)
_FIRST = frozenset("i me my mine myself i'd i'm we us our".split())
_OTHERS = frozenset("he she him her his hers they them their somebody someone".split())


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence of a floor: its words, points, and which cues it has."""

    words: tuple[Word, ...]
    role: str
    spoken: int
    points: float
    cues: tuple[str, ...]


def propose(meeting: str, turns: Sequence[Turn], source: str, least: float = LEAST) -> tuple[Story, ...]:
    """Passages of anonymised `turns` that look like stories, in order of speech, with their score and cues.

    `source` is the digest of the transcription whose word ids they have; `least` the score from which
    one is proposed. A story's purpose is left to be said.
    """
    found = []
    for floor in _floors(turns):
        for run in _runs(floor):
            words = [w for s in run for w in s.words]
            teller = max({s.role for s in run}, key=lambda r: sum(s.spoken for s in run if s.role == r))
            spoken = sum(s.spoken for s in run)
            value = _score(run, spoken)
            if spoken < SHORTEST or value < least:
                continue
            span = anchors.span(meeting, words, source)
            seconds = None if span.start is None or span.end is None else span.end - span.start
            evidence = tuple(Evidence("cue", cue, s.words[0].id, s.words[-1].id) for s in run for cue in s.cues)
            found.append(Story(span, teller, round(value, 3), evidence, "", seconds))
    return tuple(sorted(found, key=lambda story: story.span.first))


def choose(
    found: Sequence[Story], turns: Sequence[Turn], decisions: Sequence[Decision], source: str
) -> tuple[tuple[Story, Decision | None], ...]:
    """The stories to show, in order of speech, each with the decision that chose it (None: a candidate).

    `decisions` are a meeting's standing ones, of which kind "story" counts; the later of two about the same passage
    holds. A rejected candidate is left out. A chosen passage stays with its purpose, proposed or not, as long as its
    words are there.
    """
    words = [word for turn in turns for word in turn.words]
    ids = [word.id for word in words]
    said: list[tuple[Place, Decision]] = []
    for decision in decisions:
        place = anchors.place(decision.span, words, source) if decision.kind == KIND and decision.span else None
        if place is not None and any(word.text for word in words[slice(*place)]):
            said = [(at, other) for at, other in said if not same_passage(at, place)] + [(place, decision)]
    shown: list[tuple[Story, Decision | None]] = []
    proposed = [((bisect_left(ids, s.span.first), bisect_right(ids, s.span.last)), s) for s in found]
    shown += [(s, None) for at, s in proposed if not any(same_passage(at, place) for place, _ in said)]
    for place, decision in said:
        if decision.verdict != "choose":
            continue
        span = anchors.span(decision.span.meeting if decision.span else "", words[slice(*place)], source)
        near = [story for at, story in proposed if same_passage(at, place)]
        if near:
            shown.append((replace(near[0], span=span, purpose=decision.about), decision))
            continue
        at = place[0]
        teller = next(turn.role for turn in turns if turn.words and turn.words[-1].id >= ids[at])
        seconds = None if span.start is None or span.end is None else span.end - span.start
        shown.append((Story(span, teller, 0.0, (), decision.about, seconds), decision))
    return tuple(sorted(shown, key=lambda item: item[0].span.first))


def _floors(turns: Sequence[Turn]) -> Iterator[list[_Sentence]]:
    """What one speaker says without another taking the floor; asides of others are in it."""
    holder, floor = "", list[_Sentence]()
    for turn in turns:
        said = [_sentence(turn, unit.first, unit.last) for unit in sentences(turn)]
        spoken = sum(s.spoken for s in said)
        if turn.role == holder or (holder and turn.role and spoken <= ASIDE):
            floor += said
            continue
        if floor:
            yield _without_trailing_asides(floor, holder)
        holder, floor = turn.role, said
    if floor:
        yield _without_trailing_asides(floor, holder)


def _without_trailing_asides(floor: list[_Sentence], holder: str) -> list[_Sentence]:
    while floor and floor[-1].role != holder:
        floor.pop()
    return floor


def _sentence(turn: Turn, first: int, last: int) -> _Sentence:
    words = turn.words[first : last + 1]
    said = [f for w in words if w.text and not w.is_note for f in fold(w.text)]
    text = " ".join(w.text for w in words if w.text).casefold().replace("’", "'")
    cues = tuple(name for name, _, pattern in CUES if pattern.search(text))
    points = sum(weight for name, weight, _ in CUES if name in cues)
    if said:
        past = sum(w in _PAST or (len(w) > 4 and w.endswith("ed")) for w in said) / len(said)
        first_person = sum(w in _FIRST for w in said) / len(said)
        others = sum(w in _OTHERS for w in said) / len(said)
        points += 12 * min(past, 0.25) + 5 * min(first_person, 0.2) + 5 * min(others, 0.2)
        points -= PLAN * bool(_PLANS.search(text))
        cues += ("past tense",) if past >= 0.08 else ()
        cues += ("first person",) if first_person >= 0.08 else ()
    return _Sentence(words, turn.role, len(said), points, cues)


def _runs(floor: Sequence[_Sentence]) -> Iterator[list[_Sentence]]:
    """Runs of sentences whose points, less BASE for each, add up to a maximum; sentences count by their length."""
    pending = [list(floor)]
    while pending:
        part = pending.pop()
        best, low, total, start = 0.0, -1, 0.0, 0
        high = -1
        for n, s in enumerate(part):
            if total <= 0:
                total, start = 0.0, n
            total += (s.points - BASE) * min(s.spoken, 30)
            if total > best:
                best, low, high = total, start, n
        if low < 0:
            continue
        yield part[low : high + 1]
        pending += [rest for rest in (part[:low], part[high + 1 :]) if sum(s.spoken for s in rest) >= SHORTEST]


def _score(run: Sequence[_Sentence], spoken: int) -> float:
    """0 to 1: how far the mean of points lies above BASE, and how many of the four kinds of cue there are."""
    if not spoken:
        return 0.0
    mean = sum(s.points * s.spoken for s in run) / spoken
    kinds = len({cue for s in run for cue in s.cues} & {name for name, _, _ in CUES})
    value = 0.5 * (mean - BASE) + 0.35 * (kinds - 2) + 0.004 * (min(spoken, 200) - SHORTEST)
    return float(1 / (1 + 2.718281828 ** (-value)))
