"""Transcribing files that belong to no study: the words of each beside the others in a folder of the user's choice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from copipe.errors import CopipeError, InputError, MissingModelError
from copipe.files import write_file
from copipe.models import store as models
from copipe.pipeline import engines
from copipe.pipeline.failures import Failure
from copipe.pipeline.stages.words import VERSION
from copipe.progress import OnTick
from copipe.records import Segment
from copipe.study.digests import Memory
from copipe.study.settings import Settings
from copipe.study.store import Store, from_lines, make_key

AUDIO = frozenset(
    ".aac .ac3 .aif .aiff .amr .avi .caf .flac .m4a .m4b .m4v .mka .mkv .mov .mp2 .mp3 .mp4 .mpeg .mpg .mts .oga .ogg "
    ".ogv .opus .ts .wav .webm .wma .wmv .3gp".split()
)


@dataclass(frozen=True, slots=True)
class Transcribed:
    """What came of one file. `warning` is "" when nothing is to be said."""

    path: Path
    written: tuple[Path, ...]
    words: int
    suspect: int
    duration: float
    warning: str


def gather(paths: Sequence[Path]) -> list[Path]:
    """The files named, and those in the folders named that look like audio or video."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in AUDIO)
            if not inside:
                raise InputError(
                    f"{path} holds no audio or video file.", "Name the files themselves, or another folder."
                )
            found += inside
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def transcribe_files(
    paths: Sequence[Path], out: Path, settings: Settings, on_tick: OnTick
) -> tuple[tuple[Transcribed, ...], tuple[Failure, ...]]:
    """Transcribe each file into `out` as .txt and .vtt; one that fails is told of and the rest go on."""
    from copipe.transcribe.engines import engine

    missing = []
    for name in engine.required_models(settings.transcribe):
        try:
            models.locate(name)
        except MissingModelError:
            missing.append(name)
    if missing:
        raise MissingModelError(
            f"Missing models: {', '.join(missing)}. Nothing was started.",
            f"`copipe models pull {' '.join(missing)}` gets them.",
        )
    done: list[Transcribed] = []
    failures: list[Failure] = []
    memory = Memory(out / ".copipe" / "digests.json")
    for path, name in _names(paths):
        try:
            done.append(_one(path, name, out, settings, memory, on_tick))
        except CopipeError as error:
            failures.append(Failure(path.name, "words", "", error.message, error.hint))
        except Exception as error:
            message = f"{path}: unexpected {type(error).__name__} (a bug in copipe)"
            failures.append(Failure(path.name, "words", "", message, "Please report it with the kind of file it is."))
    engines.let_go()
    return tuple(done), tuple(failures)


def _one(path: Path, name: str, out: Path, settings: Settings, memory: Memory, on_tick: OnTick) -> Transcribed:
    from copipe.exchange import subtitles
    from copipe.transcribe import recording, suspect
    from copipe.transcribe.engines import engine

    store = Store(out / ".copipe")
    try:
        digest = memory.digest(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the path and who may read it.") from None
    identity = engine.identity(settings.transcribe, settings.study.language)
    key = make_key("words", {"version": VERSION, "recording": digest, "engine": identity})
    artifact = store.find(name, "words", key)
    lines = store.lines(artifact) if artifact else None
    if artifact is None or lines is None:
        language = settings.study.language
        made = recording.transcribe(
            path,
            name,
            settings.transcribe,
            language,
            engines.transcriber(settings.transcribe, language),
            store.saves(name, "words", key),
            on_tick,
        )
        told = {
            "duration": made.duration,
            "warning": made.warning,
            "language": made.language,
            "speech": made.speech,
        }
        artifact = store.write(name, "words", key, made.segments, told)
        lines = store.lines(artifact) or []
    segments = from_lines(lines, Segment)
    about = artifact.about
    marks = suspect.marks(segments, settings.suspect, about["speech"])
    doubtful = {w.id for s in segments for w in s.words for m in marks if m.first <= w.id <= m.last}
    written = (out / f"{name}.txt", out / f"{name}.vtt")
    write_file(written[0], subtitles.plain(segments, doubtful))
    write_file(written[1], subtitles.vtt(segments))
    words = sum(len(s.words) for s in segments)
    return Transcribed(path, written, words, len(marks), float(about["duration"]), str(about["warning"] or ""))


def _names(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """A file name for each, made of its own; two that would be one get numbers."""
    taken: dict[str, int] = {}
    named = []
    for path in paths:
        name = re.sub(r"[^\w.-]+", "-", path.stem).strip("-.") or "recording"
        taken[name] = taken.get(name, 0) + 1
        named.append((path, name if taken[name] == 1 else f"{name}-{taken[name]}"))
    return named
