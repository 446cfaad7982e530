"""Dates and ages in text, written and said. What becomes of them is the study's policy; durations are never found."""

from __future__ import annotations

import re
from collections.abc import Iterator

from copipe.anonymise.recognise.hits import Hit

_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_NUMBER = rf"(?:(?:{_TENS})(?:[ -](?:{_UNITS}))?|{_TEENS}|{_UNITS})"  # one to ninety-nine
_ORDINAL = (
    r"(?:(?:twenty|thirty)[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|eleventh|"
    r"twelfth|thirteenth|"
    r"fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth"
)
_SURE_MONTH = (
    r"january|february|april|june|july|august|september|october|november|december|"
    r"jan|feb|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
_MONTH = rf"(?:{_SURE_MONTH}|march|mar|may)\b\.?"
_DAY = rf"(?:(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?|{_ORDINAL})"
_WEEKDAY = r"(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?"
_DECADES = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|" + _TENS + r")"
_SAID_YEAR = (
    rf"(?:nineteen|twenty)[ -](?:oh[ -](?:{_UNITS})|hundred|(?:{_TENS})[ -](?:{_UNITS})|{_DECADES})"
    rf"|two thousand(?: and)?(?: {_NUMBER})?"
)
_YEAR = rf"(?:(?:1[89]|20)\d\d|['\u2019]\d\d|{_SAID_YEAR})"
_CLOCK = r"(?:[T ,]+(?:at )?[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?:\s?[ap]\.?m\b\.?)?)?"
_IN = (
    r"(?:in|of|since|from|until|till|by|last|this|next|during|around|about|before|after|early|late|mid|end of|"
    r"beginning of|back in)"
)

_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w.,/-])(?:(?:1[89]|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])){_CLOCK}(?![\w/-])",
        r"(?<![\w.,/-])(?:1[89]|20)\d\d (?:0[1-9]|1[0-2]) (?:0[1-9]|[12]\d|3[01])"
        r"(?: [0-2]\d [0-5]\d(?: [0-5]\d)?)?(?![\w/-])",
        rf"(?<![\w.,/-])(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\1(?:(?:1[89]|20)\d\d|"
        rf"\d\d){_CLOCK}(?![\w/-])",
        rf"(?<![\w./-])(?:0?[1-9]|[12]\d|3[01])[- ](?:{_SURE_MONTH}|mar|may)[- ](?:(?:1[89]|20)\d\d|"
        rf"\d\d){_CLOCK}(?![\w/-])",
        rf"(?<![\w./-])(?:{_WEEKDAY},? )?(?:the )?{_DAY}(?: of)?,? {_MONTH}(?:,? (?:of )?{_YEAR})?{_CLOCK}(?![\w-])",
        rf"(?<![\w-])(?:{_WEEKDAY},? )?{_MONTH},? (?:the )?{_DAY}\b(?!:)(?:(?:,|,? of)? {_YEAR})?{_CLOCK}(?![\w-])",
        rf"(?<![\w-])(?:the )?{_DAY} of the (?:{_DAY}),? (?:{_YEAR}|\d\d)(?![\w-])",
        rf"(?<![\w-]){_MONTH},? (?:of )?{_YEAR}(?![\w-])",
        rf"(?<=\b)(?<![\w-])(?:{_SURE_MONTH})(?![\w-])",
        rf"(?<![\w-]){_IN} (?P<date>march|may)(?![\w-])",
        r"(?<![\w.,/$£€#-])(?P<date>(?:19|20)\d\d)(?:[-/\u2013](?:19|20)?\d\d)?(?![\w/%-]|\.\d|,\d)",
        rf"(?<![\w-]){_IN} (?P<date>{_SAID_YEAR})(?![\w-])",
        rf"(?<![\w-])(?P<date>nineteen[ -](?:oh[ -](?:{_UNITS})|(?:{_TENS})[ -](?:{_UNITS})|(?:{_TENS})))(?![\w-])",
    )
)
# "may" and "march" that do something: "we may 3 of us", "they march 10 miles" are left to the capital or what is
# before.
_VERB = re.compile(r"\b(?:i|you|we|they|he|she|it|who|that|there|which|and|people|this)\W+$", re.IGNORECASE)
_CLOCKED = re.compile(r"\bsecond\b|\bone\b", re.IGNORECASE)

_YEARS = r"(?:years?|yrs?|y/?o)"
_COUNT = rf"(?:\d{{1,3}}|{_NUMBER}|a hundred(?: and {_NUMBER})?)"
_AGES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<![\w.])(?P<age>{_COUNT})[ -](?:{_YEARS}|months?|weeks?|days?)[ -]olds?\b",
        r"(?<![\w.])(?P<age>\d{1,3})\s?(?:y/o|yo|yr old|yrs old)\b",
        rf"\b(?:aged|age of|age is|age was|age|at the age of|turned|turning|turns)\s+(?P<age>{_COUNT})(?![\w:]|"
        rf"[.,]\d| (?:to|and|or|percent|of)\b)",
        rf"(?<![\w.])(?P<age>{_COUNT})[ -]?{_YEARS} of age\b",
        rf"\b(?:in (?:his|her|their|my|your) )(?P<age>(?:early |mid |late )?(?:{_TENS.replace('y', 'ies')}|\d0s))\b",
        rf"\b(?:i'm|i am|he's|she's|he is|she is|she was|he was|mum's|dad's)\s+(?:now |only |about |nearly |almost "
        rf")?(?P<age>\d\d|(?:{_TENS})[ -](?:{_UNITS}))(?=[,;?!]|\.(?!\d)|$| now| today| next| this year| and (?:he|"
        rf"she|i|lives)| years young)",
        r"(?<![\w.])(?P<age>\d{2,3})[ -](?:year|yr)[ -](?:old )?(?=female|male|man|woman|lady|gentleman|boy|girl)",
        rf"\b(?P<age>{_COUNT})(?= year[s]? old\b)",
    )
)
SURE, PROBABLE = 0.9, 0.6


def dates(text: str) -> Iterator[Hit]:
    """Dates, from a whole one to a month or year alone; weekdays and "last week" are none. None overlap."""
    found: list[Hit] = []
    for pattern in _DATES:
        for hit in pattern.finditer(text):
            start, end = hit.span("date") if "date" in pattern.groupindex else hit.span()
            said = text[start:end]
            if any(start < h.end and h.start < end for h in found) or _no_date(said, text, start):
                continue
            found.append(Hit(start, end, "date", SURE, "date", True))
    yield from sorted(found)


def _no_date(said: str, text: str, start: int) -> bool:
    lower = said.casefold()
    if lower.startswith(("may ", "march ")) and not (said[0].isupper() and not _VERB.search(text, 0, start)):
        return said[0].islower() and bool(_VERB.search(text, 0, start))
    if (
        lower in ("jun", "jan", "sept", "sep", "dec", "mar", "apr", "nov", "oct", "feb", "jul", "aug")
        and not said[0].isupper()
    ):
        return True  # "dec" and the like without a capital are cut words
    if lower in ("april", "june", "august"):  # names too: with a month's words before, or the capital
        return False
    return bool(re.fullmatch(r"(?:second|one|first) (?:may|march|mar|sun|sat)", lower)) and said[0].islower()


def ages(text: str) -> Iterator[Hit]:
    """How old somebody is, said as an age: "aged 79", "a 79-year-old", "in her eighties"."""
    found: list[Hit] = []
    for pattern in _AGES:
        for hit in pattern.finditer(text):
            start, end = hit.span("age")
            if not any(start < h.end and h.start < end for h in found):
                found.append(Hit(start, end, "age", SURE, "age", True))
    yield from sorted(found)
