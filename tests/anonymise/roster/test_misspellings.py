"""Names as they are misheard: caught with one slip, and no word of English taken for one."""

from __future__ import annotations

import random
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.anonymise.dictionary import Dictionary, dictionary
from copipe.anonymise.replace import carry_out, planned
from copipe.anonymise.replacements import MASK, Rules, plan
from copipe.anonymise.roster.misspellings import Fuzzy
from copipe.anonymise.roster.roster import Entry, Roster
from copipe.records import Turn, Word, word_id

FIRST = """Margaret Bernadette Philippa Gordon Siobhan Gwendolyn Rhiannon Christopher Alexandra Josephine Priyanka
    Oluwaseun Katarzyna Mohammed Benedict Harriet Winifred""".split()
LAST = """Hollis Pascoe Ashdown Tillotson Penrose Abernathy Featherstone Okonkwo Wisniewska Hargreaves Satterthwaite
    Llewellyn Braithwaite Ramanathan Fairweather Marlbury""".split()
ROSTER = Roster(
    (
        *(Entry("others", name, f"[p {n}]") for n, name in enumerate(FIRST + LAST)),
        Entry("others", "Margaret Hollings", "[p 0]"),
        Entry("others", "Yusuf", "[p 90]"),
        Entry("others", "Summers", "[p 91]", case_sensitive=True),
        Entry("others", "Siân O'Brien", "[p 92]"),
        Entry("people", "Tom", "OT"),
        Entry("places", "Ward 7", "[ward 1]"),
    )
)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules(ROSTER, dictionary=dictionary("en_core_web_sm"))


def shown(text: str, rules: Rules) -> str:
    for spot in reversed(plan(text, (), rules)):
        text = text[: spot.start] + spot.text + text[spot.end :]
    return text


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ("I asked Margret, and Margarets", "I asked [p 0], and [p 0]"),
        ("margaert's idea", "[p 0]'s idea"),
        ("Siobhán Siobhahn", "[p 4] [p 4]"),
        ("Tillot son and tillotsen", "[p 20] and [p 20]"),
        ("MargaretHollings", "[p 0]"),
        ("with Margaret Hollinks and Margaret", "with [p 0] and [p 0]"),
        ("M-A-R-G-A-R-E-T Hollings and Hollings Margaret", "[p 0] and [p 0]"),
        ("Margaret hollings", "[p 0]"),
        ("Sian O'Brian", "[p 92]"),
        # two words of English that make a name: perhaps
        ("pen rose came, ash down as well", f"{MASK} came, {MASK} as well"),
        # shorter than six letters: perhaps
        ("Yusif and Usuf", f"{MASK} and {MASK}"),
        ("Tam and Tim", "Tam and Tim"),
        # words
        ("the hollies, a harrier, fair weather, wards, summer", f"the hollies, a harrier, {MASK}, wards, summer"),
        ("Sommers and sommers", "[p 91] and sommers"),
        # another ward, another year
        ("Ward 8 and ward 70", "Ward 8 and ward 70"),
        # one slip and no more
        ("Margrit Margarethe2 Satterthwate Sattrthwait", "Margrit Margarethe2 [p 27] Sattrthwait"),
    ],
)
def test_one_slip(said: str, becomes: str, rules: Rules) -> None:
    assert shown(said, rules) == becomes


def test_what_nobody_can_tell_is_hidden_and_says_what_it_is_near_to() -> None:
    roster = Roster((Entry("people", "Marian", "SN1"), Entry("people", "Marion", "SN2")))
    some = Rules(roster, dictionary=Dictionary(frozenset({"a"}), ()))
    (spot,) = plan("Marien", (), some)
    assert (spot.text, spot.mark, spot.near) == (MASK, "masked", "SN1 or SN2")
    (spot,) = plan("Mariann", (), some)
    assert (spot.text, spot.mark) == ("SN1", "replaced")


def test_replacements_are_left_alone(rules: Rules) -> None:
    roster = Roster((*ROSTER.entries, Entry("places", "Southerm", "[a southern town]")))
    applied = Rules(roster, dictionary=Dictionary(frozenset({"town"}), ()))
    assert plan("in [a southern town] and southern towns", (), applied) == ()
    assert shown("[Margret]", rules) == "[Margret]"


def test_without_a_dictionary_everything_is_only_perhaps() -> None:
    assert [s.mark for s in plan("Margret", (), Rules(ROSTER))] == ["masked"]


def slip(form: str, rng: random.Random) -> str:
    """A form with one letter other, less, more, or two exchanged."""
    at = rng.randrange(len(form))
    letter = rng.choice(string.ascii_lowercase)
    ways = [form[:at] + letter + form[at + 1 :], form[:at] + form[at + 1 :], form[:at] + letter + form[at:]]
    if at + 1 < len(form):
        ways.append(form[:at] + form[at + 1] + form[at] + form[at + 2 :])
    return rng.choice([w for w in ways if w.casefold() != form.casefold()])


@given(st.lists(st.tuples(st.sampled_from([f for f in FIRST + LAST if len(f) >= 6]), st.randoms()), min_size=40))
@settings(max_examples=15)
def test_at_least_95_of_100_slips_are_caught(drawn: list[tuple[str, random.Random]]) -> None:
    applied = Rules(ROSTER, dictionary=dictionary("en_core_web_sm"))
    said = [slip(form, rng) for form, rng in drawn]
    missed = [s for s in said if not [x for x in plan(f"then {s} came", (), applied) if x.mark == "replaced"]]
    assert len(missed) <= 0.05 * len(said), missed


@given(st.lists(st.sampled_from(sorted(w for w in dictionary("en_core_web_sm").base if w.isalpha())), min_size=1))
def test_no_word_of_the_dictionary_is_eaten(words: list[str]) -> None:
    applied = Rules(ROSTER, dictionary=dictionary("en_core_web_sm"))
    text = " ".join(words)
    for spot in plan(text, (), applied):
        # What is hidden is two words that make up a name; what is replaced has a name of the roster in it.
        assert spot.mark == "masked" or spot.source == "roster"
        if spot.mark == "masked":
            assert " " in spot.form


@given(st.lists(st.sampled_from(FIRST), min_size=1, max_size=4), st.lists(st.text("abcm", max_size=7), max_size=8))
def test_every_match_is_one_slip_away(names: list[str], words: list[str]) -> None:
    from rapidfuzz.distance import OSA

    roster = Roster(tuple(Entry("others", f"{n}abc cab", f"[{i}]") for i, n in enumerate(names)))
    for near in Fuzzy(roster, Dictionary(frozenset(), ())).find(" ".join([*words, names[0] + "abccab"])):
        assert near.entries
        assert OSA.distance(near.entries[0].form.casefold(), (names[0] + "abccab").casefold()) <= 1


def test_a_long_meeting_takes_about_a_second(rules: Rules) -> None:
    rng = random.Random(1)
    base = sorted(w for w in rules.dictionary.base if w.isalpha())
    common = rng.sample(base, 2500)
    said = [rng.choice(common) if rng.random() > 0.01 else rng.choice(FIRST) for _ in range(20_000)]
    turns = [
        Turn(word_id("M", at), word_id("M", at + 49), None, None, "SN1", words, 50, 1.0)
        for at in range(0, 20_000, 50)
        if (words := tuple(Word(word_id("M", at + n), None, None, w) for n, w in enumerate(said[at : at + 50])))
    ]
    began = time.process_time()
    carry_out(turns, planned(turns, (), rules), rules.roster)
    assert time.process_time() - began < 5, "about a second on a quiet core"


@pytest.mark.parametrize(
    ("said", "hidden"),
    [
        ("ask thistlewood again", ["thistlewood"]),
        ("ask Thistlewood's clerk", ["Thistlewood"]),
        ("finch-marlowe to write", ["finch-marlowe"]),
        ("a finch in the tree, at the farm", []),
        ("THISTLEWOOD, thistlewood.", ["THISTLEWOOD", "thistlewood"]),
        ("Ann Thistlewood and deborah finch-marlowe", []),
        ("grimsdyke farm", []),
        ("the farm's gate, and the farm-shop", []),
        ("over at grimsdyke, zora", ["grimsdyke"]),
    ],
)
def test_a_part_of_a_longer_form_that_is_no_word_is_hidden_alone(said: str, hidden: list[str]) -> None:
    roster = Roster(
        (
            Entry("others", "Ann Thistlewood", "[nurse 1]"),
            Entry("people", "Deborah Finch-Marlowe", "CS"),
            Entry("organisations", "Grimsdyke Farm", "[hospital 1]"),
            Entry("others", "Zora Hill", "[nurse 2]"),
        ),
        allow=frozenset({"zora"}),
    )
    made = plan(said, (), Rules(roster, dictionary=dictionary("en_core_web_sm")))
    assert [s.form for s in made if s.mark == "masked"] == hidden
    assert all(s.near in ("[nurse 1]", "CS", "[hospital 1]") for s in made if s.mark == "masked")
    assert [s for s in plan(said, (), Rules(roster)) if s.mark == "masked"] == []  # where no words are known
