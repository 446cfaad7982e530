"""How far a study is open to those who should not see into it: names outside private/, modes, version control."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from copipe.anonymise.leaks.scan import Look, Watch, look, scan_text
from copipe.consent import versions
from copipe.errors import CopipeError, UsageError
from copipe.files import PRIVATE_FILE, PRIVATE_FOLDER
from copipe.pipeline.context import Context
from copipe.pipeline.gate import said, watch
from copipe.study.study import FILES, Study

# Keys of meetings.toml that name a file, and where copipe looks for one that is not named.
FOLDERS = {"recording": "recordings", "transcript": "transcripts", "notes": "notes", "field_notes": "field-notes"}
_SOURCE = re.compile(rf"\s*({'|'.join(FOLDERS)})\s*=")


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a look at a study found. Of a folder or file that somebody named, only `look`.

    `loose` are files and folders in private/ whose modes let others in; they are `open` to them where private/ itself
    is among these, since nobody gets past a folder that is closed. `versioned` says in sentences how private/ stands
    under version control, and `concerns` what endangers the study as a whole.
    """

    look: Look
    loose: tuple[Path, ...] = ()
    open: bool = False
    versioned: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """How many things have to be put right."""
        return len(self.look.leaks) + len(self.look.closed) + self.open + len(self.versioned)


def exposed(context: Context, path: Path | None = None) -> Exposure:
    """Look through a folder or file, or without one through everything of the study outside private/."""
    if path is not None:
        return Exposure(look(path, watch(context)))
    study = context.study
    modes = loose(study)
    left = {study.private, study.root / ".git"}
    return Exposure(
        look(study.root, watch(context), lambda path: path in left),
        modes,
        study.private in modes,
        versioned(study),
        (*study.concerns(), *_open_to_others(study)),
    )


def written(context: Context) -> tuple[str, ...]:
    """Where the researcher's own files outside private/ hold a name of the roster, one sentence each without the name.

    Looks at the roster alone, so that it is quick: `copipe leaks` looks at everything. Nothing while the roster cannot
    be read.
    """
    try:
        roster = context.roster
    except CopipeError:
        return ()
    root = context.study.root
    own = [root / name for name in FILES]
    own += [p for name in ("codebooks", "templates") for p in sorted((root / name).rglob("*")) if p.is_file()]
    return tuple(
        dict.fromkeys(
            _told(context.study, path, leak.line, said(leak))
            for path in own
            if path.exists()
            for leak in look(path, Watch(roster)).leaks
        )
    )


def refuse_named_codes(context: Context) -> None:
    """UsageError where the code of a meeting or person is a name of the roster: files would be called by it."""
    study = context.study
    people = [p.role for p in study.participants] + [v.code for m in study.meetings for v in m.visitors]
    for what, codes in (("meeting", [m.code for m in study.meetings]), ("person", people)):
        for number, code in enumerate(codes, 1):
            if scan_text(code, context.roster):
                raise UsageError(
                    f"The code of {what} {number} holds a name of private/roster.toml, and folders and citations "
                    "would be called by it. Nothing has been made.",
                    f"Give the {what} a code that names nobody, such as {'2010-02' if what == 'meeting' else 'SN1'}; "
                    "a file of the old name under private/ is renamed likewise.",
                )


def _told(study: Study, path: Path, line: int, what: str) -> str:
    name = path.relative_to(study.root).as_posix() if line else f"the name of a file in {path.parent.name}/"
    text = path.read_text(encoding="utf-8", errors="replace").splitlines()[line - 1] if line else ""
    place = f"{name}, line {line}" if line else name
    if path.name == "meetings.toml" and (key := _SOURCE.match(text)):
        folder = f"private/{FOLDERS[key[1]]}/"
        called = "called like its meeting, such as 2010-02.mp3, it is found without this line"
        return f"{place}: the name of the file is {what}. Rename it and put it into {folder}: {called}."
    return f"{place}: {what} is where others may read it. Change it there."


def loose(study: Study) -> tuple[Path, ...]:
    """Everything in private/, and private/ itself, that is not for its owner alone (0700, 0600)."""
    if os.name != "posix" or not study.private.is_dir():
        return ()
    inside = [p for p in sorted(study.private.rglob("*")) if not p.is_symlink()]
    return tuple(path for path in (study.private, *inside) if stat.S_IMODE(path.stat().st_mode) & 0o077)


def tighten(paths: tuple[Path, ...]) -> None:
    """Keep others out of these files and folders."""
    for path in paths:
        path.chmod(PRIVATE_FOLDER if path.is_dir() else PRIVATE_FILE)


def versioned(study: Study) -> tuple[str, ...]:
    """How private/ stands under version control, where that is not as it should be."""
    try:
        found = versions.look(study.root, study.private.name)
    except versions.UnreadableError:
        return ("private/ may be under version control: this folder's .git cannot be read. Look at it by hand.",)
    if found is None:
        return ()
    told = []
    if found.tracked:
        told.append(f"{found.tracked} files of private/ are under version control: `git rm -r --cached private`.")
    elif found.once:
        told.append(
            "private/ was under version control once. Earlier versions still hold it, here and wherever they were "
            "pushed to. `git filter-repo --invert-paths --path private` removes it here."
        )
    if not found.ignored:
        told.append('private/ is not ignored by version control: add the line "private/" to .gitignore.')
    return tuple(told)


def _open_to_others(study: Study) -> tuple[str, ...]:
    if os.name == "posix" and study.root.stat().st_mode & 0o007:
        return (f"Every user of this computer can open {study.root}. `chmod 750` or `chmod 700` keeps them out.",)
    return ()
