"""A complete pyannote pipeline from a local folder, as the hub lays it out (community-1); never from the hub itself.

    config.yaml                     the pipeline's class, its parts as "$model/<folder>", its parameters
    segmentation/pytorch_model.bin  a pyannote Model
    embedding/pytorch_model.bin     a pyannote Model
    plda/xvec_transform.npz, plda/plda.npz

Read off pyannote.audio 4.0.7 (`Pipeline.from_pretrained`, `Model.from_pretrained`, `PLDA.from_pretrained`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from copipe.errors import InputError, MissingModelError
from copipe.models.checkpoints import read_checkpoint

CONFIG = "config.yaml"
CHECKPOINT = "pytorch_model.bin"
PLDA_FILES = ("xvec_transform.npz", "plda.npz")
# Classes that config.yaml may name: pyannote imports and calls whatever stands there.
PIPELINES = frozenset({"pyannote.audio.pipelines.SpeakerDiarization", "SpeakerDiarization"})
HINT = "Copy or clone the whole repository of the pipeline, with its large files (git lfs pull), and name its folder."


def check(folder: Path) -> None:
    """Raise MissingModelError for a piece that is not there and InputError for one that must not be opened."""
    config = _config(folder)
    for part, where in parts(config, folder):
        wanted = PLDA_FILES if part == "plda" else (CHECKPOINT,)
        files = [where] if where.suffix else [where / name for name in wanted]
        for file in files:
            if not file.is_file():
                raise MissingModelError(f"the pipeline in {folder} lacks {file} ({part})", HINT)
            if file.stat().st_size < 1024 and file.read_bytes().startswith(b"version https://git-lfs"):
                raise MissingModelError(f"{file} is a pointer that Git LFS has not filled in yet", HINT)
            if file.suffix == ".bin":
                read_checkpoint(file)  # refuses a pickle that names classes no model needs


def parts(config: dict[str, Any], folder: Path) -> Iterator[tuple[str, Path]]:
    """Each part the pipeline is made of, with its local folder or file."""
    params = config["pipeline"].get("params") or {}
    for part in ("segmentation", "embedding", "plda"):
        value = params.get(part)
        if isinstance(value, dict):
            value = "/".join(str(value[key]) for key in ("checkpoint", "subfolder") if value.get(key))
        if value is None:
            if part != "plda" or params.get("clustering", "VBxClustering") == "VBxClustering":
                raise MissingModelError(
                    f"{folder / CONFIG} names no local {part}, and copipe fetches nothing while it runs", HINT
                )
            continue
        yield part, folder / str(value).removeprefix("$model/")


def load(folder: Path) -> Any:
    """The pipeline of `folder`. No token is needed and no connection opened."""
    check(folder)
    from copipe.models import quiet_imports

    quiet_imports.prepare()
    from pyannote.audio import Pipeline

    try:
        return Pipeline.from_pretrained(_expanded(_config(folder), folder))
    except (KeyError, ValueError, TypeError, AttributeError, RuntimeError, ImportError) as error:
        raise InputError(f"the pipeline in {folder} cannot be put together: {type(error).__name__}: {error}") from error


def _config(folder: Path) -> dict[str, Any]:
    import yaml

    path = folder / CONFIG
    if not path.is_file():
        raise MissingModelError(f"there is no {CONFIG} in {folder}", HINT)
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        name = config["pipeline"]["name"]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{path} does not describe a pyannote pipeline", HINT) from error
    if name not in PIPELINES:
        raise InputError(f"{path} names the pipeline {name}; copipe opens only {min(PIPELINES)}")
    return dict(config)


def _expanded(config: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The config with every part as an absolute path: given a folder pyannote would do the same, but relative plain
    paths it would look for on the hub."""
    here = {part: {"checkpoint": str(path)} for part, path in parts(config, folder)}
    params = {**(config["pipeline"].get("params") or {}), **here}
    known = {k: v for k, v in config.items() if k in ("params", "freeze", "version", "dependencies")}
    return {**known, "pipeline": {"name": "pyannote.audio.pipelines.SpeakerDiarization", "params": params}}
