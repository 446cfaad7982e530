"""Numbers, letters and addresses as they are said: "oh seven double four", "S W one A", "jo dot smith at nhs dot net".

What is said is read into signs, each with the stretch of text that it comes from; identifiers are then found among
signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from copipe.anonymise.recognise.postcodes import AREAS, WORDS

DIGITS = {
    "zero": "0", "nought": "0", "naught": "0", "nil": "0", "oh": "0", "o": "0", "one": "1", "two": "2", "three": "3",
    "four": "4",     "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_TEENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
_TENS = {
    "twenty": "2", "thirty": "3", "forty": "4", "fifty": "5", "sixty": "6", "seventy": "7", "eighty": "8",
    "ninety": "9",
}  # fmt: skip
_TIMES = {"double": 2, "treble": 3, "triple": 3}
# What is said between the signs of one identifier without being one of them.
_BETWEEN = frozenset({"dash", "hyphen", "space", "then", "and", "er", "erm", "um", "uh", "that's", "plus"})
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_GAP = re.compile(r"[\s,;:.\-\u2010-\u2015/()\u2026]*")
# Letters by their names, as recognition writes those that are no common words.
_LETTERS = {
    "cee": "c", "eff": "f", "aitch": "h", "haitch": "h", "jay": "j", "kay": "k", "ell": "l", "ess": "s",
    "vee": "v", "zed": "z", "zee": "z",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sign:
    """One digit or small letter, said at `[start, end)` of the text. `said` is False where it was written."""

    char: str
    start: int
    end: int
    said: bool


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


def runs(text: str) -> Iterator[tuple[Sign, ...]]:
    """The stretches of `text` in which signs are said or written one after another, digits and single letters mixed.

    >>> ["".join(sign.char for sign in run) for run in runs("it's oh seven seven, double four 9 and my name is Jo")]
    ['077449']
    """
    run: list[Sign] = []
    before = 0
    for signs, start, end in _read([_Token(m[0].casefold(), m.start(), m.end()) for m in _WORD.finditer(text)]):
        if run and not _GAP.fullmatch(text, before, start):
            yield tuple(run)
            run = []
        if signs is None:
            if run:
                yield tuple(run)
            run = []
        else:
            run += signs
        before = end
    if run:
        yield tuple(run)


def _read(tokens: Sequence[_Token]) -> Iterator[tuple[list[Sign] | None, int, int]]:
    """The signs of each token or group of tokens ("double four"); None for no sign, [] for what may stand between."""
    at = 0
    while at < len(tokens):
        token = tokens[at]
        after = tokens[at + 1] if at + 1 < len(tokens) else _Token("", token.end, token.end)
        read, used = _one(token.text, after.text)
        end = tokens[at + used - 1].end
        if read is None and token.text in _BETWEEN:
            yield [], token.start, end
        elif read is None:
            yield None, token.start, end
        elif used == 1 and (read == token.text):
            yield [Sign(c, token.start + n, token.start + n + 1, False) for n, c in enumerate(read)], token.start, end
        else:
            said = len(token.text) > 1 or used > 1
            yield [Sign(c, token.start, end, said) for c in read], token.start, end
        at += used


def _one(word: str, after: str) -> tuple[str | None, int]:
    """What `word`, perhaps with the word after it, stands for, and how many words that takes."""
    if word == "double" and after in ("u", "you"):
        return "w", 2
    if word in _TIMES:
        single = DIGITS.get(after) or (after if len(after) == 1 and (after.isalpha() or after.isdigit()) else None)
        return (single * _TIMES[word], 2) if single else (None, 1)
    if word in _TENS:
        unit = DIGITS.get(after, "0")
        return (_TENS[word] + unit, 2) if unit != "0" else (_TENS[word] + "0", 1)
    if word == "hundred":
        return "00", 1
    for table in (DIGITS, _TEENS, _LETTERS):
        if word in table:
            return table[word], 1
    if len(word) == 2 and word not in WORDS and word.upper() in AREAS and after in (*DIGITS, *_TEENS, *_TENS):
        return word, 1
    if word.isascii() and (word.isdigit() or (len(word) == 1 and word.isalpha())):
        return word, 1
    if word.isascii() and word.isalnum() and any(c.isdigit() for c in word) and len(word) <= 10:
        return word, 1
    return None, 1


# --- letters

_SPELLED = re.compile(
    r"(?<![^\W_])(?:(?:double|capital)[ -])?[^\W\d_](?:(?:[ ,.\-\u2010-\u2014]{1,3})(?:(?:double|capital)[ "
    r"-])?[^\W\d_](?![^\W_])){2,}",
    re.IGNORECASE,
)
_SINGLE = re.compile(r"(?<![^\W_])[^\W\d_](?![^\W_])")
# What is said letter by letter in any meeting and spells no name.
_SAID_SO = frozenset(
    "abc abcd xyz nhs gp cqc bbc uk usa itv pdf cv hr it rcn nmc gmc bma cpn amhp ahp slt ecg mri dvt tia cpa mdt "
    "sui rca chc pct ccg sha "
    "icu itu hdu url www html faq dvd usb tv pc dna hiv std phd ma ba bsc msc mba asap aka etc ppe kpi iou diy vip "
    "lol omg rip api sql css xml owl rdf "
    "ngo nvq gcse pgce asbo eu un nato".split()
)
_STAMMER = frozenset("aimsodt")  # what is left of "I'm", "a", "it's" when somebody starts again
_SAID_ALOUD = re.compile(
    r"\b(?:spelled|spelt|spell(?:ing)?|that['\u2019]?s|it['\u2019]?s|name|surname|called)\W+(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)


def spelled(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where a word is spelled out letter by letter ("S-M-I-T-H", "h o double l i s"), and whether it surely is a name.

    >>> [(t[a:b], sure) for t in ("it's spelled s m i t h yes",) for a, b, sure in spelled(t)]
    [('s m i t h', True)]
    """
    for hit in _SPELLED.finditer(text):
        word = "".join(_SINGLE.findall(hit[0])).casefold()
        start, end = hit.span()
        if text[start - 1 : start] in ("'", "\u2019"):  # the "m" of "I'm a, I"
            at = re.search(r"(?<=[^\w])\w", text[start + 1 : end])
            start, word = (start + 1 + at.start() if at else end), word[1:]
        while len(word) > 3 and text[start : start + 2] in ("I ", "a ", "A "):  # words of their own: "and I S M I T H"
            start, word = start + 2, word[1:]
        if len(word) < 3 or word in _SAID_SO or set(word) <= _STAMMER or len(set(word)) == 1:
            continue
        if len(word) == 3 and "." in hit[0] and hit[0].isupper():
            continue  # "N.H.S.", an abbreviation with its dots
        mixed = len({letter.isupper() for letter in _SINGLE.findall(text, start, end)}) > 1
        sure = bool(_SAID_ALOUD.search(text, 0, start))
        if sure or (len(word) > 3 and len(set(word)) > 3 and not mixed):
            yield start, end, sure or len(word) > 4


# --- addresses of the internet

_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_PART = rf"{_LABEL}(?:(?: (?:dot|underscore|dash|hyphen|point) |[._-]){_LABEL})*"
_END = (
    r"(?:(?:co|ac|nhs|gov|org|ltd|me|com|net|sch)(?: dot |\.)(?:uk|au|nz|za|jp|in|br|pt)|com|net|org|edu|gov|info|biz|"
    r"eu|uk|ie|io|co|"
    r"at|au|be|bg|br|ca|ch|cn|cy|cz|de|dk|ee|es|fi|fr|gr|hr|hu|il|in|is|it|jp|lt|lu|lv|me|mt|mx|nl|no|nz|pl|pt|"
    r"ro|rs|ru|se|si|sk|tr|tv|ua|us|za)"
)
EMAIL = re.compile(rf"(?<!\w){_PART}(?: at |@)(?:{_LABEL}(?: dot |\.))+{_END}(?!\w)", re.IGNORECASE)
URL = re.compile(
    rf"(?<!\w)(?:(?:https?(?: colon)?(?: (?:forward )?slash){{0,2}} )?(?:www|w w w|double u double u double u|"
    rf"triple w)(?: dot |\. ?)(?:{_LABEL}(?: dot |\.))*{_LABEL}"
    rf"|{_LABEL} dot (?:{_LABEL}(?: dot |\.))*{_END})(?:(?: (?:forward )?slash |/){_LABEL})*(?!\w)",
    re.IGNORECASE,
)
