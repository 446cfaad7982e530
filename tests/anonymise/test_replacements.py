"""Roster, recognisers and decisions together: who wins, what is hidden, what stays."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.anonymise.dictionary import Dictionary
from copipe.anonymise.policy import Dates, date
from copipe.anonymise.recognise.findings import Found, by_word, in_run, runs, text_of
from copipe.anonymise.replace import carry_out, carry_out_text, named, planned, planned_texts, removed, unnamed
from copipe.anonymise.replacements import Rules
from copipe.anonymise.roster.name_decisions import Choice, Decided, decision, standing, with_decided
from copipe.anonymise.roster.pseudonyms import Pseudonyms, key, number_forms
from copipe.anonymise.roster.roster import Entry, Roster
from copipe.records import Finding, Mark, Turn, Word, word_id
from copipe.study import decisions

ROSTER = Roster(
    (
        Entry("people", "Margaret", "SN1"),
        Entry("others", "Gwen Parry", "[nurse 1]"),
        Entry("places", "Marlbury General", "[hospital 1]"),
    ),
    allow=frozenset({"rainbow meeting"}),
)
WORDS = Dictionary(frozenset("the of ward in and stroke team was on discharge physio with unit".split()), ())


def seen(text: str, *what: tuple[str, str] | tuple[str, str, bool]) -> tuple[Found, ...]:
    """Findings by the words found: (words, kind[, sure])."""
    found = []
    for said, kind, *sure in what:
        at = text.index(said)
        found.append(Found(at, at + len(said), kind, bool(sure and sure[0]), 0.85, "test"))
    return tuple(found)


def shown(text: str, found: Sequence[Found], rules: Rules) -> str:
    made = planned_texts([text], [found], rules)
    _, given_ = number_forms(Pseudonyms(), unnamed([made]))
    return carry_out_text(text, named(made, given_)[0], rules.roster)


def rules(*choices: Choice, dates: Dates = "month") -> Rules:
    decided = standing([decision(c, "CS") for c in choices])
    return Rules(with_decided(ROSTER, decided), decided, WORDS, dates, codes=frozenset({"sn1", "ot"}))


@pytest.mark.parametrize(
    ("text", "found", "becomes"),
    [
        ("Anwen rang", [("Anwen", "person")], "[name?] rang"),
        ("Dr Anwen Pugh's list", [("Dr Anwen Pugh's", "person")], "Dr [name?]'s list"),
        ("we met the Cardiff team", [("the Cardiff", "place", True)], "we met the [place 1] team"),
        # what the roster has goes before, and what is left of the finding does not slip through
        ("Margaret Hollis rang", [("Margaret Hollis", "person")], "SN1 [name?] rang"),
        ("at Marlbury General Hospital", [("Marlbury General Hospital", "organisation")], "at [hospital 1] Hospital"),
        ("Gwen Parry's", [("Gwen", "person", True)], "[nurse 1]'s"),
        # never names, whatever the recogniser thinks
        ("the Stroke Unit", [("the Stroke Unit", "organisation")], None),
        ("the Stroke unit and Barthel", [("the Stroke unit", "organisation"), ("Barthel", "person")], None),
        ("on Monday with OT and SN1", [("Monday", "person"), ("OT", "organisation"), ("SN1", "person")], None),
        ("a Rainbow Meeting", [("Rainbow Meeting", "organisation")], None),
        ("discharge physio", [("discharge physio", "person")], None),
        # identifiers
        ("call 01632 960001 now", [("01632 960001", "phone", True)], "call [telephone number] now"),
        ("943 476 5919", [("943 476 5919", "nhs-number", True), ("943 476 5919", "phone", True)], "[NHS number]"),
        ("M at a.b@c.uk", [("a.b@c.uk", "email", True), ("a.b", "person")], "M at [e-mail address]"),
        # dates and ages
        (
            "on 14 March 2016, aged 82",
            [("14 March 2016", "date", True), ("82", "age", True)],
            "on [March 2016], aged 82",
        ),
        ("next Tuesday", [("next Tuesday", "date", True)], None),
    ],
)
def test_who_wins(text: str, found: list[tuple[str, str]], becomes: str | None) -> None:
    assert shown(text, seen(text, *found), rules()) == (text if becomes is None else becomes)


@pytest.mark.parametrize(
    ("choice", "doubtful", "sure", "unseen"),
    [
        (None, "[name?]", "[place 1]", "Anwen"),
        (Choice("Anwen", "keep"), "Anwen", "[place 1]", "Anwen"),
        (Choice("anwen's", "never"), "Anwen", "Anwen", "Anwen"),
        (Choice("Anwen", "replace", "person", "[person 4]"), "[person 4]", "[person 4]", "Anwen"),
        (Choice("ANWEN", "always", "person", "[person 4]"), "[person 4]", "[person 4]", "[person 4]"),
        (Choice("Anwen", "person", "person", "SN2"), "SN2", "SN2", "SN2"),
    ],
)
def test_what_was_decided_holds(choice: Choice | None, doubtful: str, sure: str, unseen: str) -> None:
    applied = rules(*([choice] if choice else []))
    text = "so Anwen rang"
    assert shown(text, seen(text, ("Anwen", "person")), applied) == f"so {doubtful} rang"
    assert shown(text, seen(text, ("Anwen", "place", True)), applied) == f"so {sure} rang"
    assert shown(text, (), applied) == f"so {unseen} rang"


def test_the_later_counts_an_undo_takes_back_and_the_roster_wins() -> None:
    first, then = decision(Choice("Anwen", "keep"), "CS"), decision(Choice("Anwen", "never"), "CS")
    assert standing([first, then]).of("anwen") == Choice("Anwen", "never")
    taken = decisions.decide(kind="undo", about=then.id, verdict="taken back", who="CS")
    assert standing([first, then, taken]).of(key("Anwen’s")) == Choice("Anwen", "keep")
    always = standing([decision(Choice("Margaret", "always", "person", "[person 9]"), "CS")])
    assert with_decided(ROSTER, always) == ROSTER
    will = standing([decision(Choice("will", "always", "person", "[person 9]"), "CS")])
    assert with_decided(ROSTER, will).entries[-1] == Entry("others", "Will", "[person 9]", case_sensitive=True)
    leak = standing([decision(Choice("Anwen", "always", "person", "friend of Margaret"), "CS")])
    assert with_decided(ROSTER, leak).entries == ROSTER.entries


@pytest.mark.parametrize(
    ("said", "month", "year", "remove"),
    [
        ("14 March 2016", "[March 2016]", "[2016]", "[date]"),
        ("the fourteenth of March", "[March]", "[date]", "[date]"),
        ("March the 14th, 2016", "[March 2016]", "[2016]", "[date]"),
        ("on the twenty-first of june", "[June]", "[date]", "[date]"),
        ("14/03/2016", "[March 2016]", "[2016]", "[date]"),
        ("2016-03-14", "[March 2016]", "[2016]", "[date]"),
        ("14.3.59", "[March 1959]", "[1959]", "[date]"),
        ("March 2016", None, "[2016]", "[date]"),
        ("March twenty sixteen", None, "[date]", "[date]"),
        ("2016", None, None, "[date]"),
        ("next Tuesday", None, None, None),
        ("six weeks", None, None, None),
    ],
)
def test_dates(said: str, month: str | None, year: str | None, remove: str | None) -> None:
    assert (date(said, "month"), date(said, "year"), date(said, "remove")) == (month, year, remove)
    assert date(said, "keep") is None


def turn(*texts: str, meeting: str = "M", after: int = 0) -> Turn:
    words = tuple(Word(word_id(meeting, after + i), float(i), i + 1.0, text) for i, text in enumerate(texts, 1))
    return Turn(words[0].id, words[-1].id, 1.0, len(words) + 1.0, "SN2", words, len(words), 1.0)


def test_words_keep_their_ids_and_marks_say_what_is_hidden() -> None:
    before = turn("So", "Anwen", "Pugh,", "and", "Margaret", "(laughs)", "left")
    ids = [w.id for w in before.words]
    found = (Finding(ids[1], ids[2], 0, 4, "person", 0.6, "test", False),)
    (made,) = carry_out([before], planned([before], found, rules()), ROSTER)
    assert [w.text for w in made.words] == ["So", "[name?],", "", "and", "SN1", "(laughs)", "left"]
    assert [w.id for w in made.words] == ids
    assert made.marks == (Mark("masked", ids[1], ids[2], "person"), Mark("replaced", ids[4], ids[4], "people"))
    assert removed([made]).plain() == {"words": 6, "replaced": 1, "masked": 2, "share": 0.5}


def test_a_finding_of_a_word_that_is_no_longer_there_changes_nothing() -> None:
    before = turn("So", "Anwen", "left")
    ids = [w.id for w in before.words]
    gone = Finding(ids[1], word_id("M", 77), 0, 4, "person", 0.6, "test", False)
    assert [in_run(run, by_word([gone])) for run in runs(before)] == [()]


NAMES = ("Anwen", "Cardiff", "Bala Trust", "Gwen Parry", "Will", "Margaret Hollis")
SPOKEN = st.lists(st.sampled_from((*NAMES, "the ward", "in", "(laughs)", "and", "Margaret's", "Anwen's")), min_size=1)


def all_findings(turns: Sequence[Turn]) -> list[Finding]:
    """A recogniser that knows all of NAMES."""
    found = []
    for run in (r for t in turns for r in runs(t)):
        text = text_of(run)
        starts, at = [], 0
        for w in run:
            starts.append(at)
            at += len(w.text) + 1
        for name in NAMES:
            for hit in re.finditer(rf"\b{name}\b", text):
                first = max(n for n, s in enumerate(starts) if s <= hit.start())
                last = max(n for n, s in enumerate(starts) if s < hit.end())
                kind, sure = ("place", True) if name == "Cardiff" else ("person", name == "Bala Trust")
                ends = hit.start() - starts[first], hit.end() - starts[last]
                found.append(Finding(run[first].id, run[last].id, *ends, kind, 0.5, "test", sure))
    return found


@given(st.lists(st.lists(SPOKEN, min_size=1, max_size=3), min_size=2, max_size=4), st.randoms())
def test_the_same_words_get_the_same_replacement_in_every_meeting_and_order(meetings: list, rng) -> None:  # type: ignore[no-untyped-def, type-arg]
    applied = rules()
    said = {
        f"M{n}": [turn(*" ".join(t).split(), meeting=f"M{n}", after=100 * i) for i, t in enumerate(meeting)]
        for n, meeting in enumerate(meetings)
    }
    order = list(said)
    rng.shuffle(order)
    table, stands = Pseudonyms(), {}  # type: ignore[var-annotated]
    for meeting in [*order, *order]:  # the second time nothing may have changed
        turns = said[meeting]
        made = planned(turns, all_findings(turns), applied)
        table, given_ = number_forms(table, unnamed([made]))
        made = named(made, given_)
        for spot in (s for run in made for s in run if s.mark == "replaced"):
            assert stands.setdefault(key(spot.form), spot.text) == spot.text
        after = carry_out(turns, made, applied.roster)
        assert [w.id for t in after for w in t.words] == [w.id for t in turns for w in t.words]
        text = " ".join(t.text for t in after)
        assert not re.search(r"Anwen|Cardiff|Bala|Gwen|Margaret|Hollis|Parry", text), text
        assert carry_out(after, planned(after, (), applied), applied.roster) == after
    numbered = [t for t in stands.values() if re.search(r"\d\]$", t) and t != "[nurse 1]"]
    assert len(set(numbered)) == len(numbered)


def test_nothing_decided_is_nothing() -> None:
    assert Decided().of("anwen") is None
    assert standing([]) == Decided()


def test_a_name_that_is_a_word_is_hidden_where_it_stands_in_capitals() -> None:
    roster = Roster((Entry("others", "Grace", "[nurse 1]", True), Entry("people", "GO", "SN2", True)))
    rules = Rules(roster=roster, dictionary=WORDS)
    assert shown("GRACE WENT, SO GRACE'S VIEW", (), rules) == "[name?] WENT, SO [name?]'S VIEW"
    assert (
        shown("it was GRACE, by the grace of it, Grace", (), rules) == "it was [name?], by the grace of it, [nurse 1]"
    )
    kept = Rules(roster=roster, dictionary=WORDS, decided=Decided(((key("grace"), Choice("grace", "keep")),)))
    assert shown("GRACE and Grace", (), kept) == "GRACE and [nurse 1]"
