"""What the recognisers find in turns, kept by words: it outlives every change of the roster, which needs no model."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.records import Finding, Turn, Word, WordId

if TYPE_CHECKING:
    from copipe.anonymise.recognise.hits import Hit
    from copipe.study.settings import AnonymiseSettings


@dataclass(frozen=True, slots=True)
class Found:
    """A finding by offsets in the text of a run."""

    start: int
    end: int
    kind: str
    sure: bool
    score: float
    recogniser: str


def runs(turn: Turn) -> Iterator[tuple[Word, ...]]:
    """The words of a turn that are read together: speech up to a note that somebody added, and each note by itself."""
    run: list[Word] = []
    for word in turn.words:
        if word.is_note:
            if run:
                yield tuple(run)
            yield (word,)
            run = []
        else:
            run.append(word)
    if run:
        yield tuple(run)


def text_of(run: Sequence[Word]) -> str:
    """The words of a run with single spaces between those that say something."""
    return " ".join(word.text for word in run if word.text)


def starts_of(run: Sequence[Word]) -> tuple[list[Word], list[int]]:
    """The words of a run that say something, and where each begins in its text."""
    spoken = [word for word in run if word.text]
    return spoken, list(accumulate((len(word.text) + 1 for word in spoken), initial=0))[:-1]


def find(turns: Iterable[Turn], settings: AnonymiseSettings, own: Path | None = None) -> tuple[Finding, ...]:
    """Everything the recognisers see in the turns; `own` is the folder of the study's own lists of names.

    MissingModelError where a model of theirs is not here.
    """
    told = [run for turn in turns for run in runs(turn) if text_of(run)]
    hits = _find([text_of(run) for run in told], settings, own)
    return tuple(_finding(run, hit) for run, found in zip(told, hits, strict=True) for hit in found)


def find_in_texts(
    texts: Sequence[str], settings: AnonymiseSettings, own: Path | None = None
) -> tuple[tuple[Found, ...], ...]:
    """Everything the recognisers see in plain texts, for each. MissingModelError as `find`."""
    hits = _find(texts, settings, own)
    return tuple(tuple(Found(h.start, h.end, h.kind, h.sure, h.score, h.recogniser) for h in each) for each in hits)


def identity(settings: AnonymiseSettings, own: Path | None = None) -> Mapping[str, object]:
    """What the findings depend on besides the text; nothing where the study leaves all to the roster."""
    if not settings.recognise:
        return {}
    from copipe.anonymise.recognise import recogniser as recognise

    return {"recognise": recognise.identity(settings, own)}


def required_models(settings: AnonymiseSettings) -> tuple[str, ...]:
    """The models that the recognisers need."""
    if not settings.recognise:
        return ()
    from copipe.anonymise.recognise import recogniser as recognise

    return recognise.required_models(settings)


def _find(texts: Sequence[str], settings: AnonymiseSettings, own: Path | None) -> Sequence[Sequence[Hit]]:
    if not settings.recognise:
        return [()] * len(texts)
    from copipe.anonymise.recognise import recogniser as recognise

    return recognise.find(texts, settings, own)


def _finding(run: Sequence[Word], hit: Hit) -> Finding:
    spoken, starts = starts_of(run)
    first, last = (bisect_right(starts, at) - 1 for at in (hit.start, hit.end - 1))
    start, end = hit.start - starts[first], hit.end - starts[last]
    return Finding(spoken[first].id, spoken[last].id, start, end, hit.kind, hit.score, hit.recogniser, hit.sure)


def by_word(findings: Iterable[Finding]) -> Mapping[WordId, tuple[Finding, ...]]:
    """The findings by the word that each begins in."""
    found: dict[WordId, tuple[Finding, ...]] = {}
    for finding in findings:
        found[finding.first] = (*found.get(finding.first, ()), finding)
    return found


def in_run(run: Sequence[Word], findings: Mapping[WordId, Sequence[Finding]]) -> tuple[Found, ...]:
    """The findings of a run, by offsets in its text; those of words that are no longer there are not."""
    spoken, starts = starts_of(run)
    at = {word.id: start for word, start in zip(spoken, starts, strict=True)}
    return tuple(
        Found(at[f.first] + f.start, at[f.last] + f.end, f.kind, f.sure, f.score, f.recogniser)
        for word in spoken
        for f in findings.get(word.id, ())
        if f.last in at
    )
