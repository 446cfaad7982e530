"""The lists that recognisers know names by: config/gazetteers, and what a study adds in its private/gazetteers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from copipe.anonymise.dictionary import also_words, never_names
from copipe.anonymise.matching import Matcher, pieces, plain
from copipe.errors import InputError
from copipe.resources import shipped

# What a study may add: the files of these names in its folder, and what is in them. "people" are whole names.
OWN = {"people.txt": "person", "places.txt": "place", "organisations.txt": "organisation"}
_SHIPPED = ("first-names.txt", "first-names-also-words.txt", "surnames.txt", "surnames-also-words.txt",
            "places.txt", "organisations.txt", "everyday-words.txt")  # fmt: skip
_WORDS = ("names-that-are-words.txt", "no-names.txt")


@dataclass(frozen=True, slots=True)
class Known:
    """A place, an organisation or (from a study's own list) a person. `word` where it is a common word as well."""

    kind: str
    word: bool


@dataclass(frozen=True, slots=True, eq=False)
class Gazetteer:
    """The lists, folded (no accents, small letters). `first` and `last` leave out those that are common words."""

    first: frozenset[str]
    first_words: frozenset[str]
    last: frozenset[str]
    last_words: frozenset[str]
    places: frozenset[str]  # of one word
    everyday: frozenset[str]
    named: Matcher[Known]

    def is_name(self, word: str) -> bool:
        """True for a first name or a surname that is hardly ever anything else."""
        return word in self.first or word in self.last


def load(own: Path | None = None) -> Gazetteer:
    """The shipped lists, with those of a study's folder `own` if it has any. InputError where one is unreadable."""
    return _load(own, digest(own))


@lru_cache(maxsize=4)
def _load(own: Path | None, _digest: str) -> Gazetteer:
    lists = {name: _listed(shipped(f"gazetteers/{name}")) for name in _SHIPPED}
    words = also_words() | never_names()
    forms = [(form, "place") for form in lists["places.txt"]]
    forms += [(form, "organisation") for form in lists["organisations.txt"]]
    entries = [(form, form in words, Known(kind, form in words)) for form, kind in forms]
    named = [(form.title() if word else form, word, known) for form, word, known in entries]
    for path in _own_files(own):
        named += [(form, False, Known(OWN[path.name], False)) for form in sorted(_listed(path))]
    return Gazetteer(
        _folded(lists["first-names.txt"]),
        _folded(lists["first-names-also-words.txt"]),
        _folded(lists["surnames.txt"]),
        _folded(lists["surnames-also-words.txt"]),
        frozenset(form for form in lists["places.txt"] if " " not in form),
        _folded(lists["everyday-words.txt"]),
        Matcher(named),
    )


def digest(own: Path | None = None) -> str:
    """SHA-256 of every list that `load` and the allow-list read."""
    paths = [shipped(f"gazetteers/{name}") for name in _SHIPPED] + [shipped(f"words/{name}") for name in _WORDS]
    total = hashlib.sha256()
    for path in (*paths, *_own_files(own)):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def folded(word: str) -> str:
    """A word as the lists have it: small letters, no accents, straight apostrophes.

    >>> folded("O’Brien"), folded("Siobhán")
    ("o'brien", 'siobhan')
    """
    return plain(word).casefold().replace("\u2019", "'")


def _own_files(own: Path | None) -> tuple[Path, ...]:
    return tuple(own / name for name in OWN if (own / name).is_file()) if own is not None else ()


def _folded(forms: Iterable[str]) -> frozenset[str]:
    """The forms, and those with an apostrophe or hyphen also as speech recognition may write them, in one."""
    return frozenset(way for form in forms for way in (form, form.replace("'", "").replace("-", "")))


def _listed(path: Path) -> frozenset[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read as a list of names ({type(error).__name__}).",
            "It is a text file in UTF-8, with one name on a line or a comma between two.",
        ) from error
    parts = (part for line in text.split("\n") for part in line.partition("#")[0].split(","))
    return frozenset(" ".join(folded(part).split()) for part in parts if pieces(part))
