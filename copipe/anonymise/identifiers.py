"""Numbers and addresses that identify somebody, as they are written, and only where there is no doubt.

For the gate: what a recogniser would only suspect, or what is spoken in words, is the work of anonymising. Formats: NHS
number (NHS Data Dictionary, Modulus 11), National Insurance number (HMRC NIM39110), postcodes (BS 7666, Royal Mail's
areas), telephone numbers (Ofcom's numbering plan), e-mail addresses (RFC 5322, those in use).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_EDGE = r"(?<![\w.:/\\-])"
_AREAS = (
    "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH "
    "EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M "
    "ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST "
    "SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE "
).split()
_NHS = re.compile(_EDGE + r"(\d{3})[ -]?(\d{3})[ -]?(\d{4})(?![\w-]|[.:,]\d)")
_INSURANCE = re.compile(
    _EDGE + r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)"
)
_POSTCODE = re.compile(
    _EDGE + rf"((?:{'|'.join(sorted(_AREAS, key=len, reverse=True))})\d[A-Z\d]?) ?\d[ABD-HJLNP-UW-Z]{{2}}(?!\w)"
)
_PHONE = re.compile(
    r"(?<![\w.:/\\-])(?:\+44 ?(?:\(0\) ?)?|\(?0)(?:1\d{1,4}|2\d|3\d{2}|7\d{2,4}|8\d{2}|9\d{2})\)?(?:[ -]?\d{2,6}){1,3}"
    r"(?![\w-]|[.:,]\d)"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@((?:[\w-]+\.)+([A-Za-z]{2,}))(?![\w-])")
_NOT_TOP = frozenset("png jpg jpeg gif svg webp css js md html py".split())  # "logo@2x.png" is a file
_NOBODYS = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|org|net))?|invalid|test|localhost)$", re.IGNORECASE)  # RFC 2606


def find(text: str, codes: frozenset[str] = frozenset()) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of every identifier in `text`. `codes` are role codes ("SN1"), which begin no postcode.

    >>> [kind for *_, kind in find("943 476 5919 or SN1 3RD or 01632 960983", frozenset({"SN1"}))]
    ['nhs-number', 'phone']
    """
    for kind, pattern, fits in _KINDS:
        for hit in pattern.finditer(text):
            if fits(hit) and not (kind == "postcode" and hit[1] in codes):
                yield hit.start(), hit.end(), kind


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


def _always(hit: re.Match[str]) -> bool:
    return True


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    ("nhs-number", _NHS, _is_nhs),
    ("ni-number", _INSURANCE, _always),
    ("postcode", _POSTCODE, _always),
    ("phone", _PHONE, _is_phone),
    ("email", _EMAIL, _is_email),
)
