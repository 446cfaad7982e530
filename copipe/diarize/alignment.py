"""Words meet voices: every word gets a speaker, and consecutive words of one speaker become a turn.

- A timed word belongs to the exclusive turn it shares most time with, in a gap to the nearest.
- A word or two at the edge of a unit (sentence end or pause) go with the rest of it (copipe.diarize.units).
- A word without a time of its own goes with the timed word before it in its segment (that is what a person inserts);
  in a segment that has a time and no timed words, with the segment's time.
- The speaker tag of an imported segment is the voice, and needs no times.
- What a person said about a word's speaker (`said_by`) comes before all that.

Who may not be shown leaves here: such a turn keeps ids, time and the number of words, and no word.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from copipe.diarize import units
from copipe.diarize.timeline import Timeline, joined, overlaps
from copipe.records import Mark, MarkKind, Segment, SpeakerTurn, Turn, Word, WordId

PAUSE = 5.0  # seconds; the same speaker goes on in a new turn, so that a turn's time leads near to its words
OVERLAPPED = 0.5  # share of a word's time under two voices from which it is marked
NEARBY = 0.5  # certainty of a word that lies just outside every turn; half of it a second away
SETTLED = 0.5  # certainty at most of a word that went with the rest of its unit
CLEAR = 0.2  # margin (cosine) from which a voice is not taken for another; none at all halves the certainty
UNTOLD = 0.05  # margin taken for speech too short to compare, where the rest was compared

NO_CONSENT = "no consent"
NOT_ASSIGNED = "not yet assigned"
NOT_IN_STUDY = "not in the study"
SPOKEN_OVER = "spoken while somebody not in the study speaks"
OUTSIDER = "not-in-study"  # the role of somebody whose words are no data

_INAUDIBLE = re.compile(r"[\[(<]\s*(?:inaudible|unintelligible|indistinct|unclear)\b[^\])>]*[\])>]\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Said:
    """A word with who said it. `why` is why it is withheld, "" where it is shown."""

    word: Word
    role: str
    why: str
    certainty: float
    overlapped: bool


@dataclass(frozen=True, slots=True)
class _Heard:
    """A word with the voice that said it."""

    word: Word
    label: str
    certainty: float
    overlapped: bool


def attribute(
    segments: Sequence[Segment],
    speakers: Sequence[SpeakerTurn],
    roles: Mapping[str, str],
    shown: Collection[str],
    withhold_unknown: bool,
    said_by: Mapping[WordId, str],
    marks: Sequence[Mark],
    in_doubt: bool = False,
) -> tuple[Turn, ...]:
    """Turns in the order of the words, every word in exactly one of them.

    `roles` maps a voice's label to a role code; a label it lacks becomes UNK1, UNK2 in order of first speech. Roles
    that are not in `shown` are withheld, and unknown voices where `withhold_unknown`: a placeholder has role "", no
    words, how many there were (notes not counted) and marks "withheld" that say why; neighbouring placeholders are one.
    With `in_doubt`, words under a voice that is withheld leave as well: they may be either's, and no person has said.
    `marks` are split at the borders of turns; a placeholder keeps none of them.
    """
    unknown: dict[str, str] = {}
    said: list[_Said] = []
    hidden = (
        {t.label for t in speakers if _withheld(roles.get(t.label, "UNK1"), shown, withhold_unknown)}
        if in_doubt
        else set()
    )
    theirs = Timeline((s, e, "") for s, e in joined([(t.start, t.end) for t in speakers if t.label in hidden], 0.0))
    for heard in _voiced(segments, speakers):
        word, label, certainty = heard.word, heard.label, heard.certainty
        role = said_by.get(word.id)
        given = role is not None
        if role is not None:
            certainty = 1.0
        else:
            role = roles.get(label) or unknown.setdefault(label, f"UNK{len(unknown) + 1}")
        why = _withheld(role, shown, withhold_unknown)
        if not why and not given and word.start is not None and word.end is not None:
            why = SPOKEN_OVER if _under(theirs, word.start, word.end) else ""
        said.append(_Said(word, role, why, certainty, heard.overlapped))
    return tuple(_turn(group, _inside(marks, group)) for group in _grouped(said))


def labels(segments: Sequence[Segment], speakers: Sequence[SpeakerTurn]) -> list[tuple[Word, str]]:
    """Every word in order with the label of its voice, before anybody's decision."""
    return [(heard.word, heard.label) for heard in _voiced(segments, speakers)]


def is_unknown(role: str) -> bool:
    """True for UNK1, UNK2: a voice that nobody has named."""
    return role.startswith("UNK") and role[3:].isdigit()


def _under(voices: Timeline, start: float, end: float) -> bool:
    """Whether so much of a word lies under one of these voices that it may be theirs."""
    end = max(end, start + 0.01)
    return bool(voices) and sum(seconds for seconds, _ in voices.within(start, end)) >= OVERLAPPED * (end - start)


def _withheld(role: str, shown: Collection[str], withhold_unknown: bool) -> str:
    if is_unknown(role):
        return NOT_ASSIGNED if withhold_unknown else ""
    if role == OUTSIDER:
        return NOT_IN_STUDY
    return "" if role in shown else NO_CONSENT


def _voiced(segments: Sequence[Segment], speakers: Sequence[SpeakerTurn]) -> Iterator[_Heard]:
    """Every word in order with the voice that said it."""
    heard = _Recording(speakers)
    for tagged, run in groupby(segments, key=lambda s: bool(s.label)):
        if tagged:
            yield from (_Heard(word, segment.label, 1.0, False) for segment in run for word in segment.words)
        else:
            yield from _settled([found for segment in run for found in _by_time(segment, heard)])


def _by_time(segment: Segment, heard: _Recording) -> Iterator[_Heard]:
    timed = [w for w in segment.words if w.start is not None and w.end is not None]
    before: tuple[str, float, bool] | None = None
    for word in segment.words:
        if word.start is not None and word.end is not None:
            before = heard.at(word.start, word.end)
        elif before is None:
            first = timed[0] if timed else segment
            before = heard.at(first.start, first.end)
        yield _Heard(word, *before)


def _settled(heard: Sequence[_Heard]) -> Iterator[_Heard]:
    """The same with the edges of units in the hands of the rest, and less sure where several speak in a unit."""
    words, labels = [h.word for h in heard], [h.label for h in heard]
    after = units.settled(words, labels)
    for unit in units.units(words):
        said = Counter(after[i] for i in unit)
        for i in unit:
            certainty = heard[i].certainty if after[i] == labels[i] else min(heard[i].certainty, SETTLED)
            yield replace(heard[i], label=after[i], certainty=certainty * said[after[i]] / len(unit))


class _Recording:
    """Who speaks at a time, by the turns of a diarization."""

    def __init__(self, speakers: Sequence[SpeakerTurn]) -> None:
        ordinary = [t for t in speakers if not t.exclusive]
        self._turns = [t for t in speakers if t.exclusive] or ordinary
        self._when = Timeline((t.start, t.end, str(i)) for i, t in enumerate(self._turns))
        self._under = Timeline((start, end, "") for start, end in overlaps(ordinary))
        self._compared = any(t.margin is not None for t in self._turns)

    def at(self, start: float | None, end: float | None) -> tuple[str, float, bool]:
        """(label, certainty, overlapped) of a stretch of time.

        Certainty is the share of the time that lies in the label's turns, less half of the share under two voices,
        where the words may be either's, and less up to half for a sound that could be another voice's.
        """
        if start is None or end is None or not self._when:
            return "", 0.0, False
        end = max(end, start + 0.01)  # engines give words of no length
        shares: dict[str, float] = {}
        clear: dict[str, float] = {}
        for seconds, number in self._when.within(start, end):
            turn = self._turns[int(number)]
            shares[turn.label] = shares.get(turn.label, 0.0) + seconds
            clear[turn.label] = min(clear.get(turn.label, 1.0), self._clear(turn))
        both = min(1.0, sum(seconds for seconds, _ in self._under.within(start, end)) / (end - start))
        if not shares:
            gap, number = self._when.nearest(start, end)
            turn = self._turns[int(number)]
            return turn.label, NEARBY / (1 + gap) * self._clear(turn), False
        label = max(sorted(shares), key=shares.__getitem__)
        certainty = min(1.0, shares[label] / (end - start)) * (1 - both / 2) * clear[label]
        return label, certainty, both >= OVERLAPPED

    def _clear(self, turn: SpeakerTurn) -> float:
        """0.5 to 1: how clearly the turn's sound is its own voice's and no other's."""
        if not self._compared:
            return 1.0
        margin = UNTOLD if turn.margin is None else turn.margin
        return 0.5 + 0.5 * min(1.0, max(0.0, margin / CLEAR))


def _grouped(said: Sequence[_Said]) -> Iterator[list[_Said]]:
    """Stretches of one speaker; of withheld words, whoever's they are."""
    for hidden, run in groupby(said, key=lambda s: bool(s.why)):
        if hidden:
            yield list(run)
            continue
        for _, same in groupby(run, key=lambda s: s.role):
            group: list[_Said] = []
            reached: float | None = None
            for item in same:
                start, end = item.word.start, item.word.end
                if group and start is not None and reached is not None and start - reached >= PAUSE:
                    yield group
                    group = []
                group.append(item)
                if end is not None:
                    reached = end
            yield group


def _turn(group: Sequence[_Said], marks: Sequence[Mark]) -> Turn:
    starts = [s.word.start for s in group if s.word.start is not None]
    ends = [s.word.end for s in group if s.word.end is not None]
    hidden = bool(group[0].why)
    if hidden:
        own = [
            Mark("withheld", run[0].word.id, run[-1].word.id, why)
            for why, run in ((why, list(run)) for why, run in groupby(group, key=lambda s: s.why))
        ]
    else:
        own = [*marks, *_runs(group, "overlap", [s.overlapped for s in group])]
        own += _runs(group, "inaudible", [bool(_INAUDIBLE.fullmatch(s.word.text)) for s in group])
    return Turn(
        id=group[0].word.id,
        last=group[-1].word.id,
        start=min(starts, default=None),
        end=max(ends, default=None),
        role="" if hidden else group[0].role,
        words=() if hidden else tuple(s.word for s in group),
        count=sum(not s.word.is_note for s in group),
        certainty=sum(s.certainty for s in group) / len(group),
        marks=tuple(own),
    )


def _runs(group: Sequence[_Said], kind: MarkKind, flags: Sequence[bool]) -> list[Mark]:
    found = []
    for flagged, run in groupby(zip(group, flags, strict=True), key=lambda pair: pair[1]):
        if flagged:
            words = [said.word for said, _ in run]
            found.append(Mark(kind, words[0].id, words[-1].id))
    return found


def _inside(marks: Sequence[Mark], group: Sequence[_Said]) -> list[Mark]:
    """The parts of the marks that lie in this turn. Ids sort as the words were said."""
    own = [s.word.id for s in group]
    found = []
    for mark in marks:
        low, high = bisect_left(own, mark.first), bisect_right(own, mark.last)
        if low < high:
            found.append(Mark(mark.kind, own[low], own[high - 1], mark.why))
    return found
