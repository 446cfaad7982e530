"""Reports: made in a staging folder from what is anonymised, passed through the gate, then put in place.

The gate reads the roster and refuses a report that holds a name; then the last good one stays where it is. A report
that somebody edited by hand is kept under private/, where what is in it can do no harm. A report that shows somebody
who no longer consents is taken down before anything else, whatever becomes of the new one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copipe import audit, decisions
from copipe.errors import CopipeError
from copipe.pipeline import provenance
from copipe.pipeline.checking import page_map_now
from copipe.pipeline.context import Context
from copipe.pipeline.failures import STUDY
from copipe.pipeline.stages import DamagedError, need, read, stages
from copipe.records import Candidate, Coding, Decision, Turn
from copipe.store import make_key, write_file
from copipe.study import Meeting

if TYPE_CHECKING:
    from copipe.report.view import Attendee, MeetingView, StudyView

REPORT = 1  # version of what this module gathers; the templates count by their text


@dataclass(frozen=True, slots=True)
class Job:
    """One report to publish.

    `publish` writes its files if they are not fresh; it returns them, and where edited copies of them were kept.
    """

    name: str
    publish: Callable[[], tuple[list[Path], list[Path]]]


def report_job(context: Context, meeting: Meeting) -> Job:
    """The report and the transcript of record of one meeting."""
    from copipe.report import meeting as meeting_report
    from copipe.report import transcript

    def publish() -> tuple[list[Path], list[Path]]:
        key = _key(context, meeting)
        if _stands(context, meeting.code, key):
            return [], []
        view = meeting_view(context, meeting)
        files = {"report.md": meeting_report.render(view)}
        if view.turns:
            files["transcript.md"] = transcript.render(view)
        return _put(context, meeting.code, key, files, meeting.code, context.study.readable(meeting))

    return Job(meeting.code, publish)


def synthesis_job(context: Context) -> Job:
    """The synthesis over all meetings that there is something of."""
    from copipe.report import synthesis

    def publish() -> tuple[list[Path], list[Path]]:
        key = make_key("synthesis", {"meetings": [_key_or_none(context, m) for m in context.study.meetings]})
        if _stands(context, STUDY, key):
            return [], []
        shown = frozenset[str]().union(*(context.study.readable(m) for m in context.study.meetings))
        return _put(context, STUDY, key, {"synthesis.md": synthesis.render(_study_view(context))}, "", shown)

    return Job(STUDY, publish)


def is_fresh(context: Context, meeting: Meeting) -> bool:
    """True when a meeting's report is made from what there is now. NotReadyError while an earlier stage is not."""
    return _stands(context, meeting.code, _key(context, meeting))


def meeting_view(context: Context, meeting: Meeting) -> MeetingView:
    """What a meeting's report shows, from anonymised artifacts and public decisions alone."""
    from copipe.code.codings import codings as what_stands
    from copipe.report.view import MeetingView

    study = context.study
    turns: tuple[Turn, ...] = ()
    about: Mapping[str, Any] = {}
    codings: tuple[Coding, ...] = ()
    if stages["anonymised"].applies(context, meeting):
        turns = read(context, meeting, stages["anonymised"], Turn)
        about = need(context, meeting, stages["anonymised"]).about
    coded = stages["candidates"].applies(context, meeting)
    if coded:
        found: tuple[Candidate, ...] = read(context, meeting, stages["candidates"], Candidate)
        codings = what_stands(
            meeting.code, turns, found, decided(context, meeting), context.codebook, str(about["source"])
        ).codings
    words = about.get("words", {})
    check = context.check(meeting)
    return MeetingView(
        title=study.settings.study.title or study.root.name,
        meeting=meeting,
        attendance=_attendance(context, meeting),
        quorum=study.settings.study.quorum,
        quorum_met=study.meets_quorum(meeting),
        turns=turns,
        pages=page_map_now(context, meeting, turns),
        codebook=context.codebook,
        codings=codings,
        notes=read(context, meeting, stages["notes"], Turn) if stages["notes"].applies(context, meeting) else (),
        checked_by=check.who if check else "",
        checked_when=check.when[:10] if check else "",
        provenance=provenance.rows(about, (context.codebook.name, context.codebook.hash) if coded else None),
        model=str(words.get("model name", "")),
        unplaced=tuple(f"{kind} {id_} ({_when(at)}): {why}" for id_, kind, at, why in about.get("unplaced", ())),
        warnings=_warnings(words, about.get("unlisted", ())),
        doubtful_below=study.settings.suspect.doubtful_word_probability,
    )


def _study_view(context: Context) -> StudyView:
    from copipe.report.view import StudyView

    views, missing = [], []
    for meeting in context.study.meetings:
        try:
            views.append(meeting_view(context, meeting))
        except DamagedError:
            raise
        except CopipeError:
            missing.append(meeting.code)  # its own report says why
    settings = context.study.settings.study
    title = settings.title or context.study.root.name
    views.sort(key=lambda v: (v.meeting.date, v.meeting.code))
    return StudyView(title, context.codebook, tuple(views), settings.quorum, missing=tuple(missing))


def decided(context: Context, meeting: Meeting) -> tuple[Decision, ...]:
    """What was decided on the coding of a meeting: the decisions of its public file."""
    return decisions.read(context.study.decisions / f"{meeting.code}.jsonl")


def _warnings(words: Mapping[str, Any], unlisted: Sequence[str]) -> tuple[str, ...]:
    said = [str(words["warning"])] if words.get("warning") else []
    said += [f"{role} speaks here but is not listed as attending." for role in unlisted]
    return tuple(said)


def _attendance(context: Context, meeting: Meeting) -> tuple[Attendee, ...]:
    from copipe.report.view import Attendee

    said = {p.role: p.description for p in context.study.participants}
    members = [Attendee(code, said.get(code, ""), code in meeting.in_part) for code in meeting.members]
    return (*members, *(Attendee(v.code, v.description, visitor=True) for v in meeting.visitors))


def _key(context: Context, meeting: Meeting) -> str:
    """Key of a meeting's report: all it is made from. NotReadyError while a stage before it is not fresh."""
    study = context.study
    made = [s for s in stages.values() if s.public and s.applies(context, meeting)]
    check = context.check(meeting)
    parts = {
        "version": REPORT,
        "templates": _templates(),
        "stages": {s.name: need(context, meeting, s).digest for s in made},
        "provenance": {s.name: need(context, meeting, s).key for s in made},
        "codebook": [context.codebook.name, context.codebook.hash],
        "checked": check.id if check else "",
        "decided": [d.id for d in decided(context, meeting)],
        "report": study.settings.report.model_dump(),
        "doubtful": study.settings.suspect.doubtful_word_probability,
        "title": study.settings.study.title,
        "quorum": study.settings.study.quorum,
        "meeting": [meeting.code, meeting.date, meeting.kind, meeting.stage, meeting.recorded],
        "attendance": [str(a) for a in _attendance(context, meeting)],
        "roster": context.roster_digest,
    }
    return make_key("report", parts)


def _key_or_none(context: Context, meeting: Meeting) -> str | None:
    try:
        return _key(context, meeting)
    except CopipeError:
        return None


def _templates() -> str:
    from copipe.report import __file__ as package

    texts = sorted(p for p in Path(package).parent.rglob("*") if p.suffix in (".py", ".j2"))
    return sha256(b"".join(p.read_bytes() for p in texts)).hexdigest()[:16]


def _stands(context: Context, name: str, key: str) -> bool:
    """True when the report published last is of this key and its files are still there, edited by hand or not."""
    artifact = context.current(context.public, name, "report")
    return (
        artifact is not None
        and artifact.key == key
        and all((context.study.reports / f).exists() for f in artifact.about["files"])
    )


def showing(context: Context, code: str) -> tuple[str, ...]:
    """What is published with somebody's words, or may be: paths in reports/."""
    return tuple(sorted(name for name, record in _published(context).items() if code in record["shown"]))


def take_down(context: Context) -> list[Path]:
    """Remove what was published with the words of somebody who does not consent now; edited copies go to private/."""
    study = context.study
    meetings = {m.code: m for m in study.meetings}
    members = {p.role for p in study.participants}
    everybody = frozenset[str]().union(*(study.readable(m) for m in study.meetings))
    published = _published(context)
    gone = []
    for name, record in list(published.items()):
        meeting = meetings.get(name.split("/")[0])
        if meeting:
            lost = set(record["shown"]) - study.readable(meeting)
        elif "/" in name:  # of a meeting that meetings.toml no longer has: its visitors are not known
            lost = set(record["shown"]) & members - everybody
        else:
            lost = set(record["shown"]) - everybody
        if lost:
            path = study.reports / name
            _keep_edited(context, path, published)
            path.unlink(missing_ok=True)
            del published[name]
            gone.append(path)
    if gone:
        _remember(context, published)
        files = [p.relative_to(study.reports).as_posix() for p in gone]
        audit.record(study.root / "audit.jsonl", "take down", {"files": files})
    return gone


def _put(
    context: Context, name: str, key: str, files: dict[str, str], folder: str, shown: frozenset[str]
) -> tuple[list[Path], list[Path]]:
    """Stage, gate, and put in place. CopipeError when the gate refuses: what was published before stays."""
    reports = context.study.reports
    staging = context.study.private_work / ".staging"
    shutil.rmtree(staging, ignore_errors=True)  # of a run that was cut off
    try:
        for file, text in files.items():
            write_file(staging / file, text)
        _gate(context, name, staging)
        published = _published(context)
        kept = []
        for file, text in files.items():
            path = reports / folder / file
            kept += _keep_edited(context, path, published)
            write_file(path, text)
            digest = sha256(text.encode()).hexdigest()
            published[path.relative_to(reports).as_posix()] = {"sha256": digest, "shown": sorted(shown)}
        _remember(context, published)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    paths = [reports / folder / file for file in files]
    about = {"files": [p.relative_to(reports).as_posix() for p in paths]}
    context.point(context.public, context.public.write(name, "report", key, (), about))
    audit.record(context.study.root / "audit.jsonl", "publish", {"meeting": name, "key": key, **about})
    return paths, kept


def _published(context: Context) -> dict[str, dict[str, Any]]:
    """What was published: digest of each file, and whose words it may show. It lies and goes with the files."""
    try:
        found = json.loads((context.study.reports / ".published.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _remember(context: Context, published: Mapping[str, object]) -> None:
    write_file(context.study.reports / ".published.json", json.dumps(published, indent=1, sort_keys=True))


def _keep_edited(context: Context, path: Path, published: Mapping[str, Mapping[str, Any]]) -> list[Path]:
    """Move a report that is not as copipe wrote it to private/edited-reports/; the path there, if there was one."""
    name = path.relative_to(context.study.reports)
    if not path.exists():
        return []
    if sha256(path.read_bytes()).hexdigest() == published.get(name.as_posix(), {}).get("sha256"):
        return []
    number = 1
    folder = context.study.private / "edited-reports" / name.parent
    while (kept := folder / f"{name.stem}-{number}{name.suffix}").exists():
        number += 1
    write_file(kept, path.read_text(encoding="utf-8", errors="replace"))
    return [kept]


def _gate(context: Context, name: str, staging: Path) -> None:
    from copipe.anonymise import leaks

    found = leaks.scan(staging, context.roster)
    if found:
        places = ", ".join(f"{leak.path} line {leak.line}" for leak in found[:5])
        raise CopipeError(
            f"{name}: the report would hold {len(found)} name{'s' if len(found) > 1 else ''} from the roster "
            f"({places}); it was not published, and the last good one stands.",
            "Look for names in copipe.toml (title, vocabulary), meetings.toml, participants.toml and the codebook: "
            "speech is replaced already. For a name that is also a word (Mark), set case_sensitive in the roster.",
        )


def _when(seconds: float | None) -> str:
    from copipe.pages import clock

    return clock(seconds) if seconds is not None else "no time"
