"""Voice profiles: what the members of a study sound like, to know them again in the next meeting.

    private/voices/<ROLE>/<version>.json        one version of one profile, readable by its owner alone

Biometric data: only of people who consented in full, only under private/. Every change writes a new version beside the
older ones, so that a confirmed meeting keeps the one that it was made with; `forget` takes all of them away. A profile
is made of takes, one for each source (a meeting, an enrolled file), and a take compares only with embeddings of the
same encoder.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from copipe.errors import ConfigError, UsageError
from copipe.files import write_file
from copipe.records import Voice
from copipe.texts import from_json

# Seconds up to which more speech makes a take count for more: one long meeting, with its room and its recorder, must
# not outweigh all the others.
FULL_WEIGHT = 60.0

_ROLE = re.compile(r"[A-Z][A-Z0-9]*")  # as participants.toml has it; a folder of this name is made and removed
_VERSION = re.compile(r"\d{4,}")


@dataclass(frozen=True, slots=True)
class Take:
    """What one source holds of a voice.

    `source` is the meeting's code, or says which file was enrolled; `meeting` is "" for a file. `encoder` is the
    fingerprint of the model that made the embedding (unit length). `seconds` of speech are behind it. `when` it was
    taken, ISO 8601.
    """

    source: str
    meeting: str
    encoder: str
    embedding: tuple[float, ...]
    seconds: float
    when: str


@dataclass(frozen=True)
class Profile:
    """One version of a participant's profile. Without takes it knows nobody."""

    role: str
    version: int
    takes: tuple[Take, ...]

    @cached_property
    def centroid(self) -> tuple[float, ...]:
        """Mean of the takes (unit length), each weighted by its seconds up to `FULL_WEIGHT`; () without takes.

        Of takes of several encoders, those of the newest one's.
        """
        newest = self.takes[-1].encoder if self.takes else ""
        return mean([(take.embedding, take.seconds) for take in self.takes if take.encoder == newest])

    @property
    def seconds(self) -> float:
        """Speech behind the profile."""
        return sum(take.seconds for take in self.takes)

    @property
    def meetings(self) -> tuple[str, ...]:
        """The meetings behind it, in order."""
        return tuple(sorted({take.meeting for take in self.takes if take.meeting}))


def take_of(source: str, meeting: str, encoder: str, voices: Sequence[Voice]) -> Take | None:
    """The take of the voices of one recording that are one person's; None where none has an embedding."""
    heard = [voice for voice in voices if voice.embedding]
    embedding = mean([(voice.embedding, voice.seconds) for voice in heard], cap=math.inf)
    if not embedding:
        return None
    return Take(source, meeting, encoder, embedding, sum(voice.seconds for voice in heard), _now())


def load(folder: Path, role: str, version: int | None = None) -> Profile | None:
    """A participant's profile as it stands, or a version of it; None where there is none.

    `folder` is the study's private/voices. ConfigError for a file that a hand has spoilt.
    """
    there = versions(folder, role)
    if version is None:
        version = max(there, default=0)
    if version not in there:
        return None
    path = _file(folder, role, version)
    try:
        kept = from_json(path.read_text(encoding="utf-8"))
        takes = tuple(Take(**{**take, "embedding": tuple(map(float, take["embedding"]))}) for take in kept["takes"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"the voice profile {path} cannot be read.",
            f"Restore it from a backup, or remove it with `copipe voices forget {role}` and assign the voice again.",
        ) from error
    return Profile(role, version, takes)


def load_all(folder: Path, roles: Sequence[str]) -> dict[str, Profile]:
    """The profiles with takes of those of `roles` who have one."""
    found = {role: load(folder, role) for role in roles}
    return {role: profile for role, profile in found.items() if profile is not None and profile.takes}


def versions(folder: Path, role: str) -> tuple[int, ...]:
    """The versions there are of a profile, oldest first."""
    own = _folder(folder, role)
    if not own.is_dir():
        return ()
    return tuple(sorted(int(p.stem) for p in own.glob("*.json") if _VERSION.fullmatch(p.stem)))


def add(folder: Path, role: str, take: Take) -> Profile:
    """The profile with this take, as a new version. An older take from the same source goes, as one of another encoder
    does from the same source; a take that is there already makes no new version."""
    if not take.embedding or not all(map(math.isfinite, take.embedding)):
        raise UsageError(f"{role}: there is too little clear speech in {take.source} for a voice profile.")
    before = load(folder, role)
    kept = before.takes if before else ()
    if before and any(_same(take, other) for other in kept):
        return before
    return _write(folder, role, (*(t for t in kept if t.source != take.source), take))


def drop_take(folder: Path, role: str, source: str) -> Profile | None:
    """The profile without what came from `source`, as a new version where that changes it; None if there is none."""
    before = load(folder, role)
    if before is None or all(take.source != source for take in before.takes):
        return before
    return _write(folder, role, tuple(take for take in before.takes if take.source != source))


def forget(folder: Path, role: str) -> int:
    """Overwrite and remove every version of a profile; says how many there were.

    What a disk or a backup has copied elsewhere is beyond it.
    """
    own = _folder(folder, role)
    if not own.is_dir():
        return 0
    files = [path for path in own.iterdir() if path.is_file() and not path.is_symlink()]
    for path in files:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    for path in own.iterdir():
        path.unlink()
    own.rmdir()
    return sum(path.suffix == ".json" for path in files)


def usable(profiles: Mapping[str, Profile], encoder: str) -> tuple[dict[str, Profile], tuple[str, ...]]:
    """The profiles with only the takes of this encoder, and the roles of which something was left out."""
    found: dict[str, Profile] = {}
    lacking: list[str] = []
    for role, profile in profiles.items():
        own = tuple(take for take in profile.takes if take.encoder == encoder)
        if len(own) < len(profile.takes):
            lacking.append(role)
        if own:
            found[role] = Profile(role, profile.version, own)
    return found, tuple(lacking)


def separation(profile: Profile, others: Sequence[Profile]) -> float:
    """Cosine distance (0 to 2) to the nearest of the others, inf where there is none: how well it can be told apart."""
    own = profile.centroid
    near = [cosine(own, other.centroid) for other in others if other.role != profile.role and other.centroid]
    return 1 - max(near) if own and near else math.inf


def cosine(left: Sequence[float], right: Sequence[float]) -> float:
    """Of two vectors of unit length; 0 where one is missing or they are of different encoders."""
    return sum(a * b for a, b in zip(left, right, strict=True)) if len(left) == len(right) else 0.0


def mean(parts: Sequence[tuple[Sequence[float], float]], cap: float = FULL_WEIGHT) -> tuple[float, ...]:
    """The unit vector of (vector, seconds) weighted by seconds up to `cap`; () where there is nothing."""
    if not parts:
        return ()
    weights = [max(1e-3, min(seconds, cap)) for _, seconds in parts]
    total = [sum(w * v[i] for w, (v, _) in zip(weights, parts, strict=True)) for i in range(len(parts[0][0]))]
    length = math.sqrt(sum(x * x for x in total))
    return tuple(x / length for x in total) if length else ()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _same(left: Take, right: Take) -> bool:
    return asdict(left) | {"when": ""} == asdict(right) | {"when": ""}


def _write(folder: Path, role: str, takes: tuple[Take, ...]) -> Profile:
    made = Profile(role, max(versions(folder, role), default=0) + 1, takes)
    kept = {"role": role, "version": made.version, "takes": [asdict(take) for take in takes]}
    write_file(_file(folder, role, made.version), json.dumps(kept))
    return made


def _file(folder: Path, role: str, version: int) -> Path:
    return _folder(folder, role) / f"{version:04d}.json"


def _folder(folder: Path, role: str) -> Path:
    if not _ROLE.fullmatch(role):
        raise UsageError(f"{role!r} is not a role code.")
    return folder / role
