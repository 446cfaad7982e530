"""Consent is changed in what the researcher wrote, and not a letter besides."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.errors import ConfigError
from copipe.study import settings
from copipe.study.edit import name_source, set_consent
from copipe.study.study import Study

PEOPLE = """\
# Members. consent = "full" is the usual.
[[participant]]
role = "SN1"
description = 'says consent = "full"'
consent = "full"   # asked on 3 May

[[participant]]
consent='full'
role = "OT"
"""
MEETINGS = """\
[[meeting]]
code = "A"
date = 2010-02-17
present = ["SN1"]
visitors = [ { code = "V1", consent = "full" }, { consent = "full", code = "V2" } ]  # both full

[[meeting]]
code = "B"
date = 2010-03-17
present = []

[[meeting.visitors]]
code = "V1"
consent = "present-only"
"""


def study(root: Path, people: str = PEOPLE, meetings: str = MEETINGS) -> Study:
    (root / "participants.toml").write_bytes(people.encode())
    (root / "meetings.toml").write_bytes(meetings.encode())
    return Study(root, settings.defaults(), (), ())


def test_a_member(tmp_path: Path) -> None:
    made = study(tmp_path)
    assert set_consent(made, "OT", "withdrawn") == (tmp_path / "participants.toml",)
    assert (tmp_path / "participants.toml").read_text() == PEOPLE.replace("consent='full'", "consent='withdrawn'")
    assert (tmp_path / "meetings.toml").read_text() == MEETINGS
    assert set_consent(made, "OT", "withdrawn") == ()


def test_a_member_whose_description_looks_like_the_key(tmp_path: Path) -> None:
    set_consent(study(tmp_path), "SN1", "withdrawn")
    expected = PEOPLE.replace('consent = "full"   # asked', 'consent = "withdrawn"   # asked')
    assert (tmp_path / "participants.toml").read_text() == expected


def test_a_visitor_wherever_they_came(tmp_path: Path) -> None:
    set_consent(study(tmp_path), "V1", "withdrawn")
    expected = MEETINGS.replace('"V1", consent = "full"', '"V1", consent = "withdrawn"').replace(
        "present-only", "withdrawn"
    )
    assert (tmp_path / "meetings.toml").read_text() == expected


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_marks_stay(tmp_path: Path, mark: str) -> None:
    text = mark + PEOPLE.replace("\n", "\r\n")
    set_consent(study(tmp_path, text), "OT", "withdrawn")
    assert (tmp_path / "participants.toml").read_bytes().decode() == text.replace("'full'\r", "'withdrawn'\r")


def test_what_cannot_be_done_safely_is_left_to_the_researcher(tmp_path: Path) -> None:
    text = '[[participant]]\nrole = "OT"\nconsent = """full"""\n'
    with pytest.raises(ConfigError, match="could not be changed"):
        set_consent(study(tmp_path, text), "OT", "withdrawn")
    assert (tmp_path / "participants.toml").read_text() == text


def test_a_source_is_named_once(tmp_path: Path) -> None:
    made = study(tmp_path)
    name_source(made, "B", "recording", "B 'n' \"C\".wav")
    data = tomllib.loads((tmp_path / "meetings.toml").read_text())
    assert data["meeting"][1]["recording"] == "B 'n' \"C\".wav"
    once = (tmp_path / "meetings.toml").read_text()
    name_source(made, "B", "recording", "other.wav")
    assert (tmp_path / "meetings.toml").read_text() == once
    assert once.replace('recording = "B \'n\' \\"C\\".wav"\n', "") == MEETINGS


rows = st.lists(
    st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["full", "present-only"])), min_size=1, max_size=6
)
comments = st.text(st.sampled_from('consent = "full"\' #[]{}'), max_size=20)


@given(rows, comments, st.sampled_from(["A", "B", "C"]))
def test_only_the_rows_of_the_code_change(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str]], comment: str, code: str
) -> None:
    root = tmp_path_factory.mktemp("edit")
    text = "".join(f'[[participant]] # {comment}\nconsent = "{c}" # {comment}\nrole = "{r}"\n' for r, c in said)
    set_consent(study(root, text, ""), code, "withdrawn")
    after = tomllib.loads((root / "participants.toml").read_text())
    assert [(r["role"], r["consent"]) for r in after["participant"]] == [
        (r, "withdrawn" if r == code else c) for r, c in said
    ]
    assert (root / "participants.toml").read_text().count(f"# {comment}") == text.count(f"# {comment}")
