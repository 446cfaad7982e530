"""A study folder on disk: settings, participants and consent, meetings, sources."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from copipe.errors import UsageError
from copipe.settings import Settings

Consent = Literal["full", "present-only", "withdrawn"]
Kind = Literal["meeting", "interview", "story board", "pilot"]


@dataclass(frozen=True, slots=True)
class Participant:
    """A member of the group. `role` is the code that stands for this person wherever anyone may read."""

    role: str
    description: str
    consent: Consent


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who came to one meeting; `code` is never a member's."""

    code: str
    description: str
    consent: Consent


@dataclass(frozen=True, slots=True)
class Meeting:
    """One gathering, interview or other source.

    `date` is ISO 8601, a day or a month ("2010-02-17", "2010-02"). `in_part` lists members who came late or left early;
    they attended, but are not in `present`. Paths are absolute.
    """

    code: str
    date: str
    kind: Kind
    stage: str
    present: tuple[str, ...]
    in_part: tuple[str, ...]
    visitors: tuple[Visitor, ...]
    recording: Path | None
    transcript: Path | None
    notes: Path | None
    recorded: bool

    @property
    def members(self) -> tuple[str, ...]:
        """Role codes of the members who attended, in part included."""
        return self.present + self.in_part

    @property
    def attending(self) -> tuple[str, ...]:
        """Codes of everybody who attended: members, members in part, visitors."""
        return self.members + tuple(v.code for v in self.visitors)


@dataclass(frozen=True, slots=True)
class Study:
    """What the researcher wrote, read and checked."""

    root: Path
    settings: Settings
    participants: tuple[Participant, ...]
    meetings: tuple[Meeting, ...]

    @property
    def private(self) -> Path:
        """All that may identify anyone."""
        return self.root / "private"

    @property
    def private_work(self) -> Path:
        """Raw words and turns."""
        return self.private / "work"

    @property
    def private_decisions(self) -> Path:
        """Corrections and replacements, which hold speech and names."""
        return self.private / "decisions"

    @property
    def roster_file(self) -> Path:
        """Names and what replaces them."""
        return self.private / "roster.toml"

    @property
    def work(self) -> Path:
        """Anonymised artifacts."""
        return self.root / "work"

    @property
    def decisions(self) -> Path:
        """Coding and review decisions: anchors and verdicts, no speech."""
        return self.root / "decisions"

    @property
    def reports(self) -> Path:
        """What passed the gate."""
        return self.root / "reports"

    def meeting(self, code: str) -> Meeting:
        """The meeting called `code`. Raises `UsageError` that names the nearest code where there is none."""
        for meeting in self.meetings:
            if meeting.code == code:
                return meeting
        codes = [m.code for m in self.meetings]
        near = difflib.get_close_matches(code, codes, 1)
        hint = f"Did you mean {near[0]}?" if near else "Meetings of this study: " + (", ".join(codes) or "none yet")
        raise UsageError(f"There is no meeting {code!r} in {self.root / 'meetings.toml'}.", hint)

    def meets_quorum(self, meeting: Meeting) -> bool:
        """True where enough members attended (in part counts, visitors do not), and for whatever is not a meeting."""
        return meeting.kind != "meeting" or len(meeting.members) >= self.settings.study.quorum

    def shown(self, meeting: Meeting) -> frozenset[str]:
        """Codes of those at `meeting` whose words may be read: full consent."""
        attending = set(meeting.attending)
        return frozenset(code for code, consent in self._consents(meeting) if consent == "full" and code in attending)

    def all_consent(self, meeting: Meeting) -> bool:
        """True where everybody who attended consents in full."""
        return self.shown(meeting) == frozenset(meeting.attending)

    def _consents(self, meeting: Meeting) -> Iterator[tuple[str, Consent]]:
        yield from ((p.role, p.consent) for p in self.participants)
        yield from ((v.code, v.consent) for v in meeting.visitors)


def find(start: Path) -> Path:
    """The study folder that `start` lies in: itself or the nearest parent with a meetings.toml."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "meetings.toml").is_file() and (folder / "copipe.toml").is_file():
            return folder
    raise UsageError(
        f"{start} is not in a study folder.", "`copipe init DIR` makes one; `copipe -s DIR ...` names one."
    )


def load(root: Path) -> Study:
    """Read and check the study in folder `root`. Raises `ConfigError` with every problem of every file."""
    raise NotImplementedError


def create(root: Path, demo: bool = False) -> None:
    """Make a study folder with commented templates, or with the fictional `demo` study."""
    raise NotImplementedError
