"""Numbers and addresses that identify somebody, as they are written or said, and only where there is no doubt.

For the gate: what a recogniser would only suspect is the work of anonymising. Formats: NHS number (NHS Data Dictionary,
Modulus 11), National Insurance number (HMRC NIM39110), postcodes (BS 7666, Royal Mail's areas), telephone numbers
(Ofcom's numbering plan), e-mail addresses (RFC 5322, those in use).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from copipe.anonymise.recognise import numbers, spoken
from copipe.anonymise.recognise.postcodes import AREAS

_EDGE = r"(?<![\w.:/\\#-])"  # not inside a number, a path, a colour
_SAID = frozenset({"nhs-number", "ni-number", "phone"})  # kinds that are told by more than their length when said
# Enough said of digits that they may be one of _SAID; "double oh" counts for one.
_DIGITS_SAID = re.compile(
    rf"(?:\b(?:{'|'.join([*spoken.DIGITS, 'double', 'treble', 'triple', '[0-9]'])})\b[^\w\n]{{1,3}}){{5}}",
    re.IGNORECASE,
)
_AROUND = 120  # letters around them in which the rest is said
_NHS = re.compile(_EDGE + r"(\d{3})[ -]?(\d{3})[ -]?(\d{4})(?![\w-]|[.:,]\d)")
_INSURANCE = re.compile(
    _EDGE + r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[ -]?\d{2}){3}[ -]?[A-D](?![\w-])",
    re.IGNORECASE,
)
# Any letters for an area, which is looked up afterwards: a list of 120 in the pattern takes ten times as long.
_POSTCODE = re.compile(_EDGE + r"(([A-Z]{1,2})\d[A-Z\d]?)(?: ?|-)\d[ABD-HJLNP-UW-Z]{2}(?![\w-])")
_POSTCODE_SMALL = re.compile(_POSTCODE.pattern, re.IGNORECASE)
_COUNTED = re.compile(r"\d(?:st|nd|rd|th|hr|ft|px|lb|ph|pt)$", re.IGNORECASE)  # "e1 1st" and "w1 2hr" are none
_PHONE = re.compile(
    r"(?<![\w.:/\\-])(?:\+44 ?(?:\(0\) ?)?|\(?0)(?:1\d{1,4}|2\d|3\d{2}|7\d{2,4}|8\d{2}|9\d{2})\)?(?:[ -]?\d{2,6}){1,3}"
    r"(?![\w-]|[.:,]\d)"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@((?:[\w-]+\.)+([A-Za-z]{2,}))(?![\w-])")
_EMAIL_HIDDEN = re.compile(
    r"(?<![\w.+-])[\w.+-]+ ?(?:[\[({<]\s?at\s?[\])}>]|@)"
    r" ?((?:[\w-]+ ?(?:[\[({<]\s?dot\s?[\])}>]|\.) ?)+([A-Za-z]{2,}))(?![\w-])",
    re.IGNORECASE,
)
_NOT_TOP = frozenset("png jpg jpeg gif svg webp css js md html py".split())  # "logo@2x.png" is a file
_NOBODYS = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|org|net))?|invalid|test|localhost)$", re.IGNORECASE)  # RFC 2606


def find(text: str, codes: frozenset[str] = frozenset()) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of every identifier in `text`. `codes` are role codes ("SN1"), which begin no postcode.

    >>> [kind for *_, kind in find("943 476 5919 or SN1 3RD or 01632 960983", frozenset({"SN1"}))]
    ['nhs-number', 'phone']
    """
    yield from written(text, codes)
    yield from _said(text)


def written(text: str, codes: frozenset[str] = frozenset()) -> Iterator[tuple[int, int, str]]:
    """Those of them that are written and not said."""
    for kind, pattern, fits in _KINDS:
        for hit in pattern.finditer(text):
            if fits(hit) and not (kind == "postcode" and hit[1].upper() in codes):
                yield hit.start(), hit.end(), kind


def _said(text: str) -> Iterator[tuple[int, int, str]]:
    """Identifiers said digit by digit: "nine four three, four seven six, five nine one nine"."""
    end = 0
    for some in _DIGITS_SAID.finditer(text):
        if some.start() < end:
            continue
        start, end = max(0, some.start() - _AROUND), min(len(text), some.end() + _AROUND)
        for hit in numbers.said(text[start:end]):
            if hit.kind in _SAID:
                yield start + hit.start, start + hit.end, hit.kind


def _is_nhs(hit: re.Match[str]) -> bool:
    digits = [int(d) for d in hit[1] + hit[2] + hit[3]]
    check = 11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11
    return len(set(digits)) > 1 and check % 11 == digits[9] and check != 10


def _is_phone(hit: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", hit[0].replace("(0)", ""))
    national = digits.removeprefix("44") if hit[0].startswith("+44") else digits.removeprefix("0")
    return len(national) == 10 or (len(national) == 9 and national[0] in "18")


def _is_email(hit: re.Match[str]) -> bool:
    return hit[2].casefold() not in _NOT_TOP and not _NOBODYS.search(hit[1])


def _is_hidden_email(hit: re.Match[str]) -> bool:
    """True where signs are put in words' or brackets' place, or spaces between: "jo (at) nhs.net"."""
    return _EMAIL.fullmatch(hit[0]) is None and re.search(r"@.*\s", hit[0]) is None and _is_email(hit)


def _is_postcode(hit: re.Match[str]) -> bool:
    return hit[2].upper() in AREAS


def _is_small_postcode(hit: re.Match[str]) -> bool:
    """True in small letters, with a gap: in capitals it is a postcode either way."""
    said = hit[0]
    return _is_postcode(hit) and said != said.upper() and (" " in said or "-" in said) and not _COUNTED.search(said)


def _always(hit: re.Match[str]) -> bool:
    return True


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    ("nhs-number", _NHS, _is_nhs),
    ("ni-number", _INSURANCE, _always),
    ("postcode", _POSTCODE, _is_postcode),
    ("postcode", _POSTCODE_SMALL, _is_small_postcode),
    ("phone", _PHONE, _is_phone),
    ("email", _EMAIL, _is_email),
    ("email", _EMAIL_HIDDEN, _is_hidden_email),
)
