"""Figures: drawn alike every time, saying in words what they show, whatever the numbers are."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import colormaps

from copipe.report.figures import charts
from copipe.report.figures.charts import Rate, Spot, Stretch
from copipe.report.figures.drawing import COLOURS, SHADES, Figure

SVG = "{http://www.w3.org/2000/svg}"
LABELS = st.text("abc <&\"'-é", min_size=1, max_size=60)
TABLE = charts.heat_map("codes", ["safety & <quality>", "trust"], ["2010-02", "2010-03"], [[3, 0], [0, 1]], "Passages")
TIMELINE = charts.timeline(
    "timeline",
    [Stretch("SN1", 0, 20), Stretch("", 20, 30), Stretch("CS", 30, 95)],
    [Spot("trust", 4), Spot("trust", 40, accepted=True)],
    ["SN1", "CS", ""],
    95,
    timed=True,
)


def texts(figure: Figure) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(figure.svg()).iter(f"{SVG}text")]


def test_the_same_to_the_byte() -> None:
    assert TABLE.svg() == TABLE.svg()
    assert TIMELINE.png() == TIMELINE.png()


def test_text_is_text_and_no_date_is_told() -> None:
    assert {"safety & <quality>", "2010-03", "3", "1"} <= set(texts(TABLE))
    assert "metadata" not in TABLE.svg() and "dc:date" not in TABLE.svg()


def test_it_says_what_it_shows() -> None:
    root = ET.fromstring(TIMELINE.svg())
    title = root.find(f"{SVG}title")
    assert root.get("role") == "img" and title is not None and title.text == TIMELINE.alt == root.get("aria-label")
    assert "SN1 speaks once" in TIMELINE.alt and "trust 2 times" in TIMELINE.alt
    assert "somebody not in the study" in TIMELINE.alt
    assert TABLE.alt.endswith("highest: safety & <quality> / 2010-02 3, trust / 2010-03 1.")


def test_lightness_tells_shades_and_neighbouring_colours_apart() -> None:
    shades = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b, _ in (colormaps[SHADES](n / 10) for n in range(11))]
    assert shades == sorted(shades, reverse=True)
    grey = [int(c[1:3], 16) * 0.2126 + int(c[3:5], 16) * 0.7152 + int(c[5:], 16) * 0.0722 for c in COLOURS]
    assert all(abs(a - b) > 40 for a, b in itertools.pairwise(grey))


def test_what_the_poisson_interval_of_tables_is() -> None:
    # Garwood (1936), as printed in tables of exact Poisson limits.
    assert charts.poisson_interval(0) == (0.0, pytest.approx(3.69, abs=0.01))
    assert charts.poisson_interval(10) == (pytest.approx(4.80, abs=0.01), pytest.approx(18.39, abs=0.01))


def test_every_panel_of_a_trajectory_has_the_same_scale() -> None:
    from matplotlib.figure import Figure as Canvas

    rates = {
        label: [Rate("one", n, 1000), Rate("two", n, 500)] for label, n in (("a", 2), ("b", 1), ("c", 3), ("d", 90))
    }
    canvas = Canvas()
    charts.trajectories("t", rates).paint(canvas)
    limits = {axes.get_ylim() for axes in canvas.axes if axes.get_visible()}
    assert len(limits) == 1 and limits.pop()[1] > 1000 * charts.poisson_interval(90)[1] / 500


@settings(max_examples=12)
@given(labels=st.lists(LABELS, min_size=1, max_size=8, unique=True), data=st.data())
def test_whatever_is_counted_can_be_drawn(labels: list[str], data: st.DataObject) -> None:
    numbers = st.integers(0, 40)
    labels = [f"{label} ${n}$" for n, label in enumerate(labels)]
    cells = [[data.draw(numbers) for _ in labels] for _ in labels]
    pairs = {(a, b): data.draw(numbers) for n, a in enumerate(labels) for b in labels[:n]}
    stages = ["one", "two"]
    made = [
        charts.heat_map("h", labels, labels, cells, "What"),
        charts.network("n", labels, {k: v for k, v in pairs.items() if v}),
        charts.trajectories(
            "t", {a: [Rate(s, data.draw(numbers), data.draw(numbers)) for s in stages] for a in labels}
        ),
        charts.shares("s", {a: float(data.draw(numbers)) for a in labels}, timed=data.draw(st.booleans())),
        charts.saturation("c", labels, {"candidates": sorted(cells[0]), "accepted": sorted(cells[-1])}),
    ]
    for figure in made:
        assert ET.fromstring(figure.svg()).get("aria-label") == " ".join(figure.alt.split()) or figure.alt


def test_nothing_to_show_is_no_error() -> None:
    for figure in (
        charts.timeline("t", [], [], [], 0, timed=False),
        charts.shares("s", {}, timed=True),
        charts.heat_map("h", [], [], [], "What"),
        charts.network("n", [], {}),
        charts.trajectories("t", {}),
        charts.saturation("c", [], {}),
    ):
        assert ET.fromstring(figure.svg()) is not None


def test_a_dense_network_shows_the_pairs_that_share_most() -> None:
    labels = [f"code {n}" for n in range(12)]
    pairs = {(a, b): 1 + n + m for n, a in enumerate(labels) for m, b in enumerate(labels[n + 1 :])}
    drawn = charts.network("together", labels, pairs)
    lines = drawn.svg().count(charts.BLUE.lower())
    assert 0 < lines <= charts.MOST_LINES
    assert f"pairs of {len(pairs)} that share most" in drawn.alt
    all_alike = charts.network("together", labels, dict.fromkeys(pairs, 3))
    assert "that share most" not in all_alike.alt
