"""Choosing stories through the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from copipe.cli.app import app
from copipe.cli.terminal.session import asked
from copipe.errors import UsageError
from copipe.study import decisions
from tests.e2e.studies import set_key, without_models

TALK = """\
Deb: The next item is the discharge form. It should have a box for the date.
Mags: I remember last winter I was on the night shift, and there was this old man who came in. He said he was fine, \
and then he fell in the corridor. So I rang the doctor and she said, oh well, he never told me that. We found the key \
of his house in the end, and he was so upset.
Deb: We will add it to the list then.
"""


def run(root: Path, *args: str, given: str = "", study: bool = True) -> str:
    asked.study = None
    result = CliRunner().invoke(app, [*(("-s", str(root)) if study else ()), *args], input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COPIPE_WHO", "CS")
    monkeypatch.setenv("COLUMNS", "200")
    root = tmp_path / "study"
    run(root, "init", str(root), study=False)
    without_models(root)
    set_key(root, "quorum", "1")
    (root / "participants.toml").write_text(
        "".join(f'[[participant]]\nrole = "{r}"\ndescription = "x"\nconsent = "full"\n\n' for r in ("SN1", "CS"))
    )
    (root / "meetings.toml").write_text(
        '[[meeting]]\ncode = "2010-02"\ndate = "2010-02"\nstage = "starting up"\npresent = ["SN1", "CS"]\n'
        'transcript = "2010-02.txt"\n'
    )
    (root / "private" / "transcripts" / "2010-02.txt").write_text(TALK)
    (root / "private" / "roster.toml").write_text('[people]\n"Mags" = "SN1"\n"Deb" = "CS"\n')
    for command in ("transcribe", "anonymise", "code"):
        run(root, command, "2010-02")
    return root


def standing(root: Path) -> list[tuple[str, str, str]]:
    made = decisions.standing(decisions.read(root / "decisions" / "2010-02.jsonl"), "story")
    return [(d.verdict, d.about, d.who) for d in made]


def test_a_story_is_chosen_with_its_purpose_and_shown_in_the_report(study: Path) -> None:
    told = run(study, "review", "--stories", given="p\n1\n")
    assert "SN1" in told and "orientation" in told and "1 decided" in told
    ((verdict, purpose, who),) = standing(study)
    assert (verdict, bool(purpose), who) == ("choose", True, "CS")
    assert "No story is open" in run(study, "review", "--stories")
    assert "chosen by CS" in run(study, "review", "--stories", "--again", given="q\n")
    run(study, "report", "2010-02")
    assert "chosen by CS" in (study / "reports" / "2010-02" / "report.md").read_text()
    assert "review stories" in (study / "audit.jsonl").read_text()


def test_rejecting_skipping_and_taking_back(study: Path) -> None:
    run(study, "review", "--stories", given="s\n")
    assert standing(study) == []
    run(study, "review", "--stories", given="r\n")
    assert [verdict for verdict, *_ in standing(study)] == ["reject"]
    assert "No story is open" in run(study, "review", "--stories", "--again")


def test_undo_in_the_same_sitting(study: Path) -> None:
    set_key(study, "quorum", "1")
    second = TALK.replace("last winter", "the other week").replace("night shift", "children's ward")
    (study / "private" / "transcripts" / "2010-02.txt").write_text(TALK + second)
    for command in ("transcribe", "anonymise", "code"):
        run(study, command, "2010-02")
    run(study, "review", "--stories", given="r\nu\nc\nq\n")
    assert [verdict for verdict, *_ in standing(study)] == ["choose"]


def test_stories_and_codes_are_two_things(study: Path) -> None:
    with pytest.raises(UsageError):
        run(study, "review", "--stories", "--code", "conflict")


def test_a_seed_is_tried_on_whole_stories(study: Path) -> None:
    tried = run(study, "seeds", "--try", "fell AND upset", "--unit", "story")
    assert "2 hits in 1 meeting" in tried and "night shift" in tried
    assert "0 hits" in run(study, "seeds", "--try", "fell AND upset", "--unit", "sentence")
    assert "0 hits" in run(study, "seeds", "--try", "form AND box", "--unit", "story")
