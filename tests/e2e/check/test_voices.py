"""Voices known across meetings, through the command line: recognised, confirmed, put right, forgotten, and kept."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from copipe.errors import InputError, UsageError
from copipe.pipeline.context import Context
from copipe.records import Turn
from copipe.study import study as studies
from copipe.study.store import from_lines
from tests.e2e import fake_meetings as fake
from tests.e2e.fake_meetings import call

FULL = {"SN1": "full", "SN2": "full", "OT": "full"}


@pytest.fixture
def study(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run once; nobody has named a voice."""
    return copied(prepared / "run", tmp_path, monkeypatch)


@pytest.fixture
def named(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The voices of M1 are named, so those of M2 and M3 are recognised."""
    return copied(prepared / "named", tmp_path, monkeypatch)


def copied(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake.install(monkeypatch, {"plain": fake.Fake("one", fake.one), "other": fake.Fake("two", fake.two)})
    return shutil.copytree(study, tmp_path / "study")


def told(study: Path, meeting: str) -> dict[str, dict[str, Any]]:
    rows = json.loads(call(study, "roles", "show", meeting, "--json").stdout)
    return {row["voice"]: row for row in rows}


def spoken(study: Path, meeting: str) -> list[tuple[str, int]]:
    """Role and number of words of every turn that `copipe run` left, in order."""
    found = studies.load(study)
    context = Context(found)
    artifact = context.current(context.private, meeting, "turns")
    assert artifact is not None
    turns = from_lines(context.private.lines(artifact) or [], Turn)
    return [(t.role, t.count) for t in turns]


def roles_of(study: Path, meeting: str) -> list[str]:
    return [role for role, _ in spoken(study, meeting)]


def versions(study: Path, role: str) -> list[str]:
    return sorted(p.stem for p in (study / "private" / "voices" / role).glob("*.json"))


def state(study: Path, meeting: str) -> dict[str, str]:
    said = json.loads(call(study, "status", "--json").stdout)
    return next(m["stages"] for m in said["meetings"] if m["meeting"] == meeting)


def name_first(study: Path) -> None:
    call(study, "run")
    call(study, "roles", "assign", "M1", "voice1=SN1", "voice2=SN2", "voice3=OT")
    call(study, "run")


def test_named_once_known_everywhere(study: Path) -> None:
    call(study, "run")
    assert set(roles_of(study, "M2")) == {"UNK1", "UNK2", "UNK3"}
    call(study, "roles", "assign", "M1", "voice1=SN1", "voice2=SN2", "voice3=OT")
    assert "turns (3)" in call(study, "run").stdout
    second = told(study, "M2")
    assert {v: (second[v]["role"], second[v]["verdict"]) for v in second} == {
        "voice1": ("SN2", "sure"),
        "voice2": ("SN1", "sure"),
        "voice3": ("", "unknown"),
    }
    assert second["voice1"]["runner_up"] in ("SN1", "OT")
    assert roles_of(study, "M2")[:3] == ["SN2", "SN1", "UNK1"]
    assert roles_of(study, "M3") == list(fake.TABLE["M3"])
    assert "1 voice to assign" in call(study, "status").stdout
    shown = call(study, "roles", "show", "M2").stdout
    assert "sure 0.9" in shown and "word10" in shown
    report = " ".join((study / "reports" / "M2" / "report.md").read_text().split())
    assert "2 recognised, sure; 1 unknown; compared with the voice profiles SN1 version 1, SN2 version 1" in report
    assert call(study, "run").stdout.startswith("Nothing to do")


def test_profiles_are_for_members_who_consent_in_full_and_for_nobody_else(tmp_path: Path, study: Path) -> None:
    other = fake.make_study(tmp_path / "other", {**FULL, "OT": "present-only"})
    call(other, "run")
    call(other, "roles", "assign", "M1", "voice1=SN1", "voice2=SN2", "voice3=OT")
    call(other, "roles", "assign", "M2", "voice3=V1")
    assert sorted(p.name for p in (other / "private" / "voices").iterdir()) == ["SN1", "SN2"]
    with pytest.raises(UsageError, match="not given full consent"):
        call(other, "voices", "enrol", "OT", str(other / "private" / "recordings" / "M1.wav"))
    with pytest.raises(UsageError, match="not a participant"):
        call(other, "voices", "enrol", "V1", str(other / "private" / "recordings" / "M1.wav"))
    for path in (other / "private" / "voices").rglob("*.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_somebody_has_not_consented_only_sure_and_confirmed_voices_are_shown(
    tmp_path: Path, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = fake.make_study(tmp_path / "other", {**FULL, "OT": "present-only"})
    name_first(other)
    assert roles_of(other, "M3") == ["", "SN1", "SN2", "", "SN1", "SN2", "", "SN1"]
    assert roles_of(other, "M1")[:3] == ["SN1", "SN2", ""], "OT's own words stay out although the voice is named"
    monkeypatch.setattr("copipe.diarize.voices.recognition.SURE", 2.0)  # nobody can be sure any more
    call(other, "run")
    assert {v["verdict"] for v in told(other, "M3").values()} == {"likely", "unknown"}
    assert roles_of(other, "M3") == [""], "likely is not enough here: all is one placeholder"
    call(other, "roles", "confirm", "M3", "voice2")
    call(other, "run")
    assert roles_of(other, "M3") == ["", "SN1", "", "SN1", "", "SN1"]
    assert "word" not in (other / "work" / "M3" / "anonymised").as_posix()


def test_likely_voices_are_shown_where_all_consent_and_are_less_certain(
    named: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _certainties(named, "M3")
    monkeypatch.setattr("copipe.diarize.voices.recognition.SURE", 2.0)
    call(named, "run")
    assert roles_of(named, "M3") == list(fake.TABLE["M3"])
    assert max(_certainties(named, "M3")) < min(before)
    assert "to confirm: voice1 as OT (likely)" in call(named, "roles").stdout


def _certainties(study: Path, meeting: str) -> list[float]:
    found = studies.load(study)
    context = Context(found)
    artifact = context.current(context.private, meeting, "turns")
    assert artifact is not None
    return [t.certainty for t in from_lines(context.private.lines(artifact) or [], Turn)]


def test_a_profile_that_grows_leaves_confirmed_meetings_alone_and_renews_others(named: Path) -> None:
    call(named, "roles", "confirm", "M2", "--all-sure")
    call(named, "roles", "assign", "M2", "voice3=V1")
    call(named, "run")
    assert versions(named, "SN1") == ["0001", "0002"]
    used = _profiles(named, "M2")
    assert used == {"SN1": 1, "SN2": 1}, "the versions that it was recognised by, not those it made"
    call(named, "roles", "confirm", "M3", "voice2")
    assert versions(named, "SN1") == ["0001", "0002", "0003"]
    assert state(named, "M2")["turns"] == "done"
    assert state(named, "M1")["turns"] == "done"
    assert state(named, "M3")["turns"] == "stale"
    made = call(named, "run").stdout
    assert "turns (1)" in made
    assert _profiles(named, "M2") == used


def _profiles(study: Path, meeting: str) -> dict[str, int]:
    context = Context(studies.load(study))
    artifact = context.current(context.private, meeting, "turns")
    assert artifact is not None
    return dict(artifact.about["profiles"])


def test_a_changed_assignment_moves_what_the_profile_learnt(study: Path) -> None:
    call(study, "roles", "assign", "M1", "voice1=SN2")
    assert _takes(study, "SN2") == ["M1"]
    call(study, "roles", "assign", "M1", "voice1=SN1")
    assert _takes(study, "SN1") == ["M1"]
    assert _takes(study, "SN2") == []
    call(study, "roles", "undo", "M1")
    assert (_takes(study, "SN1"), _takes(study, "SN2")) == ([], ["M1"])
    call(study, "roles", "assign", "M1", "voice1=-")
    assert _takes(study, "SN2") == []


def test_nobody_else_stays_in_older_versions_of_a_profile(study: Path) -> None:
    """voice3 is OT; taken for SN1 at first, put right later: no file of SN1's holds that voice any more."""
    call(study, "roles", "assign", "M3", "voice2=SN1")
    call(study, "roles", "assign", "M1", "voice3=SN1")
    wrong = json.loads((study / "private" / "voices" / "SN1" / "0002.json").read_text())["takes"][1]["embedding"]
    call(study, "roles", "assign", "M1", "voice3=OT", "voice1=SN1")
    for path in (study / "private" / "voices" / "SN1").glob("*.json"):
        assert wrong not in [take["embedding"] for take in json.loads(path.read_text())["takes"]], path
        assert str(wrong[0]) not in path.read_text()
    assert _takes(study, "SN1") == ["M3", "M1"]
    assert _takes(study, "OT") == ["M1"]
    assert call(study, "voices", "show", "SN1").exit_code == 0


def _takes(study: Path, role: str) -> list[str]:
    newest = max((study / "private" / "voices" / role).glob("*.json"))
    return [t["source"] for t in json.loads(newest.read_text())["takes"]]


def test_everything_decided_stays_when_another_engine_diarizes(named: Path) -> None:
    """Assignments, a merge, a split, turns and words given away, and a corrected word."""
    call(named, "roles", "confirm", "M3", "--all-sure")
    call(named, "roles", "give", "M3", "0:00:10", "SN2")  # SN1's turn
    call(named, "roles", "give", "M3", "0:00:32", "SN1", "--to", "0:00:35")
    call(named, "roles", "give", "M3", "000061", "SN1", "--to", "000062")
    text = named / "private" / "m3.txt"
    call(named, "correct", "M3", "--out", str(text))
    text.write_text(text.read_text().replace("word45", "handover"))
    call(named, "correct", "M3", "--in", str(text), "--yes")
    call(named, "roles", "split", "M1", "voice1", "--at", "0:00:50")
    call(named, "roles", "assign", "M1", "voice1b=OT")
    call(named, "roles", "merge", "M2", "voice1", "voice2")
    call(named, "roles", "assign", "M2", "voice1=SN2")
    call(named, "run")

    def standing() -> tuple[object, ...]:
        transcript = (named / "reports" / "M3" / "transcript.md").read_text()
        return (
            roles_of(named, "M1"),
            [r for r in roles_of(named, "M2") if r != "UNK1"],
            spoken(named, "M3"),
            "handover" in transcript,
        )

    first = standing()
    assert first[0] == ["SN1", "SN2", "OT", "SN1", "SN2", "OT", "SN2"]
    assert set(first[1]) == {"SN2"}  # type: ignore[call-overload]
    assert first[2] == [
        *(("OT", 10), ("SN2", 20), ("OT", 2), ("SN1", 3), ("OT", 5)),
        *(("SN1", 10), ("SN2", 10), ("SN1", 2), ("OT", 8), ("SN1", 10)),
    ]
    assert first[3], "the corrected word"
    before = [p.read_text() for p in sorted((named / "private" / "decisions").glob("*.jsonl"))]
    settings = (named / "copipe.toml").read_text()
    (named / "copipe.toml").write_text(settings.replace('engine = "plain"', 'engine = "other"'))
    assert "speakers (3)" in call(named, "run").stdout
    assert standing() == first
    assert [p.read_text() for p in sorted((named / "private" / "decisions").glob("*.jsonl"))] == before
    assert "place again" not in call(named, "status").stdout
    (named / "copipe.toml").write_text(settings)
    call(named, "run")
    assert standing() == first


def test_takes_of_another_encoder_are_not_used_and_refresh_makes_them_anew(named: Path) -> None:
    settings = (named / "copipe.toml").read_text()
    (named / "copipe.toml").write_text(settings.replace('engine = "plain"', 'engine = "other"'))
    call(named, "run")
    assert {v["verdict"] for v in told(named, "M3").values()} == {"unknown"}
    said = call(named, "voices", "refresh", "--yes").stdout
    assert "M3: voice1 would be" in said
    assert {v["verdict"] for v in told(named, "M3").values()} == {"sure"}
    assert roles_of(named, "M3") == list(fake.TABLE["M3"])


def test_forgetting_erases_and_nothing_brings_it_back_unasked(named: Path) -> None:
    call(named, "voices", "forget", "SN1", "--yes")
    assert not (named / "private" / "voices" / "SN1").exists()
    call(named, "roles", "assign", "M3", "voice2=SN1")
    call(named, "voices", "refresh", "--yes")
    assert not (named / "private" / "voices" / "SN1").exists()
    assert "erased on request" in call(named, "voices", "list").stdout
    call(named, "run")
    assert roles_of(named, "M1") == list(fake.TABLE["M1"]), "what was decided stands without a profile"
    assert "UNK" in "".join(roles_of(named, "M2"))
    with pytest.raises(UsageError, match="no voice print of SN1") as caught:
        call(named, "voices", "enrol", "SN1")
    assert "copipe diarize --again M1 M3" in caught.value.hint
    call(named, "diarize", "--again", "M1", "M3")
    call(named, "voices", "enrol", "SN1")
    assert _takes(named, "SN1") == ["M1", "M3"]


def test_a_consent_that_ends_takes_the_profile_with_it(named: Path) -> None:
    people = named / "participants.toml"
    head, tail = people.read_text().split('role = "OT"')
    people.write_text(f'{head}role = "OT"' + tail.replace('"full"', '"withdrawn"', 1))
    assert versions(named, "OT")
    assert "Voice profile of OT erased" in call(named, "run").stdout
    assert not (named / "private" / "voices" / "OT").exists()
    assert versions(named, "SN1")
    assert "OT" not in roles_of(named, "M3")


def test_a_voice_is_enrolled_from_a_stretch_of_a_file(study: Path) -> None:
    call(study, "run")
    recording = str(study / "private" / "recordings" / "M1.wav")
    said = call(study, "voices", "enrol", "SN1", recording, "--from", "00:10", "--to", "00:40").stdout
    assert "version 1" in said
    call(study, "run")
    assert told(study, "M3")["voice2"]["role"] == "SN1"
    shown = call(study, "voices", "show", "SN1").stdout
    assert "M1.wav from 10 to 40 s" in shown
    rows = json.loads(call(study, "voices", "list", "--json").stdout)
    assert [(r["role"], r["version"]) for r in rows] == [("SN1", 1), ("SN2", None), ("OT", None)]
    assert rows[0]["seconds"] == 30.0
    assert "M1.wav" not in (study / "audit.jsonl").read_text()
    with pytest.raises(UsageError, match="not after"):
        call(study, "voices", "enrol", "SN1", recording, "--from", "00:40", "--to", "00:10")
    with pytest.raises(UsageError, match="no profile of"):
        call(study, "voices", "show", "SN2")


def test_what_is_decided_wins_and_refresh_says_where_profiles_hear_it_otherwise(named: Path) -> None:
    call(named, "roles", "assign", "M2", "voice1=SN1", "voice2=V1", "voice3=not-in-study")
    call(named, "run")
    said = call(named, "voices", "refresh").stdout
    assert "M2: voice1 is SN1 as you decided; the profiles hear SN2 (sure" in said
    assert "SN2" not in roles_of(named, "M2")


def test_checking_a_transcript_settles_who_was_recognised(named: Path) -> None:
    call(named, "check", "M3", "--yes")
    assert {v["verdict"] for v in told(named, "M3").values()} == {"confirmed"}
    call(named, "run")
    assert roles_of(named, "M3") == list(fake.TABLE["M3"])
    call(named, "voices", "forget", "OT", "--yes")
    call(named, "run")
    assert roles_of(named, "M3") == list(fake.TABLE["M3"])


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("confirm", "M2", "voice3"), "voice3 is not recognised"),
        (("confirm", "M2", "voice9"), "no voice voice9"),
        (("merge", "M1", "voice1", "voice2"), "assigned to"),
        (("merge", "M2", "voice1", "voice1"), "are the same voice"),
        (("split", "M1", "voice1", "--at", "0:09:00"), "does not speak after"),
        (("split", "M1", "voice1", "--at", "soon"), "not a time"),
        (("give", "M3", "0:09:00", "SN1"), "nobody speaks at"),
        (("give", "M3", "0:00:10", "SN9"), "nobody's code"),
        (("give", "M3", "M1:000003", "SN1"), "no place in M3"),
        (("undo", "M3"), "Nothing has been decided"),
    ],
)
def test_a_slip_is_told_and_nothing_is_kept(named: Path, args: tuple[str, ...], said: str) -> None:
    before = [p.read_text() for p in sorted((named / "private" / "decisions").glob("*"))]
    with pytest.raises((UsageError, InputError)) as caught:
        call(named, "roles", *args)
    assert said in caught.value.message
    assert [p.read_text() for p in sorted((named / "private" / "decisions").glob("*"))] == before


def test_confirming_asks_voice_by_voice(named: Path) -> None:
    said = call(named, "roles", "confirm", "M3", given="y\nSN9\nSN2\nq\n").stdout
    assert "nobody's code" in said and "word" in said
    verdicts = {v: (row["role"], row["verdict"]) for v, row in told(named, "M3").items()}
    assert verdicts["voice1"] == ("OT", "confirmed")
    assert verdicts["voice2"] == ("SN2", "confirmed")
