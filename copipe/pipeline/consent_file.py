"""Consent as the researcher wrote it, changed in place: one value, and nothing else of the file."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from copipe.errors import ConfigError
from copipe.store import write_file
from copipe.study import Study
from copipe.study_files import Consent

_VALUE = re.compile(r"""(?P<key>(?:\bconsent\b|"consent"|'consent')\s*=\s*)(?P<quote>["'])[a-z-]*(?P=quote)""")


def set_consent(study: Study, code: str, consent: Consent) -> tuple[Path, ...]:
    """Write what a member, or a visitor wherever they came, now consents to; the files that changed.

    Every other letter stays, comments and layout included. ConfigError where that cannot be done safely.
    """
    changed = []
    for name, places in (("participants.toml", _members), ("meetings.toml", _visitors)):
        path = study.root / name
        raw = path.read_bytes().decode("utf-8")
        text = raw
        while (wanted := next(_others(text, places, code, consent), None)) is not None:
            text = _with(text, wanted, path)
        if text != raw:
            mode = path.stat().st_mode & 0o777
            write_file(path, text)
            path.chmod(mode)
            changed.append(path)
    return tuple(changed)


def _others(text: str, places: Any, code: str, consent: Consent) -> Iterator[dict[str, Any]]:
    """What the file should say with one more of the rows of `code` put right; nothing where all are."""
    data = tomllib.loads(text.removeprefix("\ufeff"))
    for number, row in enumerate(places(data, code)):
        if row.get("consent") != consent:
            wanted = copy.deepcopy(data)
            list(places(wanted, code))[number]["consent"] = consent
            yield wanted


def _with(text: str, wanted: dict[str, Any], path: Path) -> str:
    """The text with the one value changed that makes it say `wanted`: whichever does, is the one."""
    for found in _VALUE.finditer(text):
        for consent in ("full", "present-only", "withdrawn"):
            tried = (
                f"{text[: found.start()]}{found['key']}{found['quote']}{consent}{found['quote']}{text[found.end() :]}"
            )
            try:
                if tomllib.loads(tried.removeprefix("\ufeff")) == wanted:
                    return tried
            except tomllib.TOMLDecodeError:
                continue
    raise ConfigError(
        f"{path}: consent could not be changed without touching anything else; nothing was changed there.",
        'Write consent = "withdrawn" into the file yourself, then `copipe run`: it does the rest.',
    )


def _members(data: dict[str, Any], code: str) -> Iterator[dict[str, Any]]:
    yield from (row for row in data.get("participant", ()) if row.get("role") == code)


def _visitors(data: dict[str, Any], code: str) -> Iterator[dict[str, Any]]:
    for meeting in data.get("meeting", ()):
        yield from (row for row in meeting.get("visitors", ()) if row.get("code") == code)
