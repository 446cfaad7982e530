"""Names planted where a report could carry them out: nothing is published, the place is said, the last one stands."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from copipe.errors import CopipeError
from copipe.pipeline.context import Context
from copipe.publish import reports
from copipe.report import meeting as meeting_report
from copipe.study import study as studies
from tests.e2e.studies import Copipe, set_key


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Where a study that has been run is, once one has been."""
    yield {"folder": tmp_path_factory.mktemp("ready")}


@pytest.fixture
def published(ready: dict[str, Path], request: pytest.FixtureRequest, tmp_path: Path, copipe: Copipe) -> Path:
    """A copy of a study of two transcripts that has been run."""
    whole = ready["folder"] / "whole"
    if not whole.exists():
        made = request.getfixturevalue("text_study")
        for path in (made / "private").rglob("*"):  # what the researcher has put there is as the researcher made it
            path.chmod(0o700 if path.is_dir() else 0o600)
        before = os.umask(0)
        try:
            copipe("run", made)
        finally:
            os.umask(before)
        shutil.copytree(made, whole)
    copy = tmp_path / "published"
    shutil.copytree(whole, copy)
    (copy / "private").chmod(0o700)
    copy.chmod(0o700)
    return copy


def publish_one(study: Path) -> None:
    """Make the report of one meeting and publish it, in this process."""
    context = Context(studies.load(study))
    reports.report_job(context.study.meeting("2010-02")).publish(context)


@pytest.mark.parametrize(
    ("plant", "kind"),
    [
        ("Margaret Hollis", "a name of the roster"),
        ("M<b>ag</b>s", "a name of the roster"),
        ("Marlbury&nbsp;General", "an organisation of the roster"),
        ("943 476 5919", "an NHS number"),
        ("m.hollis@marlbury.nhs.uk", "an e-mail address"),
        ("LS1 4DY", "a postcode"),
        ("Deborrah Finch", "a near miss of a name of the roster"),
    ],
)
def test_what_is_planted_stops_the_report_and_the_last_one_stands(published: Path, plant: str, kind: str) -> None:
    before = files(published / "reports")
    set_key(published, "title", f'"Talk of {plant}, and others"')
    with pytest.raises(CopipeError) as caught:
        publish_one(published)
    said = caught.value.message + caught.value.hint
    assert kind in said
    assert "not published, and the last good report stays" in said
    assert re.search(r"2010-02/\w+\.md, line 1", said)
    assert files(published / "reports") == before
    assert not (published / "private" / "work" / ".staging").exists()
    trail = (published / "audit.jsonl").read_text()
    for secret in (plant, "Hollis", "Finch"):
        assert secret not in said
        assert secret not in trail


def test_a_report_in_which_a_name_stands_that_is_known_by_now_is_taken_down(published: Path, copipe: Copipe) -> None:
    report = published / "reports" / "2010-02" / "report.md"
    assert "leave hospital" in report.read_text()  # of the definition of a code, which the researcher wrote
    roster = published / "private" / "roster.toml"
    roster.write_text(roster.read_text().replace("[people]\n", '[people]\n"leave hospital" = "SN1"\n', 1))
    said = " ".join(copipe("run", published, code=6).stdout.split())
    assert "and the published one is removed, because it holds the same" in said
    assert not report.exists()
    assert '"take down"' in (published / "audit.jsonl").read_text()


def test_the_command_line_says_where_and_goes_on_once_it_is_put_right(published: Path, copipe: Copipe) -> None:
    before = files(published / "reports")
    set_key(published, "title", '"Of Margaret Hollis"')
    done = copipe("run", published, code=6)
    assert "2010-02/report.md, line 1" in done.stdout
    assert "Hollis" not in done.stdout + done.stderr + (published / "private" / "work" / "copipe.log").read_text()
    assert files(published / "reports") == before
    set_key(published, "title", '"Of SN1"')
    copipe("run", published)
    assert "Of SN1" in (published / "reports" / "2010-02" / "report.md").read_text()


def test_a_quotation_that_is_not_what_was_said_stops_the_report(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(published / "reports")
    set_key(published, "title", '"Another title"')
    rendered: Callable[..., str] = meeting_report.render

    def forged(*arguments: Any, **named: Any) -> str:
        text = rendered(*arguments, **named)
        assert "> I was on a ward" in text
        return text.replace("> I was on a ward", "> I was on the ward")

    monkeypatch.setattr(meeting_report, "render", forged)
    with pytest.raises(CopipeError, match="differs from the transcript"):
        publish_one(published)
    assert files(published / "reports") == before


def test_leaks_looks_at_the_study_and_at_any_folder(published: Path, copipe: Copipe, tmp_path: Path) -> None:
    clean = copipe("-s", published, "leaks")
    assert "Nothing found that identifies anybody" in clean.stdout
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "for Mags.md").write_text("nothing\n")
    shutil.make_archive(str(pack / "all"), "zip", published / "private" / "transcripts")
    found = copipe("-s", published, "leaks", pack, code=1)
    assert "for SN1.md, in the name itself: a name of the roster" in found.stdout
    assert "all.zip!2010-02.txt, line 1: a name of the roster" in found.stdout
    assert not re.search("Mags|Hollis|Marlbury", found.stdout + found.stderr)
    rows = json.loads(copipe("-s", published, "leaks", "--json", pack, code=1).stdout)
    assert {"path": "all.zip!2010-02.txt", "line": 2, "kind": "organisations", "near": False} in rows["leaks"]
    (published / "decisions" / "note.txt").write_text("Ask Mags\n")
    assert "decisions/note.txt, line 1" in copipe("-s", published, "leaks", code=1).stdout
    copipe("-s", published, "leaks", tmp_path / "nowhere", code=4)


def test_leaks_says_who_else_may_read(published: Path, copipe: Copipe) -> None:
    notes = published / "private" / "notes" / "2010-02.txt"
    notes.chmod(0o644)
    assert "only private/ itself keeps others from" in copipe("-s", published, "leaks").stdout
    (published / "private").chmod(0o755)
    published.chmod(0o755)
    found = copipe("-s", published, "leaks", code=1)
    assert "Other users of this computer can read" in found.stdout
    assert "Every user of this computer can open" in found.stdout
    copipe("-s", published, "leaks", "--fix")
    assert notes.stat().st_mode & 0o777 == 0o600
    assert "closed to others" not in copipe("-s", published, "leaks").stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_leaks_says_when_private_is_under_version_control(published: Path, copipe: Copipe) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *who, "-C", str(published), *arguments], check=True, capture_output=True)

    git("init")
    assert "version control" not in copipe("-s", published, "leaks").stdout
    git("add", "-f", "private/roster.toml")
    git("commit", "-m", "oh")
    assert "1 files of private/ are under version control" in copipe("-s", published, "leaks", code=1).stdout
    git("rm", "--cached", "private/roster.toml")
    git("commit", "-m", "out")
    (published / ".gitignore").write_text("work/\n")
    said = copipe("-s", published, "leaks", code=1).stdout
    assert "Earlier versions still hold it" in said
    assert "is not ignored" in said


def test_the_trail_as_a_table(published: Path, copipe: Copipe) -> None:
    rows = json.loads(copipe("-s", published, "audit", "--json", "-m", "2010-02", "--what", "run").stdout)
    assert {row["about"]["stage"] for row in rows} >= {"words", "turns", "anonymised", "candidates"}
    assert next(r for r in rows if r["about"]["stage"] == "words")["about"]["with"]["source"] == "imported transcript"
    table = copipe("-s", published, "audit", "--markdown").stdout
    assert table.startswith("| when | what | meeting | who | with what |\n| --- |")
    assert "| 2010-03 |" in table
    assert copipe("-s", published, "audit", "--csv", "--what", "publish").stdout.startswith("when,what,meeting,who")
    assert "no such entry" in copipe("-s", published, "audit", "--until", "2009-12-31").stdout
    copipe("-s", published, "check", "2010-02", "--who", "CS", "--yes")
    copipe("run", published)
    rows = copipe("-s", published, "audit", "--short", "--markdown").stdout.splitlines()[2:]
    assert [row.split("|")[2].strip() for row in rows] == ["run", "check", "run"]
    assert re.search(r"words \(\d+\), .*; published \d+ files; copipe", rows[0])
    copipe("-s", published, "audit", "--since", "yesterday", code=2)
    copipe("-s", published, "audit", "--csv", "--json", code=2)
    assert not re.search("Mags|Hollis|Marlbury|discharge letter", copipe("-s", published, "audit", "--json").stdout)


def test_the_trail_is_verified(published: Path, copipe: Copipe) -> None:
    assert "Audit trail intact: " in copipe("-s", published, "audit", "verify").stdout
    trail = published / "audit.jsonl"
    whole = trail.read_text()
    trail.write_text("".join(whole.splitlines(keepends=True)[:-2]))
    assert "its end is missing" in copipe("-s", published, "audit", "verify", code=1).stderr
    trail.write_text(whole.replace('"stage": "turns"', '"stage": "twins"', 1))
    assert "audit.jsonl, line" in copipe("-s", published, "audit", "verify", code=1).stderr


def test_what_was_made_is_held_against_the_trail(published: Path, copipe: Copipe) -> None:
    def made() -> Path:
        return next((published / "work" / "2010-02" / "anonymised").glob("*/data.jsonl"))

    said = copipe("-s", published, "audit", "verify").stdout
    assert re.search(
        r"Audit trail intact: \d+ entries, each confirmed by the copy in private/\. [1-9]\d+ artifacts unchanged\. "
        r"[1-9]\d* files in reports/ unchanged\.",
        said,
    )
    report = published / "reports" / "2010-02" / "report.md"
    report.write_text(report.read_text() + "\nMy own reading.\n")
    edited = copipe("-s", published, "audit", "verify").stdout
    assert "Edited since publication:\n  reports/2010-02/report.md" in edited

    words = made().read_text()
    made().write_text(words.replace("ward", "word", 1))
    refused = copipe("-s", published, "audit", "verify", code=1).stderr
    assert made().parent.relative_to(published).as_posix() in refused.replace("\n", "")
    assert "Audit trail intact: " in copipe("-s", published, "audit", "verify", "--trail-only").stdout
    # A digest that was put right by hand to match is not the one in the trail.
    manifest = made().with_name("manifest.json")
    forged = json.loads(manifest.read_text()) | {"digest": hashlib.sha256(made().read_bytes()).hexdigest()}
    manifest.write_text(json.dumps(forged))
    assert "Changed since they were made" in copipe("-s", published, "audit", "verify", code=1).stderr
    # Moved away, it is told, and made again as it was.
    shutil.move(made().parent, published / "private" / "aside")
    assert "Missing; `copipe run` makes" in copipe("-s", published, "audit", "verify").stdout
    copipe("run", published)
    assert made().read_text() == words
    assert "artifacts unchanged" in copipe("-s", published, "audit", "verify").stdout


def test_decisions_that_were_changed_by_hand_are_told(published: Path, copipe: Copipe) -> None:
    copipe("-s", published, "check", "2010-02", "--who", "CS", "--yes")
    assert "artifacts unchanged" in copipe("-s", published, "audit", "verify").stdout
    path = published / "decisions" / "2010-02.jsonl"
    path.write_text(path.read_text().replace('"who": "CS"', '"who": "OT"'))
    assert "decisions/2010-02.jsonl: 1" in copipe("-s", published, "audit", "verify", code=1).stderr


def test_a_witness_or_a_trail_that_is_gone_is_told(published: Path, copipe: Copipe) -> None:
    trail, witness = published / "audit.jsonl", published / "private" / "audit-heads.jsonl"
    kept = witness.read_text()
    witness.unlink()
    assert "the copy in private/ that confirms them is missing" in copipe(
        "-s", published, "audit", "verify", code=1
    ).stderr.replace("\n", " ")
    witness.write_text(kept)
    trail.unlink()
    gone = copipe("-s", published, "audit", "verify", code=1).stderr.replace("\n", " ")
    assert "its end is missing" in gone and "The lines before" not in gone
    witness.unlink()
    assert "is missing, but work/ holds" in copipe("-s", published, "audit", "verify", code=1).stderr


@pytest.mark.parametrize(
    "place",
    ["audit.jsonl", "participants.toml", "private/notes/2010-02.md", "private/roster.toml", "reports/synthesis.md"],
)
def test_nothing_is_handed_out_over_what_is_the_studys_own(published: Path, copipe: Copipe, place: str) -> None:
    before = files(published)
    command = ("export", "supervisor", "--unchecked", "--out", published / place)
    said = copipe("-s", published, *command, code=2).stderr.replace("\n", " ")
    assert "the study's own" in said
    after = files(published)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed <= {"private/work/copipe.log", "private/work/digests.json"}


def test_what_somebody_wrote_into_a_file_that_is_handed_out_again_is_kept(published: Path, copipe: Copipe) -> None:
    pack = published / "exports" / "pack.zip"
    pack.parent.mkdir()
    for _ in range(2):
        said = copipe("-s", published, "export", "supervisor", "--unchecked", "--out", pack).stdout
        assert "is kept as" not in said
    pack.write_bytes(b"my answers")
    said = copipe("-s", published, "export", "supervisor", "--unchecked", "--out", pack).stdout
    assert "pack-before-1.zip" in said.replace("\n", "")
    assert (pack.parent / "pack-before-1.zip").read_bytes() == b"my answers"


@pytest.mark.slow
def test_a_locked_study_runs_with_its_passphrase(published: Path, copipe: Copipe) -> None:
    key = {"COPIPE_PASSPHRASE": "correct horse battery"}
    before = files(published / "reports")
    copipe("-s", published, "lock", "--yes", code=2)
    copipe("-s", published, "lock", "--yes", code=2, env={"COPIPE_PASSPHRASE": "short"})
    done = copipe("-s", published, "lock", "--yes", env=key)
    assert "solid-state" in done.stdout
    assert not (published / "private" / "roster.toml").exists()
    assert not any(b"Hollis" in data for name, data in files(published / "private").items() if "locked" in name)
    refused = copipe("-s", published, "status", code=2)
    assert "nobody said the passphrase" in refused.stderr
    wrong = copipe("-s", published, "status", code=2, env={"COPIPE_PASSPHRASE": "another horse battery"})
    assert "passphrase is wrong" in wrong.stderr
    assert "up to date" in copipe("run", published, env=key).stdout
    notes = published / "private" / "notes" / "2010-02.txt"
    notes.write_text(notes.read_text() + "Margaret Hollis will write\n")
    copipe("run", published, env=key)
    assert "SN1 will write" in (published / "reports" / "2010-02" / "report.md").read_text()
    assert not (published / "private" / "roster.toml").exists()
    copipe("-s", published, "unlock", env=key)
    assert (published / "private" / "roster.toml").read_text().startswith("[people]")
    assert "up to date" in copipe("run", published).stdout
    assert files(published / "reports").keys() == before.keys()


def test_everything_in_private_is_for_the_owner_alone(published: Path, copipe: Copipe) -> None:
    before = os.umask(0)
    try:
        assert loose(published) == []  # after the first run, which knew no umask either
        report = published / "reports" / "2010-02" / "report.md"
        report.write_text(report.read_text() + "edited by hand\n")
        set_key(published, "title", '"A study"')
        copipe("-s", published, "report")
        copipe("-s", published, "check", "2010-02", "--yes")
    finally:
        os.umask(before)
    assert loose(published) == []
    assert list((published / "private" / "edited-reports").rglob("*.md"))


def loose(study: Path) -> list[Path]:
    return [p for p in (study / "private", *(study / "private").rglob("*")) if p.stat().st_mode & 0o077]


@pytest.mark.attack("hiding places")
@pytest.mark.parametrize("target", ["out.qdc", "out.csv", "out.yaml"])
@pytest.mark.parametrize(
    ("before", "named"),
    [
        ("label: Discharge procedures", "label: What Deb does"),
        ("definition: Talk of how", "definition: Mags and"),
        ('seeds: ["discharge*"]', 'seeds: ["mags said"]'),
    ],
)
def test_a_codebook_is_not_converted_with_a_name_in_it(
    text_study: Path, copipe: Copipe, tmp_path: Path, target: str, before: str, named: str
) -> None:
    book = text_study / "codebooks" / "codebook.yaml"
    text = book.read_text()
    assert before in text
    book.write_text(text.replace(before, named))
    done = copipe("-s", text_study, "codebook", "convert", book, tmp_path / target, code=1)
    assert "not written" in done.stderr
    assert not re.search(r"\b(mags|deb)\b", done.stderr.replace(str(tmp_path), ""), re.I)
    assert not (tmp_path / target).exists()
    book.write_text(text)
    copipe("-s", text_study, "codebook", "convert", book, tmp_path / target)
    assert (tmp_path / target).exists()
