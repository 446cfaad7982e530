"""Somebody's consent ends, or changes: what that takes away, and the record that it was done.

The order is chosen so that a withdrawal that is cut off has kept nobody's words in sight, and that the next run brings
it to its end: consent first, then reports, then who spoke (so that it is still known whose words are to go), then what
was said. What was acted on last is kept in private/consents.json; an entry that is not "done" is gone on with.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copipe.consent import outsiders, purge, scrubbing
from copipe.consent.quoting import Quotes, files_that_quote
from copipe.errors import CopipeError, UsageError, cannot_reach
from copipe.files import erase, write_file
from copipe.pipeline import profiles as voice_profiles
from copipe.pipeline.attribution import Stretch, spoken_by
from copipe.pipeline.context import Context
from copipe.pipeline.stage import DamagedError, NotReadyError, source_gone
from copipe.pipeline.voices import decided_roles, folder, heard
from copipe.publish import reports as publish
from copipe.study import audit, decisions, edit, memos, withheld
from copipe.study.study import Meeting, Study
from copipe.texts import from_json

WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class InMeeting:
    """What of one meeting goes. `sources` still hold the words and are the researcher's to destroy."""

    meeting: str
    turns: int
    words: int
    seconds: float | None
    decisions: int
    checked: bool
    sources: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a withdrawal takes away, before anything is touched.

    Of meetings `not_known` nobody can say who speaks, or what was made of them is damaged: all of it goes, to be made
    again. `elsewhere` are texts of the researcher's own that quote the person; they are not changed.
    """

    code: str
    member: bool
    consent: str
    meetings: tuple[InMeeting, ...]
    not_known: tuple[str, ...]
    profile_versions: int
    reports: int
    edited: int
    exports: tuple[Path, ...]
    elsewhere: tuple[Path, ...]


@dataclass(slots=True)
class Outcome:
    """What was done about changed consents: reports taken down, meetings purged, codes it was done for.

    `blank` are meetings in which words of somebody who consents again were blanked before.
    """

    codes: list[str] = field(default_factory=list)
    taken_down: list[Path] = field(default_factory=list)
    purged: list[purge.Purged] = field(default_factory=list)
    elsewhere: list[Path] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    blank: list[str] = field(default_factory=list)


def known_code(study: Study, code: str) -> str:
    """The code of a member or visitor as it is written. UsageError where nobody has it."""
    codes = study.codes
    same = [c for c in codes if c.casefold() == code.casefold()]
    if len(same) != 1:
        raise UsageError(f"{code!r} is nobody's code in this study.", f"Codes: {', '.join(codes) or 'none yet'}.")
    return same[0]


def plan(study: Study, code: str) -> Plan:
    """What withdrawing `code` would take away. CopipeError where that cannot be told or done, as `demand_possible`."""
    from copipe.diarize.voices import profiles as kept

    context = Context(study, stale_too=True)
    demand_possible(context, (code,))
    found, unknown = [], []
    every: list[Quotes] = []
    for meeting in concerned(context, code):
        try:
            stretches = tuple(s for s in spoken_by(context, meeting) if s.role == code)
        except (NotReadyError, DamagedError):
            unknown.append(meeting.code)
            continue
        gone = purge.quotes_of(context, meeting, stretches)
        every.append(gone)
        found.append(_in_meeting(context, meeting, stretches, gone))
    member = any(p.role == code for p in study.participants)
    said = {c for _, c in consents_of(study, code)}
    quotes = _all(every, code)
    edited = sorted((study.private / "edited-reports").rglob("*.md"))
    return Plan(
        code=code,
        member=member,
        consent=", ".join(sorted(said)),
        meetings=tuple(found),
        not_known=tuple(unknown),
        profile_versions=len(kept.versions(folder(study), code)) if member else 0,
        reports=len(publish.showing(context, code)),
        edited=sum(quotes.without(text) != text for text in map(_text, edited)),
        exports=_exports(study, quotes),
        elsewhere=_elsewhere(study, quotes, publish.showing(context, code)),
    )


def withdraw(study: Study, code: str, who: str) -> Study:
    """Write down that `code` withdraws; the study as it is from then on. `settle` does what follows from it."""
    from copipe.study import study as studies

    kept = _read(study)
    # What the consent was until now, for the trail; "doing" since nothing may have been done about it yet.
    was = {key: consent for key, consent in consents_of(study, code) if consent != WITHDRAWN}
    _write(study, kept | {key: {"consent": consent, "doing": True} for key, consent in was.items()})
    edit.set_consent(study, code, "withdrawn")
    audit.record(study.root / "audit.jsonl", "withdraw", {"code": code, "who": who})
    return studies.load(study.root)


def settle(context: Context) -> Outcome:
    """Act on every consent that is another than at the last run, and go on with what was cut off.

    To be called while the study is held. Does nothing where nothing has changed.
    """
    study, done = context.study, Outcome()
    kept = _read(study)
    now = _consents(study)
    todo = [k for k, consent in now.items() if kept.get(k, {"consent": "full"}) != {"consent": consent}]
    for key in todo:
        before = kept.get(key, {}).get("consent")
        if before != now[key]:
            # Whoever is met for the first time never had another consent that copipe knew of.
            about = {"code": key, "from": before, "to": now[key]} if before else {"code": key, "to": now[key]}
            audit.record(study.root / "audit.jsonl", "consent", about)
            if now[key] == WITHDRAWN:
                outsiders.ask_again(context, key.rpartition("/")[2])
        kept[key] = {"consent": now[key], "doing": True}
    new = [key for key in now if key not in kept]
    kept |= {key: {"consent": now[key]} for key in new}
    if not todo:
        if new:
            _write(study, kept)
        return done
    _write(study, kept)
    ended = [key for key in todo if now[key] != "full"]
    if ended:
        demand_possible(context, [key.rpartition("/")[2] for key in ended])
        done.taken_down += publish.take_down(context)
        _take_out(study, list(dict.fromkeys(key.rpartition("/")[2] for key in ended)), now, done)
        done.erased += voice_profiles.erase_without_consent(study)
    back = {key.rpartition("/")[2] for key in todo if now[key] == "full"}
    done.blank += [m.code for m in study.meetings if back & purge.blanked_roles(context, m)]
    for key in todo:
        kept[key] = {"consent": now[key]}
        if key in ended:
            what = "withdrawal complete" if now[key] == WITHDRAWN else "excluded"
            audit.record(study.root / "audit.jsonl", what, {"code": key})
            done.codes.append(key.rpartition("/")[2])
    _write(study, {key: value for key, value in kept.items() if key in now})
    done.codes = list(dict.fromkeys(done.codes))
    return done


def concerned(context: Context, code: str) -> tuple[Meeting, ...]:
    """Meetings at which `code` was, or of which anything shows them to speak."""
    wanted = f'"role":"{code}"'.encode()

    def shows(meeting: Meeting) -> bool:
        folders = (context.private.root / meeting.code / "turns", context.public.root / meeting.code / "anonymised")
        return any(wanted in path.read_bytes() for f in folders for path in f.rglob("data.jsonl"))

    def decided(meeting: Meeting) -> bool:
        return any(d.verdict == code for d in context.private_decisions(meeting))

    return tuple(m for m in context.study.meetings if code in m.attending or decided(m) or shows(m))


def demand_possible(context: Context, codes: Iterable[str]) -> None:
    """CopipeError where words could stay, or those of others be lost: what was made of a meeting that meetings.toml no
    longer has, and what is damaged and has no source any more."""
    codes = list(codes)
    if left := _of_no_meeting(context, codes):
        raise CopipeError(
            f"{', '.join(left)}: their words stand in what was made of a meeting that meetings.toml does not have.",
            "Put its [[meeting]] back as it was, or move these folders out of the study; then call this again. Nothing "
            "has been taken out yet.",
        )
    for meeting in {m.code: m for code in codes for m in concerned(context, code)}.values():
        damaged = [stage for stage in ("words", "speakers") if _damaged(context, meeting, stage)]
        if damaged and source_gone(meeting):
            raise CopipeError(
                f"{meeting.code}: what stage {damaged[0]!r} made is damaged, and its source is gone: everybody's words "
                "would be lost with theirs. Nothing has been taken out yet.",
                f"Restore private/work/{meeting.code}/{damaged[0]} from a backup, then call this again.",
            )


def _damaged(context: Context, meeting: Meeting, stage: str) -> bool:
    artifact = context.current(context.private, meeting.code, stage)
    return artifact is not None and context.private.lines(artifact) is None


def _of_no_meeting(context: Context, codes: Iterable[str]) -> tuple[str, ...]:
    """Folders of results that belong to no meeting and show one of these people to speak, or nobody by a role yet."""
    wanted = [f'"role":"{code}"'.encode() for code in codes]
    known = {m.code for m in context.study.meetings}
    found = []
    for store in (context.private, context.public):
        for home in sorted(store.root.iterdir()) if store.root.is_dir() else ():
            if not home.is_dir() or home.is_symlink() or home.name in known or home.name[0] in "._":
                continue
            files = [p for p in home.rglob("data.jsonl") if not p.is_symlink()]
            attributed = any(p.parent.parent.name == "turns" for p in files)
            if any(w in p.read_bytes() for p in files for w in wanted) or (files and not attributed):
                found.append(home.relative_to(context.study.root).as_posix())
    return tuple(found)


def consents_of(study: Study, code: str) -> tuple[tuple[str, str], ...]:
    """Where a code's consent stands, and what it is: "OT", or "2010-02/V1" for a visitor."""
    return tuple((key, consent) for key, consent in _consents(study).items() if key.rpartition("/")[2] == code)


# Inside


def _take_out(study: Study, codes: Iterable[str], now: Mapping[str, str], done: Outcome) -> None:
    context = Context(study, stale_too=True)
    meetings = {m.code: m for code in codes for m in concerned(context, code)}
    for meeting in meetings.values():
        _name_voices(context, meeting, codes)
    every = []
    for meeting in meetings.values():
        stretches: tuple[Stretch, ...] = ()
        try:
            stretches = purge.to_go(context, meeting)
        except (NotReadyError, DamagedError):
            done.purged.append(purge.unattributed(context, meeting))
            continue
        gone = purge.quotes_of(context, meeting, stretches)
        every.append(gone)
        done.purged.append(purge.purge(context, meeting, stretches, keep_fresh=False))
    quotes = _all(every, *codes)
    for path in _exports(study, quotes):
        if path.stat().st_nlink > 1:
            path.unlink()  # another name of a file that lies elsewhere: that one is not copipe's to overwrite
        else:
            erase(path)
    done.elsewhere += _elsewhere(study, quotes)
    withheld.hold(study.root, [p for p in done.elsewhere if _is_shown(study, p)], list(codes))


def _name_voices(context: Context, meeting: Meeting, codes: Iterable[str]) -> None:
    """Keep by decision which voices were recognised as theirs: without a profile nothing else would say so."""
    from copipe.diarize.voices import roles

    try:
        found = heard(context, meeting)
    except (NotReadyError, CopipeError):
        return
    decided, _ = decided_roles(context, meeting, found)
    shown = voice_profiles.shown_roles(context, meeting)
    made = [
        roles.assignment(found.speakers, label, role, found.source, "copipe", "recognised until consent ended")
        for label, role in sorted(shown.items())
        if role in codes and label not in decided and label in found.labels
    ]
    if made:
        decisions.append(context.study.private_decisions / f"{meeting.code}.jsonl", *made)


def _in_meeting(context: Context, meeting: Meeting, stretches: tuple[Stretch, ...], gone: Quotes) -> InMeeting:
    made = context.current(context.private, meeting.code, "words")
    words = purge.words_in(context, meeting, stretches)
    timed = [w for w in words if w.start is not None and w.end is not None]
    sources = (meeting.recording, meeting.transcript)
    return InMeeting(
        meeting=meeting.code,
        turns=len(stretches),
        words=len(words),
        seconds=sum((w.end or 0.0) - (w.start or 0.0) for w in timed) if timed else None,
        decisions=scrubbing.concerned(context, meeting, stretches, gone) if made else 0,
        checked=context.check(meeting) is not None,
        sources=tuple(p for p in sources if p is not None and p.exists()),
    )


def _all(every: Iterable[Quotes], *codes: str) -> Quotes:
    return Quotes(frozenset().union(*(q.runs for q in every)), frozenset(codes))


def _exports(study: Study, quotes: Quotes) -> tuple[Path, ...]:
    folder = study.root / "exports"
    return files_that_quote(folder, quotes) if folder.is_dir() else ()


def _elsewhere(study: Study, quotes: Quotes, published: Iterable[str] = ()) -> tuple[Path, ...]:
    """Texts in the study folder that copipe does not change: memos, notes, transcripts that were imported, copies.

    `published` are files in reports/ that are taken down.
    """
    own = [study.work, study.private_work, study.private / "edited-reports", study.root / "exports", study.decisions]
    own += [study.reports / name for name in published]
    found = files_that_quote(study.root, quotes, (*own, study.private_decisions, study.private / "recordings"))
    return tuple(sorted({*found, *_memos_by(study, quotes.roles)}))


def _memos_by(study: Study, codes: Collection[str]) -> Iterator[Path]:
    """Memos that are somebody's own, such as what they answered to a member check."""
    folder = study.private / "memos"
    for path in sorted(folder.rglob("*.md")) if folder.is_dir() else ():
        with suppress(ValueError):
            if memos.parse(_text(path), path).who in codes:
                yield path


def _is_shown(study: Study, path: Path) -> bool:
    """Whether reports show what is in a file of the researcher's own."""
    shown = [study.private / name for name in ("memos", "notes", "field-notes")] + [study.root / "codebooks"]
    return any(path.is_relative_to(folder) for folder in shown)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _consents(study: Study) -> dict[str, str]:
    members = {p.role: p.consent for p in study.participants}
    return {**members, **{f"{m.code}/{v.code}": v.consent for m in study.meetings for v in m.visitors}}


def _file(study: Study) -> Path:
    return study.private / "consents.json"


def _read(study: Study) -> dict[str, dict[str, Any]]:
    try:
        found = from_json(_file(study).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        return {}  # all is looked at again
    except OSError as error:
        raise CopipeError(*cannot_reach(error)) from None
    return found if isinstance(found, dict) else {}


def _write(study: Study, kept: Mapping[str, Any]) -> None:
    write_file(_file(study), json.dumps(kept, indent=1, sort_keys=True))
