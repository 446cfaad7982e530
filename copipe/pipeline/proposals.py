"""All that the machine proposes in a meeting: by seeds, by meaning, by what it learnt; nothing is asked twice."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from copipe.pipeline.context import Context
from copipe.pipeline.stage import NotReadyError, applies, fresh, need, read
from copipe.pipeline.stages.learned import chances_of
from copipe.pipeline.stages.parses import columns
from copipe.records import Candidate
from copipe.study.store import from_lines
from copipe.study.study import Meeting

if TYPE_CHECKING:
    from copipe.code.propose.meaning import Floats
    from copipe.code.seeds.parses import Columns


def proposed(context: Context, meeting: Meeting, taught: bool = True) -> tuple[Candidate, ...]:
    """The candidates of a meeting in order of speech, then of the codebook. NotReadyError before seeds were looked for.

    Candidates that overlap are one, with the evidence of all. Where a code was learnt its candidates have the chance
    that this gave as their score. Not `taught`: as if nobody had decided anything, for a coder who works blind.
    """
    seeds: tuple[Candidate, ...] = read(context, meeting, "candidates", Candidate)
    near = _near(context, meeting)
    learned, chances = _learned(context, meeting) if taught else ((), {})
    known = {code.key for code in context.codebook.codes}
    extra = [c for c in (*near, *learned) if c.code in known]
    if not extra and not chances:
        return seeds
    made = columns(context, meeting)
    order = {code.key: n for n, code in enumerate(context.codebook.codes)}
    found = [_ranked(c, chances, made) for c in _joined((*seeds, *extra), made)]
    found.sort(key=lambda c: (c.span.first, order.get(c.code, len(order))))
    return tuple(found)


def _near(context: Context, meeting: Meeting) -> tuple[Candidate, ...]:
    """By meaning, where it is asked for and up to date."""
    try:
        artifact = fresh(context, meeting, "meaning") if applies(context, meeting, "meaning") else None
    except NotReadyError:
        return ()
    return from_lines(context.public.lines(artifact) or (), Candidate) if artifact else ()


def _learned(context: Context, meeting: Meeting) -> tuple[Sequence[Candidate], Mapping[str, Floats]]:
    """By what was learnt last from these words: decisions made since are counted at the next run."""
    artifact = context.current(context.public, meeting.code, "learned")
    if artifact is None or not applies(context, meeting, "learned"):
        return (), {}
    try:
        vectors = need(context, meeting, "vectors")
    except NotReadyError:
        return (), {}
    source = need(context, meeting, "anonymised").about["source"]
    of = {"of": [vectors.digest, vectors.key], "source": source, "kind": meeting.kind}
    if artifact.about.get("of") != of:
        return (), {}
    return from_lines(context.public.lines(artifact) or (), Candidate), chances_of(context, meeting, of)


def _joined(found: Iterable[Candidate], made: Columns) -> list[Candidate]:
    """Candidates of one code that share words made one, from the first word of them to the last."""
    from copipe.code.propose import meaning

    groups: list[list[Candidate]] = []
    by_code: dict[str, list[Candidate]] = {}
    for candidate in found:
        by_code.setdefault(candidate.code, []).append(candidate)
    for same in by_code.values():
        same.sort(key=lambda c: (c.span.first, c.span.last))
        end = ""
        for candidate in same:
            if end and candidate.span.first <= end:
                groups[-1].append(candidate)
            else:
                groups.append([candidate])
                end = ""
            end = max(end, candidate.span.last)
    index: dict[str, int] = {}
    merged = []
    for group in groups:
        if len(group) == 1:
            merged.append(group[0])
            continue
        first, last = group[0].span.first, max(c.span.last for c in group)
        whole = next((c for c in group if (c.span.first, c.span.last) == (first, last)), None)
        index = index or {made.id(n): n for n in range(len(made.word))}
        span = whole.span if whole else meaning.span(made, index[first], index[last], group[0].span.source)
        evidence = sorted(
            dict.fromkeys(e for c in group for e in c.evidence), key=lambda e: (e.first, e.last, e.kind, e.source)
        )
        longest = max(group, key=lambda c: index[c.span.last] - index[c.span.first])
        merged.append(Candidate(span, group[0].code, longest.role, max(c.score for c in group), tuple(evidence)))
    return merged


def _ranked(candidate: Candidate, chances: Mapping[str, Floats], made: Columns) -> Candidate:
    if candidate.code not in chances:
        return candidate
    firsts = [made.id(n) for n in made.first.tolist()]
    low = bisect_left(firsts, candidate.span.first)
    high = max(low + 1, bisect_right(firsts, candidate.span.last))
    inside = chances[candidate.code][low:high]
    return replace(candidate, score=round(float(inside.max()), 3)) if len(inside) else candidate
