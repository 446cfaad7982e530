"""What accepted passages suggest for the codebook: words to take as seeds, and codes that may be one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace

from copipe.code.propose import keyness
from copipe.code.tokens import fold
from copipe.records import Turn

LEAST = 5  # sentences that carry a code, for a pair of codes to be compared
ALIKE = 0.5  # Jaccard coefficient from which two codes are shown as perhaps one

Sentence = tuple[str, int]  # meeting, and number of the sentence in it


@dataclass(frozen=True, slots=True)
class Seed:
    """A word or pair of words to take as a seed, with what it would do.

    `accepted` and `rejected` are the decided sentences it is said in, `adds` those nobody has been asked about for the
    code. `keyness` is G2 of what is accepted against all the rest.
    """

    text: str
    keyness: float
    accepted: int
    rejected: int
    adds: int

    @property
    def precision(self) -> float:
        """Share of accepted among the decided sentences in which it is said."""
        return self.accepted / (self.accepted + self.rejected) if self.accepted + self.rejected else 0.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two codes by key, sentences that carry the one, the other and both; `what` is "accepted" or "candidates"."""

    one: str
    other: str
    ones: int
    others: int
    both: int
    what: str

    @property
    def jaccard(self) -> float:
        """Share of the sentences of either that carry both."""
        return self.both / (self.ones + self.others - self.both)


def seeds(
    said: Mapping[Sentence, Turn],
    accepted: Set[Sentence],
    rejected: Set[Sentence],
    asked: Set[Sentence],
    most: int = 10,
) -> tuple[Seed, ...]:
    """Seeds for a code, strongest first. `said` has each sentence as a turn; `asked` are those proposed or decided."""
    here = keyness.counts(said[s] for s in sorted(accepted))
    elsewhere = keyness.counts(said[s] for s in sorted(said.keys() - accepted))
    if not elsewhere[""]:
        return ()
    found = keyness.terms(here, elsewhere, 4 * most)
    folded = {s: f" {' '.join(w for word in turn.words for w in fold(word.text))} " for s, turn in said.items()}
    made = []
    for term in found:
        where = {s for s, text in folded.items() if f" {term.text} " in text}
        seed = Seed(
            term.text,
            round(term.keyness, 1),
            len(where & accepted),
            len(where & (rejected - accepted)),
            len(where - asked - accepted - rejected),
        )
        if seed.adds:
            made.append(seed)
    return tuple(made[:most])


def pairs(by_code: Mapping[str, Collection[Sentence]], what: str) -> tuple[Pair, ...]:
    """Codes that are on so much the same sentences that they may be one, most alike first."""
    many = {code: set(found) for code, found in by_code.items() if len(found) >= LEAST}
    together: Counter[tuple[str, str]] = Counter()
    on: dict[Sentence, list[str]] = {}
    for code in many:
        for sentence in many[code]:
            on.setdefault(sentence, []).append(code)
    for codes in on.values():
        together.update(itertools.combinations(codes, 2))
    made = [Pair(a, b, len(many[a]), len(many[b]), n, what) for (a, b), n in together.items()]
    return tuple(sorted((p for p in made if p.jaccard >= ALIKE), key=lambda p: (-p.jaccard, p.one, p.other)))


def sentence_turn(turn: Turn, first: int, last: int) -> Turn:
    """The words `first` to `last` (both included) of a turn, as a turn of its own with the same marks."""
    return replace(turn, words=turn.words[first : last + 1])
