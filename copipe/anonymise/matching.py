"""Where the forms of a roster occur in text: one pass, longest match first, the same for replacing and for leaks.

Text is seen as pieces, runs of letters and digits. So a form is found whatever stands between its words (space, hyphen,
apostrophe, Markdown stars) and before a possessive ("Mary's" is "Mary" and "s"), and never inside a longer word. Case,
accents and the shape of apostrophes do not count, save where an entry says that case does. A name that is spelled out
letter by letter ("s m i t h", "S-M-I-T-H", "H O double L I S") is found as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

# Letters and digits, with combining accents, soft hyphens and zero-width signs that may hide inside a word.
_PIECE = re.compile("[^\\W_](?:[^\\W_]|[\u0300-\u036f\u00ad\u200b-\u200d\u2060])*")
_APOSTROPHES = frozenset("'\u2018\u2019\u02bc\u0060\u00b4")
_JOINERS = _APOSTROPHES | frozenset("-.\u2010\u2011")
# "she'll" is not "Shell": what follows an apostrophe in English is never taken for a part of a name written in one.
_CONTRACTIONS = frozenset({"ll", "re", "ve", "d", "s", "t", "m"})
_SHORTEST_SPELLED = 3  # letters: "i t" and "a m" are heard wherever somebody stammers
# How the first or last word of a longer form is also written: "Elm Road" is "Elm Rd", "St Mary's" is "Saint Mary's".
_FIRST = (("saint", "st"), ("doctor", "dr"), ("professor", "prof"))
_LAST = (
    *(("road", "rd"), ("street", "st"), ("avenue", "ave"), ("avenue", "av"), ("lane", "ln"), ("close", "cl")),
    *(("drive", "dr"), ("crescent", "cres"), ("gardens", "gdns"), ("square", "sq"), ("terrace", "terr")),
    *(("terrace", "ter"), ("court", "ct"), ("place", "pl"), ("hospital", "hosp"), ("centre", "ctr"), ("house", "hse")),
)
# What a word is made of that was run together: capitals, a word with or without one, digits, any other letters.
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\dA-Za-z]+")
_PREFIXES = frozenset("mc mac fitz o d de del della di du la le van von st saint".split())  # "McDonald" is not "Donald"
_SHORTEST_PART = 4  # letters of a name that is believed in such a word
_LONGEST_GAP = 8  # signs that may stand between two words of a form: "John *(Smith)*", but not a rule across a page

T = TypeVar("T")


class Piece(NamedTuple):
    """A run of letters and digits at `[start, end)` of a text. `joined` says that it continues the word before it."""

    start: int
    end: int
    cased: str
    folded: str
    joined: bool


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """`found` stands at `[start, end)` of the text."""

    start: int
    end: int
    found: T


def plain(text: str) -> str:
    """Letters without accents and hidden signs; case kept."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in ("Mn", "Cf"))


@lru_cache(maxsize=1 << 16)
def _read(piece: str) -> tuple[str, str]:
    """A piece as it is written, and folded."""
    cased = plain(piece)
    return cased, cased.casefold()


def pieces(text: str) -> list[Piece]:
    """The pieces of a text, in order.

    >>> [p.folded for p in pieces("Siobhán O’Brien-Gray's")]
    ['siobhan', 'o', 'brien', 'gray', 's']
    """
    found: list[Piece] = []
    before = -1
    for hit in _PIECE.finditer(text):
        start, stop = hit.span()
        cased, folded = _read(hit.group())
        found.append(Piece(start, stop, cased, folded, start == before + 1 and text[before] in _JOINERS))
        before = stop
    return found


@dataclass(slots=True)
class _Node(Generic[T]):
    """A place in the trie; `ends` are the forms that end here, with their spelling where case counts."""

    after: dict[str, _Node[T]] = field(default_factory=dict)
    ends: list[tuple[str | None, T]] = field(default_factory=list)


class Matcher(Generic[T]):
    """Forms compiled for finding. A form is (text, whether case counts, what it stands for).

    Those of `after` count where none of the others is written so.
    """

    def __init__(self, forms: Iterable[tuple[str, bool, T]], after: Iterable[tuple[str, bool, T]] = ()) -> None:
        self._root: _Node[T] = _Node()
        self._widest = 0  # letters of the longest word of a form: pieces joined to more than that are none
        told = list(forms)
        for form, cased, value in told:
            for way in spellings(pieces(form)):
                self._add(way, cased, value)
        for form, cased, value in told:  # after all that are written, which go before
            for way in abbreviations(pieces(form)):
                self._add(way, cased, value)
        for form, cased, value in after:
            for way in spellings(pieces(form)):
                if not self._ends(way):
                    self._add(way, cased, value)
        for form, _, value in told:
            for letters in _letter_by_letter(pieces(form)):
                self._add(tuple((c, c) for c in letters), False, value)

    def _add(self, way: Sequence[tuple[str, str]], cased: bool, value: T) -> None:
        node = self._root
        for _, folded in way:
            self._widest = max(self._widest, len(folded))
            node = node.after.setdefault(folded, _Node())
        spelling = " ".join(c for c, _ in way) if cased else None
        if all(spelling != known for known, _ in node.ends):
            node.ends.append((spelling, value))

    def _ends(self, way: Sequence[tuple[str, str]]) -> bool:
        """Whether a form is written so already, in whatever case."""
        node: _Node[T] | None = self._root
        for _, folded in way:
            node = node.after.get(folded) if node else None
        return bool(node and node.ends)

    def find(self, text: str) -> Iterator[Match[T]]:
        """Matches from left to right that do not overlap, the longest at each place."""
        if not self._root.after:
            return
        row = pieces(text)
        first = self._root.after
        at = 0
        while at < len(row):
            begins = row[at].folded in first or (at + 1 < len(row) and row[at + 1].joined)
            best = self._longest(text, row, at) if begins else None
            if best is None:
                yield from self._inside(text, row[at])
                at += 1
            else:
                stop, value = best
                yield Match(row[at].start, row[stop - 1].end, value)
                at = stop

    def _inside(self, text: str, piece: Piece) -> Iterator[Match[T]]:
        """Forms of one word that are run together with a number or another word: "Khan2", "DrKhan"."""
        said = piece.cased
        if said.isalpha() and (said[1:].islower() or said.isupper() or len(said) == 1):
            return  # nearly every word
        parts = _PARTS.findall(said) if len(said) == piece.end - piece.start else []
        if len(parts) < 2 or parts[0].casefold() in _PREFIXES:
            return
        at = piece.start
        for n, part in enumerate(parts):
            if len(part) >= _SHORTEST_PART and (node := self._root.after.get(part.casefold())) is not None:
                for spelling, value in node.ends:
                    if spelling in (None, part):
                        slip = n == 1 and len(parts[0]) == 1 and parts[0].islower()  # "mCrystal"
                        yield Match(at - slip, at + len(part), value)
                        break
            at += len(part)

    def _longest(self, text: str, row: list[Piece], at: int) -> tuple[int, T] | None:
        if is_ending(text, row, at):
            return None
        best: tuple[int, bool, T] | None = None
        pending: list[tuple[_Node[T], int, str]] = [(self._root, at, "")]
        while pending:
            node, here, said = pending.pop()
            for spelling, value in node.ends:
                exact = spelling is not None
                fits = spelling in (None, said) and not (is_ending(text, row, here) and row[here].folded == "t")
                if fits and (best is None or (here, exact) > best[:2]):
                    best = (here, exact, value)
            if here < len(row) and (here == at or near(text, row[here - 1], row[here])):
                for stop, cased, folded in _ways_on(text, row, here, self._widest):
                    if (following := node.after.get(folded)) is not None:
                        pending.append((following, stop, f"{said} {cased}" if said else cased))
        return None if best is None else (best[0], best[2])


def is_ending(text: str, row: list[Piece], at: int) -> bool:
    """True for the "s" of "Mary's" and the "t" of "don't", which must not be read as an initial, nor "don" as Don."""
    if at >= len(row) or not row[at].joined or row[at].folded not in _CONTRACTIONS:
        return False
    return text[row[at].start - 1] in _APOSTROPHES


def near(text: str, before: Piece, after: Piece) -> bool:
    gap = text[before.end : after.start]
    return len(gap.strip()) <= _LONGEST_GAP and gap.count("\n") < 2


def _ways_on(text: str, row: list[Piece], at: int, widest: int) -> Iterator[tuple[int, str, str]]:
    """The piece at `at`, or it and those joined to it read as one: "O'Brien" is also "OBrien", "N.H.S." is "NHS".

    With no more than `widest` letters together, so that a chain of joined letters takes no time.
    """
    cased, folded = row[at].cased, row[at].folded
    yield at + 1, cased, folded
    for stop in range(at + 1, len(row)):
        if not row[stop].joined or is_ending(text, row, stop) or len(folded) + len(row[stop].folded) > widest:
            break
        cased, folded = cased + row[stop].cased, folded + row[stop].folded
        yield stop + 1, cased, folded


def spellings(form: list[Piece]) -> list[tuple[tuple[str, str], ...]]:
    """A form piece by piece, and with its hyphens, dots and apostrophes left out: "St Mary's" is also "St Marys"."""
    apart = tuple((p.cased, p.folded) for p in form)
    together: list[tuple[str, str]] = []
    for piece in form:
        if piece.joined and together:
            cased, folded = together.pop()
            together.append((cased + piece.cased, folded + piece.folded))
        else:
            together.append((piece.cased, piece.folded))
    return [apart] if len(together) == len(apart) else [apart, tuple(together)]


def abbreviations(form: list[Piece]) -> list[tuple[tuple[str, str], ...]]:
    """The spellings of a form with its first or last word cut short or written out, where that is usual."""
    written = spellings(form)
    begun = [other for way in written for other in _changed(way, 0, _FIRST)]
    ended = [other for way in (*written, *begun) for other in _changed(way, len(way) - 1, _LAST)]
    return begun + ended


def _changed(
    way: tuple[tuple[str, str], ...], at: int, pairs: Iterable[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], ...]]:
    """A spelling of several words with its word at `at` as its pair has it."""
    cased, folded = way[at]
    for pair in pairs if len(way) > 1 else ():
        for known, other in (pair, pair[::-1]):
            if folded == known:
                written = other.upper() if cased.isupper() else other.title() if cased.istitle() else other
                yield (*way[:at], (written, other), *way[at + 1 :])


def _letter_by_letter(form: list[Piece]) -> Iterator[list[str]]:
    """The letters of a form as somebody spells them out, and with "double l" for two that are the same."""
    letters = [letter for piece in form for letter in piece.folded]
    if len(letters) < _SHORTEST_SPELLED or not all(letter.isalpha() for letter in letters):
        return
    yield letters
    doubled: list[str] = []
    for letter in letters:
        if doubled[-1:] == [letter] and doubled[-2:-1] != ["double"]:
            doubled[-1:] = ["double", letter]
        else:
            doubled.append(letter)
    if doubled != letters:
        yield doubled
