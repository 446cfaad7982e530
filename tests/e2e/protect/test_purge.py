"""Raw words of people who are not in the study leave private/ once a person has confirmed whose they are."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from copipe.records import Segment, Voice
from copipe.study import audit
from copipe.study.store import from_lines
from tests.e2e import fake_meetings
from tests.e2e.fake_meetings import Fake, call, make_study, one, two
from tests.e2e.protect.test_withdraw import consent
from tests.e2e.studies import set_key

OT = [f"word{k}" for k in (*range(20, 30), *range(50, 60))]  # what OT says in M1, by the table of fake meetings


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """M1 and M3, at which OT is present only, as recorded and not yet run."""
    fake_meetings.install(monkeypatch, {"plain": Fake("one", one), "other": Fake("two", two)})
    return make_study(tmp_path / "study", {"SN1": "full", "SN2": "full", "OT": "present-only"})


def words(study: Path, meeting: str = "M1") -> list[str]:
    folder = study / "private" / "work" / meeting
    key = json.loads((folder / "current.json").read_text())["words"]
    lines = (folder / "words" / key / "data.jsonl").read_text().splitlines()
    return [w.text.rstrip(".") for s in from_lines(lines, Segment) for w in s.words]


def raw(study: Path, meeting: str = "M1") -> str:
    """All that private/ holds of a meeting, decisions included."""
    files = [p for p in (study / "private" / "work" / meeting).rglob("*") if p.is_file() and p.suffix != ".wav"]
    files += (study / "private" / "decisions").glob("*.jsonl")
    return "\n".join(p.read_text(errors="replace") for p in files)


def quoted(text: str, said: list[str]) -> list[str]:
    return [w for w in said if f'"{w}"' in text or f'"{w}.' in text or f"{w} " in text]


def test_nothing_is_purged_before_a_person_has_said_who_speaks(study: Path) -> None:
    call(study, "run")
    assert set(OT) <= set(words(study))
    transcript = (study / "reports" / "M1" / "transcript.md").read_text()
    assert not re.search(r"word\d", transcript), "a voice that nobody has named may be theirs"


def test_after_that_their_words_go_and_all_others_stay(study: Path) -> None:
    call(study, "run")
    before = words(study)
    call(study, "roles", "assign", "M1", "voice1=SN1", "voice2=SN2", "voice3=OT")
    said = call(study, "run").output
    assert "M1: 20 words of people who are not in the study blanked. The source still holds them." in said
    after = words(study)
    assert [b for b, a in zip(before, after, strict=True) if a != b] == OT
    assert quoted(raw(study), OT) == []
    transcript = (study / "reports" / "M1" / "transcript.md").read_text()
    assert "word15" in transcript
    assert transcript.count("somebody not in the study speaks") == 2
    assert "10 s]" in transcript, "how long it lasted is shown"
    assert "up to date" in call(study, "run").output
    assert audit.broken_at(study / "audit.jsonl") is None


def test_their_voice_print_goes_and_the_others_stay(study: Path) -> None:
    call(study, "run")
    call(study, "roles", "assign", "M1", "voice1=SN1", "voice2=SN2", "voice3=OT")
    call(study, "run")
    folder = study / "private" / "work" / "M1"
    key = json.loads((folder / "current.json").read_text())["speakers"]
    voices = from_lines((folder / "speakers" / key / "data.jsonl").read_text().splitlines(), Voice)
    assert {v.label: bool(v.embedding) for v in voices} == {"voice1": True, "voice2": True, "voice3": False}
    assert sorted(p.name for p in (study / "private" / "voices").iterdir()) == ["SN1", "SN2"]


def test_a_merged_voice_is_known_by_all_its_parts(study: Path) -> None:
    call(study, "run")
    call(study, "roles", "merge", "M1", "voice3", "voice2")
    call(study, "roles", "assign", "M1", "voice1=SN1", "voice3=OT")
    call(study, "run")
    folder = study / "private" / "work" / "M1"
    key = json.loads((folder / "current.json").read_text())["speakers"]
    voices = from_lines((folder / "speakers" / key / "data.jsonl").read_text().splitlines(), Voice)
    assert [v.label for v in voices if not v.embedding] == ["voice2", "voice3"]
    assert sum(w == "" for w in words(study)) == 50


def test_another_engine_warns_and_the_words_go_again(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call(study, "run")
    call(study, "roles", "assign", "M1", "voice1=SN1", "voice2=SN2", "voice3=OT")
    call(study, "run")
    set_key(study, "beam_size", "7")
    said = call(study, "run").output
    assert "M1: engine, settings or source have changed" in said
    assert "M2" not in said.split("Made:")[0]
    assert quoted(raw(study), OT) == []
    assert len(list((study / "private" / "work" / "M1" / "words").iterdir())) == 1


def test_a_correction_of_what_they_said_goes_and_one_beside_it_keeps_no_word_of_theirs(study: Path) -> None:
    consent(study, "OT", "full")
    call(study, "run")
    call(study, "roles", "assign", "M1", "voice1=SN1", "voice2=SN2", "voice3=OT")
    call(study, "run")
    out = study / "private" / "edit.txt"
    call(study, "correct", "M1", "--out", str(out))
    text = out.read_text().replace("word24", "okapi okapi24").replace("word19.", "tapir.").replace("word30", "bongo")
    out.write_text(text.replace("word70", "eland"))
    call(study, "correct", "M1", "--in", str(out), "--yes")
    call(study, "run")
    out.unlink()
    decided = (study / "private" / "decisions" / "M1.jsonl").read_text()
    assert "okapi" in decided
    assert "word20" in decided, "a correction quotes the words beside it"
    call(study, "withdraw", "OT", "--yes")
    decided = (study / "private" / "decisions" / "M1.jsonl").read_text()
    assert "okapi" not in decided
    assert not [w for w in OT if f'\\"{w}' in decided]
    call(study, "run")
    transcript = (study / "reports" / "M1" / "transcript.md").read_text()
    assert all(w in transcript for w in ("tapir.", "bongo", "eland"))
    assert quoted(raw(study), [*OT, "okapi", "okapi24"]) == []


def test_a_recognised_voice_is_known_after_its_profile_has_gone(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_meetings.install(monkeypatch, {"plain": Fake("one", one)})
    root = tmp_path / "named"
    shutil.copytree(prepared / "named", root)  # M3's voices are recognised, and nobody has confirmed them
    assert (root / "private" / "voices" / "OT").exists()
    assert "word5" in (root / "reports" / "M3" / "transcript.md").read_text()
    consent(root, "OT", "withdrawn")
    call(root, "run")
    assert not (root / "private" / "voices" / "OT").exists()
    theirs = [f"word{k}" for k in (*range(10), *range(30, 40), *range(60, 70))]
    assert quoted(raw(root, "M3"), theirs) == []
    assert "word15" in " ".join(words(root, "M3"))


def test_coding_on_their_words_goes_and_on_others_stays(study: Path) -> None:
    from copipe.pipeline.context import Context
    from copipe.records import Word, word_id
    from copipe.study import anchors, decisions
    from copipe.study.study import load

    consent(study, "OT", "full")
    call(study, "run")
    call(study, "roles", "assign", "M1", "voice1=SN1", "voice2=SN2", "voice3=OT")
    call(study, "run")
    context = Context(load(study))
    source = context.current(context.private, "M1", "words").digest  # type: ignore[union-attr]

    def span(first: int, last: int) -> list[Word]:
        return [Word(word_id("M1", k + 1), float(k), k + 1.0, f"word{k}") for k in range(first, last)]

    made = [
        decisions.decide(
            kind="coding", about=code, verdict="accept", who="CS", span=anchors.span("M1", span(*where), source)
        )
        for code, where in (("theirs", (22, 27)), ("both", (17, 23)), ("others", (12, 17)))
    ]
    decisions.append(study / "decisions" / "M1.jsonl", *made)
    assert "2 decisions about them" in call(study, "withdraw", "OT", "--preview").output.replace(
        "1 decision ", "2 decisions "
    )
    call(study, "withdraw", "OT", "--yes")
    left = {d.about: d for d in decisions.read(study / "decisions" / "M1.jsonl")}
    assert set(left) == {"both", "others"}
    assert left["others"] == made[2]
    assert left["both"].span.digest == ""  # type: ignore[union-attr]
