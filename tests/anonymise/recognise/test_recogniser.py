"""What tells who or where, found in text written and said, with nothing fetched; and what is nobody's, left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.anonymise.recognise import gazetteer
from copipe.anonymise.recognise import recogniser as recognise
from copipe.anonymise.recognise.recogniser import Hit, find, identity, required_models
from copipe.errors import ConfigError, InputError, MissingModelError
from copipe.study.settings import defaults

SETTINGS = defaults().anonymise


def seen(text: str, own: Path | None = None) -> list[tuple[str, str, bool]]:
    (hits,) = find([text], SETTINGS, own)
    return [(text[h.start : h.end], h.kind, h.sure) for h in hits]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(said, kind) for said, kind, _ in seen(text)]


# --- names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I saw Gwen and Siobhan on the ward.", ["Gwen", "Siobhan"]),
        ("Well, Grace Kelly said to Dr Osei, no.", ["Grace Kelly", "Osei"]),
        ("i saw gwen and told siobhan about mrs ward", ["gwen", "siobhan", "ward"]),
        ("my name is hope patel and that's dr bishop", ["hope patel", "bishop"]),
        ("Oluwaseun O'Brien-Gray's notes, J. R. Llewellyn's too", ["Oluwaseun O'Brien-Gray", "J. R. Llewellyn"]),
        ("I SAW GWEN TODAY AND MRS PARKINSON", ["GWEN", "PARKINSON"]),
        ("it's spelled s m i t h", ["s m i t h"]),
        ("H-A-double R-I-S she said", ["H-A-double R-I-S"]),
        ("Chelsea Brown rang", ["Chelsea Brown"]),
        ("mark's wife came in with sister grace", ["mark", "grace"]),
        ("i spoke to doctor hunt and asked nurse bishop", ["hunt", "bishop"]),
    ],
)
def test_people(text: str, names: list[str]) -> None:
    assert kinds(text) == [(name, "person") for name in names]


@pytest.mark.parametrize(
    "text",
    [
        "We gave him a Barthel on the Stroke unit, and the OT did a Rankin with the GP.",
        "God, will you be there on Monday? We may hope for grace, I mark my words.",
        "a Bristol Stool Chart, the Sara Stedy, a Foley catheter, her Marie Curie nurse, the MARAC",
        "Kotter's eight steps, Maslow's hierarchy and Lewin's force field",
        "the nurse cross checked it with the doctor, may be, and the ward sister will long for a nurse practitioner",
        "twenty years down the road it took 10 minutes along the lane",
        "Bell's palsy, Parkinson's, Lyme disease and a sore Adam's apple.",
        "he takes bisoprolol, lansoprazole and co-codamol, and the physio did his obs",
        "they're on Teams, or SystmOne, or Datix, whatever, the app on the iPad",
        "um yeah hmm sooo innit gonna wanna dunno mmhm right then okay",
        "I'm a, I, it's a, a wee bit of a, I don't know",
        "the N H S and the C Q C and a b c, the NHS",
        "six weeks, twenty five years on, two thirds, 120/80, 10.5, 1,000,000 and £25000",
        "one two three four five six seven eight",
        "ten, twenty, thirty, forty, fifty, or twenty sixteen, twenty seventeen, twenty eighteen",
        "2009-2011, 2009/10, at 10.30, 7 pm, room 12, ward round 3",
        "Mr Chair, I give way. Thank you, Mr Speaker.",
        "a community hospital, the general hospital, our school, the nursing home, his trust",
        "Whi - while you were perh- perhaps there",
        "the end.It was good.So we went",
        "",
        "   \n\t ",
    ],
)
def test_nobody(text: str) -> None:
    assert [hit for hit in kinds(text) if hit[1] != "date"] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("at Pinderfields General Hospital", ("Pinderfields General Hospital", "place")),
        ("she went to st annes hospice", ("st annes hospice", "place")),
        ("for Mid Yorkshire Hospitals NHS Trust", ("Mid Yorkshire Hospitals NHS Trust", "organisation")),
        ("i worked for barnsley city council", ("barnsley city council", "organisation")),
        ("over at NHS Lothian", ("NHS Lothian", "organisation")),
        ("he lives in Todmorden now", ("Todmorden", "place")),
        ("he lives in todmorden now", ("todmorden", "place")),
        ("they are in Reading now", ("Reading", "place")),
        ("he was reading in the bath", None),
        ("at 14 Cemetery Road", ("14 Cemetery Road", "address")),
    ],
)
def test_places_and_organisations(text: str, found: tuple[str, str] | None) -> None:
    assert kinds(text) == ([found] if found else [])


# --- identifiers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NHS number 943 476 5919", ("943 476 5919", "nhs-number")),
        ("nine four three, four seven six, five nine one nine", (None, "nhs-number")),
        ("AB 12 34 56 C", (None, "ni-number")),
        ("a b one two three four five six c", (None, "ni-number")),
        ("it's WF1 4DG", ("WF1 4DG", "postcode")),
        ("it's wf1 4dg", ("wf1 4dg", "postcode")),
        ("double u f one, four d g", (None, "postcode")),
        ("o l one five, six d b", (None, "postcode")),
        ("01924 541000", (None, "phone")),
        ("+44 7700 900123", (None, "phone")),
        ("oh seven seven double oh, nine hundred, one two three", (None, "phone")),
        ("jo.smith@nhs.net", (None, "email")),
        ("jo dot smith at nhs dot net", (None, "email")),
        ("https://www.example.org/a?b=1", (None, "url")),
        ("www dot example dot co dot uk", (None, "url")),
        ("4012 8888 8888 1881", (None, "card")),
        ("GB33BUKB20201555555555", (None, "iban")),
        ("192.168.10.20", (None, "ip-address")),
        ("extension four five one two", ("four five one two", "number")),
        ("hospital number 403127", ("403127", "number")),
    ],
)
def test_identifiers(text: str, found: tuple[str | None, str]) -> None:
    assert kinds(text) == [(found[0] or text, found[1])]


@settings(max_examples=60)
@given(st.integers(0, 999_999_999), st.sampled_from(("oh", "zero")), st.booleans(), st.sampled_from((" ", ", ")))
def test_an_nhs_number_is_known_however_it_is_said(nine: int, zero: str, doubled: bool, gap: str) -> None:
    digits = f"{nine:09}"
    check = (11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11) % 11
    if check == 10 or len(set(digits)) == 1:
        return
    names = [zero, *"one two three four five six seven eight nine".split()]
    said = [names[int(d)] for d in f"{digits}{check}"]
    if doubled:
        for n in range(9, 0, -1):
            if n < len(said) and said[n] == said[n - 1] and not said[n].startswith("double"):
                said[n - 1 : n + 1] = [f"double {said[n]}"]
    text = gap.join(said)
    assert kinds(f"her number is {text} I think") == [(text, "nhs-number")]


def test_dates_and_ages() -> None:
    text = "On the 14th of March 2016, or 3/4/2010, in her eighties, aged 79, since october, last week, six weeks"
    assert kinds(text) == [
        ("the 14th of March 2016", "date"),
        ("3/4/2010", "date"),
        ("eighties", "age"),
        ("79", "age"),
        ("october", "date"),
    ]
    assert kinds("you may march three miles, I second that") == []
    assert kinds("born on the twelfth of may nineteen sixty two") == [
        ("the twelfth of may nineteen sixty two", "date"),
    ]


# --- the contract


WORDS = st.sampled_from(
    "gwen Smith mrs Dr J. o'brien 943 476 5919 oh double seven wf1 4dg . , - ' \n \u2019s jo@nhs.net at dot nhs net I "
    "a the "
    "Stroke hospital trust st 14 March 2016 aged [ ] \u00e9 Siobh\u00e1n \U0001f600 \u0130stanbul \u00df x 7".split(" ")
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=14).map(" ".join), max_size=4))
def test_hits_lie_in_their_text_in_order_and_do_not_overlap(texts: list[str]) -> None:
    together = find(texts, SETTINGS)
    assert len(together) == len(texts)
    for text, hits in zip(texts, together, strict=True):
        assert find([text], SETTINGS) == (hits,)  # what else is read at once makes no difference
        at = 0
        for hit in hits:
            assert at <= hit.start < hit.end <= len(text)
            assert 0 < hit.score <= 1
            assert any(sign.isalnum() for sign in text[hit.start : hit.end])
            at = hit.end


def test_long_texts_are_read_in_parts_and_keep_their_offsets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognise, "LONGEST", 200)
    text = ("nothing here to see " * 15 + "Gwen Smith. ") * 6
    (hits,) = find([text], SETTINGS)
    assert [text[h.start : h.end] for h in hits] == ["Gwen Smith"] * 6
    (hits,) = find(["x" * 900 + " Gwen Smith"], SETTINGS)
    assert (hits[-1].start, hits[-1].end) == (901, 911)


def test_hits_are_sure_or_doubtful() -> None:
    assert seen("Ask Gwen Smith.") == [("Gwen Smith", "person", True)]
    assert seen("Ask Zorblat about it.") == [("Zorblat", "person", False)]
    assert seen("the postcode is WF1 4DG")[-1][2]
    assert Hit(0, 1, "person", 0.5, "names", False) < Hit(1, 2, "age", 0.5, "age", True)


def test_own_lists_of_a_study(tmp_path: Path) -> None:
    text = "we met at tin hut with grey wolf team"
    assert seen(text) == []
    (tmp_path / "places.txt").write_text("# ours\nTin Hut, Back Room\n", encoding="utf-8")
    (tmp_path / "organisations.txt").write_text("\ufeffGrey Wolf Team\n", encoding="utf-8")
    before = identity(SETTINGS, tmp_path)
    assert seen(text, tmp_path) == [("tin hut", "place", True), ("grey wolf team", "organisation", True)]
    (tmp_path / "places.txt").write_text("Back Room", encoding="utf-8")
    assert identity(SETTINGS, tmp_path) != before
    assert seen(text, tmp_path) == [("grey wolf team", "organisation", True)]
    (tmp_path / "places.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError) as wrong:
        find([text], SETTINGS, tmp_path)
    assert "places.txt" in str(wrong.value)


def test_the_identity_loads_nothing() -> None:
    code = (
        "import sys; from copipe.anonymise.recognise import recogniser; from copipe.study.settings import defaults;"
        "print(sorted(recogniser.identity(defaults().anonymise)));"
        "sys.exit(bool({'spacy', 'presidio_analyzer', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "presidio-analyzer" in done.stdout
    assert required_models(SETTINGS) == (SETTINGS.spacy_model,)


def test_nothing_is_fetched_and_nothing_written(tmp_path: Path) -> None:
    """Presidio's e-mail recogniser would fetch the list of public suffixes and keep it; its spaCy engine, a model."""
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise SystemExit('a connection was tried')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from copipe.anonymise.recognise import recogniser\n"
        "from copipe.study.settings import defaults\n"
        "print(recogniser.find(['mail jo.smith@nhs.net or www.example.org, Gwen'], defaults().anonymise))\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    from copipe.models import store

    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TLDEXTRACT_CACHE": str(home / "suffixes"),
        "COPIPE_MODELS": str(store.store_dir()),
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    assert "email" in done.stdout
    assert "url" in done.stdout
    assert [p for p in home.rglob("*") if p.is_file()] == []


def test_models_that_cannot_serve(tmp_path: Path) -> None:
    with pytest.raises(MissingModelError):
        find(["Gwen"], SETTINGS.model_copy(update={"spacy_model": "no_such_model"}))
    import spacy

    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(ConfigError, match="sees no names"):
        find(["Gwen"], SETTINGS.model_copy(update={"spacy_model": str(tmp_path / "blank")}))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.cfg").write_text("[nlp", encoding="utf-8")
    with pytest.raises(ConfigError, match="not a spaCy model"):
        find(["Gwen"], SETTINGS.model_copy(update={"spacy_model": str(tmp_path / "broken")}))
    assert find([], SETTINGS.model_copy(update={"spacy_model": "no_such_model"})) == ()


def test_lists_are_in_order() -> None:
    lists = gazetteer.load()
    assert not lists.first & lists.first_words
    assert not lists.last & lists.last_words
    assert {"gwen", "siobhan", "mohammed", "obrien", "o'brien"} <= lists.first | lists.last
    assert {"grace", "will", "hope"} <= lists.first_words
    assert "leeds" in lists.places
