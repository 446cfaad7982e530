"""A study folder on disk: settings, participants and consent, meetings, sources."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from copipe.errors import UsageError
from copipe.study import settings, toml, withheld
from copipe.study.settings import Settings
from copipe.study.tables import (
    NOT_RECORDED,
    Channels,
    Consent,
    Kind,
    MeetingRow,
    MeetingsFile,
    ParticipantsFile,
    crosscheck,
)

FILES = ("copipe.toml", "participants.toml", "meetings.toml")  # what the researcher writes
TEXT_SUFFIXES = frozenset({".txt", ".md"})
TRANSCRIPT_SUFFIXES = TEXT_SUFFIXES | {".vtt", ".srt"}
# Folders that a program copies to somebody else's computer, as the first letters of their names, folded.
_SYNCHRONISED = ("onedrive", "dropbox", "google drive", "googledrive", "icloud", "mobile documents", "cloudstorage",
                 "nextcloud", "owncloud", "pcloud", "box sync", "box-box", "my drive", "megasync", "synologydrive",
                 "proton drive", "sharepoint", "seafile", "syncthing")  # fmt: skip
_SYNCHRONISED_WHOLE = frozenset({"box", "sync", "mega"})  # whole names: "boxes" is not one

PUBLIC_FOLDERS = ("codebooks", "work", "decisions", "reports")


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
    they attended, but are not in `present`. Paths are absolute. `channels` says how to take a recording with several.
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
    channels: Channels = "auto"
    field_notes: Path | None = None

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
    """What the researcher wrote, read and checked. Notes that are `held` are in no meeting."""

    root: Path
    settings: Settings
    participants: tuple[Participant, ...]
    meetings: tuple[Meeting, ...]
    held: frozenset[Path] = frozenset()  # files that reports do without (copipe.study.withheld)

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
    def templates(self) -> Path:
        """Templates of the study's own, which stand in for copipe's of the same name."""
        return self.root / "templates"

    @property
    def reports(self) -> Path:
        """What passed the gate."""
        return self.root / "reports"

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of all members, then of all visitors."""
        visitors = (v.code for m in self.meetings for v in m.visitors)
        return tuple(dict.fromkeys([*(p.role for p in self.participants), *visitors]))

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

    def readable(self, meeting: Meeting) -> frozenset[str]:
        """Codes of those whose words may be read wherever they are found to speak at `meeting`, listed there or not.

        Lists of who was there disagree with recordings: a member who is heard but not listed counts by consent.
        """
        members = {p.role for p in self.participants if p.consent == "full"}
        return frozenset(members) | self.shown(meeting)

    def all_consent(self, meeting: Meeting) -> bool:
        """True where everybody who attended consents in full."""
        return self.shown(meeting) == frozenset(meeting.attending)

    def dangers(self) -> tuple[str, ...]:
        """What lays somebody open who trusted the researcher; one sentence each."""
        found = []
        if os.name == "posix" and self.private.is_dir() and self.private.stat().st_mode & 0o077:
            found.append(f"Other users of this computer can open {self.private}. `chmod 700` keeps them out.")
        for part in self.root.parts:
            if part.casefold().startswith(_SYNCHRONISED) or part.casefold() in _SYNCHRONISED_WHOLE:
                found.append(
                    f'The study lies in "{part}", which seems to be copied to a cloud service. Move it elsewhere.'
                )
        for path in sorted(self.held):
            shown = path.relative_to(self.root).as_posix()
            without = "" if shown.startswith("codebooks/") else " Reports do without it until you have."
            found.append(f"{shown} quotes somebody who is no longer in the study. Remove that.{without}")
        return tuple(found)

    def concerns(self) -> tuple[str, ...]:
        """What endangers the data or will hold a run up, without being wrong; one sentence each."""
        found = list(self.dangers())
        for meeting in self.meetings:
            for source in (meeting.recording, meeting.transcript, meeting.notes, meeting.field_notes):
                if source and source.is_relative_to(self.root) and not source.is_relative_to(self.private):
                    found.append(f"{source.relative_to(self.root)} of {meeting.code} is raw data outside private/.")
            if meeting.recorded and not (meeting.recording or meeting.transcript):
                found.append(
                    f"{meeting.code} has no recording and no transcript; put a file called {meeting.code} with its "
                    f'suffix into private/recordings/, or write recording = "{NOT_RECORDED}".'
                )
        return tuple(found)

    def _consents(self, meeting: Meeting) -> Iterator[tuple[str, Consent]]:
        yield from ((p.role, p.consent) for p in self.participants)
        yield from ((v.code, v.consent) for v in meeting.visitors)


def find(start: Path) -> Path:
    """The study folder that `start` lies in: itself or the nearest parent with the three files of a study."""
    for folder in (start.resolve(), *start.resolve().parents):
        if all((folder / name).is_file() for name in FILES):
            return folder
    raise UsageError(
        f"{start} is not in a study folder.", "`copipe init DIR` makes a study; `copipe --study DIR ...` names one."
    )


def load(root: Path) -> Study:
    """Read and check the study in folder `root`; meetings are in order of date, and of the file within a day.

    Raises `ConfigError` with every problem of its files, `UsageError` where `root` is no study.
    """
    root = root.resolve()
    if not any((root / name).exists() for name in FILES):
        raise UsageError(f"{root} is not a study folder.", f"`copipe init {root}` makes it one.")
    written, people, gatherings = (toml.read(root / name) for name in FILES)
    chosen, setting_problems = settings.overlay(written)
    participants, participant_problems = toml.validate(ParticipantsFile, people, people.data)
    meetings, meeting_problems = toml.validate(MeetingsFile, gatherings, gatherings.data)
    toml.refuse(
        [
            *setting_problems,
            *people.problems,
            *participant_problems,
            *gatherings.problems,
            *meeting_problems,
            *crosscheck(people, gatherings),
        ]
    )
    assert participants is not None and meetings is not None, "refused above"
    rows = sorted(meetings.meeting, key=lambda row: row.date)
    left = {p.role for p in participants.participant if p.consent != "full"}
    left |= {v.code for row in rows for v in row.visitors if v.consent != "full"}
    without = withheld.held(root, left)
    return Study(
        root=root,
        settings=chosen,
        participants=tuple(Participant(p.role, p.description, p.consent) for p in participants.participant),
        meetings=tuple(_without(_meeting(root, row), without) for row in rows),
        held=without,
    )


def _without(meeting: Meeting, left_out: frozenset[Path]) -> Meeting:
    notes, field_notes = (None if path in left_out else path for path in (meeting.notes, meeting.field_notes))
    return replace(meeting, notes=notes, field_notes=field_notes)


def _meeting(root: Path, row: MeetingRow) -> Meeting:
    visitors = tuple(Visitor(v.code, v.description, v.consent) for v in row.visitors)
    guests = {v.code for v in visitors}
    recorded = row.recording != NOT_RECORDED
    recording = row.recording if recorded else None
    private = root / "private"
    return Meeting(
        code=row.code,
        date=row.date,
        kind=row.kind,
        stage=row.stage,
        # A visitor may be listed with the members who were there; that does not make a member of one.
        present=tuple(code for code in row.present if code not in guests),
        in_part=tuple(code for code in row.in_part if code not in guests),
        visitors=visitors,
        recording=_source(root, private / "recordings", recording, row.code, None) if recorded else None,
        transcript=_source(root, private / "transcripts", row.transcript, row.code, TRANSCRIPT_SUFFIXES),
        notes=_source(root, private / "notes", row.notes, row.code, TEXT_SUFFIXES),
        recorded=recorded,
        channels=row.channels,
        field_notes=_source(root, private / "field-notes", row.field_notes, row.code, TEXT_SUFFIXES),
    )


def _source(root: Path, folder: Path, named: str | None, code: str, suffixes: frozenset[str] | None) -> Path | None:
    """Where a source is: the path that was written, or a file in `folder` that is called like the meeting.

    A path that was written counts from the study folder; a bare file name may lie in `folder`. It is given back whether
    or not the file is there, since recordings are destroyed. Any suffix but a text's will do where `suffixes` is None;
    of several files the first by name counts.
    """
    if named is not None:
        path = Path(named).expanduser()
        is_bare = path.name == named and not (root / path).exists()
        return Path(os.path.normpath(folder / path if is_bare else root / path))
    if not folder.is_dir():
        return None
    fitting = (
        path
        for path in sorted(folder.iterdir())
        if path.stem == code
        and path.is_file()
        and (path.suffix.lower() in suffixes if suffixes else path.suffix.lower() not in TRANSCRIPT_SUFFIXES)
    )
    return next(fitting, None)
