"""`copipe run`: everything that is stale, over all meetings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.common import open_study

if TYPE_CHECKING:
    from copipe.pipeline.context import Context
    from copipe.run import Outcome
    from copipe.study.study import Meeting, Study


def run(
    study: Annotated[Path | None, typer.Argument(help="The study folder; else this one.", show_default=False)] = None,
    codebook: Annotated[
        Path | None, typer.Option("--codebook", help="Code with this codebook, this time.", show_default=False)
    ] = None,
    meeting: Annotated[
        list[str] | None,
        typer.Option("-m", "--meeting", help="Only this meeting; may be repeated.", show_default=False),
    ] = None,
) -> None:
    """Do all that is stale or missing, from recordings to reports.

    What is fresh is left alone: a second run is done in a second or two, a new codebook reruns coding and reports
    only, and an interrupted run goes on where it stopped.

    Examples:

      copipe run

      copipe run my-study --codebook codebooks/second.yaml
    """
    from copipe.run import ORDER

    found = open_study(study)
    bring_up_to_date(found, [found.meeting(m) for m in meeting or []] or list(found.meetings), ORDER, codebook)


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
        raise UsageError(f"No meetings in {study.root / 'meetings.toml'} yet.", "Add one there; its comments show how.")
    if codebook is not None and not codebook.exists() and (study.root / codebook).exists():
        codebook = study.root / codebook
    context = Context(study, codebook, formats)
    if "candidates" in names and (lacking := without_meaning(context)):
        say(f"Coding goes by seeds alone: {lacking}")
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
    told = [f"{n} hit {what}" for n, what in ((nothing, "nothing"), (much, "too much")) if n]
    if told:
        say(f"Of {seeds} seeds {' and '.join(told)}: `copipe seeds` lists them.")


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
        say(f"{meeting}: {stage} waits for an earlier stage. `copipe run` does them in order.")
    if outcome.withdrawn:
        say(f"Taken down, as somebody quoted there no longer consents: {len(outcome.withdrawn)} files in reports/.")
    for role in outcome.erased:
        say(f"Erased the voice profile of {role}: there is no full consent.")
    for purged in outcome.purged:
        if purged.words:
            told = "words of people who are not in the study blanked; its source still has them."
            say(f"{purged.meeting}: {purged.words} {told}")
    for code in outcome.blank:
        say(f"{code}: somebody consents again whose words are gone: `copipe transcribe {code} --again` helps.")
    for path in outcome.kept:
        say(f"Somebody had edited a report; that text is kept as {path}")
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
        what = f"{n} of the meetings failed; the others are done." if n else "The synthesis could not be written."
        raise PartialFailureError(what, "`copipe status` shows how each one stands.")
