"""Where a cancelled transcription goes on: what was heard in each chunk is saved, and read again by the next call."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from copipe.files import make_folder
from copipe.records import Segment, Word
from copipe.texts import from_json
from copipe.transcribe.chunks import Chunk

HEADER = "made-by.json"


def open_saves(saves: Path, made_by: str) -> None:
    """Make the folder ready: empty it unless the engine, model and options that made its saves are these."""
    make_folder(saves)
    header = saves / HEADER
    try:
        same = from_json(header.read_text(encoding="utf-8")) == {"identity": made_by}
    except (OSError, ValueError):
        same = False
    if not same:
        for file in saves.glob("*.json*"):
            file.unlink()
        _put(header, {"identity": made_by})


def save(saves: Path, chunk: Chunk, language: str, segments: Sequence[Segment]) -> None:
    """Keep what was heard in a chunk, so that a later call need not listen again."""
    _put(_file(saves, chunk), {"language": language, "segments": [asdict(segment) for segment in segments]})


def saved(saves: Path, chunk: Chunk) -> tuple[str, tuple[Segment, ...]] | None:
    """Language and segments kept of a chunk; None where there is nothing, or it is damaged and must be made again."""
    try:
        value = from_json(_file(saves, chunk).read_text(encoding="utf-8"))
        segments = tuple(
            Segment(**{**segment, "words": tuple(Word(**word) for word in segment["words"])})
            for segment in value["segments"]
        )
        return str(value["language"]), segments
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(saves: Path, chunk: Chunk) -> Path:
    """Where a chunk is kept: named by its place and samples, which with the header are all that it stands for."""
    made = hashlib.sha256(str(chunk.first).encode())
    made.update(chunk.samples.tobytes())
    return saves / f"{chunk.number:04d}-{made.hexdigest()[:32]}.json"


def _put(file: Path, value: dict[str, Any]) -> None:
    """Write JSON whole or not at all, readable by its owner only: it holds what was said."""
    part = file.with_name(f"{file.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(value, out, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
