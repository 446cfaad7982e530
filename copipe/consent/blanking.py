"""Words and voice prints taken out of what stands of a meeting: ids and times stay, so that nothing else moves."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from copipe.pipeline.attribution import Stretch
from copipe.pipeline.context import Context
from copipe.pipeline.stage import raw_gone
from copipe.pipeline.voices import decided_roles, heard
from copipe.records import Mark, Segment, SpeakerTurn, Turn, Voice, Word, WordId
from copipe.study.store import from_lines
from copipe.study.study import Meeting

_SENTENCE_END = re.compile(r".*[.?!…][\"'”’)\]]*")


def holds(stretches: Sequence[Stretch], word: WordId) -> bool:
    """Whether a word is in one of the stretches, which are in order of speech."""
    low, high = 0, len(stretches)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if stretches[middle].last < word else (low, middle)
    return low < len(stretches) and stretches[low].first <= word


def words(context: Context, meeting: Meeting, stretches: Sequence[Stretch]) -> int:
    """Blank the words of the transcription that stands; how many had text. Each keeps its id, time and probability."""
    artifact = context.current(context.private, meeting.code, "words")
    if artifact is None:
        return 0
    before = [Stretch(*s) for s in artifact.purged.get("stretches", ())]
    every = _joined([*before, *stretches])
    lines = context.private.lines(artifact)
    if lines is None:
        return 0  # damaged: the run makes it again, and then it is purged
    blanked = 0
    made = []
    for segment in from_lines(lines, Segment):
        after = tuple(blank(w) if holds(every, w.id) else w for w in segment.words)
        blanked += sum(a.text != b.text for a, b in zip(after, segment.words, strict=True))
        made.append(replace(segment, words=after) if after != segment.words else segment)
    if blanked or every != before:
        context.private.purge(artifact, made, {"stretches": [[s.first, s.last, s.role] for s in every]})
    return blanked


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """In order of speech, those that overlap made one."""
    done: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: (s.first, s.last)):
        if done and stretch.first <= done[-1].last:
            done[-1] = replace(done[-1], last=max(done[-1].last, stretch.last))
        else:
            done.append(stretch)
    return done


def transcripts(context: Context, meeting: Meeting, stretches: Sequence[Stretch]) -> int:
    """Where raw words are destroyed, the words go from the transcript that was made of them; how many there were."""
    gone = 0
    for store, stage in ((context.public, "anonymised"), (context.private, "turns")):
        artifact = context.current(store, meeting.code, stage)
        before = from_lines(store.lines(artifact) or [], Turn) if artifact else ()
        made = [_withheld(t) if t.role and holds(stretches, t.id) else t for t in before]
        if artifact and made != list(before):
            gone += sum(t.count for t in before if t not in made) if stage == "anonymised" else 0
            store.purge(artifact, made, dict(artifact.purged))
    return gone


def names(context: Context, meeting: Meeting) -> int:
    """Where raw words are destroyed, names that came into the roster since go from the transcript that stands.

    It cannot be made anew as others are. How many words changed.
    """
    from copipe.anonymise.replace import anonymise

    artifact = context.current(context.public, meeting.code, "anonymised")
    lines = context.public.lines(artifact) if artifact and raw_gone(context, meeting) else None
    if artifact is None or not lines:
        return 0
    before = from_lines(lines, Turn)
    made = anonymise(before, context.roster)
    changed = sum(
        a != b for old, new in zip(before, made, strict=True) for a, b in zip(old.words, new.words, strict=True)
    )
    if changed:
        context.public.purge(artifact, made, dict(artifact.purged))
    return changed


def _withheld(turn: Turn) -> Turn:
    return replace(turn, role="", words=(), marks=(Mark("withheld", turn.id, turn.last, "no consent"),))


def blank(word: Word) -> Word:
    """No speech is left; a full stop stays, for where sentences of others begin depends on it, and a note is a note."""
    if word.is_note:
        return replace(word, text="()")
    return replace(word, text="." if _SENTENCE_END.fullmatch(word.text) else "")


def voices(context: Context, meeting: Meeting, roles: Collection[str]) -> int:
    """Take the prints of these people's voices out of the diarization that stands; how many went."""
    artifact = context.current(context.private, meeting.code, "speakers")
    lines = context.private.lines(artifact) if artifact else None
    if artifact is None or not lines:
        return 0
    turns = from_lines(lines, SpeakerTurn)
    theirs = _labels(context, meeting, turns, roles)
    prints = [replace(v, embedding=()) if v.label in theirs else v for v in from_lines(lines, Voice)]
    blanked = sum(a != b for a, b in zip(prints, from_lines(lines, Voice), strict=True))
    if blanked:
        context.private.purge(artifact, (*turns, *prints), {})
    return blanked


def _labels(context: Context, meeting: Meeting, turns: Sequence[SpeakerTurn], roles: Collection[str]) -> set[str]:
    """The voices, as diarized, that are in part or whole one of these people's, whatever was merged or split since."""
    found = heard(context, meeting)
    by_label, _ = decided_roles(context, meeting, found)
    theirs = {(t.start, t.end, t.exclusive) for t in found.speakers if by_label.get(t.label) in roles}
    return {t.label for t in turns if (t.start, t.end, t.exclusive) in theirs}  # merging and splitting keep most turns


def lasts(context: Context, meeting: Meeting) -> bool:
    """True where what was blanked still is: no backup has brought it back."""
    standing = [context.current(context.private, meeting.code, name) for name in ("words", "speakers")]
    return all(context.private.is_purged(a) for a in standing if a is not None and a.purged)
