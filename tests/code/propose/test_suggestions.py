"""Seeds from accepted passages, and codes that may be one."""

from __future__ import annotations

from copipe.code.propose import suggestions
from copipe.records import Turn, Word, word_id


def said(*lines: str) -> dict[tuple[str, int], Turn]:
    made = {}
    for n, line in enumerate(lines):
        words = tuple(Word(word_id("M", 100 * n + k), None, None, w) for k, w in enumerate(line.split()))
        made["M", n] = Turn(words[0].id, words[-1].id, None, None, "SN1", words, len(words), 1.0)
    return made


LINES = said(
    *(f"The vaccine clinic was full on ward {n}." for n in range(8)),
    *(f"We talked about budgets and rotas for week {n} again." for n in range(60)),
    "Somebody else said vaccine clinic to me.",
    "Nobody wants the vaccine clinic moved.",
)
ACCEPTED = {("M", n) for n in range(8)}


def test_what_accepted_passages_say_is_proposed_with_what_it_would_do() -> None:
    found = {s.text: s for s in suggestions.seeds(LINES, ACCEPTED, {("M", 68)}, ACCEPTED)}
    assert "vaccine clinic" in found and "budgets" not in found
    seed = found["vaccine clinic"]
    assert (seed.accepted, seed.rejected, seed.adds) == (8, 1, 1)
    assert round(seed.precision, 2) == 0.89


def test_what_would_bring_nothing_new_is_not_proposed() -> None:
    asked = ACCEPTED | {("M", 68), ("M", 69)}
    assert not any("vaccine" in s.text for s in suggestions.seeds(LINES, ACCEPTED, set(), asked))


def test_nothing_accepted_or_nothing_else_suggests_nothing() -> None:
    assert suggestions.seeds(LINES, set(), set(), set()) == ()
    assert suggestions.seeds(LINES, set(LINES), set(), set()) == ()
    assert suggestions.seeds({}, set(), set(), set()) == ()


def test_codes_on_the_same_sentences_may_be_one() -> None:
    by_code = {
        "a": [("M", n) for n in range(10)],
        "b": [("M", n) for n in range(2, 10)],
        "c": [("M", n) for n in range(9, 30)],
        "d": [("M", 1)],
    }
    (pair,) = suggestions.pairs(by_code, "accepted")
    assert (pair.one, pair.other, pair.ones, pair.others, pair.both, pair.jaccard) == ("a", "b", 10, 8, 8, 0.8)
