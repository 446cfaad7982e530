"""`copipe voices`: the voice profiles of a study's members."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.headings import Group
from copipe.cli.terminal.session import agree, open_study
from copipe.cli.terminal.session import who as deciding
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from copipe.diarize.voices.profiles import Profile
    from copipe.pipeline.profiles import Reconsidered
    from copipe.study.study import Study

app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
Role = Annotated[str, typer.Argument(help="A participant's role code.")]
Who = Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
NEAR = 0.84  # cosine to another profile from which a member's first file is wondered at: different people up to 0.83


@app.callback()
def about() -> None:
    """Manage the voice profiles that recognise participants.

    They are biometric data. They stay in private/voices, and `forget` erases them.
    """


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="For a script.")] = False) -> None:
    """List the profiles: seconds of speech, meetings behind each, and how separate it is from the nearest other.

    Example:

      copipe voices list
    """

    from rich.table import Table

    from copipe.cli.terminal.display import clock, console, say
    from copipe.diarize.voices.profiles import separation
    from copipe.pipeline.voices import forgotten

    study = open_study()
    kept = _kept(study)
    rows = []
    for person in study.participants:
        profile = kept.get(person.role)
        separate = separation(profile, list(kept.values())) if profile else None
        note = _note(study, person.role, profile, person.role in forgotten(study)) or _near(separate)
        rows.append((person.role, profile, separate if separate != float("inf") else None, note))
    if as_json:
        plain = [
            {
                "role": role,
                "version": profile.version if profile else None,
                "seconds": round(profile.seconds, 1) if profile else 0,
                "meetings": list(profile.meetings) if profile else [],
                "separation": separate and round(separate, 3),
                "note": note,
            }
            for role, profile, separate, note in rows
        ]
        tell_json(plain)
        return
    table = Table("role", "version", "speech", "meetings", "separate by", "")
    for role, profile, separate, note in rows:
        if profile is None:
            table.add_row(role, "-", "-", "-", "-", note)
            continue
        sources = ", ".join(profile.meetings) or "a file"
        apart = f"{separate:.2f}" if separate is not None else "-"
        table.add_row(role, str(profile.version), clock(profile.seconds), sources, apart, note)
    console.print(table)
    say("separate by: cosine distance to the nearest other profile. A larger distance is safer.")


@app.command()
def show(role: Role) -> None:
    """Show what a profile is made of, and how near the others are.

    Example:

      copipe voices show SN1
    """
    from rich.table import Table

    from copipe.cli.terminal.display import clock, console, say
    from copipe.diarize.voices.profiles import cosine, versions
    from copipe.errors import UsageError
    from copipe.pipeline.voices import folder

    study = open_study()
    kept = _kept(study)
    profile = kept.get(role)
    if profile is None:
        raise UsageError(f"There is no profile of {role}.", "`copipe voices list` shows those there are.")
    say(
        f"{role}, version {profile.version} of {len(versions(folder(study), role))}, {clock(profile.seconds)} of speech"
    )
    table = Table("from", "speech", "like the rest", "voice model", "when")
    for take in profile.takes:
        alike = f"{cosine(take.embedding, profile.centroid):.2f}"
        table.add_row(take.source, clock(take.seconds), alike, take.encoder[:12], take.when[:10])
    console.print(table)
    for other, its in kept.items():
        if other != role:
            say(f"likeness to {other}: {cosine(profile.centroid, its.centroid):.2f}")


@app.command()
def enrol(
    role: Role,
    file: Annotated[
        Path | None, typer.Argument(help="A recording in which this person speaks alone.", show_default=False)
    ] = None,
    start: Annotated[
        str, typer.Option("--from", help="Start in the file, for example 00:10.", show_default=False)
    ] = "",
    end: Annotated[str, typer.Option("--to", help="End in the file.", show_default=False)] = "",
    who: Who = "",
) -> None:
    """Make a voice profile from a file. Without a file, use all meetings in which you assigned the voice.

    Only for participants who consent in full. The file is read and not kept.

    Examples:

      copipe voices enrol SN1 interview.m4a --from 00:10 --to 00:40

      copipe voices enrol SN1
    """
    from copipe.cli.terminal.display import clock, say
    from copipe.errors import UsageError
    from copipe.pipeline import profiles
    from copipe.review.passages import seconds

    study = open_study()
    if file is None:
        if start or end:
            raise UsageError("--from and --to are times in a file. Name the file as well.")
        made = profiles.enrol_from_meetings(study, role, deciding(who))
        if made is None or not made.takes:
            if bare := profiles.without_print(study, role):
                raise UsageError(
                    f"There is no voice print of {role}: it was erased or split, or {role} says too little.",
                    f"Diarize anew (copipe diarize --again {' '.join(bare)}), then enrol; or name a file.",
                )
            raise UsageError(
                f"No voice is assigned to {role} yet.",
                "Assign a voice (copipe roles assign MEETING), or name a file.",
            )
    else:
        begin, stop = seconds(start) if start else 0.0, seconds(end) if end else None
        if stop is not None and stop <= begin:
            raise UsageError("--to is not after --from.")
        made = profiles.enrol(study, role, file, begin, stop, deciding(who))
        _warn_if_unlike(study, made)
    say(f"{role}: version {made.version}, {clock(made.seconds)} of speech. `copipe run` recognises it in the meetings.")


@app.command()
def forget(role: Role, who: Who = "", yes: Yes = False) -> None:
    """Erase a voice profile, all its versions, and its prints in the diarizations.

    No meeting makes a new one until you use `enrol`; meetings must then be diarized again. Your decisions about
    voices stays, and so do the transcripts.

    Example:

      copipe voices forget SN1
    """
    from copipe.cli.terminal.display import say
    from copipe.diarize.voices.profiles import versions
    from copipe.errors import UsageError
    from copipe.pipeline import profiles
    from copipe.pipeline.voices import folder, forgotten

    study = open_study()
    there = versions(folder(study), role)
    if not there and role not in {p.role for p in study.participants}:
        raise UsageError(f"There is no profile of {role}.", "`copipe voices list` shows those there are.")
    found = profiles.to_forget(study, role)
    if not found.versions and not found.meetings and role in forgotten(study):
        say(f"The profile of {role} has been erased.")
        return
    if found.meetings:
        say(f"This also erases the voice from the diarizations of {', '.join(found.meetings)} as well.")
    for code in found.unconfirmed:
        say(
            f"{code}: {role} was recognised and nobody has confirmed it; it cannot be recognised again. To keep it, "
            f"confirm first: copipe roles confirm {code}"
        )
    if not agree(f"Erase the voice profile of {role} ({found.versions} versions)?", yes):
        return
    profiles.forget(study, role, deciding(who))
    say(f"{role}: erased. Meetings in which you assigned {role}'s voice stay unchanged.")
    say("Recordings and copies of the study folder still hold the voice itself.")


@app.command()
def drop(
    role: Role,
    source: Annotated[str, typer.Argument(help="An enrolled file, as `copipe voices show` names it.")],
    who: Who = "",
) -> None:
    """Remove an enrolled file from a profile and all its versions: the wrong person, or a bad stretch.

    What a profile has from a meeting follows your assignments: `copipe roles assign` changes it.

    Example:

      copipe voices drop SN1 "interview.m4a from 10 to 40 s"
    """
    from copipe.cli.terminal.display import clock, say
    from copipe.pipeline import profiles

    made = profiles.drop(open_study(), role, source, deciding(who))
    say(f"{role}: version {made.version}, {clock(made.seconds)} of speech. `copipe run` uses it.")


@app.command()
def refresh(who: Who = "", yes: Yes = False) -> None:
    """Bring voice profiles up to date with your decisions, and recognise voices again.

    Voices that are not confirmed are recognised again. Your decisions stay. Where the profiles disagree, copipe says
    so, so that you can listen again.

    Example:

      copipe voices refresh
    """
    from copipe.cli.terminal.display import say
    from copipe.cli.terminal.stages import bring_up_to_date
    from copipe.pipeline import profiles

    study = open_study()
    changed: list[str] = []
    for meeting in study.meetings:
        changed += profiles.grow(study, meeting, deciding(who))
    if changed:
        say(f"Profiles brought up to date: {', '.join(sorted(set(changed)))}.")
    found = profiles.reconsider(study)
    if not found:
        say("Every meeting agrees with the present profiles.")
        return
    for voice in found:
        say(_told(voice))
    codes = {v.meeting for v in found if not v.decided}
    meetings = [m for m in study.meetings if m.code in codes]
    if meetings and agree(f"Renew {', '.join(m.code for m in meetings)}?", yes):
        bring_up_to_date(study, meetings, ("turns", "anonymised", "candidates", "report"))


def _told(voice: Reconsidered) -> str:
    sees = f"{voice.role} ({voice.verdict} {voice.score:.2f})"
    if voice.decided:
        return (
            f"{voice.meeting}: {voice.label} is {voice.now} as you decided; the profiles hear {sees}. "
            f"Listen again: copipe roles show {voice.meeting}"
        )
    return f"{voice.meeting}: {voice.label} would be {sees}, was {voice.now or 'unknown'}."


def _warn_if_unlike(study: Study, made: Profile) -> None:
    """Say where the voice of the newest file is nearer to somebody else than to its profile, or near to nobody."""
    from copipe.cli.terminal.display import say
    from copipe.diarize.voices import profiles
    from copipe.diarize.voices.recognition import PRIOR

    take = made.takes[-1]
    rest = profiles.mean([(t.embedding, t.seconds) for t in made.takes[:-1] if t.encoder == take.encoder])
    others = {r: profiles.cosine(take.embedding, p.centroid) for r, p in _kept(study).items() if r != made.role}
    nearest = max(sorted(others), key=others.__getitem__, default="")
    own = profiles.cosine(take.embedding, rest) if rest else PRIOR
    if nearest and others[nearest] > own and (rest or others[nearest] > NEAR):
        known = f"to what was known of {made.role} ({own:.2f})" if rest else "a stranger is"
        say(f"This voice is nearer to {nearest} ({others[nearest]:.2f}) than {known}.", "yellow")
    elif rest and own < PRIOR:
        say(f"This voice is little like what was known of {made.role} ({own:.2f}).", "yellow")
    else:
        return
    say(f'Listen again; `copipe voices drop {made.role} "{take.source}"` removes it.')


def _kept(study: Study) -> dict[str, Profile]:
    from copipe.diarize.voices import profiles
    from copipe.pipeline.voices import folder

    return profiles.load_all(folder(study), [p.role for p in study.participants])


def _near(separate: float | None) -> str:
    """Whether two profiles are so near that recognition will not be sure of either."""
    from copipe.diarize.voices.recognition import MARGIN, PRIOR

    near = separate is not None and separate < MARGIN * (1 - PRIOR)
    return "too similar to another member: never marked sure" if near else ""


def _note(study: Study, role: str, profile: Profile | None, forgotten: bool) -> str:
    """What a person should know of a profile, or of there being none."""
    consent = next(p.consent for p in study.participants if p.role == role)
    if consent != "full":
        return f"not used, consent is {consent!r}: copipe voices forget {role}" if profile else "no full consent"
    if forgotten:
        return "erased on request"
    if profile and len({t.encoder for t in profile.takes}) > 1:
        return "partly of another voice model: copipe voices refresh"
    return ""
