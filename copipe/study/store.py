"""Content-addressed artifacts: what a stage made, under a key that says what it was made from.

    <root>/<meeting>/<stage>/<key>/data.jsonl       one record a line: ["Word", {...}]
    <root>/<meeting>/<stage>/<key>/NAME             an attachment: what is no record, as arrays for a quick start
    <root>/<meeting>/<stage>/<key>/manifest.json    digest of the data, and what is not part of the key: when, how long

The same key is never made twice. An artifact is written beside its place, flushed to the disk and renamed, so that it
is whole or not there; one whose data no longer match their digest is set aside and made again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import UnionType
from typing import Any, Protocol, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from copipe import records
from copipe.files import PRIVATE_FOLDER, make_folder, stay_inside, sync_folder, write_file, write_new, write_over
from copipe.holding import tag
from copipe.texts import from_json

R = TypeVar("R")
KEY_LENGTH = 20  # hex digits of a SHA-256: 80 bits, far beyond the artifacts one study will ever hold


class Witness(Protocol):
    """What knows of artifacts, by (meeting, stage, key), what they were: `copipe.study.witness`."""

    def forged(self, place: tuple[str, str, str], digest: str) -> bool: ...

    def left(self, place: tuple[str, str, str], digest: str) -> bool: ...

    def purging(self, place: tuple[str, str, str], digest: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside the records of an artifact."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Artifact:
    """One made thing. `digest` is of its data: later stages are keyed by it, so an unchanged result stops the chain.

    `purged` says what had to leave the data since, {} for nothing; the digest stays that of what was made, so that
    nothing which goes by it moves. `attachments` has the SHA-256 of each by its name; the digest covers them.
    """

    meeting: str
    stage: str
    key: str
    digest: str
    folder: Path
    about: Mapping[str, Any]
    purged: Mapping[str, Any] = field(default_factory=dict)
    attachments: Mapping[str, str] = field(default_factory=dict)


def make_key(stage: str, parts: Mapping[str, object]) -> str:
    """Key of what `stage` makes from `parts` (anything JSON can say; the order of a mapping does not matter)."""
    said = json.dumps([stage, parts], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(said.encode()).hexdigest()[:KEY_LENGTH]


@dataclass(frozen=True, slots=True)
class Store:
    """The artifacts under one folder. A `witness` tells those that were changed by hand from those that were made."""

    root: Path
    witness: Witness | None = None

    def folder(self, meeting: str, stage: str, key: str) -> Path:
        """Where the artifact of this key is or would be."""
        return self.root / meeting / stage / key

    def saves(self, meeting: str, stage: str, key: str) -> Path:
        """A folder in which a long stage may save its progress; it goes when the artifact is written."""
        return self.root / meeting / stage / f"{key}.saves"

    def find(self, meeting: str, stage: str, key: str) -> Artifact | None:
        """The artifact of this key by its manifest alone (its data are checked when read), or None."""
        folder = self.folder(meeting, stage, key)
        try:
            manifest = from_json((folder / "manifest.json").read_text(encoding="utf-8"))
            purged = manifest.get("purged", {})
            attachments = manifest.get("attachments", {})
            return Artifact(meeting, stage, key, manifest["digest"], folder, manifest["about"], purged, attachments)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(
        self, meeting: str, stage: str, key: str, data: Iterable[object], about: Mapping[str, object] | None = None
    ) -> Artifact:
        """Write an artifact atomically, in the place of a damaged one if there is one.

        `data` are records, lines that `to_line` wrote before, and attachments.
        """
        folder = self.folder(meeting, stage, key)
        stay_inside(self.root, folder)
        make_folder(folder.parent)
        attached: dict[str, bytes] = {}
        lines: list[str] = []
        for record in data:
            if isinstance(record, Attachment):
                attached[record.name] = record.data
            else:
                lines.append(record if type(record) is str else to_line(record))
        lines.append("")
        attachments = {name: sha256(content).hexdigest() for name, content in attached.items()}
        body = "\n".join(lines).encode()
        digest = _digest(body, attachments)
        manifest: dict[str, object] = {"stage": stage, "key": key, "digest": digest, "about": dict(about or {})}
        manifest |= {"attachments": attachments} if attachments else {}
        staging = folder.parent / f".{key}.{tag()}"
        try:
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(mode=PRIVATE_FOLDER)
            write_new(staging / "data.jsonl", body)
            for name, content in attached.items():
                write_new(staging / name, content)
            told = json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True)
            write_new(staging / "manifest.json", told.encode())
            if folder.exists():
                shutil.rmtree(folder)
            staging.rename(folder)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        sync_folder(folder.parent)
        shutil.rmtree(self.saves(meeting, stage, key), ignore_errors=True)
        return Artifact(meeting, stage, key, digest, folder, dict(about or {}), attachments=attachments)

    def lines(self, artifact: Artifact) -> list[str] | None:
        """The lines of an artifact's data, or None when they are damaged."""
        try:
            body = (artifact.folder / "data.jsonl").read_bytes()
        except OSError:
            body = b""
        place = artifact.meeting, artifact.stage, artifact.key
        if self.witness is not None and self.witness.forged(place, artifact.digest):
            return None
        if _digest(body, artifact.attachments) != artifact.digest and not self._left(artifact, body):
            return None
        return body.decode().split("\n")[:-1]  # splitlines() would cut at signs inside a word, too

    def _left(self, artifact: Artifact, body: bytes) -> bool:
        """True where this is what a purge left of the artifact."""
        digest = sha256(body).hexdigest()
        if digest != artifact.purged.get("sha256"):
            return False
        return self.witness is None or self.witness.left((artifact.meeting, artifact.stage, artifact.key), digest)

    def attachment(self, artifact: Artifact, name: str) -> bytes | None:
        """An attachment, or None when it is damaged or not there."""
        try:
            data = (artifact.folder / name).read_bytes()
        except OSError:
            return None
        return data if sha256(data).hexdigest() == artifact.attachments.get(name) else None

    def purge(self, artifact: Artifact, data: Iterable[object], why: Mapping[str, object]) -> Artifact:
        """Put `data` in the place of an artifact's, under its old digest; what stood there is overwritten.

        `why` is kept in its manifest as `purged`. Cut off in between, the artifact is whole, and not purged yet.
        """
        body = "".join(to_line(record) + "\n" for record in data)
        path = artifact.folder / "manifest.json"
        manifest = from_json(path.read_text(encoding="utf-8"))
        digest = sha256(body.encode()).hexdigest()
        if self.witness is not None:
            self.witness.purging((artifact.meeting, artifact.stage, artifact.key), digest)
        manifest["purged"] = {**why, "sha256": digest}
        write_file(path, json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True))
        write_over(artifact.folder / "data.jsonl", body)
        sync_folder(artifact.folder)
        return replace(artifact, purged=manifest["purged"])

    def is_purged(self, artifact: Artifact) -> bool:
        """True where the data are what a purge left (and not what a cut-off one, or a backup, has put there)."""
        wanted = artifact.purged.get("sha256")
        return wanted is not None and sha256((artifact.folder / "data.jsonl").read_bytes()).hexdigest() == wanted

    def set_aside(self, artifact: Artifact) -> Path:
        """Rename a damaged artifact, so that it can be made again and what is left of it is not lost."""
        number = 1
        while (aside := artifact.folder.with_name(f"{artifact.key}.damaged-{number}")).exists():
            number += 1
        return artifact.folder.rename(aside)


def to_line(record: object) -> str:
    """A record as one line of JSON: its class, then its fields.

    >>> to_line(records.SpeakerTurn(0.0, 1.5, "V1"))
    '["SpeakerTurn",{"start":0.0,"end":1.5,"label":"V1","exclusive":false,"margin":null}]'
    """
    return f'["{type(record).__name__}",{_json(record)}]'


def from_line(line: str) -> Any:
    """The record of a line that `to_line` wrote."""
    name, values = from_json(line)
    return _build(getattr(records, name), values)


def from_lines(lines: Sequence[str], kind: type[R]) -> tuple[R, ...]:
    """The records of class `kind` among the lines, in their order."""
    head = f'["{kind.__name__}",'
    return tuple(_build(kind, from_json(line)[1]) for line in lines if line.startswith(head))


def _digest(body: bytes, attachments: Mapping[str, str]) -> str:
    """Of an artifact's data; where there are attachments, of both."""
    told = json.dumps(attachments, sort_keys=True).encode() if attachments else b""
    return sha256(body + told).hexdigest()


_string = json.encoder.encode_basestring
_INFINITE = float("inf")


def _json(value: object) -> str:
    """A record or a value of its fields as JSON, as `json.dumps` of its `asdict` has it, in a third of the time."""
    kind = type(value)
    if kind is str:
        return _string(value)  # type: ignore[arg-type]
    if kind is tuple or kind is list:
        return "[" + ",".join([_json(v) for v in value]) + "]"  # type: ignore[attr-defined]
    if value is None:
        return "null"
    if kind is int:
        return str(value)
    if kind is float and value == value and abs(value) != _INFINITE:  # type: ignore[arg-type]
        return repr(value)
    if (heads := _heads(cast(Hashable, kind))) is not None:
        return "".join([head + _json(getattr(value, name)) for head, name in heads]) + "}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@cache
def _heads(kind: Hashable) -> tuple[tuple[str, str], ...] | None:
    """What stands before the value of each field of a record class, and the field; None for other classes."""
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return None
    names = [f.name for f in fields(kind)]
    return tuple((f'{"," if n else "{"}"{name}":', name) for n, name in enumerate(names))


@cache
def _shape(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    """For each field: its name, the record class inside it if any, and whether it is a tuple."""
    shape = []
    for name, hint in get_type_hints(kind).items():
        if get_origin(hint) in (UnionType, Union):  # X | None
            hint = next(h for h in get_args(hint) if h is not type(None))
        many = get_origin(hint) is tuple
        inner = get_args(hint)[0] if many else hint
        shape.append((name, inner if is_dataclass(inner) else None, many))
    return tuple(shape)


def _build(kind: type[R], values: Mapping[str, Any]) -> R:
    arguments: dict[str, Any] = {}
    for name, inner, many in _shape(cast(Hashable, kind)):
        if name not in values:
            continue  # a field that came later has its default
        value = values[name]
        if many:
            value = tuple(_build(inner, v) for v in value) if inner else tuple(value)
        elif inner and value is not None:
            value = _build(inner, value)
        arguments[name] = value
    return kind(**arguments)
