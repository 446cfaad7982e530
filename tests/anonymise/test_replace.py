import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from copipe.anonymise.replace import anonymise, anonymise_text
from copipe.anonymise.roster.roster import Entry, Roster
from copipe.records import Mark, Turn, Word, word_id

ROSTER = Roster(
    (
        Entry("people", "Mary Archer", "SN1"),
        Entry("people", "Mary", "SN1"),
        Entry("people", "Archer", "SN1"),
        Entry("others", "Siobhán O'Brien", "[nurse 3]"),
        Entry("others", "Siobhán", "[nurse 3]"),
        Entry("others", "O'Brien", "[nurse 3]"),
        Entry("others", "Will", "[nurse 4]", case_sensitive=True),
        Entry("others", "Don", "[doctor 1]"),
        Entry("others", "Ann Smith-Jones", "[doctor 1]"),
        Entry("places", "St Mary's Hospital", "[a northern hospital]"),
        Entry("places", "Leeds", "[a northern hospital]"),
        Entry("places", "Nether Wallop Road", "[street 1]"),
        Entry("organisations", "N.H.S. Direct", "[organisation 1]"),
        Entry("organisations", "Shell", "[organisation 1]"),
        Entry("organisations", "West Leeds", "[organisation 1]"),
    )
)


def turn(*texts: str) -> Turn:
    words = tuple(Word(word_id("M", i), float(i), i + 1.0, text) for i, text in enumerate(texts, 1))
    return Turn(words[0].id, words[-1].id, 1.0, len(words) + 1.0, "SN2", words, len(words), 1.0)


def texts(turns: tuple[Turn, ...]) -> list[str]:
    return [word.text for made in turns for word in made.words]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("I asked Mary today", "I asked SN1 today"),
        ("Mary's idea", "SN1's idea"),
        ("mary’s “MARY”, (Mary)", "SN1’s “SN1”, (SN1)"),
        ("Mary, Archer.", "SN1 ."),
        ("So Mary Archer, who", "So SN1 , who"),
        ("Mary-Archer", "SN1"),
        ("Rosemary summary Maryland", "Rosemary summary Maryland"),
        ("St. Mary's Hospital's", "[a northern hospital] 's"),
        ("St Marys Hospital", "[a northern hospital]"),
        ("Saint Mary's Hosp", "[a northern hospital]"),
        ("12 nether wallop rd, Nether Wallop Rd.", "12 [street 1], [street 1]."),
        ("the nether wallop of it", "the nether wallop of it"),
        ("West Leeds", "[organisation 1]"),
        ("in Leeds West", "in [a northern hospital] West"),
        ("Siobhan O’Brien", "[nurse 3]"),
        ("SIOBHÁN Obrien", "[nurse 3]"),
        ("O Brien's", "[nurse 3] 's"),
        ("Siobha\u0301n and Sio\u00adbhan", "[nurse 3] and [nurse 3]"),
        ("will Will will", "will [nurse 4] will"),
        ("she'll don't Don's don’t Don,", "she'll don't [doctor 1]'s don’t [doctor 1],"),
        ("NHS Direct and N.H.S. direct", "[organisation 1] and [organisation 1]"),
        ("Ann Smith Jones", "[doctor 1]"),
        ("Mary/Don/Leeds", "SN1/[doctor 1]/[a northern hospital]"),
        ("Dr.Mary Archer-Mary Archer", "Dr.SN1-SN1"),
    ],
)
def test_replacing(said: str, shown: str) -> None:
    # As turns, what trails a name of several words is kept by its first word; as text the two are alike.
    made = anonymise((turn(*said.split()),), ROSTER)[0]
    assert made.text == re.sub(r" (?=[.,]|'s$)", "", shown)
    assert anonymise_text(said, ROSTER) == re.sub(r" (?=[.,]|'s$)", "", shown)


def test_a_name_of_several_words_leaves_its_words_and_their_ids() -> None:
    before = turn("So", "Mary", "Archer,", "who", "left")
    made = anonymise((before,), ROSTER)[0]
    assert [w.text for w in made.words] == ["So", "SN1,", "", "who", "left"]
    assert [(w.id, w.start, w.end) for w in made.words] == [(w.id, w.start, w.end) for w in before.words]
    assert made.marks == (Mark("replaced", before.words[1].id, before.words[2].id, "people"),)
    assert (made.id, made.last, made.count) == (before.id, before.last, before.count)


def test_names_that_meet_inside_a_word() -> None:
    made = anonymise((turn("Mary", "Archer-Ann", "Smith-Jones's", "go"),), ROSTER)[0]
    assert [w.text for w in made.words] == ["SN1-[doctor 1]'s", "", "", "go"]


def test_nothing_is_matched_across_turns() -> None:
    made = anonymise((turn("to", "West"), turn("Leeds", "then")), ROSTER)
    assert texts(made) == ["to", "West", "[a northern hospital]", "then"]


def test_notes_are_searched_by_themselves() -> None:
    made = anonymise((turn("West", "(Mary Archer laughs)", "Leeds"),), ROSTER)
    assert texts(made) == ["West", "(SN1 laughs)", "[a northern hospital]"]


def test_a_turn_without_names_is_left_alone() -> None:
    before = turn("nothing", "here")
    assert anonymise((before,), ROSTER)[0] is before
    assert anonymise((before,), Roster())[0] is before


def test_withheld_turns_pass() -> None:
    withheld = Turn("M:000001", "M:000009", 0.0, 4.0, "", (), 9, 1.0)
    assert anonymise((withheld,), ROSTER) == (withheld,)


def test_a_paragraph_break_separates_and_a_line_break_does_not() -> None:
    assert anonymise_text("West\nLeeds", ROSTER) == "[organisation 1]"
    assert anonymise_text("West\n\nLeeds", ROSTER) == "West\n\n[a northern hospital]"
    assert anonymise_text("2010-02_Mary_Archer.docx", ROSTER) == "2010-02_SN1.docx"


def test_a_replacement_that_makes_a_form_with_its_neighbour() -> None:
    roster = Roster((Entry("people", "Mary", "[ward 3]"), Entry("places", "3 Elms", "[home]")))
    made = anonymise((turn("Mary", "Elms", "Mary"),), roster)[0]
    assert made.text == "[ward [home] [ward 3]"
    assert len(made.words) == 3


# Names over a tiny alphabet, so that they meet, nest and repeat. Replacements are in another alphabet.
NAME = st.text("abAé", min_size=1, max_size=3)
FORM = st.lists(NAME, min_size=1, max_size=3).flatmap(
    lambda names: st.lists(st.sampled_from(" -'."), min_size=len(names), max_size=len(names)).map(
        lambda gaps: "".join(n + g for n, g in zip(names, gaps, strict=True)).strip(" -'.")
    )
)
WORD = st.text("abAé'’-.,s", min_size=1, max_size=6)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    forms = draw(st.lists(FORM, min_size=1, max_size=5))
    cased = draw(st.booleans())
    return Roster(tuple(Entry("people", form, f"[x{n}]", cased) for n, form in enumerate(forms)))


@given(rosters(), st.lists(st.lists(WORD, min_size=1, max_size=8), min_size=1, max_size=3))
def test_no_form_is_left_and_nothing_moves(roster: Roster, said: list[list[str]]) -> None:
    before = tuple(turn(*words) for words in said)
    after = anonymise(before, roster)
    assert [w.id for t in after for w in t.words] == [w.id for t in before for w in t.words]
    assert anonymise(after, roster) == after
    for made in after:
        # Not the matcher's own eyes: the form as it is spelled, between signs that are neither letter nor apostrophe.
        for entry in roster.entries:
            flags = 0 if entry.case_sensitive else re.IGNORECASE
            assert not re.search(rf"(?<![\w'’.-]){re.escape(entry.form)}(?![\w'’.-])", made.text, flags)
            joined = " ".join(made.text.replace("’", "'").split())
            assert not re.search(rf"(?<![\w'.-]){re.escape(entry.form)}'s(?![\w'.-])", joined, flags)


@given(rosters(), st.lists(WORD, min_size=1, max_size=8))
def test_words_and_plain_text_agree(roster: Roster, said: list[str]) -> None:
    made = anonymise((turn(*said),), roster)[0].text
    assume("[name?]" not in made)  # what is near a name is hidden in words alone
    assert made == anonymise_text(" ".join(said), roster)


@given(st.text(max_size=40))
def test_any_text_at_all(text: str) -> None:
    once = anonymise_text(text + " Mary " + text, ROSTER)
    assert " Mary " not in once
    assert anonymise_text(once, ROSTER) == once
