"""Keyness against its definition, on words that were planted; summaries made of sentences that were said."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import power_divergence

from copipe.code.propose import keyness
from copipe.code.propose.keyness import log_likelihood, terms
from copipe.code.propose.summary import LONGEST, SHORTEST, summarise
from copipe.records import Mark, Turn, Word, word_id


def turn(text: str, first: int = 1, marks: tuple[Mark, ...] = ()) -> Turn:
    words = tuple(Word(word_id("M", n), None, None, w) for n, w in enumerate(text.split(), first))
    return Turn(words[0].id, words[-1].id, None, None, "SN1", words, len(words), 1.0, marks)


@given(here=st.integers(0, 50), size=st.integers(51, 5000), other=st.integers(0, 50), other_size=st.integers(51, 5000))
def test_it_is_the_ratio_of_rayson_and_garside(here: int, size: int, other: int, other_size: int) -> None:
    if not here + other:
        assert log_likelihood(here, size, other, other_size) == 0.0
        return
    expected = [s * (here + other) / (size + other_size) for s in (size, other_size)]
    statistic = power_divergence([here, other], expected, lambda_="log-likelihood").statistic
    assert log_likelihood(here, size, other, other_size) == pytest.approx(float(statistic), abs=1e-9)


def test_what_is_said_here_and_not_elsewhere() -> None:
    here = keyness.counts([turn("the discharge letter was late and the discharge letter was lost " * 5)])
    elsewhere = keyness.counts([turn("the rota was late and the budget was lost " * 40)])
    assert [t.text for t in terms(here, elsewhere)] == ["discharge letter"], "the phrase stands for its words"
    assert terms(elsewhere, here)[0].text in ("rota", "budget")
    assert [t.here for t in terms(here, Counter()) if t.text == "late"] == [5], "without an elsewhere, by frequency"


def test_what_stands_for_a_name_is_no_term() -> None:
    text = "person letter " * 6
    marks = tuple(Mark("replaced", word_id("M", n), word_id("M", n)) for n in range(1, 12, 2))
    assert [t.text for t in terms(keyness.counts([turn(text, marks=marks)]), Counter())] == ["letter"]


@given(seed=st.integers(0, 10**6))
def test_a_summary_is_of_sentences_that_were_said(seed: int) -> None:
    rng = random.Random(seed)
    stock = [f"word{n}" for n in range(60)] + ["and", "the", "yeah"] * 10
    turns, at = [], 1
    for _ in range(rng.randrange(1, 30)):
        said = " ".join(" ".join(rng.choices(stock, k=rng.randrange(1, 30))) + "." for _ in range(rng.randrange(1, 4)))
        turns.append(turn(said, at))
        at += len(turns[-1].words)
    words = [w for t in turns for w in t.words]
    at_id = {w.id: n for n, w in enumerate(words)}
    made = summarise("M", turns, Counter(), "x")
    assert [s.first for s in made.sentences] == sorted(s.first for s in made.sentences)
    for span in made.sentences:
        said_there = words[at_id[span.first] : at_id[span.last] + 1]
        assert SHORTEST <= len(said_there) <= LONGEST and said_there[-1].text.endswith(".")
        assert at_id[span.first] == 0 or words[at_id[span.first] - 1].text.endswith(".")


def test_a_hidden_name_is_not_in_a_summary() -> None:
    said = "The discharge letter for the ward was written by the person there today. " * 20
    every = tuple(Mark("masked", t.id, t.id) for t in turn(said).words)
    assert summarise("M", [turn(said)], Counter(), "x").sentences
    assert not summarise("M", [turn(said, marks=every)], Counter(), "x").sentences


def test_a_sentence_that_is_said_again_is_not_told_twice() -> None:
    again = "The board wants the numbers of the ward every single month. "
    others = [f"The {w} report on {w} beds went to the {w} committee after all. " for w in "red blue green".split()]
    texts = [f"{again}{again}{o}" * 6 for o in others]
    turns = [turn(text, 1 + sum(len(t.split()) for t in texts[:n])) for n, text in enumerate(texts)]
    made = summarise("M", turns, Counter(), "x")
    said = [" ".join(w.text for t in turns for w in t.words if s.first <= w.id <= s.last) for s in made.sentences]
    assert len(said) > 1 and len(set(said)) == len(said)
