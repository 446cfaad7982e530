"""What `config/models.toml` says: the models that copipe knows by name, where each comes from, and its checksums."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from copipe.errors import ConfigError
from copipe.resources import shipped

Convert = Literal["", "segmentation", "voice-encoder"]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package of the index: `requirement` as pip reads it ("name==version"), and the SHA-256 of its wheel."""

    requirement: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository on the hub at a commit; `gated` wants a token of an account that has accepted its conditions."""

    repository: str
    revision: str
    gated: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model as it is fetched.

    `members` are the files in the wheels that make it, joined in order (none for a hub). `sha256` is "" where the
    catalogue does not know it; the wheel or the commit then vouches for it.
    """

    path: str
    members: tuple[str, ...] = ()
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalogue; see the head of config/models.toml for what each field means.

    `wheels` or `hub` is its source. `folder` takes all below a folder of the one wheel; `contents` is then the
    `listing_digest` of what is there.
    """

    name: str
    what: str
    language: str
    licence: str
    size: int
    default: bool
    convert: Convert
    wheels: tuple[Wheel, ...]
    hub: Hub | None
    files: tuple[File, ...]
    folder: str
    contents: str

    @property
    def source(self) -> str:
        """Where it comes from, for a person: "whisperx==3.8.6", "Systran/faster-whisper-small@536b0662"."""
        if self.hub is not None:
            return f"{self.hub.repository}@{self.hub.revision[:8]}"
        return ", ".join(wheel.requirement for wheel in self.wheels)

    @property
    def fingerprint(self) -> str:
        """`listing_digest` of the files as fetched; "" where the catalogue does not know each of them."""
        if self.folder:
            return self.contents
        if not all(file.sha256 for file in self.files):
            return ""
        return listing_digest({file.path: file.sha256 for file in self.files})


def listing_digest(files: Mapping[str, str]) -> str:
    """One SHA-256 for a folder: that of its sorted lines "sha256  path".

    >>> listing_digest({"a": "00", "b": "11"}) == listing_digest({"b": "11", "a": "00"})
    True
    """
    lines = sorted(f"{sha256}  {path}\n" for path, sha256 in files.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@cache
def catalogue() -> tuple[Model, ...]:
    """The models of config/models.toml, in its order."""
    return read(shipped("models.toml"))


def read(path: Path) -> tuple[Model, ...]:
    """The models of a catalogue file. Raises ConfigError with the model that is wrong."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["model"]
    except (OSError, KeyError, tomllib.TOMLDecodeError) as e:
        raise ConfigError(f"{path}: cannot be read as a catalogue of models: {e}") from e
    models = []
    for number, entry in enumerate(entries, start=1):
        try:
            models.append(_model(entry))
        except (KeyError, TypeError, ValueError) as e:
            raise ConfigError(f"{path}: model {number} ({entry.get('name', 'no name')}): {e}") from e
    return tuple(models)


def _model(entry: Mapping[str, Any]) -> Model:
    entry = dict(entry)
    hub = entry.pop("hub", None)
    files = (File(f["path"], tuple(f.get("members", ())), f.get("sha256", "")) for f in entry.pop("files", ()))
    optional: dict[str, Any] = {"default": False, "convert": "", "folder": "", "contents": ""}
    model = Model(
        wheels=tuple(Wheel(**wheel) for wheel in entry.pop("wheels", ())),
        hub=None if hub is None else Hub(**hub),
        files=tuple(files),
        **optional | entry,
    )
    if bool(model.wheels) == (model.hub is not None):
        raise ValueError("it must have either wheels or a hub")
    if not (model.files or model.folder):
        raise ValueError("it must have files or a folder")
    return model
