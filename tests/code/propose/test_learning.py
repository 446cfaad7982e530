"""Learning from decisions on made-up vectors: what is ranked, what rejection does, what is named as having taught."""

from __future__ import annotations

import numpy as np

from copipe.code.propose import learning
from copipe.code.propose.meaning import Floats, Space
from copipe.code.seeds.parses import Columns, build
from copipe.records import Code, Turn, Word, word_id

SOURCE = "s" * 64
CODE = Code("worry", "Worry")


def session(name: str, seed: int, worried: range, many: int = 60) -> learning.Session:
    """A meeting of one sentence a turn; those of `worried` lie in one direction and say "afraid"."""
    turns, at = [], 0
    for n in range(many):
        said = f"I am afraid of number {n}." if n in worried else f"We go on with number {n} now."
        words = tuple(Word(word_id(name, at + k), None, None, w) for k, w in enumerate(said.split(), 1))
        at += len(words)
        turns.append(Turn(words[0].id, words[-1].id, None, None, "SN1", words, len(words), 1.0))
    random = np.random.default_rng(seed).normal(size=(many, 24)).astype(np.float32)
    random[list(worried), 0] += 6
    vectors: Floats = random / np.linalg.norm(random, axis=1, keepdims=True)
    return learning.Session(build(name, turns), Space(vectors, vectors))


def labels(positive: range, many: int = 60, rejected: tuple[int, ...] = ()) -> Floats:
    made = np.full(many, -1.0, np.float32)
    made[list(positive)] = 1
    made[list(rejected)] = -learning.REJECTED
    return made


def ids(columns: Columns, rows: range) -> set[str]:
    return {columns.id(int(columns.first[n])) for n in rows}


ONE, TWO, THREE = session("A", 1, range(10, 18)), session("B", 2, range(30, 36)), session("C", 3, range(5, 9))


def test_what_was_accepted_in_one_meeting_ranks_the_others() -> None:
    teacher = learning.Teacher([ONE, TWO], [0])
    model = teacher.model({0: labels(range(10, 18))})
    assert model is not None
    scores = teacher.scores(1, [model])[:, 0]
    assert set(np.argsort(-scores)[:6].tolist()) == set(range(30, 36))
    assert model.words(3)[0][0] in ("afraid", "am afraid", "am", "of", "of number", "afraid of")


def test_proposals_name_the_accepted_sentences_that_taught_them() -> None:
    teacher = learning.Teacher([ONE, TWO], [0])
    model = teacher.model({0: labels(range(10, 18))})
    assert model is not None
    found, chances = learning.propose(teacher, 1, [CODE], [model], SOURCE)
    assert found and chances.shape == (60, 1)
    for candidate in found:
        assert candidate.code == "worry"
        for evidence in candidate.evidence:
            assert evidence.kind.startswith("learn")
            named = evidence.source.removeprefix("like ").split(" (")[0].split(", ")
            assert set(named) <= ids(ONE.columns, range(10, 18))
            assert "8 sentences accepted, 0 rejected" in evidence.source
            assert candidate.span.first <= evidence.first <= evidence.last <= candidate.span.last


def test_the_same_decisions_give_the_same_candidates() -> None:
    made = []
    for _ in range(2):
        teacher = learning.Teacher([ONE, TWO, THREE], [0, 2])
        model = teacher.model({0: labels(range(10, 18)), 2: labels(range(5, 9))})
        assert model is not None
        made.append(learning.propose(teacher, 1, [CODE], [model], SOURCE)[0])
    assert made[0] == made[1]


def test_rejected_sentences_weigh_more_than_those_nobody_spoke_about() -> None:
    teacher = learning.Teacher([ONE, TWO], [0])
    given = range(10, 16)
    mild = teacher.model({0: labels(given)})
    strict = teacher.model({0: labels(given, rejected=(16, 17))})
    assert mild and strict and (mild.rejected, strict.rejected) == (0, 2)
    assert teacher.scores(1, [strict])[30:36].mean() < teacher.scores(1, [mild])[30:36].mean()


def test_too_few_decisions_teach_nothing() -> None:
    teacher = learning.Teacher([ONE, TWO], [0])
    assert teacher.model({0: labels(range(10, 10 + learning.LEAST - 1))}) is None
    assert teacher.model({0: np.ones(60, np.float32)}) is None  # with nothing against it there is nothing to tell apart
    assert teacher.model({}) is None


def test_only_for_whom_the_code_is_meant() -> None:
    teacher = learning.Teacher([ONE, TWO], [0])
    model = teacher.model({0: labels(range(10, 18))})
    assert model is not None
    assert not learning.propose(teacher, 1, [Code("worry", "Worry", roles=("OT",))], [model], SOURCE)[0]
    assert not learning.propose(teacher, 1, [Code("worry", "Worry", kinds=("interview",))], [model], SOURCE, "meeting")[
        0
    ]
