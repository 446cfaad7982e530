"""Stages brought up to date from the command line: the progress, and what came of it in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study

if TYPE_CHECKING:
    from copipe.pipeline.context import Context
    from copipe.run import Outcome
    from copipe.study.study import Meeting, Study

Meetings = Annotated[list[str] | None, typer.Argument(help="Meetings. Without any: all.", show_default=False)]
Again = Annotated[bool, typer.Option("--again", help="Make it again, even where it is up to date.")]


def run_stages(
    codes: list[str] | None,
    names: tuple[str, ...],
    codebook: Path | None = None,
    again: bool = False,
    formats: frozenset[str] = frozenset(),
) -> None:
    """The stages of these names over the meetings of these codes; over all meetings where there are no codes."""
    study = open_study()
    meetings = [study.meeting(m) for m in codes or []] or list(study.meetings)
    bring_up_to_date(study, meetings, names, codebook, again, formats)


def bring_up_to_date(
    study: Study,
    meetings: list[Meeting],
    names: tuple[str, ...],
    codebook: Path | None = None,
    again: bool = False,
    formats: frozenset[str] = frozenset(),
) -> None:
    """Run stages over meetings with a progress bar, say what came of it, and raise if a meeting failed."""
    from copipe.cli.terminal.display import bar, say
    from copipe.consent.exposure import written
    from copipe.consent.purge import transcribed_anew
    from copipe.errors import UsageError
    from copipe.pipeline.context import Context
    from copipe.pipeline.stages.vectors import without_meaning
    from copipe.run import run as run_stages
    from copipe.study import vault

    if not meetings:
        raise UsageError(
            f"No meetings in {study.root / 'meetings.toml'} yet.", "Add one there. The comments in the file show how."
        )
    if codebook is not None and not codebook.exists() and (study.root / codebook).exists():
        codebook = study.root / codebook
    context = Context(study, codebook, formats)
    if "candidates" in names and (lacking := without_meaning(context)):
        say(f"Coding uses seeds only: {lacking}")
    for code in transcribed_anew(context, meetings) if {"words", "turns"} & set(names) else ():
        say(
            f"{code}: engine, settings or source have changed, so it is transcribed anew, with the words of people who "
            "are not in the study; once it is known who speaks they are blanked again. Ctrl-C stops it."
        )
    vault.ready(study.private)
    with bar() as on_tick:
        outcome = run_stages(context, meetings, names, on_tick, again)
    if any(stage == "candidates" for _, stage in outcome.made):
        _tell_seeds(context)
    for sentence in (*context.study.dangers(), *written(context)):
        say(f"Note: {sentence}", "yellow")
    tell(study, outcome)


def _tell_seeds(context: Context) -> None:
    from copipe.cli.terminal.display import say
    from copipe.review.seeds import to_think_about

    seeds, nothing, much = to_think_about(context)
    told = [f"{n} find {what}" for n, what in ((nothing, "nothing"), (much, "too much")) if n]
    if told:
        say(f"{seeds} seeds: {' and '.join(told)}. `copipe seeds` lists them.")


def tell(study: Study, outcome: Outcome) -> None:
    """Say in a few lines what a run did; PartialFailureError when something failed."""
    from copipe.cli.terminal.display import say
    from copipe.errors import PartialFailureError

    counts: dict[str, int] = {}
    for _, stage in outcome.made:
        counts[stage] = counts.get(stage, 0) + 1
    if counts:
        said = ", ".join(f"{stage} ({n})" for stage, n in counts.items())
        say(f"Made: {said}.")
    elif not outcome.published and not outcome.failures:
        say("Nothing to do: everything is up to date.")
    for meeting, stage in outcome.waiting:
        say(f"{meeting}: {stage} needs an earlier stage first. `copipe run` runs all in order.")
    if outcome.withdrawn:
        say(f"{len(outcome.withdrawn)} files in reports/ removed: somebody quoted there no longer consents.")
    for role in outcome.erased:
        say(f"Voice profile of {role} erased: there is no full consent.")
    for purged in outcome.purged:
        if purged.words:
            told = "words of people who are not in the study blanked. The source still holds them."
            say(f"{purged.meeting}: {purged.words} {told}")
    for code in outcome.blank:
        say(
            f"{code}: the words of somebody who consents again are gone. `copipe transcribe {code} --again` brings "
            "them back."
        )
    for path in outcome.kept:
        say(f"An edited report was replaced. The edited text is kept as {path}")
    if outcome.published:
        say(f"Reports: {len(outcome.published)} files in {study.reports}")
        if (study.reports / "synthesis.md").exists():
            say(f"Start with {study.reports / 'synthesis.md'}")
    if outcome.failures:
        for failure in outcome.failures:
            say(f"{failure.meeting} {failure.stage}: {failure.message.removeprefix(f'{failure.meeting}: ')}", "red")
            if failure.hint:
                say(f"    {failure.hint}")
        n = len({f.meeting for f in outcome.failures if not f.meeting.startswith("_")})
        what = f"{n} of the meetings failed. The others are done." if n else "The synthesis could not be written."
        raise PartialFailureError(what, "`copipe status` shows the state of each.")
