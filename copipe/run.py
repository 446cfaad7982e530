"""Run what is stale: stage by stage over the meetings, so that a model loads once; one failure stops nothing else."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from copipe import __version__, holding
from copipe.consent import blanking, destruction, exposure, purge, superseded, withdrawal
from copipe.errors import CopipeError, InputError, MissingModelError, cannot_reach
from copipe.files import make_folder, stay_inside
from copipe.models import store
from copipe.pipeline import engines, profiles
from copipe.pipeline.context import Context
from copipe.pipeline.failures import STUDY, Failure, clear_failure, keep_failure
from copipe.pipeline.stage import DamagedError, NotReadyError, Stage, source_gone
from copipe.pipeline.stages import parts_of, stages
from copipe.progress import OnTick, Tick
from copipe.publish import provenance
from copipe.study import audit
from copipe.study import study as studies
from copipe.study.store import Artifact
from copipe.study.study import Meeting, Study

if TYPE_CHECKING:
    from copipe.publish.reports import Job

T = TypeVar("T")
log = logging.getLogger(__name__)
ORDER = (*stages, "report")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: (meeting, stage) made anew, failures, and meetings left for want of an earlier stage.

    Files were `published`; copies of those that somebody had edited are `kept`; those that showed the words of somebody
    who no longer consents were `withdrawn` before anything else, and the voice profiles of `erased` roles went as well;
    `purged` meetings no longer hold the words of people who are not in the study; in those that are `blank` somebody
    consents again whose words are gone.
    """

    made: tuple[tuple[str, str], ...]
    failures: tuple[Failure, ...]
    waiting: tuple[tuple[str, str], ...]
    published: tuple[Path, ...]
    kept: tuple[Path, ...] = ()
    withdrawn: tuple[Path, ...] = ()
    erased: tuple[str, ...] = ()
    purged: tuple[purge.Purged, ...] = ()
    blank: tuple[str, ...] = ()


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
    asked = {*names, *(part for n in names for part in parts_of(n))}
    wanted = [n for n in ORDER if n in asked]
    done = _Done()
    with lock(context.study):
        context.trust_confirmed()
        if {"candidates", "report"} & set(wanted):
            _ = context.codebook  # what is wrong with it is said now, not after an hour of transcription
        if {"turns", "anonymised", "notes", "report"} & set(wanted):
            exposure.refuse_named_codes(context)  # reads the roster
        if "turns" in wanted:
            settled = withdrawal.settle(context)
            if settled.elsewhere:
                context, meetings = _without_held(context, meetings)
            done.withdrawn += settled.taken_down
            done.purged += settled.purged
            done.blank += settled.blank
            done.erased += [*settled.erased, *profiles.erase_without_consent(context.study)]
        renamed = _name_again(context, meetings) if "anonymised" in wanted else []
        if "words" in wanted:
            _demand_transcripts(context, meetings, done)
        _demand_models(context.snapshot(), meetings, [stages[n] for n in wanted if n in stages])
        if "turns" in wanted and "words" not in wanted:  # reading a transcript anew takes no time, and no model
            _stage(context, [m for m in meetings if m.transcript], stages["words"], done, on_tick, again=False)
        for name in wanted:
            if name == "report":
                _publish(context, meetings, done, on_tick)
            else:
                _stage(context, meetings, stages[name], done, on_tick, again and name == wanted[-1])
        superseded.erase_superseded(context, meetings, [*done.made, *renamed])
        if "turns" in wanted:
            done.purged += purge.after_run(context, meetings)
    return done.outcome()


def _without_held(context: Context, meetings: Sequence[Meeting]) -> tuple[Context, Sequence[Meeting]]:
    """The study and the meetings without the notes that are withheld from now on."""
    now = studies.load(context.study.root)
    without = replace(context, study=replace(context.study, meetings=now.meetings, held=now.held))
    return without, [now.meeting(m.code) for m in meetings]


def _name_again(context: Context, meetings: Sequence[Meeting]) -> list[tuple[str, str]]:
    """Bring the roster to transcripts that cannot be made anew; the (meeting, stage) that changed."""
    found = []
    for meeting in meetings:
        if words := blanking.names(context, meeting):
            audit.record(
                context.study.root / "audit.jsonl",
                "names",
                {"meeting": meeting.code, "words": words, "copipe": __version__},
            )
            found.append((meeting.code, "anonymised"))
    return found


@dataclass(slots=True)
class _Done:
    """What a run has done so far."""

    made: list[tuple[str, str]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    published: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    withdrawn: list[Path] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    purged: list[purge.Purged] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)

    def outcome(self) -> Outcome:
        made, failures, waiting = tuple(self.made), tuple(self.failures), tuple(self.waiting)
        files = tuple(self.published), tuple(self.kept), tuple(self.withdrawn)
        gone = {"erased": tuple(self.erased), "purged": tuple(self.purged), "blank": tuple(self.blank)}
        return Outcome(made, failures, waiting, *files, **gone)  # type: ignore[arg-type]

    def failed(self, meeting: Meeting) -> bool:
        return any(f.meeting == meeting.code for f in self.failures)


def _stage(
    context: Context, meetings: Sequence[Meeting], stage: Stage, done: _Done, on_tick: OnTick, again: bool
) -> None:
    """One stage over all meetings that it applies to and that have not failed."""
    todo = [m for m in meetings if stage.applies(context, m) and not done.failed(m)]
    for number, meeting in enumerate(todo):
        key = ""
        try:
            if stage.frozen(context, meeting):
                continue
            key = stage.key(context, meeting)
            artifact = stage.store(context).find(meeting.code, stage.name, key)
            if artifact is None or again:
                artifact = _make(context, meeting, stage, key, done, on_tick)
                if not stage.long:
                    on_tick(Tick(stage.name, number + 1, len(todo), "meetings"))
            context.point(stage.store(context), artifact)
            clear_failure(context, meeting.code, stage.name)
        except NotReadyError:
            done.waiting.append((meeting.code, stage.name))
        except CopipeError as error:
            failure = Failure(meeting.code, stage.name, key, error.message, error.hint)
            done.failures.append(keep_failure(context, failure))
        except Exception as error:
            done.failures.append(keep_failure(context, _unexpected(meeting.code, stage.name, key, error)))
    if stage.long:
        engines.let_go()


def _publish(context: Context, meetings: Sequence[Meeting], done: _Done, on_tick: OnTick) -> None:
    from copipe.publish import memos, reports

    done.withdrawn += reports.take_down(context)
    try:
        memos.refresh(context)
    except CopipeError as error:
        done.failures.append(keep_failure(context, Failure(STUDY, "memos", "", error.message, error.hint)))
    jobs = [reports.report_job(m) for m in meetings if not done.failed(m)]
    _publish_each(context, [*jobs, reports.synthesis_job()], done, on_tick)


def _publish_each(context: Context, jobs: Sequence[Job], done: _Done, on_tick: OnTick) -> None:
    snapshot: Context = context.snapshot()
    for number, job in enumerate(jobs):
        try:
            (written, kept), snapshot = _mending(context, snapshot, done, on_tick, job.publish)
            done.published += written
            done.kept += kept
            if written:
                on_tick(Tick("report", number + 1, len(jobs), "meetings"))
            clear_failure(context, job.name, "report")
        except NotReadyError:
            continue
        except CopipeError as error:
            done.failures.append(keep_failure(context, Failure(job.name, "report", "", error.message, error.hint)))
        except Exception as error:
            done.failures.append(keep_failure(context, _unexpected(job.name, "report", "", error)))


@contextmanager
def lock(study: Study) -> Iterator[None]:
    """Hold a study for one run at a time; entering raises UsageError when somebody else does.

    CopipeError where the trail tells of a private/ that is not the one here: a volume that is not mounted.
    """
    if audit.without_witness(study.root / "audit.jsonl"):
        raise CopipeError(
            f"{study.private} is not the folder that belongs to this study: audit.jsonl records work, but private/ "
            "has no copy of it. Nothing was done.",
            "Is an encrypted disk not mounted, or was private/ moved? Bring it back. If it is lost, begin "
            "a new study with what you have left (`copipe init`).",
        )
    for path in (study.work, study.reports, study.decisions, study.root / "audit.jsonl"):
        stay_inside(study.root, path)  # private/ may be on another disk; the rest is what others hand around
    make_folder(study.private_work)
    with holding.hold(study.private):
        audit.settle(study.root / "audit.jsonl")
        yield


def _make(context: Context, meeting: Meeting, stage: Stage, key: str, done: _Done, on_tick: OnTick) -> Artifact:
    began = time.monotonic()
    log.info("%s %s %s begins", meeting.code, stage.name, key)
    (data, about), _ = _mending(context, context, done, on_tick, lambda c: stage.make(c, meeting, key, on_tick))
    if stage.public:
        _refuse_names(context, meeting, about)
    took = round(time.monotonic() - began, 1)
    artifact = stage.store(context).write(meeting.code, stage.name, key, data, {**about, "seconds": took})
    log.info("%s %s %s made in %s s", meeting.code, stage.name, key, took)
    entry: dict[str, object] = {"meeting": meeting.code, "stage": stage.name, "key": key, "digest": artifact.digest}
    entry["with"] = provenance.for_the_trail({"copipe": __version__, **about})
    audit.record(context.study.root / "audit.jsonl", "run", entry)
    done.made.append((meeting.code, stage.name))
    return artifact


def _refuse_names(context: Context, meeting: Meeting, about: dict[str, object]) -> None:
    """What a stage says of itself may be read by others: CopipeError if a name of the roster stands in it."""
    from copipe.anonymise.leaks import scan

    if scan.scan_text(json.dumps(about, ensure_ascii=False), context.roster):
        raise CopipeError(
            f"{meeting.code}: the record of how it was made holds a name from the roster. It was not saved.",
            "Check the vocabulary in copipe.toml and the names of models and files.",
        )


def _mending(
    context: Context, view: Context, done: _Done, on_tick: OnTick, work: Callable[[Context], T]
) -> tuple[T, Context]:
    """Do some work on `view`, which is the context or a snapshot of it.

    Where it meets an artifact that is damaged on the disk, that one is made again, and the work done anew on another
    snapshot, which is given back for what comes next.
    """
    for _ in range(len(stages)):
        try:
            return work(view), view
        except DamagedError as error:
            log.error("%s", error.message)
            audit.record(
                context.study.root / "audit.jsonl", "damaged", {"meeting": error.meeting.code, "key": error.key}
            )
            stage = stages[error.stage]
            artifact = stage.store(context).find(error.meeting.code, error.stage, error.key)
            # The source of an anonymised transcript is its raw words, which may be blanked.
            if (stage.long and source_gone(error.meeting)) or (stage.public and stage.frozen(context, error.meeting)):
                folder = "work" if stage.public else "private/work"
                raise InputError(
                    f"{error.meeting.code}: what stage {error.stage!r} made ({error.key}) is damaged, and its source "
                    "is gone, so that it cannot be made again. Nothing has been deleted.",
                    f"Restore {folder}/{error.meeting.code}/{error.stage}/{error.key} from a backup.",
                ) from None
            if artifact:
                stage.store(context).set_aside(artifact)
            _make(context, error.meeting, stage, stage.key(context, error.meeting), done, on_tick)
            view = context if view is context else context.snapshot()
    return work(view), view


def _demand_transcripts(context: Context, meetings: Sequence[Meeting], done: _Done) -> None:
    """A transcript that is not where meetings.toml says fails its meeting: what was made of it may be of another."""
    for meeting in meetings:
        gone = destruction.not_there(context, meeting)
        if gone and gone[0] == "transcript":
            said = f"{meeting.code}: the transcript that meetings.toml names is not there: {gone[1]}"
            hint = (
                "Put the file back or correct transcript = ... in meetings.toml. If it was destroyed on purpose, "
                f"`copipe check {meeting.code}` says that what was made of it stands."
            )
            done.failures.append(keep_failure(context, Failure(meeting.code, "words", "", said, hint)))


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
            store.locate(name)
        except MissingModelError:
            missing.append(name)
    if missing:
        raise MissingModelError(
            f"Missing models: {', '.join(missing)}. Nothing was started.",
            f"`copipe models pull {' '.join(missing)}` gets them.",
        )


def _unexpected(meeting: str, name: str, key: str, error: Exception) -> Failure:
    """A disk that refused, or a bug: say where it is, not what was said. The place goes into the log, no values."""
    if isinstance(error, OSError):
        return Failure(meeting, name, key, *cannot_reach(error))
    frames = traceback.extract_tb(error.__traceback__)
    for frame in frames:
        log.error("%s %s: at %s:%s in %s", meeting, name, Path(frame.filename).name, frame.lineno, frame.name)
    last = frames[-1]
    what = f"unexpected {type(error).__name__} at {Path(last.filename).name}:{last.lineno} (a bug in copipe)"
    return Failure(meeting, name, key, f"{meeting}: {what}", "private/work/copipe.log says where.")
