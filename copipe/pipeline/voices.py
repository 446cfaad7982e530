"""Whose voices a meeting has: as diarized, as a person put them right, as decided, and as recognised by profiles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.pipeline.context import Context
from copipe.pipeline.stage import applies, need, read
from copipe.records import Decision, Segment, SpeakerTurn, Voice
from copipe.study import decisions
from copipe.study.store import Artifact
from copipe.study.study import Meeting, Study

if TYPE_CHECKING:
    from copipe.diarize.voices.profiles import Profile
    from copipe.diarize.voices.recognition import Verdict

FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Heard:
    """A meeting as transcribed and diarized, its voices merged and split as a person decided.

    `source` names the diarization (`source_of`), `encoder` tells whose embeddings the voices have. A transcript that
    came with speaker tags has no speaker turns: its segments' labels are the voices.
    """

    segments: tuple[Segment, ...]
    speakers: tuple[SpeakerTurn, ...]
    voices: tuple[Voice, ...]
    source: str
    encoder: str
    unplaced: tuple[Decision, ...]

    @property
    def labels(self) -> frozenset[str]:
        """Every voice there is."""
        return frozenset({t.label for t in self.speakers} or {s.label for s in self.segments if s.label})


@dataclass(frozen=True, slots=True)
class Standing:
    """Who one voice is taken for and how that is known. `role` is "" where nobody can say.

    `verdict` is "confirmed" (a person or a speaker tag said it), "sure", "likely" or "unknown"; `why` is for a person.
    """

    label: str
    role: str
    verdict: str
    score: float | None = None
    runner_up: str = ""
    runner_up_score: float | None = None
    why: str = ""
    unlisted: str = ""  # the member whom an unknown voice sounds like and who is not said to have attended

    def plain(self) -> dict[str, object]:
        """For a manifest and for a script."""
        score = None if self.score is None else round(self.score, 3)
        row: dict[str, object] = {"voice": self.label, "role": self.role, "verdict": self.verdict, "score": score}
        return row | ({"unlisted": self.unlisted} if self.unlisted else {})


@dataclass(frozen=True, slots=True)
class Recognition:
    """What profiles of which `versions` say of a meeting's voices. `left`: roles with takes of another encoder."""

    verdicts: tuple[Verdict, ...]
    versions: Mapping[str, int]
    left: tuple[str, ...]


def heard(context: Context, meeting: Meeting) -> Heard:
    """What there is of a meeting's voices. NotReadyError before it is transcribed and diarized."""
    from copipe.diarize.voices import regrouping

    segments: tuple[Segment, ...] = read(context, meeting, "words", Segment)
    turns: tuple[SpeakerTurn, ...] = ()
    voices: tuple[Voice, ...] = ()
    made = need(context, meeting, "words")
    encoder = ""
    if applies(context, meeting, "speakers"):
        made = need(context, meeting, "speakers")
        turns = read(context, meeting, "speakers", SpeakerTurn)
        voices = read(context, meeting, "speakers", Voice)
        encoder = encoder_of(made.about)
    done = regrouping.apply(segments, turns, voices, context.private_decisions(meeting), source_of(made))
    return Heard(done.segments, done.speakers, done.voices, source_of(made), encoder, done.unplaced)


def source_of(made: Artifact) -> str:
    """What decisions name the diarization (or imported transcript) by whose labels they are.

    Its key; where members' profiles had a part in it, which the key does not say, with the beginning of its digest:
    made anew with other profiles its labels may be other people's.
    """
    return f"{made.key}.{made.digest[:8]}" if made.about.get("members") else made.key


def decided_roles(context: Context, meeting: Meeting, found: Heard) -> tuple[dict[str, str], tuple[Decision, ...]]:
    """Role by voice as a person decided or as a speaker tag says, and the decisions that no voice answers to."""
    from copipe.diarize.voices import roles

    decided = decisions.standing(context.private_decisions(meeting), roles.KIND)
    placed = roles.resolve(found.segments, found.speakers, decided, found.source)
    return {**_tags(context, meeting, found.segments), **placed.by_label}, placed.unplaced


def folder(study: Study) -> Path:
    """Where profiles are kept."""
    return study.private / "voices"


def may_have_profile(study: Study) -> tuple[str, ...]:
    """Participants who consent in full and whose profile has not been forgotten."""
    gone = forgotten(study)
    return tuple(p.role for p in study.participants if p.consent == "full" and p.role not in gone)


def forgotten(study: Study) -> frozenset[str]:
    """Roles whose profile somebody wanted erased: no meeting makes a new one until `enrol` is asked for."""
    made = decisions.standing(decisions.read(decisions_file(study)), "profile")
    latest = {d.about: d.verdict for d in made}
    return frozenset(role for role, verdict in latest.items() if verdict == FORGOTTEN)


def profiles(study: Study, roles: Collection[str], encoder: str) -> tuple[dict[str, Profile], tuple[str, ...]]:
    """The newest profiles of those of `roles` who may have one, with the takes of `encoder` alone.

    The second value names those of whom takes of another encoder were left out.
    """
    from copipe.diarize.voices import profiles as kept

    allowed = [role for role in may_have_profile(study) if role in roles]
    return kept.usable(kept.load_all(folder(study), allowed), encoder)


def stamps(study: Study) -> dict[str, str]:
    """What a meeting's turns may depend on of the profiles: for each role a digest of the newest.

    Of those who are not listed as attending, too: a voice that is theirs is not taken for somebody who is.
    """
    roles = may_have_profile(study)
    newest = {role: max((folder(study) / role).glob("[0-9]*.json"), default=None) for role in roles}
    return {role: f"{p.stem}-{sha256(p.read_bytes()).hexdigest()[:12]}" for role, p in newest.items() if p}


def asked(context: Context, meeting: Meeting) -> dict[str, object]:
    """What of recognition a meeting's turns depend on: nothing where it is checked or every voice is decided.

    So a profile that grows renews what it may tell something about, and leaves what is settled alone.
    """
    found = stamps(context.study) if applies(context, meeting, "speakers") else {}
    if not found or settled(context, meeting):
        return {}
    from copipe.diarize.voices import recognition as matching

    return {"profiles": found, "rules": {k: v for k, v in vars(matching).items() if k.isupper()}}


def settled(context: Context, meeting: Meeting) -> bool:
    """True where a person has checked a meeting or said who each of its voices is. NotReadyError before it has any."""
    if context.check(meeting) is not None:
        return True
    decided = decisions.standing(context.private_decisions(meeting), "voice")
    if not decided:
        return False
    from copipe.diarize.voices import regrouping, roles

    source = source_of(need(context, meeting, "speakers"))
    turns: tuple[SpeakerTurn, ...] = read(context, meeting, "speakers", SpeakerTurn)
    done = regrouping.apply((), turns, (), context.private_decisions(meeting), source)
    placed = roles.resolve((), done.speakers, decided, source)
    return {t.label for t in done.speakers} <= placed.by_label.keys()


def recognise(context: Context, meeting: Meeting, found: Heard, decided: Mapping[str, str]) -> Recognition:
    """Who the voices of a meeting are by what was decided and by the profiles of members."""
    if not found.voices or not stamps(context.study):
        return Recognition((), {}, ())
    from copipe.diarize.voices import recognition as matching

    known, left = profiles(context.study, may_have_profile(context.study), found.encoder)
    verdicts = matching.recognise(found.voices, found.speakers, known, meeting.attending, decided)
    versions = {role: profile.version for role, profile in sorted(known.items()) if role in meeting.members}
    return Recognition(verdicts, versions, tuple(role for role in left if role in meeting.members))


def standings(found: Heard, decided: Mapping[str, str], recognition: Recognition | None) -> tuple[Standing, ...]:
    """How every voice stands, in order of label."""
    said = {v.label: v for v in recognition.verdicts} if recognition else {}
    rows = []
    for label in sorted(found.labels):
        verdict = said.get(label)
        role = decided.get(label) or (verdict.role if verdict else "")
        told = "confirmed" if label in decided else verdict.verdict if verdict else "unknown"
        if verdict is None:
            rows.append(Standing(label, role, told))
            continue
        about = (verdict.score, verdict.runner_up, verdict.runner_up_score, verdict.why, verdict.unlisted)
        rows.append(Standing(label, role, told, *about))
    return tuple(rows)


def prints_of(
    context: Context, meeting: Meeting, source: str, turns: Sequence[SpeakerTurn], roles: Collection[str]
) -> frozenset[str]:
    """The voices of the diarization `source` that a person decided are, in part or whole, one of `roles`."""
    from copipe.diarize.voices import regrouping
    from copipe.diarize.voices import roles as naming

    made = context.private_decisions(meeting)
    done = regrouping.apply((), turns, (), made, source)
    named = naming.resolve((), done.speakers, decisions.standing(made, naming.KIND), source).by_label
    return as_diarized(turns, done.speakers, {label for label, role in named.items() if role in roles})


def as_diarized(
    turns: Sequence[SpeakerTurn], regrouped: Sequence[SpeakerTurn], labels: Collection[str]
) -> frozenset[str]:
    """What a diarization called the voices that go by `labels` since some were merged or split."""
    from copipe.diarize.timeline import joined, shared

    def speech(of: Sequence[SpeakerTurn], names: Collection[str]) -> list[tuple[float, float]]:
        return joined([(t.start, t.end) for t in of if t.exclusive and t.label in names], 0.0)

    theirs = speech(regrouped, labels)
    return frozenset(label for label in {t.label for t in turns} if shared(speech(turns, {label}), theirs) > 0)


def encoder_of(about: Mapping[str, object]) -> str:
    """What tells the embeddings of one model from another's: its checksum, as the diarization says it."""
    return str(about.get("embedding") or about.get("pipeline") or about.get("engine", ""))


def decisions_file(study: Study) -> Path:
    """Where it is kept who is to have no profile."""
    return study.private_decisions / "_voices.jsonl"


def _tags(context: Context, meeting: Meeting, segments: Sequence[Segment]) -> dict[str, str]:
    """Speaker tags of an imported transcript that say who it is: a role code, or a name the roster maps to one."""
    from copipe.anonymise import replace

    found = {}
    # All members, not only those listed as attending: somebody who speaks is who they are, and consent goes by that.
    known = dict.fromkeys([*meeting.attending, *(p.role for p in context.study.participants)])
    for label in {s.label for s in segments if s.label}:
        said = replace.anonymise_text(label, context.roster)
        codes = [code for code in known if code in said.replace("(", " ").replace(")", " ").split()]
        if len(codes) == 1:
            found[label] = codes[0]
    return found
