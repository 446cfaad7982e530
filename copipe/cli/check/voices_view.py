"""What `copipe roles` shows of a meeting's voices, and how it keeps an answer."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from copipe import holding
from copipe.diarize import alignment
from copipe.diarize.voices import regrouping, roles
from copipe.errors import UsageError
from copipe.pipeline import private_transcript, profiles
from copipe.pipeline.voices import Standing
from copipe.records import Decision, Segment, SpeakerTurn
from copipe.study import audit, decisions
from copipe.study.study import Meeting, Study

CLEAR = "-"
NOT_SHOWN = "(not in the study)"
ORDER = ("likely", "unknown", "sure", "confirmed")  # what wants a person first


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One voice. `role` is "" while nobody has said who it is, no speaker tag says so, and no profile knows it."""

    label: str
    role: str
    name: str  # the role, or UNK1
    seconds: float | None  # None where the transcript has no times
    words: int
    samples: tuple[roles.Sample, ...]
    standing: Standing

    @property
    def assigned(self) -> bool:
        """True where a person or a speaker tag said who it is."""
        return self.standing.verdict == "confirmed"

    @property
    def proposed(self) -> bool:
        """True where a profile knows the voice and nobody has confirmed it."""
        return self.standing.verdict in ("sure", "likely")

    @property
    def shown_as(self) -> str:
        return self.role or f"{self.name} (not assigned)"

    @property
    def certainty(self) -> str:
        """The verdict, with the likeness that it stands on."""
        score = self.standing.score
        return self.standing.verdict + (f" {score:.2f}" if score else "")

    @property
    def runner_up(self) -> str:
        if not self.standing.runner_up or self.standing.runner_up_score is None:
            return ""
        return f"{self.standing.runner_up} {self.standing.runner_up_score:.2f}"

    def plain(self) -> dict[str, object]:
        times = [[s.start, s.end] for s in self.samples]
        return {
            "voice": self.label,
            "role": self.role,
            "verdict": self.standing.verdict,
            "certainty": self.standing.score,
            "runner_up": self.standing.runner_up,
            "runner_up_certainty": self.standing.runner_up_score,
            "why": self.standing.why,
            "unlisted": self.standing.unlisted,
            "seconds": self.seconds,
            "words": self.words,
            "sample_times": times,
        }


@dataclass(frozen=True, slots=True)
class VoicesView:
    """A meeting's voices: what wants a person first, then in order of first speech."""

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
        return _codes(self.meeting)

    def known_voice(self, label: str) -> str:
        """The voice as written in the table. UsageError with the nearest one where there is none."""
        return _known(label, [v.label for v in self.voices], f"{self.meeting.code} has no voice {label}.", "Its voices")

    def known_code(self, code: str) -> str:
        """The code as written in the study. UsageError with the nearest one where nobody of that code attended."""
        return code if code == CLEAR else known_code(self.study, self.meeting, code)

    @property
    def proposed(self) -> tuple[VoiceRow, ...]:
        """Voices that profiles know and nobody has confirmed, the less sure ones first."""
        return tuple(v for v in self.voices if v.proposed)

    def row(self, label: str) -> VoiceRow:
        """The voice called so. UsageError with the nearest one where there is none."""
        known = self.known_voice(label)
        return next(v for v in self.voices if v.label == known)

    def decide(self, label: str, code: str, who: str, remark: str = "") -> None:
        """Keep that the voice is `code`; with "-", take back what says who it is. Profiles follow."""
        if code == CLEAR:
            made = [
                decisions.decide(kind="undo", about=old.id, verdict="undo", who=who)
                for old in decisions.standing(decisions.read(self.file), roles.KIND)
                if label in roles.resolve(self.segments, self.speakers, [old], self.source).by_label
            ]
        else:
            made = [roles.assignment(self.speakers, label, code, self.source, who, remark)]
        self.keep("assign", who, *made)

    def confirm(self, row: VoiceRow, who: str) -> None:
        """Keep that a recognised voice is who it was taken for. UsageError where nobody was recognised."""
        if not row.role:
            raise UsageError(
                f"{self.meeting.code}: {row.label} is not recognised.",
                f"Say who it is: copipe roles assign {self.meeting.code} {row.label}=CODE",
            )
        self.decide(row.label, row.role, who, remark=f"recognised: {row.certainty}")

    def merge(self, stays: str, joins: str, who: str) -> None:
        """Keep that two voices are one person, who goes by `stays`."""
        if stays == joins:
            raise UsageError(f"{stays} and {joins} are the same voice.")
        if not self.speakers:
            raise UsageError("The voices of a transcript are its speaker tags: assign both to the same role.")
        both = {self.row(v).role for v in (stays, joins) if self.row(v).assigned}
        if len(both) > 1:
            raise UsageError(
                f"{stays} and {joins} are assigned to {' and '.join(sorted(both))}.",
                f"Take one back first: copipe roles assign {self.meeting.code} {joins}=-",
            )
        self.keep("merge", who, regrouping.merge(self.speakers, stays, joins, self.source, who))

    def split(self, label: str, at: float, who: str) -> str:
        """Keep that a voice is somebody else from `at` seconds on; the new voice's label."""
        if not self.speakers:
            raise UsageError("The voices of a transcript are its speaker tags, and have no times to split at.")
        made = regrouping.split(self.speakers, label, at, self.source, who)
        self.keep("split", who, made)
        return made.verdict

    def undo(self, who: str) -> Decision | None:
        """Take back what was decided last of this meeting's voices; None where there is nothing."""
        made = decisions.standing(decisions.read(self.file), roles.KIND, *regrouping.KINDS)
        if not made:
            return None
        self.keep("undo", who, decisions.decide(kind="undo", about=made[-1].id, verdict="undo", who=who))
        return made[-1]

    @property
    def file(self) -> Path:
        return self.study.private_decisions / f"{self.meeting.code}.jsonl"

    def keep(self, what: str, who: str, *made: Decision) -> None:
        """Keep decisions about voices, in the trail as well, and let profiles follow."""
        if not made:
            return
        with holding.writing(self.study.private):
            decisions.append(self.file, *made)
            about = {"meeting": self.meeting.code, "who": who, "decisions": [d.id for d in made]}
            audit.record(self.study.root / "audit.jsonl", f"roles {what}", about)
            profiles.grow(self.study, self.meeting, who)


def look(study: Study, meeting: Meeting) -> VoicesView:
    """The voices of a meeting that is transcribed and diarized; UsageError before that."""
    segments, speakers, source = private_transcript.speakers(study, meeting)
    made = private_transcript.private_turns(study, meeting)
    decided = decisions.read(study.private_decisions / f"{meeting.code}.jsonl")
    placed = roles.resolve(segments, speakers, decided, source)
    standings = {v.label: v for v in made.voices}
    spoken = alignment.labels(segments, speakers)
    role_of = {word.id: turn.role for turn in made.turns for word in turn.words}
    named: dict[str, Counter[str]] = {}
    words: Counter[str] = Counter()
    for word, label in spoken:
        named.setdefault(label, Counter())[role_of.get(word.id, "")] += 1
        words[label] += not word.is_note
    rows = []
    readable = study.readable(meeting)
    for label in dict.fromkeys([*named, *(t.label for t in speakers)]):
        if not label:  # words that no voice was heard for
            continue
        name = named[label].most_common(1)[0][0] if label in named else ""
        said = placed.by_label.get(label) or ("" if alignment.is_unknown(name) else name)
        standing = standings.get(label) or Standing(label, said, "confirmed" if said else "unknown")
        role = standing.role or said
        heard = roles.samples(segments, speakers, label, marks=made.marks)
        if role and not alignment.is_unknown(role) and role not in readable:
            heard = tuple(replace(s, text=NOT_SHOWN) for s in heard)
        rows.append(VoiceRow(label, role, name, _seconds(speakers, segments, label), words[label], heard, standing))
    rows.sort(key=lambda row: ORDER.index(row.standing.verdict))
    return VoicesView(study, meeting, segments, speakers, source, tuple(rows), placed.unplaced)


def known_code(study: Study, meeting: Meeting, code: str) -> str:
    """The code as written in the study. UsageError with the nearest one where nobody of that code attended."""
    members = {p.role for p in study.participants}
    lead = "It can be"
    if code in members:
        lead = f"If {code} was there, add {code} to `present` in meetings.toml. Otherwise use"
    told = "is not said to have attended" if code in members else "is nobody's code in"
    return _known(code, _codes(meeting), f"{code} {told} {meeting.code}.", lead)


def _codes(meeting: Meeting) -> tuple[str, ...]:
    return (*meeting.attending, alignment.OUTSIDER)


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
