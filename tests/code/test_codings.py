from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code.codings import LEAST, Codings, codings, is_blind, new_decision, same_passage
from copipe.records import Candidate, Code, Codebook, Coding, Decision, Evidence, Turn, Word, word_id
from copipe.study import anchors, decisions

M = "2010-02"
SOURCE = "s1"
BOOK = Codebook(
    "b", (Code("trust", "Trust", aliases=("confidence", "faith")), Code("risk", "Risk"), Code("net", "Net")), "h"
)


def words(n: int, first: int = 1) -> tuple[Word, ...]:
    return tuple(Word(word_id(M, first + k), float(first + k), first + k + 0.9, f"w{first + k}") for k in range(n))


def turns(*lengths: int) -> list[Turn]:
    made, first = [], 1
    for n, length in enumerate(lengths):
        said = words(length, first)
        made.append(Turn(said[0].id, said[-1].id, said[0].start, said[-1].end, f"R{n}", said, length, 1.0))
        first += length
    return made


def span(low: int, high: int, source: str = SOURCE) -> object:
    """The anchor of words by number, from 1, both included."""
    return anchors.span(M, words(high - low + 1, low), source)


def candidate(low: int, high: int, *evidence: int, code: str = "trust") -> Candidate:
    why = tuple(Evidence("seed", "w*", word_id(M, n), word_id(M, n)) for n in evidence or (low,))
    return Candidate(anchors.span(M, words(high - low + 1, low), SOURCE), code, "R0", 0.5, why)


def on(low: int, high: int, verdict: str, code: str = "trust", who: str = "CS", blind: bool = False) -> Decision:
    made = anchors.span(M, words(high - low + 1, low), SOURCE)
    return new_decision(made, code, verdict, who, blind=blind)  # type: ignore[arg-type]


def stand(
    decided: Sequence[Decision] = (), proposed: Sequence[Candidate] = (), coder: str = "", of: Sequence[Turn] = ()
) -> Codings:
    return codings(M, of or turns(30, 30), proposed, decided, BOOK, SOURCE, coder)


def told(found: Sequence[Coding]) -> list[tuple[str, int, int, str]]:
    return [(c.code, int(c.span.first[-6:]), int(c.span.last[-6:]), c.status) for c in found]


def test_nobody_has_decided() -> None:
    proposed = [candidate(1, 10), candidate(5, 12, code="risk")]
    made = stand(proposed=proposed)
    assert told(made.codings) == [("trust", 1, 10, "candidate"), ("risk", 5, 12, "candidate")]
    assert [c.evidence for c in made.codings] == [c.evidence for c in proposed]


def test_accepted_rejected_added() -> None:
    made = stand(
        [on(1, 10, "accept"), on(5, 12, "reject", "risk"), on(40, 44, "add", "net")],
        [candidate(1, 10, 3), candidate(5, 12, code="risk"), candidate(20, 25)],
    )
    assert told(made.accepted) == [("trust", 1, 10, "accepted"), ("net", 40, 44, "accepted")]
    assert told(made.rejected) == [("risk", 5, 12, "rejected")]
    assert told(made.open) == [("trust", 20, 25, "candidate")]
    accepted, added = made.accepted
    assert accepted.evidence == candidate(1, 10, 3).evidence
    assert (accepted.who, accepted.score, added.role, added.evidence) == ("CS", 0.5, "R1", ())


@given(
    low=st.integers(2, 20), width=st.integers(3, 15), left=st.integers(0, 8), right=st.integers(0, 8), data=st.data()
)
def test_a_rejected_candidate_does_not_come_back_a_word_wider(
    low: int, width: int, left: int, right: int, data: st.DataObject
) -> None:
    high = low + width - 1
    why = data.draw(st.lists(st.integers(low, high), min_size=1, max_size=3))
    wider = candidate(max(1, low - left), min(60, high + right), *why)
    narrower = candidate(low + min(left, width - 1), high, high)
    made = stand([on(low, high, "reject")], [wider, narrower])
    assert told(made.codings) == [("trust", low, high, "rejected")]


def test_what_is_new_beside_a_rejected_passage_is_proposed_without_it() -> None:
    made = stand([on(1, 10, "reject")], [candidate(1, 20, 4, 15)])
    assert told(made.open) == [("trust", 11, 20, "candidate")]
    assert [e.first for e in made.open[0].evidence] == [word_id(M, 15)]


def test_a_scrap_beside_a_decision_is_no_new_passage() -> None:
    beyond = 10 + LEAST - 1
    assert stand([on(1, 10, "reject")], [candidate(1, beyond, 4, beyond)]).open == ()
    assert stand([on(1, 10, "reject")], [candidate(1, beyond + 1, 4, beyond + 1)]).open != ()


def test_a_decision_holds_for_its_code_alone() -> None:
    made = stand([on(1, 10, "reject")], [candidate(1, 10), candidate(1, 10, code="risk")])
    assert told(made.open) == [("risk", 1, 10, "candidate")]


def test_of_two_decisions_on_one_passage_the_later_counts() -> None:
    assert told(stand([on(1, 10, "reject"), on(1, 10, "accept")]).codings) == [("trust", 1, 10, "accepted")]
    assert told(stand([on(1, 10, "accept"), on(3, 14, "reject")]).codings) == [("trust", 3, 14, "rejected")]


def test_narrowed_and_split_passages_stand_and_the_rest_is_not_proposed_again() -> None:
    whole = candidate(1, 20, 2, 18)
    narrowed = stand([on(1, 20, "reject"), on(8, 12, "add")], [whole])
    assert told(narrowed.codings) == [("trust", 8, 12, "accepted")]
    split = stand([on(1, 20, "reject"), on(1, 9, "add"), on(10, 20, "add")], [whole])
    assert told(split.codings) == [("trust", 1, 9, "accepted"), ("trust", 10, 20, "accepted")]
    assert [place for _, place in narrowed.looked] == [(0, 20), (7, 12)]


def test_an_undone_decision_does_not_count() -> None:
    first = on(1, 10, "reject")
    undo = decisions.decide(kind="undo", about=first.id, verdict="taken back", who="CS")
    assert told(stand([first, undo], [candidate(1, 10)]).codings) == [("trust", 1, 10, "candidate")]


@pytest.mark.parametrize("name", ["confidence", "faith"])
def test_decisions_follow_an_alias_to_its_code(name: str) -> None:
    made = stand([on(1, 10, "accept", name)], [candidate(1, 10), candidate(20, 24, code=name)])
    assert told(made.codings) == [("trust", 1, 10, "accepted"), ("trust", 20, 24, "candidate")]


def test_blind_decisions_are_kept_apart() -> None:
    decided = [on(1, 10, "accept"), on(1, 10, "reject", who="AB", blind=True)]
    proposed = [candidate(1, 10), candidate(20, 25)]
    assert is_blind(decided[1])
    assert not is_blind(decided[0])
    assert told(stand(decided, proposed).codings)[0] == ("trust", 1, 10, "accepted")
    assert told(stand(decided, proposed, "AB").codings)[0] == ("trust", 1, 10, "rejected")
    assert told(stand(decided[:1], proposed, "AB").codings)[0] == ("trust", 1, 10, "candidate")


def test_decisions_without_a_place_are_told_and_why() -> None:
    gone = replace(on(1, 3, "accept"), span=replace(span(1, 3), first=f"{M}:000900", last=f"{M}:000901"))  # type: ignore[type-var]
    made = stand([gone, on(1, 3, "accept", "trsut"), on(1, 3, "perhaps"), replace(on(1, 3, "accept"), span=None)])
    assert made.codings == ()
    assert [why for _, why in made.unplaced] == [
        "its words are not in the transcript as it is now",
        "the codebook has no code 'trsut', nor an alias of that name",
        "'perhaps' is no verdict on a code",
        "it names no passage",
    ]


def test_of_words_that_may_not_be_shown_nothing_is_coded() -> None:
    of = turns(10, 10)
    hidden = [of[0], replace(of[1], words=tuple(replace(w, text="") for w in of[1].words))]
    withheld = [of[0], replace(of[1], words=(), role="")]
    for now in (hidden, withheld):
        made = stand([on(12, 15, "accept"), on(8, 15, "accept", "risk")], of=now)
        assert [c.code for c in made.accepted] == ["risk"]
        assert len(made.unplaced) == 1


@given(
    gone=st.sets(st.integers(1, 40), max_size=15),
    added=st.sets(st.integers(1, 40), max_size=6),
    low=st.integers(1, 35),
    width=st.integers(1, 15),
)
def test_decisions_survive_corrections(gone: set[int], added: set[int], low: int, width: int) -> None:
    """Words deleted, replaced and inserted: the decision covers what is left of its words and what came between."""
    high = min(40, low + width - 1)
    kept = [w for n, w in enumerate(words(40), 1) if n not in gone]
    more = [Word(f"{word_id(M, n)}.0001", None, None, "new") for n in added]
    said = tuple(sorted(kept + more, key=lambda w: w.id))
    if not said:
        return
    of = [Turn(said[0].id, said[-1].id, 1.0, 41.0, "R0", said, len(said), 1.0)]
    made = stand([on(low, high, "accept")], of=of)
    covered = [w for w in said if word_id(M, low) <= w.id <= word_id(M, high)]
    if covered:
        (found,) = made.accepted
        assert (found.span.first, found.span.last) == (covered[0].id, covered[-1].id)
        assert found.span.digest == anchors.digest(covered)
    else:
        assert len(made.unplaced) == 1


def test_a_decision_finds_its_passage_in_a_new_transcription() -> None:
    """By time and digest; the ids of the new one are given."""
    again = tuple(replace(w, id=word_id(M, 100 + n)) for n, w in enumerate(words(30)))
    of = [Turn(again[0].id, again[-1].id, 1.0, 31.0, "R0", again, 30, 1.0)]
    made = codings(M, of, [], [on(4, 9, "accept")], BOOK, "another")
    (found,) = made.accepted
    assert (found.span.first, found.span.last, found.span.source) == (word_id(M, 103), word_id(M, 108), "another")


places = st.tuples(st.integers(1, 50), st.integers(0, 12)).map(lambda p: (p[0], min(60, p[0] + p[1])))
codes = st.sampled_from(["trust", "risk"])


@given(
    st.lists(st.tuples(places, codes), max_size=8),
    st.lists(st.tuples(places, codes, st.sampled_from(["accept", "reject", "add"])), max_size=8),
)
def test_what_always_holds(
    proposed: list[tuple[tuple[int, int], str]], decided: list[tuple[tuple[int, int], str, str]]
) -> None:
    made = stand(
        [on(*place, verdict, code) for place, code, verdict in decided],
        [candidate(*place, *range(place[0], place[1] + 1), code=code) for place, code in proposed],
    )
    # no open candidate has a word that a decision on its code covers, nor one that nobody proposed
    for code, first, last, _ in told(made.open):
        own = set(range(first, last + 1))
        assert not any(own & set(range(p[0], p[1] + 1)) for p, c, _ in decided if c == code)
        assert any(own <= set(range(p[0], p[1] + 1)) for p, c in proposed if c == code)
    # of the same passage and code there is one verdict, the latest; each decision is there or gave way to a later one
    settled = [c for c in told(made.codings) if c[3] != "candidate"]
    for n, (place, code, verdict) in enumerate(decided):
        status = "rejected" if verdict == "reject" else "accepted"
        there = (code, *place, status) in settled
        later = [
            p for p, c, _ in decided[n + 1 :] if c == code and same_passage((p[0], p[1] + 1), (place[0], place[1] + 1))
        ]
        assert there == (not later) or any(p == place for p in later)


def test_in_order_of_speech_and_then_of_the_codebook() -> None:
    made = stand(proposed=[candidate(5, 9, code="net"), candidate(5, 9, code="risk"), candidate(1, 3, code="net")])
    assert [c.code for c in made.codings] == ["net", "risk", "net"]


def test_a_passage_of_several_is_whose_most_words_are() -> None:
    made = stand([on(25, 40, "add")])
    assert made.accepted[0].role == "R1"
