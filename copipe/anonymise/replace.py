"""Names out, replacements in: over the words of turns, which keep their ids, and over plain text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from copipe.anonymise.recognise.findings import Found, by_word, in_run, runs, text_of
from copipe.anonymise.replacements import Rules, Spot, plan
from copipe.anonymise.roster import roster as rosters
from copipe.anonymise.roster.roster import Roster
from copipe.records import Finding, Mark, MarkKind, Turn, Word, WordId

Plan = tuple[tuple[Spot, ...], ...]  # one entry for each run of words, in their order


def anonymise(turns: Sequence[Turn], roster: Roster) -> tuple[Turn, ...]:
    """Every turn with the names of the roster replaced and marked "replaced", and what is near one of them hidden.

    Nothing is matched across a change of turn, nor between speech and a note. There are as many words as before, with
    their ids and times: where a name has several words the first takes the replacement and the others are empty.
    """
    return carry_out(turns, planned(turns, (), Rules(roster)), roster)


def anonymise_text(text: str, roster: Roster) -> str:
    """Plain text (names of files, speaker tags) with the names of the roster replaced, as they are spelled there."""
    return carry_out_text(text, (), roster)


def planned(turns: Iterable[Turn], findings: Iterable[Finding], rules: Rules) -> Plan:
    """All that must change in the turns."""
    found = by_word(findings)
    return tuple(plan(text_of(run), in_run(run, found), rules) for turn in turns for run in runs(turn))


def planned_texts(texts: Sequence[str], found: Sequence[Sequence[Found]], rules: Rules) -> Plan:
    """All that must change in plain texts, with what the recognisers found in each."""
    return tuple(plan(text, hits, rules) for text, hits in zip(texts, found, strict=True))


def unnamed(plans: Iterable[Plan]) -> tuple[tuple[str, str], ...]:
    """Kind and form of everything that has no pseudonym yet, each once, in order."""
    wanted = ((s.kind, s.form) for made in plans for run in made for s in run if not s.text)
    return tuple(dict.fromkeys(wanted))


def named(made: Plan, pseudonyms: Mapping[tuple[str, str], str]) -> Plan:
    """The plan with a pseudonym for every kind and form of `unnamed`."""
    return tuple(
        tuple(s if s.text else replace(s, text=pseudonyms[s.kind, s.form]) for s in run) if run else run for run in made
    )


def carry_out(turns: Sequence[Turn], made: Plan, roster: Roster) -> tuple[Turn, ...]:
    """Turns with a plan of theirs carried out; what the roster still finds then is replaced as well."""
    each = iter(made)
    return tuple(_turn(turn, each_run(turn, each), roster) for turn in turns)


def each_run(turn: Turn, plans: Iterable[tuple[Spot, ...]]) -> list[tuple[tuple[Word, ...], tuple[Spot, ...]]]:
    """The runs of a turn, each with its share of a plan, which is taken from `plans`."""
    each = iter(plans)
    return [(run, next(each)) for run in runs(turn)]


def carry_out_text(text: str, spots: Sequence[Spot], roster: Roster) -> str:
    """Plain text with a plan carried out, and then the roster, until it finds nothing."""
    text = _replaced(text, spots)
    # Again, until nothing is found: a replacement may come to stand beside a word it makes a form with. Each round
    # takes original letters away and no replacement is itself a form, so this ends.
    while spots := _rostered(text, roster):
        text = _replaced(text, spots)
    return text


@dataclass(frozen=True, slots=True)
class Removed:
    """How much of what was said is not to be read: words of `words`, and forms that wait for a decision."""

    words: int
    replaced: int
    masked: int

    @property
    def share(self) -> float:
        return (self.replaced + self.masked) / self.words if self.words else 0.0

    def plain(self) -> dict[str, object]:
        said = {"words": self.words, "replaced": self.replaced, "masked": self.masked}
        return {**said, "share": round(self.share, 4)}


def removed(turns: Iterable[Turn]) -> Removed:
    """How many of the words of anonymised turns are replaced or hidden; a name of two words counts as two."""
    counts = {"replaced": 0, "masked": 0}
    words = 0
    for turn in turns:
        words += sum(not word.is_note for word in turn.words)
        at = {word.id: number for number, word in enumerate(turn.words)}
        for mark in turn.marks:
            if mark.kind in counts and mark.first in at and mark.last in at:
                counts[mark.kind] += at[mark.last] - at[mark.first] + 1
    return Removed(words, **counts)


def _rostered(text: str, roster: Roster) -> tuple[Spot, ...]:
    return tuple(
        Spot(m.start, m.end, m.found.replacement, m.found.kind, "replaced", text[m.start : m.end], "roster")
        for m in rosters.matcher(roster).find(text)
    )


def _replaced(text: str, spots: Sequence[Spot]) -> str:
    out, at = [], 0
    for spot in spots:
        out += [text[at : spot.start], spot.text]
        at = spot.end
    return "".join([*out, text[at:]])


def _turn(turn: Turn, each: Sequence[tuple[tuple[Word, ...], tuple[Spot, ...]]], roster: Roster) -> Turn:
    words: list[Word] = []
    marks: list[Mark] = []
    for run, spots in each:
        words += _run(list(run), spots, roster, marks)
    return replace(turn, words=tuple(words), marks=turn.marks + tuple(marks)) if marks else turn


def _run(words: list[Word], spots: Sequence[Spot], roster: Roster, marks: list[Mark]) -> list[Word]:
    """`words` with the spots changed; the marks go to the end of `marks`."""
    covers: dict[
        WordId, tuple[WordId, str, MarkKind]
    ] = {}  # first word of a name: its last word, what it is and became
    while spots:  # again, as in `carry_out_text`
        spoken = [number for number, word in enumerate(words) if word.text]
        texts = _texts([words[number].text for number in spoken], spots, spoken, words, covers)
        for number, text in zip(spoken, texts, strict=True):
            words[number] = replace(words[number], text=text)
        spots = _rostered(text_of(words), roster)
    marks += [Mark(what, first, last, kind) for first, (last, kind, what) in covers.items()]
    return words


def _texts(
    texts: Sequence[str],
    spots: Sequence[Spot],
    spoken: Sequence[int],
    words: Sequence[Word],
    covers: dict[WordId, tuple[WordId, str, MarkKind]],
) -> list[str]:
    """What each word says once names are replaced: the words of one name run together into the first of them.

    `spots` are in the `texts` joined by spaces; `covers` learns of each name.
    """
    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))[:-1]
    owner = list(range(len(texts)))
    opening: dict[int, list[Spot]] = {}
    for spot in spots:
        first, last = (bisect_right(starts, at) - 1 for at in (spot.start, spot.end - 1))
        opening.setdefault(first, []).append(spot)
        for number in range(first + 1, last + 1):
            owner[number] = owner[first]
        mine, end = words[spoken[owner[first]]].id, words[spoken[last]].id
        before = covers.get(mine, (end, spot.kind, spot.mark))
        # Where several meet in one word it is hidden if any of them is.
        what: MarkKind = "masked" if "masked" in (before[2], spot.mark) else "replaced"
        covers[mine] = (max(before[0], end), before[1], what)
    parts: list[list[str]] = [[] for _ in texts]
    covered = 0  # what comes before this offset is said, or replaced
    for number, (start, text) in enumerate(zip(starts, texts, strict=True)):
        at = max(start, min(covered, start + len(text)))
        for spot in opening.get(number, ()):
            parts[owner[number]] += [text[at - start : spot.start - start], spot.text]
            at = covered = spot.end
        parts[owner[number]].append(text[at - start :] if at < start + len(text) else "")
    return ["".join(part) for part in parts]
