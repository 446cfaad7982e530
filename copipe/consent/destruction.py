"""A recording is destroyed once its transcript is checked: overwritten, removed, certified; what was made of it stays.

What was made is frozen from then on (`stages.source_gone`). The certificate names no file and no person: what it was,
when, by whom, size and SHA-256, so that anybody who finds a copy can tell that it is one.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from copipe import __version__
from copipe.consent import purge
from copipe.errors import CopipeError, InputError, UsageError
from copipe.files import make_folder, write_file
from copipe.pipeline import gate
from copipe.pipeline.context import Context
from copipe.pipeline.stage import raw_gone
from copipe.study import audit, digests, edit
from copipe.study.study import Meeting, Study
from copipe.texts import from_json

Kind = Literal["recording", "transcript", "clips", "saves", "words"]
BLOCK = 1 << 20  # bytes written at a time
LIMITS = """\
Destroying writes over a file once, from its first byte to its last, with random bytes, and then removes it. On a
magnetic disk the old content cannot be read any more. On a solid-state disk, a memory card or a USB stick the
electronics may keep the old blocks until they are used again; only encryption of the whole disk, or destroying the
medium, is sure there. A file system that copies on writing or keeps snapshots (btrfs, ZFS, APFS, shadow copies) and one
that lies on a network may hold older versions. Copies, backups, the recorder's own memory and whatever a player or an
editor has cached are not reached at all: destroy them by hand, and compare with the checksum if you are not sure what a
file is."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """One file that goes. `path` is the file itself, `links` the symbolic links through which the study reaches it."""

    kind: Kind
    path: Path
    size: int
    links: tuple[Path, ...] = ()
    names: int = 1  # on the disk; overwriting empties all of them


@dataclass(frozen=True, slots=True)
class Plan:
    """What `destroy` would do to a meeting. `twins` are files of the same content, which stay.

    `strangers` are sources that nobody has transcribed: another file than the words were made of. Without files it
    only brings to its end what was cut off.
    """

    meeting: Meeting
    files: tuple[Doomed, ...]
    raw_words: bool
    checked: str  # who and when; "" while nobody has
    twins: tuple[Path, ...]
    strangers: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Destroyed:
    """One file that is gone."""

    kind: str
    suffix: str
    size: int
    sha256: str


def plan(context: Context, meeting: Meeting) -> Plan:
    """What goes of a meeting by the policy of the study. UsageError where nothing is left, or a file is shared."""
    policy = context.study.settings.destroy.what
    files = [d for kind, path in _paths(context, meeting) if kind in policy for d in _doomed(kind, path)]
    for doomed in files:
        _refuse_shared(context.study, meeting, doomed)
    words = context.current(context.private, meeting.code, "words")
    blank = words is not None and raw_gone(context, meeting) and context.private.is_purged(words)
    raw = "words" in policy and words is not None and not blank
    if not files and not raw and not _marker(context.study, meeting).exists():
        done = certificates(context.study, meeting)
        when = f" It was destroyed; see {done[-1]}." if done else ""
        left = dict.fromkeys(kind for kind, path in _paths(context, meeting) if path.is_file())
        hint = f"[destroy] in copipe.toml says what goes, and leaves its {' and '.join(left)}." if left else ""
        raise UsageError(f"{meeting.code}: there is nothing to destroy.{when}", hint)
    check = context.check(meeting)
    checked = f"{check.who}, {check.when[:10]}" if check else ""
    strangers = _strangers(context, meeting, files)
    return Plan(meeting, tuple(files), raw, checked, _twins(context.study, files), strangers)


def destroy(context: Context, planned: Plan, who: str, why: str = "") -> Path:
    """Destroy what was planned; the certificate. UsageError where the transcript is not checked and no reason is given.

    To be called while the study is held. Cut off in the middle, the next call takes up where it stopped and knows the
    checksums of what is half gone.
    """
    study, meeting = context.study, planned.meeting
    if not planned.checked and not why.strip():
        raise UsageError(
            f"{meeting.code} is not marked as checked. Once its recording is gone, nobody can check it.",
            f'`copipe check {meeting.code}` first, or give a reason for the certificate: --force --why "...".',
        )
    for key in ("recording", "transcript"):
        if (path := getattr(meeting, key)) is not None and any(d.kind == key for d in planned.files):
            edit.name_source(study, meeting.code, key, path.name)
    if planned.strangers and not why.strip():
        raise UsageError(
            f"{meeting.code}: {planned.strangers[0]} is not the file that was transcribed, so nobody has checked it; "
            "nothing was destroyed.",
            'Put the right file there, or give a reason for the certificate: --force --why "...".',
        )
    done = [Destroyed(**entry) for entry in _begin(study, meeting, planned.files)]
    _certifiable(context, planned, done, who, why)
    for doomed in planned.files:
        _shred(doomed)
    blanked = purge.destroy_raw(context, meeting) if planned.raw_words else 0
    certificate = _certify(context, planned, done, blanked, who, why)
    about = {
        "meeting": meeting.code,
        "who": who,
        "checked": planned.checked != "",
        "files": [{"kind": d.kind, "size": d.size, "sha256": d.sha256} for d in done],
        "words": blanked,
        "certificate": certificate.relative_to(study.root).as_posix(),
        "copipe": __version__,
    }
    audit.record(study.root / "audit.jsonl", "destroy", about)
    _marker(study, meeting).unlink(missing_ok=True)
    return certificate


def certificates(study: Study, meeting: Meeting) -> tuple[Path, ...]:
    """What was certified about a meeting so far."""
    return tuple(sorted((study.root / "certificates" / meeting.code).glob("*.md")))


def not_there(context: Context, meeting: Meeting) -> tuple[str, Path] | None:
    """Key and path of the source that meetings.toml names for a meeting, where that leads nowhere, or None.

    A source that was destroyed, or whose transcript a person has checked, is not missed.
    """
    key = "transcript" if meeting.transcript else "recording"
    path = meeting.transcript or meeting.recording
    if path is None or path.exists() or _was_destroyed(context.study, meeting, key) or context.check(meeting):
        return None
    return key, path


def _was_destroyed(study: Study, meeting: Meeting, kind: str) -> bool:
    for path in certificates(study, meeting):
        with suppress(OSError, ValueError, TypeError, KeyError):
            if any(file["kind"] == kind for file in json.loads(path.with_suffix(".json").read_bytes())["files"]):
                return True
    return False


# What there is


def _paths(context: Context, meeting: Meeting) -> Iterator[tuple[Kind, Path]]:
    if meeting.recording is not None:
        yield "recording", meeting.recording
    if meeting.transcript is not None:
        yield "transcript", meeting.transcript
    folder = context.study.private_work / meeting.code
    yield from (("clips", p) for p in _own(folder / "clips"))
    for saves in sorted((folder / "words").glob("*.saves")):
        yield from (("saves", p) for p in _own(saves))
    # what was written out for correction is raw words, too
    yield from (("words", p) for p in _own(folder / "correct"))


def _own(folder: Path) -> list[Path]:
    """What copipe put into a folder of its own: nothing that a link leads to."""
    return [] if folder.is_symlink() else [p for p in sorted(folder.rglob("*")) if not p.is_symlink()]


def _doomed(kind: Kind, path: Path) -> Iterator[Doomed]:
    links = []
    while path.is_symlink():
        links.append(path)
        path = Path(os.path.normpath(path.parent / path.readlink()))
        if path in links:
            return
    if path.is_file():
        state = path.stat()
        yield Doomed(kind, path, state.st_size, tuple(links), state.st_nlink)


def _refuse_shared(study: Study, meeting: Meeting, doomed: Doomed) -> None:
    for other in study.meetings:
        for path in (other.recording, other.transcript, other.notes, other.field_notes):
            same = path is not None and path.exists() and path.samefile(doomed.path)
            own = other.code == meeting.code and path in (meeting.recording, meeting.transcript)
            if same and not own:
                raise UsageError(
                    f"{meeting.code}: {doomed.path} is used by {other.code} as well; nothing was destroyed.",
                    "Give each of them a file of its own in meetings.toml, or take one of them out.",
                )


def texts_left(context: Context, meeting: Meeting) -> tuple[str, ...]:
    """Texts in private/ that were written out to be corrected, and copies an editor made; names in paths replaced."""
    from copipe.anonymise.leaks import scan

    study, sign = context.study, f"# copipe correct {meeting.code} base ".encode()
    watch = gate.watch(context)
    found = []
    for path in sorted(study.private.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.is_relative_to(study.private_work):
            with path.open("rb") as file:
                if sign in file.read(len(sign) + 8):
                    found.append(scan.hide(path.relative_to(study.root).as_posix(), watch))
    return tuple(found)


def _twins(study: Study, files: Sequence[Doomed]) -> tuple[Path, ...]:
    """Other files in the study folder with the same content as a source that goes."""
    sizes = {d.size: d.path for d in files if d.kind in ("recording", "transcript") and d.size}
    doomed = {d.path for d in files}
    found = []
    for path in sorted(study.root.rglob("*")) if sizes else ():
        if path.is_file() and not path.is_symlink() and path not in doomed and path.stat().st_size in sizes:
            other = sizes[path.stat().st_size]
            if not path.samefile(other) and digests.digest(path) == digests.digest(other):
                found.append(path)
    return tuple(found)


def _strangers(context: Context, meeting: Meeting, files: Sequence[Doomed]) -> tuple[Path, ...]:
    """Sources that are not what the words were made of; half overwritten ones are known by what they were."""
    words = context.current(context.private, meeting.code, "words")
    made_of = words.about.get("sha256") if words else None
    begun = _begun(context.study, meeting)
    return tuple(
        d.path
        for d in files
        if d.kind in ("recording", "transcript")
        and made_of
        and str(d.path) not in begun
        and context.file_digest(d.path) != made_of
    )


# Doing it


def _marker(study: Study, meeting: Meeting) -> Path:
    return study.private_work / meeting.code / "destroying.json"


def _begun(study: Study, meeting: Meeting) -> dict[str, Any]:
    try:
        known = from_json(_marker(study, meeting).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _begin(study: Study, meeting: Meeting, files: Sequence[Doomed]) -> list[dict[str, Any]]:
    """What is about to go, kept until it is certified: a file that is half overwritten cannot tell what it was."""
    known = _begun(study, meeting)
    for doomed in files:
        if str(doomed.path) not in known:
            try:
                digest = digests.digest(doomed.path)
            except OSError as error:
                raise InputError(f"{doomed.path} cannot be read: {error.strerror}.", "Check who may read it.") from None
            entry = Destroyed(doomed.kind, doomed.path.suffix.lower(), doomed.size, digest)
            known[str(doomed.path)] = asdict(entry)
    write_file(_marker(study, meeting), json.dumps(known, indent=1))
    return list(known.values())


def _shred(doomed: Doomed) -> None:
    path = doomed.path
    if path.exists():
        try:
            path.chmod(0o600)
            with path.open("r+b") as file:
                left = os.fstat(file.fileno()).st_size
                while left > 0:
                    left -= file.write(os.urandom(min(BLOCK, left)))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except OSError as error:
            raise CopipeError(
                f"{path} could not be destroyed: {error.strerror}. What was destroyed before it is certified by the "
                "next call that succeeds.",
                "Close whatever has it open, see that you may write there, and call `copipe destroy` again.",
            ) from None
    for link in doomed.links:
        link.unlink(missing_ok=True)


def _certifiable(context: Context, planned: Plan, done: Sequence[Destroyed], who: str, why: str) -> None:
    """See, before anything goes, that the certificate can be written and names nobody. CopipeError where not."""
    from copipe.anonymise.leaks import scan

    folder = context.study.root / "certificates" / planned.meeting.code
    try:
        make_folder(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CopipeError(
            f"{folder} cannot be written: {error.strerror}. Nothing was destroyed.", "Certificates go there: see why."
        ) from None
    about = _about(context, planned, done, 0, who, why)
    if scan.found(_text(about, done), gate.watch(context)):
        raise CopipeError(
            f"{planned.meeting.code}: the certificate would hold what identifies somebody. Nothing was destroyed.",
            "See that --why, the initials in --who and those of whoever checked the transcript name nobody.",
        )


def _certify(context: Context, planned: Plan, done: Sequence[Destroyed], words: int, who: str, why: str) -> Path:
    """Write the certificate, for a person and beside it for a program."""
    study, code = context.study, planned.meeting.code
    about = _about(context, planned, done, words, who, why)
    number = len(certificates(study, planned.meeting)) + 1
    path = study.root / "certificates" / code / f"{about['when'][:10]}-{number}.md"
    write_file(path.with_suffix(".json"), json.dumps(about, indent=1))
    write_file(path, _text(about, done))
    return path


def _about(
    context: Context, planned: Plan, done: Sequence[Destroyed], words: int, who: str, why: str
) -> dict[str, Any]:
    from copipe.anonymise.replace import anonymise_text

    return {
        "meeting": planned.meeting.code,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": anonymise_text(who, context.roster),
        "checked": "" if planned.strangers else anonymise_text(planned.checked, context.roster),
        "why": anonymise_text(" ".join(why.split()), context.roster),
        "words_blanked": words,
        "texts_left": list(texts_left(context, planned.meeting)) if words or planned.raw_words else [],
        "files": [asdict(d) for d in done],
    }


def _text(about: dict[str, Any], done: Sequence[Destroyed]) -> str:
    rows = [f"| {d.kind} ({d.suffix or 'no suffix'}) | {d.size:,} | `{d.sha256}` |" for d in done]
    checked = f"checked by {about['checked']}" if about["checked"] else f"NOT checked; reason given: {about['why']}"
    blanked = f"\nRaw words of the transcription blanked: {about['words_blanked']}.\n" if about["words_blanked"] else ""
    if about["texts_left"]:
        lying = "\n".join(f"- {path}" for path in about["texts_left"])
        blanked += f"\nThese texts still hold raw words. The researcher must delete them:\n\n{lying}\n"
    return "\n".join(
        [
            f"# Certificate of destruction: {about['meeting']}",
            "",
            f"Destroyed on {about['when']} (UTC) by {about['who']}. The transcript was {checked}.",
            "",
            "| what | bytes | SHA-256 before |",
            "|---|---|---|",
            *rows,
            blanked,
            "## What this does and does not promise",
            "",
            LIMITS,
            "",
        ]
    )
