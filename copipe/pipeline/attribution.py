"""Words, speakers and a person's decisions joined into turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copipe.decisions import standing
from copipe.pipeline.context import Context
from copipe.pipeline.stages import need, read, stages
from copipe.records import Decision, Mark, Segment, SpeakerTurn, Turn
from copipe.study import Meeting


@dataclass(frozen=True, slots=True)
class Attributed:
    """Turns of a meeting, the segments behind them, and what of a person's decisions found no place."""

    turns: tuple[Turn, ...]
    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    source: str
    corrections: int
    unplaced: tuple[tuple[Decision, str], ...]
    unassigned: tuple[str, ...]


def speakers(context: Context, meeting: Meeting) -> tuple[tuple[Segment, ...], tuple[SpeakerTurn, ...], str]:
    """A meeting's segments as transcribed, who spoke when, and the key of that diarization.

    A transcript that came with speaker tags has no speaker turns: its segments' labels are the voices.
    """
    segments = read(context, meeting, stages["words"], Segment)
    if not stages["speakers"].applies(context, meeting):
        return segments, (), need(context, meeting, stages["words"]).key
    return (
        segments,
        read(context, meeting, stages["speakers"], SpeakerTurn),
        need(context, meeting, stages["speakers"]).key,
    )


def attributed(context: Context, meeting: Meeting, withhold_unknown: bool) -> Attributed:
    """Join what there is of a meeting. People without full consent leave here; unknown voices too, when asked."""
    from copipe.diarize import align, roles
    from copipe.transcribe import correct, suspect

    raw, turns, source = speakers(context, meeting)
    words_source = need(context, meeting, stages["words"]).key
    decided = context.private_decisions(meeting)
    placed = roles.resolve(raw, turns, standing(decided, "voice"), source)
    by_label = {**_tags(context, meeting, raw), **placed.by_label}
    corrected = correct.apply(raw, standing(decided, "words", "speaker"), words_source)
    spoken = [(t.start, t.end) for t in turns if not t.exclusive] if turns else None
    marks: tuple[Mark, ...] = ()
    if context.check(meeting) is None:  # whoever checked the transcript listened to what was suspect
        marks = _unheard(suspect.marks(raw, context.study.settings.suspect, spoken), decided, words_source)
    made = align.attribute(
        corrected.segments,
        turns,
        by_label,
        context.study.shown(meeting),
        withhold_unknown,
        corrected.said_by,
        marks,
    )
    lost = [(u.decision, u.why) for u in corrected.unplaced]
    lost += [(d, "no voice of this diarization speaks where this one did") for d in placed.unplaced]
    labels = {t.label for t in turns} or {s.label for s in raw}
    return Attributed(
        turns=made,
        segments=corrected.segments,
        marks=marks,
        source=words_source,
        corrections=len(standing(decided, "words", "speaker")) - len(corrected.unplaced),
        unplaced=tuple(lost),
        unassigned=tuple(sorted(label for label in labels if label not in by_label)),
    )


def _unheard(marks: Sequence[Mark], decided: Sequence[Decision], source: str) -> tuple[Mark, ...]:
    """The marks on passages in which nobody has corrected a word: a correction shows that somebody listened."""
    spans = [d.span for d in standing(decided, "words") if d.span and d.span.source == source]
    return tuple(m for m in marks if not any(s.first <= m.last and m.first <= s.last for s in spans))


def _tags(context: Context, meeting: Meeting, segments: Sequence[Segment]) -> dict[str, str]:
    """Speaker tags of an imported transcript that say who it is: a role code, or a name the roster maps to one."""
    from copipe.anonymise import replace

    found = {}
    for label in {s.label for s in segments if s.label}:
        said = replace.anonymise_text(label, context.roster)
        codes = [code for code in meeting.attending if code in said.replace("(", " ").replace(")", " ").split()]
        if len(codes) == 1:
            found[label] = codes[0]
    return found
