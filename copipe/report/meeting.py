"""The report of one meeting: who was there, who spoke, what was said under which code, and how far to trust it."""

from __future__ import annotations

from dataclasses import dataclass

from copipe.report import codes, corpus, listening, quotations, talk, tallies, transcript
from copipe.report import notes as compared
from copipe.report.corpus import Found
from copipe.report.markdown import count, escape, table
from copipe.report.quotations import Quotation
from copipe.report.templates.fill import fill
from copipe.report.view import MeetingView
from copipe.study.pages import clock

# Word error rates measured on three simulated meetings and an acted call: tiny.en 12 to 19 %; base 15 % on the call.
_EXPECTED_ERROR = {
    "tiny.en": "about one word in six is wrong in clear speech, more in overlapping speech",
    "base": "about one word in six or seven is wrong in clear speech, more in overlapping speech",
}


STORIES = 5  # candidates that are shown while nobody has chosen any


@dataclass(frozen=True, slots=True)
class Told:
    """A story as it is printed: the passage, and who tells it, how long, to what end, by which cues."""

    quotation: Quotation
    why: str


def render(view: MeetingView) -> str:
    """The report as Markdown; every quotation in it has been verified against the transcript."""
    members = [a for a in view.attendance if not a.visitor]
    withheld = [turn for turn in view.turns if turn.role == ""]
    text = fill(
        "meeting.md.j2",
        view.templates,
        view=view,
        facts=_facts(view),
        attendance=table(
            ("role", "who", "attended"),
            [
                (escape(a.role), escape(a.description), "visitor" if a.visitor else "in part" if a.in_part else "yes")
                for a in view.attendance
            ],
        ),
        quorum=_quorum(view, len(members), sum(a.in_part for a in members)),
        spoken=_spoken(view),
        timed=transcript.is_timed(view.turns),
        figures={figure.name: figure for figure in talk.drawn(view)},
        summary=[quotations.quote_span(view, span) for span in view.summary],
        terms=[(escape(term.text), term.here, term.elsewhere) for term in view.terms],
        error=_error(view),
        categories=codes.categories(view),
        passages=corpus.count(Found(view, c) for codings in tallies.by_code(view).values() for c in codings),
        rejected=sum(c.status == "rejected" for c in view.codings),
        stories=_stories(view),
        listen=table(
            ("time", "page and lines", "who", "what"),
            [(p.time, p.place, escape(p.role), p.what) for p in listening.passages(view)],
        ),
        listen_count=len(listening.passages(view)),
        withheld=_withheld(len(withheld), tallies.seconds(withheld), sum(turn.count for turn in withheld)),
        replaced=sum(mark.kind == "replaced" for turn in view.turns for mark in turn.marks),
        masked=sum(mark.kind == "masked" for turn in view.turns for mark in turn.marks),
        notes=compared.points(view, view.notes),
        field_notes=compared.points(view, view.field_notes),
        left_out=compared.left_out(view),
        provenance=table(("what", "with what"), [(escape(k), escape(v)) for k, v in view.provenance.items()]),
    )
    quotations.verify(text, [view])
    return text


def _facts(view: MeetingView) -> str:
    meeting = view.meeting
    sources = []
    if meeting.transcript is not None:
        sources.append("an imported transcript")
    elif meeting.recorded:
        sources.append("a recording")
    else:
        sources.append("no recording")
    sources += ["notes"] if view.notes else []
    sources += ["field notes"] if view.field_notes else []
    rows = [
        ("kind", meeting.kind),
        ("stage", escape(meeting.stage)),
        ("sources", ", ".join(sources)),
    ]
    if view.turns:
        checked = f"checked by {escape(view.checked_by)} on {view.checked_when}" if view.checked else "**unchecked**"
        rows.append(("transcript", f"[{count(view.pages.pages, 'page')}]({view.transcript_file}), {checked}"))
    return table(("date", meeting.date), [row for row in rows if row[1]])


def _quorum(view: MeetingView, members: int, in_part: int) -> str:
    said = f"{count(members, 'member')} attended" + (f", {in_part} of them in part" if in_part else "")
    if view.meeting.kind != "meeting":
        return f"{said}. The quorum concerns meetings only."
    if view.quorum_met:
        return f"{said}; the quorum of {view.quorum} is met."
    return f"{said}; the quorum is {view.quorum}. **This meeting is below quorum: it is on file but not analysed.**"


def _spoken(view: MeetingView) -> str:
    if not view.turns:
        return ""
    rows = tallies.spoken(view.turns, [a.role for a in view.attendance])
    if all(row.seconds is None for row in rows):
        untimed = [(escape(row.role), row.turns, row.words) for row in rows]
        return table(("role", "turns", "words"), untimed, right=(1, 2))
    whole = sum(row.seconds or 0.0 for row in rows)
    return table(
        ("role", "time", "share", "turns", "words"),
        [
            (
                escape(row.role),
                clock(round(row.seconds or 0.0)),
                f"{(row.seconds or 0.0) / whole:.0%}" if whole else "-",
                row.turns,
                row.words,
            )
            for row in rows
        ],
        right=(1, 2, 3, 4),
    )


def _error(view: MeetingView) -> str:
    if not view.model:
        return ""
    expected = _EXPECTED_ERROR.get(view.model)
    if expected is None:
        return f"The error rate of the speech model {escape(view.model)} has not been measured for this program."
    return f"With the speech model {escape(view.model)}, {expected}."


def _withheld(turns: int, seconds: float, words: int) -> str:
    if not turns:
        return ""
    length = f"{clock(round(seconds))} in all" if seconds else count(words, "word")
    return f"{count(turns, 'turn')} ({length})"


def _stories(view: MeetingView) -> tuple[Told, ...]:
    """Stories a person chose; without any, the likeliest candidates. Each with why it looks like one."""
    chosen = [told for told in view.stories if told.status == "chosen"]
    shown = chosen or sorted(view.stories, key=lambda told: -told.story.score)[:STORIES]
    made = []
    for told in sorted(shown, key=lambda told: told.story.span.first):
        story = told.story
        status = f"chosen by {escape(told.who)}" if told.status == "chosen" else "candidate"
        said = [f"told by {escape(story.role)}"] if story.role else []
        said += [clock(story.seconds)] if story.seconds is not None else []
        said += [f"likely purpose: {escape(told.purpose)}"] if told.purpose else []
        cues = dict.fromkeys(escape(item.source) for item in story.evidence)
        why = "; ".join(said) + (f". Cues: {', '.join(cues)}." if cues else ".")
        made.append(Told(quotations.quote_span(view, story.span, status), why[:1].upper() + why[1:]))
    return tuple(made)
