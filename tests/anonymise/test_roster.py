from pathlib import Path

import pytest

from copipe.anonymise import roster
from copipe.anonymise.roster import Entry, Roster
from copipe.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "roster.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_missing_file_is_an_empty_roster(tmp_path: Path) -> None:
    assert roster.load(tmp_path / "roster.toml") == Roster()


def test_entries_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [[people]]
        forms = ["Mary Archer", "Mary"]
        replacement = "SN1"
        [[organisations]]
        forms = ["Hilltop Trust"]
        replacement = "[trust 1]"
        case_sensitive = true
        """,
    )
    assert roster.load(path).entries == (
        Entry("people", ("Mary Archer", "Mary"), "SN1"),
        Entry("organisations", ("Hilltop Trust",), "[trust 1]", True),
    )


def test_all_problems_at_once_with_their_lines_and_without_the_names(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """\
[[people]]
forms = ["Zebedee"]
replacment = "SN1"

[[people]]
forms = "Florence"
replacement = "SN2"

[[places]]
forms = ["Dougal", "?"]
replacement = ""

[[person]]
forms = ["Brian"]
replacement = "SN3"

[[places]]
forms = ["Ermintrude"]
replacement = "[ward 2]"
case_sensitive = "yes"
""",
    )
    with pytest.raises(ConfigError) as caught:
        roster.load(path)
    message = caught.value.message
    for expected in (
        "line 3, people number 1, replacment: unknown key",
        "line 1, people number 1, replacement: is missing",
        "line 6, people number 2, forms: expected a list of names",
        "line 10, places number 1, forms",
        "line 11, places number 1, replacement: expected a role code",
        "line 13, person: unknown; known: [[people]], [[places]], [[organisations]]",
        "line 20, places number 2, case_sensitive: expected true or false",
    ):
        assert expected in message
    for name in ("Zebedee", "Florence", "Dougal", "Brian", "Ermintrude"):
        assert name not in message


@pytest.mark.parametrize(
    ("entries", "line", "message"),
    [
        (
            '[[people]]\nforms = ["Dougal"]\nreplacement = "SN1"\n[[people]]\nforms = ["Florence", "dougal"]\n'
            'replacement = "SN2"\n',
            5,
            "another replacement in the entry on line 1",
        ),
        (
            '[[people]]\nforms = ["Dougal"]\nreplacement = "[friend of Florence]"\n'
            '[[people]]\nforms = ["Florence"]\nreplacement = "SN2"\n',
            3,
            "holds a name of this roster",
        ),
    ],
)
def test_a_roster_that_cannot_work(tmp_path: Path, entries: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        roster.load(write(tmp_path, entries))
    assert f"line {line}" in caught.value.message
    assert message in caught.value.message
    assert "Dougal" not in caught.value.message
    assert "Florence" not in caught.value.message


def test_broken_toml_names_the_line_and_says_nothing_of_what_stands_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        roster.load(write(tmp_path, '[[people]]\nforms = ["Dougal"\nreplacement = "SN1"\n'))
    assert "line 3" in caught.value.message
    assert "Dougal" not in caught.value.message


def test_a_word_and_a_name_may_differ_in_case_only(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '[[people]]\nforms = ["Will"]\nreplacement = "[nurse 3]"\ncase_sensitive = true\n'
        '[[organisations]]\nforms = ["WILL"]\nreplacement = "[charity 1]"\ncase_sensitive = true\n',
    )
    assert len(roster.load(path).entries) == 2
