"""Corrections made on one transcription, replayed on another: in their place, or listed; never anywhere else."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.records import Decision, Segment, Turn, Word, word_id
from copipe.transcribe.corrections.changes import changes
from copipe.transcribe.corrections.placing import REACH
from copipe.transcribe.corrections.replay import Corrected, apply
from copipe.transcribe.corrections.text import Base, write_out

MEETING = "2010-02"
ONE, OTHER = "one", "other"


@dataclass(frozen=True)
class Said:
    """Two transcriptions of the same speech; `true` is where in the speech each word of the other stands."""

    one: tuple[Segment, ...]
    other: tuple[Segment, ...]
    true: dict[str, float]


def segments(words: list[Word]) -> tuple[Segment, ...]:
    return tuple(Segment(None, None, tuple(words[k : k + 9])) for k in range(0, len(words), 9))


def speech(rng: random.Random, length: int, vocabulary: int, wrong: float = 0.16, jitter: float = 0.25) -> Said:
    """`length` words that two engines hear differently: words wrong, left out, put in, times off by some 0.3 s."""
    one: list[Word] = []
    other: list[Word] = []
    true: dict[str, float] = {}
    time = 0.0
    for k in range(length):
        time += rng.choice([0.25, 0.35, 0.45, 0.45, 1.4])
        text = f"w{rng.randrange(vocabulary)}"
        one.append(Word(word_id(MEETING, k + 1), time, time + 0.25, text, 0.9))
        heard = rng.random()
        if heard < wrong / 4:
            continue
        start = max(other[-1].start or 0.0 if other else 0.0, time + rng.uniform(-jitter, jitter))
        mine = f"x{k}" if heard < wrong else text
        other.append(Word(word_id(MEETING, len(other) + 1), start, start + 0.25, mine.capitalize() + ",", 0.9))
        true[other[-1].id] = k
        if rng.random() < wrong / 8:
            other.append(Word(word_id(MEETING, len(other) + 1), start + 0.1, start + 0.2, f"y{k}", 0.9))
            true[other[-1].id] = k + 0.5
    return Said(segments(one), segments(other), true)


def base_of(said: Said) -> Base:
    words = tuple(w for s in said.one for w in s.words)
    return Base(MEETING, ONE, (Turn(words[0].id, words[-1].id, 0.0, words[-1].end, "SN1", words, len(words), 1.0),))


def corrected(said: Said, rng: random.Random, every: int) -> tuple[tuple[Decision, ...], list[tuple[int, int]]]:
    """Corrections here and there, the k-th putting in words "p<k>", and the base words [i, j) each is about."""
    base = base_of(said)
    words = [w.text for w in base.turns[0].words]
    text, ranges, i = [], [], 0
    while i < len(words):
        if i >= 1 and rng.random() < 1 / every:
            j = min(len(words), i + rng.choice([0, 1, 1, 1, 2]))
            kind = "delete" if j > i and rng.random() < 0.2 else "write"
            text += [f"p{len(ranges)}"] * (rng.choice([1, 1, 2]) if kind == "write" else 0)
            ranges.append((i, j))
            text += words[j : j + 1]
            i = j + 1
        else:
            text.append(words[i])
            i += 1
    tag = write_out(base, 0.5, ()).splitlines()[0]
    return changes(base, f"{tag}\nSN1: {' '.join(text)}", "AB", ("SN1",)), ranges


def own_words(decision: Decision) -> set[str]:
    """The words that no other correction puts in."""
    return {w for w in decision.text.split() if w.startswith("p")}


def look(said: Said, done: Corrected, decisions: tuple[Decision, ...]) -> None:
    """No word of a person stands where it was not put; no word nobody touched is gone."""
    start = {w.id: k for k, w in enumerate(w for s in said.one for w in s.words)}
    out = [w for s in done.segments for w in s.words]
    ids = [w.id for w in out]
    assert ids == sorted(set(ids))
    lost = {u.decision.id for u in done.unplaced}
    heard = {w.id: w.text for s in said.other for w in s.words}
    covered: list[tuple[float, float]] = []
    for decision in decisions:
        assert decision.span is not None
        i = start.get(decision.span.first, -1) + (decision.verdict == "insert")
        j = i if decision.verdict == "insert" else start[decision.span.last] + 1
        covered.append((i - 1, j))
        own = own_words(decision)
        places = [k for k, w in enumerate(out) if w.text in own]
        assert bool(places) == (decision.id not in lost and bool(own))
        if places:
            untouched = {k: said.true[w.id] for k, w in enumerate(out) if heard.get(w.id) == w.text}
            assert all(t < j for k, t in untouched.items() if k < places[0]), decision
            assert all(t > i - 1 for k, t in untouched.items() if k > places[-1]), decision
    kept = {w.id for w in out if heard.get(w.id) == w.text}
    for word_id_, true in said.true.items():
        assert word_id_ in kept or any(i < true < j for i, j in covered)


@settings(max_examples=60)
@given(seed=st.integers(0, 10**9), vocabulary=st.sampled_from([100, 400]))
def test_in_its_place_or_listed(seed: int, vocabulary: int) -> None:
    rng = random.Random(seed)
    said = speech(rng, 120, vocabulary)
    decisions, _ = corrected(said, rng, every=9)
    done = apply(said.other, decisions, OTHER)
    look(said, done, decisions)
    assert apply(said.other, decisions, OTHER) == done


@settings(max_examples=40)
@given(seed=st.integers(0, 10**9), vocabulary=st.sampled_from([2, 4, 12]))
def test_where_all_repeats_it_is_near_or_listed(seed: int, vocabulary: int) -> None:
    """Of "yeah yeah yeah" nobody can say which the other engine left out; but nothing may go far."""
    rng = random.Random(seed)
    said = speech(rng, 120, vocabulary)
    decisions, _ = corrected(said, rng, every=9)
    done = apply(said.other, decisions, OTHER)
    out = [w for s in done.segments for w in s.words]
    assert [w.id for w in out] == sorted({w.id for w in out})
    lost = {u.decision.id for u in done.unplaced}
    for decision in decisions:
        assert decision.span is not None
        here = [w for w in out if w.text in own_words(decision)]
        assert bool(here) == (decision.id not in lost and bool(own_words(decision)))
        start, end = decision.span.start or 0.0, decision.span.end or 0.0
        assert all(start - REACH < (w.start or 0.0) < end + REACH for w in here)


def test_most_are_placed_where_words_vary() -> None:
    rng = random.Random(7)
    placed = total = 0
    for _ in range(5):
        said = speech(rng, 400, 300)
        decisions, _ = corrected(said, rng, every=10)
        done = apply(said.other, decisions, OTHER)
        look(said, done, decisions)
        total += len(decisions)
        placed += len(decisions) - len(done.unplaced)
    assert placed / total > 0.75, f"{placed} of {total}"


def test_all_are_placed_where_only_times_differ() -> None:
    rng = random.Random(8)
    said = speech(rng, 400, 300, wrong=0.0)
    decisions, _ = corrected(said, rng, every=10)
    assert apply(said.other, decisions, OTHER).unplaced == ()


def words(text: str, step: float = 0.4, shift: float = 0.0, first: int = 1) -> tuple[Segment, ...]:
    texts = text.split()
    return segments(
        [
            Word(word_id(MEETING, k + first), k * step + shift, k * step + 0.3 + shift, t, 0.5)
            for k, t in enumerate(texts)
        ]
    )


def edit(before: str, after: str) -> tuple[Decision, ...]:
    base = base_of(Said(words(before), (), {}))
    tag = write_out(base, 0.5, ()).splitlines()[0]
    return changes(base, f"{tag}\n{after}", "AB", ("SN1", "OT"), force=True)


def text(done: Corrected) -> str:
    return " ".join(w.text for s in done.segments for w in s.words)


@pytest.mark.parametrize(
    ("before", "after", "other", "wanted"),
    [
        # the other engine heard something else again
        ("we saw Adam on the ward", "we saw Aidan on the ward", "we saw a den on the ward", "we saw Aidan on the ward"),
        # it heard what the person wrote
        ("we saw Adam on the ward", "we saw Aidan on the ward", "we saw aidan on the ward", "we saw Aidan on the ward"),
        ("we saw on the ward", "we saw him on the ward", "we saw him on the ward", "we saw him on the ward"),
        ("we um saw him", "we saw him", "we saw him", "we saw him"),
        # words it lacks, words it has too many
        ("we saw on the ward", "we saw him on the ward", "we saw on the ward", "we saw him on the ward"),
        ("we um saw him there", "we saw him there", "we um saw him there", "we saw him there"),
        # a note, beside words that are wrong on one side
        (
            "well he said so then",
            "well he said (laughs) so then",
            "well he said so den",
            "well he said (laughs) so den",
        ),
    ],
)
def test_what_the_other_engine_wrote_gives_way(before: str, after: str, other: str, wanted: str) -> None:
    done = apply(words(other, shift=0.2), edit(before, "SN1: " + after), OTHER)
    assert done.unplaced == ()
    assert text(done) == wanted


def test_words_that_nobody_has_looked_at_are_not_deleted() -> None:
    done = apply(words("we will ask saw him there"), edit("we um saw him there", "SN1: we saw him there"), OTHER)
    assert text(done) == "we will ask saw him there"
    assert len(done.unplaced) == 1
    assert done.unplaced[0].why


def test_another_place_with_the_same_words_is_not_taken() -> None:
    decisions = edit("we saw Adam on the ward", "SN1: we saw Aidan on the ward")
    done = apply(words("we saw Adam on the ward", shift=60.0), decisions, OTHER)
    assert text(done) == "we saw Adam on the ward"
    assert len(done.unplaced) == 1


def test_a_moved_passage_is_found_by_its_edges() -> None:
    decisions = edit(
        "so it was late he went home then we left", "SN1: so it was late\nOT: he went home\nSN1: then we left"
    )
    done = apply(words("so it was late he won't home then we left", shift=-0.1), decisions, OTHER)
    assert done.unplaced == ()
    assert [done.said_by.get(w.id) for s in done.segments for w in s.words] == [None] * 4 + ["OT"] * 3 + [None] * 3


def test_a_transcript_without_times_is_searched_by_words_alone() -> None:
    def untimed(text: str) -> tuple[Segment, ...]:
        return segments([Word(word_id(MEETING, k + 1), None, None, t) for k, t in enumerate(text.split())])

    before = "so we saw Adam on the ward and then we saw Adam in the hall"
    plain_words = tuple(w for s in untimed(before) for w in s.words)
    base = Base(
        MEETING,
        ONE,
        (Turn(plain_words[0].id, plain_words[-1].id, None, None, "SN1", plain_words, len(plain_words), 1.0),),
    )
    tag = write_out(base, 0.5, ()).splitlines()[0]
    decisions = changes(base, f"{tag}\nSN1: {before.replace('Adam in', 'Aidan in')}", "AB", ("SN1",))
    done = apply(untimed("hello " + before), decisions, OTHER)
    assert text(done) == "hello so we saw Adam on the ward and then we saw Aidan in the hall"
