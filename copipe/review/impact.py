"""What another codebook adds and drops in the meetings of a study, before anything is changed. Writes nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from copipe.code.codebook import codebook, diff
from copipe.pipeline.checking import page_map_now
from copipe.pipeline.context import Context
from copipe.pipeline.stage import NotReadyError, has_words, need, read
from copipe.pipeline.stages.candidates import story_ranges
from copipe.pipeline.stages.parses import columns_for
from copipe.progress import OnTick, Tick, silent
from copipe.records import Candidate, Code, Codebook, Decision, Turn
from copipe.study import decisions, pages

if TYPE_CHECKING:
    from copipe.study.study import Meeting

_OLD, _NEW = "old:", "new:"  # before keys, so that one pass over the words serves both codebooks


@dataclass(frozen=True, slots=True)
class Spot:
    """A passage that is proposed by one codebook and not by the other; `decided` where a person accepted it."""

    meeting: str
    citation: str
    role: str
    text: str
    seeds: tuple[str, ...]
    decided: bool


@dataclass(frozen=True, slots=True)
class CodeImpact:
    """Candidates of a code in all meetings: by the old and the new codebook, and those that only one proposes.

    `kept` of the dropped ones were accepted by a person, and stay. `gains` and `losses` are the first of them. `key` is
    the code's own, and that in the old codebook where it is gone.
    """

    key: str
    before: int = 0
    after: int = 0
    added: int = 0
    dropped: int = 0
    kept: int = 0
    gains: tuple[Spot, ...] = ()
    losses: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Impact:
    """What changes: `codes` that propose something else, `meetings` (code, added, dropped).

    `left_out` are meetings that were not looked at, and why; `homeless` are keys without a code in the new codebook,
    with the number of passages a person accepted for each.
    """

    codes: tuple[CodeImpact, ...]
    meetings: tuple[tuple[str, int, int], ...]
    left_out: tuple[tuple[str, str], ...]
    homeless: tuple[tuple[str, int], ...]


def impact(context: Context, old: Codebook, new: Codebook, citations: int = 3, on_tick: OnTick = silent) -> Impact:
    """Code every analysed meeting by the seeds that differ between two codebooks, and compare.

    `citations` is how many passages of each code are shown, added and dropped. Raises MissingModelError as coding does.
    """
    came_from = diff.origins(old, new)
    changed = [c.key for c in diff.compare(old, new) if c.proposes]
    sources = {key: came_from.get(key, (key,)) for key in changed}  # what is gone came from itself
    both = _both(old, new, sources)
    found = {key: CodeImpact(key) for key in sources}
    rows: list[tuple[str, int, int]] = []
    left_out: list[tuple[str, str]] = []
    accepted: list[str] = []
    meetings = context.study.meetings
    for number, meeting in enumerate(meetings):
        on_tick(Tick("compare", number, len(meetings), "meetings"))
        accepts = _accepts(context, meeting)
        accepted += [d.about for d in accepts]
        if why := _unfit(context, meeting):
            left_out.append((meeting.code, why))
            continue
        try:
            proposed = _propose(context, meeting, both) if both.codes else ()
        except NotReadyError:  # what stands may hold words of somebody who has withdrawn since: it is not shown
            left_out.append((meeting.code, "new or changed since the last `copipe run`"))
            continue
        shown = _Shown(context, meeting)
        by_code: dict[str, list[Candidate]] = {}
        for candidate in proposed:
            by_code.setdefault(candidate.code, []).append(candidate)
        added = dropped = 0
        for key, ours in sources.items():
            before = [c for o in ours for c in by_code.get(_OLD + o, ())]
            after = by_code.get(_NEW + key, [])
            mine = [d for d in accepts if d.about in (key, *ours)]
            more, less = _missing(after, before), _missing(before, after)
            so_far = found[key]
            found[key] = replace(
                so_far,
                before=so_far.before + len(before),
                after=so_far.after + len(after),
                added=so_far.added + len(more),
                dropped=so_far.dropped + len(less),
                kept=so_far.kept + sum(_is_decided(c, mine) for c in less),
                gains=(*so_far.gains, *shown.spots(more[: citations - len(so_far.gains)], mine)),
                losses=(*so_far.losses, *shown.spots(less[: citations - len(so_far.losses)], mine)),
            )
            added, dropped = added + len(more), dropped + len(less)
        rows.append((meeting.code, added, dropped))
    on_tick(Tick("compare", len(meetings), len(meetings), "meetings"))
    now = codebook.renamed(new)
    homeless = {key: accepted.count(key) for key in accepted if key not in now}
    told = tuple(code for code in found.values() if code.before or code.after)
    return Impact(told, tuple(rows), tuple(left_out), tuple(homeless.items()))


def _both(old: Codebook, new: Codebook, sources: dict[str, tuple[str, ...]]) -> Codebook:
    """The codes to compare, of both codebooks in one. What is deprecated proposes nothing."""
    asked = {key for keys in sources.values() for key in keys}
    codes = [_bare(code, _OLD) for code in old.codes if code.key in asked and not code.deprecated]
    codes += [_bare(code, _NEW) for code in new.codes if code.key in sources and not code.deprecated]
    return codebook.made("", [code for code in codes if code.seeds])


def _bare(code: Code, mark: str) -> Code:
    return replace(code, key=mark + code.key, parent="", aliases=(), replaced_by=())


def _propose(context: Context, meeting: Meeting, book: Codebook) -> tuple[Candidate, ...]:
    """Candidates by the seeds of both codebooks, from what the last run kept of the words where that is enough."""
    from copipe.code.propose import candidates

    source = str(need(context, meeting, "anonymised").about["source"])
    words, told = columns_for(context, meeting, book), story_ranges(context, meeting, book)
    return candidates.find(words, book, context.study.settings.code, source, meeting.kind, told).candidates


def _unfit(context: Context, meeting: Meeting) -> str:
    if not has_words(context, meeting):
        return "not recorded"
    return "" if context.study.meets_quorum(meeting) else "below quorum"


def _accepts(context: Context, meeting: Meeting) -> list[Decision]:
    made = decisions.read(context.study.decisions / f"{meeting.code}.jsonl")
    return [d for d in decisions.standing(made, "coding") if d.verdict in ("accept", "add")]


def _missing(these: Sequence[Candidate], those: Sequence[Candidate]) -> list[Candidate]:
    """Those of `these` that none of `those` overlaps; of several codes on the same words one is enough."""
    merged: list[tuple[str, str]] = []  # stretches of words, in order and apart
    for first, last in sorted((c.span.first, c.span.last) for c in those):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    left: dict[tuple[str, str], Candidate] = {}
    for candidate in these:
        at = bisect_right(merged, candidate.span.last, key=lambda stretch: stretch[0]) - 1
        if at < 0 or merged[at][1] < candidate.span.first:
            left.setdefault((candidate.span.first, candidate.span.last), candidate)
    return list(left.values())


def _is_decided(candidate: Candidate, accepts: Sequence[Decision]) -> bool:
    span = candidate.span
    return any(d.span is not None and d.span.first <= span.last and span.first <= d.span.last for d in accepts)


@dataclass(slots=True)
class _Shown:
    """The passages of a meeting as they are shown; its turns are read when the first is asked for."""

    context: Context
    meeting: Meeting
    turns: tuple[Turn, ...] = ()
    page_map: pages.PageMap | None = None

    def spots(self, found: Sequence[Candidate], accepts: Sequence[Decision]) -> tuple[Spot, ...]:
        if not found:
            return ()
        if self.page_map is None:
            self.turns = read(self.context, self.meeting, "anonymised", Turn)
            self.page_map = page_map_now(self.context, self.meeting, self.turns)
        spots = []
        for candidate in found:
            first, last = candidate.span.first, candidate.span.last
            parts = pages.words_between(self.turns, first, last)
            said = " ".join(word.text for _, words in parts for word in words if word.text)
            cited = str(pages.cite(self.page_map, self.turns, first, last))
            seeds = tuple(dict.fromkeys(e.source for e in candidate.evidence))
            spots.append(Spot(self.meeting.code, cited, candidate.role, said, seeds, _is_decided(candidate, accepts)))
        return tuple(spots)
