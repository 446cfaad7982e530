"""The synthesis: what was said under which code over all sources, by whom, when, and how far the evidence carries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from copipe.report import evidence, own_words, quotations
from copipe.report.corpus import KINDS, Corpus, Count, Found, count, kinds
from copipe.report.evidence import Standing
from copipe.report.figures import charts, series
from copipe.report.markdown import escape, table
from copipe.report.quotations import Quotation
from copipe.report.tallies import Shelf
from copipe.report.templates.fill import fill
from copipe.report.view import MeetingView, StudyView
from copipe.study.pages import clock

STORIES = 30  # in the table
TOGETHER = 30  # pairs of codes in the table; its file has all
WIDE = 20  # meetings; with more, the table by meeting is a file beside the report and the figure shows its shape


@dataclass(frozen=True, slots=True)
class Exemplars:
    """The passages that stand for a code."""

    heading: str
    quotations: tuple[Quotation, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What two kinds of source say under one code, side by side, and room for the researcher's reading of it."""

    heading: str
    counts: str
    kinds: tuple[tuple[str, Quotation | None], ...]
    room: str


def render(view: StudyView) -> str:
    """The synthesis as Markdown; every quotation in it has been verified against the transcripts."""
    there = kinds(view)
    main = Corpus(view, there[0] if there else "meeting")
    standings = evidence.standings(main)
    text = fill(
        "synthesis.md.j2",
        view.templates,
        view=view,
        kinds=[KINDS[kind] for kind in there],
        main=KINDS[main.kind],
        others=[kind for kind in there[1:] if kind != "pilot"],
        time_plan=_time_plan(view),
        analysed=len(Corpus(view).views),
        passages=count(item for kind in there for items in Corpus(view, kind).found.values() for item in items),
        unchecked=sum(not m.checked for m in Corpus(view).views),
        sources=len(main.views),
        wide=len(main.views) > WIDE,
        by_meeting=_counts(main, [m.meeting.code for m in main.views], lambda f: f.view.meeting.code),
        presence=_presence(main),
        by_role=_rates(main, main.roles, lambda f: f.column, lambda m, column: column),
        by_stage=_rates(main, main.stages, lambda f: f.view.meeting.stage, lambda m, column: m.meeting.stage),
        intervals=_intervals(main),
        first=_first(view, main),
        last_new=_last_new(main),
        together=_together(main),
        pairs=len(main.together),
        listed=TOGETHER,
        features=_features(view, standings, len(main.views)),
        accepted=any(f.accepted for s in standings for f in s.found),
        exemplars=_exemplars(view, standings),
        thin=[(_heading(s.shelf), s.thin) for s in standings if s.thin and s.found],
        absent=_absent(main, standings),
        rejected=[(_heading(s.shelf), s.rejected) for s in standings if s.rejected],
        empty=[_heading(s.shelf) for s in standings if not main.under(s.shelf)],
        sides=_sides(view, there),
        stories=_stories(view),
        agreement=_agreement(view),
        below_quorum=[m for m in view.meetings if not m.quorum_met],
        without=[m for m in view.meetings if m.quorum_met and not m.turns],
        figures={figure.name: figure for figure in series.drawn(view)},
        memos=view.memos,
        few=(evidence.FEW_PASSAGES, evidence.SPOKE),
    )
    quotations.verify(text, view.meetings)
    return text


def _time_plan(view: StudyView) -> str:
    rows = []
    for m in view.meetings:
        code = escape(m.meeting.code)
        attended = ", ".join(
            escape(a.role) + (" (in part)" if a.in_part else " (visitor)" if a.visitor else "") for a in m.attendance
        )
        quorum = "-" if m.meeting.kind != "meeting" else "met" if m.quorum_met else "**below**"
        transcript = "none" if not m.turns else "checked" if m.checked else "unchecked"
        rows.append(
            (
                f"[{code}]({_folder(view, m)}{view.report_file})",
                m.meeting.date,
                m.meeting.kind,
                escape(m.meeting.stage),
                attended,
                "yes" if m.meeting.recorded else "no",
                quorum,
                transcript,
                escape(", ".join(term.text for term in m.terms[:5])),
            )
        )
    head = (
        "source",
        "date",
        "kind",
        "stage",
        "attended",
        "recorded",
        "quorum",
        "transcript",
        "frequent terms",
    )
    return table(head, rows)


def _label(shelf: Shelf) -> str:
    """A code in the first column of a table: categories bold, what is below them moved in."""
    label = escape(shelf.code.label)
    return f"**{label}**" if shelf.depth == 0 else "&emsp;" * shelf.depth + label


def _heading(shelf: Shelf) -> str:
    return escape(": ".join(code.label for code in (*shelf.above[1:], shelf.code)))


def _counts(corpus: Corpus, columns: Sequence[str], column: Callable[[Found], str]) -> str:
    rows = []
    for shelf in _there(corpus):
        own = corpus.under(shelf)
        cells = [count(f for f in own if column(f) == c) for c in columns]
        rows.append((_label(shelf), *cells, count(own)))
    return table(("code", *map(escape, columns), "all"), rows, right=range(1, len(columns) + 2))


def _there(corpus: Corpus) -> list[Shelf]:
    """The codes that have a passage, or one below them has; tables leave the others out."""
    return [shelf for shelf in corpus.shelves if corpus.under(shelf)]


def _presence(corpus: Corpus) -> str:
    columns = [m.meeting.code for m in corpus.views]
    rows = []
    for shelf in _there(corpus):
        there = {f.view.meeting.code for f in corpus.under(shelf)}
        sure = {f.view.meeting.code for f in corpus.under(shelf) if f.accepted}
        cells = ["**1**" if c in sure else int(c in there) for c in columns]
        rows.append((_label(shelf), *cells, len(there)))
    return table(("code", *map(escape, columns), "all"), rows, right=range(1, len(columns) + 2))


def _rates(
    corpus: Corpus,
    columns: Sequence[str],
    column: Callable[[Found], str],
    column_of: Callable[[MeetingView, str], str],
) -> str:
    """Counts, with the rate per 1,000 words of the column in brackets."""
    words = {c: corpus.words_of(lambda view, role, c=c: column_of(view, role) == c) for c in columns}  # type: ignore[misc]
    rows: list[tuple[object, ...]] = []
    for shelf in _there(corpus):
        own = corpus.under(shelf)
        cells = [_rate(count(f for f in own if column(f) == c), words[c]) for c in columns]
        rows.append((_label(shelf), *cells, _rate(count(own), sum(words.values()))))
    rows.append(("words spoken", *(f"{words[c]:,}" for c in columns), f"{sum(words.values()):,}"))
    return table(("code", *(escape(c or "-") for c in columns), "all"), rows, right=range(1, len(columns) + 2))


def _rate(number: Count, words: int) -> str:
    return f"{number} ({1000 * number.all / words:.1f})" if number.all and words else "·"


def _intervals(corpus: Corpus) -> str:
    """Categories by stage: the rate per 1,000 words with its 95 % interval."""
    if len(corpus.stages) < 2:
        return ""
    rows = []
    for label, rates in series.trajectories(corpus).items():
        cells = []
        for rate in rates:
            low, high = charts.poisson_interval(rate.number)
            scale = 1000 / rate.words if rate.words else 0.0
            cells.append(f"{rate.number * scale:.1f} ({low * scale:.1f} to {high * scale:.1f})" if scale else "·")
        rows.append((escape(label), *cells))
    return table(
        ("category", *(escape(s or "no stage") for s in corpus.stages)), rows, right=range(1, len(corpus.stages) + 1)
    )


def _last_new(corpus: Corpus) -> str:
    """The last source in which a code appeared that none before it had, and how many have come since; "" for none."""
    totals = next(iter(series.appeared(corpus).values()), [])
    if not totals:
        return ""
    last = totals.index(totals[-1])
    after = len(totals) - 1 - last
    came = f"{after} of {len(totals)} {KINDS[corpus.kind]} came after it"
    return f"{escape(corpus.views[last].meeting.code)}; {came}" if after else ""


def _first(view: StudyView, corpus: Corpus) -> str:
    rows = []
    for shelf in corpus.shelves:
        if own := corpus.found[shelf.code.key]:
            item = next((f for f in own if f.accepted), own[0])
            source = escape(item.view.meeting.stage or "-")
            rows.append((_heading(shelf), source, _cited(view, item), escape(item.coding.role), _status(item)))
    return table(("code", "stage", "first passage", "who", "status"), rows) if rows else ""


def _together(corpus: Corpus) -> str:
    """Pairs of codes that share passages, most frequent first."""
    labels = {shelf.code.key: _heading(shelf) for shelf in corpus.shelves}
    order = list(labels)
    pairs = sorted(corpus.together.items(), key=lambda p: (-p[1], order.index(p[0][0]), order.index(p[0][1])))
    rows = []
    for (one, other), number in pairs[:TOGETHER]:
        least = min(len(corpus.found[one]), len(corpus.found[other]))
        rows.append((labels[one], labels[other], number, f"{number / least:.0%}" if number <= least else "-"))
    return table(("code", "code", "shared passages", "of the rarer code's"), rows, right=(2, 3)) if rows else ""


def _features(view: StudyView, standings: Sequence[Standing], every: int) -> str:
    """One row a code: category, code, where (of `every` source there is), whose, and a passage to read."""
    rows = []
    for s in standings:
        if not s.found:
            continue
        best = next(iter(evidence.exemplars(s.found, 1)))
        rows.append(
            (
                escape(s.shelf.above[0].label) if s.shelf.above else "",
                _heading(s.shelf),
                count(s.found),
                f"all {every}" if len(s.meetings) == every else f"{len(s.meetings)}: {escape(_some(s.meetings))}",
                escape(", ".join(s.voices)),
                _cited(view, best),
                s.thin or "-",
            )
        )
    head = ("category", "code", "passages", "sources", "roles", "exemplar", "thin evidence")
    return table(head, rows, right=(2,)) if rows else ""


def _some(codes: Sequence[str], most: int = 6) -> str:
    if len(codes) <= most:
        return ", ".join(codes)
    return f"{', '.join(codes[: most - 1])} ... {codes[-1]}"


def _exemplars(view: StudyView, standings: Sequence[Standing]) -> list[Exemplars]:
    return [
        Exemplars(_heading(s.shelf), tuple(_quote(view, item) for item in evidence.exemplars(s.found)))
        for s in standings
        if s.found
    ]


def _absent(corpus: Corpus, standings: Sequence[Standing]) -> list[tuple[str, str]]:
    """Where a code that has passages is missing: sources and voices to read for what speaks against it."""
    rows = []
    for s in standings:
        if not s.found or len(corpus.views) < 2:
            continue
        said = []
        if 0 < len(s.absent_meetings) <= len(corpus.views) // 2:
            said.append(f"absent from {escape(', '.join(s.absent_meetings))}")
        if s.silent:
            said.append(f"not mentioned by {escape(', '.join(s.silent))}")
        if said:
            rows.append((_heading(s.shelf), "; ".join(said)))
    return rows


def _sides(view: StudyView, there: Sequence[str]) -> list[Side]:
    """Code by code what meetings, interviews and story board say; empty where there is only one kind."""
    shown = [kind for kind in there if kind != "pilot"]
    if len(shown) < 2:
        return []
    corpora = {kind: Corpus(view, kind) for kind in shown}
    words = {kind: sum(c.words.values()) for kind, c in corpora.items()}
    sides = []
    for shelf in corpora[shown[0]].shelves:
        found = {kind: c.found[shelf.code.key] for kind, c in corpora.items()}
        if not any(found.values()):
            continue
        rows = [
            (
                KINDS[kind],
                _rate(count(items), words[kind]),
                f"{len({f.view.meeting.code for f in items})} of {len(corpora[kind].views)}",
                escape(", ".join(dict.fromkeys(f.column for f in items))) or "-",
            )
            for kind, items in found.items()
        ]
        quoted = tuple(
            (KINDS[kind], _quote(view, evidence.exemplars(items, 1)[0]) if items else None)
            for kind, items in found.items()
        )
        counts = table(("kind", "passages (in 1,000 words)", "sources", "roles"), rows, right=(1, 2))
        sides.append(Side(_heading(shelf), counts, quoted, own_words.room(f"reading of {shelf.code.key}")))
    return sides


def _stories(view: StudyView) -> str:
    """Stories that a person chose, then the likeliest candidates, by purpose."""
    told = [(m, s) for m in view.meetings if m.analysed for s in m.stories]
    chosen = [item for item in told if item[1].status == "chosen"]
    rows = []
    best = sorted(chosen or told, key=lambda item: -item[1].story.score)[:STORIES]
    for m, story in sorted(best, key=lambda item: (item[1].purpose == "", item[1].purpose, item[0].meeting.date)):
        cited = quotations.link(m, story.story.span, _folder(view, m))
        length = "-" if story.story.seconds is None else clock(story.story.seconds)
        status = f"chosen by {escape(story.who)}" if story.status == "chosen" else "candidate"
        rows.append((escape(story.purpose) or "not clear", cited, escape(story.story.role), length, status))
    if not rows:
        return ""
    made = table(("likely purpose (Denning)", "passage", "teller", "length", "status"), rows)
    every = len(chosen or told)
    more = f"\n\nThe table shows the {STORIES} likeliest of {every}. The reports of the meetings have the others."
    return made + (more if every > STORIES else "")


def _agreement(view: StudyView) -> str:
    rows = []
    for row in view.agreement:
        alpha = "-" if row.alpha is None else f"{row.alpha:.2f}"
        if row.interval:
            alpha += f" ({row.interval[0]:.2f} to {row.interval[1]:.2f})"
        kappa = "-" if row.kappa is None else f"{row.kappa:.2f}"
        coders = escape(" and ".join(row.coders))
        rows.append(
            (
                coders,
                escape(row.code) or "**all codes**",
                row.units,
                f"{row.percent:.0%}",
                kappa,
                alpha,
                f"{row.prevalence:.1%}",
            )
        )
    head = ("coders", "code", "passages", "agree", "Cohen's kappa", "Krippendorff's alpha (95 %)", "coded by either")
    return table(head, rows, right=range(2, 7)) if rows else ""


def _cited(view: StudyView, item: Found) -> str:
    return quotations.link(item.view, item.coding.span, _folder(view, item.view))


def _status(item: Found) -> str:
    return f"accepted by {escape(item.coding.who)}" if item.accepted else "candidate"


def _quote(view: StudyView, item: Found) -> Quotation:
    return quotations.quote(item.view, item.coding, _folder(view, item.view))


def _folder(view: StudyView, meeting: MeetingView) -> str:
    return quote(view.meeting_folder.format(meeting.meeting.code))
