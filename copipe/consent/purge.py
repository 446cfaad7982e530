"""The words of people who are not in the study leave everything that was made from a meeting, private/ included.

Whose words are withheld is decided by the attribution. Once a person has confirmed it (every voice has a name, or the
transcript is checked), what those people said is blanked in the transcription itself: ids and times stay, so that
citations and corrections of everybody else stay where they are. Of who withdrew it goes at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from copipe import __version__, holding
from copipe.consent import blanking, scrubbing
from copipe.consent.blanking import holds
from copipe.consent.quoting import Quotes, quotes
from copipe.errors import CopipeError
from copipe.files import erase, write_file, write_over
from copipe.pipeline import outsiders
from copipe.pipeline.attribution import Stretch, spoken_by
from copipe.pipeline.context import Context
from copipe.pipeline.stage import Stage, applies, fresh, need, raw_gone, source_gone
from copipe.pipeline.stages import stages
from copipe.pipeline.voices import decided_roles, heard
from copipe.records import Segment, Turn, Word
from copipe.study import audit, decisions
from copipe.study.store import Artifact, Store, from_lines, make_key
from copipe.study.study import Meeting, Study

KEPT = ("words", "speakers")  # stages whose result is not made again: it is blanked, not erased
OTHER_FOLDERS = ("clips", "correct", "failures", "report")  # of a meeting, beside those of its stages


@dataclass(frozen=True, slots=True)
class Purged:
    """What left a meeting: words blanked, voices that lost their print, decisions dropped, files erased."""

    meeting: str
    words: int = 0
    voices: int = 0
    decisions: int = 0
    files: int = 0

    @property
    def anything(self) -> bool:
        return bool(self.words or self.voices or self.decisions or self.files)


def consents(study: Study, meeting: Meeting) -> dict[str, str]:
    """Consent by code of everybody who may speak at a meeting: all members, and its visitors."""
    members: dict[str, str] = {p.role: p.consent for p in study.participants}
    return members | {v.code: v.consent for v in meeting.visitors}


def confirmed(context: Context, meeting: Meeting) -> bool:
    """True where a person has said whose every voice is, or has checked the transcript. NotReadyError before it is."""
    if context.check(meeting) is not None or raw_gone(context, meeting):
        return True
    found = heard(context, meeting)
    return found.labels <= decided_roles(context, meeting, found)[0].keys()


def to_go(context: Context, meeting: Meeting) -> tuple[Stretch, ...]:
    """The words that must not be anywhere by now. NotReadyError before anybody knows who speaks."""
    known = consents(context.study, meeting)
    readable = context.study.readable(meeting)
    unnamed = re.compile(r"UNK\d+")
    sure = confirmed(context, meeting)
    theirs: list[Stretch] = []
    for role, run in groupby(spoken_by(context, meeting), key=lambda s: s.role):
        if role not in readable and not unnamed.fullmatch(role) and (sure or known.get(role) == "withdrawn"):
            turns = list(run)
            theirs.append(Stretch(turns[0].first, turns[-1].last, role))
    return tuple(theirs)


def concerned(context: Context, meeting: Meeting) -> bool:
    """Whether anybody at a meeting, or named as speaking there, is not in the study in full."""
    readable = context.study.readable(meeting)
    if not readable.issuperset(meeting.attending):
        return True
    named = {d.verdict for d in context.private_decisions(meeting) if d.kind in ("voice", "speaker")}
    made = context.current(context.private, meeting.code, "turns")
    rows = made.about.get("voices", ()) if made else ()
    named |= {row["role"] for row in rows if row["role"]} | set(made.about.get("unlisted", ()) if made else ())
    return not readable.issuperset(named)


def after_run(context: Context, meetings: Sequence[Meeting]) -> tuple[Purged, ...]:
    """Purge every meeting where that is due. What is fresh stays: it was made without those words."""
    done = []
    for meeting in meetings:
        if not concerned(context, meeting):
            continue
        if _stamp(context, meeting) == _last_stamp(context, meeting) and blanking.lasts(context, meeting):
            _erase_derived(context, meeting, keep_fresh=True)  # what a changed setting has left behind
            continue
        try:
            stretches = to_go(context, meeting)
        except CopipeError:
            continue  # nobody knows yet who speaks, or the run has said what is wrong with this meeting
        done.append(purge(context, meeting, stretches, keep_fresh=True))
        write_file(_stamp_file(context, meeting), _stamp(context, meeting))
    return tuple(p for p in done if p.anything)


def _stamp(context: Context, meeting: Meeting) -> str:
    """What a purge depends on, so that a meeting is not gone through again at every run."""
    check = context.check(meeting)
    parts: dict[str, object] = {
        "consents": consents(context.study, meeting),
        "decisions": [d.id for d in context.private_decisions(meeting)],
        "checked": check.id if check else "",
    }
    for name in ("words", "speakers", "turns"):
        artifact = context.current(context.private, meeting.code, name)
        parts[name] = [artifact.key, artifact.digest, artifact.purged.get("sha256")] if artifact else []
    return make_key("purge", parts)


def _stamp_file(context: Context, meeting: Meeting) -> Path:
    return context.study.private_work / meeting.code / "purged.txt"


def _last_stamp(context: Context, meeting: Meeting) -> str:
    try:
        return _stamp_file(context, meeting).read_text(encoding="utf-8")
    except OSError:
        return ""


def purge(context: Context, meeting: Meeting, stretches: Sequence[Stretch], keep_fresh: bool) -> Purged:
    """Take the words of `stretches` out of a meeting, and everything older that may hold them.

    What was made of the transcription is erased, to be made again, but for what is fresh where `keep_fresh`.
    """
    words = voices = dropped = 0
    gone = quotes_of(context, meeting, stretches)  # while it can still be read
    files = _erase_derived(context, meeting, keep_fresh)
    if stretches:
        files += _edited_reports(context.study, gone)
        dropped = scrubbing.decisions(context, meeting, stretches, gone)
        files += _erase_texts(context.study, meeting, stretches) + _erase_older(context.private, context, meeting)
        voices = blanking.voices(context, meeting, {s.role for s in stretches})
        if raw_gone(context, meeting):
            words = blanking.transcripts(context, meeting, stretches)
        else:
            words = blanking.words(context, meeting, stretches)  # last: an interrupted purge finds them again
    made = Purged(meeting.code, words, voices, dropped, files)
    if words or voices or dropped:
        about = {"meeting": meeting.code, "words": words, "voices": voices, "decisions": dropped, "files": files}
        roles = sorted({s.role for s in stretches})
        audit.record(context.study.root / "audit.jsonl", "purge", {**about, "roles": roles, "copipe": __version__})
    return made


def unattributed(context: Context, meeting: Meeting) -> Purged:
    """Erase of a meeting of which nobody knows who speaks all that is on the way to a transcript, saves included."""
    files = _erase_derived(context, meeting, keep_fresh=False) + _erase_older(context.private, context, meeting)
    for name in ("clips", "correct"):
        folder = context.study.private_work / meeting.code / name
        files += erase(folder) if folder.exists() else 0
    return Purged(meeting.code, files=files)


def words_in(context: Context, meeting: Meeting, stretches: Sequence[Stretch]) -> tuple[Word, ...]:
    """The words in these stretches that still have text: raw ones, or where they are destroyed the anonymised."""
    if raw_gone(context, meeting):
        made = context.current(context.public, meeting.code, "anonymised")
        turns = from_lines(context.public.lines(made) or [], Turn) if made else ()
        return tuple(w for t in turns for w in t.words if w.text.strip(".()") and holds(stretches, w.id))
    artifact = context.current(context.private, meeting.code, "words")
    segments = from_lines(context.private.lines(artifact) or [], Segment) if artifact else ()
    return tuple(w for s in segments for w in s.words if w.text.strip(".()") and holds(stretches, w.id))


def blanked_roles(context: Context, meeting: Meeting) -> frozenset[str]:
    """Whose words were blanked in the transcription that stands."""
    artifact = context.current(context.private, meeting.code, "words")
    return frozenset(role for _, _, role in artifact.purged.get("stretches", ())) if artifact else frozenset()


def transcribed_anew(context: Context, meetings: Sequence[Meeting]) -> tuple[str, ...]:
    """Meetings whose words were purged and that the next run would transcribe again, with everybody's words."""
    found = []
    for meeting in meetings:
        before = context.current(context.private, meeting.code, "words")
        if not before or not before.purged or not applies(context, meeting, "words"):
            continue
        try:
            if fresh(context, meeting, "words") is None and not source_gone(meeting):
                found.append(meeting.code)
        except CopipeError:
            continue
    return tuple(found)


def quotes_of(context: Context, meeting: Meeting, stretches: Sequence[Stretch]) -> Quotes:
    """What is said in `stretches`, as transcribed and as it was shown, to know it again in other texts."""
    theirs: list[list[str]] = []
    others: list[list[str]] = []
    artifact = context.current(context.private, meeting.code, "words")
    segments = from_lines(context.private.lines(artifact) or [], Segment) if artifact else ()
    words = sorted((w for s in segments for w in s.words), key=lambda w: w.id)
    _part(words, stretches, theirs, others)
    for store, stage in ((context.private, "turns"), (context.public, "anonymised")):
        made = context.current(store, meeting.code, stage)
        for turn in from_lines(store.lines(made) or [], Turn) if made else ():
            _part(turn.words, stretches, theirs, others)
    return quotes(theirs, others, {s.role for s in stretches if s.role in consents(context.study, meeting)})


def _part(
    words: Sequence[Word], stretches: Sequence[Stretch], theirs: list[list[str]], others: list[list[str]]
) -> None:
    for gone, run in groupby(words, key=lambda w: holds(stretches, w.id)):
        # What stands for talk that is hidden is nobody's words.
        (theirs if gone else others).append([w.text for w in run if w.text != outsiders.SHOWN])


# When raw words are destroyed with the recording


def destroy_raw(context: Context, meeting: Meeting) -> int:
    """Blank all words of a meeting in private/, and erase what else holds them; the anonymised transcript stays.

    How many words there were. NotReadyError where there is no anonymised transcript that is up to date.
    """
    standing = context.current(context.private, meeting.code, "turns")
    if standing is None or not standing.purged.get("all"):  # else it was cut off, and what is asked for is half erased
        need(context, meeting, "anonymised")
        standing = need(context, meeting, "turns")
    artifact = need(context, meeting, "words")
    segments = from_lines(context.private.lines(artifact) or [], Segment)
    made = [replace(s, words=tuple(map(blanking.blank, s.words)), label="") for s in segments]
    turns = from_lines(context.private.lines(standing) or [], Turn)
    bare = [replace(t, words=tuple(map(blanking.blank, t.words))) for t in turns]
    context.private.purge(standing, bare, {"all": True})
    _erase_older(context.private, context, meeting)
    for stage in stages.values():
        if stage.name not in KEPT and not stage.public:
            for path in _made(context.private, meeting, stage.name):
                if stage.name != "turns" or path.name != standing.key:
                    erase(path)
    blanked = sum(bool(w.text.strip(".()")) for s in segments for w in s.words)
    context.private.purge(artifact, made, {**artifact.purged, "all": True})
    path = context.study.private_decisions / f"{meeting.code}.jsonl"
    with holding.writing(context.study.private):
        kept = decisions.read(path)
        wordless = [d for d in kept if d.kind != "words"]
        if len(wordless) < len(kept):
            decisions.rewrite(path, wordless)
    return blanked


# What is erased


def _erase_derived(context: Context, meeting: Meeting, keep_fresh: bool) -> int:
    """Erase what was made of words and voices, by whatever stage: all of it, or all but what is fresh."""
    frozen = ("turns", "anonymised") if raw_gone(context, meeting) else ()
    erased = 0
    for store in (context.private, context.public):
        home = store.root / meeting.code
        for folder in sorted(p for p in home.iterdir() if p.is_dir()) if home.is_dir() else ():
            if folder.is_symlink() or folder.name in (*KEPT, *OTHER_FOLDERS):
                continue
            stage = stages.get(folder.name)
            stands = stage is not None and stage.store(context) == store and (keep_fresh or stage.name in frozen)
            keep = _fresh_key(context, meeting, stage) if stage is not None and stands else ""
            erased += sum(erase(path) for path in sorted(folder.iterdir()) if path.name != keep)
    staging = context.study.private_work / ".staging"
    return erased + (erase(staging) if staging.exists() else 0)


def _fresh_key(context: Context, meeting: Meeting, stage: Stage) -> str:
    if not stage.applies(context, meeting):
        return ""
    try:
        artifact = stage.fresh(context, meeting)
    except CopipeError:
        return ""
    return artifact.key if artifact else ""


def _erase_older(store: Store, context: Context, meeting: Meeting) -> int:
    """Erase transcriptions and diarizations that another has taken the place of, half-made and damaged ones as well."""
    erased = 0
    for name in KEPT:
        standing: Artifact | None = context.current(store, meeting.code, name)
        if standing is not None and store.lines(standing) is None:
            standing = None  # damaged: whose words are in it cannot be told
        for path in _made(store, meeting, name):
            if standing is None or path.name != standing.key:
                erased += erase(path)
    return erased


def _made(store: Store, meeting: Meeting, stage: str) -> Iterator[Path]:
    folder = store.root / meeting.code / stage
    yield from sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else ()


def _erase_texts(study: Study, meeting: Meeting, stretches: Sequence[Stretch]) -> int:
    """Erase clips, and texts written out for correction that show the words: each by its base, which names them."""
    folder = study.private_work / meeting.code
    erased = erase(folder / "clips") if (folder / "clips").exists() else 0
    bases = sorted((folder / "correct").glob("*")) if (folder / "correct").is_dir() else []
    lost = set()
    for path in bases:
        if path.suffix == ".json" and _base_shows(path, stretches):
            lost.add(path.stem)
            erased += erase(path)
    for path in bases:
        if path.suffix != ".json" and any(tag in path.read_text(encoding="utf-8", errors="replace") for tag in lost):
            erased += erase(path)
    return erased


def _base_shows(path: Path, stretches: Sequence[Stretch]) -> bool:
    from copipe.transcribe.corrections.text import undump

    try:
        base = undump(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError):
        return True  # it cannot be told, and cannot be used
    return any(holds(stretches, w.id) for t in base.turns for w in t.words if w.text)


def _edited_reports(study: Study, gone: Quotes) -> int:
    """Take the lines that quote them, or name their code, out of reports that somebody had edited; how many files."""
    folder = study.private / "edited-reports"
    changed = 0
    for path in sorted(folder.rglob("*.md")) if folder.is_dir() else ():
        text = path.read_text(encoding="utf-8", errors="replace")
        if (without := gone.without(text)) != text:
            write_over(path, without)
            changed += 1
    return changed
