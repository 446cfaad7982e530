"""Which words are words: so that a name that is one is taken with its capital, and no mis-hearing is seen in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from copipe.anonymise.matching import plain
from copipe.models import store
from copipe.resources import shipped
from copipe.texts import from_json

# Parts of speech that WordNet does not list, and the first halves of contractions.
_SMALL = frozenset(
    """
    about above across after again against ain although among and another any anybody anyone anything anywhere are aren
    around because been before behind being below beneath beside besides between beyond both but could couldn did didn
    does doesn doing done down during each either else elsewhere ever every everybody everyone everything everywhere few
    for from further had hadn has hasn have haven having hello hence her here hers herself him himself his how however
    into isn its itself just might mightn mine more most much must mustn myself needn neither never nobody none nor
    not nothing nowhere off onto other others ought oughtn our ours ourselves out over okay perhaps please rather shall
    shan she should shouldn since some somebody somehow someone something sometimes somewhere such than that the their
    theirs them themselves then there therefore these they this those though through throughout till together too toward
    towards under underneath unless until unto upon wasn were weren what whatever when whenever where whereas whereby
    wherever whether which whichever while who whoever whole whom whose why will with within without won would wouldn
    yeah yes yet you your yours yourself yourselves gonna wanna gotta kinda sorta dunno
    """.split()
)


@cache
def also_words() -> frozenset[str]:
    """Names that are common English words as well, folded: "will", "grace", "reading"."""
    return _listed("names-that-are-words.txt")


@cache
def never_names() -> frozenset[str]:
    """Words and phrases that are no names whatever a recogniser thinks, folded: clinical words, teams, days."""
    return _listed("no-names.txt")


@dataclass(frozen=True, slots=True, eq=False)
class Dictionary:
    """English words; `more` are the study's own. `knows` takes a folded word."""

    base: frozenset[str]
    rules: tuple[tuple[str, str], ...]
    more: frozenset[str] = frozenset()

    def knows(self, word: str) -> bool:
        """True for a word of the dictionary, its plural, its past, its comparative.

        >>> d = Dictionary(frozenset({"letter"}), (("s", ""),))
        >>> d.knows("letters"), d.knows("letterz")
        (True, False)
        """
        if word in self.base or word in self.more:
            return True
        for ending, instead in self.rules:
            if word.endswith(ending) and word[: -len(ending)] + instead in self.base:
                return True
        return False


NO_WORDS = Dictionary(frozenset(), ())


@cache
def dictionary(model: str) -> Dictionary:
    """The words that the lemmatiser of a spaCy model looks up: WordNet's, and the irregular forms of them.

    `model` is a name of the catalogue or a path. MissingModelError when it is not here. A model without such a table
    (of another language) has no words, so that every mis-hearing of it is only doubtful.
    """
    folder = Path(store.locate(model))
    tables = _tables(folder / "lemmatizer" / "lookups" / "lookups.bin")
    strings = _strings(folder / "vocab" / "strings.json")
    words = {word for _, forms in tables("lemma_index") for word in forms}
    words |= {word for _, forms in tables("lemma_exc") for word in forms}
    # Words that the model has only ever met without a capital are no names.
    met = set(strings)
    words |= {w for w in strings if w.islower() and w.isalpha() and w.capitalize() not in met}
    rules = {(a, b) for _, pairs in tables("lemma_rules") for a, b in pairs if a.isalpha()}
    more = frozenset(word for phrase in (*never_names(), *also_words()) for word in phrase.split())
    if words:
        rules |= {("ly", ""), ("er", ""), ("ers", ""), ("ness", ""), ("ings", ""), ("ing", "")}
        # A consonant is doubled: "planned", "referrals".
        rules |= {(c * 2 + end, c) for c in "bdglmnprt" for end in ("ed", "ing", "er", "al", "als")}
    return Dictionary(frozenset(words) | _SMALL, tuple(sorted(rules)), more)


def _tables(path: Path) -> Callable[[str], list[tuple[str, Any]]]:
    """The tables of a spaCy lookups file by name, each as its items; empty where there is none."""
    import srsly

    try:
        data: dict[str, dict[Any, Any]] = srsly.msgpack_loads(path.read_bytes())
    except (OSError, ValueError):
        data = {}
    return lambda name: list(data.get(name, {}).items())


def _strings(path: Path) -> list[str]:
    try:
        found = from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [word for word in found if isinstance(word, str)]


@cache
def lists_digest() -> str:
    """SHA-256 of the shipped lists of words."""
    return sha256("\n".join([*sorted(also_words()), "", *sorted(never_names())]).encode()).hexdigest()


def _listed(name: str) -> frozenset[str]:
    lines = shipped(f"words/{name}").read_text(encoding="utf-8").split("\n")
    return frozenset(
        " ".join(plain(part).casefold().split())
        for line in lines
        for part in line.partition("#")[0].split(",")
        if part.strip()
    )
