from pathlib import Path

import pytest

from copipe.anonymise.roster import roster
from copipe.anonymise.roster.roster import Entry, Roster
from copipe.errors import ConfigError
from copipe.resources import shipped


def write(folder: Path, text: str) -> Path:
    path = folder / "roster.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_missing_file_is_an_empty_roster(tmp_path: Path) -> None:
    assert roster.load(tmp_path / "roster.toml") == Roster()


def test_the_template_is_an_empty_roster() -> None:
    assert roster.load(shipped("templates/roster.toml")) == Roster()


def test_entries_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [people]
        "Mary Archer" = "SN1"
        Mary = " SN1 "
        [organisations]
        "Hilltop Trust" = { replacement = "[trust 1]", case_sensitive = true }
        """,
    )
    assert roster.load(path).entries == (
        Entry("people", "Mary Archer", "SN1"),
        Entry("people", "Mary", "SN1"),
        Entry("organisations", "Hilltop Trust", "[trust 1]", True),
    )


def test_all_problems_at_once_with_their_lines_and_without_the_names(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
"Magnus" = "SN9"
others = "Rupert"

[people]
"Zebedee" = ""
Florence.Dougal = "SN2"
"?" = "SN3"
"Brian" = { replacement = "SN4", case = true }

[person]
"Ermintrude" = "SN5"

[places]
"Camberwick" = { replacement = "[ward 2]", case_sensitive = "yes" }
"Trumpton" = ["[town 1]"]
""",
    )
    with pytest.raises(ConfigError) as caught:
        roster.load(path)
    message = caught.value.message
    for expected in (
        "9 problems",
        "line 1: this stands in none of the tables",
        "line 2, others: expected a table",
        'line 5, people: expected "name" = "replacement"',
        'line 6, people: expected "name" = "replacement"',
        "line 7, people: there is no letter",
        "line 8, people: unknown key beside replacement",
        "line 10, person: expected [[person]] in two brackets",
        "line 14, places: case_sensitive: expected true or false",
        'line 15, places: expected "name" = "replacement"',
    ):
        assert expected in message
    for name in ("Magnus", "Rupert", "Zebedee", "Florence", "Dougal", "Brian", "Ermintrude", "Camberwick", "Trumpton"):
        assert name not in message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[people]\n"Dougal" = "SN1"\n"Florence" = "SN2"\n"dougal" = "SN2"', 4, "another replacement on line 2"),
        ('[people]\n"Dougal" = "friend of Florence"\n[others]\n"Florence" = "SN2"', 2, "holds a name of this roster"),
        ('[people]\n"Dougal" = "SN1"\n"Dougal" = "SN2"', 3, "cannot be read as TOML"),
        ('[people]\n"Dougal" = "SN1"\nFlorence Dougal = "SN2"', 3, "cannot be read as TOML"),
    ],
)
def test_a_roster_that_cannot_work(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        roster.load(write(tmp_path, text))
    assert f"line {line}" in caught.value.message
    assert message in caught.value.message
    assert "Dougal" not in caught.value.message
    assert "Florence" not in caught.value.message


def test_a_code_that_nobody_has_is_named_by_its_line_and_the_nearest_code(tmp_path: Path) -> None:
    text = '[people]\n"Dougal" = "SN1"\n"Florence" = "SM2"\n[[person]]\nforms = ["Brian"]\nrole = "Zebedee"\n'
    with pytest.raises(ConfigError) as caught:
        roster.load(write(tmp_path, text), codes=["SN1", "SN2", "V1"])
    said = caught.value.message
    assert "2 problems" in said
    assert "line 3, people: nobody in participants.toml or meetings.toml has the role code" in said
    assert 'did you mean "SN2"?' in said
    assert "line 4, people" in said
    assert not any(name in said for name in ("Dougal", "Florence", "Brian", "Zebedee", "SM2"))
    assert len(roster.load(write(tmp_path, text)).entries) == 3  # without a study every code will do
    in_brackets = '[people]\n"Dougal" = "[somebody]"\n'
    assert len(roster.load(write(tmp_path, in_brackets), codes=["SN1"]).entries) == 1


def test_a_word_and_a_name_may_differ_in_case_only(tmp_path: Path) -> None:
    text = (
        '[others]\nWill = { replacement = "a nurse", case_sensitive = true }\n'
        '[organisations]\nWILL = { replacement = "a charity", case_sensitive = true }\n'
    )
    assert len(roster.load(write(tmp_path, text)).entries) == 2


def found(text: str, *forms: str, kind: roster.Kind = "people") -> list[str]:
    entries = tuple(roster.entry_of(kind, form, f"R{n}") for n, form in enumerate(forms))
    return [f"{text[m.start : m.end]} {m.found.replacement}" for m in roster.matcher(Roster(entries)).find(text)]


@pytest.mark.parametrize(
    ("form", "text"),
    [(name, name + "s") for name in ("Khan", "Shah", "Smith", "Murphy", "Lloyd", "Clarke", "Price", "Imran Khan")]
    + [(name, name + "es") for name in ("Jones", "Finch", "Lynch", "Evans", "Hughes")]
    + [("Murphy", "Murphies"), ("Khan", "KHANS")],
)
def test_people_of_a_name(form: str, text: str) -> None:
    assert found(f"I saw the {text}' car, and the {text}.", form) == [f"{text} R0"] * 2


def test_what_is_no_plural_of_a_name() -> None:
    assert found("the prices of browns and finches", "Price", "Brown", "Finch") == []
    assert found("Williams and William, the Williamses", "William", "Williams") == [
        "Williams R1",
        "William R0",
        "Williamses R1",
    ]
    assert found("MHs and Jos", "MH", "Jo") == []
    assert found("the Marlburys", "Marlbury", kind="places") == []


@pytest.mark.parametrize("text", ["KHAN1", "khan2", "2Khan", "DrKhan", "IKhan", "Khan_2", "Khan2010"])
def test_a_name_run_together_with_something(text: str) -> None:
    assert [hit.split()[0].casefold() for hit in found(text, "Khan")] == ["khan"]


def test_names_run_together() -> None:
    assert found("JaneFeatherstonehaugh", "Jane", "Featherstonehaugh") == ["Jane R0", "Featherstonehaugh R1"]
    assert found("McDonald SN1 L1:000302 a3dean4x Blacksmith Graceful1", "Donald", "Dea", "Smith", "Grace") == []


def test_a_stray_small_letter_before_a_name_goes_with_it() -> None:
    assert found("so mCrystal said", "Crystal") == ["mCrystal R0"]
