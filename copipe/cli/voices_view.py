"""What `copipe roles` shows of a meeting's voices, and how it keeps an answer."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from copipe import decisions, pipeline
from copipe.diarize import align, roles
from copipe.errors import UsageError
from copipe.records import Decision, Segment, SpeakerTurn
from copipe.study import Meeting, Study

CLEAR = "-"


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One voice. `role` is "" while nobody has said who it is and no speaker tag says so."""

    label: str
    role: str
    name: str  # the role, or UNK1
    seconds: float | None  # None where the transcript has no times
    words: int
    samples: tuple[roles.Sample, ...]

    @property
    def assigned(self) -> bool:
        return bool(self.role)

    @property
    def shown_as(self) -> str:
        return self.role or f"{self.name} (not assigned)"

    def plain(self) -> dict[str, object]:
        times = [[s.start, s.end] for s in self.samples]
        return {
            "voice": self.label,
            "role": self.role,
            "seconds": self.seconds,
            "words": self.words,
            "sample_times": times,
        }


@dataclass(frozen=True, slots=True)
class VoicesView:
    """A meeting's voices in order of first speech."""

    study: Study
    meeting: Meeting
    segments: tuple[Segment, ...]
    speakers: tuple[SpeakerTurn, ...]
    source: str
    voices: tuple[VoiceRow, ...]
    unplaced: tuple[Decision, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Who a voice can be: everybody who attended, or somebody not in the study."""
        return (*self.meeting.attending, align.OUTSIDER)

    def known_voice(self, label: str) -> str:
        """The voice as written in the table. UsageError with the nearest one where there is none."""
        return _known(label, [v.label for v in self.voices], f"{self.meeting.code} has no voice {label}.", "Its voices")

    def known_code(self, code: str) -> str:
        """The code as written in the study. UsageError with the nearest one where nobody of that code attended."""
        if code == CLEAR:
            return code
        members = {p.role for p in self.study.participants}
        told = "is not said to have attended" if code in members else "is nobody's code in"
        return _known(code, list(self.codes), f"{code} {told} {self.meeting.code}.", "It can be")

    def decide(self, label: str, code: str, who: str) -> None:
        """Keep that the voice is `code`; with "-", take back what says who it is."""
        path = self.study.private_decisions / f"{self.meeting.code}.jsonl"
        if code == CLEAR:
            for old in decisions.standing(decisions.read(path), roles.KIND):
                if label in roles.resolve(self.segments, self.speakers, [old], self.source).by_label:
                    decisions.append(path, decisions.decide(kind="undo", about=old.id, verdict="undo", who=who))
            return
        decisions.append(path, roles.assignment(self.speakers, label, code, self.source, who))


def look(study: Study, meeting: Meeting) -> VoicesView:
    """The voices of a meeting that is transcribed and diarized; UsageError before that."""
    segments, speakers, source = pipeline.speakers(study, meeting)
    made = pipeline.private_turns(study, meeting)
    decided = decisions.read(study.private_decisions / f"{meeting.code}.jsonl")
    placed = roles.resolve(segments, speakers, decided, source)
    spoken = align.labels(segments, speakers)
    role_of = {word.id: turn.role for turn in made.turns for word in turn.words}
    named: dict[str, Counter[str]] = {}
    words: Counter[str] = Counter()
    for word, label in spoken:
        named.setdefault(label, Counter())[role_of.get(word.id, "")] += 1
        words[label] += not word.is_note
    rows = []
    for label in dict.fromkeys([*named, *(t.label for t in speakers)]):
        if not label:  # words that no voice was heard for
            continue
        name = named[label].most_common(1)[0][0] if label in named else ""
        role = placed.by_label.get(label) or ("" if align.is_unknown(name) else name)
        heard = roles.samples(segments, speakers, label, marks=made.marks)
        rows.append(VoiceRow(label, role, name, _seconds(speakers, segments, label), words[label], heard))
    return VoicesView(study, meeting, segments, speakers, source, tuple(rows), placed.unplaced)


def split_pair(pair: str) -> tuple[str, str]:
    """("voice1", "SN1") of "voice1=SN1"; a speaker tag may itself hold a "="."""
    voice, sign, code = pair.rpartition("=")
    if not (voice and sign and code):
        raise UsageError(f"{pair!r} does not say which voice is whom.", "Write VOICE=CODE, for example voice1=SN1.")
    return voice.strip(), code.strip()


def _seconds(speakers: Sequence[SpeakerTurn], segments: Sequence[Segment], label: str) -> float | None:
    if speakers:
        return sum(t.end - t.start for t in speakers if t.exclusive and t.label == label)
    times = [s.end - s.start for s in segments if s.label == label and s.start is not None and s.end is not None]
    return sum(times) if times else None


def _known(given: str, known: Sequence[str], problem: str, lead: str) -> str:
    same = [k for k in known if k.casefold() == given.casefold()]
    if given in known:
        return given
    if len(same) == 1:
        return same[0]
    near = difflib.get_close_matches(given.upper(), known, 1)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(problem, f"{hint}{lead}: {', '.join(known) or 'none'}.")
