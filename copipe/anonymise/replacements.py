"""Where a text must change, and into what: roster first, then what is near it, then what the recognisers found.

What is sure is replaced. What is doubtful is hidden until a person decides. What was decided holds in every text.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from rapidfuzz.distance import OSA

from copipe.anonymise.dictionary import NO_WORDS, Dictionary, also_words, never_names
from copipe.anonymise.matching import Piece, is_ending, pieces, spellings
from copipe.anonymise.policy import Dates, date, label
from copipe.anonymise.recognise.findings import Found
from copipe.anonymise.roster import roster as rosters
from copipe.anonymise.roster.misspellings import DOUBTFUL, SURE, fuzzy
from copipe.anonymise.roster.name_decisions import Choice, Decided
from copipe.anonymise.roster.pseudonyms import key
from copipe.anonymise.roster.roster import Entry, Roster

MASK = "[name?]"
ROSTER, NEAR = "roster", "near the roster"  # what may have seen a name, besides the recognisers
BESIDE = 40  # letters beside a name in which the rest of it may stand
NAMED = ("person", "place", "organisation")  # kinds that stand for somebody or something, and get a pseudonym
# What goes before a name without being part of it: "Dr Osei" and "Osei" are decided together, and "Dr [name?]" reads.
_TITLES = frozenset("mr mrs ms miss dr doctor prof professor sister matron nurse sir lady lord councillor cllr".split())
_EDGES = frozenset(
    "the a an our my your his her their this that these those some and or but of in at on to for from with by near is "
    "was it's i i'm so well yeah yes no oh okay ok then if when as about".split()
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a study replaces by. `codes` are role codes and other words of the study that name nobody."""

    roster: Roster = field(default_factory=Roster)
    decided: Decided = field(default_factory=Decided)
    dictionary: Dictionary = NO_WORDS
    dates: Dates = "keep"
    ages: Literal["keep", "remove"] = "keep"
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """`[start, end)` of a text becomes `text`; where that is "" a pseudonym of this kind is to be given to `form`.

    `mark` says whether it is replaced or hidden until somebody decides. `kind` is of the roster or of a recogniser, and
    `source` what saw it; `near` what it may be meant for, of the roster.
    """

    start: int
    end: int
    text: str
    kind: str
    mark: Literal["replaced", "masked"]
    form: str
    source: str
    near: str = ""


def plan(text: str, found: Sequence[Found], rules: Rules) -> tuple[Spot, ...]:
    """All that must change in `text`, from left to right, without overlap."""
    spots: list[Spot] = []
    for match in rosters.matcher(rules.roster).find(text):
        form = text[match.start : match.end]
        spots.append(Spot(match.start, match.end, match.found.replacement, match.found.kind, "replaced", form, ROSTER))
    _widen(text, spots, rules)
    identifiers = [f for f in found if f.sure and f.kind not in (*NAMED, "date", "age")]
    names = [f for f in found if f.kind in NAMED]
    times = [f for f in found if f.kind in ("date", "age")]
    for finding in _longest_first(identifiers):
        for start, end in _free(finding.start, finding.end, spots):
            if any(p for p in pieces(text[start:end])):
                kept = text[start:end]
                _put(spots, Spot(start, end, label(finding.kind), finding.kind, "replaced", kept, finding.recogniser))
    _near(text, spots, rules, sure=True)
    _widen(text, spots, rules)
    for finding in (*_longest_first([f for f in names if f.sure]), *_longest_first([f for f in names if not f.sure])):
        for start, end in _free(finding.start, finding.end, spots):
            if spot := _name(text, start, end, finding, rules):
                _put(spots, spot)
    for finding in _longest_first(times):
        if list(_free(finding.start, finding.end, spots)) != [(finding.start, finding.end)]:
            continue  # a name inside a date, "Easter Sunday": what could be read from it is gone
        said = text[finding.start : finding.end]
        become = date(said, rules.dates) if finding.kind == "date" else (None if rules.ages == "keep" else label("age"))
        if become is not None:
            spot = Spot(finding.start, finding.end, become, finding.kind, "replaced", said, finding.recogniser)
            _put(spots, spot)
    _near(text, spots, rules, sure=False)
    _capitals(text, spots, rules)
    _parts(text, spots, rules)
    return tuple(spots)


def _capitals(text: str, spots: list[Spot], rules: Rules) -> None:
    """Hide names that are words as well where they stand in capitals: "WILL" may be Will, or somebody's emphasis."""
    cased = _in_capitals(rules.roster)
    taken = [(s.start, s.end) for s in spots] + _bracketed(text)
    for piece in pieces(text) if cased else ():
        entry = cased.get(piece.cased)
        if entry is None or any(s < piece.end and piece.start < e for s, e in taken):
            continue
        form = text[piece.start : piece.end]
        choice = rules.decided.of(key(form))
        if choice is None:
            _put(spots, Spot(piece.start, piece.end, MASK, entry.kind, "masked", form, NEAR, entry.replacement))
        elif spot := _as_chosen(piece.start, piece.end, choice, form, NEAR):
            _put(spots, spot)


@lru_cache(maxsize=8)
def _in_capitals(roster: Roster) -> dict[str, Entry]:
    """The forms of one word whose capital counts, as they stand in capitals; initials are so anyway."""
    found: dict[str, Entry] = {}
    for entry in roster.entries:
        row = pieces(entry.form)
        if entry.case_sensitive and len(row) == 1 and not rosters.is_initials(entry.form):
            found.setdefault(row[0].cased.upper(), entry)
    return found


def _widen(text: str, spots: list[Spot], rules: Rules) -> None:
    """Let a name of the roster reach over the rest of a longer form of it that stands beside it.

    "Mary" over all of "Mary Archor" where that is near a form, and "M A R Y" over "M A R Y Archer".
    """
    compiled = fuzzy(rules.roster, rules.dictionary)
    rests = _rests(rules.roster)
    for at, spot in enumerate(spots):
        if spot.source not in (ROSTER, NEAR):
            continue
        start = max(spots[at - 1].end if at else 0, spot.start - BESIDE)
        end = min(spots[at + 1].start if at + 1 < len(spots) else len(text), spot.end + BESIDE)
        first, last = spot.start, spot.end
        for near in compiled.find(text[start:end], least=2):
            whole = near.start + start <= first and last <= near.end + start
            if whole and near.sure and near.entries[0].replacement == spot.text:
                first, last = near.start + start, near.end + start
        rest = rests.get(spot.text, frozenset())
        before = [p for p in pieces(text[start:first]) if p.end == len(text[start:first].rstrip())]
        after = [p for p in pieces(text[last:end]) if not text[last : last + p.start].strip()]
        if before and _belongs(before[0], rest, rules):
            first = start + before[0].start
        if after and _belongs(after[0], rest, rules):
            last += after[0].end
        if (first, last) != (spot.start, spot.end):
            spots[at] = replace(spot, start=first, end=last, form=text[first:last], source=NEAR)


def _belongs(piece: Piece, rest: frozenset[str], rules: Rules) -> bool:
    """True for a word beside a name that is one of `rest`, as it is or misheard."""
    if not piece.cased[:1].isupper():
        return False
    return piece.folded in rest or (
        not rules.dictionary.knows(piece.folded)
        and any(len(word) >= SURE and OSA.distance(piece.folded, word, score_cutoff=1) <= 1 for word in rest)
    )


@lru_cache(maxsize=8)
def _rests(roster: Roster) -> dict[str, frozenset[str]]:
    """For each replacement the words of its longer forms: what may stand beside a shorter one."""
    found: dict[str, frozenset[str]] = {}
    for entry in roster.entries:
        row = pieces(entry.form)
        if len(row) > 1:
            words = frozenset(p.folded for p in row if len(p.folded) > 2)
            found[entry.replacement] = found.get(entry.replacement, frozenset()) | words
    return found


def _near(text: str, spots: list[Spot], rules: Rules, sure: bool) -> None:
    """Add what is near a form of the roster."""
    taken = [(s.start, s.end) for s in spots] + _bracketed(text)
    for near in fuzzy(rules.roster, rules.dictionary).find(text, taken):
        if near.sure != sure:
            continue
        form = text[near.start : near.end]
        choice = rules.decided.of(key(form))
        entry = near.entries[0]
        if choice is not None:
            spot = _as_chosen(near.start, near.end, choice, form, NEAR)
            if spot:
                _put(spots, spot)
        elif sure:
            spot = Spot(near.start, near.end, entry.replacement, entry.kind, "replaced", form, NEAR)
            _put(spots, spot)
        else:
            meant = " or ".join(e.replacement for e in near.entries)
            _put(spots, Spot(near.start, near.end, MASK, entry.kind, "masked", form, NEAR, meant))


def _parts(text: str, spots: list[Spot], rules: Rules) -> None:
    """Hide what stands alone of a form of several words, where it is no word: "thistlewood" of Ann Thistlewood.

    Whoever writes a roster forgets a surname; with a capital the recognisers see it, in small letters they may not.
    """
    taken = [(s.start, s.end) for s in spots] + _bracketed(text)
    whole = pieces(text)
    row = [
        piece
        for at, piece in enumerate(whole)
        if not is_ending(text, whole, at) and not any(s < piece.end and piece.start < e for s, e in taken)
    ]
    known = _alone(rules.roster) if rules.dictionary.base else {}  # no dictionary: anything may be a word
    for at, piece in enumerate(row):
        if piece.folded not in known:
            continue
        entry, words = known[piece.folded]
        first = last = at
        while row[first].joined and first and row[first - 1].folded in words:
            first -= 1
        while last + 1 < len(row) and row[last + 1].joined and row[last + 1].folded in words:
            last += 1
        if first == last and rules.dictionary.knows(piece.folded):
            continue
        start, end = row[first].start, row[last].end
        form = text[start:end]
        hidden = any(s.start < end and start < s.end for s in spots)  # with the part before it
        if hidden or _is_allowed(form, row[first : last + 1], rules, False):
            continue
        choice = rules.decided.of(key(form))
        if choice is None:
            _put(spots, Spot(start, end, MASK, entry.kind, "masked", form, NEAR, entry.replacement))
        elif spot := _as_chosen(start, end, choice, form, NEAR):
            _put(spots, spot)


@lru_cache(maxsize=8)
def _alone(roster: Roster) -> dict[str, tuple[Entry, frozenset[str]]]:
    """The longer words of forms of several words, each with the form it is of and with all words of that form."""
    found: dict[str, tuple[Entry, frozenset[str]]] = {}
    for entry in roster.entries:
        for way in spellings(pieces(entry.form)):
            words = frozenset(folded for _, folded in way)
            if len(way) > 1:
                for word in words:
                    if len(word) >= DOUBTFUL and word.isalpha():
                        found.setdefault(word, (entry, words))
    return found


def _bracketed(text: str) -> list[tuple[int, int]]:
    """What stands in square brackets: replaced already, or a remark such as [inaudible]."""
    found, start = [], -1
    for at, sign in enumerate(text):
        if sign == "[":
            start = at
        elif sign == "]" and start >= 0:
            found.append((start, at + 1))
            start = -1
    return found


def _name(text: str, start: int, end: int, finding: Found, rules: Rules) -> Spot | None:
    """What becomes of a stretch that a recogniser takes for a name; None where it stays."""
    row = _trimmed(text, start, end, rules)
    if not row:
        return None
    start, end = row[0].start, row[-1].end
    form = text[start:end]
    choice = rules.decided.of(key(form))
    if choice is not None and not (finding.sure and choice.verdict == "keep"):
        return _as_chosen(start, end, choice, form, finding.recogniser)
    if _is_allowed(form, row, rules, finding.sure):
        return None
    if finding.sure:
        return Spot(start, end, "", finding.kind, "replaced", form, finding.recogniser)
    return Spot(start, end, MASK, finding.kind, "masked", form, finding.recogniser)


def _as_chosen(start: int, end: int, choice: Choice, form: str, source: str) -> Spot | None:
    if choice.verdict in ("keep", "never"):
        return None
    return Spot(start, end, choice.text, choice.kind, "replaced", form, source)


def _trimmed(text: str, start: int, end: int, rules: Rules) -> list[Piece]:
    """The pieces of a stretch without titles, articles and possessives at its ends, as the whole text has them."""
    whole = pieces(text[start:end])
    row = [p for n, p in enumerate(whole) if not is_ending(text[start:end], whole, n)]
    while row and (row[0].folded in _EDGES or row[0].folded in _TITLES):
        del row[0]
    while row and row[-1].folded in _EDGES:
        del row[-1]
    if sum(len(p.folded) for p in row) < 2:
        return []
    return [Piece(p.start + start, p.end + start, p.cased, p.folded, p.joined) for p in row]


def _is_allowed(form: str, row: Sequence[Piece], rules: Rules, sure: bool) -> bool:
    """True for what names nobody: on a list, a role code, or made of such words and small ones.

    What is surely a name ("Mrs Parkinson") only the study itself can allow.
    """
    whole = " ".join(p.folded for p in row)
    lists: tuple[Collection[str], ...] = (() if sure else never_names(), rules.roster.allow, rules.codes)
    if any(whole in known or key(form) in known for known in lists):
        return True
    if not any(any(p.folded in known for known in lists) for p in row):
        return False  # "john smith": dictionaries have them too, and the recognisers have weighed that
    return all(
        any(p.folded in known for known in lists)
        or p.folded.isdigit()
        or (p.cased.islower() and rules.dictionary.knows(p.folded) and p.folded not in also_words())
        for p in row
    )


def _longest_first(found: Sequence[Found]) -> list[Found]:
    return sorted(found, key=lambda f: (f.start - f.end, -f.score, f.start))


def _free(start: int, end: int, spots: Sequence[Spot]) -> Iterator[tuple[int, int]]:
    """The parts of `[start, end)` that no spot covers."""
    for spot in spots:
        if spot.end <= start or spot.start >= end:
            continue
        if start < spot.start:
            yield start, spot.start
        start = max(start, spot.end)
    if start < end:
        yield start, end


def _put(spots: list[Spot], spot: Spot) -> None:
    insort(spots, spot)
