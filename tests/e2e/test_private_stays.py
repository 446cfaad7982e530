"""Coding and reporting are given what is anonymised, and do without private/ altogether."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from tests.e2e.studies import Copipe

# Runs a stage or renders reports while every file that Python opens is watched: none of those may be in private/.
SCRIPT = """
    import sys
    from pathlib import Path
    from copipe import study as studies
    from copipe.pipeline import views
    from copipe.pipeline.context import Context
    from copipe.pipeline.stages import read, stages
    from copipe.progress import silent
    from copipe.records import Candidate
    from copipe.report import meeting, synthesis, transcript

    root = Path(sys.argv[1]).resolve()
    study = studies.load(root)
    private = str(study.private)
    context = Context(study)
    watching, opened, allowed = [False], [], tuple(sys.argv[2:])

    def hook(event, arguments):
        if watching[0] and event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(private):
            if not arguments[0].endswith(allowed):
                opened.append(arguments[0])

    made = {}
    for m in study.meetings:
        if stages["candidates"].applies(context, m):
            key = stages["candidates"].key(context, m)  # what it stands on is worked out by pipeline, from digests
            watching[0] = True
            made[m.code] = list(stages["candidates"].make(context, m, key, silent)[0])
            watching[0] = False
    sys.addaudithook(hook)
    shown = [views.meeting_view(context, m) for m in study.meetings]
    whole = views.study_view(context)
    watching[0] = True
    for view in shown:
        meeting.render(view)
        if view.turns:
            transcript.render(view)
    synthesis.render(whole)
    watching[0] = False
    print(len(made), len(shown), sorted(set(opened)))
"""


def test_coding_and_reports_open_nothing_in_private(text_study: Path, copipe: Copipe) -> None:
    copipe("run", text_study)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), str(text_study)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "2 3 []"
