"""The words of a text, and which of them are words of English, names, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from copipe.anonymise.dictionary import Dictionary, also_words, never_names
from copipe.anonymise.recognise.gazetteer import Gazetteer, folded

_LETTERS = "[^\\W\\d_](?:[^\\W\\d_]|[\u0300-\u036f])*"
_WORD = re.compile(rf"(?<![^\W_]){_LETTERS}(?:['\u2019\-\u2010\u2011]{_LETTERS})*(?![^\W_])")
_ENDING = re.compile(r"(?:['\u2019](?:s|ll|re|ve|d|m)|n['\u2019]t|(?<=s)['\u2019])$", re.IGNORECASE)
_CUT_BEFORE = frozenset("kay em cause cos til bout round tis twas nuff fraid ere ello".split())  # "'kay", "'em"
_STOP = re.compile(r"[.?!:;\u2026\u2013\u2014\n\"\u201c\u201d\[\]*#|>]")
_INNER_CAPITAL = re.compile(
    r"^(?:Mc|Mac|O['\u2019]?|D['\u2019]|L['\u2019]|De|Le|La|Du|Van|Von|Fitz|Al|Di|St)[A-Z][a-z]+$"
)

# Endings of terms of medicine and of words made from others: what ends like this is no name though no dictionary has
# it.
_TERM = re.compile(
    r"(?:[ai]zole|cillin|mycin|micin|statin|olol|[eo]?pril|sartan|dipine|azepam|zolam|triptyline|oxetine|idine|"
    r"parin|gliptin|formin|mab|tinib|ciclovir|"
    r"setron|codone|profen|caine|dopa|lukast|glutide|thiazide|semide|azine|apine|amide|oxacin|floxacin|cycline|"
    r"asone|olone|phylline|terol|tropium|"
    r"barbital|prost|platin|rubicin|itis|osis|oses|aemia|aemic|emia|emic|ectomy|otomy|ostomy|oscop\w+|olog(?:y|ist|"
    r"ists|ical|ically)|opath(?:y|ic)|"
    r"plasty|algia|algic|uria|pnoea|plegia|plegic|paresis|phasia|phasic|phagia|graphy|graphic|cyte|cytes|cytic|"
    r"trophy|trophic|tension|tensive|"
    r"genic|lysis|lytic|ectasia|otic|oid|oids|omas?|[^aeiou]ical|ically|isation|isations|ization|ising|izing|ised|"
    r"ized|iser|izer|ability|ibility|"
    r"ableness|ness|nesses|less|lessly|fully|ishly|ishness|wards|wise|worthy|ment|ments|ship|ships|hood)$"
)
_PREFIX = re.compile(
    r"^(?:un|re|non|pre|post|anti|multi|inter|intra|over|under|sub|super|semi|mis|dis|de|co|counter|extra|hyper|"
    r"hypo|micro|macro|mega|mini|"
    r"neuro|psycho|cardio|gastro|electro|bio|physio|self|cyber|auto|tele|out|up|down|photo|radio|socio|geo|immuno|"
    r"ultra|pseudo|peri|para|trans)"
)
_MADE = re.compile(
    r"(?:ish|y|ey|able|ible|ers?|ors?|ists?|ism|ity|ly|ed|ing|ings|ful|s|es|ie|ies|al|ally|ic|ics|age|ability)$"
)
# What English surnames and places end in: two words of English run together may be one of those.
_LIKE_A_NAME = re.compile(
    r"(?:wood|ford|ham|ton|ley|field|worth|man|hill|head|well|wells|house|stone|bridge|bury|by|land|son|brook|shaw|"
    r"smith|port|mouth|wick|gate|dale|"
    r"more|ridge|den|don|ing|cock|bourne|combe|croft|hurst|wall|wright|low|cliff|berry|bank|moor|thorpe|wick|church|"
    r"castle|pool|mill|side)$"
)
# Words of three letters that others are made with: "bedrail", "daybook", "payslip".
_SHORT_PARTS = frozenset(
    "air all arm bag bar bed big box bus car cat cut day dog dry ear egg eye far fat fit gas get gum gym hand hip "
    "hot ice ink jaw job key lap leg lip "
    "low map men net new non now off old one out own pad pan pay pen per pin pop pot pre pro put rag ray red rib "
    "run sea set sky sub sun tax tea tie "
    "tip toe top two van wall war way web wet who".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word at `[start, end)` of a text, without a possessive or contracted ending. `first` begins a sentence."""

    start: int
    end: int
    text: str
    folded: str
    first: bool

    @property
    def capital(self) -> bool:
        return self.text[0].isupper() or self.text[0].istitle()

    @property
    def all_capitals(self) -> bool:
        return len(self.text) > 1 and self.text.isupper()


def words_of(text: str) -> list[Word]:
    """The words of a text in order; numbers are none.

    >>> [(w.folded, w.first) for w in words_of("Well, Zoë's here. Who's she?")]
    [('well', True), ('zoe', False), ('here', False), ('who', True), ('she', False)]
    """
    found: list[Word] = []
    before = 0
    for hit in _WORD.finditer(text):
        said = hit[0]
        ending = _ENDING.search(said)
        if ending and ending.start():
            said = said[: ending.start()]
        if ending is None and hit.start() and text[hit.start() - 1] in "'\u2019" and said.casefold() in _CUT_BEFORE:
            continue
        first = not found or bool(_STOP.search(text, before, hit.start()))
        found.append(Word(hit.start(), hit.start() + len(said), said, folded(said), first))
        before = hit.end()
    return found


def is_flat(words: list[Word]) -> bool:
    """True for text in which capitals say nothing: none but in "I", or nearly all."""
    told = [w for w in words if w.folded != "i" and not (w.folded == "ok" and w.all_capitals)]
    capitals = sum(w.capital for w in told)
    return not capitals or (len(told) > 3 and sum(w.all_capitals for w in told) > 0.7 * len(told))


@dataclass(slots=True, eq=False)
class Vocabulary:
    """What is known of words, with a memory: most words of a meeting are said many times."""

    dictionary: Dictionary
    lists: Gazetteer
    _ordinary: dict[str, bool] = field(default_factory=dict)
    _plainly: dict[str, bool] = field(default_factory=dict)

    def is_listed(self, word: str) -> bool:
        """True for names of people that are seldom anything else: "gwen", "smith"; also either half of "gray-smith"."""
        if word in never_names():
            return False
        return self.lists.is_name(word) or ("-" in word and any(self.lists.is_name(part) for part in word.split("-")))

    def is_both(self, word: str) -> bool:
        """True for names that are words as well: "will", "grace", "baker"."""
        return word in also_words() or word in self.lists.first_words or word in self.lists.last_words

    def is_ordinary(self, word: str) -> bool:
        """True for a word of English that is seldom a name, and for what is made from such."""
        if (known := self._ordinary.get(word)) is None:
            known = self._ordinary[word] = self._is_ordinary(word)
        return known

    def is_unknown(self, word: str) -> bool:
        """True for what is neither a word of English nor a name of the lists, and long enough to be a name."""
        return (
            len(word) > 2 and not self.is_ordinary(word) and not self.is_listed(word) and word not in self.lists.places
        )

    def is_plain(self, word: str) -> bool:
        """True for a word that the dictionary itself has, its plural or past: with a capital, others may be names."""
        if (known := self._plainly.get(word)) is None:
            known = self._plainly[word] = self.is_ordinary(word) and all(
                map(self._is_plain, re.split("[-'\u2010\u2011]", word))
            )
        return known

    def _is_plain(self, word: str) -> bool:
        known = (self.dictionary.base, self.lists.everyday, never_names())
        return len(word) < 3 or any(stem in words for stem in _stems(word) for words in known)

    def _is_ordinary(self, word: str) -> bool:
        if word in never_names() or word in self.lists.everyday:
            return True
        if self.lists.is_name(word) or word in self.lists.places:
            return False
        if self.dictionary.knows(word) or len(word) < 3:
            return True
        if not set("aeiouy") & set(word) or re.search(r"(.)\1\1", word):
            return True  # "mmhm", "sooo"
        if "-" in word:
            return all(self.is_ordinary(part) or part in also_words() for part in re.split("[-\u2010\u2011]", word))
        if "'" in word:
            return all(self.is_ordinary(part) for part in word.split("'"))
        return (
            bool(_TERM.search(word)) or any(self._knows(made) for made in _made_from(word)) or self._is_compound(word)
        )

    def _knows(self, word: str) -> bool:
        return (
            len(word) > 2
            and (self.dictionary.knows(word) or word in self.lists.everyday)
            and not self.lists.is_name(word)
        )

    def _is_compound(self, word: str) -> bool:
        if len(word) < 7 or _LIKE_A_NAME.search(word):
            return False
        return any(self._is_part(word[:at]) and self._is_part(word[at:]) for at in range(3, len(word) - 2))

    def _is_part(self, word: str) -> bool:
        return self._knows(word) if len(word) > 3 else word in _SHORT_PARTS


def _made_from(word: str) -> Iterator[str]:
    """The words that `word` may be made from, by a prefix or an ending: "reprioritising", "jokey"."""
    if len(word) < 6:
        return
    if (prefix := _PREFIX.match(word)) and len(word) - prefix.end() > 3:
        yield word[prefix.end() :]
    if (ending := _MADE.search(word)) and ending.start() > 2:
        stem = word[: ending.start()]
        yield stem
        yield stem + "e"
        if stem[-1] == stem[-2]:
            yield stem[:-1]


def _stems(word: str) -> Iterator[str]:
    yield word
    for ending, instead in (
        ("s", ""),
        ("es", ""),
        ("ies", "y"),
        ("ed", ""),
        ("ed", "e"),
        ("ing", ""),
        ("ing", "e"),
        ("ly", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) > 3:
            yield word[: -len(ending)] + instead


def looks_like_software(text: str) -> bool:
    """True for capitals inside a word that no name has: "SystmOne", "iPad"; not "McLean" or "GWEN"."""
    inner = any(c.isupper() for c in text[1:]) and not text.isupper()
    return inner and not _INNER_CAPITAL.match(text) and "-" not in text and "'" not in text and "\u2019" not in text
