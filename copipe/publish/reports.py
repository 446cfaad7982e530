"""Reports: made in a staging folder from what is anonymised, passed through the gate, then put in place.

The gate reads the roster and refuses a report that holds a name; then the last good one stays where it is. A report
that somebody edited by hand is kept under private/, where what is in it can do no harm. A report that shows somebody
who no longer consents is taken down before anything else, whatever becomes of the new one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from copipe.anonymise.leaks.scan import look
from copipe.errors import CopipeError
from copipe.files import make_folder, stay_inside, write_bytes, write_file
from copipe.pipeline import gate
from copipe.pipeline.context import Context
from copipe.pipeline.failures import STUDY
from copipe.pipeline.stage import applies, need
from copipe.pipeline.stages import BASES, stages
from copipe.publish.staleness import meeting_key, study_key
from copipe.publish.template_data import meeting_view, study_view
from copipe.study import audit
from copipe.study.store import make_key
from copipe.study.study import Meeting
from copipe.texts import from_json

if TYPE_CHECKING:
    from copipe.report.view import MeetingView


FORMATS = ("html", "docx", "txt")  # what reports are written in beside Markdown, when asked for


@dataclass(frozen=True, slots=True)
class Job:
    """One report to publish.

    `publish` writes its files if they are stale; it returns them, and where edited copies of them were kept.
    """

    name: str
    publish: Callable[[Context], tuple[list[Path], list[Path]]]


@dataclass(frozen=True, slots=True)
class Made:
    """A report as made, not yet published: its files by name, for `folder` of reports/ ("" is reports/ itself).

    It may show the words of the roles `shown`; every quotation in it is of one of the `views`.
    """

    name: str
    key: str
    files: Mapping[str, str | bytes]
    folder: str
    shown: frozenset[str]
    views: tuple[MeetingView, ...]


def report_job(meeting: Meeting) -> Job:
    """The report and the transcript of record of one meeting, in Markdown and in the other formats asked for.

    A format that was once asked for is kept up to date.
    """
    from copipe.report import docx, html, talk, transcript
    from copipe.report import meeting as meeting_report

    def publish(context: Context) -> tuple[list[Path], list[Path]]:
        wanted = {*context.formats, *_formats(context, meeting.code)}
        key = _with_formats(meeting_key(context, meeting), wanted)
        if _stands(context, meeting.code, key):
            return [], []
        view = meeting_view(context, meeting)
        text = meeting_report.render(view)
        files: dict[str, str | bytes] = {"report.md": text}
        drawn = talk.drawn(view)
        files |= {f"figures/{figure.name}.svg": figure.svg() for figure in drawn}
        if "html" in wanted:
            title = f"{view.title}: {meeting.code}"
            files["report.html"] = html.report(
                _own(context, meeting.code, "report.md", text), title, drawn, view.templates
            )
        if view.turns:
            files["transcript.md"] = transcript.render(view)
            files |= {"transcript.html": html.transcript(view)} if "html" in wanted else {}
            files |= {"transcript.txt": transcript.text(view)} if "txt" in wanted else {}
            files |= {"transcript.docx": docx.transcript(view)} if "docx" in wanted else {}
        made = Made(meeting.code, key, files, meeting.code, context.study.readable(meeting), (view,))
        return _put(context, made)

    return Job(meeting.code, publish)


def synthesis_job() -> Job:
    """The synthesis over all meetings that there is something of."""
    from copipe.report import html, synthesis
    from copipe.report.figures import series

    def publish(context: Context) -> tuple[list[Path], list[Path]]:
        wanted = {*context.formats, *_formats(context, STUDY)} & {"html"}
        key = _with_formats(study_key(context), wanted)
        if _stands(context, STUDY, key):
            return [], []
        shown = frozenset[str]().union(*(context.study.readable(m) for m in context.study.meetings))
        view = study_view(context)
        text, drawn = synthesis.render(view), series.drawn(view)
        files: dict[str, str | bytes] = {"synthesis.md": text}
        files |= {f"figures/{figure.name}.svg": figure.svg() for figure in drawn}
        if "html" in wanted:
            own = _own(context, "", "synthesis.md", text)
            files["synthesis.html"] = html.report(own, f"{view.title}: synthesis", drawn, view.templates)
        files |= {f"tables/{name}": text for name, text in series.tables(view).items()}
        return _put(context, Made(STUDY, key, files, "", shown, view.meetings))

    return Job(STUDY, publish)


def is_fresh(context: Context, meeting: Meeting) -> bool:
    """True when a meeting's report is made from what there is now. NotReadyError while an earlier stage is not."""
    key = _with_formats(meeting_key(context, meeting), _formats(context, meeting.code))
    return _stands(context, meeting.code, key)


def listening_page(context: Context, meeting: Meeting) -> Path | None:
    """The transcript with a player that follows it, for the researcher alone: it lies in private/ with the recording.

    None where there is no recording or nothing was transcribed from it. NotReadyError while that is not up to date.
    """
    from copipe.report import html

    if meeting.recording is None or meeting.transcript is not None or not meeting.recording.exists():
        return None
    view = meeting_view(context, meeting)
    folder = context.study.private / "listen"
    recording = quote(Path(os.path.relpath(meeting.recording, folder)).as_posix())
    beside = context.study.reports / meeting.code / "report.html"
    report = quote(Path(os.path.relpath(beside, folder)).as_posix()) if beside.exists() else ""
    path = folder / f"{meeting.code}.html"
    write_file(path, html.transcript(view, audio=recording, report=report))
    return path


def _formats(context: Context, name: str) -> set[str]:
    """The formats beside Markdown that a report was published in, also where it was taken down since."""
    files = [file for file, record in released(context).items() if record.get("of") == name]
    made = context.current(context.public, name, "report")
    files += made.about["files"] if made else []
    return {Path(file).suffix.lstrip(".") for file in files} & set(FORMATS)


def _with_formats(key: str, formats: Collection[str]) -> str:
    return make_key("report", {"key": key, "formats": sorted(formats)}) if formats else key


def _own(context: Context, folder: str, file: str, text: str) -> str:
    """A report as it will stand: with what the researcher wrote into the last one."""
    return _with_own_words(context.study.reports / folder / file, text)


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
    return tuple(sorted(name for name, record in released(context).items() if code in record["shown"]))


def take_down(context: Context) -> list[Path]:
    """Remove what was published with the words of somebody who does not consent now; edited copies go to private/."""
    study = context.study
    meetings = {m.code: m for m in study.meetings}
    members = {p.role for p in study.participants}
    everybody = frozenset[str]().union(*(study.readable(m) for m in study.meetings))
    published = released(context)
    gone = []
    for name, record in list(published.items()):
        meeting = meetings.get(name.split("/")[0])
        if meeting:
            lost = set(record["shown"]) - study.readable(meeting)
        elif "/" in name and record.get("of") != STUDY:
            # Of a meeting that meetings.toml no longer has: its visitors are not known.
            lost = set(record["shown"]) & members - everybody
        else:
            lost = set(record["shown"]) - everybody
        if lost:
            path = study.reports / name
            _keep_edited(context, path, published, gone=True)
            path.unlink(missing_ok=True)
            del published[name]
            gone.append(path)
    if gone:
        for page in (study.private / "listen").glob("*.html"):  # made again when somebody asks for it
            page.unlink()
        _remember(context, published)
        files = [p.relative_to(study.reports).as_posix() for p in gone]
        audit.record(study.root / "audit.jsonl", "take down", {"files": files})
    return gone


def up_to_date(context: Context, meeting: Meeting) -> bool:
    """True where what is published of a meeting is of the transcript and notes that may be read now.

    With whatever codebook it was coded: what matters is whether it may be handed on as it lies.
    """
    try:
        for name in BASES:
            if applies(context, meeting, name) and not stages[name].frozen(context, meeting):
                need(context, meeting, name)
    except CopipeError:
        return False
    now = _made_of(context, meeting.code)
    made = [context.current(context.public, name, "report") for name in (meeting.code, STUDY)]
    return all(artifact is None or artifact.about.get("of", {}).get(meeting.code, now) == now for artifact in made)


def _made_of(context: Context, meeting: str) -> dict[str, str]:
    """Digests of what a report of a meeting may quote."""
    found = {name: context.current(context.public, meeting, name) for name in BASES}
    return {name: artifact.digest for name, artifact in found.items() if artifact}


def _put(context: Context, made: Made) -> tuple[list[Path], list[Path]]:
    """Stage, gate, and put in place. CopipeError when the gate refuses: what was published before stays."""
    reports = context.study.reports
    staging = context.study.private_work / ".staging"
    shutil.rmtree(staging, ignore_errors=True)  # of a run that was cut off
    digests: dict[str, str] = {}
    bare: dict[str, str] = {}  # of what was generated, where somebody's own words stand in the file beside it
    try:
        for file, content in made.files.items():
            name = Path(made.folder, file).as_posix()
            if isinstance(content, str) and name.endswith(".md"):
                bare[name] = sha256(content.encode()).hexdigest()
                content = _with_own_words(reports / name, content)
            body = content.encode() if isinstance(content, str) else content
            write_bytes(staging / name, body)
            digests[name] = sha256(body).hexdigest()
        try:
            gate.check(context, staging, made.name, made.views)
        except CopipeError as error:
            raise _refused(context, made.name, error) from None
        published = released(context)
        kept = []
        _announce(context, made, digests, published)
        for name, digest in digests.items():
            path = reports / name
            if not _only_own_words(path, published.get(name, {})):  # those are in the new one
                kept += _keep_edited(context, path, published)
            stay_inside(context.study.root, path.parent)
            # What is placed is what passed: the staged file itself, not written anew.
            make_folder(path.parent)
            (staging / name).replace(path)
            published[name] = {"sha256": digest, "shown": sorted(made.shown), "of": made.name}
            published[name] |= {"bare": bare[name]} if name in bare else {}
        for name in [n for n, record in published.items() if record.get("of") == made.name and n not in digests]:
            kept += _keep_edited(context, reports / name, published)  # a figure that this report no longer has
            (reports / name).unlink(missing_ok=True)
            del published[name]
        _remember(context, published)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    about = {"files": list(digests), "of": {m.code: _made_of(context, m.code) for m in (v.meeting for v in made.views)}}
    context.point(context.public, context.public.write(made.name, "report", made.key, (), about))
    audit.record(
        context.study.root / "audit.jsonl", "publish", {"meeting": made.name, "key": made.key, "sha256": digests}
    )
    return [reports / name for name in digests], kept


def _announce(context: Context, made: Made, digests: Mapping[str, str], published: dict[str, dict[str, Any]]) -> None:
    """Say which files are about to be placed and whose words they show, for whoever is cut off before all of them are.

    What stands then is either as published before or the `next`, and a withdrawal takes both down.
    """
    for name, digest in digests.items():
        old = published.get(name, {"sha256": digest, "of": made.name, "shown": []})
        published[name] = {**old, "next": digest, "shown": sorted({*old["shown"], *made.shown})}
    _remember(context, published)


def _refused(context: Context, name: str, error: CopipeError) -> CopipeError:
    """The gate's refusal; what was published before goes as well, if by the roster of today it should not be there.

    Where the researcher has written into it, it stays for them to mend.
    """
    published = released(context)
    standing = [n for n, record in published.items() if record.get("of") == name]
    watch = gate.watch(context)
    paths = [context.study.reports / n for n in standing]
    if any(map(_has_own_words, paths)) or not any(look(path, watch).leaks for path in paths):
        return error
    for n in standing:
        _keep_edited(context, context.study.reports / n, published)
        (context.study.reports / n).unlink(missing_ok=True)
        del published[n]
    _remember(context, published)
    audit.record(context.study.root / "audit.jsonl", "take down", {"files": standing})
    taken = "and the published one is removed, because it holds the same"
    return CopipeError(error.message.replace(gate.STANDS, taken), error.hint)


def _with_own_words(path: Path, report: str) -> str:
    """A report with what the researcher wrote into the one that it replaces."""
    from copipe.report import own_words

    try:
        return own_words.carry(path.read_text(encoding="utf-8"), report)
    except (OSError, UnicodeDecodeError):
        return report


def _has_own_words(path: Path) -> bool:
    from copipe.report import own_words

    try:
        return path.suffix == ".md" and bool(dict(own_words.written(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError):
        return False


def _only_own_words(path: Path, record: Mapping[str, Any]) -> bool:
    """True where nothing in a published report was edited but the rooms that are the researcher's."""
    from copipe.report import own_words

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return sha256(own_words.without(text).encode()).hexdigest() == record.get("bare")


def released(context: Context) -> dict[str, dict[str, Any]]:
    """What was published: digest of each file, and whose words it may show. It lies and goes with the files."""
    try:
        found = from_json((context.study.reports / ".published.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    named = found if isinstance(found, dict) else {}
    return {name: record for name, record in named.items() if _is_ours(context, name) and isinstance(record, dict)}


def _is_ours(context: Context, name: str) -> bool:
    """True for a file of reports/ itself: a list from somewhere else may name others, to have them removed."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name:
        return False
    return (context.study.reports / path).parent.resolve().is_relative_to(context.study.reports.resolve())


def _remember(context: Context, published: Mapping[str, object]) -> None:
    write_file(context.study.reports / ".published.json", json.dumps(published, indent=1, sort_keys=True))


def _keep_edited(
    context: Context, path: Path, published: Mapping[str, Mapping[str, Any]], gone: bool = False
) -> list[Path]:
    """Move a report that is not as copipe wrote it to private/edited-reports/; the path there, if there was one.

    One that is `gone`, and not only replaced, is kept for what the researcher wrote into it as well.
    """
    name = path.relative_to(context.study.reports)
    if not path.exists():
        return []
    record = published.get(name.as_posix(), {})
    same = sha256(path.read_bytes()).hexdigest() in (record.get("sha256"), record.get("next"))
    if same and not (gone and _has_own_words(path)):
        return []
    number = 1
    folder = context.study.private / "edited-reports" / name.parent
    while (kept := folder / f"{name.stem}-{number}{name.suffix}").exists():
        number += 1
    write_bytes(kept, path.read_bytes())
    return [kept]
