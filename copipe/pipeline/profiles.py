"""Profiles grow from what a person decided of voices, and are erased when somebody asks for it.

A profile is kept for a participant who consents in full, and for nobody else. Each meeting in which a person said who a
voice is gives one take to that person's profile; a decision that is changed or taken back moves or removes it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.errors import CopipeError, InputError, UsageError
from copipe.files import write_over
from copipe.pipeline.context import Context
from copipe.pipeline.stage import NotReadyError
from copipe.pipeline.voices import (
    FORGOTTEN,
    Heard,
    Recognition,
    as_diarized,
    decided_roles,
    decisions_file,
    encoder_of,
    folder,
    forgotten,
    heard,
    may_have_profile,
    prints_of,
    recognise,
    source_of,
    standings,
)
from copipe.study import audit, decisions
from copipe.study.study import Meeting, Study

if TYPE_CHECKING:
    from copipe.diarize.voices.profiles import Profile, Take

LEAST_TAKE = 5.0  # seconds of clean speech; a voice made of less is more like anybody's


def recognition(study: Study, meeting: Meeting) -> Recognition:
    """The same for a meeting as it stands now, with the newest profiles. NotReadyError before it is diarized."""
    context = Context(study)
    found = heard(context, meeting)
    return recognise(context, meeting, found, decided_roles(context, meeting, found)[0])


def grow(study: Study, meeting: Meeting, who: str) -> tuple[str, ...]:
    """Bring the profiles in line with what is decided of a meeting's voices; the roles whose profile changed."""
    from copipe.diarize.voices import profiles as kept

    context = Context(study)
    try:
        found = heard(context, meeting)
    except NotReadyError:
        return ()
    decided, unplaced = decided_roles(context, meeting, found)
    said = {*decided.values(), *(d.verdict for d in unplaced)}  # what has no place here was taken somewhere else
    allowed = set(may_have_profile(study)) & set(meeting.members)
    changed = []
    for role in kept.load_all(folder(study), [p.role for p in study.participants]):
        if role not in said and _drop(study, role, meeting.code):
            changed.append(role)
    for role in sorted(allowed & set(decided.values())):
        own = [v for v in found.voices if decided.get(v.label) == role]
        take = kept.take_of(meeting.code, meeting.code, found.encoder, own)
        if take is None or take.seconds < LEAST_TAKE:
            # what was learnt here may be somebody else's as well: the voice was split since, or is made of less
            if _drop(study, role, meeting.code):
                changed.append(role)
            continue
        before = kept.load(folder(study), role)
        if kept.add(folder(study), role, take) != before:
            _unlearn(study, role, meeting.code, take)
            changed.append(role)
    _record(study, meeting.code, changed, who)
    gone = forgotten(study) & set(decided.values())
    if gone:
        _erase_prints(context, meeting, gone)
    return tuple(dict.fromkeys(changed))


def _drop(study: Study, role: str, source: str) -> bool:
    """Take what came from a source out of every version of a profile; whether the newest had any of it."""
    from copipe.diarize.voices import profiles as kept

    before = kept.load(folder(study), role)
    if before is None or all(take.source != source for take in before.takes):
        return False
    kept.drop_take(folder(study), role, source)
    _unlearn(study, role, source, None)
    return True


def _unlearn(study: Study, role: str, source: str, right: Take | None) -> None:
    """Take out of a profile's older versions what they took from `source` for this person's voice and was not.

    It is somebody else's, perhaps of one who has no profile, and `forget` would not find it. `right` is what is taken
    from there now; takes of another encoder are left.
    """
    from copipe.diarize.voices import profiles as kept

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
            write_over(path, json.dumps({"role": role, "version": version, "takes": takes}))


def settle(context: Context, meeting: Meeting, who: str) -> None:
    """Confirm the recognised voices of a meeting as its transcript shows them; those it withholds stay open."""
    from copipe.diarize.voices import roles

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
    from copipe.audio import decode
    from copipe.diarize.engines import engine
    from copipe.diarize.voices import profiles as kept
    from copipe.pipeline import engines

    may_be_known(study, role)
    settings = study.settings.diarize
    samples = decode.load(file, start, end)
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
    from copipe.diarize.voices import profiles as kept

    may_be_known(study, role)
    _remember(study, role, who)
    for meeting in study.meetings:
        grow(study, meeting, who)
    return kept.load(folder(study), role)


def drop(study: Study, role: str, source: str, who: str) -> Profile:
    """The profile without what an enrolled file taught it. UsageError where there is no such file."""
    from copipe.diarize.voices import profiles as kept

    before = kept.load(folder(study), role)
    takes = before.takes if before else ()
    if any(t.source == source and t.meeting for t in takes):
        raise UsageError(
            f"The part of {role}'s profile from {source} comes from your decisions about its voices.",
            f"To take it back: copipe roles show {source}, then copipe roles assign {source} VOICE=-",
        )
    if not any(t.source == source for t in takes):
        files = ", ".join(f'"{t.source}"' for t in takes if not t.meeting)
        raise UsageError(f"{role}'s profile has nothing from {source!r}.", f"Files behind it: {files or 'none'}.")
    _drop(study, role, source)
    _record(study, "", [role], who)
    made = kept.load(folder(study), role)
    assert made is not None, "a version without it has just been written"
    return made


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What forgetting a profile takes away: its versions, and prints of the voice in the diarizations of `meetings`.

    In those `unconfirmed` the voice was recognised and nobody has confirmed it; without a print nothing can.
    """

    versions: int
    meetings: tuple[str, ...]
    unconfirmed: tuple[str, ...]


def to_forget(study: Study, role: str) -> Forgetting:
    """What `forget` would take away now."""
    from copipe.diarize.voices import profiles as kept

    context = Context(study, stale_too=True)
    with_prints, unconfirmed = [], []
    for meeting in study.meetings:
        decided, recognised = _voices_of(context, meeting, role)
        if decided or recognised:
            with_prints.append(meeting.code)
        if recognised:
            unconfirmed.append(meeting.code)
    return Forgetting(len(kept.versions(folder(study), role)), tuple(with_prints), tuple(unconfirmed))


def without_print(study: Study, role: str) -> tuple[str, ...]:
    """Meetings in which a person decided which voice is this role's, and that hold no print of it."""
    context, found = Context(study), []
    for meeting in study.meetings:
        try:
            there = heard(context, meeting)
        except CopipeError:
            continue
        decided, _ = decided_roles(context, meeting, there)
        if any(decided.get(v.label) == role and not v.embedding for v in there.voices):
            found.append(meeting.code)
    return tuple(found)


def forget(study: Study, role: str, who: str) -> Forgetting:
    """Erase every version of a profile and the prints of that voice in all diarizations, and keep that it was asked.

    What the transcripts say of decided voices stays. The prints of those that were only recognised go as well.
    """
    from copipe.diarize.voices import profiles as kept

    gone, context = to_forget(study, role), Context(study, stale_too=True)
    decisions.append(decisions_file(study), decisions.decide(kind="profile", about=role, verdict=FORGOTTEN, who=who))
    for meeting in study.meetings:  # first, while the profile still says which voices are meant
        _erase_prints(context, meeting, {role}, _voices_of(context, meeting, role)[1])
    kept.forget(folder(study), role)
    about = {"role": role, "who": who, "meetings": list(gone.meetings)}
    audit.record(study.root / "audit.jsonl", "voices forget", about)
    return gone


def _voices_of(context: Context, meeting: Meeting, role: str) -> tuple[frozenset[str], frozenset[str]]:
    """The voices that a person decided are this role's, and those that its profile recognises; only with prints."""
    try:
        found = heard(context, meeting)
        decided, _ = decided_roles(context, meeting, found)
        said = recognise(context, meeting, found, decided).verdicts
    except CopipeError:
        return frozenset(), frozenset()
    printed = {v.label for v in found.voices if v.embedding}
    shown = shown_roles(context, meeting)
    return (
        frozenset(label for label in printed if decided.get(label) == role),
        frozenset(
            v.label
            for v in said
            if v.label in printed and v.label not in decided and role in (v.role, v.unlisted, shown.get(v.label))
        ),
    )


def _erase_prints(context: Context, meeting: Meeting, roles: Collection[str], also: Collection[str] = ()) -> None:
    """Take the prints of these people's voices out of a meeting's diarizations, those no longer in use included.

    `also` are voices of the one in use that nobody has decided on.
    """
    from copipe.files import erase
    from copipe.records import SpeakerTurn, Voice
    from copipe.study.store import from_lines

    place = context.private.root / meeting.code / "speakers"
    standing = context.current(context.private, meeting.code, "speakers")
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        artifact = context.private.find(meeting.code, "speakers", path.name)
        lines = context.private.lines(artifact) if artifact else None
        if artifact is None or lines is None:
            if standing is None or path.name != standing.key:
                erase(path)  # set aside as damaged, or half made: nobody can say whose the prints in it are
            continue
        turns, voices = from_lines(lines, SpeakerTurn), from_lines(lines, Voice)
        theirs = prints_of(context, meeting, source_of(artifact), turns, roles)
        if also and standing and artifact.key == standing.key:
            theirs |= as_diarized(turns, heard(context, meeting).speakers, also)
        left = tuple(replace(v, embedding=()) if v.label in theirs else v for v in voices)
        if left != voices:
            context.private.purge(artifact, (*turns, *left), dict(artifact.purged))


def erase_without_consent(study: Study) -> tuple[str, ...]:
    """Erase the profiles of all who do not consent in full (any more), or are no participants; their roles."""
    from copipe.diarize.voices import profiles as kept

    consent = {p.role for p in study.participants if p.consent == "full"}
    there = folder(study)
    gone = sorted(p.name for p in there.iterdir() if p.is_dir() and p.name not in consent) if there.is_dir() else []
    for role in gone:
        kept.forget(there, role)
        audit.record(study.root / "audit.jsonl", "voices forget", {"role": role, "why": "no full consent"})
    return tuple(gone)


def may_be_known(study: Study, role: str) -> None:
    """UsageError for whoever is no participant or has not given full consent."""
    consents = {p.role: p.consent for p in study.participants}
    if role not in consents:
        raise UsageError(
            f"{role} is not a participant of this study. Only participants have profiles.",
            f"Participants: {', '.join(consents) or 'none'}.",
        )
    if consents[role] != "full":
        raise UsageError(
            f"{role} has not given full consent: no profile is kept.",
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
