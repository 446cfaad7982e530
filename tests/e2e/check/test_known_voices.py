"""Real recordings, real models: a voice that was named in one meeting is known in the next."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from copipe.cli.terminal.session import asked
from copipe.errors import InputError
from tests.e2e.fake_meetings import call
from tests.e2e.studies import Copipe, set_key

DATA = Path(__file__).parents[4] / "shared" / "data" / "sim_study"


def member(role: str) -> str:
    return f'[[participant]]\nrole = "{role}"\ndescription = "somebody"\nconsent = "full"\n\n'


def shown(copipe: Copipe, study: Path, meeting: str) -> dict[str, tuple[str, str]]:
    rows = json.loads(copipe("-s", study, "roles", "show", meeting, "--json").stdout)
    return {row["voice"]: (row["role"], row["verdict"]) for row in rows}


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Copipe:
    """`copipe -s STUDY ARGS` in this process, which imports torch once; what it raises is raised."""
    monkeypatch.setattr(asked, "study", None)
    monkeypatch.setenv("COLUMNS", "160")

    def run(_: str, study: Path, *args: object) -> subprocess.CompletedProcess[str]:
        result = call(study, *map(str, args))
        return subprocess.CompletedProcess([], result.exit_code, result.stdout, result.stderr)

    return run


@pytest.mark.slow
def test_a_caller_enrolled_by_ear_is_known_and_the_other_is_not_taken_for_them(call_study: Path, here: Copipe) -> None:
    """A profile of one caller from a stretch of the recording: of its two voices the right one is known by it."""
    set_key(call_study, "quorum", "9")  # nothing is coded: that takes longest
    here("-s", call_study, "run")
    # Sample's own truth: 10.57-14.70 and 18.05-21.49 one caller, 14.49-17.92 and 21.78-28.50 the other.
    recording = call_study / "private" / "recordings" / "call.wav"
    here("-s", call_study, "voices", "enrol", "CS", recording, "--from", "00:21.8", "--to", "00:27.8")
    with pytest.raises(InputError, match="5 s"):
        here("-s", call_study, "voices", "enrol", "SN1", recording, "--from", "00:11", "--to", "00:12")
    here("-s", call_study, "run")
    known = shown(here, call_study, "CALL")
    assert [role for role, _ in known.values()].count("CS") == 1
    (label,) = [v for v, (role, _) in known.items() if role == "CS"]
    samples = json.loads(here("-s", call_study, "roles", "show", "CALL", "--json").stdout)
    times = next(row["sample_times"] for row in samples if row["voice"] == label)
    assert any(start < 25 < end for start, end in times), "the voice that speaks from 21.8 to 28.5 s"
    assert {verdict for role, verdict in known.values() if role} <= {"sure", "likely"}
    here("-s", call_study, "voices", "forget", "CS", "--yes")
    here("-s", call_study, "run")
    assert {role for role, _ in shown(here, call_study, "CALL").values()} == {""}


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the simulated study is not beside this repository")
def test_named_in_the_first_meeting_known_in_the_others_unaided(tmp_path: Path, copipe: Copipe) -> None:
    truth = json.loads((DATA / "study.json").read_text())
    members = sorted(truth["roles"].values())
    study = tmp_path / "study"
    copipe("init", study)
    (study / "participants.toml").write_text("".join(map(member, members)))
    rows = []
    for n, (code, told) in enumerate(sorted(truth["meetings"].items()), 1):
        guests = [a for a in told["attendance"] if a not in members]
        visitors = ", ".join(
            f'{{ code = "V{n}{k}", description = "a guest", consent = "full" }}' for k, _ in enumerate(guests)
        )
        present = json.dumps([a for a in told["attendance"] if a in members])
        rows.append(
            f'[[meeting]]\ncode = "{code}"\ndate = 2010-0{n}-01\nkind = "interview"\npresent = {present}\n'
            f'visitors = [{visitors}]\nrecording = "{DATA / (code + ".flac")}"\n'
        )
    (study / "meetings.toml").write_text("\n".join(rows))
    copipe("run", study)
    spoken = {code: _truth(code) for code in truth["meetings"]}
    first = _by_truth(copipe, study, "M01", spoken["M01"])
    pairs = [f"{label}={who if who in members else 'V10'}" for label, who in first.items()]
    copipe("-s", study, "roles", "assign", "M01", *pairs)
    copipe("run", study)
    for code in ("M02", "M03"):
        found = shown(copipe, study, code)
        for label, who in _by_truth(copipe, study, code, spoken[code]).items():
            role, verdict = found[label]
            assert role == (who if who in members else ""), (code, label, who, role, verdict)


def _truth(code: str) -> list[tuple[float, float, str]]:
    rows = [line.split() for line in (DATA / f"{code}.rttm").read_text().splitlines()]
    return [(float(r[3]), float(r[3]) + float(r[4]), r[7]) for r in rows]


def _by_truth(copipe: Copipe, study: Path, meeting: str, spoken: list[tuple[float, float, str]]) -> dict[str, str]:
    """Who each voice is by the truth: whoever speaks most where its samples lie."""
    rows = json.loads(copipe("-s", study, "roles", "show", meeting, "--json").stdout)
    found = {}
    for row in rows:
        shares: dict[str, float] = {}
        for start, end in row["sample_times"]:
            for s, e, who in spoken:
                shares[who] = shares.get(who, 0.0) + max(0.0, min(end, e) - max(start, s))
        if shares and max(shares.values()) > 0:
            found[row["voice"]] = max(shares, key=shares.__getitem__)
    return found
