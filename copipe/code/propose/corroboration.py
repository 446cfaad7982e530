"""Notes beside the transcript: which passages each point of the notes seems to speak of, and what the notes leave out.

A note is in the note-taker's words, and a point may sum up ten minutes. So a point is compared with windows of one to
three sentences by words and parts of words (TF-IDF, rarer ones count more), and by meaning where vectors of the
sentences are at hand. Notes follow the talk, so what lies between the passages of the points before and after counts
for more. Thresholds: benchmarks/notes.py, on links that were labelled by hand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from copipe.code.propose import summary
from copipe.code.propose.keyness import idle_words
from copipe.code.tokens import fold
from copipe.code.units import sentences
from copipe.records import LeftOut, Match, Span, Turn, Word
from copipe.study import anchors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Matrix = npt.NDArray[np.float32]

VERSION = 3
WINDOW = 3  # sentences that are read as one passage
FOUND = 0.30  # score from which a passage is named
FAINT = 0.15  # likeness below which a passage is not thought of, wherever it lies
NEXT = 0.7  # of the first passage's score: what a second needs
WORDS = 0.6  # weight of words; the rest is of parts of words
DAMPING = 0.5
RARE = 0.02  # a word in no more of the sentences than this is enough by itself
ALONE = 0.5  # what likeness by one common word is worth
ORDER = 0.15  # how much the order of the notes adds or takes away
FORWARD, BACKWARD, LEAP = 0.2, 2.0, 0.4  # costs: over the whole meeting forwards, backwards; of going anywhere
MOST = 3  # passages for one point
UNMENTIONED = 0.12  # sentences that no point comes nearer to than this are not in the notes
STRETCH = 120  # words of talk that the notes leave out before it is told
NAMED = 2.0  # above every likeness: a sentence in a passage that is named for a point
STRETCHES = 10  # that are told, the longest of a meeting
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")  # DataLineage


@dataclass(frozen=True, slots=True)
class Compared:
    """Every point of the notes with its passages; the longest stretches of talk that no point speaks of, in order.

    `words` are those of all such stretches, told or not, and `others` how many are not told.
    """

    matches: tuple[Match, ...]
    unmentioned: tuple[LeftOut, ...]
    words: int = 0
    others: int = 0


@dataclass(frozen=True, slots=True)
class _Sentence:
    words: tuple[Word, ...]
    text: str
    turn: int


def compare(
    meeting: str,
    notes: Sequence[Turn],
    turns: Sequence[Turn],
    source: str,
    embed: Callable[[Sequence[str]], Matrix] | None = None,
    vectors: Matrix | None = None,
    field_notes: Sequence[Turn] = (),
) -> Compared:
    """Compare the points of anonymised `notes` (a turn each) with anonymised `turns`, and those of `field_notes`.

    `embed` gives a vector of length 1 for each text; without it, words alone are compared. `vectors` are those of the
    sentences of `turns` (as `copipe.code.units` cuts them) where they are at hand: (S, D). The two kinds of notes are
    each in their own order; talk is left out of both or not at all. The matches are of notes, then of field notes.
    """
    said = [
        _Sentence(words, " ".join(w.text for w in words if w.text), n)
        for n, turn in enumerate(turns)
        for unit in sentences(turn)
        if (words := turn.words[unit.first : unit.last + 1])
    ]
    nearest = [0.0] * len(said)
    matches: list[Match] = []
    noted = False
    windows = [(i, j) for i in range(len(said)) for j in range(i + 1, min(i + WINDOW, len(said)) + 1)]
    if embed is not None and vectors is None:
        vectors = embed([s.text for s in said])
    for sheet in (notes, field_notes):
        points = [turn for turn in sheet if any(map(_content, fold(turn.text)))] if said else []
        by_point: dict[str, tuple[tuple[Span, float], ...]] = {}
        if points:
            noted = True
            texts = [p.text for p in points]
            near = (embed(texts), vectors) if embed is not None and vectors is not None else None
            likeness = _likeness(texts, [s.text for s in said], windows, near)
            scores = _in_order(likeness, windows, len(said))
            by_point = {p.id: _best(meeting, row, windows, said, source) for p, row in zip(points, scores, strict=True)}
            for n, (i, j) in enumerate(windows):
                if j == i + 1:
                    nearest[i] = max(nearest[i], float(likeness[:, n].max()))
        matches += [_match(meeting, turn, by_point.get(turn.id, ())) for turn in sheet if turn.words]
    for match in matches:  # what is named for a point is not left out, whatever its single sentences are like
        for passage in match.passages:
            for n, sentence in enumerate(said):
                if passage.first <= sentence.words[0].id <= passage.last:
                    nearest[n] = NAMED
    runs = _left_out(meeting, said, nearest, source) if noted else []
    longest = sorted(sorted(runs, key=lambda run: -run[0])[:STRETCHES], key=lambda run: run[1].first)
    spans = [span for _, span in longest]
    told = tuple(map(LeftOut, spans, summary.telling(meeting, turns, spans, source)))
    return Compared(tuple(matches), told, sum(words for words, _ in runs), len(runs) - len(told))


def _likeness(
    points: Sequence[str],
    said: Sequence[str],
    windows: Sequence[tuple[int, int]],
    near: tuple[Matrix, Matrix] | None,
) -> Any:
    """How alike (0 to 1) each point and each window of sentences are: (points, windows).

    `near` are the vectors of the points and of the sentences.
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    compounds = _compounds(points, said) | _compounds(said, points)
    texts = [" ".join(said[i:j]) for i, j in windows]
    total: Any = 0.0
    for analyse, weight in ((partial(_tokens, compounds=compounds), WORDS), (_parts, 1 - WORDS)):
        vectoriser = TfidfVectorizer(analyzer=analyse, sublinear_tf=True, norm=None)
        vectoriser.fit([*said, *points])
        left, right = vectoriser.transform(points), vectoriser.transform(texts)
        lengths = [np.sqrt(m.multiply(m).sum(axis=1)) for m in (left, right)]
        # "okay, that is clear" is nothing but common words: what a window says in all counts at least as much as a
        # sentence's does on average
        usual = float(lengths[1].mean())
        own = np.maximum(np.asarray(lengths[0]), 1e-9).reshape(-1, 1)
        other = np.sqrt(np.asarray(lengths[1]) ** 2 + (DAMPING * usual) ** 2 + 1e-9).reshape(1, -1)
        total = total + weight * (left @ right.T).toarray() / own / other
    if near is not None:
        own_meaning, vectors = near
        summed = np.asarray([vectors[i:j].sum(axis=0) for i, j in windows])
        summed /= np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)
        total = 0.5 * total + 0.5 * (own_meaning @ summed.T).clip(0, 1)
    return total * _enough(points, said, windows, compounds)


def _enough(
    points: Sequence[str], said: Sequence[str], windows: Sequence[tuple[int, int]], compounds: frozenset[str]
) -> Any:
    """1 where a point and a window share two words of content or a rare one, less where they do not."""
    import numpy as np

    noted = [set(_tokens(text, compounds)) for text in points]
    spoken = [set(_tokens(text, compounds)) for text in said]
    often = Counter(token for tokens in spoken for token in tokens)
    rare = max(2.0, RARE * len(said))
    factor = np.full((len(points), len(windows)), ALONE, dtype=np.float32)
    for w, (i, j) in enumerate(windows):
        tokens = set[str]().union(*spoken[i:j])
        for p, own in enumerate(noted):
            shared = own & tokens
            if len(shared) > 1 or any(often[token] <= rare for token in shared):
                factor[p, w] = 1.0
    return factor


def _in_order(likeness: Any, windows: Sequence[tuple[int, int]], sentences: int) -> Any:
    """`likeness`, moved up or down by ORDER at most, for where a point lies between those before and after it.

    Notes follow the talk: of all ways to give each point a sentence the best ones go forward. For each point and
    sentence, `before` is the best way of the points before it there, `after` of those after it (max-product messages;
    forward and backward moves cost by their length, a leap a fixed sum).
    """
    import numpy as np

    starts = np.asarray([i for i, _ in windows])
    heights = np.zeros((len(likeness), sentences), dtype=np.float64)
    for n, row in enumerate(np.where(likeness >= FAINT, likeness, 0.0)):
        np.maximum.at(heights[n], starts, row)
    before, after = np.zeros_like(heights), np.zeros_like(heights)
    for n in range(1, len(heights)):
        before[n] = _moved(before[n - 1] + heights[n - 1], FORWARD, BACKWARD)
    for n in range(len(heights) - 2, -1, -1):
        after[n] = _moved(after[n + 1] + heights[n + 1], BACKWARD, FORWARD)
    way = before + after
    fall = np.minimum(way.max(axis=1, keepdims=True) - way, LEAP)
    prior = ORDER * (1 - 2 * fall / LEAP)
    return np.where(likeness >= FAINT, (likeness + prior[:, starts]).clip(0, 1), 0.0)


def _moved(values: Any, forward: float, backward: float) -> Any:
    """For each sentence the best of `values` less the cost of getting there from its sentence."""
    import numpy as np

    place = np.arange(len(values)) / max(1, len(values))
    ahead = np.maximum.accumulate(values + forward * place) - forward * place
    back = np.maximum.accumulate((values - backward * place)[::-1])[::-1] + backward * place
    return np.maximum(np.maximum(ahead, back), values.max() - LEAP)


def _best(
    meeting: str, row: Any, windows: Sequence[tuple[int, int]], said: Sequence[_Sentence], source: str
) -> tuple[tuple[Span, float], ...]:
    """The passages that a point comes nearest to; of windows that overlap the nearest, none far behind the first."""
    chosen: list[tuple[int, int, float]] = []
    for n in (-row).argsort(kind="stable"):
        if row[n] < FOUND or len(chosen) == MOST or (chosen and row[n] < NEXT * chosen[0][2]):
            break
        i, j = windows[n]
        if all(j <= a or b <= i for a, b, _ in chosen):
            chosen.append((i, j, float(row[n])))
    return tuple(
        (anchors.span(meeting, [w for s in said[i:j] for w in s.words], source), round(score, 3))
        for i, j, score in chosen
    )


def _match(meeting: str, point: Turn, found: Sequence[tuple[Span, float]]) -> Match:
    return Match(_span(meeting, point), tuple(span for span, _ in found), tuple(score for _, score in found))


def _span(meeting: str, point: Turn) -> Span:
    return anchors.span(meeting, point.words, "")


def _left_out(meeting: str, said: Sequence[_Sentence], nearest: Sequence[float], source: str) -> list[tuple[int, Span]]:
    """Runs of sentences that no point comes near to, with how many words they are, in order of speech.

    One that a point does come near to, alone among many, does not break a run; one that is named for a point does.
    """
    runs: list[list[int]] = []
    for n in range(len(said)):
        alone = 0 < n < len(said) - 1 and max(nearest[n - 1], nearest[n + 1]) < UNMENTIONED
        if nearest[n] >= NAMED or (nearest[n] >= UNMENTIONED and not alone):
            continue
        if runs and runs[-1][-1] == n - 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    found = []
    for run in runs:
        words = [w for n in run for w in said[n].words]
        spoken = sum(bool(w.text) for w in words)
        if spoken >= STRETCH:
            found.append((spoken, anchors.span(meeting, words, source)))
    return found


def _words(text: str) -> list[str]:
    return [word for word in fold(_HUMP.sub(" ", text)) if _content(word)]


def _compounds(texts: Sequence[str], others: Sequence[str]) -> frozenset[str]:
    """Words of `others` that are two in `texts`: a note-taker writes "heatmap", a transcriber "heat map"."""
    pairs = {a + b for text in texts for a, b in pairwise(_words(text))}
    return frozenset(pairs & {word for text in others for word in _words(text)})


def _tokens(text: str, compounds: frozenset[str]) -> list[str]:
    words = _words(text)
    joined = [a + b for a, b in pairwise(words) if a + b in compounds]
    return [_stem(word) for word in (*words, *joined)]


def _parts(text: str) -> list[str]:
    """Runs of 4 and 5 letters within words."""
    padded = [f" {word} " for word in _words(text)]
    return [word[n : n + size] for word in padded for size in (4, 5) for n in range(len(word) - size + 1)]


def _content(word: str) -> bool:
    return len(word) > 2 and word not in idle_words()


def _stem(word: str) -> str:
    """A crude stem: what two forms of a word share is compared by parts of words as well.

    >>> _stem("discharges"), _stem("discharged"), _stem("safety")
    ('discharg', 'discharg', 'safety')
    """
    for ending in ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "es", "ed", "er", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
