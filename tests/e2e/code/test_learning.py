"""Candidates by meaning and by what decisions teach, with the real embedding model, through the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from copipe.cli.app import app
from copipe.cli.terminal.session import asked, open_study
from copipe.code.codings import new_decision
from copipe.code.propose import embeddings
from copipe.code.propose.embeddings import available
from copipe.errors import UsageError
from copipe.models import store
from copipe.pipeline.context import Context
from copipe.pipeline.stages.vectors import space_of
from copipe.progress import silent
from copipe.records import Coding
from copipe.review.coding import CodedMeeting, coded
from copipe.run import run as bring_up_to_date
from copipe.study import decisions
from tests.e2e.studies import set_key

MODEL = "all-MiniLM-L6-v2"
pytestmark = pytest.mark.skipif(not available(MODEL), reason=f"`{store.how_to_get(MODEL)}` gets the model")

BOOK = """\
name: small
codes:
  - key: transport
    label: Getting there
    definition: How patients and families travel to appointments, by bus, car or taxi.
    seeds: [bus, taxi]
  - key: food
    label: Meals
    definition: What patients eat and drink on the ward.
    seeds: [porridge]
  - key: quiet
    label: Noise at night
    definition: Patients cannot sleep because it is loud.
"""
ADMIN = (
    "Let us look at the minutes of last month.",
    "The form has to be signed by both of us.",
    "I will send the list to everybody on Monday.",
    "Has the new computer arrived by now?",
    "The budget is not agreed yet, I am told.",
    "We need a date for the next meeting.",
)
TRAVEL = (
    "My mother waited an hour for the bus to the clinic.",
    "The families have to drive so far and parking is dear.",
    "A taxi home at night costs more than he has.",
    "Two trains and a long walk, at her age.",
    "The hospital car did not come for him again.",
    "She missed the appointment because no bus runs on Sunday.",
)
NOISE = "It is so loud at night that nobody sleeps. The bells ring. Patients lie awake for the noise."
MORE_TRAVEL = (
    "There is no train to the hospital after six.",
    "Her daughter drives her to every appointment.",
    "They cannot find anywhere to park at the clinic.",
)


def talk(travel: Sequence[str], other: Sequence[str]) -> str:
    """Turns by Mags and Deb in which travel comes up now and then."""
    lines = []
    for n, sentence in enumerate(travel):
        lines += [f"Deb: {ADMIN[n % 6]} {ADMIN[(n + 2) % 6]}", f"Mags: {sentence}", f"Deb: {other[n % len(other)]}"]
    return "\n".join(lines) + "\n"


def run(root: Path, *args: str, given: str = "", study: bool = True) -> str:
    asked.study = None
    result = CliRunner().invoke(app, [*(("-s", str(root)) if study else ()), *args], input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("learning") / "study"
    run(root, "init", str(root), study=False)
    set_key(root, "quorum", "1")
    (root / "participants.toml").write_text(
        "".join(f'[[participant]]\nrole = "{r}"\ndescription = "x"\nconsent = "full"\n\n' for r in ("SN1", "CS"))
    )
    (root / "meetings.toml").write_text(
        "".join(
            f'[[meeting]]\ncode = "{code}"\ndate = "{code}"\nstage = "operating"\npresent = ["SN1", "CS"]\n'
            f'transcript = "{code}.txt"\n\n'
            for code in ("2010-02", "2010-03")
        )
    )
    transcripts = root / "private" / "transcripts"
    (transcripts / "2010-02.txt").write_text(talk(TRAVEL, (NOISE, *ADMIN)))
    (transcripts / "2010-03.txt").write_text(talk((*MORE_TRAVEL, "I like this idea."), ADMIN[::-1]))
    (root / "private" / "roster.toml").write_text('[people]\n"Mags" = "SN1"\n"Deb" = "CS"\n')
    (root / "codebooks" / "codebook.yaml").write_text(BOOK)
    run(root, "transcribe")
    run(root, "code")
    return root


@pytest.fixture
def study(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COPIPE_WHO", "SN1")
    monkeypatch.setenv("COLUMNS", "200")
    return shutil.copytree(made, tmp_path / "study")


def meeting(root: Path, code: str, coder: str = "") -> CodedMeeting:
    context = Context(open_study(root))
    return coded(context, context.study.meeting(code), coder)


def of(found: CodedMeeting, code: str, kind: str) -> list[tuple[str, Coding]]:
    """The open candidates of a code that have evidence of a kind, with their words."""
    return [
        (found.text(found.place(c.span)), c)
        for c in found.codings.open
        if c.code == code and any(e.kind.startswith(kind) for e in c.evidence)
    ]


def decide(root: Path, verdict: str, sentences: Sequence[str], blind: bool = False, who: str = "SN1") -> None:
    """As somebody does in a review: on every sentence of the first meeting that is one of these."""
    found = meeting(root, "2010-02")
    from copipe.review.queries import sentences as places

    spans = [found.span(p) for p in places(found) if found.text(p) in sentences]
    assert len(spans) == len(sentences)
    made = [new_decision(s, "transport", verdict, who, blind=blind) for s in spans]  # type: ignore[arg-type]
    decisions.append(root / "decisions" / "2010-02.jsonl", *made)


def test_a_code_without_seeds_is_proposed_by_its_meaning(study: Path) -> None:
    found = of(meeting(study, "2010-02"), "quiet", "meaning")
    assert any("loud at night" in said for said, _ in found)
    assert {e.source for _, c in found for e in c.evidence} <= {"label", "definition"}
    assert all(c.status == "candidate" for _, c in found)


def test_what_was_accepted_in_one_meeting_is_found_in_the_next(study: Path) -> None:
    before = (study / "codebooks" / "codebook.yaml").read_bytes()
    decide(study, "add", TRAVEL)
    assert "learned (2)" in run(study, "code")
    found = of(meeting(study, "2010-03"), "transport", "learn")
    said = " ".join(text for text, _ in found)
    assert sum(sentence in said for sentence in MORE_TRAVEL) >= 2
    ids = {w.id for w in meeting(study, "2010-02").words}
    for _, candidate in found:
        for evidence in (e for e in candidate.evidence if e.kind.startswith("learn")):
            named = evidence.source.removeprefix("like ").split(" (")[0].split(", ")
            assert set(named) <= ids
    # Nothing is accepted by itself, and the file of decisions of the other meeting is not there.
    assert not meeting(study, "2010-03").codings.accepted
    assert not (study / "decisions" / "2010-03.jsonl").exists()
    assert (study / "codebooks" / "codebook.yaml").read_bytes() == before
    # One passage is asked about once.
    places = [c.span for c in meeting(study, "2010-03").codings.open if c.code == "transport"]
    assert all(a.last < b.first for a, b in pairwise(places))
    assert "learned" not in run(study, "code")  # nothing changed: nothing is made
    shown = run(study, "review", "2010-03", "--code", "transport", given="q\n")
    assert "like 2010-02:" in shown


def test_a_blind_coder_sees_nothing_that_others_taught_and_teaches_nothing(study: Path) -> None:
    bare = meeting(study, "2010-03", coder="AB").codings.codings
    decide(study, "add", TRAVEL, blind=True, who="AB")
    assert "learned" not in run(study, "code")
    decide(study, "add", TRAVEL)
    run(study, "code")
    assert of(meeting(study, "2010-03"), "transport", "learn")
    assert meeting(study, "2010-03", coder="AB").codings.codings == bare


def test_decisions_taken_back_are_unlearnt(study: Path) -> None:
    decide(study, "add", TRAVEL)
    run(study, "code")
    path = study / "decisions" / "2010-02.jsonl"
    decisions.append(
        path, *(decisions.decide(kind="undo", about=d.id, verdict="x", who="SN1") for d in decisions.read(path))
    )
    run(study, "code")
    assert not of(meeting(study, "2010-03"), "transport", "learn")


def test_suggest(study: Path) -> None:
    decide(study, "add", TRAVEL)
    run(study, "code")
    told = json.loads(run(study, "suggest", "--json"))
    assert set(told) == {"seeds", "pairs", "missing"}
    why = json.loads(run(study, "suggest", "--why", "transport", "--json"))
    assert why["accepted"] == len(TRAVEL) and why["meetings"] == ["2010-02"]
    assert any(weight > 0 for _, weight in why["words"])
    assert "learnt from 6 accepted" in run(study, "suggest", "--why", "Getting there")
    with pytest.raises(UsageError, match="has not been learnt"):
        run(study, "suggest", "--why", "food")
    with pytest.raises(UsageError, match="no code"):
        run(study, "suggest", "--why", "travel")


def test_without_the_model_coding_goes_on_by_seeds(study: Path) -> None:
    decide(study, "add", TRAVEL)
    set_key(study, "embedding_model", '"not-here"')
    said = run(study, "code")
    assert said.count("not-here for meaning and learning is not here") == 1
    found = meeting(study, "2010-02")
    assert {e.kind for c in found.candidates for e in c.evidence} == {"seed"}
    set_key(study, "meaning", "false")
    set_key(study, "learn", "false")
    assert "not-here" not in run(study, "code")


def test_nothing_made_of_meaning_is_left_where_words_have_to_go(study: Path) -> None:
    decide(study, "add", TRAVEL)
    run(study, "code")
    kept = {p.name for p in (study / "work" / "2010-03" / "vectors").iterdir()}
    text = (study / "participants.toml").read_text()
    (study / "participants.toml").write_text(text.replace('consent = "full"', 'consent = "withdrawn"', 1))
    run(study, "run")
    run(study, "run")
    after = {p.name for p in (study / "work" / "2010-03" / "vectors").iterdir()}
    assert not kept & after
    assert not of(meeting(study, "2010-03"), "transport", "")


def test_after_a_change_only_new_sentences_are_embedded(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[str] = []
    embed = embeddings.embed

    def counted(texts: Sequence[str], *rest: Any) -> Any:
        asked_for.extend(texts)
        return embed(texts, *rest)

    monkeypatch.setattr(embeddings, "embed", counted)
    with (study / "private" / "roster.toml").open("a") as file:
        file.write('\n[others]\n"clinic" = "[a place]"\n')
    context = Context(open_study(study))
    bring_up_to_date(context, context.study.meetings, ("words", "turns", "anonymised", "candidates"), silent)
    assert 2 <= len(asked_for) <= 8  # two sentences, and what they are neighbours of
    assert all("place" in text for text in asked_for)
    reused = space_of(context, context.study.meeting("2010-02"))
    shutil.rmtree(study / "work" / "2010-02" / "vectors")
    run(study, "code")
    made = space_of(context, context.study.meeting("2010-02"))
    assert np.abs(reused.alone - made.alone).max() < 0.001
    assert np.abs(reused.joined - made.joined).max() < 0.001
    assert len(asked_for) > 50
