"""How far a study is open to those who should not see into it: names outside private/, modes, version control."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from copipe.anonymise.leaks import Look, look
from copipe.pipeline.context import Context
from copipe.pipeline.gate import watch
from copipe.store import PRIVATE_FILE, PRIVATE_FOLDER
from copipe.study import Study


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
    if shutil.which("git") is None or _git(study, "rev-parse", "--is-inside-work-tree") is None:
        return ()
    found = []
    if tracked := _git(study, "ls-files", "--", "private"):
        number = len(tracked.splitlines())
        found.append(f"{number} files of private/ are under version control: `git rm -r --cached private`.")
    elif _git(study, "log", "--all", "-1", "--format=%h", "--", "private"):
        found.append(
            "private/ was under version control once, and earlier versions still hold it, here and wherever they were "
            "pushed to; `git filter-repo --invert-paths --path private` takes it out here."
        )
    if _git(study, "check-ignore", "private/roster.toml") is None:
        found.append('private/ is not ignored by version control: put a line "private/" into .gitignore.')
    return tuple(found)


def _git(study: Study, *arguments: str) -> str | None:
    """What git says, None where it says no."""
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(study.root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout if done.returncode == 0 else None


def _open_to_others(study: Study) -> tuple[str, ...]:
    if os.name == "posix" and study.root.stat().st_mode & 0o007:
        return (f"Everybody on this computer may look into {study.root}; `chmod 750` or `chmod 700` keeps them out.",)
    return ()
