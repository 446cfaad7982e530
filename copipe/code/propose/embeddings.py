"""The meaning of sentences as vectors, by an embedding model on this computer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from copipe.errors import ConfigError, MissingModelError
from copipe.models import quiet_imports, store

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

BATCH = 64  # sentences at a time
PRECISION = "float16"  # as they are kept: cosines differ by less than 0.001, in half the space


def available(model: str) -> bool:
    """Whether the model and the program for it are here; coding goes on without, where they are not."""
    import importlib.util

    if importlib.util.find_spec("sentence_transformers") is None:
        return False
    try:
        store.locate(model)
    except MissingModelError:
        return False
    return True


def embed(texts: Sequence[str], model: str, on_done: Callable[[int], None] | None = None) -> Vectors:
    """One vector of length 1 for each text: (texts, dimensions), float32.

    Raises MissingModelError, ConfigError for a folder that holds no such model.
    """
    import numpy as np

    loaded = _load(model)
    if not texts:
        nothing: Vectors = loaded.encode([""], show_progress_bar=False).astype(np.float32)[:0]
        return nothing
    rows: dict[str, list[int]] = {}  # of each text
    for row, text in enumerate(texts):
        rows.setdefault(text, []).append(row)
    # Those of a batch are filled up to the longest: texts of one length together take half of the time.
    alike, made, done = sorted(rows, key=len), [], 0
    for at in range(0, len(alike), BATCH):
        part = alike[at : at + BATCH]
        made.append(loaded.encode(part, normalize_embeddings=True, show_progress_bar=False, batch_size=BATCH))
        done += sum(len(rows[text]) for text in part)
        if on_done:
            on_done(done)
    vectors = np.zeros((len(texts), made[0].shape[1]), np.float32)
    for text, vector in zip(alike, np.vstack(made), strict=True):
        vectors[rows[text]] = vector
    return vectors


@lru_cache(1)
def _load(model: str) -> Any:
    path = store.locate(model)
    quiet_imports.prepare()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as chatter

        chatter.disable_progress_bar()  # type: ignore[no-untyped-call]
        return SentenceTransformer(str(path), device="cpu", local_files_only=True)
    except ImportError:
        raise ConfigError(
            "Coding by meaning needs sentence-transformers, which is not installed.",
            "`pip install 'copipe[meaning]'`, or set meaning = false under [code] in copipe.toml.",
        ) from None
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"{path} is not an embedding model that can be opened ({type(error).__name__}).",
            "Set embedding_model under [code] in copipe.toml to all-MiniLM-L6-v2, or to the folder of another model.",
        ) from error


def identity(model: str) -> dict[str, str]:
    """What vectors depend on beside the words. Loads no model."""
    from importlib.metadata import version

    return {"sentence-transformers": version("sentence-transformers"), "embedding": store.fingerprint(model)}


def let_go() -> None:
    """Free the model's memory."""
    _load.cache_clear()
