"""How every figure looks, and how it becomes a file: SVG for reports, PNG for documents.

One size of type; colours that colour-blind readers keep apart and that a grey printer leaves different. The same
figure drawn twice is the same to the byte. matplotlib is imported when the first one is drawn.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from typing import Any

from copipe.texts import for_xml

# Okabe and Ito (2008), "Color Universal Design", in an order in which neighbours also differ in lightness.
BLUE, ORANGE, BLACK, SKY, RED, GREEN, PINK = "#0072B2", "#E69F00", "#000000", "#56B4E9", "#D55E00", "#009E73", "#CC79A7"
COLOURS = (BLUE, ORANGE, RED, SKY, GREEN, BLACK, PINK)
MARKERS = "os^Dv*P"
SHADES = "Blues"  # one hue whose lightness falls steadily: the order survives in grey and for colour-blind eyes
INK, PALE = "#333333", "#DDDDDD"
WIDTH = 7.2  # inches: the text block of a page of A4
DPI = 150  # of PNG files

_STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib, so that lines break alike everywhere
    "font.size": 8.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.5,
    "text.parse_math": False,  # a label with two dollar signs is a label
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: it can be searched, read aloud, and looked through for names
    "svg.hashsalt": "copipe",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that can be drawn. `name` is its file name without a suffix, `alt` says in words what it shows.

    `paint` is given an empty canvas (a matplotlib figure) of `width` x `height` inches.
    """

    name: str
    alt: str
    height: float
    paint: Callable[[Any], None]
    width: float = WIDTH

    def svg(self) -> str:
        """The figure as an SVG document that says what it is; nothing in it says when it was drawn."""
        return _svg(self)

    def png(self) -> bytes:
        """The figure as a PNG file of 150 dots an inch."""
        return self._drawn("png")

    def _drawn(self, kind: str) -> bytes:
        matplotlib = _matplotlib()
        with matplotlib.rc_context(_STYLE):
            canvas = matplotlib.figure.Figure(figsize=(self.width, self.height), layout="constrained")
            self.paint(canvas)
            out = io.BytesIO()
            metadata = {"Date": None} if kind == "svg" else {"Software": None}
            canvas.savefig(out, format=kind, dpi=DPI, metadata=metadata)
        return out.getvalue()


@lru_cache(16)  # a report has its figures as files and in its page
def _svg(figure: Figure) -> str:
    drawn = for_xml(figure._drawn("svg").decode())
    drawn = re.sub(r"<\?xml.*?<svg", "<svg", drawn, count=1, flags=re.DOTALL)
    drawn = re.sub(r"\s*<metadata>.*?</metadata>", "", drawn, count=1, flags=re.DOTALL)
    said = escape(for_xml(figure.alt))
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{said}" ', 1).replace(
        ">", f">\n <title>{said}</title>", 1
    )


@cache
def _matplotlib() -> Any:
    import matplotlib
    import matplotlib.figure

    return matplotlib
