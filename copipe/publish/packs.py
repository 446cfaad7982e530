"""Packs for people outside the study: a supervisor or auditor, and members who check what was made of their words.

Everything in a pack is anonymised and goes through the gate, archive and documents included.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from copipe import holding
from copipe.errors import UsageError
from copipe.exchange import member_check
from copipe.exchange.member_check import Item
from copipe.pipeline.context import Context
from copipe.pipeline.failures import STUDY
from copipe.pipeline.stage import applies, read
from copipe.publish import reports
from copipe.records import Story
from copipe.review import memos as memoing
from copipe.review.coding import CodedMeeting, all_coded, hand_out
from copipe.study import audit, memos

_TIME = (2000, 1, 1, 0, 0, 0)  # an archive says nothing of when its files were made


@dataclass(frozen=True, slots=True)
class Pack:
    """What went into a pack: names of its files, or passages; meetings left out, each with why.

    `kept` is where the file that stood in its place is now, if it was not as copipe wrote it.
    """

    path: Path
    items: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    kept: Path | None = None


def supervisor(context: Context, path: Path, unchecked: bool = False) -> Pack:
    """A .zip with reports, synthesis, transcripts, codebook and audit trail of what has been checked.

    Transcripts that nobody has checked are left out with their reports, unless `unchecked`. UsageError where nothing
    can go in; CopipeError when the gate finds a name.
    """
    study = context.study
    left_out = []
    chosen = []
    for meeting in study.meetings:
        folder = study.reports / meeting.code
        if not (folder / "report.md").exists():
            left_out.append((meeting.code, "it has no report"))
        elif applies(context, meeting, "anonymised") and context.check(meeting) is None and not unchecked:
            left_out.append((meeting.code, "its transcript is not checked"))
        elif not reports.up_to_date(context, meeting):
            left_out.append((meeting.code, "its report is not up to date: `copipe run`"))
        else:
            chosen.append(meeting.code)
    if not chosen:
        raise UsageError(
            "There is nothing to pack: no meeting has an up-to-date report and a checked transcript.",
            "`copipe check MEETING` marks a transcript as checked. --unchecked includes unchecked ones.",
        )
    wanted = {*chosen, *(() if left_out else (STUDY,))}  # a synthesis quotes all of them
    of = {study.reports / name: record.get("of") for name, record in reports.released(context).items()}
    # What copipe published, and no link: a file beside it, or behind a link, may be anything.
    files = [path for path in sorted(of) if of[path] in wanted and path.is_file() and not path.is_symlink()]
    names = {p: p.relative_to(study.root).as_posix() for p in files}
    extra = {
        "codebook.yaml": context.codebook_path.read_bytes(),
        "audit.jsonl": (study.root / "audit.jsonl").read_bytes(),
    }

    def write(staged: Path) -> None:
        with zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED) as archive:
            for file, name in names.items():
                archive.writestr(_entry(name), file.read_bytes())
            for name, data in extra.items():
                archive.writestr(_entry(name), data)

    kept = hand_out(context, path, write, "export supervisor", {"meetings": chosen, "unchecked": unchecked})
    return Pack(path, (*names.values(), *extra), tuple(left_out), kept)


def members(context: Context, role: str, path: Path) -> Pack:
    """One participant's accepted passages and stories, with space to answer, as .docx or .md.

    UsageError where there are none, or for somebody who is not in the study.
    """
    study = context.study
    known = {p.role: p.consent for p in study.participants}
    known |= {v.code: v.consent for m in study.meetings for v in m.visitors}
    if known.get(role) != "full":
        why = "has not given full consent" if role in known else "is not a participant or visitor"
        raise UsageError(
            f"{role} {why}.", f"Participants: {', '.join(sorted(r for r, c in known.items() if c == 'full'))}."
        )
    found, missing = all_coded(context, study.meetings)
    items = tuple(item for meeting in found for item in _items(context, meeting, role))
    if not items:
        raise UsageError(
            f"No passage of {role} has been accepted for a code yet, and no story of {role} found.",
            "`copipe review` decides on candidates.",
        )
    title = f"{study.settings.study.title or study.root.name}: passages of {role} to check"

    def write(staged: Path) -> None:
        if path.suffix.lower() == ".docx":
            staged.write_bytes(member_check.document(title, role, items))
        else:
            staged.write_text(member_check.markdown(title, role, items), encoding="utf-8")

    if path.suffix.lower() not in (".docx", ".md"):
        raise UsageError(f"{path.name} is neither .docx nor .md.", "Name the file like --out SN1.docx.")
    kept = hand_out(context, path, write, "export members", {"role": role, "passages": len(items)})
    return Pack(path, tuple(item.id for item in items), tuple(missing), kept)


def take_answers(context: Context, path: Path, who: str = "") -> tuple[str, tuple[Path, ...]]:
    """Keep the answers of a pack that came back as memos on their passages; whose they are, and the memos that are new.

    They are the participant's whom the pack was made for, unless `who` is said. Reading a pack twice keeps nothing
    twice. UsageError where a passage is not one of this study, nobody is named, or that participant has not given full
    consent.
    """
    returned = member_check.read(path)
    answers, who = returned.answers, who or returned.role
    if not who:
        raise UsageError(f"{path.name} does not say whose answers it holds.", "Give their role code with --who.")
    study = context.study
    consents = [(p.role, p.consent) for p in study.participants]
    consents += [(v.code, v.consent) for m in study.meetings for v in m.visitors]
    if who not in {code for code, _ in consents}:  # whatever a file says that came back is written into the trail
        raise UsageError(
            f"{path.name} is not of a participant or visitor of this study. Nothing was read from it.",
            "Give their role code with --who.",
        )
    if any(code == who and consent != "full" for code, consent in consents):
        raise UsageError(f"{who} has not given full consent. Nothing was read from {path.name}.", "Delete the file.")
    codes = {m.code for m in study.meetings}
    strange = [a.where for a in answers if a.id and a.id.rpartition("..")[0].rpartition(":")[0] not in codes]
    if strange:
        raise UsageError(f"{path.name}, {', '.join(strange)}: not a passage of this study.", "Is it of another study?")
    folder = memoing.folder(context)
    new = []
    with holding.writing(study.private):
        standing = {(memo.about, memo.text, memo.who) for memo in memos.read(folder)}
        for answer in answers:
            about = f"passage:{answer.id}" if answer.id else "study"
            if (about, answer.text, who) not in standing:
                made = memos.make(about, answer.text, who, f"Answer of {who}")
                new.append(memos.write(folder, made))
        told = {"who": who, "answers": len(answers), "new": len(new)}
        audit.record(study.root / "audit.jsonl", "member check", told)
    return who, tuple(new)


def _items(context: Context, meeting: CodedMeeting, role: str) -> Iterator[Item]:
    labels = {code.key: code for code in context.codebook.codes}
    readings: dict[str, list[str]] = {}
    places: dict[str, tuple[int, int]] = {}
    for coding in meeting.codings.accepted:
        place = meeting.place(coding.span)
        if role in meeting.roles(place):
            id_ = f"{coding.span.first}..{coding.span.last}"
            code = labels[coding.code]
            readings.setdefault(id_, []).append(f"{code.label}: {code.definition}" if code.definition else code.label)
            places[id_] = place
    stories: tuple[Story, ...] = read(context, meeting.meeting, "stories", Story)
    for story in stories:
        if story.role == role:
            id_ = f"{story.span.first}..{story.span.last}"
            readings.setdefault(id_, []).append("it may be used as a story")
            places[id_] = meeting.place(story.span)
    for id_, place in sorted(places.items(), key=lambda item: item[1]):
        taken = "; ".join(readings[id_])
        yield Item(id_, str(meeting.cite(place)), meeting.text(place), f"Taken to show: {taken.rstrip('.')}.")


def _entry(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, _TIME)
    made.compress_type = zipfile.ZIP_DEFLATED
    made.external_attr = 0o600 << 16
    return made


def plain(pack: Pack) -> dict[str, object]:
    """A pack for a script."""
    return {"file": str(pack.path), "items": pack.items, "left out": dict(pack.left_out)}
