"""A Whisper model in CTranslate2's format, read back as the weights that openai-whisper opens.

The catalogue holds one copy of each Whisper model, as faster-whisper needs it. The other engine gets the same weights
from here, converted once. Layout of `model.bin`: `ctranslate2/specs/model_spec.py` (`ModelSpec.save`); of what comes
out: `whisper/model.py`.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from copipe.errors import InputError
from copipe.texts import from_json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

BINARY_VERSION = 6  # of model.bin, since CTranslate2 1.19
SPEC = "WhisperSpec"
_TYPES = {
    0: "float32",
    1: "int8",
    2: "int16",
    3: "int32",
    4: "float16",
}  # CTranslate2's DataType


def convert(folder: Path, target: Path) -> None:
    """Write the weights of the CTranslate2 model in `folder` to `target` (.safetensors, float16), whole or not at all.

    The header holds `dims` (whisper's ModelDimensions) and `alignment_heads` ([[layer, head], ...]) as JSON. Raises
    InputError for a model.bin that is damaged or not Whisper's.
    """
    import numpy as np
    from safetensors.numpy import save_file

    try:
        arrays = _read(folder / "model.bin")
        config = from_json((folder / "config.json").read_text(encoding="utf-8"))
        dims, state = _dimensions(arrays), dict(_renamed(arrays))
    except (struct.error, ValueError, KeyError, UnicodeDecodeError, OSError) as error:
        raise InputError(
            f"{folder}: cannot be read as a Whisper model in CTranslate2's format ({type(error).__name__})",
            "copipe models verify tells whether it is damaged",
        ) from error
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}.part")
    save_file(
        {name: np.ascontiguousarray(array, dtype=np.float16) for name, array in state.items()},
        part,
        metadata={"dims": json.dumps(dims), "alignment_heads": json.dumps(config.get("alignment_heads", []))},
    )
    part.replace(target)


def _read(path: Path) -> Arrays:
    """The named arrays of a model.bin; names that stand for another's array (shared embeddings) are left out."""
    import numpy as np

    arrays: Arrays = {}
    with path.open("rb") as file:
        (version,) = _unpack(file, "I")
        spec = _string(file)
        if version != BINARY_VERSION or spec != SPEC:
            raise ValueError
        _unpack(file, "I")  # revision of the spec
        (count,) = _unpack(file, "I")
        for _ in range(count):
            name = _string(file)
            (rank,) = _unpack(file, "B")
            shape = _unpack(file, f"{rank}I")
            kind, size = _unpack(file, "=BI")
            arrays[name] = np.frombuffer(file.read(size), dtype=_TYPES[kind]).reshape(shape)
    return arrays


def _unpack(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _string(file: BinaryIO) -> str:
    (size,) = _unpack(file, "H")
    return file.read(size)[:-1].decode()  # ends with a zero byte


def _dimensions(arrays: Arrays) -> dict[str, int]:
    def layers(part: str) -> int:
        return len({name.split("/")[1] for name in arrays if name.startswith(f"{part}/layer_") and name.count("/") > 2})

    state, n_mels, _ = arrays["encoder/conv1/weight"].shape
    audio_ctx, text_ctx = (arrays[f"{part}/position_encodings/encodings"].shape[0] for part in ("encoder", "decoder"))
    vocabulary, text_state = arrays["decoder/embeddings/weight"].shape
    layers_audio, layers_text = layers("encoder"), layers("decoder")
    return {
        "n_mels": n_mels,
        "n_audio_ctx": audio_ctx,
        "n_audio_state": state,
        "n_audio_head": int(arrays["encoder/num_heads"]),
        "n_audio_layer": layers_audio - ("layer_norm" in {n.split("/")[1] for n in arrays if n.count("/") > 2}),
        "n_vocab": vocabulary,
        "n_text_ctx": text_ctx,
        "n_text_state": text_state,
        "n_text_head": int(arrays["decoder/num_heads"]),
        "n_text_layer": layers_text,
    }


def _renamed(arrays: Arrays) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays under openai-whisper's names, attention taken apart into query, key and value."""
    import numpy as np

    plain = {
        "encoder/conv1/weight": "encoder.conv1.weight",
        "encoder/conv1/bias": "encoder.conv1.bias",
        "encoder/conv2/weight": "encoder.conv2.weight",
        "encoder/conv2/bias": "encoder.conv2.bias",
        "encoder/position_encodings/encodings": "encoder.positional_embedding",
        "encoder/layer_norm/gamma": "encoder.ln_post.weight",
        "encoder/layer_norm/beta": "encoder.ln_post.bias",
        "decoder/embeddings/weight": "decoder.token_embedding.weight",
        "decoder/position_encodings/encodings": "decoder.positional_embedding",
        "decoder/layer_norm/gamma": "decoder.ln.weight",
        "decoder/layer_norm/beta": "decoder.ln.bias",
    }
    for old, new in plain.items():
        yield new, _whole(arrays, old)
    for part in ("encoder", "decoder"):
        for n in range(_dimensions(arrays)["n_audio_layer" if part == "encoder" else "n_text_layer"]):
            old, new = f"{part}/layer_{n}", f"{part}.blocks.{n}"
            for kind in ("weight", "bias"):
                own = _whole(arrays, f"{old}/self_attention/linear_0/{kind}")
                parts = dict(zip(("query", "key", "value"), np.split(own, 3), strict=True))
                parts["out"] = _whole(arrays, f"{old}/self_attention/linear_1/{kind}")
                yield from _attention(f"{new}.attn", kind, parts)
                if part == "decoder":
                    both = _whole(arrays, f"{old}/attention/linear_1/{kind}")
                    parts = dict(zip(("key", "value"), np.split(both, 2), strict=True))
                    parts["query"] = _whole(arrays, f"{old}/attention/linear_0/{kind}")
                    parts["out"] = _whole(arrays, f"{old}/attention/linear_2/{kind}")
                    yield from _attention(f"{new}.cross_attn", kind, parts)
                yield f"{new}.mlp.0.{kind}", _whole(arrays, f"{old}/ffn/linear_0/{kind}")
                yield f"{new}.mlp.2.{kind}", _whole(arrays, f"{old}/ffn/linear_1/{kind}")
            for gamma, kind in (("gamma", "weight"), ("beta", "bias")):
                yield f"{new}.attn_ln.{kind}", _whole(arrays, f"{old}/self_attention/layer_norm/{gamma}")
                yield f"{new}.mlp_ln.{kind}", _whole(arrays, f"{old}/ffn/layer_norm/{gamma}")
                if part == "decoder":
                    yield f"{new}.cross_attn_ln.{kind}", _whole(arrays, f"{old}/attention/layer_norm/{gamma}")


def _attention(name: str, kind: str, parts: Arrays) -> Iterator[tuple[str, NDArray[Any]]]:
    for part, array in parts.items():
        if (part, kind) != ("key", "bias"):  # Whisper's keys have none; CTranslate2 fills in zeros
            yield f"{name}.{part}.{kind}", array


def _whole(arrays: Arrays, name: str) -> NDArray[Any]:
    """The array as numbers; one that is stored as int8 is scaled back, row by row."""
    scale = arrays.get(f"{name}_scale")
    return arrays[name] if scale is None else arrays[name] / scale.reshape(-1, *[1] * (arrays[name].ndim - 1))
