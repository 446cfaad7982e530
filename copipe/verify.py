"""Whether artifacts, decisions and reports are unchanged since they were made, by the audit trail.

An artifact out of which words were purged is compared with what the purge left, which the trail names.
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

    `artifacts` and `reports` say how many of each were compared. `changed` are folders of artifacts that were changed,
    `missing` those that are gone, `untold` those that no entry of the trail is about; `edited` are files in reports/
    that were changed since publication, which a person may want, `deleted` those that are gone, `strangers` files that
    copipe did not publish; `decided` are files of decisions, each with how many were changed.
    """

    artifacts: int
    reports: int
    changed: tuple[Path, ...] = ()
    missing: tuple[Path, ...] = ()
    untold: tuple[Path, ...] = ()
    edited: tuple[Path, ...] = ()
    deleted: tuple[Path, ...] = ()
    strangers: tuple[Path, ...] = ()
    decided: tuple[tuple[Path, int], ...] = ()


def look(context: Context) -> Standing:
    """Hold what stands of every meeting, and every published file, against the trail. Reads all of their data."""
    context.trust_confirmed()
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
    lying = {p for p in context.study.reports.rglob("*") if p.is_file() and not p.name.startswith(".")}
    edited = [path for path, digest in there.items() if sha256(path.read_bytes()).hexdigest() != digest]
    return Standing(
        artifacts=looked,
        reports=len(there),
        changed=tuple(changed),
        missing=tuple(missing),
        untold=tuple(untold),
        edited=tuple(sorted(edited)),
        deleted=tuple(sorted(files.keys() - there.keys())),
        strangers=tuple(sorted(lying - files.keys())),
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
    """By the trail: the digest of each artifact when it was last made, and of each file that is published now."""
    made: dict[tuple[str, str, str], str] = {}
    published: dict[str, dict[str, str]] = {}  # by report
    for entry in audit.read(context.study.root / "audit.jsonl"):
        about: Any = entry.about
        if entry.what == "run" and "digest" in about:
            made[entry.meeting, str(about.get("stage")), str(about.get("key"))] = str(about["digest"])
        elif entry.what == "publish" and isinstance(about.get("sha256"), dict):
            published[entry.meeting] = dict(about["sha256"])  # a report takes the place of the one before
        elif entry.what == "take down":
            for name in about.get("files", ()):
                for files in published.values():
                    files.pop(name, None)
    return made, {name: digest for files in published.values() for name, digest in files.items()}


def _whole(store: Store, artifact: Artifact) -> bool:
    attached = all(store.attachment(artifact, name) is not None for name in artifact.attachments)
    return attached and store.lines(artifact) is not None
