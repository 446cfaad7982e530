"""What the figures and files of a synthesis show: series over stages and sources, drawn, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from copipe.report.corpus import KINDS, Corpus, count, kinds
from copipe.report.figures import charts
from copipe.report.figures.charts import Rate
from copipe.report.figures.drawing import Figure
from copipe.report.tallies import Shelf
from copipe.report.view import StudyView


def drawn(view: StudyView) -> tuple[Figure, ...]:
    """The figures of the synthesis; their files lie in figures/ beside it."""
    there = kinds(view)
    if not there:
        return ()
    main = Corpus(view, there[0])
    labels = {shelf.code.key: shelf.code.label for shelf in main.shelves}
    codes = [m.meeting.code for m in main.views]
    coded = [shelf for shelf in main.shelves if main.under(shelf)]
    made = [
        charts.heat_map(
            "codes-by-meeting",
            ["  " * shelf.depth + shelf.code.label for shelf in coded],
            codes,
            [[sum(f.view.meeting.code == code for f in main.under(shelf)) for code in codes] for shelf in coded],
            f"Passages by code and {main.kind}",
        ),
        charts.saturation("saturation", codes, appeared(main)),
    ]
    if len(main.stages) > 1:
        made.append(charts.trajectories("stages", trajectories(main)))
    if main.together:
        joined = {labels[key] for pair in main.together for key in pair}
        pairs = {(labels[a], labels[b]): n for (a, b), n in main.together.items()}
        made.append(charts.network("together", [label for label in labels.values() if label in joined], pairs))
    return tuple(made)


def tables(view: StudyView) -> Mapping[str, str]:
    """The counts as CSV for a spreadsheet or a statistics program, by file name; they lie in tables/ beside it."""
    made: dict[str, str] = {}
    for kind in kinds(view):
        corpus = Corpus(view, kind)
        name = KINDS[kind].replace(" ", "-")
        pairs = [(one, other, number) for (one, other), number in corpus.together.items()]
        made[f"codes-together-in-{name}.csv"] = _csv("code other passages".split(), pairs)
        rows: list[Sequence[object]] = []
        for shelf in corpus.shelves:
            for m in corpus.views:
                own = [f for f in corpus.found[shelf.code.key] if f.view.meeting.code == m.meeting.code]
                for role in corpus.roles:
                    said = corpus.words.get((m.meeting.code, role), 0)
                    number = count(f for f in own if f.column == role)
                    if said:
                        cells = (
                            m.meeting.code,
                            m.meeting.date,
                            m.meeting.stage,
                            role,
                            shelf.code.key,
                            shelf.code.parent,
                        )
                        rows.append((*cells, number.accepted, number.proposed, int(number.all > 0), said))
        head = "source date stage role code category accepted proposed present words".split()
        made[f"codes-in-{name}.csv"] = _csv(head, rows)
    return made


def trajectories(corpus: Corpus) -> dict[str, list[Rate]]:
    """Every category of which there is something, with its passages and the words spoken at each stage."""
    tops = [shelf for shelf in corpus.shelves if shelf.depth == 0 and corpus.under(shelf)]
    return {shelf.code.label: _stage_rates(corpus, shelf) for shelf in tops}


def appeared(corpus: Corpus) -> dict[str, list[int]]:
    """How many codes had appeared by each source, proposed ones counted, and accepted ones alone."""
    series: dict[str, list[int]] = {}
    for name, wanted in (("proposed or accepted", False), ("accepted by a person", True)):
        seen: set[str] = set()
        totals = []
        for view in corpus.views:
            seen |= {
                key
                for key, items in corpus.found.items()
                for f in items
                if f.view is view and (f.accepted or not wanted)
            }
            totals.append(len(seen))
        if totals and totals[-1]:
            series[name] = totals
    return series


def _stage_rates(corpus: Corpus, shelf: Shelf) -> list[Rate]:
    return [
        Rate(
            stage or "no stage",
            sum(f.view.meeting.stage == stage for f in corpus.under(shelf)),
            corpus.words_of(lambda view, role, stage=stage: view.meeting.stage == stage),  # type: ignore[misc]
        )
        for stage in corpus.stages
    ]


def _csv(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([head, *rows])
    return out.getvalue()
