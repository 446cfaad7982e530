"""What recognition must not do, through the command line: name the absent, keep what was erased, learn from two."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from copipe.diarize.voices import profiles
from copipe.diarize.voices.profiles import Take
from copipe.errors import UsageError
from copipe.pipeline.context import Context
from copipe.records import Voice
from copipe.study import study as studies
from copipe.study.store import from_lines
from tests.e2e import fake_meetings as fake
from tests.e2e.check.test_voices import FULL, copied, roles_of, state, told
from tests.e2e.fake_meetings import call


@pytest.fixture
def named(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The voices of M1 are named, so those of M2 and M3 are recognised."""
    return copied(prepared / "named", tmp_path, monkeypatch)


def prints(study: Path, meeting: str) -> dict[str, bool]:
    """Which voices of the diarization that stands have an embedding."""
    context = Context(studies.load(study))
    artifact = context.current(context.private, meeting, "speakers")
    assert artifact is not None
    return {v.label: bool(v.embedding) for v in from_lines(context.private.lines(artifact) or [], Voice)}


def numbers(role: str, meeting: str) -> list[str]:
    """A few numbers of what a person sounds like in a meeting, as a file would hold them."""
    vector = fake.person(role, meeting, "one")
    return [repr(float(x))[:12] for x in vector[1:4]]


def holding(study: Path, role: str, meeting: str) -> list[str]:
    """Files under the study that hold a person's print of a meeting."""
    wanted = numbers(role, meeting)
    files = [p for p in study.rglob("*") if p.is_file() and p.suffix in (".json", ".jsonl")]
    return [str(p.relative_to(study)) for p in files if all(n in p.read_text() for n in wanted)]


def unlist(study: Path, meeting: str, role: str) -> str:
    """Take a member out of who was present; the file as it was."""
    path = study / "meetings.toml"
    before = path.read_text()
    head, tail = before.split(f'code = "{meeting}"')
    line = next(row for row in tail.splitlines() if row.startswith("present"))
    left = [r for r in json.loads(line.partition("= ")[2]) if r != role]
    path.write_text(head + f'code = "{meeting}"' + tail.replace(line, f"present = {json.dumps(left)}", 1))
    return before


def test_a_member_who_was_not_listed_is_named_and_given_nothing(named: Path) -> None:
    listed = unlist(named, "M3", "OT")
    call(named, "run")
    heard = told(named, "M3")["voice1"]
    assert (heard["role"], heard["verdict"], heard["unlisted"]) == ("", "unknown", "OT")
    assert "sounds like OT, who is not listed as attending" in call(named, "roles", "show", "M3").stdout
    assert set(roles_of(named, "M3")) == {"UNK1", "SN1", "SN2"}
    assert "OT seems to speak but is not listed as attending" in " ".join(call(named, "status").stdout.split())
    with pytest.raises(UsageError) as refused:
        call(named, "roles", "assign", "M3", "voice1=OT")
    assert "add OT to `present` in meetings.toml" in refused.value.hint
    (named / "meetings.toml").write_text(listed)
    call(named, "run")
    assert roles_of(named, "M3") == list(fake.TABLE["M3"])


def test_where_somebody_has_not_consented_an_unlisted_member_is_withheld(
    tmp_path: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.install(monkeypatch, {"plain": fake.Fake("one", fake.one)})
    study = fake.make_study(tmp_path / "study", {**FULL, "SN2": "present-only"})
    call(study, "run")
    call(study, "roles", "assign", "M1", "voice1=SN1", "voice3=OT")
    unlist(study, "M3", "OT")
    call(study, "run")
    assert told(study, "M3")["voice1"]["unlisted"] == "OT"
    assert set(roles_of(study, "M3")) == {"", "SN1"}, "nobody knows yet that it is not the one who declined"


def test_nobody_is_named_who_does_not_consent_whether_listed_or_not(named: Path) -> None:
    people = named / "participants.toml"
    head, tail = people.read_text().split('role = "OT"')
    people.write_text(f'{head}role = "OT"' + tail.replace('"full"', '"present-only"', 1))
    unlist(named, "M3", "OT")
    call(named, "run")
    assert told(named, "M3")["voice1"]["unlisted"] == ""
    assert not (named / "private" / "voices" / "OT").exists()


def test_forgetting_a_voice_takes_its_prints_out_of_every_diarization(named: Path) -> None:
    settings = (named / "copipe.toml").read_text()
    (named / "copipe.toml").write_text(settings.replace('engine = "plain"', 'engine = "other"'))
    call(named, "run")  # another engine's, so that M1 has two
    (named / "copipe.toml").write_text(settings)
    call(named, "run")
    call(named, "roles", "confirm", "M3", "--all-sure")
    damaged = next((named / "private" / "work" / "M1" / "speakers").iterdir())
    shutil.copytree(damaged, damaged.with_name(f"{damaged.name}.damaged-1"))
    for meeting in fake.TABLE:
        assert holding(named, "SN1", meeting), meeting
    said = call(named, "voices", "forget", "SN1", "--yes").stdout
    assert "M1, M2, M3" in said
    assert "M2: SN1 was recognised and nobody has confirmed it" in " ".join(said.split())
    for meeting in fake.TABLE:
        assert holding(named, "SN1", meeting) == [], meeting
        assert holding(named, "SN2", meeting), "of nobody else"
    assert prints(named, "M1") == {"voice1": False, "voice2": True, "voice3": True}
    assert state(named, "M1")["turns"] == "done", "a decided meeting stands"
    call(named, "run")
    assert roles_of(named, "M1") == list(fake.TABLE["M1"])
    assert roles_of(named, "M3") == list(fake.TABLE["M3"])
    assert told(named, "M2")["voice2"]["why"].startswith("nothing is kept to compare it by")
    assert told(named, "M2")["voice1"]["role"] == "SN2"


def test_a_new_diarization_keeps_no_print_of_a_forgotten_voice(named: Path) -> None:
    call(named, "voices", "forget", "SN1", "--yes")
    call(named, "roles", "assign", "M2", "voice2=SN1")
    assert prints(named, "M2")["voice2"] is False
    call(named, "diarize", "--again", "M1", "M2")
    assert prints(named, "M1") == {"voice1": False, "voice2": True, "voice3": True}
    assert holding(named, "SN1", "M2") == []
    assert "has been erased" in call(named, "voices", "forget", "SN1", "--yes").stdout


def test_a_voice_that_was_split_teaches_nobody_any_more(named: Path) -> None:
    """voice1 of M1 was a visitor's from 50 s on: SN1's profile may hold the visitor's voice, in no version."""
    call(named, "roles", "confirm", "M3", "--all-sure")
    mixed = numbers("SN1", "M1")
    assert any(all(n in p.read_text() for n in mixed) for p in (named / "private" / "voices" / "SN1").iterdir())
    call(named, "roles", "split", "M1", "voice1", "--at", "0:00:50")
    assert [t["source"] for t in takes(named, "SN1")] == ["M3"]
    assert not any(all(n in p.read_text() for n in mixed) for p in (named / "private" / "voices" / "SN1").iterdir())
    call(named, "roles", "undo", "M1")
    assert [t["source"] for t in takes(named, "SN1")] == ["M3", "M1"]


def takes(study: Path, role: str) -> list[dict[str, object]]:
    newest = max((study / "private" / "voices" / role).glob("*.json"))
    found: list[dict[str, object]] = json.loads(newest.read_text())["takes"]
    return found


def test_two_voices_made_one_and_parted_again(named: Path) -> None:
    call(named, "roles", "merge", "M3", "voice2", "voice3")
    call(named, "run")
    assert len(told(named, "M3")) == 2
    call(named, "roles", "undo", "M3")
    call(named, "run")
    assert roles_of(named, "M3") == list(fake.TABLE["M3"])


def test_a_file_enrolled_by_mistake_is_wondered_at_and_taken_out(named: Path) -> None:
    """The fake engine hears SN1 in every file that is enrolled."""
    recording = str(named / "private" / "recordings" / "M2.wav")
    said = " ".join(call(named, "voices", "enrol", "SN2", recording, "--from", "00:10", "--to", "00:40").stdout.split())
    assert "nearer to SN1" in said and 'copipe voices drop SN2 "M2.wav from 10 to 40 s"' in said
    wrong = numbers("SN1", "M2")
    with pytest.raises(UsageError, match="comes from your decisions"):
        call(named, "voices", "drop", "SN2", "M1")
    with pytest.raises(UsageError, match="has nothing from"):
        call(named, "voices", "drop", "SN2", "M2.wav")
    call(named, "voices", "drop", "SN2", "M2.wav from 10 to 40 s")
    assert [t["source"] for t in takes(named, "SN2")] == ["M1"]
    for path in (named / "private" / "voices" / "SN2").iterdir():
        assert not all(n in path.read_text() for n in wrong), path
    said = call(named, "voices", "enrol", "SN1", recording).stdout
    assert "Listen again" not in said
    assert "M2.wav" not in (named / "audit.jsonl").read_text()


def test_a_visitor_taken_for_a_member_leaves_nothing_once_put_right(named: Path) -> None:
    visitor = numbers("VISITOR", "M2")
    call(named, "roles", "assign", "M2", "voice3=SN1")
    assert any(all(n in p.read_text() for n in visitor) for p in (named / "private" / "voices").rglob("*.json"))
    call(named, "roles", "assign", "M2", "voice3=V1")
    assert [t["source"] for t in takes(named, "SN1")] == ["M1"]
    assert not any(all(n in p.read_text() for n in visitor) for p in (named / "private" / "voices").rglob("*.json"))


def test_members_who_are_hardly_told_apart_are_said_to_be(named: Path) -> None:
    study = studies.load(named)
    voices = study.private / "voices"
    own = profiles.load(voices, "SN1")
    assert own is not None
    twin = Take("twin.wav", "", own.takes[0].encoder, own.centroid, 60.0, own.takes[0].when)
    profiles.add(voices, "SN2", twin)
    profiles.drop_take(voices, "SN2", "M1")
    rows = {r["role"]: r["note"] for r in json.loads(call(named, "voices", "list", "--json").stdout)}
    assert "too similar to another member" in rows["SN1"] and "too similar" in rows["SN2"]
    assert not rows["OT"]
    call(named, "run")
    assert {r["verdict"] for r in told(named, "M3").values() if r["role"] in ("SN1", "SN2")} <= {"likely", "unknown"}


def test_what_somebody_who_declined_said_is_not_shown_once_it_is_known_to_be_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.install(monkeypatch, {"plain": fake.Fake("one", fake.one)})
    study = fake.make_study(tmp_path / "study", {**FULL, "OT": "present-only"})
    call(study, "run")
    assert call(study, "roles", "show", "M1").stdout.count("word2") > 0
    call(study, "roles", "assign", "M1", "voice3=OT")
    shown = call(study, "roles", "show", "M1").stdout
    theirs = [f"word{k}" for k in range(20, 30)]
    assert not any(word in shown.split() for word in theirs)
    assert "(not in the study)" in shown


class Knowing(fake.Fake):
    """An engine that calls voices otherwise where it knows members, as one that finds another number of them does."""

    def __init__(self, seen: list[int]) -> None:
        super().__init__("one", fake.one)
        self.seen = seen

    def knowing(self, prints: Sequence[Sequence[float]]) -> fake.Fake:
        self.seen.append(len(prints))
        return fake.Fake("one", fake.two)


def test_members_who_are_known_help_a_new_diarization_and_decisions_keep_their_people(
    named: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    fake.install(monkeypatch, {"plain": Knowing(seen)})
    before = {meeting: roles_of(named, meeting) for meeting in fake.TABLE}
    call(named, "roles", "assign", "M2", "voice3=V1")
    assert call(named, "run").exit_code == 0
    assert seen == [], "a profile makes no diarization stale"
    labels = list(told(named, "M1"))
    call(named, "diarize", "--again", "M1", "M2")
    assert seen == [3, 3]
    assert list(told(named, "M1")) != labels, "labels are other people's now"
    call(named, "run")
    assert roles_of(named, "M1") == before["M1"]
    assert [r.replace("V1", "UNK1") for r in roles_of(named, "M2")] == before["M2"]
    context = Context(studies.load(named))
    artifact = context.current(context.private, "M1", "speakers")
    assert artifact is not None and artifact.about["members"] == {"OT": 1, "SN1": 1, "SN2": 1}
    call(named, "roles", "assign", "M1", "voice1=SN2")  # decided on the new labels, whose voice1 is OT's
    call(named, "run")
    assert roles_of(named, "M1") == ["SN1", "SN2"] * 3, "what OT said follows on what SN2 said"
    call(named, "voices", "forget", "SN1", "--yes")
    call(named, "diarize", "--again", "M1")
    assert seen[-1] == 1, "neither SN1, who is forgotten, nor OT, whose only voice is somebody else's now"
