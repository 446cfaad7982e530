"""What the seeds of a codebook do in all meetings: which hit nothing, and which hit too much to say anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from copipe.code.propose import candidates
from copipe.records import Codebook, Tally
from copipe.study.settings import CodeSettings

Verdict = Literal["", "nothing", "too much"]


@dataclass(frozen=True, slots=True)
class Counted:
    """One meeting: its tallies (codes that hit nothing have none), and how many words and sentences it has."""

    tallies: Sequence[Tally]
    words: int
    sentences: int


@dataclass(frozen=True, slots=True)
class SeedUse:
    """What one seed did: hits, sentences and meetings it hit in, and hits for every 1,000 words.

    `verdict` is "nothing" or "too much", "" for neither; `why` says it in words.
    """

    code: str
    seed: str
    hits: int
    sentences: int
    meetings: int
    per_1000: float
    verdict: Verdict
    why: str = ""


def uses(codebook: Codebook, meetings: Iterable[Counted], settings: CodeSettings) -> tuple[SeedUse, ...]:
    """All seeds in the order of the codebook, over meetings that were coded with it.

    What is too much say `settings.often_per_1000` and `settings.often_share`. Without any words nothing is judged.
    """
    counted = list(meetings)
    words, sentences = sum(m.words for m in counted), sum(m.sentences for m in counted)
    by_code = {code.key: [(0, 0, 0)] * len(code.seeds) for code in codebook.codes}
    for meeting in counted:
        for tally in meeting.tallies:
            rows = by_code.get(tally.code, [])
            if len(rows) == len(tally.hits):  # else it is of another codebook
                by_code[tally.code] = [
                    (a + hits, b + places, c + bool(hits))
                    for (a, b, c), hits, places in zip(rows, tally.hits, tally.sentences, strict=True)
                ]
    told = []
    for code in codebook.codes:
        if not candidates.proposes(code):
            continue
        for seed, (hits, places, where) in zip(code.seeds, by_code[code.key], strict=True):
            per_1000 = 1000 * hits / words if words else 0.0
            verdict, why = _verdict(hits, per_1000, places / sentences if sentences else 0.0, bool(words), settings)
            told.append(SeedUse(code.key, seed, hits, places, where, per_1000, verdict, why))
    return tuple(told)


def _verdict(hits: int, per_1000: float, share: float, words: bool, settings: CodeSettings) -> tuple[Verdict, str]:
    if not hits:
        return ("nothing", "hits nothing") if words else ("", "")
    if per_1000 > settings.often_per_1000:
        return "too much", f"{per_1000:.1f} hits for every 1,000 words"
    if share > settings.often_share:
        return "too much", f"in {100 * share:.0f} % of all sentences"
    return "", ""
