"""What could not be done, kept until it has been: `copipe status` shows it."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from copipe.files import write_file
from copipe.pipeline.context import Context
from copipe.texts import from_json

STUDY = "_study"  # the synthesis counts as the report of this "meeting"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a stage of a meeting could not be done. `key` is what it was tried with ("" if that is what failed)."""

    meeting: str
    stage: str
    key: str
    message: str
    hint: str


def keep_failure(context: Context, failure: Failure) -> Failure:
    """Write a failure down, in the log and for `copipe status`."""
    log.error("%s %s failed: %s", failure.meeting, failure.stage, failure.message)
    write_file(_file(context, failure.meeting, failure.stage), json.dumps(asdict(failure), indent=1))
    return failure


def clear_failure(context: Context, meeting: str, stage: str) -> None:
    """Forget a failure: the stage has been done since."""
    _file(context, meeting, stage).unlink(missing_ok=True)


def last_failure(context: Context, meeting: str, stage: str) -> Failure | None:
    """The failure of a stage's last try, if it has not succeeded since."""
    try:
        return Failure(**from_json(_file(context, meeting, stage).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _file(context: Context, meeting: str, stage: str) -> Path:
    return context.study.private_work / meeting / "failures" / f"{stage}.json"
