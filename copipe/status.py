"""How every meeting stands, worked out from keys and manifests alone: nothing is loaded, nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from copipe.consent.destruction import not_there
from copipe.consent.exposure import written
from copipe.consent.outsiders import open_in_memos
from copipe.errors import ConfigError, CopipeError
from copipe.pipeline.context import Context
from copipe.pipeline.failures import STUDY, last_failure
from copipe.pipeline.stage import NotReadyError, Stage, raw_gone
from copipe.pipeline.stages import parts_of, stages
from copipe.study.store import Store
from copipe.study.study import Meeting

State = Literal["done", "stale", "to do", "failed", "missing", "frozen", "-"]


@dataclass(frozen=True, slots=True)
class MeetingStatus:
    """One line of `copipe status`. `notes` are things to know, in words; `states` has one entry a stage."""

    meeting: Meeting
    states: dict[str, State]
    checked: bool
    quorum: bool
    notes: tuple[str, ...]


def status(context: Context) -> tuple[MeetingStatus, ...]:
    """The standing of every meeting of the study."""
    return tuple(_meeting(context, meeting) for meeting in context.study.meetings)


def problems(context: Context) -> tuple[str, ...]:
    """What concerns the study as a whole: files that are wrong, a synthesis that failed, reports of no meeting."""
    found = []
    for wanted in ("roster", "codebook"):
        try:
            getattr(context, wanted)
        except ConfigError as error:
            found.append(error.message)
    if failure := last_failure(context, STUDY, "report"):
        found.append(f"synthesis: {failure.message}")
    codes = {m.code for m in context.study.meetings} | {"figures", "tables"}  # those of the synthesis
    reports = context.study.reports
    strangers = (
        sorted(p.name for p in reports.iterdir() if p.is_dir() and p.name not in codes) if reports.is_dir() else []
    )
    found += [f"reports/{name} is not a meeting of meetings.toml" for name in strangers]
    found += written(context)
    if number := open_in_memos(context):
        talk = f"{number} paragraph{'s' if number > 1 else ''} of memos about people who are not in the study"
        found.append(f"{talk} {'are' if number > 1 else 'is'} hidden until you decide (`copipe about`)")
    return tuple(found)


def _meeting(context: Context, meeting: Meeting) -> MeetingStatus:
    states: dict[str, State] = {}
    notes: list[str] = []
    for name, stage in stages.items():
        states[name] = _stage(context, meeting, stage, notes)
    states["report"] = _report(context, meeting, notes)
    for name in tuple(states):
        if "failed" in [states.pop(part) for part in parts_of(name)]:
            states[name] = "failed"
    quorum = context.study.meets_quorum(meeting)
    if not meeting.recorded and meeting.transcript is None:
        notes.append("not recorded")
    if not quorum:
        notes.append("below quorum")
    anonymised = context.current(context.public, meeting.code, "anonymised")
    if anonymised:
        if channels := anonymised.about["speakers"].get("channels"):  # "2 channels, one person each: why"
            notes.append(channels.partition(":")[0])
        if unassigned := anonymised.about.get("unassigned"):
            notes.append(f"{len(unassigned)} voice{'s' if len(unassigned) > 1 else ''} to assign")
        notes += [f"{role} speaks but is not listed as attending" for role in anonymised.about.get("unlisted", ())]
        rows = anonymised.about.get("voices", ())
        seem = sorted({row["unlisted"] for row in rows if row.get("unlisted")})
        notes += [f"{role} seems to speak but is not listed as attending" for role in seem]
        likely = sum(row["verdict"] == "likely" for row in anonymised.about.get("voices", ()))
        sure = sum(row["verdict"] == "sure" for row in anonymised.about.get("voices", ()))
        if likely + sure:
            notes.append(f"{likely + sure} voice{'s' if likely + sure > 1 else ''} to confirm ({likely} only likely)")
        if hidden := anonymised.about.get("removed", {}).get("masked"):
            notes.append(f"{hidden} doubtful word{'s' if hidden > 1 else ''} hidden (copipe anonymise review)")
        if unplaced := anonymised.about.get("unplaced"):
            notes.append(f"{len(unplaced)} decision{'s' if len(unplaced) > 1 else ''} to place again")
    if number := _about_people(context, meeting):
        talk = f"{number} passage{'s' if number > 1 else ''} about people not in the study"
        notes.append(f"{talk} hidden (copipe about)")
    return MeetingStatus(meeting, states, context.check(meeting) is not None, quorum, tuple(dict.fromkeys(notes)))


def _about_people(context: Context, meeting: Meeting) -> int:
    """How many passages of a meeting and its notes wait for a decision, as far as a decision is still possible."""
    names = ("notes",) if raw_gone(context, meeting) else ("anonymised", "notes")
    made = (context.current(context.public, meeting.code, name) for name in names)
    return sum(int(artifact.about.get("about people", 0)) for artifact in made if artifact)


def _stage(context: Context, meeting: Meeting, stage: Stage, notes: list[str]) -> State:
    if not stage.applies(context, meeting):
        return "-"
    if stage.long and (gone := not_there(context, meeting)):
        notes.append(f"{gone[0]} not there: {gone[1]}")
        if gone[0] == "transcript":
            return "missing"
    if stage.frozen(context, meeting):
        return "frozen"
    source = meeting.transcript or meeting.recording
    if stage.long and (source is None or not source.exists()):
        return "missing"
    try:
        if stage.fresh(context, meeting):
            return "done"
    except NotReadyError:
        pass
    except ConfigError:
        pass  # concerns the whole study: `problems` says it once
    except CopipeError as error:
        notes.append(error.message)
    failure = last_failure(context, meeting.code, stage.name)
    if failure:
        notes.append(failure.message)
        return "failed"
    return "stale" if _made_before(stage.store(context), meeting, stage.name) else "to do"


def _report(context: Context, meeting: Meeting, notes: list[str]) -> State:
    from copipe.publish import reports as publish

    if failure := last_failure(context, meeting.code, "report"):
        notes.append(failure.message.removeprefix(f"{meeting.code}: "))
        return "failed"
    try:
        if publish.is_fresh(context, meeting):
            return "done"
    except CopipeError:
        pass
    return "stale" if _made_before(context.public, meeting, "report") else "to do"


def _made_before(store: Store, meeting: Meeting, stage: str) -> bool:
    folder = store.root / meeting.code / stage
    return folder.is_dir() and any(p.is_dir() and not p.name.endswith(".saves") for p in folder.iterdir())


def totals(lines: Sequence[MeetingStatus]) -> dict[str, int]:
    """How many meetings are checked, failed in some stage, or have something to do."""
    return {
        "meetings": len(lines),
        "checked": sum(line.checked for line in lines),
        "failed": sum("failed" in line.states.values() for line in lines),
        "open": sum(bool({"stale", "to do", "missing"} & set(line.states.values())) for line in lines),
    }
