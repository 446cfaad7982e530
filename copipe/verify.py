"""Whether what was made is still what the trail says was made: artifacts that stand, and what was published of them.

An artifact out of which words were purged is held against what the purge left; its manifest has the digest of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from copipe.consent import scrubbing
from copipe.errors import CopipeError
from copipe.pipeline.context import Context
from copipe.pipeline.stages import stages
from copipe.study import audit, decisions
from copipe.study.store import Artifact, Store


@dataclass(frozen=True, slots=True)
class Standing:
    """What a look at everything that stands found.

    `artifacts` and `reports` say how many of each were looked at. `changed` are folders of artifacts that are not as
    they were made, `missing` those that should stand and are not there, `untold` those that no line of the trail tells
    of; `edited` are files in reports/ that are not as they were published, which a person may want; `decided` are files
    of decisions, each with how many in it are not as they were made.
    """

    artifacts: int
    reports: int
    changed: tuple[Path, ...] = ()
    missing: tuple[Path, ...] = ()
    untold: tuple[Path, ...] = ()
    edited: tuple[Path, ...] = ()
    decided: tuple[tuple[Path, int], ...] = ()


def look(context: Context) -> Standing:
    """Hold what stands of every meeting, and every published file, against the trail. Reads all of their data."""
    made, published = _told(context)
    changed, missing, untold, looked = [], [], [], 0
    for meeting in context.study.meetings:
        for stage in stages.values():
            store = stage.store(context)
            if (artifact := context.current(store, meeting.code, stage.name)) is None:
                missing += _pointed_at(context, store, meeting.code, stage.name)
                continue
            looked += 1
            digest = made.get((meeting.code, stage.name, artifact.key))
            if digest is None:
                untold.append(artifact.folder)
            elif digest != artifact.digest or not _whole(store, artifact):
                changed.append(artifact.folder)
    files = {context.study.reports / name: digest for name, digest in published.items()}
    there = {path: digest for path, digest in files.items() if path.is_file()}
    edited = [path for path, digest in there.items() if sha256(path.read_bytes()).hexdigest() != digest]
    return Standing(
        artifacts=looked,
        reports=len(there),
        changed=tuple(changed),
        missing=tuple(missing),
        untold=tuple(untold),
        edited=tuple(sorted(edited)),
        decided=tuple(_decided(context)),
    )


def _pointed_at(context: Context, store: Store, meeting: str, stage: str) -> list[Path]:
    """The folder of an artifact that is not there, where the last run left one standing."""
    key = context.pointer(store, meeting).get(stage)
    return [store.folder(meeting, stage, key)] if key else []


def _decided(context: Context) -> Iterator[tuple[Path, int]]:
    """Files with decisions whose id is not the digest of the rest, but for those that a withdrawal has scrubbed."""
    for path in scrubbing.files(context):
        try:
            made = decisions.read(path)
        except CopipeError:
            continue  # sealed, and nobody gives the passphrase
        if changed := sum(not decisions.is_as_made(d) and not scrubbing.was_scrubbed(d) for d in made):
            yield path, changed


def _told(context: Context) -> tuple[dict[tuple[str, str, str], str], dict[str, str]]:
    """By the trail: the digest of each artifact when it was last made, and of each file when it was last published."""
    made: dict[tuple[str, str, str], str] = {}
    published: dict[str, str] = {}
    for entry in audit.read(context.study.root / "audit.jsonl"):
        about: Any = entry.about
        if entry.what == "run" and "digest" in about:
            made[entry.meeting, str(about.get("stage")), str(about.get("key"))] = str(about["digest"])
        elif entry.what == "publish" and isinstance(about.get("sha256"), dict):
            published |= about["sha256"]
    return made, published


def _whole(store: Store, artifact: Artifact) -> bool:
    attached = all(store.attachment(artifact, name) is not None for name in artifact.attachments)
    return attached and store.lines(artifact) is not None
