"""Changing the codebook of a study at the command line: what it shows, what it writes, what can be taken back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from copipe.cli.app import app
from copipe.code.codebook import codebook
from copipe.create import create
from copipe.errors import CopipeError, UsageError
from copipe.pipeline.context import Context
from copipe.pipeline.stages import stages
from copipe.progress import silent
from copipe.records import Candidate
from copipe.study import decisions, memos
from copipe.study import study as studies
from copipe.study.store import from_lines, to_line
from tests.e2e.studies import write_text_study


def do(*args: object, input: str | None = None) -> Result:
    """Run `copipe codebook ARGS` in this process; errors of copipe come through as they are."""
    result = CliRunner().invoke(app, ["codebook", *map(str, args)], input=input)
    if isinstance(result.exception, CopipeError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of two transcripts, run; its first candidate for each code is accepted."""
    root = tmp_path_factory.mktemp("ran") / "study"
    create(root)
    write_text_study(root)
    subprocess.run([sys.executable, "-m", "copipe", "-s", root, "run"], check=True, capture_output=True)
    for meeting in ("2010-02", "2010-03"):
        for code in ("discharge", "safeguarding"):
            span = next(c.span for c in candidates(root, meeting) if c.code == code)
            made = decisions.decide(kind="coding", about=code, verdict="accept", who="CS", span=span)
            decisions.append(root / "decisions" / f"{meeting}.jsonl", made)
    return root


@pytest.fixture
def study(ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that study, and this process in it."""
    root = shutil.copytree(ran, tmp_path / "study")
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "200")
    return root


def candidates(root: Path, meeting: str) -> tuple[Candidate, ...]:
    """What the last run proposed."""
    context = Context(studies.load(root))
    artifact = context.current(context.public, meeting, "candidates")
    assert artifact is not None
    return from_lines(context.public.lines(artifact) or (), Candidate)


def state(study: Path) -> dict[str, bytes]:
    """Every file but the log and the remembered digests of sources, which any command may write."""
    beside = ("copipe.log", "digests.json")
    return {str(p): p.read_bytes() for p in study.rglob("*") if p.is_file() and p.name not in beside}


def test_impact_counts_cites_and_writes_nothing(study: Path) -> None:
    text = (study / "codebooks/codebook.yaml").read_text()
    (study / "second.yaml").write_text(
        text.replace('"discharge*"', "discharge*, partnership").split("      - key: safe")[0]
    )
    before = state(study)
    output = do("diff", "second.yaml", "--impact").output
    assert "- safeguarding" in output and "seeds: + partnership" in output
    assert "+ 2010-03 p. 1, l" in output and "OT: Partnership working" in output
    assert "2 accepted under safeguarding would have no code" in output
    assert "2 of the dropped passages were accepted" in output
    told = json.loads(do("diff", "codebooks/codebook.yaml", "second.yaml", "--impact", "--json").output)["impact"]
    counts = {c["key"]: (c["before"], c["after"], c["added"], c["dropped"]) for c in told["codes"]}
    assert counts == {"discharge": (2, 3, 1, 0), "safeguarding": (2, 0, 0, 2)}
    assert [m[:3] for m in told["meetings"]] == [["2010-02", 0, 1], ["2010-03", 1, 1]]
    assert told["left_out"] == [["2010-04", "not recorded"]]
    assert told["homeless"] == [["safeguarding", 2]]
    assert state(study) == before


def test_impact_is_what_a_run_then_finds(study: Path) -> None:
    """Every candidate of a run with the new codebook is either one of the old or among those added."""
    text = (study / "codebooks/codebook.yaml").read_text()
    new = text.replace("[safeguarding]", '["re:\\\\bwho\\\\b", write, team]\n        only-roles: [OT, CS]')
    (study / "new.yaml").write_text(new)
    told = json.loads(do("diff", "new.yaml", "--impact", "--json").output)["impact"]["codes"]
    (mine,) = [c for c in told if c["key"] == "safeguarding"]
    context = Context(studies.load(study), study / "new.yaml")
    found = []
    for code in ("2010-02", "2010-03"):
        data, _ = stages["candidates"].make(context, context.study.meeting(code), "", silent)
        found += [c for c in from_lines([to_line(record) for record in data], Candidate) if c.code == "safeguarding"]
    assert len(found) == mine["after"] > 0
    assert (mine["before"], mine["dropped"], mine["kept"]) == (2, 2, 2)


def test_a_merge_is_shown_asked_for_made_and_taken_back(study: Path) -> None:
    file = study / "codebooks/codebook.yaml"
    before = file.read_bytes()
    output = do("merge", "safeguarding", "into", "discharge", "--impact", input="").output
    assert "takes in safeguarding" in output and "no code" not in output
    assert file.read_bytes() == before and not (study / "codebooks/.before").exists()
    output = do("merge", "safeguarding", "into", "discharge", "--why", "Both are one.", "--who", "CS", "--yes").output
    assert "copipe codebook undo" in output
    assert codebook.renamed(codebook.load(file))["safeguarding"] == "discharge"
    (memo,) = memos.read(study / "private/memos")
    assert (memo.about, memo.text, memo.who) == ("code:discharge", "Both are one.", "CS")
    trail = (study / "audit.jsonl").read_text().splitlines()
    assert json.loads(trail[-1])["what"] == "codebook merge" and "Both are one" not in trail[-1]
    do("group", "discharge", "--under", "leaving=Leaving", "--why", "It is about leaving.", "--yes")
    assert do("undo", input="").output.count("Take back") <= 1
    assert b"leaving" in file.read_bytes()
    do("undo", "--yes")
    do("undo", "--yes")
    assert file.read_bytes() == before
    with pytest.raises(UsageError, match="has changed nothing"):
        do("undo", "--yes")
    assert len(list((study / "codebooks/.before").glob("*.undone.yaml"))) == 2


def test_undo_says_when_the_file_was_changed_since(study: Path) -> None:
    file = study / "codebooks/codebook.yaml"
    do("rename", "discharge", "leaving", "--yes")
    file.write_text(file.read_text() + "# mine\n")
    output = do("undo", "--yes").output
    assert "was changed since" in output
    kept = next((study / "codebooks/.before").glob("*.undone.yaml"))
    assert "# mine" in kept.read_text() and "# mine" not in file.read_text()


def test_a_codebook_of_copipe_is_copied_and_not_changed(study: Path) -> None:
    with pytest.raises(UsageError) as caught:
        do("rename", "branding", "brand", "-b", "denning", "--yes")
    assert "--from denning" in caught.value.hint
    do("new", "codebooks/mine.yaml", "--from", "denning")
    do("rename", "branding", "brand", "-b", "codebooks/mine.yaml", "--yes")
    assert codebook.renamed(codebook.load(study / "codebooks/mine.yaml"))["branding"] == "brand"
    with pytest.raises(UsageError, match="exists"):
        do("new", "codebooks/mine.yaml")


def test_a_code_of_an_included_book_is_changed_where_it_stands(study: Path) -> None:
    (study / "codebooks/both.yaml").write_text(
        "includes: [codebook.yaml]\ncodes:\n- {key: own, seeds: [x]}\n- key: b\n"
    )
    with pytest.raises(UsageError, match=r"discharge stands in .*codebook.yaml"):
        do("rename", "discharge", "leaving", "-b", "codebooks/both.yaml", "--yes")
    do("rename", "b", "c", "-b", "codebooks/both.yaml", "--yes")


def test_a_layout_beyond_copipe_is_written_anew_only_when_told(study: Path) -> None:
    path = study / "codebooks/braces.yaml"
    path.write_text("# mine\ncodes: [{key: a, seeds: [x]}, {key: b, seeds: [y]}]\n")
    with pytest.raises(CopipeError, match="laid out"):
        do("merge", "a", "into", "b", "-b", path, "--yes")
    assert path.read_text().startswith("# mine")
    do("merge", "a", "into", "b", "-b", path, "--yes", "--rewrite")
    assert codebook.load(path).codes[0].seeds == ("y", "x")
    assert "# mine" in next((path.parent / ".before").glob("braces-*")).read_text()


def test_there_and_back_by_every_format(study: Path) -> None:
    for name in ("x.qdc", "x.csv", "x.yaml"):
        do("convert", "leadership", name)
        assert json.loads(do("diff", "leadership", name, "--json").output)["codes"] == []
    with pytest.raises(UsageError, match="exists"):
        do("convert", "leadership", "x.qdc")
    with pytest.raises(UsageError, match="written as"):
        do("convert", "leadership", "x.docx")
    assert "no problems" in do("check", "x.qdc").output


def test_check_knows_who_is_in_the_study(study: Path) -> None:
    (study / "x.yaml").write_text("codes:\n- {key: a, definition: d, seeds: [x], only-roles: [SN1, SN9]}\n")
    assert "a is only for SN9, but nobody in the study has that role" in do("check", "x.yaml").output
    assert "SN1," not in do("check", "x.yaml").output


def test_show_as_json_has_everything(study: Path) -> None:
    told = json.loads(do("show", "--json").output)
    assert [c["key"] for c in told["codes"]] == ["sharing", "discharge", "safeguarding"]
    assert told["codes"][1]["parent"] == "sharing" and len(told["codes"][1]["hash"]) == 64
    assert do("show", "-c", "discharge").output.startswith("- key: discharge\n")


def test_two_books_into_one(study: Path) -> None:
    do("merge", "denning", "nickols", "--out", "codebooks/two.yaml", "--yes")
    assert len(codebook.load(study / "codebooks/two.yaml").codes) == 13
    (study / "other.yaml").write_text("codes:\n- {key: branding, definition: Mine., seeds: [x]}\n")
    with pytest.raises(UsageError, match=r"branding \(definition\)"):
        do("merge", "denning", "other.yaml", "--out", "three.yaml", "--yes")
