"""Passages near what a code says of itself: what is compared, smoothed and proposed. The vectors are made up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code.propose import meaning
from copipe.code.propose.meaning import Floats, Space
from copipe.code.seeds import parses
from copipe.records import Code, Mark, Turn, Word, word_id

FOOD, MONEY = Code("food", "Food", "What people eat."), Code("money", "Money", "What things cost.")
SOURCE = "s" * 64


def meeting(*lines: tuple[str, str], suspect: str = "") -> parses.Columns:
    """(role, words) a turn; sentences that say `suspect` are marked."""
    turns, at = [], 0
    for role, said in lines:
        words = tuple(Word(word_id("M", at + n), None, None, w) for n, w in enumerate(said.split(), 1))
        at += len(words)
        marks = (Mark("suspect", words[0].id, words[-1].id, "x"),) if suspect and suspect in said else ()
        turns.append(Turn(words[0].id, words[-1].id, None, None, role, words, len(words), 1.0, marks))
    return parses.build("M", turns)


def embed(texts: list[str] | tuple[str, ...]) -> Floats:
    """One direction for what is about food, one for money, one for all that is neither."""
    rows = []
    for text in texts:
        said = text.lower()
        rows.append([sum(w in said for w in ("food", "eat", "soup")), sum(w in said for w in ("cost", "money")), 0.5])
    made = np.array(rows, np.float32).reshape(-1, 3)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def proposed(columns: parses.Columns, *codes: Code, kind: str = "") -> list[tuple[str, str, str, str]]:
    """(code, role, words, field) of what is proposed."""
    vectors = dict(zip(*(lambda t: (t, embed(t)))([t.text for c in codes for t in meaning.about(c)]), strict=True))
    near = meaning.near(columns, meaning.space(columns, embed), codes, vectors)
    ids = [columns.id(n) for n in range(len(columns.word))]
    return [
        (
            c.code,
            c.role,
            " ".join(
                columns.vocabulary[columns.word[n]] for n, i in enumerate(ids) if c.span.first <= i <= c.span.last
            ),
            c.evidence[0].source,
        )
        for c in meaning.propose(columns, near, codes, SOURCE, kind)
    ]


IDLE = tuple(("CS", "Then they went on with it.") for _ in range(12))
TALK = (*IDLE, ("SN1", "We eat soup."), *IDLE, ("OT", "It cost money."), *IDLE)


def test_what_is_near_is_proposed_with_the_text_that_it_is_near() -> None:
    found = proposed(meeting(*TALK), FOOD, MONEY)
    assert ("food", "SN1", "We eat soup.", "label") in found
    assert {code for code, _, said, _ in found if "soup" in said} == {"food"}
    assert {code for code, _, said, _ in found if "cost" in said} == {"money"}


def test_few_are_proposed_however_many_are_near() -> None:
    columns = meeting(*(turn for _ in range(9) for turn in (("SN1", "We eat soup."), *IDLE)))
    assert len(proposed(columns, FOOD, MONEY)) <= 2 * meaning.MOST


def test_only_for_whom_the_code_is_meant() -> None:
    others = Code("food", "Food", "What people eat.", roles=("OT",))
    assert not any("soup" in said for _, _, said, _ in proposed(meeting(*TALK), others, MONEY))
    assert not proposed(meeting(*TALK), Code("food", "Food", kinds=("interview",)), kind="meeting")
    assert not proposed(meeting(*TALK), Code("food", "Food", deprecated="split"), Code("m", "Money", codable=False))


def test_what_is_suspect_is_never_proposed() -> None:
    found = proposed(meeting(*TALK, suspect="soup"), FOOD, MONEY)
    assert not any("soup" in said for _, _, said, _ in found)


def test_counter_examples_speak_against() -> None:
    columns = meeting(*TALK)
    against = Code("food", "Food", "What people eat.", counter_examples=("We eat soup.",))
    vectors = {t: v for t in ("Food", "What people eat.", "We eat soup.") for v in embed((t,))}
    space = meaning.space(columns, embed)
    row = 12
    bare = meaning.near(columns, space, (FOOD,), vectors).scores[row, 0]
    assert meaning.near(columns, space, (against,), vectors).scores[row, 0] < bare


def test_sentences_are_not_joined_across_what_is_suspect() -> None:
    columns = meeting(("SN1", "We eat soup."), ("CS", "Nobody knows this."), ("OT", "It cost money."), suspect="knows")
    said = meaning.texts(columns)
    assert said == ["We eat soup.", "It cost money."]
    assert meaning.around(said, columns.block, 1) == [["We eat soup."], ["It cost money."]]


def test_an_empty_meeting() -> None:
    columns = parses.build("M", [])
    assert proposed(columns, FOOD) == []
    assert meaning.load(meaning.dump(Space(embed(()), embed(())))).alone.shape == (0, 3)


@given(st.lists(st.floats(-9, 9, width=16), min_size=1, max_size=30), st.data())
def test_smoothing_and_pooling_stay_between_least_and_most(values: list[float], data: st.DataObject) -> None:
    groups = np.sort(np.array(data.draw(st.lists(st.integers(0, 4), min_size=len(values), max_size=len(values)))))
    scores = np.array(values, np.float32)[:, None]
    for made in (meaning.smoothed(scores, groups), meaning.pooled(scores, groups, 0.5)):
        assert made.shape == scores.shape
        for group in set(groups.tolist()):  # nothing comes from another group
            inside = scores[groups == group]
            assert made[groups == group].min() >= inside.min() - 1e-3
            assert made[groups == group].max() <= inside.max() + 1e-3


@given(st.lists(st.booleans(), max_size=40))
def test_runs_are_the_good_sentences_and_no_others(good: list[bool]) -> None:
    stretch = np.arange(len(good), dtype=np.int32) // 7
    runs = meaning.passages(np.array(good, np.bool_), stretch)
    assert [n for a, z in runs for n in range(a, z + 1)] == [n for n, g in enumerate(good) if g]
    assert all(stretch[a] == stretch[z] for a, z in runs)


def test_vectors_are_kept_to_a_thousandth() -> None:
    made = np.random.default_rng(1).normal(size=(2, 40, 384)).astype(np.float32)
    made /= np.linalg.norm(made, axis=2, keepdims=True)
    kept = meaning.load(meaning.dump(Space(made[0], made[1])))
    assert np.abs(kept.alone @ kept.alone.T - made[0] @ made[0].T).max() < 0.001
    assert kept.joined == pytest.approx(made[1], abs=0.001)


def test_only_new_texts_are_embedded_and_the_vectors_are_the_same() -> None:
    before = ["We eat soup.", "It costs money.", "Yes.", "We eat soup."]
    after = ["Yes.", "We eat bread.", "We eat soup.", "Yes."]
    made = embed(before)
    asked: list[str] = []

    def counted(texts: list[str] | tuple[str, ...]) -> Floats:
        asked.extend(texts)
        return embed(texts)

    known = Space(made[:2], made[2:])
    assert meaning.embed_new(after, known, meaning.digests(before), counted) == pytest.approx(embed(after))
    assert asked == ["We eat bread."]
    nothing = Space(made[:0], made[:0])
    assert meaning.embed_new(after, nothing, b"", embed) == pytest.approx(embed(after))
    assert meaning.embed_new([], known, meaning.digests(before), counted).shape == (0, 3)
