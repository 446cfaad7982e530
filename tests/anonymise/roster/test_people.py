"""People with all their forms in one place, and the numbers that they keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.anonymise.replace import anonymise_text
from copipe.anonymise.roster import pseudonyms, roster
from copipe.anonymise.roster.pseudonyms import Given, Pseudonyms, key, number
from copipe.anonymise.roster.roster import Entry
from copipe.errors import ConfigError
from copipe.resources import shipped

PEOPLE = """\
[people]
"Dougal" = "SN1"

[[person]]
forms = ["Florence Brady", "Florence", "Flo"]
misheard = ["Florins"]
kind = "Nurse"

[[person]]
forms = ["Grace Zebedee", "Grace", "GZ"]
kind = "nurse"

[[person]]
forms = ["Brian Snail"]
role = "SN2"

[[place]]
forms = ["Trumpton"]
kind = "community hospital"

[[organisation]]
forms = ["Camberwick Trust"]
replacement = "[a trust]"

[allow]
words = ["Pugh scale"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "roster.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_people_with_their_forms(tmp_path: Path) -> None:
    made = roster.load(write(tmp_path, PEOPLE))
    assert made.entries == (
        Entry("people", "Dougal", "SN1"),
        Entry("others", "Florence Brady", "[nurse 1]"),
        Entry("others", "Florence", "[nurse 1]"),
        Entry("others", "Flo", "[nurse 1]"),
        Entry("others", "Florins", "[nurse 1]"),
        Entry("others", "Grace Zebedee", "[nurse 2]"),
        Entry("others", "Grace", "[nurse 2]", case_sensitive=True),
        Entry("others", "GZ", "[nurse 2]", case_sensitive=True),
        Entry("people", "Brian Snail", "SN2"),
        Entry("places", "Trumpton", "[community hospital 1]"),
        Entry("organisations", "Camberwick Trust", "[a trust]"),
    )
    assert made.allow == {"pugh scale"}
    assert [re.sub(":.*", "", n) for n in made.notices] == ["roster.toml, line 10"]
    assert "Grace" not in str(made.notices)


def test_every_line_of_the_template_works(tmp_path: Path) -> None:
    text = shipped("templates/roster.toml").read_text(encoding="utf-8")
    used = re.sub(r'(?m)^# (?=\[|".*" = |[a-z_]+ = [\["])', "", text)
    made = roster.load(write(tmp_path, used))
    assert len(made.entries) > 15
    assert {"[nurse 1]", "[consultant 1]", "[community hospital 1]", "[trust 1]"} <= {
        e.replacement for e in made.entries
    }
    assert made.allow


def test_all_that_is_wrong_with_people_at_once_and_without_their_names(tmp_path: Path) -> None:
    text = """\
[[person]]
forms = "Florence"
kind = "nurse"
[[person]]
forms = ["Zebedee", "?"]
kind = "nurse 3"
[[person]]
forms = ["Dougal"]
[[person]]
forms = ["Brian"]
kind = "nurse"
role = "SN1"
[[person]]
forms = ["Ermintrude"]
case_sensitive = ["Trude"]
knd = "nurse"
replacement = "x"
[[place]]
forms = []
role = "SN1"
[place2]
[allow]
word = ["x"]
"""
    with pytest.raises(ConfigError) as caught:
        roster.load(write(tmp_path, text))
    said = caught.value.message
    for expected in (
        "line 2, [[person]]: forms: expected a list",
        "line 5, [[person]]: forms: there is no letter",
        "line 6, [[person]]: kind: a word or two without brackets or digits",
        "line 7, [[person]]: expected one of role, kind, replacement",
        "line 9, [[person]]: expected one of role, kind, replacement, found role and kind",
        "line 15, [[person]]: case_sensitive: this is none of the forms",
        'line 16, [[person]]: unknown key; did you mean "kind"?',
        "line 19, [[place]]: forms: expected a list",
        "line 20, [[place]]: role: only a person",
        "line 21: this stands in none of the tables",
        "line 22, allow: expected [allow]",
    ):
        assert expected in said
    for name in ("Florence", "Zebedee", "Dougal", "Brian", "Ermintrude", "Trude"):
        assert name not in said


def test_a_number_stays_whatever_becomes_of_the_file(tmp_path: Path) -> None:
    first = roster.load(write(tmp_path, PEOPLE)).pseudonyms
    # In another order, with a form more and one less, one person gone, two new: one of them with a form of hers.
    text = """\
[[person]]
forms = ["Windy Miller"]
kind = "nurse"
[[person]]
forms = ["Grace Zebedee", "Gracie"]
kind = "nurse"
[[person]]
forms = ["Florence Pugh", "Flo"]
kind = "nurse"
"""
    made = roster.load(write(tmp_path, text), first)
    stands = {e.form: e.replacement for e in made.entries}
    assert stands["Grace Zebedee"] == stands["Gracie"] == "[nurse 2]"
    assert {stands["Windy Miller"], stands["Florence Pugh"]} == {"[nurse 3]", "[nurse 4]"}
    again = roster.load(write(tmp_path, PEOPLE), made.pseudonyms)
    assert {e.replacement for e in again.entries if e.form == "Florence Brady"} == {"[nurse 1]"}


def test_a_number_by_hand_is_nobody_elses(tmp_path: Path) -> None:
    by_hand = '[others]\n"Windy" = "[nurse 1]"\n[[person]]\nforms = ["Florence"]\nkind = "nurse"\n'
    made = roster.load(write(tmp_path, by_hand))
    assert [e.replacement for e in made.entries] == ["[nurse 1]", "[nurse 2]"]
    taken = Pseudonyms((Given("[nurse 1]", "nurse", ("florence",)),), "x")
    with pytest.raises(ConfigError, match="line 2, others: this replacement was given to somebody else"):
        roster.load(write(tmp_path, '[others]\n"Windy" = "[nurse 1]"\n'), taken)
    roster.load(write(tmp_path, '[others]\n"Windy" = "[nurse 1]"\n"Florence" = "[nurse 1]"\n'), taken)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("will you ask Will", "will you ask [n]"),
        ("grace and Grace's", "grace and [n]'s"),
        ("in may or May", "in may or [n]"),
        ("mh MH M.H.", "mh [n] [n]."),
        ("s i o b h a n", "[n]"),
        ("S-I-O-B-H-A-N's S.I.O.B.H.A.N.", "[n]'s [n]."),
        ("H, O, double L, I, S", "[n]"),
        ("h o l l i s t", "[n] t"),
        ("w i l l", "[n]"),
        ("m h", "m h"),
    ],
)
def test_names_that_are_words_initials_and_names_spelled_out(tmp_path: Path, said: str, shown: str) -> None:
    forms = ("Will", "grace", "May", "MH", "Siobhán", "Hollis")
    made = roster.load(write(tmp_path, "[others]\n" + "".join(f'"{form}" = "[n]"\n' for form in forms)))
    assert anonymise_text(said, made) == shown


def test_the_file_may_say_otherwise(tmp_path: Path) -> None:
    made = roster.load(write(tmp_path, '[others]\n"Will" = { replacement = "[n]", case_sensitive = false }\n'))
    assert made.notices == ()
    assert anonymise_text("will", made) == "[n]"


def test_the_table_is_kept_and_a_damaged_one_is_never_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "private" / "pseudonyms.json"
    assert pseudonyms.load(path) == Pseudonyms()
    saved = pseudonyms.save(path, number(Pseudonyms(), [("nurse", ["Siobhán O'Brien", "Shiv"])])[0])
    assert saved.id
    assert pseudonyms.load(path) == saved
    assert saved.given == (Given("[nurse 1]", "nurse", ("siobhan obrien", "shiv")),)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("{}")
    with pytest.raises(ConfigError, match="not the table"):
        pseudonyms.load(path)


NAMES = st.text("abcd", min_size=1, max_size=3)
PERSON = st.tuples(st.sampled_from(["nurse", "place"]), st.lists(NAMES, min_size=1, max_size=3))


@given(st.lists(st.lists(PERSON, max_size=5, unique_by=lambda p: (p[0], key(p[1][0]))), max_size=6))
def test_two_never_share_one_and_nobody_changes(rosters: list[list[tuple[str, list[str]]]]) -> None:
    """Whatever rosters come one after another: within each, different people; over all, the full name decides."""
    table = Pseudonyms()
    for wanted in rosters:
        before = table
        table, made = number(table, wanted)
        assert len(set(made)) == len(made)
        for was, now in zip(before.given, table.given, strict=False):
            assert (was.pseudonym, was.label) == (now.pseudonym, now.label)
            assert set(was.forms) <= set(now.forms)
        assert number(table, wanted)[1] == made
    assert len({g.pseudonym for g in table.given}) == len(table.given)
    full = [(g.label, g.forms[0]) for g in table.given]
    assert len(set(full)) == len(full)
