"""Scores of who said what: words with the right role, cpWER beside WER, parts of the DER, verdicts with an interval."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from copipe.diarize.timeline import joined, shared
from copipe.records import SpeakerTurn, Turn

PARTS = ("missed detection", "false alarm", "confusion")
Spoken = Sequence[tuple[float, float, str]]


@dataclass
class Tally:
    """Counts that add up over recordings."""

    counts: dict[str, float] = field(default_factory=dict)

    def add(self, more: Mapping[str, float]) -> None:
        for key, value in more.items():
            self.counts[key] = self.counts.get(key, 0.0) + value

    def __getitem__(self, key: str) -> float:
        return self.counts.get(key, 0.0)

    def percent(self, part: str, whole: str, digits: int = 1) -> str:
        return f"{100 * self[part] / self[whole]:.{digits}f}" if self[whole] else "-"


def wilson(right: float, of: float, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, 1927).

    >>> [round(x, 3) for x in wilson(300, 300)]
    [0.987, 1.0]
    """
    if not of:
        return 0.0, 1.0
    p, spread = right / of, 1 + z * z / of
    middle = (p + z * z / (2 * of)) / spread
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / spread
    return max(0.0, middle - half), min(1.0, middle + half)


def owners(turns: Iterable[SpeakerTurn], spoken: Spoken) -> dict[str, str]:
    """Whose each voice is: the person with most of its time, by the truth."""
    turns = list(turns)
    exclusive = [t for t in turns if t.exclusive] or turns
    who = {w: joined([(s, e) for s, e, x in spoken if x == w], 0.0) for _, _, w in spoken}
    found = {}
    for label in {t.label for t in exclusive}:
        own = joined([(t.start, t.end) for t in exclusive if t.label == label], 0.0)
        found[label] = max(sorted(who), key=lambda w: shared(own, who[w]))
    return found


def diarization(turns: Iterable[SpeakerTurn], spoken: Spoken, seconds: float) -> dict[str, float]:
    """Seconds of missed, false and confused speech, and of all speech, by pyannote.metrics without a collar."""
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(rows: Iterable[tuple[float, float, str]]) -> Any:
        made = Annotation()
        for i, (start, end, label) in enumerate(rows):
            made[Segment(start, end), i] = label
        return made

    found = annotation((t.start, t.end, t.label) for t in turns if not t.exclusive)
    scored = DiarizationErrorRate()(annotation(spoken), found, uem=Timeline([Segment(0.0, seconds)]), detailed=True)
    return {key: float(scored[key]) for key in PARTS} | {"speech": float(scored["total"])}


def words(turns: Sequence[Turn], said: Sequence[tuple[str, str]]) -> dict[str, float]:
    """Errors of the words and of who said them. `said` is (role, words) in order of time.

    "placed": words heard right, of which "right role" have the role of whoever said them, or none where that is a
    visitor. WER and cpWER (meeteval) are
    counted on the same normalized words; the difference is what attribution costs.
    """
    import jiwer
    from meeteval.wer import cp_word_error_rate

    normal = _normalizer()
    heard: dict[str, list[str]] = {}
    for turn in turns:
        heard.setdefault(turn.role, []).append(" ".join(w.text for w in turn.words))
    truth: dict[str, list[str]] = {}
    for role, text in said:
        truth.setdefault(role, []).append(text)
    # what each said is joined in order already
    scored = cp_word_error_rate(_joined(truth), _joined(heard), reference_sort=False, hypothesis_sort=False)
    # In order of time, whoever says them.
    stream = sorted((w for t in turns for w in t.words), key=lambda w: w.id)
    plain = jiwer.process_words(normal(" ".join(text for _, text in said)), normal(" ".join(w.text for w in stream)))
    found = {
        "cp errors": float(scored.errors),
        "cp words": float(scored.length),
        "errors": float(plain.substitutions + plain.deletions + plain.insertions),
        "words": float(plain.hits + plain.substitutions + plain.deletions),
    }
    return found | _roles(turns, said)


def _roles(turns: Sequence[Turn], said: Sequence[tuple[str, str]]) -> dict[str, float]:
    import jiwer

    role_of = {w.id: t.role for t in turns for w in t.words}
    stream = sorted((w for t in turns for w in t.words), key=lambda w: w.id)
    heard = [(_plain(w.text) or "-", role_of[w.id]) for w in stream]
    truth = [(_plain(word) or "-", role) for role, text in said for word in text.split()]
    if not heard or not truth:
        return {"placed": 0.0, "right role": 0.0}
    aligned = jiwer.process_words(" ".join(w for w, _ in truth), " ".join(w for w, _ in heard)).alignments[0]
    placed = right = visitors = taken = 0
    for part in aligned:
        if part.type != "equal":
            continue
        pairs = zip(
            truth[part.ref_start_idx : part.ref_end_idx], heard[part.hyp_start_idx : part.hyp_end_idx], strict=True
        )
        for (_, own), (_, given) in pairs:
            placed += 1
            visitor, member = own.startswith("VISITOR"), given != "" and not given.startswith("UNK")
            right += own == given or (visitor and not member)
            visitors += visitor
            taken += visitor and member
    return {
        "placed": float(placed),
        "right role": float(right),
        "visitor words": float(visitors),
        "visitor words taken": float(taken),
    }


def _joined(parts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    normal = _normalizer()
    return {who: normal(" ".join(texts)) for who, texts in parts.items()}


def _plain(word: str) -> str:
    return re.sub(r"[^\w']", "", word.lower())


@cache
def _normalizer() -> Any:
    from whisper_normalizer.english import EnglishTextNormalizer

    return EnglishTextNormalizer()
