"""Identifiers of digits and letters, written in ways that Presidio does not know, and said aloud."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from copipe.anonymise.recognise import spoken
from copipe.anonymise.recognise.hits import Hit
from copipe.anonymise.recognise.spoken import Sign

SURE, PROBABLE = 0.9, 0.6
_NINO = re.compile(r"(?!bg|gb|nk|kn|nt|tn|zz)[a-ceghj-prtw-z][a-ceghj-npr-tw-z]\d{6}[a-d]")
_POSTCODE = re.compile(
    r"(?:[a-pr-uwyz]\d[abcdefghjkpstuw]?|[a-pr-uwyz]\d\d|[a-pr-uwyz][a-hk-y]\d[abehmnprvwxy]?|"
    r"[a-pr-uwyz][a-hk-y]\d\d)\d[abd-hjlnp-uw-z]{2}"
)
_IBAN = re.compile(r"[a-z]{2}\d{2}(?=(?:[a-z]*\d){8})[a-z]{0,4}\d[a-z\d]{9,29}")
_LETTERED = re.compile(r"[a-z]{1,4}\d{5,}[a-z]{0,2}(?![a-z\d])")
# Digits said from which on they are an identifier (one less where each is said by itself): fewer are counted or dated.
_LEAST = 6
# What makes a short number one: "extension four five one two", "hospital number 40312"; and what may.
_CUE = re.compile(
    r"\b(?:extension|ext|bleep|pager|pin|code|account|reference|ref|id|card|licence|license|passport|zip|phone|"
    r"mobile|telephone|"
    r"tel|fax|office|desk|mrn|nhs|insurance|ssn|social security|registration|digits|unit|hospital|case|ticket|"
    r"policy|booking|"
    r"invoice|ring (?:me|him|her|them|us)|call me|on the number)(?:['\u2019]?s)?(?: (?:number|no)\b)?\W+(?:(?!in\b|"
    r"by\b)\w+\W+){0,2}$",
    re.IGNORECASE,
)
_DIGITS = re.compile(
    r"(?<![\w£$€#.,])\+?(?:\(\+?\d{1,5}\)[ \-]?)?\d(?:[ \-.()/\u2010-\u2013]{0,2}\d)*(?:\s?(?:x|"
    r"ext\.?)\s?\d{2,5})?(?![\w%])",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s?(?:%|percent|per cent|pounds?|quid|dollars?|euros?|people|patients?|steps?|words?|times|miles|metres|k\b|"
    r"pence|grand|million|"
    r"thousand|hundred|a year|staff|units?|beds?|hours?|days?|years?|calories|beats|mls?|mgs?|milligrams?|"
    r"micrograms?|kgs?)\b",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"\b(?:over|under|about|around|nearly|almost|only|than|some|roughly|approximately|to|of)\W+$", re.IGNORECASE
)
_MIXED = re.compile(
    r"(?<![\w/.@-])(?=[A-Za-z]*\d)(?=[\d-]*[A-Za-z])(?:[A-Za-z]{1,4}-?\d{5,}[A-Za-z]{0,3}|"
    r"[A-Z0-9]{2,}(?:-?[A-Z0-9]{3,}){1,6}|\d{5,}[A-Za-z]{1,2})(?![\w@])"
)
_IBAN_WRITTEN = re.compile(
    r"(?<!\w)[A-Za-z]{2}\d{2}(?=(?:[ A-Za-z]*\d){8})(?: ?[A-Za-z\d]{4}){2,7}(?: ?[A-Za-z\d]{1,3})?(?!\w)"
)
_YEARS = re.compile(r"(?:(?:1[89]|20)\d\d)")
_ADDRESS = re.compile(
    r"(?<![\w.,])\d{1,5}[a-z]?,? (?:(?:[A-Z][\w'\u2019.-]*|of|the|de|la|upon) ){1,4}"
    r"(?:Street|Road|Lane|Avenue|Drive|Close|Crescent|Terrace|Gardens?|Grove|Place|Square|Court|Way|Row|Rise|Mews|"
    r"Hill|Walk|Park|Parade|Green|View|"
    r"St|Rd|Ln|Ave|Dr|Cl|Cres|Terr|Gdns|Pl|Sq|Ct|Blvd|Boulevard)\b\.?(?![\w'])"
)
_ADDRESS_SAID = re.compile(
    r"\b(?:(?:lives?|living|lived|address is|address|house|home|flat|moved)(?: \w+){0,3}? (?:at|to|is|in|on) |at "
    r")(?P<address>(?:number |flat )?(?:\d{1,4}[a-z]?|[a-z]+(?:[ -][a-z]+)?)"
    r" (?:(?:[a-z'\u2019]+) ){1,2}(?:street|road|lane|avenue|drive|close|crescent|terrace|gardens|grove))\b",
    re.IGNORECASE,
)
_ADDRESS_SMALL = re.compile(
    r"(?<![\w.,])\d{1,4}[a-z]?,? (?:(?!(?:the|a|of|to|in|on|at|down|up|off|from|years?|people|minutes?|miles?|metres?|"
    r"more|along)\b)[a-z'\u2019]+ ){1,2}(?:street|road|lane|avenue|crescent|terrace|grove)\b"
)


def identifiers(text: str) -> Iterator[Hit]:
    """Everything in `text` that is an identifier by its form: said digits and letters, long numbers, addresses."""
    yield from said(text)
    yield from _written(text)
    for pattern, kind in ((spoken.EMAIL, "email"), (spoken.URL, "url")):
        for hit in pattern.finditer(text):
            yield Hit(hit.start(), hit.end(), kind, SURE, "spoken", True)
    for hit in _ADDRESS.finditer(text):
        yield Hit(hit.start(), hit.end(), "address", SURE, "address", True)
    for hit in _ADDRESS_SMALL.finditer(text):
        yield Hit(hit.start(), hit.end(), "address", PROBABLE, "address", False)
    for hit in _ADDRESS_SAID.finditer(text):
        yield Hit(*hit.span("address"), "address", PROBABLE, "address", bool(re.search(r"\d|number", hit["address"])))


# --- said


def said(text: str) -> Iterator[Hit]:
    """The identifiers in `text` that are said, sign by sign."""
    for run in spoken.runs(text):
        if len(run) < 4 or not any(sign.said for sign in run):
            continue
        taken: list[Hit] = []
        for hit in _of_run(run, text):
            if not any(hit.start < t.end and t.start < hit.end for t in taken):
                taken.append(hit)
        yield from taken


def _of_run(run: Sequence[Sign], text: str) -> Iterator[Hit]:
    """What has letters in it first (account numbers, insurance numbers, postcodes); then what its digits are."""
    for hit, kind in sorted(_mixed_of(run, text), key=lambda found: len(found[0][0]), reverse=True):
        signs = run[hit.start() : hit.end()]
        if any(sign.said or sign.char.isalpha() for sign in signs):
            yield Hit(signs[0].start, signs[-1].end, kind, SURE, "spoken", True)
    for hit in re.finditer(r"\d{4,}(?:x\d{2,5})?", _chars(run)):
        signs, digits = run[hit.start() : hit.end()], hit[0]
        if (
            not any(sign.said and not _is_oh(sign, text) for sign in signs)
            or _is_tale(signs, digits)
            or _is_count(digits)
        ):
            continue
        least = _LEAST if len({sign.start for sign in signs}) < len(signs) else _LEAST - 2
        if len(digits) >= least:
            yield Hit(signs[0].start, signs[-1].end, kind_of(digits.partition("x")[0]), SURE, "spoken", True)
        elif (
            _CUE.search(text, 0, signs[0].start)
            and not _is_year(digits, signs)
            and not _UNIT.match(text, signs[-1].end)
        ):
            yield Hit(signs[0].start, signs[-1].end, "number", PROBABLE, "spoken", True)


def _is_oh(sign: Sign, text: str) -> bool:
    return text[sign.start : sign.end].casefold() in ("oh", "o")


def _mixed_of(run: Sequence[Sign], text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Forms of letters and digits in a run; "o" is tried as the digit and as the letter."""
    as_digit = _chars(run)
    as_letter = "".join("o" if text[s.start : s.end].casefold() == "o" else s.char for s in run)
    for chars in dict.fromkeys((as_digit, as_letter)):
        for pattern, kind in ((_IBAN, "iban"), (_NINO, "ni-number"), (_POSTCODE, "postcode"), (_LETTERED, "id")):
            yield from ((hit, kind) for hit in pattern.finditer(chars))


def _chars(run: Sequence[Sign]) -> str:
    return "".join(sign.char for sign in run)


def _is_tale(signs: Sequence[Sign], digits: str) -> bool:
    """True for numbers that follow one another and are no identifier: "ten twenty thirty", "twenty sixteen"."""
    groups = Counter(sign.start for sign in signs)
    whole = sum(size > 1 for size in groups.values())
    return whole > len(groups) - whole and not digits.startswith("0")


def _is_count(digits: str) -> bool:
    """True for counting up or down, and for one digit over and over ("no no no" as zeros)."""
    steps = {ord(b) - ord(a) for a, b in pairwise(digits)}
    return steps in ({1}, {-1}, {0}) or digits in ("12345678910", "1234567891011", "123456789101112")


def _is_year(digits: str, signs: Sequence[Sign]) -> bool:
    return len(digits) == 4 and digits[:2] in ("18", "19", "20") and len({s.start for s in signs}) <= 2


def kind_of(digits: str) -> str:
    """What a number of six digits or more most likely is, by its length, beginning and check digit.

    >>> kind_of("9434765919"), kind_of("07700900123"), kind_of("123456")
    ('nhs-number', 'phone', 'number')
    """
    if len(digits) == 10 and is_nhs_number(digits):
        return "nhs-number"
    if (len(digits) in (10, 11) and digits.startswith("0")) or (
        len(digits) in (11, 12, 13) and digits.startswith(("44", "0044"))
    ):
        return "phone"
    if 13 <= len(digits) <= 19 and _luhn(digits):
        return "card"
    return "id" if len(digits) >= 7 else "number"


def is_nhs_number(digits: str) -> bool:
    """True where the tenth digit checks the nine before it (modulus 11, weights 10 to 2)."""
    total = sum(int(d) * weight for d, weight in zip(digits[:9], range(10, 1, -1), strict=False))
    return len(digits) == 10 and (11 - total % 11) % 11 == int(digits[9]) and len(set(digits)) > 1


def _luhn(digits: str) -> bool:
    doubled = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


# --- written


def _written(text: str) -> Iterator[Hit]:
    for hit in _DIGITS.finditer(text):
        digits = "".join(c for c in hit[0] if c.isdigit())
        cued = _CUE.search(text, 0, hit.start())
        if len(digits) < 4 or _is_plain(hit[0], digits, bool(cued)):
            continue
        if _UNIT.match(text, hit.end()) and not (cued and len(digits) > 6):
            continue
        if len(digits) >= 7:
            yield Hit(hit.start(), hit.end(), kind_of(digits), SURE, "number", True)
        elif cued and not (len(digits) == 4 and _YEARS.fullmatch(digits)):
            yield Hit(hit.start(), hit.end(), "number", SURE, "number", True)
        elif not digits.endswith("00") and hit[0].isdigit() and not _QUANTITY.search(text, 0, hit.start()):
            yield Hit(hit.start(), hit.end(), "number", PROBABLE, "number", True)
    for hit in _MIXED.finditer(text):
        if sum(c.isdigit() for c in hit[0]) >= 5:
            nino = re.fullmatch(r"[A-Za-z]{2}\d{6}[A-Da-d]", hit[0])
            yield Hit(hit.start(), hit.end(), "ni-number" if nino else "id", SURE, "number", True)
    for hit in _IBAN_WRITTEN.finditer(text):
        yield Hit(hit.start(), hit.end(), "iban", SURE, "iban", True)


def _is_plain(said: str, digits: str, cued: bool) -> bool:
    """True for a quantity, a range of years, a time, or a row of small numbers."""
    groups = re.findall(r"\d+", said)
    if len(groups) == 1:
        return (len(digits) == 4 and bool(_YEARS.fullmatch(digits))) or digits.strip("0") in ("1", "5", "")
    if all(_YEARS.fullmatch(group) for group in groups):
        return True
    if len(groups) == 2 and _YEARS.fullmatch(groups[0]) and len(groups[1]) <= 2:
        return True  # 2009/10
    if "." in said and len(groups) == 2 and " " not in said:
        return True  # a decimal
    if all(group == "000" for group in groups[1:]):
        return True  # 10 000
    if (cued and len(digits) > 4) or "(" in said or re.fullmatch(r"\d{2}([-.])\d{2}\1\d{2}\1\d{2}", said):
        return len(digits) < 5
    # "120/80, 60 100 75": readings, each of at most three digits
    return max(map(len, groups)) <= 3 and len(digits) < 9
