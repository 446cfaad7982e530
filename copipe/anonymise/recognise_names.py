"""People, places and organisations: what spaCy sees, what the lists know, what no dictionary knows.

Text with capitals is taken at its capitals. Speech without any ("i saw gwen at pinderfields") is first given some, where a word
is a name of the lists or no word of English, and what spaCy then sees is laid beside what the lists know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from copipe.anonymise.hits import Hit
from copipe.anonymise.recognise_organisations import organisations
from copipe.anonymise.recognise_words import Vocabulary, Word, is_flat, looks_like_software, words_of
from copipe.anonymise.words import never_names

if TYPE_CHECKING:
    from spacy.language import Language

BATCH = 64  # texts at a time
SURE, LISTED, SEEN, UNKNOWN = 0.95, 0.85, 0.7, 0.5
_KINDS = {"PERSON": "person", "GPE": "place", "LOC": "place", "FAC": "place", "ORG": "organisation"}
_TITLES = frozenset("mr mrs ms miss mx dr prof professor".split())
_SOFT_TITLES = frozenset(
    "doctor sir dame lady lord sister matron nurse father rev reverend councillor cllr auntie aunty aunt uncle nan grandma grandad judge inspector sergeant".split()
)
# What comes before a name when people say who they are or whom they mean. After the first row a name is certain.
_NAMED = re.compile(
    r"\b(?:(?:my|his|her|the|their|your|whose|(?:first|last|middle|full|maiden|family|second|christian|sur)) ?name(?:['\u2019]?s| is| was|:|\?)|surname(?:['\u2019]?s| is)?|"
    r"named|known as|calls? (?:him|her)self|goes by|go by|nicknamed|christened|spelt|spelled|name (?:of|on the \w+\?)|user:)\W{1,4}$",
    re.IGNORECASE,
)
_MET = re.compile(
    r"\b(?:i['\u2019]?m|i am|this is|it['\u2019]?s|that['\u2019]?s|he['\u2019]?s|she['\u2019]?s|called|call me|hi|hello|hey|dear|thanks|thank you|cheers|morning|ask|asked|told|tell|"
    r"saw|see|met|meet|with|from|rang|ring|phoned|emailed|contact|speak to|spoke to|talk to|talked to|talking to|and|by|to|for|said|says|sorry|bye|love|like|between|about)\W{1,3}$",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    "de da di du del della van von der den ter ten la le al el bin ibn ap ab mac mc st saint y".split()
)
_MONTHS = frozenset("january february march april may june july august september october november december".split())
_NOT_AFTER_NAMED = frozenset(
    "a an the my your his her their our its not on in at of for to with is was are be been that this it i you he she we they what who how why when so just "
    "like because if no yes really very still also always never going spelled spelt wrong right there here one only and or but from".split()
)


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
            yield list(_Reading(text, words, is_it, doc, self._vocabulary).hits())

    def _with_capitals(self, text: str, words: Sequence[Word]) -> str:
        """The text in small letters but for names and what no dictionary knows; of the same length."""
        signs = list(text.lower() if len(text.lower()) == len(text) else text)
        v = self._vocabulary
        for n, word in enumerate(words):
            name = v.is_listed(word.folded) or v.is_unknown(word.folded) or word.folded in v.lists.places
            begins = word.first and (n == 0 or name)
            if (name or begins or word.folded == "i") and len(signs[word.start].upper()) == 1:
                signs[word.start] = signs[word.start].upper()
        return "".join(signs)


class _Reading:
    """One text while it is read."""

    def __init__(self, text: str, words: Sequence[Word], flat: bool, doc: Any, vocabulary: Vocabulary) -> None:
        self.text, self.words, self.flat, self.v = text, words, flat, vocabulary
        self.seen = [""] * len(words)  # what spaCy takes each word for
        self._lay(doc)

    def _lay(self, doc: Any) -> None:
        at = 0
        for entity in doc.ents:
            kind = _KINDS.get(entity.label_, "")
            while at < len(self.words) and self.words[at].end <= entity.start_char:
                at += 1
            here = at
            while kind and here < len(self.words) and self.words[here].start < entity.end_char:
                self.seen[here] = kind
                here += 1

    def hits(self) -> Iterator[Hit]:
        yield from organisations(self.text, self.words, self.flat, self.v)
        yield from self._in_lists()
        scores = [self._of(n) for n in range(len(self.words))]
        self._join(scores)
        yield from self._rows(scores)

    def _in_lists(self) -> Iterator[Hit]:
        starts = {word.start: n for n, word in enumerate(self.words)}
        for match in self.v.lists.named.find(self.text):
            n = starts.get(match.start)
            if n is None:
                continue
            word = self.words[n]
            if match.found.word and (self.flat or (word.first and self.seen[n] != match.found.kind)):
                continue
            if self._is_somebody(n, match.end):
                continue
            if (
                not self.flat
                and not word.capital
                and " " not in self.text[match.start : match.end]
                and self.v.is_listed(word.folded)
            ):
                continue
            sure = not match.found.word
            score = LISTED if sure else UNKNOWN
            yield Hit(match.start, match.end, match.found.kind, score, "gazetteer", sure)

    def _is_somebody(self, n: int, end: int) -> bool:
        """True where a place of the lists stands for a person here: "Chelsea Brown", "Mr Bolton"."""
        word = self.words[n]
        if word.end != end or not (self.v.is_listed(word.folded) or self.v.is_both(word.folded)):
            return False
        if n and self.words[n - 1].folded in _TITLES:
            return True
        beside = [m for m in (n - 1, n + 1) if 0 <= m < len(self.words) and self._touch(min(m, n))]
        if self.seen[n] == "person" and word.folded in self.v.lists.first:
            return True
        return any(self._is_name_here(m) for m in beside)

    def _is_name_here(self, n: int) -> bool:
        word = self.words[n]
        return (self.flat or word.capital) and self.v.is_listed(word.folded) and word.folded not in self.v.lists.places

    # --- people: each word by itself, then beside its neighbours

    def _of(self, n: int) -> float:
        """How likely word `n` is (part of) a name; 0 for no name."""
        word, v = self.words[n], self.v
        if len(word.folded) < 2 or word.folded in never_names():
            return 0.0
        before = self.words[n - 1] if n and self._touch(n - 1) else None
        title = before is not None and before.folded in _TITLES
        if not self.flat and not word.capital:
            return self._of_small(n, title)
        if title and word.folded not in _NOT_AFTER_NAMED:
            return SURE if not self.flat or not v.is_ordinary(word.folded) or before and before.folded != "dr" else 0.0
        if self._is_introduced(n):
            return SURE
        if word.folded in v.lists.places and not v.is_listed(word.folded):
            return 0.0
        if v.is_listed(word.folded):
            if not self.flat and word.all_capitals and len(word.text) < 4 and self.seen[n] != "person":
                return 0.0
            return LISTED
        if not self.flat:
            return self._of_capital(n, before)
        return UNKNOWN if v.is_unknown(word.folded) else 0.0

    def _of_small(self, n: int, title: bool) -> float:
        """A word without its capital in a text that has capitals: only what is a first name or stands after a title."""
        word, v = self.words[n], self.v
        if title and (v.is_listed(word.folded) or v.is_unknown(word.folded)):
            return SURE
        if (
            word.folded in v.lists.first
            and word.folded not in v.lists.places
            and len(word.folded) > 3
            and not v.dictionary.knows(word.folded)
        ):
            return UNKNOWN
        if self.seen[n] == "person" and (v.is_listed(word.folded) or v.is_unknown(word.folded)):
            return SEEN
        return 0.0

    def _of_capital(self, n: int, before: Word | None) -> float:
        word, v = self.words[n], self.v
        if looks_like_software(word.text) and self.seen[n] != "person":
            return 0.0
        if v.is_unknown(word.folded):
            if word.all_capitals and len(word.text) < 6 and self.seen[n] not in ("person", "place"):
                return 0.0
            return SEEN if self.seen[n] else UNKNOWN
        if before is not None and before.folded in _SOFT_TITLES and v.is_both(word.folded) and not word.first:
            return SEEN
        if word.folded in _MONTHS or word.all_capitals or not v.is_both(word.folded):
            return 0.0
        if self.seen[n] == "person" and not word.first:
            return UNKNOWN
        first_name = word.folded in v.lists.first_words
        met = first_name and _MET.search(self.text, max(0, word.start - 30), word.start)
        return UNKNOWN if met and not word.first else 0.0

    def _is_introduced(self, n: int) -> bool:
        word = self.words[n]
        if word.folded in _NOT_AFTER_NAMED or not _NAMED.search(self.text, max(0, word.start - 40), word.start):
            return False
        if self.flat:
            strong = re.search(
                r"\bname(?:['\u2019]?s| is)\W{1,4}$|user:?\W+$",
                self.text[max(0, word.start - 20) : word.start],
                re.IGNORECASE,
            )
            return (
                not self.v.is_ordinary(word.folded)
                or self.v.is_both(word.folded)
                or bool(strong and not _is_verb(word.folded))
            )
        return not word.all_capitals or len(word.text) > 3

    def _join(self, scores: list[float]) -> None:
        """Give what stands beside a name the name's score where it may be a part of it: "Grace Kelly", "J. Smith", "de la"."""
        for _ in range(2):
            for n in range(len(self.words)):
                if not scores[n]:
                    continue
                for m, touching in ((n - 1, n - 1), (n + 1, n)):
                    if 0 <= m < len(self.words) and not scores[m] and self._touch(touching) and self._may_join(m, n):
                        scores[m] = min(scores[n], LISTED) if scores[n] >= LISTED else scores[n]
        for n in range(1, len(self.words) - 1):  # what stands between two
            between = scores[n - 1] and scores[n + 1] and not scores[n] and self._touch(n - 1) and self._touch(n)
            if between and (
                self.words[n].folded in _PARTICLES
                or (len(self.words[n].folded) == 1 and self.words[n].folded not in "aio")
            ):
                scores[n] = min(scores[n - 1], scores[n + 1])

    def _may_join(self, m: int, n: int) -> bool:
        word, beside = self.words[m], self.words[n]
        if word.folded in never_names() or word.folded in _TITLES or word.folded in _SOFT_TITLES:
            return False
        if len(word.folded) == 1:
            return word.capital and word.folded != "i" and not self.flat
        if self.flat:
            if not self.v.is_both(word.folded) or self.v.is_unknown(beside.folded):
                return False
            if m < n:  # "will smith", but not "will john be there"
                return (
                    word.folded in self.v.lists.first_words
                    and beside.folded in self.v.lists.last
                    and beside.folded not in self.v.lists.first
                )
            return word.folded in self.v.lists.last_words and beside.folded in self.v.lists.first
        if not word.capital or word.all_capitals != beside.all_capitals or word.folded in _MONTHS:
            return False
        if word.first and m < n:
            return self.v.is_both(word.folded) and self.seen[m] == "person"
        return self.v.is_both(word.folded) or self.seen[m] == "person" or word.folded in self.v.lists.places

    def _rows(self, scores: Sequence[float]) -> Iterator[Hit]:
        """The names, each of as many words as stand together."""
        n = 0
        while n < len(self.words):
            if not scores[n]:
                n += 1
                continue
            stop = n + 1
            while stop < len(self.words) and scores[stop] and self._touch(stop - 1):
                stop += 1
            yield self._row(n, stop, scores[n:stop])
            n = stop

    def _row(self, n: int, stop: int, scores: Sequence[float]) -> Hit:
        words = self.words[n:stop]
        kinds = {kind for kind in self.seen[n:stop] if kind}
        listed = any(score >= LISTED for score in scores)
        kind = (
            kinds.pop()
            if len(kinds) == 1 and not (listed and "person" not in kinds and self._is_person(words, scores))
            else "person"
        )
        score = max(scores)
        sure = score >= SURE or (score >= LISTED and (len(words) > 1 or words[0].folded in self.v.lists.first))
        single = (
            len(words) == 1
            and (words[0].folded in self.v.lists.places or self.v.is_both(words[0].folded))
            and score < SURE
        )
        source = "spacy" if score == SEEN else "names"
        return Hit(words[0].start, words[-1].end, kind, score, source, sure and not single)

    def _is_person(self, words: Sequence[Word], scores: Sequence[float]) -> bool:
        return max(scores) >= SURE or any(
            word.folded in self.v.lists.first and word.folded not in self.v.lists.places for word in words
        )

    def _touch(self, n: int) -> bool:
        """True where nothing but a space, or the dot of an initial or title, stands between word `n` and the next."""
        before, after = self.words[n], self.words[n + 1]
        gap = self.text[before.end : after.start]
        short = len(before.folded) == 1 or before.folded in _TITLES or before.folded in _PARTICLES
        return len(gap) < 4 and (gap.isspace() and "\n\n" not in gap or gap == "-" or (short and gap.strip() == "."))


def _is_verb(word: str) -> bool:
    return word.endswith(("ing", "ed"))
