"""The seeds of a study's codebook in its meetings: what each did, and what a new one would do before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copipe.code.propose.seed_use import Counted, SeedUse, uses
from copipe.errors import UsageError
from copipe.pipeline.context import Context
from copipe.pipeline.stage import NotReadyError, applies, need, read
from copipe.pipeline.stages.candidates import story_ranges
from copipe.pipeline.stages.parses import columns_for
from copipe.records import Code, Codebook, Tally
from copipe.review.coding import chosen_meetings

NOT_RUN = "not coded from what there is now; `copipe run` does it"


@dataclass(frozen=True, slots=True)
class Used:
    """What the seeds did, in how many meetings of how many words; `missing` are meetings left out, and why."""

    uses: tuple[SeedUse, ...]
    meetings: int
    words: int
    missing: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What a seed would do: hits by meeting, and passages as (citation, who speaks, text)."""

    use: SeedUse
    by_meeting: tuple[tuple[str, int], ...]
    passages: tuple[tuple[str, str, str], ...]
    missing: tuple[tuple[str, str], ...]


def used(context: Context, codes: Sequence[str] = ()) -> Used:
    """What the seeds of the codebook did in the meetings of these codes, in all without any."""
    counted, missing = [], []
    for meeting in chosen_meetings(context, codes):
        if not applies(context, meeting, "candidates"):
            continue
        try:
            about = need(context, meeting, "candidates").about
            tallies: tuple[Tally, ...] = read(context, meeting, "candidates", Tally)
        except NotReadyError:
            missing.append((meeting.code, NOT_RUN))
            continue
        counted.append(Counted(tallies, about["words"], about["sentences"]))
    told = uses(context.codebook, counted, context.study.settings.code)
    return Used(told, len(counted), sum(m.words for m in counted), tuple(missing))


def to_think_about(context: Context) -> tuple[int, int, int]:
    """How many seeds the codebook has, how many hit nothing in any coded meeting, and how many hit too much."""
    told = used(context)
    verdicts = [use.verdict for use in told.uses] if told.meetings else []
    return len(told.uses), verdicts.count("nothing"), verdicts.count("too much")


def attempt(context: Context, seed: str, unit: str = "", codes: Sequence[str] = (), shown: int = 10) -> Tried:
    """What `seed` would hit, without changing anything; at most `shown` passages.

    UsageError where it is no seed.
    """
    from copipe.code.propose import candidates
    from copipe.code.seeds import language
    from copipe.review.coding import coded

    try:
        language.parse(seed)
    except language.SeedError as error:
        raise UsageError(f'"{seed}": {error}.', error.hint) from None
    settings = context.study.settings.code
    book = Codebook("", (Code("seed", "seed", seeds=(seed,), unit=unit),), "")
    counted: list[Counted] = []
    by_meeting: list[tuple[str, int]] = []
    passages: list[tuple[str, str, str]] = []
    missing: list[tuple[str, str]] = []
    for meeting in chosen_meetings(context, codes):
        if not applies(context, meeting, "candidates"):
            continue
        try:
            columns = columns_for(context, meeting, book)
            told = story_ranges(context, meeting, book)
            found = candidates.find(columns, book, settings, "", meeting.kind, told)
            counted.append(Counted(found.tallies, int(columns.spoken.sum()), len(columns.first)))
            by_meeting.append((meeting.code, sum(sum(tally.hits) for tally in found.tallies)))
            if found.candidates and len(passages) < shown:
                whole = coded(context, meeting)
                for candidate in found.candidates[: shown - len(passages)]:
                    place = whole.place(candidate.span)
                    passages.append((str(whole.cite(place)), candidate.role, whole.text(place)))
        except NotReadyError:
            missing.append((meeting.code, NOT_RUN))
    (use,) = uses(book, counted, settings)
    return Tried(use, tuple(by_meeting), tuple(passages), tuple(missing))
