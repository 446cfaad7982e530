"""participants.toml and meetings.toml: what may stand in them, and the checks that need more than one of them."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from copipe.study.toml import Place, Problem, TomlFile, near_miss

Consent = Literal["full", "present-only", "withdrawn"]
Kind = Literal["meeting", "interview", "story board", "pilot"]
Channels = Literal["auto", "mix", "speakers"]
NOT_RECORDED = "not recorded"  # stands in place of a path

_RESERVED_NAME = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # no folder on Windows may be called so


def _role(value: Any) -> Any:
    """A role code, which heads turns ("SN1:") and stands in tables."""
    if isinstance(value, str):
        if not re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", value):
            raise ValueError(
                f'"{value[:40]}" cannot be a role code; expected a capital letter and up to seven capitals or digits, '
                'like "SN1"'
            )
        if value.startswith("UNK"):
            raise ValueError(f'"{value}" cannot be a role code; codes with UNK are for unassigned voices')
    return value


def _meeting_code(value: Any) -> Any:
    """A meeting's code, which names folders and begins every word id and citation."""
    if isinstance(value, str):
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?", value) or _RESERVED_NAME.match(value):
            raise ValueError(
                f'"{value[:40]}" cannot be a meeting\'s code, which names a folder; expected letters, digits, "-", "_" '
                'and ".", like "2010-02"'
            )
        if value.endswith(("-notes", "-field")):
            raise ValueError(
                f'"{value}" cannot be a meeting\'s code; those ending in -notes or -field are kept for notes'
            )
    return value


def _day(value: Any) -> Any:
    """A day or a month as ISO 8601 text."""
    expected = 'expected a day (2010-02-17) or a month in quotes ("2010-02")'
    if isinstance(value, datetime):
        raise ValueError(f"{expected}, without a time of day")
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", value):
        raise ValueError(expected)
    try:
        date.fromisoformat(value if len(value) == len("2010-02-17") else f"{value}-01")
    except ValueError:
        raise ValueError(f'"{value}" is not in the calendar; {expected}') from None
    return value


RoleCode = Annotated[str, BeforeValidator(_role)]
MeetingCode = Annotated[str, BeforeValidator(_meeting_code)]
Day = Annotated[str, BeforeValidator(_day)]
Text = Annotated[str, Field(min_length=1)]
Codes = Annotated[tuple[str, ...], Field(strict=False)]  # TOML has arrays, not tuples


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ParticipantRow(_Table):
    role: RoleCode
    description: str = ""
    consent: Consent  # has no default: somebody must have asked


class ParticipantsFile(_Table):
    participant: Annotated[tuple[ParticipantRow, ...], Field(strict=False)] = ()


class VisitorRow(_Table):
    code: RoleCode
    description: str = ""
    consent: Consent


class MeetingRow(_Table):
    code: MeetingCode
    date: Day
    kind: Kind = "meeting"
    stage: str = ""
    present: Codes
    in_part: Codes = ()
    visitors: Annotated[tuple[VisitorRow, ...], Field(strict=False)] = ()
    recording: Text | None = None
    transcript: Text | None = None
    notes: Text | None = None
    field_notes: Text | None = None
    channels: Channels = "auto"


class MeetingsFile(_Table):
    meeting: Annotated[tuple[MeetingRow, ...], Field(strict=False)] = ()


def crosscheck(participants: TomlFile, meetings: TomlFile) -> Iterator[Problem]:
    """What is wrong between entries and between the files.

    Works on what the files say rather than on what passed validation, so that one wrong date does not hide an unknown
    role code: whatever has the wrong shape is passed over here, since validation names it.
    """
    roles: list[str] = []
    for place, row in _rows(participants, "participant"):
        role = row.get("role")
        if isinstance(role, str):
            if role in roles:
                yield participants.problem((*place, "role"), f'"{role}" occurs twice; every participant has one entry')
            roles.append(role)
    codes: dict[str, str] = {}  # folded, since some disks do not tell Nov from nov
    guests: dict[str, str] = {}  # visitor code -> description
    for place, row in _rows(meetings, "meeting"):
        code = row.get("code")
        if isinstance(code, str):
            if code.casefold() in codes:
                yield meetings.problem((*place, "code"), f'"{code}" occurs twice; every meeting has a code of its own')
            codes[code.casefold()] = code
        visitors = yield from _check_visitors(meetings, place, row, roles, guests)
        # With participants.toml unreadable every code would seem unknown.
        yield from _check_attendance(meetings, place, row, None if participants.problems else [*roles, *visitors])


def _check_visitors(
    file: TomlFile, place: Place, row: dict[str, Any], roles: list[str], guests: dict[str, str]
) -> Generator[Problem, None, list[str]]:
    """Problems with the visitors of one meeting; returns their codes. `guests` is filled as meetings are read."""
    here: list[str] = []
    for number, visitor in enumerate(row["visitors"] if isinstance(row.get("visitors"), list) else []):
        code = visitor.get("code") if isinstance(visitor, dict) else None
        if not isinstance(code, str):
            continue
        at = (*place, "visitors", number, "code")
        described = str(visitor.get("description", ""))
        if code in roles:
            yield file.problem(at, f'"{code}" is a member\'s role code; a visitor needs another')
        if code in here:
            yield file.problem(at, f'"{code}" occurs twice; every visitor has a code of their own')
        elif guests.setdefault(code, described) != described:
            yield file.problem(
                at, f'"{code}" has another description in an earlier meeting; another person needs another code'
            )
        here.append(code)
    return here


def _check_attendance(file: TomlFile, place: Place, row: dict[str, Any], known: list[str] | None) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for key in ("present", "in_part"):
        for number, code in enumerate(row[key] if isinstance(row.get(key), list) else []):
            if not isinstance(code, str):
                continue
            at = (*place, key, number)
            if known is not None and code not in known:
                hint = near_miss(code, known) or f"; known: {', '.join(known) or 'none yet'}"
                yield file.problem(at, f'"{code}" is neither a role code of participants.toml nor a visitor{hint}')
            elif seen.get(code) == key:
                yield file.problem(at, f'"{code}" occurs twice')
            elif code in seen:
                yield file.problem(at, f'"{code}" is also in `present`; whoever attended in part is only in `in_part`')
            seen.setdefault(code, key)


def _rows(file: TomlFile, key: str) -> Iterator[tuple[Place, dict[str, Any]]]:
    rows = file.data.get(key)
    for number, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict):
            yield (key, number), row
