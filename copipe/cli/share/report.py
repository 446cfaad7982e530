"""`copipe report`: the reports of meetings and the synthesis, in the formats asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.stages import Meetings, run_stages


def report(
    meetings: Meetings = None,
    codebook: Annotated[
        Path | None, typer.Option("--codebook", help="Use this codebook, this time only.", show_default=False)
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="Also as pages for a browser, with search and filters.")] = False,
    docx: Annotated[bool, typer.Option("--docx", help="Transcripts also as Word documents.")] = False,
    txt: Annotated[bool, typer.Option("--txt", help="Transcripts also as plain text.")] = False,
    player: Annotated[
        bool,
        typer.Option("--player", help="Also transcripts with a player of the recording, in private/listen/."),
    ] = False,
    template: Annotated[
        str,
        typer.Option(
            "--template", help="Copy this template into templates/, to change it, and stop.", show_default=False
        ),
    ] = "",
) -> None:
    """Write the report of each meeting and the synthesis.

    Reports have figures, and counts as CSV.

    A format that you asked for once is kept up to date. Nothing that holds a name is written to reports/.

    Examples:

      copipe report

      copipe report --html --docx

      copipe report 2010-02 --player

      copipe report --template style.css.j2
    """
    if template:
        _copy_template(template)
        return
    _tell_unused_templates()
    formats = frozenset(name for name, wanted in (("html", html), ("docx", docx), ("txt", txt)) if wanted)
    run_stages(meetings, ("turns", "anonymised", "notes", "candidates", "report"), codebook, formats=formats)
    if player:
        _players(meetings)


def _copy_template(name: str) -> None:
    """Put copipe's template into the study, where a copy that is changed stands in for it."""
    from copipe.cli.terminal.display import say
    from copipe.errors import UsageError
    from copipe.files import write_file
    from copipe.report.templates import own as templates

    if name not in templates.names():
        raise UsageError(f"There is no template {name!r}.", f"There are {', '.join(templates.names())}.")
    path = open_study().templates / name
    if path.exists():
        raise UsageError(f"{path} exists.", "Delete it first if you want copipe's own again.")
    write_file(path, templates.text(name))
    say(f"{path} now replaces copipe's own template. Edit it, then `copipe report`. Delete it to go back.")


def _tell_unused_templates() -> None:
    from copipe.cli.terminal.display import say
    from copipe.report.templates import own as templates

    for path in templates.unused(open_study().templates):
        say(f"{path} is not used. Templates are named {', '.join(templates.names())}.")


def _players(codes: list[str] | None) -> None:
    """Write the pages that only the researcher may have, and say where they are."""
    from copipe.cli.terminal.display import say
    from copipe.errors import UsageError
    from copipe.pipeline.context import Context
    from copipe.publish.reports import listening_page

    study = open_study()
    context = Context(study)
    chosen = [study.meeting(m) for m in codes or []] or list(study.meetings)
    made = [path for path in (listening_page(context, meeting) for meeting in chosen) if path]
    if not made:
        raise UsageError("No meeting has a recording to play.", "Imported transcripts have none.")
    for path in made:
        say(f"{path} plays the recording. It stays in private/: do not share it.")
