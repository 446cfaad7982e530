"""Pickled checkpoints, read without running them, into clean weights.

A PyTorch checkpoint is a program for the pickle machine: loading it freely runs whatever its author, or whoever changed
it since, put there. copipe reads one once, when the model is pulled, after its checksum is known to be right, and keeps
`model.safetensors` and `config.json`; a run opens only those two.

The reader knows the few classes that the checkpoints in the catalogue name. Containers and numbers become themselves,
tensors become NumPy arrays, and every other class on the list becomes an inert `_Stand` that remembers its arguments
and state, so that no code of pyannote.audio, Lightning, omegaconf or torch runs (nor need omegaconf be installed). Any
other class is refused by name.

Format of the archive: https://docs.pytorch.org/docs/stable/notes/serialization.html - a ZIP file with `data.pkl`, one
file of raw little-endian numbers for each storage under `data/`, and `byteorder`.
"""

from __future__ import annotations

import collections
import json
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copipe.errors import InputError

if TYPE_CHECKING:
    import numpy as np

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
ZIP_START = b"PK\x03\x04"

# Storage classes by the NumPy type that holds the same bytes. bfloat16 has none and is in no model of the catalogue.
_STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}

# What may become itself: making one of these runs nothing but itself.
_PLAIN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "defaultdict"): collections.defaultdict,
    **{
        (module, name): kind
        for module in ("builtins", "__builtin__")  # the second is how protocol 2 spells the first
        for name, kind in {
            "bool": bool,
            "dict": dict,
            "float": float,
            "frozenset": frozenset,
            "int": int,
            "list": list,
            "long": int,
            "set": set,
            "str": str,
            "tuple": tuple,
        }.items()
    },
}

# What becomes a `_Stand`. Spelled as pyannote.audio 2 to 4, Lightning 1 and omegaconf 2 write them.
_INERT = frozenset(
    {
        ("typing", "Any"),
        ("omegaconf.base", "ContainerMetadata"),
        ("omegaconf.base", "Metadata"),
        ("omegaconf.dictconfig", "DictConfig"),
        ("omegaconf.listconfig", "ListConfig"),
        ("omegaconf.nodes", "AnyNode"),
        ("omegaconf.nodes", "BooleanNode"),
        ("omegaconf.nodes", "FloatNode"),
        ("omegaconf.nodes", "IntegerNode"),
        ("omegaconf.nodes", "StringNode"),
        ("pyannote.audio.core.model", "Introspection"),
        ("pyannote.audio.core.task", "Problem"),
        ("pyannote.audio.core.task", "Resolution"),
        ("pyannote.audio.core.task", "Specifications"),
        ("torch", "Size"),
        ("torch.torch_version", "TorchVersion"),
    }
)

# The enumerations of pyannote.audio.core.task by value.
_PROBLEMS = (
    "BINARY_CLASSIFICATION",
    "MONO_LABEL_CLASSIFICATION",
    "MULTI_LABEL_CLASSIFICATION",
    "REPRESENTATION",
    "REGRESSION",
)
_RESOLUTIONS = {1: "FRAME", 2: "CHUNK"}


class _Stand:
    """An object of a class that is known and not imported: what it was called with, and its state."""

    __slots__ = ("args", "kind", "state")

    def __init__(self, kind: str, args: tuple[Any, ...]) -> None:
        self.kind = kind
        self.args = args
        self.state: Mapping[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        self.state = state if isinstance(state, Mapping) else {}


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What the checkpoint at `path` holds, tensors as NumPy arrays; runs no code from it.

    Raises InputError when it is not a PyTorch archive, or names a class that is not on the list.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path)
            if "byteorder" in members and archive.read(members["byteorder"]) != b"little":
                raise InputError(f"{path} was written on a big-endian machine, which copipe cannot read")
            with archive.open(members["data.pkl"]) as stream:
                content = _load(_reader(stream, path, lambda key: archive.read(members[f"data/{key}"])), path)
    except (OSError, zipfile.BadZipFile) as e:
        raise InputError(f"{path} is not a PyTorch checkpoint that can be read: {e}") from e
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a model checkpoint: it holds a {type(content).__name__}, not a dictionary")
    return content


def _members(archive: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """Name of each member by its path below the archive's one folder.

    What is read here must be what torch would read, or a checkpoint could show one face to this list and the other to
    torch: torch goes by the first bytes and the first entry of a name, in any case; Python's zipfile by the end and the
    last.
    """
    with path.open("rb") as stream:
        start = stream.read(len(ZIP_START))
    names = archive.namelist()
    if (
        start != ZIP_START
        or len({name.lower() for name in names}) != len(names)
        or len({name.split("/", 1)[0] for name in names}) > 1
    ):
        raise InputError(f"{path} was not opened: it is not laid out as PyTorch writes an archive")
    members = {name.split("/", 1)[-1]: name for name in names}
    if "data.pkl" not in members:
        raise InputError(f"{path} is not a PyTorch checkpoint: it has no data.pkl")
    return members


def _load(reader: pickle.Unpickler, path: Path) -> Any:
    try:
        return reader.load()
    except InputError:
        raise
    except Exception as e:  # a broken pickle can fail in any way that the calls it makes can fail
        raise InputError(f"{path} is not a PyTorch checkpoint that can be read: {type(e).__name__}: {e}") from e


def _reader(stream: Any, path: Path, storage: Callable[[str], bytes] | None) -> pickle.Unpickler:
    """The restricted reader; without `storage` every tensor is None."""
    import numpy as np

    def rebuild(
        flat: np.ndarray | None, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
    ) -> Any:
        if flat is None:
            return None
        # The bounds are the archive's word: outside them as_strided would show other memory.
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if offset < 0 or min((*size, *stride), default=0) < 0 or (0 not in size and last >= len(flat)):
            raise InputError(f"{path}: a tensor reaches outside its storage")
        strides = tuple(step * flat.itemsize for step in stride)
        return np.lib.stride_tricks.as_strided(flat[offset:], size, strides).copy()

    def rebuild_parameter(data: Any, *_: object) -> Any:
        return data

    def inert(module: str, name: str) -> type:
        def make(cls: type, *args: Any) -> _Stand:
            return _Stand(f"{module}.{name}", args)

        return type(name, (), {"__new__": make})

    class Reader(pickle.Unpickler):
        def __init__(self, source: Any) -> None:
            super().__init__(source)
            self._storages: dict[str, Any] = {}
            self._inert: dict[tuple[str, str], type] = {}

        def find_class(self, module: str, name: str) -> Any:
            if (module, name) in _PLAIN:
                return _PLAIN[module, name]
            if module == "torch" and name in _STORAGES:
                return _STORAGES[name]
            if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
                return rebuild
            if (module, name) == ("torch._utils", "_rebuild_parameter"):
                return rebuild_parameter
            if (module, name) in _INERT:
                return self._inert.setdefault((module, name), inert(module, name))
            raise InputError(
                f"{path} was not opened: it asks for {module}.{name}, which no model that copipe knows needs",
                hint="A checkpoint that names other classes could run any program. Get the model from its publisher.",
            )

        def persistent_load(self, pid: Any) -> Any:
            if storage is None:
                return None
            _, dtype, key, _, count = pid
            if key not in self._storages:
                flat = np.frombuffer(storage(key), dtype=dtype)
                if len(flat) != count:
                    raise InputError(f"{path}: storage {key} holds {len(flat)} numbers where {count} are announced")
                self._storages[key] = flat
            return self._storages[key]

    return Reader(stream)


def convert_segmentation(source: Path, target: Path) -> None:
    """Write the pyannote segmentation checkpoint `source` as clean weights into the folder `target`.

    `config.json` then holds `architecture` (module and class), `hyper_parameters` (what the class is called with) and
    `specifications` as plain JSON: problem and resolution by their names in pyannote.audio, duration, min_duration and
    warm_up in seconds, classes, powerset_max_classes, permutation_invariant.
    """
    content = read_checkpoint(source)
    try:
        about = content["pyannote.audio"]
        config = {
            "architecture": {key: str(about["architecture"][key]) for key in ("module", "class")},
            "hyper_parameters": _plain(content["hyper_parameters"]),
            "specifications": _specifications(_find_specifications(about)),
        }
        weights = content["state_dict"]
    except (KeyError, TypeError, IndexError, ValueError) as e:
        raise InputError(f"{source} is not a pyannote.audio segmentation checkpoint: {type(e).__name__}: {e}") from e
    save(weights, config, target)


def is_pyannote(path: Path) -> bool:
    """True for a checkpoint that pyannote.audio wrote. Raises InputError as `vet` does."""
    vet(path)
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        return len(pickles) == 1 and "pyannote.audio" in read_checkpoint(path)


def convert_voice_encoder(source: Path, target: Path) -> None:
    """Write the GE2E checkpoint `source` (`model_state`, in torch's older format) as clean weights into `target`.

    The older format is not a ZIP file; torch's own allow-list (`weights_only`) reads it.
    """
    import torch

    try:
        content = torch.load(source, weights_only=True, map_location="cpu")
        weights = {name: tensor.numpy() for name, tensor in content["model_state"].items()}
    except (pickle.UnpicklingError, RuntimeError, KeyError, AttributeError, TypeError, EOFError) as e:
        raise InputError(f"{source} is not a GE2E voice encoder checkpoint: {type(e).__name__}") from e
    # The two similarity_* numbers serve training only.
    wanted = {name: array for name, array in weights.items() if name.startswith(("lstm.", "linear."))}
    save(wanted, {"architecture": {"class": "GE2E"}, "mel_channels": 40, "dimension": 256}, target)


def save(weights: Mapping[str, np.ndarray], config: Mapping[str, Any], target: Path) -> None:
    """Write `weights` and `config` into the folder `target`, on the disk before it returns."""
    import numpy as np
    from safetensors.numpy import save_file

    target.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(array) for name, array in weights.items()}, target / WEIGHTS)
    (target / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _find_specifications(about: Mapping[str, Any]) -> _Stand:
    found = about["specifications"]
    if not (isinstance(found, _Stand) and found.kind.endswith(".Specifications")):
        raise ValueError("no single specification of its task")
    return found


def _specifications(found: _Stand) -> dict[str, Any]:
    state = found.state
    powerset = state.get("powerset_max_classes")
    return {
        "problem": _PROBLEMS[_enum_value(state["problem"])],
        "resolution": _RESOLUTIONS[_enum_value(state["resolution"])],
        "duration": float(state["duration"]),
        "min_duration": None if state.get("min_duration") is None else float(state["min_duration"]),
        "warm_up": [float(seconds) for seconds in _plain(state.get("warm_up", (0.0, 0.0)))],
        "classes": [str(name) for name in _plain(state["classes"])],
        "powerset_max_classes": None if powerset is None else int(powerset),
        "permutation_invariant": bool(state.get("permutation_invariant", False)),
    }


def _enum_value(member: Any) -> int:
    if not isinstance(member, _Stand):
        raise ValueError("an enumeration was expected")
    return int(member.args[0])


def _plain(value: Any) -> Any:
    """`value` as JSON holds it; omegaconf's containers and nodes by what they contain."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, _Stand):
        for key in ("_content", "_val"):  # a container's, a node's
            if key in value.state:
                return _plain(value.state[key])
    raise ValueError(f"a {type(value).__name__} among the settings")


def vet(path: Path) -> None:
    """Raise InputError when `path` is a pickled checkpoint that names a class off the list; reads no weights.

    For files that no catalogue vouches for, as they come into the store. What does not begin as an archive with a
    pickle or as a pickle (protocol 2 or later) passes, so this is no leave to unpickle a file freely: `read_checkpoint`
    is the way to open one. torch's older format, which is no archive, is left to torch's own allow-list.
    """
    with path.open("rb") as stream:
        start = stream.read(len(ZIP_START))
    if start == ZIP_START:
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith(".pkl") for name in archive.namelist()):
                with archive.open(_members(archive, path)["data.pkl"]) as stream:
                    _load(_reader(stream, path, None), path)
    elif len(start) > 1 and start[0] == 0x80 and 2 <= start[1] <= 5:  # PROTO and its number
        import torch

        try:
            torch.load(path, weights_only=True, map_location="meta")
        except Exception as e:
            raise InputError(
                f"{path} is a pickled file that is not a plain set of weights",
                hint="Such a file could run any program. Get the model in another format, or from its publisher.",
            ) from e
