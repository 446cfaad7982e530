"""What has been superseded outside private/ is erased, for it may say what must not be said any more.

A name that came into the roster later, a passage that was left out later, a memo about somebody who withdrew since: the
transcript made before still has them, and so has all that was made of it. While the words stay what they are nothing
is erased: candidates of another codebook are there when somebody goes back to it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from copipe.errors import CopipeError
from copipe.files import erase
from copipe.pipeline.context import Context
from copipe.pipeline.failures import STUDY
from copipe.pipeline.stage import Stage, raw_gone
from copipe.pipeline.stages import BASES, stages
from copipe.study.study import Meeting


def erase_superseded(context: Context, meetings: Sequence[Meeting], made: Collection[tuple[str, str]]) -> int:
    """Erase in work/ what is made of words that do not stand any more; how many files.

    `made` are the (meeting, stage) of this run. To be called while the study is held.
    """
    erased = _memos(context)
    for meeting in meetings:
        # Two entries are what a run leaves that was cut off before it came here.
        if any((meeting.code, b) in made or len(_entries(context, meeting.code, b)) > 1 for b in BASES):
            # What words are taken from goes last, so that being cut off in here leaves it to be gone on with.
            for stage in reversed(stages.values()):
                if stage.public:
                    erased += _of_stage(context, meeting, stage)
    return erased


def _of_stage(context: Context, meeting: Meeting, stage: Stage) -> int:
    try:
        if not all(_stands(context, meeting, stages[base]) for base in BASES):
            return 0
    except CopipeError:
        return 0  # the transcript could not be made anew: the run has said why
    if stage.name == "anonymised" and raw_gone(context, meeting):
        return 0  # all that is left of a transcript, whatever meetings.toml says by now of where it came from
    try:
        artifact = stage.fresh(context, meeting) if stage.applies(context, meeting) else None
    except CopipeError:
        artifact = None  # it waits for another stage, and what there is was made of other words
    kept = artifact.key if artifact else ""
    return sum(erase(path) for path in _entries(context, meeting.code, stage.name) if path.name != kept)


def _stands(context: Context, meeting: Meeting, stage: Stage) -> bool:
    return not stage.applies(context, meeting) or stage.fresh(context, meeting) is not None


def _memos(context: Context) -> int:
    standing = context.current(context.public, STUDY, "memos")
    return sum(erase(p) for p in _entries(context, STUDY, "memos") if standing and p.name != standing.key)


def _entries(context: Context, meeting: str, stage: str) -> list[Path]:
    folder = context.public.root / meeting / stage
    return sorted(folder.iterdir()) if folder.is_dir() else []
