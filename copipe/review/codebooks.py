"""Codebooks as files: read and written in each format, and changed with a copy of what was there before.

Before copipe changes a codebook it keeps the file as it was in `.before/` beside it, named after what was done; the
last change can be taken back for as long as nobody has changed the file since.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from copipe import holding
from copipe.code.codebook import codebook, writing
from copipe.code.codebook import reading as codebook_read
from copipe.errors import CopipeError, InputError, UsageError
from copipe.files import write_file
from copipe.records import Codebook
from copipe.study import audit, memos
from copipe.study.study import Study

YAML = (".yaml", ".yml")
SUFFIXES = (*YAML, ".qdc", ".csv")
BEFORE = ".before"  # folder of earlier versions
_COPY = re.compile(r"(?P<stem>.+)-(?P<number>\d{4})-(?P<what>[a-z]+)-(?P<after>[0-9a-f]{12})")
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Step:
    """A change that was made: what was done, the file as it was, and the digest of what it was changed into."""

    number: int
    what: str
    copy: Path
    after: str


def find(named: str, study: Study | None) -> Path:
    """The file of a codebook: a path, counted from here or from the study, or the name of one that copipe ships.

    Without a name it is the study's own. Raises UsageError with what may have been meant.
    """
    if not named:
        if study is None:
            raise UsageError("Which codebook?", "Name its file, or say this inside a study: then it is the study's.")
        return study.root / study.settings.code.codebook
    path = Path(named).expanduser()
    if path.is_file():
        return path
    folders = [study.root, study.root / "codebooks"] if study else []
    for folder in (Path.cwd(), *folders):
        if (found := codebook_read.find(named, folder)) is not None:
            return found
    there = [str(p.relative_to(f)) for f in folders for p in sorted(f.glob("*.yaml"))]
    near = difflib.get_close_matches(named, [*there, *codebook_read.shipped_names()], n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Shipped with copipe: {', '.join(codebook_read.shipped_names())}."
    raise UsageError(f'There is no codebook "{named}".', hint)


def is_shipped(path: Path) -> bool:
    """Whether a file belongs to copipe itself, and is not to be changed."""
    from copipe import resources

    return path.resolve().is_relative_to(resources.CONFIG.resolve())


def read(path: Path) -> tuple[Codebook, tuple[str, ...]]:
    """A codebook of any format, and what its file says that could not be taken over.

    Raises ConfigError (YAML) or InputError (other formats) with all that is wrong with it.
    """
    suffix = path.suffix.lower()
    if suffix in YAML:
        return codebook.load(path), ()
    if suffix == ".qdc":
        from copipe.exchange.codebooks import qdc

        found, notes = qdc.read(path)
    elif suffix in (".csv", ".tsv", ".txt"):
        from copipe.exchange.codebooks import csv

        found, notes = csv.read(path)
    else:
        raise InputError(f"{path}: codebooks are read from {', '.join(SUFFIXES)}.", "Give the file its right suffix.")
    text = writing.to_yaml(found)  # what is wrong with seeds, keys and categories is told as for YAML
    reading = codebook_read.read(text.encode(), None)
    if reading.problems:
        told = [replace(p, line=0) for p in reading.problems]
        said = "\n".join(f"  {str(p).removeprefix('line 0: ')}" for p in told)
        raise InputError(
            f"{path}: {len(told)} problems in the codebook\n{said}", "Mend them in the program it is from."
        )
    return codebook.with_codes(found, found.codes), notes


def text_of(book: Codebook, suffix: str) -> tuple[str, tuple[str, ...]]:
    """A codebook in the format of a suffix, and what that format has no place for."""
    suffix = suffix.lower()
    if suffix in YAML:
        return writing.to_yaml(book), ()
    if suffix == ".qdc":
        from copipe.exchange.codebooks import qdc

        return qdc.write(book), qdc.lost(book)
    if suffix == ".csv":
        from copipe.exchange.codebooks import csv

        return csv.write(book), csv.lost(book)
    raise UsageError(f"Codebooks are written as {', '.join(SUFFIXES)}, not {suffix or 'without a suffix'}.", "")


def _refuse_names(study: Study, before: bytes, data: bytes, about: Mapping[str, object]) -> None:
    from copipe.anonymise.leaks import scan
    from copipe.pipeline.context import Context

    try:
        roster = Context(study).roster
    except CopipeError:
        return  # locked, or wrong: a run says so
    named = scan.scan_text(json.dumps(about, ensure_ascii=False), roster)
    if named or (scan.scan_text(data.decode(), roster) and not scan.scan_text(before.decode(), roster)):
        raise UsageError(
            "What would be written into the codebook holds a name of private/roster.toml; nothing is changed.",
            "Keys, labels and seeds stand where others may read them, and the trail keeps them for good: take others.",
        )


def change(
    path: Path, data: bytes, what: str, about: Mapping[str, object], study: Study | None, read: bytes | None = None
) -> Path:
    """Put `data` in the place of a codebook and keep what was there; the path of the copy.

    `what` is the verb, for the copy's name; `about` goes into the trail of the study, if there is one. UsageError, and
    nothing is written, where a name of the study's roster would come into either, or the file is not what was `read`.
    """
    with holding.writing(study.private) if study is not None else nullcontext():
        return _change(path, data, what, about, study, read)


def _change(
    path: Path, data: bytes, what: str, about: Mapping[str, object], study: Study | None, read: bytes | None
) -> Path:
    before = path.read_bytes()
    if read is not None and before != read:
        raise UsageError(f"{path.name} was changed meanwhile. Nothing was written.", "Run the same command again.")
    if study is not None:
        _refuse_names(study, before, data, about)
    done = steps(path)
    cut_off = done and done[-1].after == _digest(data) and done[-1].copy.read_bytes() == before
    number = max((step.number for step in done), default=0) + (0 if cut_off else 1)
    copy = path.parent / BEFORE / f"{path.stem}-{number:04d}-{what}-{_digest(data)}{path.suffix}"
    write_file(copy, before.decode())
    write_file(path, data.decode())
    if study is not None:
        told = {"file": path.name, "before": _digest(before), "after": _digest(data), **about}
        audit.record(study.root / "audit.jsonl", f"codebook {what}", told)
    return copy


def steps(path: Path) -> tuple[Step, ...]:
    """The changes copipe made to a codebook, oldest first, without those taken back."""
    found = []
    for copy in sorted((path.parent / BEFORE).glob("*" + path.suffix)):
        match = _COPY.fullmatch(copy.stem)
        if match and match["stem"] == path.stem:
            found.append(Step(int(match["number"]), match["what"], copy, match["after"]))
    return tuple(found)


def unchanged_since(path: Path, step: Step) -> bool:
    """Whether the file still is what that step made of it."""
    return _digest(path.read_bytes()) == step.after


def undo(path: Path, step: Step, study: Study | None) -> Path:
    """Put back what was there before a step; what stands now is kept, too. The path of the copy of it."""
    now, before = path.read_bytes(), step.copy.read_bytes()
    kept = step.copy.with_name(f"{step.copy.stem}.undone{path.suffix}")
    write_file(kept, now.decode())
    write_file(path, before.decode())
    step.copy.unlink()
    if study is not None:
        told = {"file": path.name, "what": step.what, "before": _digest(now), "after": _digest(before)}
        audit.record(study.root / "audit.jsonl", "codebook undo", told)
    return kept


def keep_reason(study: Study, key: str, title: str, why: str, who: str) -> Path:
    """A memo on why a code came to be what it is."""
    return memos.write(study.private / "memos", memos.make(f"code:{key}", why, who, title))


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:_DIGITS]
