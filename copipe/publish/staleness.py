"""When a report is stale: its key is of all that it was made from, and another key means that it is written anew."""

from __future__ import annotations

from hashlib import sha256

from copipe.errors import CopipeError
from copipe.pipeline.context import Context
from copipe.pipeline.stage import applies, need
from copipe.pipeline.stages import stages
from copipe.publish import memos as shown_memos
from copipe.publish.template_data import attendance, before, decided
from copipe.study.store import make_key
from copipe.study.study import Meeting

REPORT = 2  # version of what this module gathers
LOOK = "79d7456e851fc7ec"  # version of how reports look: another value, and all of them are written anew


def meeting_key(context: Context, meeting: Meeting) -> str:
    """Key of a meeting's report: all it is made from. NotReadyError while a stage before it is not fresh."""
    study = context.study
    made = [s for s in stages.values() if s.public and s.applies(context, meeting)]
    check = context.check(meeting)
    parts = {
        "version": REPORT,
        "templates": _templates(context),
        "stages": {s.name: need(context, meeting, s.name).digest for s in made},
        # What these say of how they were made is shown. Other keys change with every decision, digests where it tells.
        "provenance": {s.name: need(context, meeting, s.name).key for s in made if s.name in ("anonymised", "matches")},
        "codebook": [context.codebook.name, context.codebook.hash],
        "checked": check.id if check else "",
        "decided": [d.id for d in decided(context, meeting)],
        "report": study.settings.report.model_dump(),
        "doubtful": study.settings.suspect.doubtful_word_probability,
        "title": study.settings.study.title,
        "quorum": study.settings.study.quorum,
        "meeting": [meeting.code, meeting.date, meeting.kind, meeting.stage, meeting.recorded],
        "attendance": [str(a) for a in attendance(context, meeting)],
        "roster": context.roster_digest,
        "before": [a.digest for a in before(context, meeting)] if applies(context, meeting, "anonymised") else [],
        "memos": [str(m) for m in shown_memos.of_meeting(shown_memos.read(context), meeting.code)],
    }
    return make_key("report", parts)


def study_key(context: Context) -> str:
    """Key of the synthesis: those of all meetings that there is something of."""
    meetings = [_key_or_none(context, m) for m in context.study.meetings]
    return make_key("synthesis", {"meetings": meetings, "memos": shown_memos.digest(context)})


def _key_or_none(context: Context, meeting: Meeting) -> str | None:
    try:
        return meeting_key(context, meeting)
    except CopipeError:
        return None


def _templates(context: Context) -> str:
    """What says how a report looks: copipe's own templates, and those of the study that take their place."""
    own = sorted(p for p in context.study.templates.rglob("*") if p.suffix in (".j2", ".css", ".js"))
    return sha256(b"".join([LOOK.encode(), *(p.read_bytes() for p in own)])).hexdigest()[:16] if own else LOOK
