"""What a seed says: the words, globs, dictionary forms and regular expressions that propose a code.

    partner            the word, in any case, with or without a possessive 's
    critical friend    the words in a row; hyphens, apostrophes and punctuation do not matter
    partner*  lead?r   * is any letters, ? one letter, within a word; a * alone in a phrase is any one word
    lemma:manage conflict      dictionary forms in a row: "managed conflicts", "managing conflict"
    re:\\bpart\\w+ of us\\b      a regular expression over the sentence or turn, in any case; also /between slashes/

The operators of dictionary coding (AND, OR, NOT, NEAR, word/NOUN) are refused rather than read as words, so that a
codebook written today means the same when they come.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

from copipe.code.tokens import QUOTES, fold

_PREFIX = re.compile(r"([A-Za-z]+):")
_OPERATOR = re.compile(r"\b(?:AND|OR|NOT|NEAR)\b")
_PART_OF_SPEECH = re.compile(r"\S/[A-Z]+\b")
_REGEX_SIGNS = re.compile(r"[][{}|\\^$]")


class SeedError(ValueError):
    """Why a seed cannot be used, and in `hint` what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Phrase:
    """Folded words in a row, each perhaps a glob; of dictionary forms where `lemma` is true."""

    words: tuple[str, ...]
    lemma: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression over the text of a sentence or turn, with straight apostrophes."""

    regex: re.Pattern[str]


Seed = Phrase | Pattern


def parse(text: str) -> Seed:
    """Read one seed. Raises `SeedError`.

    >>> parse("lemma:manage conflict")
    Phrase(words=('manage', 'conflict'), lemma=True)
    """
    text = text.strip()
    if len(text) > 1 and text.startswith("/") and text.endswith("/"):
        return _pattern(text[1:-1])
    prefix = _PREFIX.match(text)
    if prefix is None:
        return _phrase(text)
    kind, rest = prefix[1], text[prefix.end() :]
    if kind == "re":
        return _pattern(rest)
    if kind == "lemma":
        return _phrase(rest, lemma=True)
    raise SeedError(f'"{kind}:" begins no kind of seed', "There are lemma: and re: before a seed, or nothing.")


def is_lemma(text: str) -> bool:
    """True where matching a valid seed needs dictionary forms, hence a language model."""
    seed = parse(text)
    return isinstance(seed, Phrase) and seed.lemma


def _phrase(text: str, lemma: bool = False) -> Phrase:
    if operator := _OPERATOR.search(text):
        raise SeedError(f"{operator[0]} is an operator, which seeds do not have", "In small letters it is a word.")
    if _PART_OF_SPEECH.search(text):
        raise SeedError("a word cannot carry a part of speech", "Write the word without the slash and what follows.")
    if sign := _REGEX_SIGNS.search(text):
        raise SeedError(f"{sign[0]} has no meaning in a plain seed", "A regular expression begins with re:")
    words = fold(text, globs=True)
    if not words:
        raise SeedError("empty seed", "Write a word, or take the line out.")
    if not any(set(w) - {"*", "?"} for w in words):
        raise SeedError("a seed that is only * or ? hits every word", "Give at least one letter.")
    if not (set(words[0]) - {"*"} and set(words[-1]) - {"*"}):
        raise SeedError("a * alone stands for one whole word, between two others", "Join it to a word, as in lead*")
    return Phrase(words, lemma)


def _pattern(source: str) -> Pattern:
    if not source.strip():
        raise SeedError("empty regular expression")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # "[[a]": Python reads it, but will not always read it so
            regex = re.compile(source.translate(QUOTES), re.IGNORECASE)
    except (re.error, FutureWarning, OverflowError, RecursionError) as error:
        raise SeedError(f"not a regular expression: {error}") from None
    if regex.fullmatch(""):
        raise SeedError("the regular expression also matches nothing at all", "Use + instead of *, or drop a ?")
    return Pattern(regex)
