"""A codebook tried on its own examples: seeds should find them, and leave the counter-examples alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from copipe.code.codebook.codebook import made
from copipe.code.propose import candidates
from copipe.records import Code, Codebook, Turn, Word, word_id

if TYPE_CHECKING:
    from copipe.code.seeds.lemmas import Parse
    from copipe.study.settings import CodeSettings

_MEETING = "example"


@dataclass(frozen=True, slots=True)
class Surprise:
    """An example that no seed finds (`missed`), or a counter-example that `seeds` hit."""

    code: str
    text: str
    kind: Literal["missed", "hit"]
    seeds: tuple[str, ...] = ()


def trial(book: Codebook, settings: CodeSettings, parse: Parse | None = None) -> tuple[Surprise, ...]:
    """What does not go as its examples say, in the order of the codebook. Codes without seeds are left out.

    `parse` stands in for spaCy, which is asked where a seed needs it. Raises MissingModelError.
    """
    cases = [
        (code, text, expected)
        for code in book.codes
        if candidates.proposes(code)
        for texts, expected in ((code.examples, True), (code.counter_examples, False))
        for text in texts
    ]
    turns, asked = [], {code.key: replace(code, roles=(), kinds=(), unit="turn", parent="") for code, _, _ in cases}
    at = 1
    for _, text, _ in cases:
        turns.append(_turn(text, at))
        at += turns[-1].count
    if not cases:
        return ()
    found = candidates.propose(_MEETING, turns, made("", list(asked.values())), settings, "", parse)
    return tuple(_surprises(cases, turns, {(c.code, c.span.first): c.evidence for c in found}))


def _surprises(
    cases: list[tuple[Code, str, bool]], turns: list[Turn], found: dict[tuple[str, str], tuple[object, ...]]
) -> Iterator[Surprise]:
    for (code, text, expected), turn in zip(cases, turns, strict=True):
        evidence = found.get((code.key, turn.id), ())
        if expected and not evidence:
            yield Surprise(code.key, text, "missed")
        elif evidence and not expected:
            seeds = dict.fromkeys(str(getattr(e, "source", "")) for e in evidence)
            yield Surprise(code.key, text, "hit", tuple(seeds))


def _turn(text: str, at: int) -> Turn:
    words = tuple(Word(word_id(_MEETING, at + n), None, None, word) for n, word in enumerate(text.split()))
    return Turn(words[0].id, words[-1].id, None, None, "X", words, len(words), 1.0)
