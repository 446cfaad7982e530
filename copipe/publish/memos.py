"""Memos as reports may show them: names replaced, what is about people outside the study left out.

Made before any report, so that reports themselves read nothing private.
"""

from __future__ import annotations

from hashlib import sha256

from copipe.pipeline import outsiders
from copipe.pipeline.context import Context
from copipe.pipeline.failures import STUDY
from copipe.records import Memo
from copipe.review import memos as memoing
from copipe.study import memos
from copipe.study.store import Artifact, from_lines, make_key

VERSION = 3


def refresh(context: Context) -> Artifact | None:
    """Bring the public copy of the memos up to date; None where there are none and never were.

    MissingModelError where the models that recognise names are not here, ConfigError for a memo that cannot be read.
    """
    from copipe.pipeline import names

    folder = memoing.folder(context)
    found = tuple(m for m in memos.read(folder) if may_be_shown(context, m))
    standing = context.current(context.public, STUDY, "memos")
    if not found and standing is None:
        return None
    digests = [sha256(repr(memo).encode()).hexdigest() for memo in found]
    files = {memo.id: path.name for memo in found if (path := memos.file_of(folder, memo.id))}
    hidden = {name: outsiders.parts(context, name) for name in sorted(files.values())}
    key = make_key("memos", {"version": VERSION, "memos": digests, "rules": names.identity(context), "hidden": hidden})
    artifact = context.public.find(STUDY, "memos", key)
    if artifact is None:
        artifact = context.public.write(STUDY, "memos", key, memoing.shown(context, found))
    context.point(context.public, artifact)
    return artifact


def may_be_shown(context: Context, memo: Memo) -> bool:
    """Not what somebody wrote who is not in the study, nor what quotes them, until the researcher has changed it."""
    study = context.study
    out = {p.role for p in study.participants if p.consent != "full"}
    out |= {v.code for m in study.meetings for v in m.visitors if v.consent != "full"}
    return memo.who not in out and memos.file_of(memoing.folder(context), memo.id) not in study.held


def read(context: Context) -> tuple[Memo, ...]:
    """The memos as they may be shown, oldest first."""
    artifact = context.current(context.public, STUDY, "memos")
    lines = context.public.lines(artifact) if artifact else None
    return from_lines(lines, Memo) if lines else ()


def digest(context: Context) -> str:
    """What a report's key says of the memos; "" where there are none."""
    artifact = context.current(context.public, STUDY, "memos")
    return artifact.digest if artifact else ""


def of_meeting(found: tuple[Memo, ...], meeting: str) -> tuple[Memo, ...]:
    """Those about a meeting or a passage of it."""
    return tuple(m for m in found if m.about == f"meeting:{meeting}" or m.about.startswith(f"passage:{meeting}:"))
