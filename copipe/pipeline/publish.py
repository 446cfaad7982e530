"""Reports: made in a staging folder from what is anonymised, passed through the gate, then put in place.

The gate reads the roster and refuses a report that holds a name; then the last good one stays where it is. A report
that somebody edited by hand is kept beside the new one.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copipe import audit
from copipe.errors import CopipeError
from copipe.pipeline import provenance
from copipe.pipeline.checking import page_map_now
from copipe.pipeline.context import Context
from copipe.pipeline.stages import NotReadyError, need, read, stages
from copipe.records import Candidate, Turn
from copipe.store import make_folder, make_key, write_file
from copipe.study import Meeting

if TYPE_CHECKING:
    from copipe.report.view import Attendee, MeetingView, StudyView

REPORT = 1  # version of what this module gathers; the templates count by their text
STUDY = "_study"  # the synthesis stands in the store as the report of this "meeting"


@dataclass(frozen=True, slots=True)
class Job:
    """One report to publish; `publish` writes its files if they are not fresh and returns them."""

    name: str
    publish: Callable[[], list[Path]]


def report_job(context: Context, meeting: Meeting) -> Job:
    """The report and the transcript of record of one meeting."""
    from copipe.report import meeting as meeting_report
    from copipe.report import transcript

    def publish() -> list[Path]:
        key = _key(context, meeting)
        if _stands(context, meeting.code, key):
            return []
        view = meeting_view(context, meeting)
        files = {"report.md": meeting_report.render(view)}
        if view.turns:
            files["transcript.md"] = transcript.render(view)
        return _put(context, meeting.code, key, files, context.study.reports / meeting.code)

    return Job(meeting.code, publish)


def synthesis_job(context: Context) -> Job:
    """The synthesis over all meetings that there is something of."""
    from copipe.report import synthesis

    def publish() -> list[Path]:
        key = make_key("synthesis", {"meetings": [_key_or_none(context, m) for m in context.study.meetings]})
        if _stands(context, STUDY, key):
            return []
        return _put(
            context, STUDY, key, {"synthesis.md": synthesis.render(_study_view(context))}, context.study.reports
        )

    return Job(STUDY, publish)


def is_fresh(context: Context, meeting: Meeting) -> bool:
    """True when a meeting's report is made from what there is now. NotReadyError while an earlier stage is not."""
    return _stands(context, meeting.code, _key(context, meeting))


def meeting_view(context: Context, meeting: Meeting) -> MeetingView:
    """What a meeting's report shows, from anonymised artifacts and public decisions alone."""
    from copipe.report.view import MeetingView

    study = context.study
    turns: tuple[Turn, ...] = ()
    about: Mapping[str, Any] = {}
    candidates: tuple[Candidate, ...] = ()
    if stages["anonymised"].applies(context, meeting):
        turns = read(context, meeting, stages["anonymised"], Turn)
        about = need(context, meeting, stages["anonymised"]).about
    coded = stages["candidates"].applies(context, meeting)
    if coded:
        candidates = read(context, meeting, stages["candidates"], Candidate)
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
        candidates=candidates,
        notes=read(context, meeting, stages["notes"], Turn) if stages["notes"].applies(context, meeting) else (),
        checked_by=check.who if check else "",
        checked_when=check.when[:10] if check else "",
        provenance=provenance.rows(about, (context.codebook.name, context.codebook.hash) if coded else None),
        model=str(words.get("model name", "")),
        unplaced=tuple(f"{kind} {id_} ({_when(at)}): {why}" for id_, kind, at, why in about.get("unplaced", ())),
        warnings=(str(words["warning"]),) if words.get("warning") else (),
        doubtful_below=study.settings.suspect.doubtful_word_probability,
    )


def _study_view(context: Context) -> StudyView:
    from copipe.report.view import StudyView

    views = []
    for meeting in context.study.meetings:
        try:
            views.append(meeting_view(context, meeting))
        except NotReadyError:
            continue
    settings = context.study.settings.study
    title = settings.title or context.study.root.name
    views.sort(key=lambda v: (v.meeting.date, v.meeting.code))
    return StudyView(title, context.codebook, tuple(views), settings.quorum)


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
    except NotReadyError:
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


def _put(context: Context, name: str, key: str, files: dict[str, str], target: Path) -> list[Path]:
    """Stage, gate, and put in place. CopipeError when the gate refuses: what was published before stays."""
    reports = context.study.reports
    make_folder(context.study.work)
    staging = Path(tempfile.mkdtemp(prefix=".staging.", dir=context.study.work))
    try:
        for file, text in files.items():
            write_file(staging / file, text)
        _gate(context, name, staging)
        earlier = _published(context, name)
        for file, text in files.items():
            path = target / file
            if path.exists() and sha256(path.read_bytes()).hexdigest() not in earlier | {
                sha256(text.encode()).hexdigest()
            }:
                path.rename(_yours(path))
            write_file(path, text)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    paths = [target / file for file in files]
    about = {
        "files": [p.relative_to(reports).as_posix() for p in paths],
        "sha256": [sha256(text.encode()).hexdigest() for text in files.values()],
    }
    context.point(context.public, context.public.write(name, "report", key, (), about))
    audit.record(context.study.root / "audit.jsonl", "publish", {"meeting": name, "key": key, **about})
    return paths


def _published(context: Context, name: str) -> set[str]:
    """Digests of every file that was ever published under this name: what differs was edited by a person."""
    folder = context.public.root / name / "report"
    found = [context.public.find(name, "report", p.name) for p in folder.iterdir()] if folder.is_dir() else []
    return {digest for artifact in found if artifact for digest in artifact.about["sha256"]}


def _yours(path: Path) -> Path:
    number = 1
    while (kept := path.with_name(f"{path.stem}.yours-{number}{path.suffix}")).exists():
        number += 1
    return kept


def _gate(context: Context, name: str, staging: Path) -> None:
    from copipe.anonymise import leaks

    found = leaks.scan(staging, context.roster)
    if found:
        places = ", ".join(f"{leak.path} line {leak.line}" for leak in found[:5])
        raise CopipeError(
            f"{name}: the report would hold {len(found)} name{'s' if len(found) > 1 else ''} from the roster "
            f"({places}); it was not published, and the last good one stands.",
            "Look for names in meetings.toml, participants.toml and the codebook: speech is replaced already. A name "
            "that is also a word (Mark, Page) wants case_sensitive = true in private/roster.toml.",
        )


def _when(seconds: float | None) -> str:
    from copipe.pages import clock

    return clock(seconds) if seconds is not None else "no time"
