"""What becomes of a date, an age or an identifier: the study's policy, in [anonymise] of copipe.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Dates = Literal["keep", "month", "year", "remove"]

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = re.compile(
    r"\b(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\b\.?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{2,4})(?!\d)")
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
).split()
_CARDINALS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty"
).split()
_IN_WORDS = "|".join((*_ORDINALS, *_CARDINALS))
_DAY = re.compile(
    rf"(?<![\d/.-])\d{{1,2}}(?:st|nd|rd|th)?(?![\d/-])|\b(?:(?:twenty|thirty)[- ])?(?:{_IN_WORDS})\b",
    re.IGNORECASE,
)
# What identifiers are called in the place of themselves; two of a kind read alike, so that neither can be told.
LABELS: Mapping[str, str] = {
    "nhs-number": "[NHS number]",
    "ni-number": "[National Insurance number]",
    "postcode": "[postcode]",
    "phone": "[telephone number]",
    "email": "[e-mail address]",
    "url": "[web address]",
    "age": "[age]",
    "number": "[number]",
    "id": "[identifier]",
    "person": "[name?]",
    "place": "[name?]",
    "organisation": "[name?]",
}


def label(kind: str) -> str:
    """What stands for an identifier of this kind."""
    return LABELS.get(kind, f"[{kind.replace('-', ' ')}]")


def date(said: str, policy: Dates) -> str | None:
    """What stands for a date under the policy, None where it stays as it is.

    Weekdays, "last week" and "in March" tell nobody's day; they stay, save that "year" and "remove" take the month.

    >>> date("the 14th of March 2016", "month"), date("14/03/2016", "year"), date("next Tuesday", "remove")
    ('[March 2016]', '[2016]', None)
    >>> date("March 2016", "month") is None, date("12 May", "month"), date("twelfth of May", "remove")
    (True, '[May]', '[date]')
    """
    if policy == "keep":
        return None
    month, years = _MONTH.search(said), _YEAR.findall(said)
    numeric = _NUMERIC.search(said)
    if numeric:
        month_name, years = _numeric(numeric)
        day = True
    elif month:
        month_name = next(m for m in _MONTHS if m.startswith(month[0].strip(".").casefold()[:3])).capitalize()
        day = _DAY.search(_spoken_year(said[: month.start()] + " " + said[month.end() :])) is not None
    elif years and policy == "remove":
        return "[date]"
    else:
        return None
    if policy == "remove":
        return "[date]"
    if policy == "year":
        return f"[{years[-1]}]" if years else "[date]"
    return "[" + " ".join([month_name or "date", *years[-1:]]) + "]" if day else None


def _numeric(found: re.Match[str]) -> tuple[str, list[str]]:
    """Month and year of 14/03/2016, 14.3.16, 2016-03-14; a month that cannot be is none."""
    first, second, third = found.groups()
    year = first if len(first) == 4 else third
    if len(year) == 2:
        year = ("20" if int(year) < 50 else "19") + year
    number = int(second)
    return (_MONTHS[number - 1].capitalize() if 1 <= number <= 12 else ""), [year] if len(year) == 4 else []


def _spoken_year(said: str) -> str:
    """`said` without a year in words ("twenty sixteen", "two thousand and nine"), which is no day."""
    return re.sub(
        r"\b(?:nineteen|twenty)[- ](?:oh[- ])?(?!first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)[a-z]+"
        r"|\btwo thousand(?: and [a-z]+)?",
        " ",
        said,
        flags=re.IGNORECASE,
    )
