"""What a report shows, gathered before a template sees it: anonymised turns, labels, candidates, how they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from copipe.pages import PageMap
from copipe.records import Candidate, Codebook, Turn
from copipe.study import Meeting


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who was there, by role code."""

    role: str
    description: str
    in_part: bool = False
    visitor: bool = False


@dataclass(frozen=True, slots=True)
class MeetingView:
    """One meeting or other source.

    `turns` and `notes` are anonymised; a turn of `notes` is one line or paragraph of them. `checked_by` is "" while
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
    candidates: tuple[Candidate, ...] = ()
    notes: tuple[Turn, ...] = ()
    checked_by: str = ""
    checked_when: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    unplaced: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    doubtful_below: float = 0.0
    transcript_file: str = "transcript.md"

    @property
    def checked(self) -> bool:
        """True when a person has checked the transcript against the recording."""
        return self.checked_by != ""

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
