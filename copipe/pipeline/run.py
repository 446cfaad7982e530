"""Run what is stale: stage by stage over the meetings, so that a model is loaded once; one failure stops nothing else."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from copipe import audit, models
from copipe.errors import CopipeError, MissingModelError, UsageError
from copipe.pipeline import engines
from copipe.pipeline.context import Context
from copipe.pipeline.stages import NotReadyError, Stage, stages
from copipe.progress import OnTick, Tick
from copipe.store import Artifact, make_folder, write_file
from copipe.study import Meeting, Study

log = logging.getLogger(__name__)
ORDER = ("words", "speakers", "turns", "anonymised", "notes", "candidates", "report")
LONG = ("words", "speakers")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a stage of a meeting could not be done. `key` is what it was tried with ("" if that is what failed)."""

    meeting: str
    stage: str
    key: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: (meeting, stage) made anew, failures, and meetings left for want of an earlier stage."""

    made: tuple[tuple[str, str], ...]
    failures: tuple[Failure, ...]
    waiting: tuple[tuple[str, str], ...]
    published: tuple[Path, ...]


def run(
    context: Context,
    meetings: Sequence[Meeting],
    names: Sequence[str],
    on_tick: OnTick,
    again: bool = False,
) -> Outcome:
    """Bring the stages `names` of `meetings` up to date; `again` makes the last of them anew in any case.

    Raises MissingModelError before anything starts when a model is not there, UsageError while another run holds the
    study, ConfigError for a codebook that cannot be read.
    """
    made: list[tuple[str, str]] = []
    failures: list[Failure] = []
    waiting: list[tuple[str, str]] = []
    published: tuple[Path, ...] = ()
    with lock(context.study):
        wanted = [n for n in ORDER if n in names]
        if "candidates" in wanted:
            _ = context.codebook  # a codebook that is wrong is said now, not after an hour of transcription
        _demand_models(context, meetings, [stages[n] for n in wanted if n in stages])
        failed: set[str] = set()
        for name in (n for n in wanted if n in stages):
            stage = stages[name]
            todo = [m for m in meetings if m.code not in failed and stage.applies(context, m)]
            for number, meeting in enumerate(todo):
                key = ""
                try:
                    if stage.frozen(context, meeting):
                        continue
                    key = stage.key(context, meeting)
                    found = stage.store(context).find(meeting.code, name, key)
                    if found is None or (again and name == wanted[-1]):
                        found = _make(context, meeting, stage, key, on_tick)
                        made.append((meeting.code, name))
                        if not stage.long:
                            on_tick(Tick(name, number + 1, len(todo), "meetings"))
                    context.point(stage.store(context), meeting, found)
                    _clear(context, meeting, name)
                except NotReadyError:
                    waiting.append((meeting.code, name))
                except CopipeError as error:
                    failures.append(_fail(context, Failure(meeting.code, name, key, error.message, error.hint)))
                    failed.add(meeting.code)
                except Exception as error:
                    failures.append(_fail(context, _unexpected(meeting, name, key, error)))
                    failed.add(meeting.code)
            if stage.long:
                engines.let_go()
        if "report" in wanted:
            from copipe.pipeline import publish

            published, late = publish.publish(context, meetings, on_tick)
            failures += [_fail(context, f) for f in late]
    return Outcome(tuple(made), tuple(failures), tuple(waiting), published)


def lock(study: Study) -> FileLock:
    """Hold a study for one run at a time; entering raises UsageError when somebody else does."""
    make_folder(study.private_work)
    return _Lock(str(study.private_work / ".lock"), timeout=0)


class _Lock(FileLock):
    def acquire(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def]
        try:
            return super().acquire(*args, **kwargs)  # type: ignore[arg-type]
        except Timeout:
            raise UsageError("Another copipe is working on this study.", "Wait for it to end, then try again.") from None


def _make(context: Context, meeting: Meeting, stage: Stage, key: str, on_tick: OnTick) -> Artifact:
    began = time.monotonic()
    log.info("%s %s %s begins", meeting.code, stage.name, key)
    data, about = stage.make(context, meeting, key, on_tick)
    took = round(time.monotonic() - began, 1)
    artifact = stage.store(context).write(meeting.code, stage.name, key, data, {**about, "seconds": took})
    log.info("%s %s %s made in %s s", meeting.code, stage.name, key, took)
    entry = {"meeting": meeting.code, "stage": stage.name, "key": key, "digest": artifact.digest}
    audit.record(context.study.root / "audit.jsonl", "run", entry)
    return artifact


def _demand_models(context: Context, meetings: Sequence[Meeting], wanted: Sequence[Stage]) -> None:
    """Check every model that a stale stage needs, before anything long begins."""
    needed: list[str] = []
    for stage in wanted:
        for meeting in meetings:
            if not stage.applies(context, meeting) or stage.frozen(context, meeting):
                continue
            try:
                if stage.fresh(context, meeting):
                    continue
            except NotReadyError:
                pass  # an earlier stage is stale, so this one will be
            except MissingModelError:
                pass  # said below, with the others
            except CopipeError:
                continue  # this meeting will fail and say why; the others go on
            needed += stage.models(context)
            break
    missing: list[str] = []
    for name in dict.fromkeys(needed):
        try:
            models.locate(name)
        except MissingModelError:
            missing.append(name)
    if missing:
        raise MissingModelError(
            f"Not on this machine: {', '.join(missing)}. Nothing has been started.",
            f"`copipe models pull {' '.join(missing)}` gets them.",
        )


def _unexpected(meeting: Meeting, name: str, key: str, error: Exception) -> Failure:
    """A bug: say where it is, not what was said. The place goes into the log, without values."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in frames:
        log.error("%s %s: at %s:%s in %s", meeting.code, name, Path(frame.filename).name, frame.lineno, frame.name)
    last = frames[-1]
    what = f"unexpected {type(error).__name__} at {Path(last.filename).name}:{last.lineno} (a bug in copipe)"
    return Failure(meeting.code, name, key, f"{meeting.code}: {what}", "private/work/copipe.log says where.")


def _failure_file(context: Context, meeting: str, stage: str) -> Path:
    return context.study.private_work / meeting / "failures" / f"{stage}.json"


def _fail(context: Context, failure: Failure) -> Failure:
    log.error("%s %s failed: %s", failure.meeting, failure.stage, failure.message)
    write_file(_failure_file(context, failure.meeting, failure.stage), json.dumps(asdict(failure), indent=1))
    return failure


def _clear(context: Context, meeting: Meeting, stage: str) -> None:
    _failure_file(context, meeting.code, stage).unlink(missing_ok=True)


def last_failure(context: Context, meeting: Meeting, stage: str) -> Failure | None:
    """The failure of a stage's last try, if it has not succeeded since."""
    try:
        return Failure(**json.loads(_failure_file(context, meeting.code, stage).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


Chooser = Callable[[Study], Sequence[Meeting]]
