"""How likely each word of a text is (part of) somebody's name: by itself, by what is said before it, by neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from copipe.anonymise.dictionary import never_names
from copipe.anonymise.recognise.words import Vocabulary, Word, looks_like_software

SURE, LISTED, SEEN, UNKNOWN = 0.95, 0.85, 0.7, 0.5
TITLES = frozenset("mr mrs ms miss mx dr prof professor".split())
_SOFT_TITLES = frozenset(
    "doctor sir dame lady lord sister matron nurse father rev reverend councillor cllr auntie aunty aunt uncle nan "
    "nana grandma grandad judge inspector sergeant".split()
)
# What comes before a name when people say who they are or whom they mean.
_NAMED = re.compile(
    r"\b(?:(?:(?:my|his|her|the|their|your|whose) |(?:first|last|middle|full|maiden|family|second|christian|sur) ?)"
    r"name(?:['\u2019]?s| is| was|:|\?)|surname(?:['\u2019]?s| is)?|named|known as|calls? (?:him|her)self|goes by|"
    r"nicknamed|christened|spelt|spelled|name (?:of|on the \w+\?))\W{1,4}(?:(?:um|uh|er|erm)\W{1,3})?$",
    re.IGNORECASE,
)
_NAMED_SURELY = re.compile(r"\bname(?:['\u2019]?s| is)\W{1,4}(?:(?:um|uh|er|erm)\W{1,3})?$", re.IGNORECASE)
# What may come before a name, so that "Grace" with a capital, or in speech one of _ALONE, is somebody.
_MET = re.compile(
    r"\b(?:i['\u2019]?m|i am|this is|it['\u2019]?s|that['\u2019]?s|he['\u2019]?s|she['\u2019]?s|called|call me|hi|"
    r"hello|hey|dear|"
    r"thanks|thank you|cheers|morning|ask|asked|told|tell|saw|see|met|meet|with|from|rang|ring|phoned|emailed|contact|"
    r"speak to|spoke to|talk to|talked to|talking to|and|by|to|for|said|says|sorry|bye|love|like|between|about|me|"
    r"than|or|"
    r"when|where|because|then|so|but|if|is|was|does|did|has|had|asking|telling|saying|thing with|instead of|poor|"
    r"our)\W{1,3}$",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"\b(?:it['\u2019]?s|this is|i['\u2019]?m|i am|hello|hi|hey|thanks|cheers|called|dear|told|asked|said to|"
    r"bye)\W{1,3}$",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\W{1,3}(?:here|speaking|said|says|goes|told|asked|rang|phoned|thinks|thought|came as well|telling|mentioned)\b",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"\b(?:told|asked|rang|phoned|emailed|texted|(?:said|spoke|speak|speaking|talk|talked|talking|listen|listening|"
    r"wrote) to|met|meet with|thanks|"
    r"thank you|cheers|hello|hi|hey|dear|poor|called|named|(?:his|her|my|their|our) (?:wife|husband|mother|father|"
    r"mum|dad|son|daughter|sister|brother|"
    r"friend|colleague|manager|boss|partner|nan|gran))\W{1,3}$",
    re.IGNORECASE,
)
_SOMEBODYS = re.compile(
    r"['\u2019]s (?:wife|husband|mum|mother|dad|father|son|daughter|sister|brother|partner|family|nan|gran|auntie|aunt|"
    r"uncle|niece|nephew|cousin|carer|neighbour|manager|boss)\b",
    re.IGNORECASE,
)
# What comes before a title that is somebody's work and no title: "the nurse", "our new doctor".
_WORK = frozenset(
    "a an the my your his her our their this that each every any another one some which what no new old staff lead "
    "junior senior charge district community school ward student practice specialist research bank agency "
    "family".split()
)
_SAYS_SO = re.compile(
    r"\W(?:said|says|goes|told|asked|rang|phoned|thinks|thought|reckons|mentioned|emailed)\b", re.IGNORECASE
)
_PARTICLES = frozenset("de da di du del du van von der den ter ten la le al el bin ibn ap ab mac mc st saint y".split())
_WHERE = frozenset({"in", "at", "to", "from", "near"})
_MONTHS = frozenset("january february march april may june july august september october november december".split())
# Small words that no name begins with, and what people go on with after "my name is" when they do not say it.
_NO_NAME = frozenset(
    "a an the my your his her their our its not on in at of for to with is was are be been that this it i you he "
    "she we they what who how why when "
    "so just like because if no yes really very still also always never going spelled spelt wrong right there here "
    "one only and or but from user bot "
    "chair chairman chairwoman chairperson speaker president mayor minister secretary prime vice deputy "
    "correct incorrect down mentioned written already being has had have do does did can could should would may "
    "might must shall sir madam um uh er "
    "erm oh okay ok well yeah then now too as by up out off all any some me him them us".split()
)
# Names that are such common words that in speech without capitals a neighbour does not make them names.
_TOO_COMMON = frozenset(
    "will may can so do be said read just well still early long down over more short may see way made make take "
    "back good best great new old last even much north south east west home right left high low fast hard free "
    "like please in on it to no an and any are as at before but by did does for from had has have he her him his "
    "how if is me my not now of off or our out she some that the their them then there they this those was we "
    "were what when where which while who why with you your here goes says told asked case call".split()
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One text while it is read. `flat` where it has no capitals to go by; `seen` is what spaCy takes each word for."""

    text: str
    words: Sequence[Word]
    flat: bool
    seen: Sequence[str]
    vocabulary: Vocabulary

    def touch(self, n: int) -> bool:
        """True where nothing but a space, or the dot of an initial or title, stands between word `n` and the next."""
        before, after = self.words[n], self.words[n + 1]
        gap = self.text[before.end : after.start]
        short = len(before.folded) == 1 or before.folded in TITLES or before.folded in _PARTICLES
        return len(gap) < 4 and "\n" not in gap and (gap.isspace() or gap == "-" or (short and gap.strip() == "."))

    def before(self, n: int) -> str:
        """The word before word `n`, "" where none stands close."""
        return self.words[n - 1].folded if n and self.touch(n - 1) else ""


def scores(reading: Reading) -> list[float]:
    """For every word how likely it is (part of) a name, from 0 to 1."""
    found = [_alone(reading, n) for n in range(len(reading.words))]
    if any(found):
        _join(reading, found)
    return found


def _alone(r: Reading, n: int) -> float:
    word, v = r.words[n], r.vocabulary
    if len(word.folded) < 2:
        return 0.0
    before = r.before(n)
    title = before in TITLES and word.folded not in _NO_NAME
    if title and (r.flat or word.capital):
        plain = r.flat and before == "dr" and (word.folded in _TOO_COMMON or word.folded.endswith(("ing", "ed")))
        return 0.0 if plain else SURE
    if word.folded in never_names():
        return 0.0
    if not r.flat and not word.capital:
        return _small(r, n, title)
    if _is_introduced(r, n):
        return SURE
    if word.folded in v.lists.places and not v.is_listed(word.folded):
        return 0.0
    if v.is_listed(word.folded):
        abbreviation = not r.flat and word.all_capitals and len(word.text) < 4 and r.seen[n] != "person"
        return 0.0 if abbreviation else LISTED
    return _flat(r, n) if r.flat else _capital(r, n, before)


def _flat(r: Reading, n: int) -> float:
    """A word in text without capitals that is on no list of names alone."""
    word, v = r.words[n], r.vocabulary
    if v.is_unknown(word.folded):
        return 0.0 if _is_cut(r, n) else UNKNOWN
    if _is_titled(r, n):
        return UNKNOWN
    if word.folded not in v.lists.first_words:
        return 0.0
    # "it's joy here", "i said to grace", "rose said", "trevor and grace", "grace and trevor"
    here = _HERE.search(r.text, max(0, word.start - 15), word.start) and _SAYS.match(r.text, word.end)
    if word.folded in _TOO_COMMON:
        return UNKNOWN if here else 0.0
    told = _TOLD.search(r.text, max(0, word.start - 20), word.start) or _SAYS_SO.match(r.text, word.end)
    somebodys = _SOMEBODYS.match(r.text, word.end)  # "mark's wife"
    return UNKNOWN if here or told or somebodys or _is_one_of_two(r, n) else 0.0


def _is_titled(r: Reading, n: int) -> bool:
    """True for "cross" in "said to nurse cross", in text without capitals; not in "the nurse cross checked"."""
    title = r.before(n)
    if title not in ("doctor", "nurse", "matron", "sister") or r.words[n].folded in _TOO_COMMON | _NO_NAME:
        return False
    ahead = r.before(n - 1)
    return r.vocabulary.is_both(r.words[n].folded) and ahead not in _WORK and not ahead.endswith(("'s", "\u2019s"))


def _is_one_of_two(r: Reading, n: int) -> bool:
    """True where "and" stands between word `n` and a name."""
    v = r.vocabulary
    for link, other in ((n - 1, n - 2), (n + 1, n + 2)):
        if not 0 <= other < len(r.words) or r.words[link].folded != "and":
            continue
        name = r.words[other].folded
        known = v.is_listed(name) or (not r.flat and (v.is_unknown(name) or name in v.lists.first_words))
        if known and name not in v.lists.places and r.touch(min(link, n)) and r.touch(min(link, other)):
            return True
    return False


def _small(r: Reading, n: int, title: bool) -> float:
    """A word without its capital in a text that has capitals: only what is hardly a word, or stands after a title."""
    word, v = r.words[n], r.vocabulary
    name = v.is_listed(word.folded) or v.is_unknown(word.folded)
    if title and name:
        return SURE
    first = word.folded in v.lists.first and word.folded not in v.lists.places
    if first and len(word.folded) > 3 and not v.dictionary.knows(word.folded):
        return UNKNOWN
    if name and r.before(n) and n and r.words[n - 1].folded in v.lists.first and not r.words[n - 1].capital:
        return UNKNOWN  # "patricia desrosiers"
    return SEEN if name and r.seen[n] == "person" and len(word.folded) > 3 and not _is_cut(r, n) else 0.0


def _is_cut(r: Reading, n: int) -> bool:
    """True for a word that somebody broke off: "Whi - while", "perh- perhaps", "confu"."""
    word = r.words[n]
    if re.match(r" ?[-\u2010-\u2015](?!\w)", r.text[word.end : word.end + 3]):
        return True
    following = r.words[n + 1].folded if n + 1 < len(r.words) else ""
    return following.startswith(word.folded) and following != word.folded


def _capital(r: Reading, n: int, before: str) -> float:
    """A word with a capital, in text that has them, that is on no list of names alone."""
    word, v = r.words[n], r.vocabulary
    if looks_like_software(word.text) and r.seen[n] != "person":
        return 0.0
    unknown = v.is_unknown(word.folded) or (
        not word.first and not v.is_plain(word.folded) and word.folded not in v.lists.places
    )
    if unknown:
        if (
            word.all_capitals
            and r.seen[n] not in ("person", "place")
            and not (len(word.text) > 3 and r.before(n) in _WHERE)
        ):
            return 0.0
        return 0.0 if _is_cut(r, n) else SEEN if r.seen[n] else UNKNOWN
    if word.folded in _MONTHS or (word.all_capitals and r.seen[n] != "place"):
        return 0.0
    if word.first:
        label = r.text[word.end : word.end + 2]  # "Destiny: Remember me?"
        called = label.startswith(":") or _is_one_of_two(r, n) or _SAYS_SO.match(r.text, word.end)
        return UNKNOWN if called and word.folded in v.lists.first_words else 0.0
    if before in _SOFT_TITLES and v.is_both(word.folded):
        return SEEN
    if r.seen[n] == "place" and before in _WHERE and word.folded not in v.lists.everyday:
        return UNKNOWN  # dictionaries have many a town: "from Espoo"
    if word.folded not in v.lists.first_words:
        return UNKNOWN if word.folded in v.lists.last_words and r.seen[n] == "person" and not _goes_on(r, n) else 0.0
    if r.seen[n] == "person":
        return UNKNOWN
    if _MET.search(r.text, max(0, word.start - 30), word.start):
        return UNKNOWN
    return 0.0


def _goes_on(r: Reading, n: int) -> bool:
    """True for "Box" in "Box Plot": what spaCy takes for a whole name, of words alone."""
    beside = [m for m in (n - 1, n + 1) if 0 <= m < len(r.words) and r.touch(min(m, n)) and r.words[m].capital]
    return any(r.vocabulary.is_plain(r.words[m].folded) and not r.words[m].first for m in beside)


def _is_introduced(r: Reading, n: int) -> bool:
    """True after "my name is" and the like."""
    word, v = r.words[n], r.vocabulary
    if word.folded in _NO_NAME or not _NAMED.search(r.text, max(0, word.start - 45), word.start):
        return False
    if not r.flat:
        return not word.all_capitals or len(word.text) > 3
    if not v.is_ordinary(word.folded) or word.folded in v.lists.first_words:
        return True
    surely = _NAMED_SURELY.search(r.text, max(0, word.start - 25), word.start)
    return bool(surely) and not word.folded.endswith(("ing", "ed", "ly"))


def _join(r: Reading, found: list[float]) -> None:
    """Give what stands beside a name the name's score where it may be a part of it: "Grace Kelly", "J. Smith"."""
    for _ in range(2):
        for n in range(len(r.words)):
            for m in (n - 1, n + 1):
                if found[n] and 0 <= m < len(r.words) and not found[m] and r.touch(min(m, n)) and _may_join(r, m, n):
                    found[m] = min(found[n], LISTED)
    for n in range(1, len(r.words) - 1):  # what stands between two
        between = found[n - 1] and found[n + 1] and not found[n] and r.touch(n - 1) and r.touch(n)
        if between and (r.words[n].folded in _PARTICLES or len(r.words[n].folded) == 1):
            found[n] = min(found[n - 1], found[n + 1])


def _may_join(r: Reading, m: int, n: int) -> bool:
    """Whether word `m`, no name by itself, belongs to the name `n` that it stands beside."""
    word, beside, v = r.words[m], r.words[n], r.vocabulary
    if word.folded in never_names():  # "Laura Parkinson"
        return m > n and word.folded in v.lists.last and beside.folded in v.lists.first and (r.flat or word.capital)
    if word.folded in TITLES or word.folded in _SOFT_TITLES:
        return False
    if len(word.folded) == 1:
        dotted = r.text[word.end : word.end + 1] == "."
        return not r.flat and word.capital and (word.folded != "i" or dotted)
    if r.flat:
        return _may_join_flat(r, m, n)
    if not word.capital or word.all_capitals != beside.all_capitals or word.folded in _MONTHS:
        return False
    if word.first and m < n:
        return word.folded in v.lists.first_words or (v.is_both(word.folded) and r.seen[m] == "person")
    return v.is_both(word.folded) or r.seen[m] == "person" or (m > n and word.folded in v.lists.places)


def _may_join_flat(r: Reading, m: int, n: int) -> bool:
    word, beside, v = r.words[m], r.words[n], r.vocabulary
    if word.folded in _TOO_COMMON or beside.folded in v.lists.places:
        return False
    if m > n:  # "magda bishop", not "smith field"
        first = beside.folded in v.lists.first or (
            beside.folded in v.lists.first_words and n and r.before(n) in ("is", "name's")
        )
        return bool(first) and v.is_both(word.folded)
    # "hope patel", "dawn mbeki", not "rose gwen"
    last = v.is_unknown(beside.folded) or (beside.folded in v.lists.last and beside.folded not in v.lists.first)
    return last and word.folded in v.lists.first_words
