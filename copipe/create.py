"""A new study: its folders, its commented files, or the fictional study of the demo."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from copipe import resources
from copipe.errors import UsageError
from copipe.study.study import FILES, PUBLIC_FOLDERS

PRIVATE_FOLDERS = ("recordings", "transcripts", "notes", "field-notes", "memos", "voices", "decisions", "work")
IGNORED = """\
# private/ identifies people and never goes under version control; work/ and reports/ are made again by `copipe run`.
private/
work/
reports/
"""
MAKING, MADE = ".copipe-init", ".copipe-init-made"  # where `init` makes a study before it moves it to its place
SHIPPED_HEADER = 2  # lines at the top of config/copipe.toml that speak of the shipped file
CHOSEN = frozenset({"title", "quorum", "language"})  # settings that every study decides
OWN_HEADER = """\
# Settings of this study. A line that begins with "#" follows the program's default; take the "#" away to change it.
"""


def create(root: Path, demo: bool = False) -> None:
    """Make a study in `root`, a new or empty folder: with commented templates, or the fictional `demo` study.

    `private/` is for the owner alone (0700, its files 0600). Raises `UsageError` where `root` holds anything, so that
    nothing is ever overwritten.
    """
    if root.exists() and not root.is_dir():
        raise UsageError(f"{root} is a file, but a study is a folder.", "Name a folder that is new or empty.")
    made, staging = root / MADE, root / MAKING
    if not made.is_dir():  # else an `init` was cut off that had made it, and not moved all of it
        if root.is_dir() and any(entry.name not in {".git", ".DS_Store", MAKING} for entry in root.iterdir()):
            raise UsageError(f"{root} is not empty. A new study needs an empty folder.", "Name a folder that is new.")
        root.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700)
        _fill(staging, demo)
        staging.rename(made)
    for entry in sorted(made.iterdir(), key=lambda path: path.name in FILES):  # what makes it a study goes last
        entry.rename(root / entry.name)
    made.rmdir()


def _fill(root: Path, demo: bool) -> None:
    for folder in PUBLIC_FOLDERS:
        (root / folder).mkdir()
    (root / "private").mkdir(mode=0o700)
    for folder in PRIVATE_FOLDERS:
        (root / "private" / folder).mkdir(mode=0o700)
    _write(root / ".gitignore", IGNORED)
    if demo:
        _fill_demo(root)
    else:
        templates = resources.shipped("templates")
        _write(root / "copipe.toml", own_settings(resources.shipped("copipe.toml").read_text(encoding="utf-8")))
        for name in ("participants.toml", "meetings.toml"):
            _write(root / name, (templates / name).read_text(encoding="utf-8"))
        _write(root / "private" / "roster.toml", (templates / "roster.toml").read_text(encoding="utf-8"))
        _write(root / "codebooks" / "codebook.yaml", (templates / "codebook.yaml").read_text(encoding="utf-8"))
    for entry in (root / "private").rglob("*"):
        entry.chmod(0o700 if entry.is_dir() else 0o600)


def own_settings(shipped: str) -> str:
    """The shipped settings as a study's own: all but those every study chooses are commented out.

    A line that is commented out follows the program's default, also when a later version has a better one.
    """
    lines = []
    for line in shipped.split("\n")[SHIPPED_HEADER:]:
        key = line.partition(" = ")[0]
        lines.append(f"# {line}" if key.isidentifier() and key not in CHOSEN else line)
    return OWN_HEADER + "\n".join(lines)


def _fill_demo(root: Path) -> None:
    """The fictional study, the codebook it uses, and the two-speaker call that comes with pyannote.audio."""
    for source in sorted(resources.shipped("demo").rglob("*")):
        if source.is_file():
            target = root / source.relative_to(resources.shipped("demo"))
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, source.read_text(encoding="utf-8"))
    codebook = resources.shipped("codebooks") / "leadership.yaml"
    _write(root / "codebooks" / codebook.name, codebook.read_text(encoding="utf-8"))
    if call := sample_call():
        shutil.copyfile(call, root / "private" / "recordings" / "sample-call.wav")


def sample_call() -> Path | None:
    """Where pyannote.audio keeps its sample, found without importing it (that would load torch)."""
    namespace = importlib.util.find_spec("pyannote")
    for folder in (namespace.submodule_search_locations if namespace else None) or ():
        path = Path(folder) / "audio" / "sample" / "sample.wav"
        if path.is_file():
            return path
    return None


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
