"""One value of participants.toml or meetings.toml changed or added in place, and nothing else of the file."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from copipe import texts
from copipe.errors import ConfigError
from copipe.files import write_file
from copipe.study import toml
from copipe.study.study import Study
from copipe.study.tables import Consent

Rows = Callable[[Mapping[str, Any], str], Iterator[dict[str, Any]]]
_VALUE = re.compile(r"""(?P<key>(?:\bconsent\b|"consent"|'consent')\s*=\s*)(?P<quote>["'])[a-z-]*(?P=quote)""")


def set_consent(study: Study, code: str, consent: Consent) -> tuple[Path, ...]:
    """Write what a member, or a visitor wherever they came, now consents to; the files that changed.

    Every other letter stays, comments and layout included. ConfigError where that cannot be done safely.
    """
    changed = []
    for name, rows in (("participants.toml", _members), ("meetings.toml", _visitors)):
        path = study.root / name
        raw = text = path.read_bytes().decode("utf-8")
        while (wanted := next(_one_more(text, rows, code, consent), None)) is not None:
            text = _with_consent(text, wanted, consent, path)
        if text != raw:
            _write(path, text)
            changed.append(path)
    return tuple(changed)


def name_source(study: Study, code: str, key: str, file: str) -> None:
    """Write into meetings.toml which file a meeting's recording or transcript (`key`) was, where it does not say so.

    Once the file is gone, nothing else would say that there was one. ConfigError where that cannot be done safely.
    """
    path = study.root / "meetings.toml"
    text = path.read_bytes().decode("utf-8")
    data = _read(text)
    number = next(n for n, row in enumerate(data["meeting"]) if row.get("code") == code)
    if key in data["meeting"][number]:
        return
    wanted = copy.deepcopy(data)
    wanted["meeting"][number][key] = file
    line = toml.lines(text.removeprefix("\ufeff"))[("meeting", number, "code")]
    lines = text.split("\n")
    ending = "\r" if lines[line - 1].endswith("\r") else ""
    lines.insert(line, f"{key} = {_quoted(file)}{ending}")
    tried = "\n".join(lines)
    if not _says(tried, wanted):
        raise ConfigError(
            f"{path}: it does not say which file the {key} of {code} is, and copipe could not add it safely.",
            f"Write {key} = {_quoted(file)} into the entry of {code}, then try again.",
        )
    _write(path, tried)


def _one_more(text: str, rows: Rows, code: str, consent: Consent) -> Iterator[dict[str, Any]]:
    """What the file should say with one more of the rows of `code` put right; nothing where all are."""
    data = _read(text)
    for number, row in enumerate(rows(data, code)):
        if row.get("consent") != consent:
            wanted = copy.deepcopy(data)
            list(rows(wanted, code))[number]["consent"] = consent
            yield wanted


def _with_consent(text: str, wanted: Mapping[str, Any], consent: Consent, path: Path) -> str:
    """The text with the one consent changed that makes it say `wanted`."""
    for found in _VALUE.finditer(text):
        value = f"{found['key']}{found['quote']}{consent}{found['quote']}"
        tried = text[: found.start()] + value + text[found.end() :]
        if _says(tried, wanted):
            return tried
    raise ConfigError(
        f"{path}: consent could not be changed safely. Nothing was changed there.",
        f'Write consent = "{consent}" into the file yourself, then `copipe run`: it does the rest.',
    )


def _read(text: str) -> dict[str, Any]:
    return texts.from_toml(text.removeprefix("\ufeff"), "settings")


def _says(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return _read(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _quoted(value: str) -> str:
    """A TOML string; a literal one where there are backslashes, as in paths on Windows."""
    return (
        f"'{value}'"
        if "\\" in value and "'" not in value
        else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )


def _members(data: Mapping[str, Any], code: str) -> Iterator[dict[str, Any]]:
    yield from (row for row in data.get("participant", ()) if row.get("role") == code)


def _visitors(data: Mapping[str, Any], code: str) -> Iterator[dict[str, Any]]:
    for meeting in data.get("meeting", ()):
        yield from (row for row in meeting.get("visitors", ()) if row.get("code") == code)


def _write(path: Path, text: str) -> None:
    mode = path.stat().st_mode & 0o777
    write_file(path, text)
    path.chmod(mode)
