"""`copipe cite`: from a citation back to the passage."""

from __future__ import annotations

from typing import Annotated

import typer

from copipe.cli.common import open_study


def cite(
    citation: Annotated[list[str], typer.Argument(help='As a report prints it: "2010-02 p. 7, ll. 12-18".')],
) -> None:
    """Show the passage that a citation stands for, and where to listen to it in the recording.

    Examples:

      copipe cite 2010-02 p. 7, ll. 12-18

      copipe cite "2010-02 p. 7, l. 28 - p. 8, l. 3, 00:41:07"
    """
    from copipe import pages
    from copipe.cli.display import console
    from copipe.pipeline.checking import page_map_now
    from copipe.pipeline.context import Context
    from copipe.pipeline.stages import read, stages
    from copipe.records import Turn

    asked = pages.parse_citation(" ".join(citation))
    study = open_study()
    context, meeting = Context(study), study.meeting(asked.meeting)
    turns: tuple[Turn, ...] = read(context, meeting, stages["anonymised"], Turn)
    page_map = page_map_now(context, meeting, turns)
    first, last = pages.resolve(asked, page_map, turns)
    console.print(str(pages.cite(page_map, turns, first, last)), style="bold", markup=False)
    for turn, words in pages.words_between(turns, first, last):
        said = " ".join(word.text for word in words if word.text)
        time = f" ({pages.clock(words[0].start)})" if words[0].start is not None else ""
        console.print(f"{turn.role}{time}: {said}", markup=False)
    if context.check(meeting) is None:
        console.print("Nobody has checked this transcript yet: pages and lines may still move.", style="dim")
