"""Who speaks when and who follows whom in one meeting, as numbers and as figures."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

from copipe.records import Turn, WordId
from copipe.report import tallies
from copipe.report.figures import charts
from copipe.report.figures.charts import Spot, Stretch
from copipe.report.figures.drawing import Figure
from copipe.report.transcript import is_timed
from copipe.report.view import MeetingView


def drawn(view: MeetingView) -> tuple[Figure, ...]:
    """The figures of a meeting's report; their files lie in figures/ beside it. None where nothing was said."""
    if not view.turns:
        return ()
    timed = is_timed(view.turns)
    rows = tallies.spoken(view.turns, [a.role for a in view.attendance])
    amounts = {row.role: (row.seconds or 0.0) if timed else float(row.words) for row in rows if row.words}
    stretches = _stretches(view.turns, timed)
    length = max((s.end for s in stretches), default=0.0)
    roles = [*amounts, *([""] if any(turn.role == "" for turn in view.turns) else [])]
    made = [
        charts.timeline("timeline", stretches, _spots(view, timed), roles, length, timed),
        charts.shares("shares", amounts, timed),
    ]
    following = follows(view.turns)
    voices = [role for role in amounts if any(role in pair for pair in following)]
    if len(voices) > 1:
        cells = [[following.get((one, other), 0) for other in voices] for one in voices]
        made.append(charts.heat_map("turn-taking", voices, voices, cells, "Who follows whom", "speaks next", "after"))
    return tuple(made)


def follows(turns: Sequence[Turn]) -> Mapping[tuple[str, str], int]:
    """How often the second of a pair speaks directly after the first; through somebody withheld nobody follows."""
    pairs: Counter[tuple[str, str]] = Counter()
    for one, other in itertools.pairwise(turns):
        if one.role and other.role and one.role != other.role:
            pairs[one.role, other.role] += 1
    return pairs


def _stretches(turns: Sequence[Turn], timed: bool) -> list[Stretch]:
    if timed:
        return [Stretch(t.role, t.start, t.end) for t in turns if t.start is not None and t.end is not None]
    found: list[Stretch] = []
    at = 0
    for turn in turns:
        found.append(Stretch(turn.role, at, at + turn.count))
        at += turn.count
    return found


def _spots(view: MeetingView, timed: bool) -> list[Spot]:
    """Where each top-level code is spoken of, those below it included, in the order of the codebook."""
    if not view.quorum_met:
        return []
    at = _offsets(view.turns)
    top = {s.code.key: (s.above[0] if s.above else s.code).label for s in tallies.shelves(view.codebook)}
    found = [
        Spot(
            top[c.code],
            c.span.start if timed and c.span.start is not None else at[c.span.first],
            c.status == "accepted",
        )
        for c in view.codings
        if c.status != "rejected" and c.code in top and c.span.first in at
    ]
    order = list(dict.fromkeys(top.values()))
    return sorted(found, key=lambda spot: (order.index(spot.label), spot.at))


def _offsets(turns: Sequence[Turn]) -> dict[WordId, int]:
    """How many words come before each."""
    found: dict[WordId, int] = {}
    at = 0
    for turn in turns:
        found |= {word.id: at + n for n, word in enumerate(turn.words)}
        at += turn.count
    return found
