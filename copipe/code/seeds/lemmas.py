"""Dictionary forms and parts of speech, by spaCy. Imported only when a codebook asks for them."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.code.tokens import QUOTES, fold
from copipe.errors import ConfigError
from copipe.models import store

if TYPE_CHECKING:
    from spacy.language import Language

Parsed = tuple[str, str, int]  # folded dictionary form, Universal POS tag, index of the word it belongs to
Parse = Callable[[Iterable[Sequence[str]]], Iterator[tuple[Parsed, ...]]]  # one tuple for each sentence of words

BATCH = 256  # sentences at a time; more is no faster on a CPU
_UNUSED = ("parser", "ner", "senter")  # the tagger and the rules are enough; without these it takes a third


def identity(model: str) -> dict[str, str]:
    """What parses depend on beside the words. Loads no model."""
    return {"spacy": _version(), "model": store.fingerprint(model)}


@functools.cache
def _version() -> str:
    from importlib.metadata import version

    return version("spacy")


def load(model: str) -> Parse:
    """A spaCy model, by name in the catalogue or path. Raises `MissingModelError`, `ConfigError`."""
    nlp = _open(store.locate(model), model)
    return lambda sentences: _parsed(nlp, sentences)


@functools.lru_cache(1)
def _open(path: Path, model: str) -> Language:
    """Opened once for all meetings of a run."""
    import spacy

    try:
        nlp = spacy.load(path, exclude=list(_UNUSED))
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(
            f"{path} is not a spaCy model that this spaCy opens ({type(error).__name__}).",
            "Set spacy_model under [code] in copipe.toml to en_core_web_sm, or to the folder of another model.",
        ) from error
    if not {"lemmatizer", "trainable_lemmatizer"} & set(nlp.pipe_names):
        raise ConfigError(
            f"The spaCy model {model} gives no lemmas.",
            "Take another model (spacy_model under [code] in copipe.toml), or the lemma: seeds out of the codebook.",
        )
    return nlp


def _parsed(nlp: Language, sentences: Iterable[Sequence[str]]) -> Iterator[tuple[Parsed, ...]]:
    def texts() -> Iterator[tuple[str, list[int]]]:
        for words in sentences:
            starts, at = [], 0
            for word in words:
                starts.append(at)
                at += len(word) + 1
            yield " ".join(words).translate(QUOTES), starts

    for doc, starts in nlp.pipe(texts(), as_tuples=True, batch_size=BATCH):
        yield tuple(
            (lemma, token.pos_, bisect_right(starts, token.idx) - 1)
            for token in doc
            if fold(token.text)
            for lemma in fold(token.lemma_)
        )
