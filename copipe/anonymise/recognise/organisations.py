"""Organisations by how they are called: "Pinderfields General Hospital", "st annes hospice", "NHS Lothian"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from copipe.anonymise.recognise.hits import Hit
from copipe.anonymise.recognise.words import Vocabulary, Word

SURE, PROBABLE = 0.9, 0.6
# What such a name ends in. Of two words, the longer row first.
_HEADS = {
    tuple(head.split()): kind
    for kind, heads in {
        "organisation": "hospitals nhs foundation trust|hospitals nhs trust|hospital nhs trust|"
        "nhs foundation trust|nhs trust|foundation trust|partnership trust|"
        "community trust|hospital trust|hospitals trust|care trust|"
        "university trust|health board|health authority|health service|nhs|pct|ccg|icb|icb|university hospital|"
        "university hospitals|"
        "city council|county council|borough council|district council|metropolitan council|town council|parish "
        "council|council|university|college|"
        "school|primary school|high school|infant school|junior school|grammar school|academy|ltd|limited|plc|llp|"
        "inc|corp|corporation|housing association|gmbh",
        "place": "hospital|hospitals|infirmary|hospice|medical centre|health centre|"
        "medical center|surgery|medical practice|health clinic|clinic|"
        "nursing home|care home|residential home|rest home|retirement home|day centre|day hospital|children's "
        "centre|children centre|community centre|"
        "resource centre|walk-in centre|ward|prison|library|leisure centre|sports centre|church|railway station|"
        "business park|industrial estate|country club|care centre|"
        "street|road|avenue|crescent|lane",
    }.items()
    for head in heads.split("|")
}
_LONGEST_HEAD = 4
# Words in such names that say nothing by themselves.
_GENERIC = frozenset(
    "general royal district community memorial children's childrens children maternity university teaching hospital "
    "hospitals nhs foundation "
    "partnership healthcare health care mental acute primary city county borough metropolitan medical high infant "
    "junior grammar local cottage "
    "regional national central social services service nursing residential family planning day eye ear dental "
    "women's womens and of the for on "
    "upon by in integrated specialist learning disability disabilities public state private old new first church "
    "secondary special training stroke "
    "surgical elderly rehab rehabilitation neuro assessment admissions emergency a&e isolation cancer intensive "
    "acute same whole my our your his her their this that "
    "any one every each another other no which what next last big small main nearest right wrong side main back "
    "long trust council school college ward "
    "academy surgery clinic hospice infirmary prison library limited corporation street road lane "
    "independent further higher tech technical art law business boarding sixth form summer night sunday middle "
    "nursery medicine own both two three four five six".split()
)
_LINKS = frozenset("and of the for on upon in by le".split())
_SAINTS = frozenset({"st", "saint", "queen", "king", "prince", "princess", "lady", "lord", "sir", "our lady"})
_FIRST_WORDS = frozenset("at in to from with near by on and or but so then is was the a an for of".split())
# "Trust", "ward" and the like are said of nobody's in particular: only a capital before them makes them a name.
_WANTS_CAPITAL = frozenset(
    "school college council ward church library surgery clinic lane road street prison university academy nhs "
    "limited".split()
)
_MOST = 7  # words before the head


def organisations(text: str, words: Sequence[Word], flat: bool, vocabulary: Vocabulary) -> Iterator[Hit]:
    """What is named so in `text`. `flat` text has no capitals to go by."""
    at = 0
    while at < len(words):
        head = _head(text, words, at)
        if head is None:
            at += 1
            continue
        stop, kind = head
        said_small = not flat and words[at].folded in _WANTS_CAPITAL and not words[at].capital
        start, sure = (at, False) if said_small else _begin(text, words, at, flat, vocabulary)
        if start < at:
            score = SURE if sure else PROBABLE
            yield Hit(words[start].start, words[stop - 1].end, kind, score, "organisation", sure)
        elif words[at].folded in ("nhs", "university", "council", "borough", "city") and (
            end := _after(text, words, stop, flat, vocabulary)
        ):
            yield Hit(words[at].start, words[end - 1].end, "organisation", SURE, "organisation", True)
            stop = end
        at = stop


def _head(text: str, words: Sequence[Word], at: int) -> tuple[int, str] | None:
    for length in range(_LONGEST_HEAD, 0, -1):
        row = words[at : at + length]
        kind = _HEADS.get(tuple(w.folded for w in row))
        if kind is not None and all(_touch(text, a, b) for a, b in pairwise(row)):
            return at + len(row), kind
    return None


def _begin(text: str, words: Sequence[Word], at: int, flat: bool, vocabulary: Vocabulary) -> tuple[int, bool]:
    """Where the name that ends in the head at `at` begins (`at` where it is none), and whether it surely is one."""
    proper = sure = False
    begin = here = at
    while here > 0 and at - here < _MOST and _touch(text, words[here - 1], words[here]):
        here -= 1
        word = words[here]
        if _is_proper(words, here, at, flat, vocabulary):
            proper = True
            sure = sure or flat or not vocabulary.is_ordinary(word.folded)
            begin = here
        elif word.folded in _SAINTS and here + 1 < at:
            proper = sure = True
            begin = here
        elif word.folded in (
            "general",
            "royal",
            "district",
            "north",
            "south",
            "east",
            "west",
            "mid",
            "university",
            "city",
            "county",
            "old",
            "new",
        ) and (word.capital or flat):
            begin = here
        elif word.folded not in _GENERIC or (not flat and not word.capital and word.folded not in _LINKS):
            break
    while begin < at and words[begin].folded in _FIRST_WORDS:
        begin += 1
    return (begin, sure or not flat) if proper else (at, False)


def _is_proper(words: Sequence[Word], here: int, head: int, flat: bool, vocabulary: Vocabulary) -> bool:
    word = words[here]
    if word.folded in _GENERIC or word.folded in _SAINTS:
        return False
    if flat:
        wants = words[head].folded in _WANTS_CAPITAL
        saint = here > 0 and words[here - 1].folded in _SAINTS
        if saint:
            return True
        if vocabulary.is_unknown(word.folded) or word.folded in vocabulary.lists.places:
            return not (wants and vocabulary.is_ordinary(word.folded))
        return vocabulary.is_listed(word.folded) or (
            not wants and vocabulary.is_both(word.folded) and here + 1 == head and len(word.folded) > 4
        )
    if not word.capital or (word.first and vocabulary.is_ordinary(word.folded)):
        return False
    return not word.all_capitals or len(word.text) > 4 or vocabulary.is_unknown(word.folded)


def _after(text: str, words: Sequence[Word], at: int, flat: bool, vocabulary: Vocabulary) -> int:
    """Where "NHS Lothian", "University of Leeds", "City of York" end; 0 where nothing of the kind follows."""
    if at < len(words) and words[at].folded == "of" and words[at - 1].folded != "nhs":
        at += 1
    elif words[at - 1].folded != "nhs":
        return 0
    if at >= len(words) or not _touch(text, words[at - 1], words[at]):
        return 0
    word = words[at]
    known = word.folded in vocabulary.lists.places or (
        not flat and word.capital and vocabulary.is_unknown(word.folded) and not word.all_capitals
    )
    return at + 1 if known else 0


def _touch(text: str, before: Word, after: Word) -> bool:
    gap = text[before.end : after.start]
    return (
        gap.strip() in ("", "'s", "\u2019s", "&", "s'", ".", "-", "'", "\u2019")
        and len(gap) < 5
        and not ("." in gap and before.folded != "st")
    )
