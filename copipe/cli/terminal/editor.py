"""The person's own text editor."""

from __future__ import annotations

from pathlib import Path


def editor() -> list[str]:
    """The editor as a command: $VISUAL, $EDITOR, or one that most systems have. UsageError if there is none."""
    import os
    import shlex
    import shutil

    from copipe.errors import UsageError

    for variable in ("VISUAL", "EDITOR"):
        command = os.environ.get(variable, "").strip()
        if command:
            return [command] if Path(command).is_file() else shlex.split(command, posix=os.name != "nt")
    for name in ("nano", "vi", "notepad"):
        if shutil.which(name):
            return [name]
    raise UsageError(
        "No text editor found: $VISUAL and $EDITOR are not set, and there is no nano, vi or notepad.",
        "Set EDITOR. Or use --out FILE, correct the file in any editor, then use --in FILE.",
    )


def edit(command: list[str], path: Path) -> None:
    """Open `path` and wait until the editor is closed. UsageError where it cannot start or ends with an error."""
    import subprocess

    from copipe.errors import UsageError

    hint = (
        f"The text is kept in {path}. Set EDITOR (with a flag to wait, such as `code --wait`), or use --out and --in."
    )
    try:
        code = subprocess.call([*command, str(path)])
    except OSError as error:
        raise UsageError(f"The editor {command[0]} cannot be started: {error.strerror}.", hint) from None
    if code:
        raise UsageError(f"The editor {command[0]} ended with code {code}. Nothing was stored.", hint)


def write_text(path: Path, start: str = "") -> str:
    """What somebody writes in their editor, "" for nothing; `path` is a file for it, which goes again."""
    from copipe.files import write_file

    write_file(path, start)
    edit(editor(), path)
    from copipe.errors import InputError
    from copipe.texts import line_of

    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}, line {line_of(error)}: not UTF-8 text.", "It is kept. Save it as UTF-8.") from None
    path.unlink()
    return text
