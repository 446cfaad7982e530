"""Names of the roster as a machine mishears or a person mistypes them: one letter more, less, other or exchanged.

A word that is cut in two or two that are run together count as one such slip. What is a word of English is never taken
for a mis-hearing of a single word; forms of fewer than six letters, and two words of English that make up a name, are
only doubtful.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from copipe.anonymise.dictionary import Dictionary
from copipe.anonymise.matching import Piece, abbreviations, is_ending, near, pieces, spellings
from copipe.anonymise.roster.roster import Entry, Roster

SURE = 6  # letters of a form from which on a single slip is taken for it; shorter ones have too many neighbours
_KEPT = 3  # letters at the beginning or at the end of a form that one slip leaves alone, of SURE or more
DOUBTFUL = 4  # letters of a form below which nobody could tell


@dataclass(frozen=True, slots=True)
class Near:
    """Something near a form stands at `[start, end)` of the text. `entries` are several where nobody can tell which."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class _Form:
    words: tuple[str, ...]
    letters: int
    entry: Entry

    @property
    def text(self) -> str:
        return " ".join(self.words)


class Fuzzy:
    """A roster compiled for finding what is near its forms."""

    def __init__(self, roster: Roster, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._own = frozenset(word for phrase in roster.allow for word in phrase.split())
        self._own |= frozenset(p.folded for e in roster.entries for p in pieces(e.replacement))
        self._around: dict[str, list[_Form]] = {}  # every form, and every form with one sign left out
        self._longest = 0
        self._lengths: set[int] = set()
        self._heads: set[str] = set()
        self._tails: set[str] = set()
        self._seen: dict[tuple[str, ...], tuple[tuple[_Form, bool], ...]] = {}
        for entry in roster.entries:
            form = pieces(entry.form)
            for way in (*spellings(form), *abbreviations(form)):
                self._add(_Form(tuple(folded for _, folded in way), sum(len(f) for _, f in way), entry))

    def _add(self, form: _Form) -> None:
        least = DOUBTFUL if len(form.words) == 1 else SURE
        if form.letters < least or not all(word.isalpha() for word in form.words):
            return
        for text in (form.text, *_shorter(form.text)):
            known = self._around.setdefault(text, [])
            if form not in known:
                known.append(form)
        self._longest = max(self._longest, len(form.words) + 1)
        self._lengths |= {len(form.text) + n for n in (-1, 0, 1)}
        self._heads.add(form.text[:_KEPT])
        self._tails.add(form.text[-_KEPT:])

    def find(self, text: str, taken: Sequence[tuple[int, int]] = (), least: int = 1) -> Iterator[Near]:
        """What is near a form, from left to right without overlap, outside the `taken` stretches.

        `least` is how many words it must have.
        """
        if not self._around:
            return
        whole = pieces(text)
        row = [None if not p.folded.isalpha() or _within(p, taken) else p for p in whole]
        at = 0
        while at < len(row):
            best = self._best(text, whole, row, at, least)
            if best is None:
                at += 1
            else:
                stop, found = best
                yield found
                at = stop

    def _best(
        self, text: str, whole: list[Piece], row: Sequence[Piece | None], at: int, least: int
    ) -> tuple[int, Near] | None:
        best: tuple[int, Near] | None = None
        window: list[str] = []
        length = -1
        for stop in range(at, min(len(row), at + self._longest)):
            piece = row[stop]
            if piece is None or is_ending(text, whole, stop) or (window and not near(text, whole[stop - 1], piece)):
                break
            window.append(piece.folded)
            length += 1 + len(piece.folded)
            if length not in self._lengths or len(window) < least:
                continue
            capital = whole[at].cased[:1].isupper()
            fitting = [
                (form.entry, sure)
                for form, sure in self._near(tuple(window))
                if capital or not form.entry.case_sensitive
            ]
            if not fitting:
                continue
            entries = tuple(
                {e.replacement: e for e, sure in fitting if sure or not any(s for _, s in fitting)}.values()
            )
            found = Near(whole[at].start, piece.end, entries, len(entries) == 1 and any(sure for _, sure in fitting))
            if best is None or (found.sure, stop) >= (best[1].sure, best[0] - 1):
                best = (stop + 1, found)
        return best

    def _near(self, said: tuple[str, ...]) -> tuple[tuple[_Form, bool], ...]:
        """The forms one slip away from `said`, each with whether it is surely meant."""
        if said not in self._seen:
            text = " ".join(said)
            if len(said) > 1 and text[:_KEPT] not in self._heads and text[-_KEPT:] not in self._tails:
                return ()
            around = {f for t in (text, *_shorter(text)) for f in self._around.get(t, ())}
            found = []
            for form in sorted(around, key=lambda f: f.text):
                if OSA.distance(text, form.text, score_cutoff=1) == 1:
                    verdict = self._verdict(said, form)
                    if verdict is not None:
                        found.append((form, verdict))
            self._seen[said] = tuple(found)
        return self._seen[said]

    def _verdict(self, said: tuple[str, ...], form: _Form) -> bool | None:
        """Whether `said` is surely meant for `form`, only perhaps (False), or not at all (None)."""
        known = [word in self._own or self._dictionary.knows(word) for word in said]
        long = form.letters >= SURE and self._dictionary.base != frozenset()  # no dictionary: anything may be a word
        if len(said) > len(form.words):  # cut in two
            return (not all(known)) if long else None
        if all(known):
            return None
        if len(said) < len(form.words):  # run together
            return long
        changed = next(n for n, (a, b) in enumerate(zip(said, form.words, strict=True)) if a != b)
        return False if known[changed] else long


@lru_cache(maxsize=8)
def fuzzy(roster: Roster, dictionary: Dictionary) -> Fuzzy:
    """The roster compiled."""
    return Fuzzy(roster, dictionary)


def _shorter(text: str) -> list[str]:
    return [text[:n] + text[n + 1 :] for n in range(len(text))]


def _within(piece: Piece, taken: Sequence[tuple[int, int]]) -> bool:
    return any(start < piece.end and piece.start < end for start, end in taken)
