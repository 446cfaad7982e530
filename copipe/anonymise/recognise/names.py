"""People, places and organisations: what spaCy sees, what the lists know, what no dictionary knows.

Text with capitals is taken at them. Speech without any ("i saw gwen at pinderfields") is first given some, where a word
is a name of the lists or no word of English, and what spaCy then sees is laid beside what the lists know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from copipe.anonymise.dictionary import never_names
from copipe.anonymise.matching import Matcher
from copipe.anonymise.recognise import people
from copipe.anonymise.recognise.hits import Hit
from copipe.anonymise.recognise.organisations import organisations
from copipe.anonymise.recognise.people import LISTED, SEEN, SURE, TITLES, UNKNOWN, Reading
from copipe.anonymise.recognise.words import Vocabulary, Word, is_flat, words_of

if TYPE_CHECKING:
    from spacy.language import Language

BATCH = 64  # texts at a time
_KINDS = {"PERSON": "person", "GPE": "place", "LOC": "place", "FAC": "place", "ORG": "organisation"}


class Namer:
    """spaCy's recogniser of entities and the lists, ready to read texts."""

    def __init__(self, nlp: Language, vocabulary: Vocabulary) -> None:
        self._nlp = nlp
        self._vocabulary = vocabulary

    def find(self, texts: Sequence[str]) -> Iterator[list[Hit]]:
        """The names in each text, in any order, overlapping where recognisers differ."""
        read = [words_of(text) for text in texts]
        flat = [is_flat(words) for words in read]
        given = [self._with_capitals(t, w) if f else t for t, w, f in zip(texts, read, flat, strict=True)]
        docs = self._nlp.pipe(given, batch_size=BATCH)
        for text, words, is_it, doc in zip(texts, read, flat, docs, strict=True):
            yield list(_hits(Reading(text, words, is_it, _seen(doc, words), self._vocabulary)))

    def _with_capitals(self, text: str, words: Sequence[Word]) -> str:
        """The text in small letters but for names and what no dictionary knows; of the same length."""
        signs = list(text.lower() if len(text.lower()) == len(text) else text)
        v = self._vocabulary
        for n, word in enumerate(words):
            name = v.is_listed(word.folded) or v.is_unknown(word.folded) or word.folded in v.lists.places
            if (name or n == 0 or word.folded == "i") and len(signs[word.start].upper()) == 1:
                signs[word.start] = signs[word.start].upper()
        return "".join(signs)


def _seen(doc: Any, words: Sequence[Word]) -> list[str]:
    """What spaCy takes each word for: one of our kinds, or ""."""
    seen = [""] * len(words)
    at = 0
    for entity in doc.ents:
        while at < len(words) and words[at].end <= entity.start_char:
            at += 1
        for n in range(at, len(words)):
            if words[n].start >= entity.end_char:
                break
            seen[n] = _KINDS.get(entity.label_, "")
    return seen


def _hits(reading: Reading) -> Iterator[Hit]:
    yield from organisations(reading.text, reading.words, reading.flat, reading.vocabulary)
    never = [(m.start, m.end) for m in _never().find(reading.text)]
    for hit in (*_in_lists(reading), *_rows(reading, people.scores(reading))):
        if not any(start <= hit.start and hit.end <= end for start, end in never):
            yield hit


@cache
def _never() -> Matcher[None]:
    """Phrases that name nobody: "Bell's palsy", "Adam's apple"."""
    return Matcher((phrase, False, None) for phrase in never_names() if " " in phrase)


def _in_lists(r: Reading) -> Iterator[Hit]:
    """The places and organisations of the lists, save those that stand for somebody here."""
    starts = {word.start: n for n, word in enumerate(r.words)}
    for match in r.vocabulary.lists.named.find(r.text):
        n = starts.get(match.start)
        if n is None or _is_somebody(r, n, match.end):
            continue
        word, a_word = r.words[n], match.found.word
        if word.end == match.end and word.folded in never_names():
            continue
        if a_word and (r.flat or (word.first and r.seen[n] != match.found.kind)):
            continue
        several = " " in r.text[match.start : match.end]
        if not r.flat and not word.capital and not several and r.vocabulary.is_listed(word.folded):
            continue
        yield Hit(match.start, match.end, match.found.kind, UNKNOWN if a_word else LISTED, "gazetteer", not a_word)


def _is_somebody(r: Reading, n: int, end: int) -> bool:
    """True where a place of the lists stands for a person here: "Chelsea Brown", "Mr Bolton"."""
    word, v = r.words[n], r.vocabulary
    if word.end != end or not (v.is_listed(word.folded) or v.is_both(word.folded)):
        return False
    if r.before(n) in TITLES or (r.seen[n] == "person" and word.folded in v.lists.first):
        return True
    beside = [m for m in (n - 1, n + 1) if 0 <= m < len(r.words) and r.touch(min(m, n))]
    return any(
        (r.flat or r.words[m].capital) and v.is_listed(r.words[m].folded) and r.words[m].folded not in v.lists.places
        for m in beside
    )


def _rows(r: Reading, scores: Sequence[float]) -> Iterator[Hit]:
    """The names, each of as many words as stand together."""
    n = 0
    while n < len(r.words):
        stop = n + 1
        if scores[n]:
            while stop < len(r.words) and scores[stop] and r.touch(stop - 1):
                stop += 1
            yield _row(r, n, stop, scores[n:stop])
        n = stop


def _row(r: Reading, n: int, stop: int, scores: Sequence[float]) -> Hit:
    words, lists = r.words[n:stop], r.vocabulary.lists
    score = max(scores)
    a_first_name = any(word.folded in lists.first and word.folded not in lists.places for word in words)
    kinds = {kind for kind in r.seen[n:stop] if kind}
    somebody = score >= SURE or (score >= LISTED and a_first_name) or len(kinds) != 1
    alone = words[0].folded if len(words) == 1 else ""
    either = alone in lists.places or r.vocabulary.is_both(alone)  # "Jordan", "grace"
    sure = score >= SURE or (score >= LISTED and not either and (not alone or alone in lists.first))
    kind = "person" if somebody else kinds.pop()
    return Hit(words[0].start, words[-1].end, kind, score, "spacy" if score == SEEN else "names", sure)
