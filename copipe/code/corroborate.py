"""Notes beside the transcript: which passages each point of the notes seems to speak of, and what the notes leave out.

A note is in the note-taker's words, and a point may sum up ten minutes. So a point is compared with windows of one to
three sentences by words and parts of words (TF-IDF, rarer ones count more), and by meaning where vectors of the
sentences are at hand. Thresholds: benchmarks/notes.py, on links that were labelled by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from copipe import anchors
from copipe.code.keyness import idle_words
from copipe.code.tokens import fold
from copipe.code.units import sentences
from copipe.records import Match, Span, Turn, Word

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Matrix = npt.NDArray[np.float32]

VERSION = 1
WINDOW = 3  # sentences that are read as one passage
FOUND = 0.30  # score from which a passage is named; moved by benchmarks/notes.py
MOST = 3  # passages for one point
UNMENTIONED = 0.12  # sentences that no point comes nearer to than this are not in the notes
STRETCH = 120  # words of talk that the notes leave out before it is told


@dataclass(frozen=True, slots=True)
class Compared:
    """Every point of the notes with its passages, and stretches of talk that no point speaks of, longest first."""

    matches: tuple[Match, ...]
    unmentioned: tuple[Span, ...]


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
) -> Compared:
    """Compare the points of anonymised `notes` (a turn each) with anonymised `turns`.

    `embed` gives a vector of length 1 for each text; without it, words alone are compared.
    """
    said = [
        _Sentence(words, " ".join(w.text for w in words if w.text), n)
        for n, turn in enumerate(turns)
        for unit in sentences(turn)
        if (words := turn.words[unit.first : unit.last + 1])
    ]
    points = [turn for turn in notes if any(map(_content, fold(turn.text)))]
    if not said or not points:
        return Compared(tuple(Match(_span(meeting, t), ()) for t in notes if t.words), ())
    windows = [(i, j) for i in range(len(said)) for j in range(i + 1, min(i + WINDOW, len(said)) + 1)]
    texts = [" ".join(s.text for s in said[i:j]) for i, j in windows]
    likeness = _likeness([p.text for p in points], texts, embed)
    by_point = {
        point.id: _best(meeting, row, windows, said, source) for point, row in zip(points, likeness, strict=True)
    }
    matches = tuple(_match(meeting, turn, by_point.get(turn.id, ())) for turn in notes if turn.words)
    single = [n for n, (i, j) in enumerate(windows) if j == i + 1]
    nearest = [float(likeness[:, n].max()) for n in single]
    return Compared(matches, _left_out(meeting, said, nearest, source))


def _likeness(points: Sequence[str], windows: Sequence[str], embed: Callable[[Sequence[str]], Matrix] | None) -> Any:
    """How alike (0 to 1) each point and each window are: (points, windows)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(tokenizer=_tokens, token_pattern=None, lowercase=False, sublinear_tf=True)
    parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 5), sublinear_tf=True, preprocessor=_plain)
    total: Any = 0.0
    for vectoriser, weight in ((words, 0.6), (parts, 0.4)):
        vectoriser.fit([*windows, *points])
        total = total + weight * (vectoriser.transform(points) @ vectoriser.transform(windows).T).toarray()
    if embed is not None:
        near = embed(points) @ embed(windows).T
        total = 0.5 * total + 0.5 * near.clip(0, 1)
    return total


def _best(
    meeting: str, row: Any, windows: Sequence[tuple[int, int]], said: Sequence[_Sentence], source: str
) -> tuple[tuple[Span, float], ...]:
    """The passages that a point comes nearest to; of windows that overlap the nearest."""
    chosen: list[tuple[int, int, float]] = []
    for n in row.argsort()[::-1]:
        if row[n] < FOUND or len(chosen) == MOST:
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


def _left_out(meeting: str, said: Sequence[_Sentence], nearest: Sequence[float], source: str) -> tuple[Span, ...]:
    """Runs of sentences that no point comes near to; one that does, alone among many, does not break a run."""
    runs: list[list[int]] = []
    for n in range(len(said)):
        if nearest[n] >= UNMENTIONED and not (
            0 < n < len(said) - 1 and max(nearest[n - 1], nearest[n + 1]) < UNMENTIONED
        ):
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
    return tuple(span for _, span in sorted(found, key=lambda item: -item[0]))


def _tokens(text: str) -> list[str]:
    return [_stem(word) for word in fold(text) if _content(word)]


def _plain(text: str) -> str:
    return " ".join(word for word in fold(text) if _content(word))


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
