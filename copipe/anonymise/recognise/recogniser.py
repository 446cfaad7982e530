"""What in a text may tell who or where: names, identifiers, dates and ages, by lists, rules, Presidio and spaCy.

What a person put on the roster goes before all this and needs none of it. What is found here is sure (replaced) or
doubtful (hidden until a person decides); words that name nobody, whatever they look like, are in
config/words/no-names.txt.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.anonymise.dictionary import dictionary
from copipe.anonymise.recognise import (
    gazetteer,
    identifiers,
    spoken,
)
from copipe.anonymise.recognise import (
    numbers as recognise_numbers,
)
from copipe.anonymise.recognise import (
    times as recognise_times,
)
from copipe.anonymise.recognise.hits import Hit, apart
from copipe.errors import ConfigError
from copipe.models import store

if TYPE_CHECKING:
    from spacy.language import Language

    from copipe.anonymise.recognise.names import Namer
    from copipe.study.settings import AnonymiseSettings

__all__ = ["Hit", "find", "identity", "required_models"]

RULES = "3"  # to be counted up with every change of what is found, so that findings are made anew
LONGEST = 20_000  # characters read at once; longer texts are cut where a line or a word ends
_UNUSED = ("tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer")  # its entities need none of them
_PACKAGES = ("presidio-analyzer", "phonenumbers", "spacy", "tldextract")


def find(texts: Sequence[str], settings: AnonymiseSettings, own: Path | None = None) -> tuple[tuple[Hit, ...], ...]:
    """The hits in each text, in order and without overlap, by character offsets.

    `own` is the folder of a study's own lists (private/gazetteers). Loads its models once a process. Raises
    MissingModelError where the spaCy model is not here, ConfigError where it sees no names, InputError for a list that
    cannot be read.
    """
    if not any(text.strip() for text in texts):
        return tuple(() for _ in texts)
    namer = _namer(settings.spacy_model, own, gazetteer.digest(own))
    parts = [(n, start, part) for n, text in enumerate(texts) for start, part in _parts(text)]
    found: list[list[Hit]] = [[] for _ in texts]
    names = namer.find([part for _, _, part in parts])
    for (n, start, part), hits in zip(parts, names, strict=True):
        found[n] += [_moved(hit, start) for hit in _settled(part, hits)]
    return tuple(tuple(hits) for hits in found)


def identity(settings: AnonymiseSettings, own: Path | None = None) -> dict[str, str]:
    """What the hits depend on beside the texts, for the key of an artifact. Loads no model."""
    return {
        "rules": RULES,
        "lists": gazetteer.digest(own),
        "model": store.fingerprint(settings.spacy_model),
        **_versions(),
    }


@functools.cache
def _versions() -> dict[str, str]:
    return {package: version(package) for package in _PACKAGES}


def required_models(settings: AnonymiseSettings) -> tuple[str, ...]:
    """The models that `find` loads."""
    return (settings.spacy_model,)


def _settled(text: str, names: Iterable[Hit]) -> tuple[Hit, ...]:
    """All hits of a text. An identifier goes before the names, dates and numbers that could be read into it."""
    from copipe.anonymise.recognise import presidio

    numbers = [*presidio.identifiers(text), *recognise_numbers.identifiers(text)]
    numbers += [Hit(start, end, kind, 0.95, "form", True) for start, end, kind in identifiers.written(text)]
    times = [*recognise_times.dates(text), *recognise_times.ages(text)]
    formed = apart(hit for hit in numbers if hit.kind not in _LOOSE and hit.recogniser != "number")
    whole = [t for t in times if not _touches(t, formed)]
    loose = [
        hit
        for hit in numbers
        if (hit.kind in _LOOSE or hit.recogniser == "number") and not _touches(hit, (*formed, *whole))
    ]
    told = apart((*formed, *whole, *loose))
    letters = [
        Hit(a, b, "person", 0.7, "spoken", sure) for a, b, sure in spoken.spelled(text) if not _covers(told, a, b)
    ]
    return apart((*(t for t in told), *letters, *(n for n in names if not _covers(told, n.start, n.end))))


_LOOSE = frozenset({"number", "id", "phone"})  # by digits alone: a date or a card has them as well


def _touches(hit: Hit, others: Iterable[Hit]) -> bool:
    return any(hit.start < other.end and other.start < hit.end for other in others)


def _covers(hits: Iterable[Hit], start: int, end: int) -> bool:
    return any(hit.start <= start and end <= hit.end for hit in hits)


def _moved(hit: Hit, by: int) -> Hit:
    return Hit(hit.start + by, hit.end + by, hit.kind, hit.score, hit.recogniser, hit.sure)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """A text cut into parts of at most LONGEST characters, each with where it begins."""
    start = 0
    while len(text) - start > LONGEST:
        cut = text.rfind("\n", start + LONGEST // 2, start + LONGEST)
        if cut < 0:
            space = [m.start() for m in re.finditer(r"\s", text[start : start + LONGEST])]
            cut = start + (space[-1] if space else LONGEST - 1)
        yield start, text[start : cut + 1]
        start = cut + 1
    if start < len(text):
        yield start, text[start:]


@lru_cache(maxsize=2)
def _namer(model: str, own: Path | None, _lists: str) -> Namer:
    from copipe.anonymise.recognise.names import Namer
    from copipe.anonymise.recognise.words import Vocabulary

    return Namer(_entities(model), Vocabulary(dictionary(model), gazetteer.load(own)))


@lru_cache(maxsize=2)
def _entities(model: str) -> Language:
    import spacy

    path = store.locate(model)
    try:
        nlp = spacy.load(path, exclude=list(_UNUSED))
    except (OSError, ValueError, ImportError) as error:
        raise ConfigError(
            f"{path} is not a spaCy model that this spaCy opens ({type(error).__name__}).",
            "Set spacy_model under [anonymise] in copipe.toml to en_core_web_sm, or to the folder of another model.",
        ) from error
    if "ner" not in nlp.pipe_names:
        raise ConfigError(
            f"The spaCy model {model} sees no names.",
            "Take another model (spacy_model under [anonymise] in copipe.toml): it needs the component ner.",
        )
    return nlp
