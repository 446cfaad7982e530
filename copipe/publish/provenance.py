"""How a meeting's report got there, in rows that a supervisor can read: engines, models, options, checksums, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from copipe import __version__

SHORT = 12  # hex digits of a checksum: enough to tell two files of a study apart


def rows(made: Mapping[str, Any], codebook: tuple[str, str] | None) -> dict[str, str]:
    """Rows for what the stages said of themselves.

    `made` is what the anonymised artifact tells of the stages before it; `codebook` is name and hash, if it is coded.
    """
    said = {"copipe": __version__}
    words, speakers = made.get("words", {}), made.get("speakers", {})
    if words:
        said["source"] = f"{words['source']}, SHA-256 {words['sha256'][:SHORT]}"
    if words.get("engine"):
        said["speech to text"] = _sentence(
            f"{words['engine']} {words['engine version']}",
            f"model {words['model name']} (checksum {words['model'][:SHORT]})",
            f"beam {words['beam size']}",
            f"language {words['language']}",
            f"computed on {words['compute']}" if words["compute"] != "auto" else "",
            f"vocabulary {words['vocabulary']}" if words["vocabulary"] != "[]" else "",
        )
    if speakers:
        models = {k: v for k, v in speakers.items() if _is_checksum(v)}
        options = {
            k: v
            for k, v in speakers.items()
            if k not in {*models, "engine", "number", "seconds", "version", "channels", "members"}
        }
        said["who spoke when"] = _sentence(
            str(speakers["engine"]),
            speakers.get("channels", ""),
            *(f"{k.replace('_', ' ')} {v}" for k, v in options.items()),
            *(f"{k} (checksum {v[:SHORT]})" for k, v in models.items()),
            f"given that {speakers['number']} people attended",
            f"with the voice profiles of {len(speakers['members'])} members" if speakers.get("members") else "",
        )
    if made.get("voices"):
        said["voices"] = _voices(made["voices"], made.get("profiles", {}))
    if "corrections" in made:
        said["corrections by people"] = str(made["corrections"])
        said["names replaced"] = _replaced(made)
    if codebook:
        said["codebook"] = f"{codebook[0]} ({codebook[1][:SHORT]})"
    return said


def _replaced(made: Mapping[str, Any]) -> str:
    """How many names were replaced, and how much of what was said is not to be read for it."""
    gone = made.get("removed")
    if not gone or not gone["words"]:
        return str(made["replaced"])
    shares = {k: f"{100 * gone[k] / gone['words']:.1f} %" for k in ("replaced", "masked")}
    return _sentence(
        f"{made['replaced']} ({shares['replaced']} of the words)",
        f"{shares['masked']} of the words are doubtful names, hidden until decided" if gone["masked"] else "",
    )


# Of what a stage says of itself: no path, no speech, and nothing that a researcher wrote in words of her own.
_TOLD = frozenset(
    {"copipe", "source", "engine", "engine version", "model name", "language", "compute", "recogniser", "unit"}
)


def for_the_trail(about: Mapping[str, Any]) -> dict[str, object]:
    """With which models, versions and options a stage worked, for the audit trail: names, numbers and checksums only.

    The vocabulary may hold names, so only its digest is told.
    """
    told: dict[str, object] = {}
    for key, value in about.items():
        if key == "vocabulary":
            if value not in ("", "[]", (), []):
                told[key] = sha256(str(value).encode()).hexdigest()[:SHORT]
        elif isinstance(value, float | int) or _is_checksum(value) or (key in _TOLD and value):
            told[key] = value
    return told


def _voices(voices: Sequence[Mapping[str, Any]], profiles: Mapping[str, int]) -> str:
    """How many voices are known in which way, and by which versions of whose profiles."""
    ways = {"confirmed": "confirmed by a person", "sure": "recognised, sure", "likely": "recognised, only likely"}
    counts = Counter(str(voice["verdict"]) for voice in voices)
    by = ", ".join(f"{role} version {version}" for role, version in sorted(profiles.items()))
    return _sentence(
        *(f"{counts[way]} {told}" for way, told in {**ways, "unknown": "unknown"}.items() if counts[way]),
        f"compared with the voice profiles {by}" if by else "",
    )


def _sentence(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _is_checksum(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64
