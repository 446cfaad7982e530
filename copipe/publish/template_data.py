"""What a report shows of a meeting and of the study: gathered from anonymised artifacts and public decisions alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from copipe.errors import CopipeError, UsageError
from copipe.pipeline import proposals
from copipe.pipeline.checking import page_map_now
from copipe.pipeline.context import Context
from copipe.pipeline.field_notes import FIELD_NOTES
from copipe.pipeline.stage import DamagedError, applies, need, read
from copipe.publish import memos as shown_memos
from copipe.publish import provenance
from copipe.records import Coding, Decision, LeftOut, Match, Story, Turn
from copipe.study import decisions
from copipe.study.store import Artifact, from_lines
from copipe.study.study import Meeting

if TYPE_CHECKING:
    from copipe.code.propose.summary import Summary
    from copipe.report.view import Agreement, Attendee, MeetingView, StudyView, ToldStory


def meeting_view(context: Context, meeting: Meeting) -> MeetingView:
    """What a meeting's report shows, from anonymised artifacts and public decisions alone."""
    from copipe.code.codings import codings as what_stands
    from copipe.code.codings import is_near
    from copipe.report.view import MeetingView, Term

    study = context.study
    turns: tuple[Turn, ...] = ()
    about: Mapping[str, Any] = {}
    codings: tuple[Coding, ...] = ()
    near: tuple[Coding, ...] = ()
    if applies(context, meeting, "anonymised"):
        turns = read(context, meeting, "anonymised", Turn)
        about = need(context, meeting, "anonymised").about
    coded = applies(context, meeting, "candidates")
    if coded:
        found = proposals.proposed(context, meeting)
        standing = what_stands(
            meeting.code, turns, found, decided(context, meeting), context.codebook, str(about["source"])
        ).codings
        near = tuple(c for c in standing if is_near(c))
        codings = tuple(c for c in standing if not is_near(c))
    words = about.get("words", {})
    check = context.check(meeting)
    matched = need(context, meeting, "matches") if applies(context, meeting, "matches") else None
    noted: tuple[Turn, ...] = ()
    if applies(context, meeting, "notes"):
        noted = read(context, meeting, "notes", Turn)
    brief = summarised(context, meeting, turns, str(about.get("source", "")))
    return MeetingView(
        title=study.settings.study.title or study.root.name,
        meeting=meeting,
        attendance=attendance(context, meeting),
        quorum=study.settings.study.quorum,
        quorum_met=study.meets_quorum(meeting),
        turns=turns,
        pages=page_map_now(context, meeting, turns),
        codebook=context.codebook,
        codings=codings,
        notes=tuple(turn for turn in noted if turn.role != FIELD_NOTES),
        checked_by=check.who if check else "",
        checked_when=check.when[:10] if check else "",
        provenance=provenance.rows(about, (context.codebook.name, context.codebook.hash) if coded else None),
        model=str(words.get("model name", "")),
        unplaced=tuple(f"{kind} {id_} ({_when(at)}): {why}" for id_, kind, at, why in about.get("unplaced", ())),
        warnings=_warnings(words, about.get("unlisted", ())),
        doubtful_below=study.settings.suspect.doubtful_word_probability,
        stories=_stories(context, meeting, turns, str(about["source"])) if coded else (),
        matches=read(context, meeting, "matches", Match) if matched else (),
        unmentioned=read(context, meeting, "matches", LeftOut) if matched else (),
        unmentioned_words=int(matched.about.get("left out", 0)) if matched else 0,
        unmentioned_more=int(matched.about.get("not told", 0)) if matched else 0,
        field_notes=tuple(turn for turn in noted if turn.role == FIELD_NOTES),
        near=near,
        summary=brief.sentences,
        terms=tuple(Term(term.text, term.here, term.elsewhere) for term in brief.terms),
        memos=shown_memos.of_meeting(shown_memos.read(context), meeting.code),
        templates=study.templates,
    )


def _stories(context: Context, meeting: Meeting, turns: Sequence[Turn], source: str) -> tuple[ToldStory, ...]:
    """Stories as they are proposed or chosen, with the purposes by their labels; rejected ones are left out."""
    from copipe.code.propose import stories
    from copipe.pipeline.stages.stories import purposes
    from copipe.report.view import ToldStory
    from copipe.study import decisions

    labels = {code.key: code.label for code in purposes().codes}
    found: tuple[Story, ...] = read(context, meeting, "stories", Story)
    shown = stories.choose(found, turns, decisions.standing(decided(context, meeting), stories.KIND), source)
    return tuple(
        ToldStory(
            story, "chosen" if by else "candidate", labels.get(story.purpose, story.purpose), by.who if by else ""
        )
        for story, by in shown
    )


def summarised(context: Context, meeting: Meeting, turns: Sequence[Turn], source: str) -> Summary:
    """What a meeting was about, against those before it: so that one that comes later changes no report."""
    from copipe.code.propose import summary

    if not turns:
        return summary.Summary((), ())
    earlier = context.unchanging("words of earlier meetings", _EarlierWords)
    return summary.summarise(meeting.code, turns, earlier.counted(context, before(context, meeting)), source)


@dataclass(slots=True)
class _EarlierWords:
    """How often each word occurs in the meetings before one. Meetings come in order, so that mostly one is added."""

    digests: list[str] = field(default_factory=list)
    total: Counter[str] = field(default_factory=Counter)

    def counted(self, context: Context, before: Sequence[Artifact]) -> Counter[str]:
        digests = [artifact.digest for artifact in before]
        if digests[: len(self.digests)] != self.digests:
            self.digests, self.total = [], Counter()
        for artifact in before[len(self.digests) :]:
            self.total.update(_counts(context, artifact))
        self.digests = digests
        return self.total


def before(context: Context, meeting: Meeting) -> list[Artifact]:
    """The anonymised turns of the meetings of the study before one."""
    found = []
    for other in context.study.meetings:
        if other.code == meeting.code:
            break
        if artifact := context.unchanging(("anonymised", other.code), partial(_anonymised, context, other)):
            found.append(artifact)
    return found


def _anonymised(context: Context, meeting: Meeting) -> Artifact | None:
    if not applies(context, meeting, "anonymised"):
        return None
    return context.current(context.public, meeting.code, "anonymised")


def _counts(context: Context, artifact: Artifact) -> Counter[str]:
    from copipe.code.propose import keyness

    def count() -> Counter[str]:
        return keyness.counts(from_lines(context.public.lines(artifact) or [], Turn))

    return context.keep(("words", artifact.digest), count)


def study_view(context: Context) -> StudyView:
    """What the synthesis shows: every meeting that can be shown now, in order of date."""
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
    kept = shown_memos.read(context)
    own = {memo.id for m in context.study.meetings for memo in shown_memos.of_meeting(kept, m.code)}
    return StudyView(
        title,
        context.codebook,
        tuple(views),
        settings.quorum,
        missing=tuple(missing),
        memos=tuple(memo for memo in kept if memo.id not in own),
        agreement=_agreement(context),
        templates=context.study.templates,
    )


def _agreement(context: Context) -> tuple[Agreement, ...]:
    """How far two coders agree, where two have decided on the same passages; none otherwise."""
    from copipe.report.view import Agreement
    from copipe.review import agreement as agreeing

    try:
        both = agreeing.two_coders(context, context.study.meetings, "")
        found = agreeing.agreement(context, context.study.meetings, both)
    except UsageError:
        return ()
    labels = {code.key: code.label for code in context.codebook.codes}
    made = []
    for key, m in (("", found.overall), *found.by_code):
        if m.agreement is not None:
            ends = (m.low, m.high) if m.low is not None and m.high is not None else None
            either = m.counts.both + m.counts.first_only + m.counts.second_only
            units = either + m.counts.neither
            made.append(
                Agreement(both, labels.get(key, key), units, m.agreement, m.kappa, m.alpha, ends, either / units)
            )
    return tuple(made)


def decided(context: Context, meeting: Meeting) -> tuple[Decision, ...]:
    """What was decided on the coding of a meeting: the decisions of its public file."""
    return decisions.read(context.study.decisions / f"{meeting.code}.jsonl")


def _warnings(words: Mapping[str, Any], unlisted: Sequence[str]) -> tuple[str, ...]:
    said = [str(words["warning"])] if words.get("warning") else []
    said += [f"{role} speaks here but is not listed as attending." for role in unlisted]
    return tuple(said)


def attendance(context: Context, meeting: Meeting) -> tuple[Attendee, ...]:
    from copipe.report.view import Attendee

    said = {p.role: p.description for p in context.study.participants}
    members = [Attendee(code, said.get(code, ""), code in meeting.in_part) for code in meeting.members]
    return (*members, *(Attendee(v.code, v.description, visitor=True) for v in meeting.visitors))


def _when(seconds: float | None) -> str:
    from copipe.study.pages import clock

    return clock(seconds) if seconds is not None else "no time"
