"""Texts with known names and identifiers in them, for benchmarks/anonymise.py: a published set, and one made here.

Each text comes as written and as said: small letters, no punctuation, identifiers in words.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PII = Path(__file__).resolve().parents[1] / "../shared/data/pii/synth_dataset_v2.json"
# What the published set calls them, and what copipe does. Titles and nationalities are left in the text on purpose.
KINDS = {
    "PERSON": "person",
    "ORGANIZATION": "organisation",
    "GPE": "place",
    "STREET_ADDRESS": "address",
    "ZIP_CODE": "number",
    "PHONE_NUMBER": "phone",
    "EMAIL_ADDRESS": "email",
    "DOMAIN_NAME": "url",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "id",
    "US_DRIVER_LICENSE": "id",
    "IP_ADDRESS": "ip-address",
    "DATE_TIME": "date",
    "AGE": "age",
}
STRUCTURED = frozenset("phone email url card iban id ip-address nhs-number ni-number postcode passport number".split())


@dataclass(frozen=True, slots=True)
class Span:
    """`[start, end)` of a text is a `kind`."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Case:
    """A text and all that must not be left in it."""

    text: str
    spans: tuple[Span, ...]


def published() -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    """The published set in two halves by index: even for tuning, odd for the test."""
    rows = json.loads(PII.read_text(encoding="utf-8"))
    cases = [
        Case(
            row["full_text"],
            tuple(
                sorted(
                    (
                        Span(s["start_position"], s["end_position"], KINDS[s["entity_type"]])
                        for s in row["spans"]
                        if s["entity_type"] in KINDS
                    ),
                    key=lambda s: s.start,
                )
            ),
        )
        for row in rows
    ]
    return tuple(cases[::2]), tuple(cases[1::2])


# --- as said


def said(case: Case, digits: bool, rng: random.Random) -> Case:
    """The case in small letters without punctuation. With `digits` numbers and addresses are put in words as people say them."""
    out: list[str] = []
    spans: list[Span] = []
    length = 0

    def put(words: str) -> tuple[int, int]:
        nonlocal length
        if not words:
            return length, length
        if out:
            length += 1
        out.append(words)
        start, length = length, length + len(words)
        return start, length

    at = 0
    for span in case.spans:
        if span.start < at:
            continue
        put(_plain(case.text[at : span.start]))
        inside = case.text[span.start : span.end]
        structured = span.kind in STRUCTURED
        words = (
            aloud(inside, span.kind, rng) if structured and digits else inside.lower() if structured else _plain(inside)
        )
        start, end = put(words)
        spans.append(Span(start, end, span.kind))
        at = span.end
    put(_plain(case.text[at:]))
    return Case(" ".join(out), tuple(s for s in spans if s.end > s.start))


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s'\u2019]|_", " ", text.lower()).split())


_WORDS = "zero one two three four five six seven eight nine".split()


def aloud(text: str, kind: str, rng: random.Random) -> str:
    """An identifier as somebody says it: digit by digit, "oh" or "zero", "double", letters alone, "at" and "dot"."""
    if kind in ("email", "url"):
        words = re.sub(r"https?://", "", text.lower().rstrip("/"))
        for sign, name in (("@", " at "), (".", " dot "), ("_", " underscore "), ("-", " dash "), ("/", " slash ")):
            words = words.replace(sign, name)
        return " ".join(words.split())
    signs = [c.lower() for c in text if c.isalnum()]
    zero = rng.choice(("oh", "zero"))
    doubles = rng.random() < 0.4
    words_out: list[str] = []
    n = 0
    while n < len(signs):
        word = _WORDS[int(signs[n])] if signs[n].isdigit() else signs[n]
        word = zero if word == "zero" else word
        if doubles and n + 1 < len(signs) and signs[n + 1] == signs[n]:
            words_out.append(f"double {word}")
            n += 2
        else:
            words_out.append(word)
            n += 1
    return " ".join(words_out)


# --- made here: identifiers of the United Kingdom

_FIRST = (
    "Gwen Siobhan Priya Mohammed Agnieszka Callum Niamh Oluwaseun Dilys Harpreet Tomasz Aoife Kwame Rhiannon Yusuf Magda Hamish Chidi Bronwen Fatima "
    "Margaret Brian Doreen Kevin Sheila Trevor Maureen Nigel Tracey Gareth Zainab Ewan Blessing Grace Rose Will Mark Hope Joy Ray Dawn Jasmine "
    "Vikram Anjali Sunil Krystyna Lech Marius Ioana Ngozi Femi Abena Tendai Rosalind Hilary Geoffrey Alistair Catriona Eluned Ffion"
).split()
_LAST = (
    "Hargreaves Okonkwo Patel O'Brien McAllister Llewellyn Braithwaite Khan Kowalczyk Singh Adeyemi Sutcliffe Ramsbottom Begum Davies Nowak Achebe Murphy "
    "Fairweather Entwistle Boateng Chowdhury Pritchard Macdonald Hussain Ormerod Baker Ward Bishop Green Young Cook Field Hill Brooks Price Wood "
    "Ashworth Ogunleye Gallagher Zielinska Bhattacharya Featherstonehaugh Cholmondeley Mainwaring Iwu Mbeki Ferreira Popescu Dunleavy Threlfall"
).split()
_TOWNS = (
    "Wakefield Pontefract Huddersfield Barnsley Merthyr Kilmarnock Ballymena Scunthorpe Oldham Truro Todmorden Llanelli Paisley Batley Grimsby Worksop Hexham "
    "Rotherham Swindon Kettering"
).split()
_AREAS = "WF LS HD BD S M OL CF G BT TR DN NE HU YO SW N EH PL".split()


def _person(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"


def _first(rng: random.Random) -> str:
    return rng.choice(_FIRST)


def _last(rng: random.Random) -> str:
    return rng.choice(_LAST)


def _nhs(rng: random.Random) -> str:
    while True:
        nine = [rng.randint(0, 9) for _ in range(9)]
        check = (11 - sum(d * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11) % 11
        if check < 10:
            digits = "".join(map(str, [*nine, check]))
            return rng.choice(
                (f"{digits[:3]} {digits[3:6]} {digits[6:]}", digits, f"{digits[:3]}-{digits[3:6]}-{digits[6:]}")
            )


def _nino(rng: random.Random) -> str:
    first, second = rng.choice("ABCEGHJKLMNOPRSTWXYZ"), rng.choice("ABCEGHJKLMNPRSTWXYZ")
    if first + second in ("BG", "GB", "NK", "KN", "NT", "TN", "ZZ"):
        return _nino(rng)
    d = f"{rng.randint(0, 999999):06}"
    last = rng.choice("ABCD")
    return rng.choice((f"{first}{second}{d}{last}", f"{first}{second} {d[:2]} {d[2:4]} {d[4:]} {last}"))


def _postcode(rng: random.Random) -> str:
    inward = "".join(rng.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
    return f"{rng.choice(_AREAS)}{rng.randint(1, 19)} {rng.randint(0, 9)}{inward}"


def _phone(rng: random.Random) -> str:
    end = f"{rng.randint(0, 999999):06}"
    return rng.choice((f"07{rng.randint(100, 999)} {end}", f"01{rng.randint(200, 999)} {end}", f"+44 7{rng.randint(100, 999)} {end}",
                       f"020 {rng.randint(3000, 8999)} {end[:4]}"))  # fmt: skip


def _email(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST)}.{rng.choice(_LAST)}@{rng.choice(('nhs.net', 'midtrust.nhs.uk', 'gmail.com', 'leeds.gov.uk'))}".lower().replace(
        "'", ""
    )


def _trust(rng: random.Random) -> str:
    town = rng.choice(_TOWNS)
    return rng.choice((f"{town} Hospitals NHS Trust", f"North {town} NHS Foundation Trust", f"{town} Partnership Trust", f"{town} and District Health Board",
                       f"{town} City Council", f"University of {town}"))  # fmt: skip


def _hospital(rng: random.Random) -> str:
    town = rng.choice(_TOWNS)
    return rng.choice((f"{town} General Hospital", f"{town} Royal Infirmary", f"St {rng.choice(('Luke', 'Anne', 'Hilda'))}'s Hospice", f"{town} Community Hospital",
                       f"{_last(rng)} House Nursing Home", f"Queen {_first(rng)} Hospital"))  # fmt: skip


def _town(rng: random.Random) -> str:
    return rng.choice(_TOWNS)


def _number(rng: random.Random) -> str:
    return f"{rng.randint(100000, 9999999)}"


_MAKE: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "P": ("person", _person),
    "F": ("person", _first),
    "L": ("person", _last),
    "NHS": ("nhs-number", _nhs),
    "NI": ("ni-number", _nino),
    "PC": ("postcode", _postcode),
    "TEL": ("phone", _phone),
    "MAIL": ("email", _email),
    "T": ("organisation", _trust),
    "H": ("place", _hospital),
    "TOWN": ("place", _town),
    "NUM": ("number", _number),
}
# Sentences that tuning may look at, and sentences that it may not.
_TUNED = """
So {P} rang from {H} and said the NHS number was {NHS}.
Her NHS number's {NHS} and she lives in {TOWN}.
It's {F} here, I'm on {TEL} if you need me.
You can get me on {TEL} after two o'clock.
The postcode is {PC}, near the park.
National insurance number {NI}, I've got it written down.
Can you email {MAIL} about the discharge?
I used to work for {T} before this job.
Mrs {L} was moved to {H} on the Friday.
We asked Dr {L} to look at it, and {F} came as well.
The hospital number was {NUM}, I think.
{F} and {F} both thought the handover was poor.
I said to {F}, that's not how we do it at {T}.
When {P} took over as matron, everything changed.
My name is {P} and I'm the occupational therapist.
They sent him home to {TOWN} with nothing, no package of care.
"""
_HELD_OUT = """
Yeah, I spoke to {P} about it last week.
Is that {NHS} you've got on the system?
He's down as {NHS} on the label.
She gave me her mobile, {TEL}, so I rang her back.
Ring the ward, it's {TEL}.
Their address has got {PC} at the end of it.
It was {NI} on the payslip.
I'd put {MAIL} in copy.
{T} have got a completely different policy.
We had a lady come over from {H} without any notes.
The thing with {F} is that she never writes anything down.
I remember {F} telling us about a man in {TOWN}.
So me, {F} and {P} met up with the people from {T}.
Mr {L} fell twice on the way to the toilet.
There was an incident, reference {NUM}, that never got closed.
And {F} goes, well, who's going to tell Professor {L}?
"""


def made(held_out: bool, seed: int, each: int = 12) -> tuple[Case, ...]:
    """Sentences of a meeting with people, places and identifiers of the United Kingdom, none of them real."""
    rng = random.Random(seed)
    lines = [line for line in (_HELD_OUT if held_out else _TUNED).split("\n") if line]
    return tuple(_fill(line, rng) for line in lines for _ in range(each))


def _fill(line: str, rng: random.Random) -> Case:
    text, spans = "", []
    for part in re.split(r"(\{\w+\})", line):
        if part.startswith("{"):
            kind, make = _MAKE[part[1:-1]]
            value = make(rng)
            spans.append(Span(len(text), len(text) + len(value), kind))
            text += value
        else:
            text += part
    return Case(text, tuple(spans))


# --- names with errors of recognition


def slips(name: str, rng: random.Random) -> Iterator[str]:
    """The name with one letter other, more, less, or exchanged with the next."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    at = rng.randrange(len(name))
    other = rng.choice([c for c in letters if c != name[at].lower()])
    yield name[:at] + other + name[at + 1 :]
    yield name[:at] + rng.choice(letters) + name[at:]
    yield name[:at] + name[at + 1 :]
    swaps = [n for n in range(len(name) - 1) if name[n].lower() != name[n + 1].lower()]
    n = rng.choice(swaps)
    yield name[:n] + name[n + 1] + name[n] + name[n + 2 :]


def surnames() -> Sequence[str]:
    """The surnames of the made set."""
    return _LAST


def first_names() -> Sequence[str]:
    """The first names of the made set."""
    return _FIRST
