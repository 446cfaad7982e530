"""Coding and reporting are given what is anonymised, and do without private/ altogether."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.e2e.studies import Copipe

# Codes the meetings and renders the reports while every file that Python opens is watched. What stages stand on, and
# what reports show, pipeline has worked out before: it alone joins what is private and what is not.
SCRIPT = """
    import sys
    from pathlib import Path
    from copipe.pipeline.context import Context
    from copipe.pipeline.stage import applies
    from copipe.pipeline.stages import stages
    from copipe.progress import silent
    from copipe.publish import template_data
    from copipe.report import meeting, synthesis, transcript
    from copipe.study import study as studies

    study = studies.load(Path(sys.argv[1]).resolve())
    context = Context(study, stale_too=True)
    private, watching, opened = str(study.private), [False], []

    def hook(event, arguments):
        if watching[0] and event in ("open", "os.listdir", "os.scandir") and str(arguments[0]).startswith(private):
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    watching[0] = True
    study.roster_file.read_bytes()
    assert opened.pop() == str(study.roster_file), "the hook sees nothing"
    coded = 0
    for m in study.meetings:
        if applies(context, m, "candidates"):
            coded += len(list(stages["candidates"].make(context, m, "anew", silent)[0]))
    watching[0] = False
    shown, whole = [template_data.meeting_view(context, m) for m in study.meetings], template_data.study_view(context)
    watching[0] = True
    for view in shown:
        meeting.render(view)
        if view.turns:
            transcript.render(view)
    synthesis.render(whole)
    watching[0] = False
    print(coded, len(shown), sorted(set(opened)))
"""


def test_coding_and_reports_open_nothing_in_private(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(text_study)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    coded, shown, opened = done.stdout.strip().split(" ", 2)
    assert int(coded) > 2
    assert (shown, opened) == ("3", "[]")


@pytest.mark.attack("readable by others")
@pytest.mark.parametrize("process", [False, True])
def test_nothing_private_is_readable_by_others_whatever_the_umask(
    text_study: Path, copipe: Copipe, tmp_path: Path, process: bool
) -> None:
    private = text_study / "private"
    os.umask(0)  # the fixture of all tests sets it back
    for path in private.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    copipe("run", text_study, process=process)
    copipe("-s", text_study, "memos", "add", "study", "--text", "a thought", "--who", "CS", process=process)
    copipe("-s", text_study, "check", "2010-02", "--who", "CS", "--yes", process=process)
    others = [p for p in (private, *private.rglob("*")) if p.stat().st_mode & 0o077]
    assert others == []
    new = tmp_path / "new"
    copipe("init", new, "--demo", process=process)
    assert [p for p in (new / "private", *(new / "private").rglob("*")) if p.stat().st_mode & 0o077] == []
