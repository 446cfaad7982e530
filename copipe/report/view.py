"""What a report shows, gathered before a template sees it: anonymised turns, labels, candidates, how they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from copipe.records import Codebook, Coding, LeftOut, Match, Memo, Span, Story, Turn
from copipe.study.pages import PageMap
from copipe.study.study import Meeting


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who was there, by role code."""

    role: str
    description: str
    in_part: bool = False
    visitor: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase that sets a meeting apart: how often it is said here, and in all other sources together."""

    text: str
    here: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class ToldStory:
    """A story; `purpose` is the label of Denning's purpose it seems to be told to, "" for none; `who` chose it."""

    story: Story
    status: Literal["candidate", "chosen"] = "candidate"
    purpose: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two coders agree on one code, or overall (`code` is ""); `copipe agreement` says how it is worked out.

    `units` is how many passages both looked at, `prevalence` the share of them that carries the code.
    """

    coders: tuple[str, str]
    code: str
    units: int
    percent: float
    kappa: float | None
    alpha: float | None
    interval: tuple[float, float] | None  # of alpha, 95 %
    prevalence: float


@dataclass(frozen=True, slots=True)
class MeetingView:
    """One meeting or other source.

    `turns`, `notes`, `field_notes` and `memos` are anonymised; a turn of notes is one line or paragraph of them.
    `codings` are what stands of the codes (candidates, accepted, rejected). `summary` are sentences that were said,
    `matches` says of each point of the notes where it was spoken of, `unmentioned` are stretches of talk of which the
    notes say nothing, the longest; `unmentioned_words` are those of all, `unmentioned_more` how many are not listed.
    `near` are candidates that no seed proposes, near the code in meaning or like accepted passages: shown apart, and
    counted nowhere. `templates` is a folder whose templates stand in for copipe's. `checked_by` is "" while
    nobody has checked the transcript. `unplaced` are decisions of a person that found no place in this transcription,
    told by id and time. `provenance` is shown as it is, in its order: what was used (models, versions, options,
    checksums). `model` is the speech model's name ("" for a transcript that was imported). `doubtful_below` is the word
    probability under which a word is shown as doubtful. `transcript_file` is where the transcript lies as seen from
    the meeting's report.
    """

    title: str
    meeting: Meeting
    attendance: tuple[Attendee, ...]
    quorum: int
    quorum_met: bool
    turns: tuple[Turn, ...]
    pages: PageMap
    codebook: Codebook
    codings: tuple[Coding, ...] = ()
    notes: tuple[Turn, ...] = ()
    checked_by: str = ""
    checked_when: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    unplaced: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    doubtful_below: float = 0.0
    transcript_file: str = "transcript.md"
    summary: tuple[Span, ...] = ()
    terms: tuple[Term, ...] = ()
    stories: tuple[ToldStory, ...] = ()
    field_notes: tuple[Turn, ...] = ()
    matches: tuple[Match, ...] = ()
    unmentioned: tuple[LeftOut, ...] = ()
    memos: tuple[Memo, ...] = ()
    templates: Path | None = None
    near: tuple[Coding, ...] = ()
    unmentioned_words: int = 0
    unmentioned_more: int = 0

    @property
    def checked(self) -> bool:
        """True when a person has checked the transcript against the recording."""
        return self.checked_by != ""

    @property
    def standing(self) -> str:
        """What a transcript says of itself: who checked it, or that nobody has."""
        if self.checked:
            return f"checked by {self.checked_by} on {self.checked_when}"
        return "unchecked; page and line labels are provisional"

    @property
    def analysed(self) -> bool:
        """True when what was said here counts: quorum met, and there is a transcript."""
        return self.quorum_met and bool(self.turns)


@dataclass(frozen=True, slots=True)
class StudyView:
    """All meetings of a study in order of time, those below quorum and those not recorded included.

    `meeting_folder` says where a meeting's report and transcript lie as seen from the synthesis; "{}" is its code.
    `missing` are meetings of which there is nothing to show yet, or that failed.
    """

    title: str
    codebook: Codebook
    meetings: tuple[MeetingView, ...]
    quorum: int
    meeting_folder: str = "{}/"
    report_file: str = "report.md"
    missing: tuple[str, ...] = ()
    memos: tuple[Memo, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    templates: Path | None = None
