"""The README's walk through a study, run as it stands: every ```sh block, in one shell, in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_walk_through_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.M | re.S)
    assert len(blocks) >= 5
    other = next(n for n, block in enumerate(blocks) if "--codebook codebooks/second.yaml" in block)
    blocks[other] += "grep -q 'second thoughts' reports/2016-02/report.md\n"  # until the next run, with the study's own
    script = "set -e\ncopipe() { " + f"'{sys.executable}' -m copipe \"$@\"; }}\n" + "\n".join(blocks)
    env = {**os.environ, "EDITOR": "false"}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    report = (tmp_path / "my-study" / "reports" / "2016-02" / "report.md").read_text()
    assert "unchecked" not in report.lower()
    assert "(laughs)" in (tmp_path / "my-study" / "reports" / "2016-02" / "transcript.md").read_text()


def test_every_command_stands_in_the_table() -> None:
    from copipe.cli.app import app

    table = (ROOT / "README.md").read_text()
    names = [c.name or c.callback.__name__ for c in app.registered_commands if c.callback]
    names += [g.name for g in app.registered_groups if g.name]
    missing = [name for name in names if f"`copipe {name}" not in table]
    assert missing == []


def test_what_the_readme_names_is_there() -> None:
    text = (ROOT / "README.md").read_text()
    for name in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / name).exists(), name
