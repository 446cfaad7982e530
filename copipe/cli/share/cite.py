"""`copipe cite`: from a citation to the passage, and from words or a time to the citation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study

if TYPE_CHECKING:
    from copipe.pipeline.context import Context
    from copipe.review.citations import Cited

MOST = 20  # passages shown of words that are said often


def cite(
    citation: Annotated[
        list[str],
        typer.Argument(help='A citation ("2010-02 p. 7, ll. 12-18"); or words, or a meeting and a time.'),
    ],
) -> None:
    """Show the passage of a citation, or the citation of words.

    It also says where in the recording to listen. A time finds its citation, too.

    Words are searched in all meetings, or in the one named before them. ... stands for words between.

    Examples:

      copipe cite 2010-02 p. 7, ll. 12-18

      copipe cite "2010-02 p. 7, l. 28 - p. 8, l. 3, 00:41:07"

      copipe cite 2010-02 "the letter ... the practice"

      copipe cite 2010-02 0:41:07
    """
    from copipe.cli.terminal.display import console, say
    from copipe.pipeline.context import Context
    from copipe.review import citations

    said = " ".join(citation)
    context = Context(open_study())
    found = (citations.by_label(context, said),) if citations.is_citation(said) else citations.by_words(context, said)
    for number, one in enumerate(found[:MOST]):
        if number:
            console.print()
        _show(context, one)
    if len(found) > MOST:
        say(f"... and {len(found) - MOST} more: give more words, or `copipe find --text`.")


def _show(context: Context, cited: Cited) -> None:
    from copipe.cli.terminal.display import console
    from copipe.study import pages

    console.print(str(cited.citation), style="bold", markup=False)
    for turn, words in pages.words_between(cited.turns, cited.first, cited.last):
        said = " ".join(word.text for word in words if word.text)
        time = f" ({pages.clock(words[0].start)})" if words[0].start is not None else ""
        console.print(f"{turn.role}{time}: {said}", markup=False)
    if context.check(cited.meeting) is None:
        console.print("This transcript is unchecked: its pages and lines may change.", style="dim")
