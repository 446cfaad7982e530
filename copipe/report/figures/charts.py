"""The figures of reports, drawn from plain numbers; what each shows is also said in words (`alt`) and in a table."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from copipe.report.figures.drawing import BLUE, COLOURS, INK, MARKERS, ORANGE, PALE, SHADES, SKY, Figure

ROW = 0.26  # inches for one line of a chart
MOST_LINES = 24  # of a network
MANY_COLUMNS = 25  # above this a heat map has no room for numbers in its cells
LONGEST_LABEL = 44  # characters of a label; the tables have the whole of it


@dataclass(frozen=True, slots=True)
class Stretch:
    """Somebody speaks from `start` to `end` (seconds, or words where a source has no times)."""

    role: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A passage of a code at `at` (seconds or words); `accepted` where a person said so."""

    label: str
    at: float
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """`number` passages in `words` words at one stage."""

    stage: str
    number: int
    words: int


def timeline(
    name: str, stretches: Sequence[Stretch], spots: Sequence[Spot], roles: Sequence[str], length: float, timed: bool
) -> Figure:
    """Who speaks when, and below it when each category was spoken of; "" in `roles` is somebody not in the study."""
    labels = list(dict.fromkeys(spot.label for spot in spots))
    scale = 60.0 if timed else 1.0

    def paint(canvas: Any) -> None:
        axes = canvas.add_subplot()
        for row, role in enumerate(roles):
            own = [
                ((s.start) / scale, max(s.end - s.start, length / 2000) / scale) for s in stretches if s.role == role
            ]
            style: dict[str, Any] = {"facecolors": BLUE} if role else {"facecolors": PALE, "hatch": "////"}
            axes.broken_barh(own, (row - 0.36, 0.72), **style)
        for row, label in enumerate(labels, len(roles)):
            for accepted, fill in ((False, "none"), (True, ORANGE)):
                at = [s.at / scale for s in spots if s.label == label and s.accepted is accepted]
                axes.plot(at, [row] * len(at), "o", markersize=4.5, markeredgecolor=INK, markerfacecolor=fill, zorder=3)
            axes.axhline(row, color=PALE, linewidth=0.6, zorder=0)
        if labels:
            axes.axhline(len(roles) - 0.5, color=INK, linewidth=0.6)
        axes.set_yticks(
            range(len(roles) + len(labels)), [*(r or "not in the study" for r in roles), *map(_cut, labels)]
        )
        axes.set_ylim(len(roles) + len(labels) - 0.4, -0.6)
        axes.set_xlim(0, max(length / scale, 1e-9))
        axes.set_xlabel("minutes" if timed else "words")
        axes.tick_params(axis="y", length=0)

    alt = f"Timeline over {_duration(length) if timed else f'{length:.0f} words'}: "
    alt += "; ".join(
        f"{role or 'somebody not in the study'} speaks {_times(sum(s.role == role for s in stretches))}"
        for role in roles
    )
    if labels:
        counts = (f"{label} {_times(sum(s.label == label for s in spots))}" for label in labels)
        alt += (
            ". Marked passages: " + ", ".join(counts) + ". A filled mark is accepted by a person, an open one proposed."
        )
    return Figure(name, alt, 0.7 + ROW * (len(roles) + len(labels)), paint)


def shares(name: str, amounts: Mapping[str, float], timed: bool) -> Figure:
    """How much of the talk is whose: seconds, or words where a source has no times."""
    whole = sum(amounts.values()) or 1.0

    def paint(canvas: Any) -> None:
        axes = canvas.add_subplot()
        values = list(amounts.values())
        axes.barh(range(len(values)), [100 * v / whole for v in values], color=BLUE, height=0.7)
        for row, value in enumerate(values):
            said = f"{value / whole:.0%}, {_duration(value)}" if timed else f"{value / whole:.0%}, {value:,.0f} words"
            axes.annotate(said, (100 * value / whole, row), xytext=(4, 0), textcoords="offset points", va="center")
        axes.set_yticks(range(len(values)), list(amounts))
        axes.set_ylim(len(values) - 0.4, -0.6)
        axes.set_xlim(0, min(100.0, 130 * max((v / whole for v in values), default=1.0)) + 12)
        axes.set_xlabel("% of the time spoken" if timed else "% of the words")
        axes.tick_params(axis="y", length=0)

    alt = ("Share of speaking time: " if timed else "Share of words: ") + ", ".join(
        f"{role} {value / whole:.0%}" for role, value in amounts.items()
    )
    return Figure(name, alt + ".", 0.6 + ROW * len(amounts), paint)


def heat_map(
    name: str,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[float]],
    what: str,
    xlabel: str = "",
    ylabel: str = "",
) -> Figure:
    """A table of counts as shades: codes by meeting, who follows whom, which codes go together."""
    highest = max((value for row in cells for value in row), default=0.0)

    def paint(canvas: Any) -> None:
        from matplotlib.colors import PowerNorm

        axes = canvas.add_subplot()
        norm = PowerNorm(0.6, vmin=0, vmax=max(highest, 1.0))  # small counts stay apart beside a large one
        shown = [[value or math.nan for value in row] for row in cells]
        if not (rows and columns):
            axes.set_axis_off()
            return
        few = len(columns) <= MANY_COLUMNS  # of many, white lines between would leave no colour
        image = axes.pcolormesh(
            shown, cmap=SHADES, norm=norm, edgecolors="white" if few else "none", linewidth=0.8 if few else 0
        )
        axes.invert_yaxis()
        axes.set_facecolor("white")
        if len(columns) <= MANY_COLUMNS:
            for y, row in enumerate(cells):
                for x, value in enumerate(row):
                    said = f"{value:g}" if value else "·"
                    colour = "white" if norm(value) > 0.55 and value else INK
                    axes.text(x + 0.5, y + 0.5, said, ha="center", va="center", color=colour, fontsize=7.5)
        else:
            canvas.colorbar(image, ax=axes, shrink=0.6, label=what)
        step = max(1, math.ceil(len(columns) / MANY_COLUMNS))
        axes.set_xticks(
            [x + 0.5 for x in range(0, len(columns), step)], columns[::step], rotation=90 if len(columns) > 6 else 0
        )
        axes.set_yticks([y + 0.5 for y in range(len(rows))], [_cut(row.strip()) for row in rows])
        if any(row.startswith(" ") for row in rows):
            for tick, label in zip(axes.get_yticklabels(), rows, strict=True):
                tick.set_fontweight("normal" if label.startswith(" ") else "bold")  # categories, above their codes
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    filled = sorted(
        (
            (value, r, c)
            for r, row in zip(rows, cells, strict=True)
            for c, value in zip(columns, row, strict=True)
            if value
        ),
        key=lambda cell: -cell[0],
    )
    most = ", ".join(f"{row} / {column} {value:g}" for value, row, column in filled[:3])
    alt = f"{what}: {len(rows)} rows by {len(columns)} columns" + (f"; highest: {most}." if most else "; all empty.")
    return Figure(name, alt, 1.1 + ROW * 0.9 * len(rows), paint)


def trajectories(name: str, series: Mapping[str, Sequence[Rate]]) -> Figure:
    """For each category how often it is spoken of at each stage, with the 95 % interval that so few passages allow."""
    stages = list(dict.fromkeys(rate.stage for rates in series.values() for rate in rates))
    across = min(3, max(1, len(series)))
    highest = (1000 * poisson_interval(r.number)[1] / r.words for rates in series.values() for r in rates if r.words)
    top = 1.05 * max(highest, default=1.0)  # one scale for all panels
    down = math.ceil(len(series) / across) or 1

    def paint(canvas: Any) -> None:
        panels = canvas.subplots(down, across, squeeze=False)
        for panel in panels.flat[len(series) :]:
            panel.set_visible(False)
        for at_panel, (panel, (label, rates)) in enumerate(zip(panels.flat, series.items(), strict=False)):
            for rate in rates:
                at = stages.index(rate.stage)
                if not rate.words:
                    continue
                low, high = poisson_interval(rate.number)
                middle = 1000 * rate.number / rate.words
                panel.plot([at, at], [1000 * low / rate.words, 1000 * high / rate.words], color=INK, linewidth=1)
                panel.plot([at], [middle], "o", color=BLUE, markersize=5, zorder=3)
                panel.annotate(str(rate.number), (at, middle), xytext=(5, 2), textcoords="offset points", fontsize=7)
            panel.set_title("\n".join(textwrap.wrap(_cut(label, 72), 30)))
            lowest = at_panel + across >= len(series)
            names = [_cut(s, 14) if lowest else "" for s in stages]
            panel.set_xticks(range(len(stages)), names, rotation=30, ha="right")
            panel.set_xlim(-0.5, len(stages) - 0.2)
            panel.set_ylim(0, top)
            if at_panel % across:
                panel.tick_params(labelleft=False)
        canvas.supylabel("passages in 1,000 words", fontsize=8.5, color=INK)

    alt = "Passages in 1,000 words at each stage, with 95 % intervals: " + "; ".join(
        f"{label}: " + ", ".join(f"{r.stage} {1000 * r.number / r.words:.1f} ({r.number})" for r in rates if r.words)
        for label, rates in series.items()
    )
    return Figure(name, alt + ".", 0.7 + 1.65 * down, paint)


def network(name: str, labels: Sequence[str], pairs: Mapping[tuple[str, str], int]) -> Figure:
    """Codes round a circle in the codebook's order; a line joins two that share passages, thicker for more.

    Of many pairs those that share most are drawn, so that the lines can be told apart.
    """
    most = max(pairs.values(), default=1)
    every = len(pairs)
    strongest = sorted(pairs.values(), reverse=True)[MOST_LINES:]
    if strongest:  # of those that share as much as the first left out, none is drawn
        pairs = {pair: number for pair, number in pairs.items() if number > strongest[0]} or pairs
        joined = {label for pair in pairs for label in pair}
        labels = [label for label in labels if label in joined]

    def paint(canvas: Any) -> None:
        axes = canvas.add_subplot()
        angle = {label: math.pi / 2 - 2 * math.pi * n / max(1, len(labels)) for n, label in enumerate(labels)}
        place = {label: (math.cos(a), math.sin(a)) for label, a in angle.items()}
        for (one, other), number in sorted(pairs.items(), key=lambda item: (item[1], item[0])):
            (x0, y0), (x1, y1) = place[one], place[other]
            width = 0.6 + 5 * number / most
            axes.plot([x0, x1], [y0, y1], color=BLUE, alpha=0.25 + 0.6 * number / most, linewidth=width, zorder=1)
            axes.text(
                0.5 * (x0 + x1), 0.5 * (y0 + y1), str(number), fontsize=7, ha="center", va="center", zorder=3,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )  # fmt: skip
        for label, (x, y) in place.items():
            axes.plot([x], [y], "o", color=INK, markersize=6, zorder=4)
            side = "left" if x > 0.05 else "right" if x < -0.05 else "center"
            axes.text(1.08 * x, 1.08 * y, _cut(label, 32), ha=side, va="center")
        axes.set_xlim(-2.6, 2.6)
        axes.set_ylim(-1.25, 1.25)
        axes.set_aspect("equal")
        axes.set_axis_off()

    order = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    alt = f"Network of {len(labels)} codes. Together most often: " if pairs else "No two codes share a passage."
    if len(pairs) < every:
        alt = alt.replace(".", f", the {len(pairs)} pairs of {every} that share most.", 1)
    alt += ", ".join(f"{one} and {other} {_times(number)}" for (one, other), number in order[:5])
    return Figure(name, alt, 3.4 if len(labels) <= 12 else 4.6, paint)


def saturation(name: str, meetings: Sequence[str], series: Mapping[str, Sequence[int]]) -> Figure:
    """How many codes had appeared by each meeting (running total), one line for each of `series`."""

    def paint(canvas: Any) -> None:
        axes = canvas.add_subplot()
        for n, (label, totals) in enumerate(series.items()):
            # The first broad and light, those after it narrow and dark upon it: lines that coincide are all seen.
            look: dict[str, Any] = {"color": SKY, "linewidth": 4.0, "markersize": 7}
            if n:
                look = {"color": COLOURS[n % len(COLOURS)] if n > 1 else INK, "linewidth": 1.0, "markersize": 3}
            axes.plot(
                range(len(totals)), totals, "-", marker=MARKERS[n % len(MARKERS)], label=label, drawstyle="steps-post",
                **look,
            )  # fmt: skip
        step = max(1, math.ceil(len(meetings) / MANY_COLUMNS))
        axes.set_xticks(range(0, len(meetings), step), meetings[::step], rotation=90 if len(meetings) > 6 else 0)
        axes.set_ylim(0, 1.1 * max((t for totals in series.values() for t in totals), default=1) + 0.5)
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_ylabel("codes that had appeared")
        if len(series) > 1:
            axes.legend(loc="lower right")

    alt = "Codes that had appeared by each meeting: " + "; ".join(
        f"{label}: {totals[0]} in {meetings[0]}, {totals[-1]} by {meetings[-1]}"
        for label, totals in series.items()
        if totals
    )
    return Figure(name, alt + ".", 2.4, paint)


def poisson_interval(number: int) -> tuple[float, float]:
    """95 % interval of the mean of a Poisson count (Garwood 1936, exact, from the chi-squared distribution).

    >>> low, high = poisson_interval(3)
    >>> round(low, 2), round(high, 2)
    (0.62, 8.77)
    """
    from scipy.stats import chi2

    low = float(chi2.ppf(0.025, 2 * number)) / 2 if number else 0.0
    return low, float(chi2.ppf(0.975, 2 * number + 2)) / 2


def _cut(label: str, longest: int = LONGEST_LABEL) -> str:
    return label if len(label) <= longest else label[: longest - 1].rstrip() + "…"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" if minutes >= 10 else f"{minutes} min {rest} s" if minutes else f"{rest} s"
