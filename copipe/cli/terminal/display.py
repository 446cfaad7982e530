"""What a terminal shows: the consoles and the progress bars. Only the command line imports this."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.segment import Segment

from copipe.cli.terminal.visible import visible
from copipe.progress import OnTick, Tick


class _Visible(Console):
    """A console on which text of other people can do nothing."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


console = _Visible(highlight=False, soft_wrap=False)
err = _Visible(stderr=True, highlight=False)


def say(text: str, style: str = "") -> None:
    """A line on standard output, as it is: no markup is read, no path is broken."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def bar() -> Iterator[OnTick]:
    """An `OnTick` that draws one bar a stage, with the time left, on standard error."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[amount]}"),
        TimeRemainingColumn(),
        console=err,
        disable=not err.is_terminal,  # a log file is no place for a bar
    )
    tasks: dict[str, int] = {}

    def on_tick(tick: Tick) -> None:
        amount = _amount(tick)
        if tick.stage not in tasks:
            tasks[tick.stage] = progress.add_task(tick.stage, total=tick.total or None, amount=amount)
        task = tasks[tick.stage]
        progress.update(task, completed=tick.done, total=tick.total or None, amount=amount)  # type: ignore[arg-type]

    with progress:
        yield on_tick


def _amount(tick: Tick) -> str:
    if tick.unit == "s":
        return f"{clock(tick.done)} of {clock(tick.total)}" if tick.total else clock(tick.done)
    if tick.unit == "bytes":
        return f"{tick.done / 1e6:.0f} of {tick.total / 1e6:.0f} MB" if tick.total else f"{tick.done / 1e6:.0f} MB"
    return f"{tick.done:g} of {tick.total:g} {tick.unit}" if tick.total else f"{tick.done:g} {tick.unit}"


def clock(seconds: float | None) -> str:
    """Hours, minutes and seconds of a recording: 0:41:07; a dash for None.

    >>> clock(2467.4)
    '0:41:07'
    """
    if seconds is None:
        return "-"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
