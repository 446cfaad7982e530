"""Profiles grow from what a person decided of voices, and are erased when somebody asks for it.

A profile is kept for a participant who consents in full, and for nobody else. Each meeting in which a person said who a
voice is gives one take to that person's profile; a decision that is changed or taken back moves or removes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copipe import audit, decisions
from copipe.errors import InputError, UsageError
from copipe.pipeline.context import Context
from copipe.pipeline.stages import NotReadyError
from copipe.pipeline.voices import (
    FORGOTTEN,
    Heard,
    Recognition,
    decided_roles,
    decisions_file,
    encoder_of,
    folder,
    forgotten,
    heard,
    may_have_profile,
    recognise,
    standings,
)
from copipe.study import Meeting, Study

if TYPE_CHECKING:
    from copipe.diarize.profiles import Profile, Take

LEAST_TAKE = 5.0  # seconds of clean speech; a voice made of less is more like anybody's


def recognition(study: Study, meeting: Meeting) -> Recognition:
    """The same for a meeting as it stands now, with the newest profiles. NotReadyError before it is diarized."""
    context = Context(study)
    found = heard(context, meeting)
    return recognise(context, meeting, found, decided_roles(context, meeting, found)[0])


def grow(study: Study, meeting: Meeting, who: str) -> tuple[str, ...]:
    """Bring the profiles in line with what is decided of a meeting's voices; the roles whose profile changed."""
    from copipe.diarize import profiles as kept

    context = Context(study)
    try:
        found = heard(context, meeting)
    except NotReadyError:
        return ()
    decided, unplaced = decided_roles(context, meeting, found)
    said = {*decided.values(), *(d.verdict for d in unplaced)}  # what has no place here was taken somewhere else
    allowed = set(may_have_profile(study)) & set(meeting.members)
    changed = []
    for role, profile in kept.load_all(folder(study), [p.role for p in study.participants]).items():
        if any(t.source == meeting.code for t in profile.takes) and role not in said:
            kept.drop_take(folder(study), role, meeting.code)
            _unlearn(study, role, meeting.code, None)
            changed.append(role)
    for role in sorted(allowed & set(decided.values())):
        own = [v for v in found.voices if decided.get(v.label) == role]
        take = kept.take_of(meeting.code, meeting.code, found.encoder, own)
        if take is None or take.seconds < LEAST_TAKE:
            continue
        before = kept.load(folder(study), role)
        if kept.add(folder(study), role, take) != before:
            _unlearn(study, role, meeting.code, take)
            changed.append(role)
    _record(study, meeting.code, changed, who)
    return tuple(dict.fromkeys(changed))


def _unlearn(study: Study, role: str, source: str, right: Take | None) -> None:
    """Take out of a profile's older versions what they took from `source` for this person's voice and was not.

    It is somebody else's, perhaps of one who has no profile, and `forget` would not find it. `right` is what is taken
    from there now; takes of another encoder are left.
    """
    from copipe.diarize import profiles as kept

    for version in kept.versions(folder(study), role)[:-1]:
        old = kept.load(folder(study), role, version)
        if old is None:
            continue
        wrong = [
            t
            for t in old.takes
            if t.source == source and (right is None or (t.encoder == right.encoder and t.embedding != right.embedding))
        ]
        if wrong:
            path = folder(study) / role / f"{version:04d}.json"
            takes = [asdict(t) for t in old.takes if t not in wrong]
            text = json.dumps({"role": role, "version": version, "takes": takes})
            path.write_bytes(text.encode().ljust(path.stat().st_size))  # in its place, so that nothing stays behind


def settle(context: Context, meeting: Meeting, who: str) -> None:
    """Confirm the recognised voices of a meeting as its transcript shows them; those it withholds stay open."""
    from copipe.diarize import roles

    try:
        found = heard(context, meeting)
    except NotReadyError:
        return
    decided, _ = decided_roles(context, meeting, found)
    said = standings(found, decided, recognise(context, meeting, found, decided))
    enough = ("sure", "likely") if context.study.all_consent(meeting) else ("sure",)
    made = [
        roles.assignment(found.speakers, v.label, v.role, found.source, who, f"recognised: {v.verdict} {v.score:.2f}")
        for v in said
        if v.role and v.verdict in enough
    ]
    if made:
        decisions.append(context.study.private_decisions / f"{meeting.code}.jsonl", *made)
        grow(context.study, meeting, who)


def enrol(study: Study, role: str, file: Path, start: float, end: float | None, who: str) -> Profile:
    """Add the one voice of a file, or of a stretch of it (seconds), to a profile. InputError without enough speech."""
    from copipe import audio
    from copipe.diarize import engine
    from copipe.diarize import profiles as kept
    from copipe.pipeline import engines

    may_be_known(study, role)
    settings = study.settings.diarize
    samples = audio.load(file, start, end)
    made = engines.diarizer(settings).diarize(samples, 1, lambda tick: None, "enrol")
    engines.let_go()
    span = "" if not start and end is None else f" from {start:.0f}" + (f" to {end:.0f} s" if end else " s")
    take = kept.take_of(f"{file.name}{span}", "", encoder_of(engine.identity(settings)), made.voices)
    if take is None or take.seconds < LEAST_TAKE:
        raise InputError(
            f"{file}: {take.seconds if take else 0:.1f} s of clear speech; a voice wants {LEAST_TAKE:.0f} s.",
            "Choose a longer stretch in which one person speaks alone.",
        )
    _remember(study, role, who)
    made_of = kept.add(folder(study), role, take)
    _record(study, "", [role], who)
    return made_of


def enrol_from_meetings(study: Study, role: str, who: str) -> Profile | None:
    """The profile from all meetings in which a person said which voice is this role's; None where there is none."""
    from copipe.diarize import profiles as kept

    may_be_known(study, role)
    _remember(study, role, who)
    for meeting in study.meetings:
        grow(study, meeting, who)
    return kept.load(folder(study), role)


def forget(study: Study, role: str, who: str) -> int:
    """Erase every version of a profile, and keep that it is to stay erased. Says how many versions there were."""
    from copipe.diarize import profiles as kept

    erased = kept.forget(folder(study), role)
    decisions.append(decisions_file(study), decisions.decide(kind="profile", about=role, verdict=FORGOTTEN, who=who))
    audit.record(study.root / "audit.jsonl", "voices forget", {"role": role, "who": who})
    return erased


def erase_without_consent(study: Study) -> tuple[str, ...]:
    """Erase the profiles of all who do not consent in full (any more), or are no participants; their roles."""
    from copipe.diarize import profiles as kept

    consent = {p.role for p in study.participants if p.consent == "full"}
    there = folder(study)
    gone = sorted(p.name for p in there.iterdir() if p.is_dir() and p.name not in consent) if there.is_dir() else []
    for role in gone:
        kept.forget(there, role)
        audit.record(study.root / "audit.jsonl", "voices forget", {"role": role, "why": "no full consent"})
    return tuple(gone)


def may_be_known(study: Study, role: str) -> None:
    """UsageError for whoever is no participant or has not consented in full."""
    consents = {p.role: p.consent for p in study.participants}
    if role not in consents:
        raise UsageError(
            f"{role} is no participant of this study; profiles are kept for participants only.",
            f"Participants: {', '.join(consents) or 'none'}.",
        )
    if consents[role] != "full":
        raise UsageError(
            f"{role} has not consented in full: no profile is kept.",
            f"participants.toml says consent = {consents[role]!r}.",
        )


def _remember(study: Study, role: str, who: str) -> None:
    if role in forgotten(study):
        decisions.append(decisions_file(study), decisions.decide(kind="profile", about=role, verdict="kept", who=who))


@dataclass(frozen=True, slots=True)
class Reconsidered:
    """A voice of which today's profiles say something else than the transcript. `decided`: a person said it."""

    meeting: str
    label: str
    now: str
    role: str
    verdict: str
    score: float
    decided: bool


def reconsider(study: Study) -> tuple[Reconsidered, ...]:
    """Over all meetings, the voices that today's profiles see otherwise than the transcripts that stand."""
    found = []
    for meeting in study.meetings:
        context = Context(study)
        try:
            voices = heard(context, meeting)
            decided, _ = decided_roles(context, meeting, voices)
            fresh = recognise(context, meeting, voices, {} if _all_decided(voices, decided) else decided)
        except NotReadyError:
            continue
        before = shown_roles(context, meeting)
        for verdict in fresh.verdicts:
            now = decided.get(verdict.label, before.get(verdict.label, ""))
            settled = verdict.label in decided
            if verdict.role in ("", now) or verdict.verdict == "confirmed" or (settled and verdict.verdict != "sure"):
                continue
            found.append(
                Reconsidered(meeting.code, verdict.label, now, verdict.role, verdict.verdict, verdict.score, settled)
            )
    return tuple(found)


def shown_roles(context: Context, meeting: Meeting) -> dict[str, str]:
    """Role by voice as the turns that stand have it."""
    made = context.current(context.private, meeting.code, "turns")
    rows = made.about.get("voices", ()) if made else ()
    return {row["voice"]: row["role"] for row in rows}


def _all_decided(found: Heard, decided: Mapping[str, str]) -> bool:
    return all(v.label in decided for v in found.voices)


def _record(study: Study, meeting: str, roles: Sequence[str], who: str) -> None:
    if roles:
        about = {"meeting": meeting, "roles": sorted(set(roles)), "who": who}
        audit.record(study.root / "audit.jsonl", "voices", about)
