"""What a person decided on some meetings, learnt, to rank the sentences of others. Nothing is ever accepted by it.

For each code two kinds of logistic regression, added up: on the meaning of a sentence and of what stands round it, and
on words and pairs of words; and what was decided on the sentences most like it. All are small and can be read
(`Model.words`, `taught_by`). Rejected passages weigh more than sentences nobody has said anything about. How features
and weights were chosen is in benchmarks/coding.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from copipe.code.propose import meaning
from copipe.code.propose.meaning import Floats, Space
from copipe.code.seeds.parses import Columns
from copipe.records import Candidate, Code, Evidence

VERSION = 2  # raise it when the same decisions give other candidates
KIND = "learned"  # of the evidence
LEAST = 5  # accepted sentences from which a code is learnt
REJECTED = 3.0  # weight of a rejected sentence against one that nobody said anything about
SENTENCES = 4000  # without the code, that a code is learnt from at most
DECAYS = (0.5, 0.9)  # of what was said before and after, from one sentence to the next
BEFORE_AFTER, JOINED, ASKED, PLACE = 0.7, 0.7, 0.5, 0.5  # weights of the parts beside the sentence's own vector
SAME, SAME_WORDS = 0.85, 5  # cosine and words from which a sentence recurs in another meeting: a question, an agenda
WORDS, CONTEXT = 0.4, 4  # weight of each model of words; sentences on either side in the second
STRENGTH, STRENGTH_WORDS = 2.0, 5.0  # inverse of regularisation
ALIKE, CLOSER, LIKE = 10, 20.0, 4.0  # sentences most like one; how much more a nearer one says; weight of their share
TURN = 0.7  # share of the mean over the turn
SURE = -1.0  # added-up log-odds from which a passage is proposed
MOST = 8  # passages proposed for a code in a meeting
NEAREST = 3  # accepted passages named in the evidence


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A meeting as it is learnt from and ranked."""

    columns: Columns
    space: Space


Labels = Floats  # (S,) of a meeting: above 0 accepted, below 0 not; how far from 0 is the weight, 0 is left out


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What was learnt of one code. `accepted` are its accepted sentences: index of the meeting, and of the sentence.

    `labels` (N,) are those of all sentences of the meetings that taught it, as in `Labels`.
    """

    dense: Any
    alone: Any
    context: Any
    terms: tuple[str, ...]
    accepted: tuple[tuple[int, int], ...]
    rejected: int
    examples: Floats  # (accepted, F)
    labels: Floats

    def words(self, most: int = 15) -> list[tuple[str, float]]:
        """Words and pairs of words that speak for the code (weights above 0) and against it, strongest first."""
        weights = self.alone.coef_[0] + self.context.coef_[0]
        order = np.lexsort((np.arange(len(weights)), -np.abs(weights)))[: 4 * most]
        found = [(self.terms[n], float(weights[n])) for n in order.tolist() if weights[n]]
        return [t for t in found if t[1] > 0][:most] + [t for t in found if t[1] < 0][:most]


class Teacher:
    """Learns from `sessions`, of which those with these indices were `taught` by decisions."""

    def __init__(self, sessions: Sequence[Session], taught: Sequence[int]) -> None:
        self.sessions, self.taught = tuple(sessions), tuple(taught)
        self._asked = _Recurring(self.sessions)

    def model(self, labels: Mapping[int, Labels]) -> Model | None:
        """What these labels, by index of session, teach of one code; None where they are too few."""
        y = np.concatenate([labels.get(n, np.zeros(len(self.sessions[n].space.alone))) for n in self.taught])
        positive, against = np.flatnonzero(y > 0), np.flatnonzero(y < 0)
        if len(positive) < LEAST or not len(against):
            return None
        plain = against[y[against] >= -1]
        if len(plain) > SENTENCES:  # evenly, so that every meeting and every part of it has its say
            plain = plain[np.linspace(0, len(plain) - 1, SENTENCES).astype(int)]
        rows = np.sort(np.concatenate([positive, against[y[against] < -1], plain]))
        truth, weight = y[rows] > 0, np.abs(y[rows])
        where = [(n, s) for n in self.taught for s in range(len(self.sessions[n].space.alone))]
        return Model(
            _fit(self._dense[rows], truth, weight, STRENGTH),
            _fit(self._alone[rows], truth, weight, STRENGTH_WORDS),
            _fit(self._context[rows], truth, weight, STRENGTH_WORDS),
            tuple(self._terms.get_feature_names_out()),
            tuple(where[i] for i in positive.tolist()),
            int((y < -1).sum()),
            self._dense[positive],
            y.astype(np.float32),
        )

    def scores(self, session: int, models: Sequence[Model]) -> Floats:
        """Log-odds of each sentence of a meeting for each model: (S, models)."""
        made = self.sessions[session]
        dense = self.features(session)
        alone, context = (self._terms.transform(texts) for texts in _texts(made))
        found = np.zeros((len(dense), len(models)), np.float32)
        near, weight = self._alike(dense)
        for n, model in enumerate(models):
            found[:, n] += LIKE * _share(model.labels[near], weight)
            parts = (model.dense, dense, 1.0), (model.alone, alone, WORDS), (model.context, context, WORDS)
            for regression, matrix, share in parts:
                found[:, n] += share * regression.decision_function(matrix)
        return meaning.pooled(found, made.columns.turn[made.columns.first], TURN)

    def features(self, session: int) -> Floats:
        """(S, F): a sentence, what comes before and after, its neighbours, what was asked last, and where it stands."""
        space = self.sessions[session].space
        own = space.alone
        parts = [own]
        for decay in DECAYS:
            parts += [BEFORE_AFTER * _unit(_past(own, decay)), BEFORE_AFTER * _unit(_past(own[::-1], decay)[::-1])]
        parts += [JOINED * space.joined, ASKED * self._asked.of(session)]
        place = np.arange(len(own))[:, None] / max(1, len(own)) - np.linspace(0, 1, 11)[None, :]
        parts.append((PLACE * np.exp(-((place / 0.08) ** 2))).astype(np.float32))
        return np.hstack(parts).astype(np.float32)

    def _alike(self, dense: Floats) -> tuple[npt.NDArray[np.int_], Floats]:
        """Of each sentence those taught that are most like it, and how much each says: both (S, ALIKE)."""
        likeness = _unit(dense) @ self._units.T
        near = np.argsort(-np.round(likeness, 5), axis=1, kind="stable")[:, :ALIKE]
        return near, np.exp(CLOSER * (np.take_along_axis(likeness, near, axis=1) - 1))

    @cached_property
    def _units(self) -> Floats:
        return _unit(self._dense)

    @cached_property
    def _dense(self) -> Floats:
        return np.vstack([self.features(n) for n in self.taught])

    @cached_property
    def _said(self) -> tuple[list[str], list[str]]:
        both = [_texts(self.sessions[n]) for n in self.taught]
        return [t for alone, _ in both for t in alone], [t for _, context in both for t in context]

    @cached_property
    def _terms(self) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        least = 2 if len(self._said[0]) > 50 else 1
        terms = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=least, dtype=np.float32)
        return terms.fit(self._said[0])

    @cached_property
    def _alone(self) -> Any:
        return self._terms.transform(self._said[0]).tocsr()

    @cached_property
    def _context(self) -> Any:
        return self._terms.transform(self._said[1]).tocsr()


def taught_by(teacher: Teacher, model: Model, features: Floats) -> list[tuple[int, int]]:
    """The accepted sentences (meeting and sentence) that are most like one with these features (F,), nearest first."""
    likeness = _unit(model.examples) @ (features / max(float(np.linalg.norm(features)), 1e-9))
    order = np.lexsort((np.arange(len(likeness)), -np.round(likeness, 5)))
    return [model.accepted[n] for n in order.tolist()[:NEAREST]]


def propose(
    teacher: Teacher, session: int, codes: Sequence[Code], models: Sequence[Model], source: str, kind: str = ""
) -> tuple[list[Candidate], Floats]:
    """Passages of a meeting for codes that were learnt, the best of each, and the chance of every sentence: (S, codes).

    The chance is 0 to 1 and ranks; it is no probability. In the evidence of a passage is what taught it.
    """
    columns, scores = teacher.sessions[session].columns, teacher.scores(session, models)
    chances = np.round(1 / (1 + np.exp(-scores / 2)), 3).astype(np.float32)
    features = teacher.features(session)
    made: list[Candidate] = []
    for n, (code, model) in enumerate(zip(codes, models, strict=True)):
        if not meaning.wanted(code, kind):
            continue
        good = (scores[:, n] >= SURE) & meaning.spoken_by(columns, code)
        runs = meaning.passages(good, columns.stretch)
        runs.sort(key=lambda run: -float(scores[run[0] : run[1] + 1, n].max()))
        for first, last in sorted(runs[:MOST]):
            evidence = tuple(
                Evidence(KIND, _why(teacher, model, features[s]), columns.id(low), columns.id(high))
                for s in range(first, last + 1)
                for low, high in [(int(columns.first[s]), int(columns.last[s]))]
            )
            score = float(chances[first : last + 1, n].max())
            made.append(meaning.candidate(columns, (first, last), code.key, score, evidence, source))
    return made, chances


def _why(teacher: Teacher, model: Model, features: Floats) -> str:
    """Which decisions taught it most: the first words' ids of accepted sentences, and how many decisions there were."""
    near = [
        teacher.sessions[n].columns.id(int(teacher.sessions[n].columns.first[s]))
        for n, s in taught_by(teacher, model, features)
    ]
    return f"like {', '.join(near)} ({len(model.accepted)} sentences accepted, {model.rejected} rejected)"


class _Recurring:
    """The last sentence before each that is said in another meeting, too: the interview question, the agenda item."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self._sessions = sessions

    def of(self, session: int) -> Floats:
        own = self._sessions[session].space.alone
        found, last = np.zeros_like(own), np.zeros(own.shape[1], np.float32)
        again = self._again(session)
        for n in range(len(own)):
            if again[n]:
                last = own[n]
            found[n] = last
        return found

    def _again(self, session: int) -> npt.NDArray[np.bool_]:
        made = self._sessions[session]
        long = np.array([len(t.split()) >= SAME_WORDS for t in meaning.texts(made.columns)], np.bool_)
        likest = np.zeros(len(long), np.float32)
        for n, other in enumerate(self._sessions):
            if n != session and len(other.space.alone):
                likest[long] = np.maximum(likest[long], (made.space.alone[long] @ other.space.alone.T).max(1))
        return likest > SAME


def _texts(session: Session) -> tuple[list[str], list[str]]:
    said = meaning.texts(session.columns)
    return said, [" ".join(part) for part in meaning.around(said, session.columns.block, CONTEXT)]


def _past(vectors: Floats, decay: float) -> Floats:
    """For each sentence the mean of those before it, of which later ones weigh more."""
    found, total, weight = np.zeros_like(vectors), np.zeros(vectors.shape[1], np.float32), 0.0
    for n in range(len(vectors)):
        found[n] = total / weight if weight else total
        total = total * np.float32(decay) + vectors[n]
        weight = weight * decay + 1
    return found


def _share(labels: Floats, weight: Floats) -> Floats:
    """The share of the accepted among the labels, (S, ALIKE) each; 0 where nothing was said of any of them."""
    said = np.abs(labels) * weight
    total = said.sum(axis=1)
    return (said * (labels > 0)).sum(axis=1) / np.where(total > 0, total, 1)  # type: ignore[no-any-return]


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _fit(matrix: Any, truth: npt.NDArray[np.bool_], weight: Floats, strength: float) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what is not settled by then changes no rank
        return LogisticRegression(C=strength, class_weight="balanced", max_iter=400).fit(matrix, truth, weight)
