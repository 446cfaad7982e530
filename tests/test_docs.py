"""What contributors read is true: files and names exist, generated parts are up to date, checks are the same ones.

`COPIPE_RENEW_GOLD=1 pytest tests/test_docs.py` writes the generated parts anew.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import copipe
from copipe.pipeline.stage import Stage
from copipe.pipeline.stages import stages

ROOT = Path(__file__).parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
WHERE = re.compile(r"^\| (?P<what>[^|]+) \| `(?P<file>[^`|]+)` \| `(?P<name>[^`|]+)` \|$", re.M)
STAGES = re.compile(r"(?<=-->\n)(.*?)(?=<!-- end of stages -->)", re.S)


def where_is() -> list[re.Match[str]]:
    return list(WHERE.finditer((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))


def test_where_is_has_enough_behaviours() -> None:
    found = where_is()
    assert len(found) >= 25
    assert len({row["what"] for row in found}) == len(found)


@pytest.mark.parametrize("row", where_is(), ids=lambda row: row["what"])
def test_what_is_said_to_be_somewhere_is_there(row: re.Match[str]) -> None:
    path = ROOT / row["file"]
    assert path.is_file()
    assert re.search(
        rf"(?<!\w){re.escape(row['name'])}(?!\w)" if row["name"][-1].isalnum() else re.escape(row["name"]),
        path.read_text(encoding="utf-8"),
    ), row["name"]


def table() -> str:
    """The stages as a table: in the order of a run."""
    lines = [
        "| stage | made of | kept in | part of | what it is |",
        "| --- | --- | --- | --- | --- |",
        *(_row(stage) for stage in stages.values()),
    ]
    return "\n".join(lines) + "\n"


def _row(stage: Stage) -> str:
    module = __import__(f"copipe.pipeline.stages.{stage.name.replace(' ', '_')}", fromlist=["STAGE"])
    said = str(module.__doc__).splitlines()[0].partition(": ")[2]
    needs = ", ".join(stage.needs) or "sources"
    kept = "`work/`" if stage.public else "`private/work/`"
    return f"| {stage.name} | {needs} | {kept} | {stage.part_of} | {said} |"


def test_the_table_of_stages_is_that_of_the_registry() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    if os.environ.get("COPIPE_RENEW_GOLD"):
        text = STAGES.sub(lambda _: table(), text)
        ARCHITECTURE.write_text(text, encoding="utf-8")
    found = STAGES.search(text)
    assert found
    assert found[1] == table(), "old: COPIPE_RENEW_GOLD=1 pytest tests/test_docs.py"


def mentioned() -> list[tuple[str, str]]:
    """(file, path or module) for every file of the project that a text of it, or a comment, speaks of."""
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("config/*.toml"), *ROOT.rglob("copipe/**/*.py")]
    found = set()
    for path in texts:
        text = path.read_text(encoding="utf-8")
        found |= {
            (path.relative_to(ROOT).as_posix(), m)
            for m in re.findall(r"(?<![\w/.-])(?:copipe|tests|docs)/[\w/]+\.(?:py|md|toml|svg|j2)\b", text)
        }
    return sorted(found)


def test_files_that_are_spoken_of_are_there() -> None:
    assert [(where, what) for where, what in mentioned() if not (ROOT / what).exists()] == []
    assert len(mentioned()) > 40


def test_links_of_the_documents_lead_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert "://" in link or (path.parent / link).exists(), f"{path.name}: {link}"


def test_the_citation_is_of_this_version() -> None:
    """What the schema of CFF 1.2.0 demands (citation-file-format.github.io), and that it is up to date."""
    said: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= said.keys()
    assert said["cff-version"] == "1.2.0"
    assert all(set(author) <= {"name", "family-names", "given-names", "orcid", "email"} for author in said["authors"])
    assert str(said["version"]) == copipe.__version__
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", said["date-released"])
    assert said["license"] == tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["license"]


def test_commits_are_checked_as_make_check_does() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    target = make.partition("\ncheck:")[2].partition("\n\n")[0]
    checks = [
        line.split("/", 1)[1] for line in target.splitlines() if line.startswith("\t$(BIN)/") and "pytest" not in line
    ]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert [h["entry"].removeprefix(".venv/bin/") for h in hooks if "pytest" not in h["entry"]] == checks
    assert len(checks) == 4


def test_the_changelog_keeps_the_form() -> None:
    """keepachangelog.com 1.1.0: a section a version, newest first, with a date, and the six kinds of change."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.M)
    assert versions[0] == ("Unreleased", "")
    assert versions[1][0] == copipe.__version__
    assert all(date for _, date in versions[1:])
    assert [v for v, _ in versions[1:]] == sorted(
        (v for v, _ in versions[1:]), key=lambda v: [*map(int, v.split("."))]
    )[::-1]
    kinds = set(re.findall(r"^### (.+)$", text, re.M))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
