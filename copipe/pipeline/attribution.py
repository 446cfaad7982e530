"""Words, speakers and a person's decisions joined into turns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from copipe.pipeline import voices
from copipe.pipeline.context import Context
from copipe.pipeline.stage import need, raw_gone, read
from copipe.pipeline.voices import Standing, decided_roles, heard
from copipe.records import Decision, Mark, Segment, SpeakerTurn, Turn, WordId
from copipe.study.decisions import standing
from copipe.study.study import Meeting

# How far a turn's words are the role's, as the role is the voice's: a recogniser that is sure is right in 99 of 100.
TRUST = {"confirmed": 1.0, "sure": 0.99, "likely": 0.7}


@dataclass(frozen=True, slots=True)
class Attributed:
    """Turns of a meeting, the segments behind them, and what of a person's decisions found no place.

    `voices` says of each voice who it is taken for and how that is known; `profiles` which versions were asked. Of the
    words `given` a person said who spoke them. Members who speak but are not listed as attending are `unlisted`.
    """

    turns: tuple[Turn, ...]
    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    source: str
    corrections: int
    unplaced: tuple[tuple[Decision, str], ...]
    unassigned: tuple[str, ...]
    voices: tuple[Standing, ...] = ()
    profiles: Mapping[str, int] | None = None
    left: tuple[str, ...] = ()
    given: frozenset[WordId] = frozenset()
    unlisted: tuple[str, ...] = ()


def speakers(context: Context, meeting: Meeting) -> tuple[tuple[Segment, ...], tuple[SpeakerTurn, ...], str]:
    """A meeting's segments as transcribed, who spoke when, and the key of that diarization."""
    found = heard(context, meeting)
    return found.segments, found.speakers, found.source


def attributed(context: Context, meeting: Meeting, for_correction: bool = False) -> Attributed:
    """Join what there is of a meeting. People without full consent leave here.

    Where somebody who attended or speaks does not consent in full, voices that are neither decided nor surely
    recognised leave, too, and so does what is said while somebody speaks whose words leave, unless it is for the
    researcher to correct (who then says whose it is). Nobody is recognised in a transcript that is
    checked: whoever checked it has said who speaks.
    """
    from copipe.diarize import alignment
    from copipe.transcribe import suspect
    from copipe.transcribe.corrections import replay

    found = heard(context, meeting)
    words_source = need(context, meeting, "words").digest
    decided = context.private_decisions(meeting)
    by_label, lost_voices = decided_roles(context, meeting, found)
    readable = context.study.readable(meeting)
    members = {p.role for p in context.study.participants}
    unlisted = tuple(sorted((members & set(by_label.values())) - set(meeting.attending)))
    all_consent = context.study.all_consent(meeting) and readable.issuperset(unlisted)
    withhold_unknown = not (for_correction or all_consent)
    settled = context.check(meeting) is not None or found.labels <= by_label.keys()
    recognised = None if settled else voices.recognise(context, meeting, found, by_label)
    standings = voices.standings(found, by_label, recognised)
    enough = ("sure",) if withhold_unknown else ("sure", "likely")
    taken = {v.label: v.role for v in standings if v.role and v.verdict in enough}
    corrected = replay.apply(found.segments, standing(decided, "words", "speaker"), words_source)
    spoken = [(t.start, t.end) for t in found.speakers if not t.exclusive] if found.speakers else None
    marks: tuple[Mark, ...] = ()
    if context.check(meeting) is None:  # whoever checked the transcript listened to what was suspect
        marks = _unheard(suspect.marks(found.segments, context.study.settings.suspect, spoken), decided, words_source)
    gone = purged(context, meeting, corrected.segments)  # of whoever consents again there is nothing to show
    said_by = {**{w: alignment.OUTSIDER if r in readable else r for w, r in gone.items()}, **corrected.said_by}
    made = alignment.attribute(
        corrected.segments,
        found.speakers,
        {**taken, **by_label},
        readable,
        withhold_unknown,
        said_by,
        marks,
        in_doubt=not for_correction,
    )
    if taken:
        trust = {v.label: TRUST[v.verdict] for v in standings if v.label in taken}
        made = _trusted(made, corrected.segments, said_by, found.speakers, trust)
    lost = [(u.decision, u.why) for u in corrected.unplaced]
    lost += [(d, "no voice of this diarization speaks where this one did") for d in lost_voices]
    lost += [(d, "the voices it was about cannot be told in this diarization") for d in found.unplaced]
    return Attributed(
        turns=made,
        segments=corrected.segments,
        marks=marks,
        source=words_source,
        corrections=len(standing(decided, "words", "speaker")) - len(corrected.unplaced),
        unplaced=tuple(lost),
        unassigned=tuple(sorted(label for label in found.labels if label not in by_label and label not in taken)),
        voices=standings,
        profiles=recognised.versions if recognised else None,
        left=recognised.left if recognised else (),
        given=frozenset(corrected.said_by),
        unlisted=unlisted,
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words `first` to `last` (both included) are of one role; ids of words inserted between them lie between."""

    first: WordId
    last: WordId
    role: str

    def holds(self, word: WordId) -> bool:
        return self.first <= word <= self.last


def spoken_by(context: Context, meeting: Meeting) -> tuple[Stretch, ...]:
    """Whose every word of a meeting is, whether it may be shown or not; OUTSIDER for somebody not in the study.

    A voice that nobody has named is whose the turns that stand show it as.
    """
    from copipe.diarize import alignment
    from copipe.transcribe.corrections import replay

    if raw_gone(context, meeting):
        kept: tuple[Turn, ...] = read(context, meeting, "turns", Turn)
        return tuple(Stretch(t.id, t.last, t.role or alignment.OUTSIDER) for t in kept)
    found = heard(context, meeting)
    source = need(context, meeting, "words").digest
    by_label, _ = decided_roles(context, meeting, found)
    made = context.current(context.private, meeting.code, "turns")
    shown = {row["voice"]: row["role"] for row in (made.about.get("voices", ()) if made else ()) if row["role"]}
    decided = standing(context.private_decisions(meeting), "words", "speaker")
    corrected = replay.apply(found.segments, decided, source)
    said_by = {**purged(context, meeting, corrected.segments), **corrected.said_by}
    everybody = {*shown.values(), *by_label.values(), *said_by.values()}
    turns = alignment.attribute(
        corrected.segments, found.speakers, {**shown, **by_label}, everybody, False, said_by, ()
    )
    return tuple(Stretch(t.id, t.last, t.role or alignment.OUTSIDER) for t in turns)


def purged(context: Context, meeting: Meeting, segments: Sequence[Segment]) -> dict[WordId, str]:
    """Who said the words whose text is gone: what sounds alike without them must not change hands."""
    gone = [Stretch(*s) for s in need(context, meeting, "words").purged.get("stretches", ())]
    if not gone:
        return {}
    firsts = [s.first for s in gone]
    said = {}
    for word in (w for s in segments for w in s.words):
        at = bisect_right(firsts, word.id) - 1
        if at >= 0 and gone[at].holds(word.id) and "." not in word.id.rpartition(":")[2]:
            said[word.id] = gone[at].role
    return said


def _trusted(
    turns: Sequence[Turn],
    segments: Sequence[Segment],
    said_by: Mapping[WordId, str],
    speakers: Sequence[SpeakerTurn],
    trust: Mapping[str, float],
) -> tuple[Turn, ...]:
    """The turns, none surer than its voice was recognised; what a person gave to somebody is not touched."""
    from copipe.diarize import alignment

    voice = {word.id: label for word, label in alignment.labels(segments, speakers)}
    done = []
    for turn in turns:
        shares = [1.0 if w.id in said_by else trust.get(voice.get(w.id, ""), 1.0) for w in turn.words]
        share = sum(shares) / len(shares) if shares else 1.0
        done.append(replace(turn, certainty=turn.certainty * share))
    return tuple(done)


def _unheard(marks: Sequence[Mark], decided: Sequence[Decision], source: str) -> tuple[Mark, ...]:
    """The marks on passages in which nobody has corrected a word: a correction shows that somebody listened."""
    spans = [d.span for d in standing(decided, "words") if d.span and d.span.source == source]
    return tuple(m for m in marks if not any(s.first <= m.last and m.first <= s.last for s in spans))
