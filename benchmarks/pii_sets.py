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
    """The case in small letters without punctuation; with `digits` numbers and addresses are said in words."""
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

# Names, towns: those of the sentences for tuning, and others for those that are held out.
_FIRST = (
    "Gwen Siobhan Priya Mohammed Agnieszka Callum Niamh Oluwaseun Dilys Harpreet Tomasz Aoife Kwame Rhiannon "
    "Yusuf Magda Hamish Chidi Bronwen Fatima Margaret Brian Doreen Kevin Sheila Trevor Maureen Nigel Tracey "
    "Gareth Zainab Ewan Blessing Grace Rose Will Mark Hope Joy Ray Dawn Jasmine Vikram Anjali Sunil Krystyna Lech "
    "Marius Ioana Ngozi Femi Abena Tendai Rosalind Hilary Geoffrey Alistair Catriona Eluned Ffion"
).split()
_LAST = (
    "Hargreaves Okonkwo Patel O'Brien McAllister Llewellyn Braithwaite Khan Kowalczyk Singh Adeyemi Sutcliffe "
    "Ramsbottom Begum Davies Nowak Achebe Murphy Fairweather Entwistle Boateng Chowdhury Pritchard Macdonald "
    "Hussain Ormerod Baker Ward Bishop Green Young Cook Field Hill Brooks Price Wood Ashworth Ogunleye Gallagher "
    "Zielinska Bhattacharya Featherstonehaugh Cholmondeley Mainwaring Iwu Mbeki Ferreira Popescu Dunleavy "
    "Threlfall"
).split()
_TOWNS = (
    "Wakefield Pontefract Huddersfield Barnsley Merthyr Kilmarnock Ballymena Scunthorpe Oldham Truro Todmorden "
    "Llanelli Paisley Batley Grimsby Worksop Hexham Rotherham Swindon Kettering"
).split()
_FIRST_HELD_OUT = (
    "Dorcas Ignatius Jacinta Tegan Leofric Morwenna Shabnam Perpetua Wojtek Halima Cuthbert Nerissa Gurdeep "
    "Bartholomew Ailsa Obioma Rukhsana Lorcan Winnie Clive Barry Janice Roland Muriel Elspeth Desmond Glenys "
    "Sanjeev Thandeka Marek Oana Yetunde Kwabena Olwen Duncan Fay Heather Lily Amber Pearl Frank Bill Norma "
    "Crystal Ruby Sandy Victoria Natasha Leanne Craig Darren"
).split()
_LAST_HELD_OUT = (
    "Postlethwaite Oyelaran Venkataraman Gillespie Szczepanski Abernethy Molyneux Thistlethwaite Kirkbride "
    "Dhaliwal Nkrumah Yilmaz Trevelyan Penhaligon Farquharson Rafferty Cadwallader Osibodu Mukherjee Lisowska "
    "Birtwhistle Clutterbuck Ramachandran Eccleston Haddad Larkin Marsh Cole Page Wells Reed Barber Knight Rice "
    "Lamb Cross Stone Rhodes Fletcher Tennant Urquhart Winterbottom Zhou Quigley Ibrahim"
).split()
_TOWNS_HELD_OUT = (
    "Aberystwyth Motherwell Halifax Burnley Doncaster Lisburn Kidderminster Falmouth Otley Rhyl Dunfermline "
    "Stockport Taunton Nuneaton Ilkeston Leigh Crewe Hartlepool Larne Ashington"
).split()
_AREAS = "WF LS HD BD S M OL CF G BT TR DN NE HU YO SW N EH PL".split()


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes names and identifiers, with a memory for chance alone."""

    rng: random.Random
    first: Sequence[str]
    last: Sequence[str]
    towns: Sequence[str]

    def make(self, what: str) -> tuple[str, str]:
        """The kind and one example of what a template calls `{what}`."""
        kind, maker = _MAKE[what]
        return kind, maker(self)

    def pick(self, *ways: str) -> str:
        return self.rng.choice(ways)

    def digits(self, n: int) -> str:
        return f"{self.rng.randrange(10**n):0{n}}"

    def first_name(self) -> str:
        return self.rng.choice(self.first)

    def surname(self) -> str:
        return self.rng.choice(self.last)

    def town(self) -> str:
        return self.rng.choice(self.towns)

    def person(self) -> str:
        return f"{self.first_name()} {self.surname()}"

    def nhs_number(self) -> str:
        while True:
            nine = self.digits(9)
            check = (11 - sum(int(d) * w for d, w in zip(nine, range(10, 1, -1), strict=True)) % 11) % 11
            if check < 10:
                d = f"{nine}{check}"
                return self.pick(f"{d[:3]} {d[3:6]} {d[6:]}", d, f"{d[:3]}-{d[3:6]}-{d[6:]}")

    def ni_number(self) -> str:
        while True:
            prefix = self.rng.choice("ABCEGHJKLMNOPRSTWXYZ") + self.rng.choice("ABCEGHJKLMNPRSTWXYZ")
            if prefix not in ("BG", "GB", "NK", "KN", "NT", "TN", "ZZ"):
                d, last = self.digits(6), self.rng.choice("ABCD")
                return self.pick(f"{prefix}{d}{last}", f"{prefix} {d[:2]} {d[2:4]} {d[4:]} {last}")

    def postcode(self) -> str:
        inward = "".join(self.rng.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
        return f"{self.rng.choice(_AREAS)}{self.rng.randint(1, 19)} {self.digits(1)}{inward}"

    def phone(self) -> str:
        area, six = self.rng.randint(200, 999), self.digits(6)
        return self.pick(f"07{area} {six}", f"01{area} {six}", f"+44 7{area} {six}", f"020 7{area} {six[:4]}")

    def email(self) -> str:
        host = self.pick("nhs.net", "midtrust.nhs.uk", "gmail.com", "leeds.gov.uk")
        return f"{self.first_name()}.{self.surname()}@{host}".lower().replace("'", "")

    def trust(self) -> str:
        town = self.town()
        return self.pick(
            f"{town} Hospitals NHS Trust",
            f"North {town} NHS Foundation Trust",
            f"{town} Partnership Trust",
            f"{town} and District Health Board",
            f"{town} City Council",
            f"University of {town}",
        )

    def hospital(self) -> str:
        town = self.town()
        return self.pick(
            f"{town} General Hospital",
            f"{town} Royal Infirmary",
            f"St {self.pick('Luke', 'Anne', 'Hilda')}'s Hospice",
            f"{town} Community Hospital",
            f"{self.surname()} House Nursing Home",
            f"Queen {self.first_name()} Hospital",
        )

    def number(self) -> str:
        return str(self.rng.randint(100_000, 9_999_999))


_MAKE: dict[str, tuple[str, Callable[[_Maker], str]]] = {
    "P": ("person", _Maker.person),
    "F": ("person", _Maker.first_name),
    "L": ("person", _Maker.surname),
    "NHS": ("nhs-number", _Maker.nhs_number),
    "NI": ("ni-number", _Maker.ni_number),
    "PC": ("postcode", _Maker.postcode),
    "TEL": ("phone", _Maker.phone),
    "MAIL": ("email", _Maker.email),
    "T": ("organisation", _Maker.trust),
    "H": ("place", _Maker.hospital),
    "TOWN": ("place", _Maker.town),
    "NUM": ("number", _Maker.number),
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
    """Sentences of a meeting with people, places and identifiers of the United Kingdom, none of them real.

    What is held out has other sentences and other names and towns.
    """
    names = (_FIRST_HELD_OUT, _LAST_HELD_OUT, _TOWNS_HELD_OUT) if held_out else (_FIRST, _LAST, _TOWNS)
    maker = _Maker(random.Random(seed), *names)
    lines = [line for line in (_HELD_OUT if held_out else _TUNED).split("\n") if line]
    return tuple(_fill(line, maker) for line in lines for _ in range(each))


def _fill(line: str, maker: _Maker) -> Case:
    text, spans = "", []
    for part in re.split(r"(\{\w+\})", line):
        if part.startswith("{"):
            kind, value = maker.make(part[1:-1])
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
    return [*_LAST, *_LAST_HELD_OUT]


def first_names() -> Sequence[str]:
    """The first names of the made set."""
    return [*_FIRST, *_FIRST_HELD_OUT]
