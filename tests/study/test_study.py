"""A study on disk: made, read, checked, and what it says of consent and quorum."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe import resources
from copipe.create import create
from copipe.errors import ConfigError, UsageError
from copipe.study import study

PEOPLE = """
[[participant]]
role = "SN1"
description = "senior nurse"
consent = "full"
[[participant]]
role = "CS"
consent = "full"
[[participant]]
role = "OT"
consent = "present-only"
[[participant]]
role = "SW"
consent = "withdrawn"
"""


def made(root: Path, meetings: str = "", people: str = PEOPLE, settings: str = "[study]\nquorum = 3\n") -> study.Study:
    root.mkdir(exist_ok=True)
    for folder in ("recordings", "transcripts", "notes"):
        (root / "private" / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    (root / "private").chmod(0o700)
    for name, text in (("copipe.toml", settings), ("participants.toml", people), ("meetings.toml", meetings)):
        (root / name).write_text(text, encoding="utf-8")
    return study.load(root)


def meeting(**keys: str) -> str:
    said = {"code": '"2010-02"', "date": "2010-02-17", "present": '["SN1", "CS"]', **keys}
    return "[[meeting]]\n" + "".join(f"{key} = {value}\n" for key, value in said.items())


def complaint(root: Path, meetings: str = "", people: str = PEOPLE, settings: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        made(root, meetings, people, settings)
    return caught.value.message


# --- reading ---------------------------------------------------------------------------------------------------------


def test_meetings_are_read_in_order_of_date(tmp_path: Path) -> None:
    found = made(tmp_path, meeting(code='"b"', date='"2010-03"') + meeting(code='"a"') + meeting(code='"c"'))
    assert [(m.code, m.date) for m in found.meetings] == [("a", "2010-02-17"), ("c", "2010-02-17"), ("b", "2010-03")]
    assert found.meeting("b").kind == "meeting"


def test_an_unknown_meeting_hints_at_the_nearest(tmp_path: Path) -> None:
    found = made(tmp_path, meeting())
    with pytest.raises(UsageError) as caught:
        found.meeting("2010-2")
    assert "2010-02" in caught.value.hint


def test_attendance_consent_and_quorum(tmp_path: Path) -> None:
    visitors = '[{ code = "V1", consent = "full" }, { code = "V2", consent = "present-only" }]'
    found = made(
        tmp_path,
        meeting(code='"a"', present='["SN1", "OT"]', in_part='["CS"]', visitors=visitors)
        + meeting(code='"b"', present='["SN1", "V1", "V2"]', in_part="[]", visitors=visitors)
        + meeting(code='"c"', kind='"interview"', present='["CS"]')
        + meeting(code='"d"', present='["SW"]', in_part='["SN1", "CS"]'),
    )
    a, b, c, d = found.meetings
    assert a.attending == ("SN1", "OT", "CS", "V1", "V2")
    assert b.attending == ("SN1", "V1", "V2")
    assert [found.meets_quorum(m) for m in (a, b, c, d)] == [True, False, True, True]  # visitors do not count
    assert found.shown(a) == {"SN1", "CS", "V1"}
    assert found.shown(d) == {"SN1", "CS"}
    assert [found.all_consent(m) for m in (a, b, c, d)] == [False, False, True, False]


def test_a_source_is_found_by_path_by_name_and_by_code(tmp_path: Path) -> None:
    elsewhere = tmp_path / "stick"
    elsewhere.mkdir()
    root = tmp_path / "study"
    made(root)
    for name in ("recordings/m1.flac", "recordings/m1.json.txt", "transcripts/m1.vtt", "notes/m1.md", "notes/m2.txt"):
        (root / "private" / name).write_text("x", encoding="utf-8")
    (root / "private/recordings/m2.txt").write_text("not a recording", encoding="utf-8")
    found = made(
        root,
        meeting(code='"m1"')
        + meeting(code='"m2"', recording=f'"{(elsewhere / "tape.mp3").as_posix()}"', notes='"m1.md"')
        + meeting(code='"m3"', recording='"private/recordings/m1.flac"', transcript='"../stick/t.srt"')
        + meeting(code='"m4"', recording='"gone.mp3"'),
    )
    m1, m2, m3, m4 = found.meetings
    private = root.resolve() / "private"
    assert (m1.recording, m1.transcript, m1.notes) == (
        private / "recordings/m1.flac",
        private / "transcripts/m1.vtt",
        private / "notes/m1.md",
    )
    assert (m2.recording, m2.transcript, m2.notes) == (elsewhere / "tape.mp3", None, private / "notes/m1.md")
    assert (m3.recording, m3.transcript) == (private / "recordings/m1.flac", elsewhere.resolve() / "t.srt")
    assert m4.recording == private / "recordings/gone.mp3"  # destroyed, or not there yet: no fault of the file


def test_not_recorded(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "private/recordings/2010-02.mp3").write_text("x", encoding="utf-8")
    (found,) = made(tmp_path, meeting(recording='"not recorded"')).meetings
    assert (found.recorded, found.recording) == (False, None)


def test_find_looks_upwards(tmp_path: Path) -> None:
    made(tmp_path / "s")
    below = tmp_path / "s" / "private" / "notes"
    assert study.find(below) == (tmp_path / "s").resolve()
    with pytest.raises(UsageError, match="not in a study"):
        study.find(tmp_path)
    with pytest.raises(UsageError, match="not a study folder"):
        study.load(tmp_path)


# --- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "line", "part"),
    [
        ({"present": '["SN1", "CN"]'}, 4, 'meeting 2010-02, present: "CN" is neither a role code'),
        ({"present": '["sn1"]'}, 4, 'did you mean "SN1"?'),
        ({"present": '["CS", "CS"]'}, 4, "occurs twice"),
        ({"in_part": '["CS"]'}, 5, "only in `in_part`"),
        ({"present": '"CS"'}, 4, "expected a list"),
        ({"code": '"../x"'}, 2, "names a folder"),
        ({"code": '"CON"'}, 2, "names a folder"),
        ({"code": '"x."'}, 2, "names a folder"),
        ({"code": '"a b"'}, 2, "names a folder"),
        ({"code": '"2010-02-notes"'}, 2, "kept for notes"),
        ({"code": "2010"}, 2, "meeting number 1, code: expected text in quotes, found 2010"),
        ({"date": '"2010-13"'}, 3, "not in the calendar"),
        ({"date": '"17 February"'}, 3, "expected a day"),
        ({"date": "2010-02-17T10:00:00"}, 3, "without a time of day"),
        ({"date": "2010"}, 3, "expected a day"),
        ({"kind": '"meetings"'}, 5, 'did you mean "meeting"?'),
        ({"recording": '""'}, 5, "must not be empty"),
        ({"recorded": "false"}, 5, 'unknown key; did you mean "recording"?'),
        ({"visitors": '[{ code = "SN1", consent = "full" }]'}, 5, "a member's role code"),
        ({"visitors": '[{ code = "UNK1", consent = "full" }]'}, 5, "unassigned voices"),
        ({"visitors": '[{ code = "V1" }]'}, 5, "visitors V1, consent: is missing"),
        ({"visitors": '[{ code = "V1", consent = "yes" }]'}, 5, "'full', 'present-only' or 'withdrawn'"),
        ({"visitors": '[\n{ code = "V1", consent = "full" },\n{ code = "V1", consent = "full" }]'}, 7, "occurs twice"),
    ],
)
def test_a_wrong_meeting_is_named_with_its_line(tmp_path: Path, keys: dict[str, str], line: int, part: str) -> None:
    message = complaint(tmp_path, meeting(**keys))
    assert message.startswith("1 problem in ")
    assert f"meetings.toml, line {line}, " in message
    assert part in message


@pytest.mark.parametrize(
    ("people", "line", "part"),
    [
        ('[[participant]]\nrole = "Nurse"\nconsent = "full"\n', 2, "cannot be a role code"),
        ('[[participant]]\nrole = "UNK"\nconsent = "full"\n', 2, "unassigned voices"),
        ('[[participant]]\nrole = "A"\n', 1, "participant A, consent: is missing"),
        ('[[participant]]\nrole = "A"\nconsent = "present only"\n', 3, 'did you mean "present-only"?'),
        ('[[participants]]\nrole = "A"\n', 1, 'did you mean "participant"?'),
        ('[participant]\nrole = "A"\nconsent = "full"\n', 1, "expected a list"),
        ('[[participant]]\nrole = "A"\nconsent = "full"\n' * 2, 5, "occurs twice"),
    ],
)
def test_a_wrong_participant_is_named_with_its_line(tmp_path: Path, people: str, line: int, part: str) -> None:
    message = complaint(tmp_path, people=people)
    assert f"participants.toml, line {line}, " in message
    assert part in message


def test_codes_of_meetings_and_visitors_are_unmistakable(tmp_path: Path) -> None:
    guest = '[{ code = "V1", description = "%s", consent = "full" }]'
    message = complaint(
        tmp_path,
        meeting(code='"nov"', visitors=guest % "safety manager") + meeting(code='"Nov"', visitors=guest % "pharmacist"),
    )
    assert 'line 7, meeting Nov, code: "Nov" occurs twice' in message
    assert 'line 10, meeting Nov, visitors V1, code: "V1" has another description' in message


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    message = complaint(
        tmp_path,
        meeting(date='"soon"', present='["SN2"]', stag='"x"'),
        PEOPLE + 'consnt = "full"\n',
        "[study]\nquorum = -1\n[studdy]\n",
    )
    assert message.startswith("6 problems in ")
    assert [line.split(",")[0].strip() for line in message.splitlines()[1:]] == (
        ["copipe.toml"] * 2 + ["meetings.toml"] * 3 + ["participants.toml"]
    )


def test_a_file_that_cannot_be_read_does_not_make_others_look_wrong(tmp_path: Path) -> None:
    message = complaint(tmp_path, meeting(), 'role = "A\n')
    assert message.startswith("1 problem in ")
    assert "participants.toml, line 1" in message
    (tmp_path / "participants.toml").unlink()
    with pytest.raises(ConfigError, match=r"(?s)1 problem .*participants\.toml: there is no such file"):
        study.load(tmp_path)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "role", "present", "visitors", "consent", "date"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return "'" + "".join(c for c in str(value) if c.isprintable() and c != "'") + "'"


@given(junk, junk)
def test_whatever_is_written_there_is_an_answer(
    tmp_path_factory: pytest.TempPathFactory, people: object, meetings: object
) -> None:
    root = tmp_path_factory.getbasetemp() / "junk"
    try:
        made(root, f"meeting = {as_toml(meetings)}\n", f"participant = {as_toml(people)}\n")
    except ConfigError as error:
        assert "line 1" in error.message


# --- concerns --------------------------------------------------------------------------------------------------------


def test_no_concerns(tmp_path: Path) -> None:
    assert made(tmp_path, meeting(recording='"gone.mp3"')).concerns() == ()


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_a_folder_that_others_may_enter_is_a_concern(tmp_path: Path) -> None:
    found = made(tmp_path)
    (tmp_path / "private").chmod(0o750)
    assert "can open" in found.concerns()[0]


@pytest.mark.parametrize("name", ["OneDrive - NHS", "Dropbox", "Google Drive", "iCloud Drive"])
def test_a_synchronised_folder_is_a_concern(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert name in made(tmp_path / name / "study").concerns()[0]


def test_raw_data_outside_private_and_meetings_without_a_source_are_concerns(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "tape.mp3").write_text("x", encoding="utf-8")
    outside, nothing = made(tmp_path, meeting(code='"a"', recording='"tape.mp3"') + meeting(code='"b"')).concerns()
    assert "outside private/" in outside
    assert nothing.startswith("b has no recording and no transcript")


# --- making ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("demo", [False, True])
def test_a_new_study_is_valid_and_private(tmp_path: Path, demo: bool) -> None:
    root = tmp_path / "new" / "study"
    create(root, demo)
    found = study.load(root)
    assert found.concerns() == ()
    assert (root / found.settings.code.codebook).is_file()
    assert "private/" in (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    if os.name == "posix":
        for entry in [found.private, *found.private.rglob("*")]:
            assert stat.S_IMODE(entry.stat().st_mode) == (0o700 if entry.is_dir() else 0o600), entry
    for folder in (found.work, found.decisions, found.reports, found.private_work, found.private_decisions):
        assert folder.is_dir()


@pytest.mark.parametrize("demo", [False, True])
def test_nothing_is_overwritten(tmp_path: Path, demo: bool) -> None:
    (tmp_path / "meetings.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="needs an empty folder"):
        create(tmp_path, demo)
    assert [p.name for p in tmp_path.iterdir()] == ["meetings.toml"]
    with pytest.raises(UsageError, match="is a file"):
        create(tmp_path / "meetings.toml")


def test_an_empty_folder_and_one_under_version_control_will_do(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    create(tmp_path)
    assert study.load(tmp_path).meetings == ()


def test_the_examples_in_the_templates_are_valid(tmp_path: Path) -> None:
    create(tmp_path)
    for name in ("participants.toml", "meetings.toml"):
        template = (tmp_path / name).read_text(encoding="utf-8")
        example = template[template.index("# [[") :]
        (tmp_path / name).write_text(example.replace("\n# ", "\n").removeprefix("# "), encoding="utf-8")
    people = (tmp_path / "participants.toml").read_text(encoding="utf-8")
    for role in ("SN2", "CS", "CG"):  # those the example of a meeting names beside
        people += f'\n[[participant]]\nrole = "{role}"\nconsent = "full"\n'
    (tmp_path / "participants.toml").write_text(people, encoding="utf-8")
    first, second = study.load(tmp_path).meetings
    assert (first.code, first.recorded) == ("2010-01", False)
    assert second.visitors[0].code == "V1"


def test_the_demo_is_what_it_promises(tmp_path: Path) -> None:
    create(tmp_path / "demo", demo=True)
    found = study.load(tmp_path / "demo")
    assert [p.role for p in found.participants] == ["SN1", "SN2", "CS", "OT", "SW", "CG"]
    assert [m.code for m in found.meetings if found.meets_quorum(m) and m.kind == "meeting"] == [
        "2016-03",
        "2016-09",
        "2018-02",
    ]
    assert [m.code for m in found.meetings if not m.recorded] == ["2017-06"]
    pilot = found.meetings[0]
    assert (pilot.kind, len(pilot.attending)) == ("pilot", 2)
    assert pilot.recording is not None and pilot.recording.stat().st_size > 900_000
    for each in found.meetings:
        assert found.all_consent(each)
        for source in (each.transcript, each.notes):
            assert source is None or source.is_file()


def test_the_demo_is_shipped_as_text() -> None:
    assert not [
        p for p in resources.shipped("demo").rglob("*") if p.suffix not in {".toml", ".txt", ".vtt", ".srt", ""}
    ]


def test_reading_a_study_is_light() -> None:
    heavy = "torch", "numpy", "spacy", "rich", "typer", "yaml", "av"
    code = f"import sys; import copipe.study.study; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
