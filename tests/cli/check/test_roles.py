"""`copipe roles` as a user runs it; who spoke when stands in for a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from copipe.cli.app import app
from copipe.cli.terminal.session import asked
from copipe.diarize import alignment
from copipe.diarize.voices import roles
from copipe.errors import UsageError
from copipe.records import Segment, SpeakerTurn, Word, word_id
from copipe.study import decisions

# Four minutes: V1 speaks for 8 s at the start of every 20 s, V2 for 6 s after it.
SPEAKERS = tuple(
    SpeakerTurn(at, at + length, label, exclusive)
    for start in range(0, 240, 20)
    for label, at, length in (("V1", float(start), 8.0), ("V2", start + 9.0, 6.0))
    for exclusive in (False, True)
)
WORDS = tuple(Word(word_id("2010-02", i + 1), float(i), i + 0.9, f"word{i}") for i in range(240) if i % 20 < 15)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from copipe.pipeline import private_transcript

    root = tmp_path / "study"
    assert CliRunner().invoke(app, ["init", str(root)]).exit_code == 0
    (root / "participants.toml").write_text(
        "\n".join(
            f'[[participant]]\nrole = "{role}"\ndescription = "somebody"\nconsent = "full"\n'
            for role in ("SN1", "OT", "SW")
        )
    )
    (root / "private" / "transcripts" / "2010-02.txt").write_text("SN1: okay\n")
    (root / "meetings.toml").write_text(
        '[[meeting]]\ncode = "2010-02"\ndate = 2010-02-17\npresent = ["SN1", "OT"]\ntranscript = "2010-02.txt"\n'
        'visitors = [{ code = "VIS1", description = "safety manager", consent = "full" }]\n'
    )
    segments = (Segment(0.0, 240.0, WORDS),)

    def speakers(study: object, meeting: object) -> tuple[object, object, str]:
        return segments, SPEAKERS, "key1"

    def private_turns(study: object, meeting: object) -> private_transcript.PrivateTranscript:
        made = decisions.read(file(root))
        by_label = roles.resolve(segments, SPEAKERS, made, "key1").by_label
        turns = alignment.attribute(segments, SPEAKERS, by_label, {"SN1", "OT", "VIS1"}, False, {}, ())
        return private_transcript.PrivateTranscript(turns, segments, (), "words1", ())

    monkeypatch.setattr(private_transcript, "speakers", speakers)
    monkeypatch.setattr(private_transcript, "private_turns", private_turns)
    monkeypatch.setattr(asked, "study", None)
    monkeypatch.setenv("COLUMNS", "200")
    return root


def file(study: Path) -> Path:
    return study / "private" / "decisions" / "2010-02.jsonl"


def run(study: Path, *args: str, given: str | None = None) -> Result:
    result = CliRunner().invoke(app, ["-s", str(study), "roles", *args], input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def named(study: Path) -> dict[str, str]:
    voices = json.loads(run(study, "show", "2010-02", "--json").stdout)
    return {voice["voice"]: voice["role"] for voice in voices}


def test_show_tells_voices_times_words_and_samples(study: Path) -> None:
    shown = run(study, "show", "2010-02").stdout
    assert "UNK1 (not assigned)" in shown
    assert "0:01:36" in shown, "V1 speaks 12 times for 8 s"
    assert "word60 word61 word62" in shown
    voices = json.loads(run(study, "show", "2010-02", "--json").stdout)
    assert [v["words"] for v in voices] == [12 * 9, 12 * 6], "a word in the gap goes to the nearer or earlier voice"
    assert len(voices[0]["sample_times"]) == 3
    assert "word" not in json.dumps(voices).replace('"words"', "")


def test_pairs_are_kept_as_decisions_and_shown(study: Path) -> None:
    run(study, "assign", "2010-02", "V1=SN1", "v2=vis1", "--who", "CS")
    assert named(study) == {"V1": "SN1", "V2": "VIS1"}
    assert [(d.kind, d.about, d.verdict, d.who) for d in decisions.read(file(study))] == [
        ("voice", "V1", "SN1", "CS"),
        ("voice", "V2", "VIS1", "CS"),
    ]
    assert "word" not in file(study).read_text()
    assert "all assigned" in run(study).stdout


def test_an_assignment_is_changed_and_taken_back(study: Path) -> None:
    run(study, "assign", "2010-02", "V1=SN1")
    run(study, "assign", "2010-02", "V1=OT")
    assert named(study)["V1"] == "OT"
    run(study, "assign", "2010-02", "V1=-")
    assert named(study)["V1"] == ""
    assert "not assigned: V1, V2" in run(study).stdout


def test_somebody_who_is_not_in_the_study(study: Path) -> None:
    run(study, "assign", "2010-02", "V2=not-in-study")
    assert named(study) == {"V1": "", "V2": "not-in-study"}


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("V1=SN11", "Did you mean SN1?"),
        ("V1=SW", "is not said to have attended"),
        ("V9=SN1", "no voice V9"),
        ("V1", "VOICE=CODE"),
        ("V1=", "VOICE=CODE"),
    ],
)
def test_a_slip_is_told_and_nothing_is_kept(study: Path, pair: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        run(study, "assign", "2010-02", "V2=OT", pair)
    assert said in caught.value.message + caught.value.hint
    assert decisions.read(file(study)) == ()


def test_it_asks_about_each_voice_and_keeps_every_answer(study: Path) -> None:
    told = run(study, "assign", "2010-02", given="SN9\nsn1\nq\n").stdout
    assert "Did you mean SN1?" in told
    assert "word60 word61" in told
    assert named(study) == {"V1": "SN1", "V2": ""}
    run(study, "assign", "2010-02", given="OT\n")
    assert named(study) == {"V1": "SN1", "V2": "OT"}, "only what has no name is asked"
    run(study, "assign", "2010-02", "--all", given="s\nVIS1\n")
    assert named(study) == {"V1": "SN1", "V2": "VIS1"}
