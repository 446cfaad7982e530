import pytest

from copipe.anonymise.recognise.identifiers import find


def kinds(text: str) -> list[str]:
    return [f"{kind}:{text[start:end]}" for start, end, kind in find(text, frozenset({"SN1", "SW"}))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NHS number 943 476 5919.", "nhs-number:943 476 5919"),
        ("(9434765919)", "nhs-number:9434765919"),
        ("943-476-5919,", "nhs-number:943-476-5919"),
        ("NI QQ12 then AB 12 34 56 C", "ni-number:AB 12 34 56 C"),
        ("AB123456C", "ni-number:AB123456C"),
        ("at LS1 4DY.", "postcode:LS1 4DY"),
        ("EC1A1BB", "postcode:EC1A1BB"),
        ("SN25 1AB", "postcode:SN25 1AB"),
        ("call 01632 960983", "phone:01632 960983"),
        ("(020) 7946 0991", "phone:(020) 7946 0991"),
        ("+44 7700 900123", "phone:+44 7700 900123"),
        ("+44 (0)20 7946 0991", "phone:+44 (0)20 7946 0991"),
        ("07700900123", "phone:07700900123"),
        ("0800 111 111", "phone:0800 111 111"),
        ("at ls1 4dy.", "postcode:ls1 4dy"),
        ("LS1-4DY", "postcode:LS1-4DY"),
        ("ab-12-34-56-c", "ni-number:ab-12-34-56-c"),
        ("m.hollis (at) marlbury.nhs.uk", "email:m.hollis (at) marlbury.nhs.uk"),
        ("m.hollis [at] marlbury [dot] uk", "email:m.hollis [at] marlbury [dot] uk"),
        (
            "it is nine four three, four seven six five nine one nine then",
            "nhs-number:nine four three, four seven six five nine one nine",
        ),
        (
            "ring oh seven seven double oh nine hundred one two three",
            "phone:oh seven seven double oh nine hundred one two three",
        ),
        ("write to m.hollis@marlbury.nhs.uk, please", "email:m.hollis@marlbury.nhs.uk"),
    ],
)
def test_found(text: str, found: str) -> None:
    assert kinds(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "943 476 5918",  # the check digit is another
        "0000000000",
        "12.9434765919 and 9434765919.5",
        "2010-02 p. 1, l. 3 to p. 2, l. 14, 0:41:07",
        "0 1 2 3 4 5 6 7 8 9 10 20 30 40",
        "0 100 200 300 400 500",
        "2010-02:000123 000123.0001",
        "| SN1 | 3 | 0:04:10 | 12 % | 401 | 5230 |",
        "SN1 3RD, and SW1 is no whole one",
        "logo@2x.png someone@example.org @nurse",
        "https://example.org/2010/02/17/0123456789",
        "BG123456A",
        "SHA-256 0123456789ab 01632960983abc",
        "e1 1st, m1 2hr, b12 3rd, sn1 3rd, #ec12ab",
        "one two three four five six seven eight nine ten",
        "nine four three four seven six five nine one eight",
        "at home (at) last, @nurse and me.it",
        "version 3.11.0 of 1,234,567,890",
    ],
)
def test_not_found(text: str) -> None:
    assert kinds(text) == []
