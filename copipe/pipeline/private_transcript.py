"""A private transcript: the turns of a meeting as a person corrects them, and its voices; never to be published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copipe.records import Mark, Segment, SpeakerTurn, Turn, WordId
from copipe.study.study import Meeting, Study

if TYPE_CHECKING:
    from copipe.pipeline.voices import Standing


@dataclass(frozen=True, slots=True)
class PrivateTranscript:
    """A meeting as the researcher corrects it: attributed, not anonymised; people not in the study are placeholders.

    `segments` are the words with all corrections applied, `source` the key of the transcription their ids belong to.
    `voices` says who each voice is taken for; the words `given` have their role from a person; `unplaced` are the ids
    of a person's decisions that have no place here, each with why.
    """

    turns: tuple[Turn, ...]
    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    source: str
    unplaced: tuple[tuple[str, str], ...]
    voices: tuple[Standing, ...] = ()
    given: frozenset[WordId] = frozenset()


def private_turns(study: Study, meeting: Meeting) -> PrivateTranscript:
    """What has been transcribed and attributed of a meeting. UsageError when there is nothing yet."""
    from copipe.pipeline.attribution import attributed
    from copipe.pipeline.context import Context

    with _ready(meeting):
        made = attributed(Context(study), meeting, for_correction=True)
    unplaced = tuple((decision.id, why) for decision, why in made.unplaced)
    return PrivateTranscript(made.turns, made.segments, made.marks, made.source, unplaced, made.voices, made.given)


def speakers(study: Study, meeting: Meeting) -> tuple[tuple[Segment, ...], tuple[SpeakerTurn, ...], str]:
    """Segments as transcribed, who spoke when by label, and that diarization's key. UsageError before there is one."""
    from copipe.pipeline import attribution
    from copipe.pipeline.context import Context

    with _ready(meeting):
        return attribution.speakers(Context(study), meeting)


@contextmanager
def _ready(meeting: Meeting) -> Iterator[None]:
    """Turns "not made yet" into a sentence for whoever called a command too early."""
    from copipe.errors import UsageError
    from copipe.pipeline.stage import NotReadyError

    if not meeting.recorded and meeting.transcript is None:
        raise UsageError(f"{meeting.code} has no recording, so it has no transcript.")
    try:
        yield
    except NotReadyError:
        raise UsageError(f"{meeting.code} is not transcribed and diarized yet.", "Run `copipe run` first.") from None
