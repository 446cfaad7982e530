"""Files written so that they are whole or not there, on the disk when it is said, and readable by their owner alone."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from copipe.errors import InputError
from copipe.holding import clear_siblings, hidden, tag

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


def append_lines(path: Path, lines: Sequence[str]) -> None:
    """Add lines to a file and return when they are on the disk.

    A last line that a power cut or a full disk has torn goes first: nobody was told that it was kept. Where the lines
    cannot be written whole, none of them stays.
    """
    make_folder(path.parent)
    if path.is_symlink():
        stay_inside(path.parent, path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    try:
        data = b"".join(line.encode() + b"\n" for line in lines)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(end - 1, 0))
            if end and file.read() != b"\n":
                file.seek(0)
                before = file.read()
                whole = len(without_torn(before))
                if whole < len(before):
                    os.ftruncate(descriptor, whole)
                    end = whole
                else:
                    data = b"\n" + data
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise
    finally:
        os.close(descriptor)


def without_torn(data: bytes) -> bytes:
    """Lines of JSON without the last, where it has no end and is not whole.

    >>> without_torn(b'{"a": 1}\\n{"b"'), without_torn(b'{"a": 1}\\n{"b": 2}')
    (b'{"a": 1}\\n', b'{"a": 1}\\n{"b": 2}')
    """
    whole, newline, last = data.rpartition(b"\n")
    try:
        json.loads(last or b"0")
    except ValueError:
        return whole + newline
    return data


def write_file(path: Path, text: str) -> None:
    """Write a text file atomically, readable by its owner alone."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """As `write_file`, for what is no text."""
    make_folder(path.parent)
    clear_siblings(path)
    staging = path.with_name(f"{hidden(path.name)}.{tag()}")
    try:
        write_new(staging, data)
        staging.replace(path)
    except BaseException:
        staging.unlink(missing_ok=True)
        raise


def erase(path: Path) -> int:
    """Overwrite and remove a file, or all files of a folder; how many there were. A link goes, not what it leads to.

    A disk may keep older copies of what is overwritten; see `copipe.consent.destruction`.
    """
    if path.is_dir() and not path.is_symlink():
        erased = sum(erase(entry) for entry in path.iterdir())
        path.rmdir()
        return erased
    if not path.is_symlink():
        if not path.exists():
            return 0
        with path.open("r+b") as file:
            _overwrite(file)
    path.unlink()
    return 1


def _overwrite(file: IO[bytes]) -> None:
    """Zeros over all of an open file, through to the disk."""
    file.seek(0)
    left = os.fstat(file.fileno()).st_size
    while left > 0:
        left -= file.write(bytes(min(left, 1 << 20)))
    file.flush()
    os.fsync(file.fileno())


def write_over(path: Path, text: str) -> None:
    """As `write_file`, and overwrites what stood there before."""
    if os.name != "posix":  # an open file cannot be replaced there
        write_file(path, text)
        return
    with path.open("r+b") as stood:
        write_file(path, text)
        _overwrite(stood)


def stay_inside(root: Path, path: Path) -> None:
    """InputError where a link on the way leads out of `root`: a study from elsewhere must not write anywhere else."""
    if not path.resolve().is_relative_to(root.resolve()):
        raise InputError(
            f"{path} leads out of {root}: it is a link, or lies behind one. Nothing was written there.",
            "Remove the link, then try again.",
        )


def make_folder(folder: Path) -> None:
    """Make a folder and its parents; those made are for the owner alone."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    for path in reversed(missing):
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)


def write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
