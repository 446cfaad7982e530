"""How text and seeds are cut into words to compare, so that spelling on either side cannot come between them."""

from __future__ import annotations

import functools
import re
import unicodedata

# Apostrophes, quotes and accents that people and programs write for '. One character each, so that offsets stay.
QUOTES = str.maketrans(dict.fromkeys("‘’‛ʼ′`´＇", "'"))
GLOB = "*?"
_ASCII = re.compile(r"[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*")
_ASCII_GLOB = re.compile(r"[A-Za-z0-9*?]+(?:'[A-Za-z0-9*?]+)*")
_PARTS = re.compile(r"\s+|'{2,}")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")  # "S.U.I.", "e.g."
_KEPT = 1 << 17  # distinct words held; a study of 17 two-hour meetings has some 20,000


@functools.lru_cache(_KEPT)
def fold(text: str, globs: bool = False, case: bool = False) -> tuple[str, ...]:
    """The words of `text` without case, punctuation and compatibility forms; with `globs`, * and ? are letters.

    Hyphens and slashes part words, apostrophes within a word stay and are straight, initials lose their points. With
    `case` capitals and small letters stay as they are.

    >>> fold("Multi-agency, don’t!"), fold("S.U.I."), fold("partner*", globs=True), fold("ICE.", case=True)
    (('multi', 'agency', "don't"), ('sui',), ('partner*',), ('ICE',))
    """
    text = text.translate(QUOTES)
    if text.isascii():
        text = _INITIALS.sub(_joined, text)
        return tuple((_ASCII_GLOB if globs else _ASCII).findall(text if case else text.lower()))
    # NFC before the quotes and NFKC after them: NFKC makes a space and an accent of a lone acute
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFC", text).translate(QUOTES))
    text = text if case else text.casefold()
    text = _INITIALS.sub(_joined, unicodedata.normalize("NFKC", text).translate(QUOTES))
    kept = "'" + GLOB if globs else "'"
    letters = (c if c in kept or _is_letter(c) else "" if unicodedata.category(c) == "Cf" else " " for c in text)
    return tuple(w for part in _PARTS.split("".join(letters)) if (w := part.strip("'")))


def _joined(initials: re.Match[str]) -> str:
    return initials.group().replace(".", "")


def _is_letter(c: str) -> bool:
    """Letters, digits and the marks that belong to them (`\\w` leaves the marks of Indic scripts out)."""
    return c.isalnum() or unicodedata.category(c).startswith("M")


def forms(word: str) -> tuple[str, ...]:
    """What a folded word answers to: itself, and without a possessive 's ("partner's" is also "partner").

    >>> forms("partner's")
    ("partner's", 'partner')
    """
    return (word, word[:-2]) if word.endswith(("'s", "'S")) and len(word) > 2 else (word,)
