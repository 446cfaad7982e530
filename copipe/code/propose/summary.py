"""What a meeting was about, in its own words: one sentence for each part of it, and the frequent terms.

Nothing is composed: every sentence stands in the transcript and is cited. A part's sentence is the one whose words are
most like those of the whole part (centroid-based extraction, Radev et al. 2004).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from copipe.code.propose import keyness
from copipe.code.propose.keyness import Term
from copipe.code.tokens import fold
from copipe.code.units import sentences
from copipe.records import Span, Turn, Word
from copipe.study import anchors

PARTS = 6  # sentences of a summary: a quarter of an hour each for a meeting of 90 minutes
WORDS_A_PART = 150  # a short source has fewer parts
SHORTEST, LONGEST = 8, 45  # words: what is shorter says nothing alone, what is longer is no summary


@dataclass(frozen=True, slots=True)
class Summary:
    """Sentences in order of speech, and the terms, strongest first."""

    sentences: tuple[Span, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class _Sentence:
    words: tuple[Word, ...]
    weights: Mapping[str, float]
    at: int  # words before it


def summarise(meeting: str, turns: Sequence[Turn], elsewhere: Mapping[str, int], source: str) -> Summary:
    """The summary of anonymised `turns`; `elsewhere` are `keyness.counts` of the study's other sources together."""
    here = keyness.counts(turns)
    found = _sentences(turns, here, elsewhere)
    whole = sum(len(s.words) for s in found)
    parts = max(1, min(PARTS, whole // WORDS_A_PART))
    chosen: list[_Sentence] = []
    for part in range(parts):
        own = [s for s in found if part * whole / parts <= s.at < (part + 1) * whole / parts]
        said = {tuple(s.weights) for s in chosen}  # the same sentence said again is chosen once
        if best := _most_central([s for s in own if tuple(s.weights) not in said]):
            chosen.append(best)
    spans = tuple(anchors.span(meeting, s.words, source) for s in chosen)
    return Summary(spans, keyness.terms(here, elsewhere))


def telling(
    meeting: str, turns: Sequence[Turn], stretches: Sequence[Span], source: str, words: int = 400, most: int = 3
) -> tuple[tuple[Span, ...], ...]:
    """For each stretch of talk a sentence of every `words` words of it, `most` at the most, that tell what it is about.

    None where no sentence is fit to be quoted alone.
    """
    found = _sentences(turns, keyness.counts(turns), {}) if stretches else []
    made = []
    for stretch in stretches:
        own = [s for s in found if stretch.first <= s.words[0].id <= stretch.last]
        parts = max(1, min(most, sum(len(s.words) for s in own) // words))
        cut = [own[n * len(own) // parts : (n + 1) * len(own) // parts] for n in range(parts)]
        best = [_most_central(part) for part in cut]
        made.append(tuple(anchors.span(meeting, s.words, source) for s in best if s))
    return tuple(made)


def _sentences(turns: Sequence[Turn], here: Mapping[str, int], elsewhere: Mapping[str, int]) -> list[_Sentence]:
    """All sentences with the weight of each of their content words: rarer words of the study weigh more."""
    total = here.get("", 0) + elsewhere.get("", 0)
    found = []
    at = 0
    for turn in turns:
        masked = [(m.first, m.last) for m in turn.marks if m.kind in ("masked", "excluded")]
        for unit in sentences(turn):
            words = turn.words[unit.first : unit.last + 1]
            said = Counter(f for i in unit.spoken for f in fold(turn.words[i].text))
            weights = {
                w: n * math.log(1 + total / (here[w] + elsewhere.get(w, 0))) for w, n in said.items() if w in here
            }
            if any(first <= w.id <= last for w in words for first, last in masked):
                weights = {}
            found.append(_Sentence(words, weights, at))
            at += len(words)
    return found


def _most_central(part: Sequence[_Sentence]) -> _Sentence | None:
    """The sentence nearest (cosine) to all of the part together; None where none is fit to be quoted alone."""
    centre: Counter[str] = Counter()
    for sentence in part:
        centre.update(sentence.weights)
    fit = [s for s in part if len(s.weights) >= 3 and SHORTEST <= sum(bool(w.text) for w in s.words) <= LONGEST]
    return max(fit, key=lambda s: (_cosine(s.weights, centre), -s.at), default=None)


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    length = math.sqrt(sum(v * v for v in one.values()) * sum(v * v for v in other.values()))
    return sum(v * other[k] for k, v in one.items() if k in other) / length if length else 0.0
