"""The queue of talk about people who are not in the study: what is hidden, what was decided, and deciding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from copipe.errors import CopipeError, UsageError
from copipe.pipeline import outsiders
from copipe.pipeline.context import Context
from copipe.pipeline.field_notes import note_digests, note_source, note_turns
from copipe.pipeline.outsiders import KIND, Passage
from copipe.pipeline.stage import applies, need, raw_gone, read
from copipe.records import Decision, Turn, Word
from copipe.study import anchors, audit, decisions, memos
from copipe.study.study import Meeting, Study

MEMOS = "memos"


@dataclass(frozen=True, slots=True)
class Entry:
    """One passage of the queue. `id` is its first word, or the id of a memo's paragraph; `verdict` is "" while open.

    `text` is raw speech, or private text: for display only.
    """

    id: str
    where: str  # meeting, "2010-02-notes", "2010-02-field-notes", or "memos"
    people: tuple[str, ...]
    role: str
    start: float | None
    text: str
    verdict: str = ""
    words: tuple[Word, ...] = ()
    source: str = ""


def queue(context: Context) -> tuple[Entry, ...]:
    """All talk about people who are not in the study, in transcripts, notes and memos, decided or not."""
    found: list[Entry] = []
    for meeting in context.study.meetings:
        found += _of_meeting(context, meeting)
    found += _of_memos(context)
    return tuple(found)


def open_in_memos(context: Context) -> int:
    """How many paragraphs of memos are about people who are not in the study, and undecided."""
    return sum(not entry.verdict for entry in _of_memos(context))


def decide(context: Context, entry: Entry, verdict: str, who: str) -> Decision:
    """Keep that a passage is kept or excluded."""
    span = anchors.span(entry.where, entry.words, entry.source) if entry.words else None
    about = ",".join(entry.people) if span else entry.id
    return _keep(context.study, decisions.decide(kind=KIND, about=about, verdict=verdict, who=who, span=span))


def exclude_words(context: Context, meeting: Meeting, first: str, last: str, who: str) -> Decision:
    """Leave out words of a transcript by hand, whoever they are about. UsageError where none of them is shown."""
    turns: tuple[Turn, ...] = read(context, meeting, "turns", Turn)
    words = [w for t in turns for w in t.words if first <= w.id <= last]
    if not words:
        raise UsageError(f"{meeting.code}: no words at this place may be shown.")
    source = need(context, meeting, "words").digest
    span = anchors.span(meeting.code, words, source)
    return _keep(context.study, decisions.decide(kind=KIND, about="", verdict="exclude", who=who, span=span))


def undo(study: Study, who: str) -> Decision | None:
    """Take back what was decided last; None where there is nothing."""
    made = decisions.standing(decisions.read(outsiders.file(study)), KIND)
    if not made:
        return None
    _keep(study, decisions.decide(kind="undo", about=made[-1].id, verdict="taken back", who=who))
    return made[-1]


def ask_again(context: Context, code: str) -> int:
    """Take back that talk about somebody is kept: it was decided under another consent. How many decisions."""
    of_memos = {entry.id for entry in _of_memos(context) if code in entry.people}
    kept = [
        d
        for d in decisions.standing(decisions.read(outsiders.file(context.study)), KIND)
        if d.verdict == "keep" and (code in d.about.split(",") or d.about in of_memos)
    ]
    for decision in kept:
        _keep(context.study, decisions.decide(kind="undo", about=decision.id, verdict="taken back", who="copipe"))
    return len(kept)


def _keep(study: Study, made: Decision) -> Decision:
    decisions.append(outsiders.file(study), made)
    where = made.span.meeting if made.span else MEMOS
    about = {"where": where, "decision": made.id, "verdict": made.verdict, "who": made.who}
    audit.record(study.root / "audit.jsonl", "talk about people", about)
    return made


def _of_meeting(context: Context, meeting: Meeting) -> Iterator[Entry]:
    if applies(context, meeting, "turns") and not raw_gone(context, meeting):
        try:
            turns: tuple[Turn, ...] = read(context, meeting, "turns", Turn)
            digest = need(context, meeting, "words").digest
            yield from _entries(context, meeting.code, turns, digest, _hidden(context, meeting, "anonymised"))
        except CopipeError:  # not transcribed yet, or not up to date: `copipe run` says why
            pass
    try:
        made, digests = note_turns(meeting), note_digests(context, meeting)
    except (CopipeError, OSError):  # `copipe run` says what is wrong with the file
        return
    hidden = _hidden(context, meeting, "notes")
    for role, digest in digests.items():
        own = [turn for turn in made if turn.role == role]
        inside = [(f, t) for f, t in hidden if any(turn.id <= f <= turn.last for turn in own)]
        yield from _entries(context, note_source(meeting, role), own, digest, inside)


def _hidden(context: Context, meeting: Meeting, stage: str) -> tuple[tuple[str, str], ...]:
    """What is hidden in the transcript that stands: also what only a mis-heard name gave away."""
    try:
        turns: tuple[Turn, ...] = read(context, meeting, stage, Turn)
    except CopipeError:
        return ()
    return tuple((m.first, m.last) for t in turns for m in t.marks if m.kind == "excluded")


def _entries(
    context: Context, where: str, turns: Sequence[Turn], digest: str, hidden: Sequence[tuple[str, str]]
) -> Iterator[Entry]:
    named = outsiders.matcher(outsiders.people(context.study), context.roster)
    found = list(outsiders.passages(turns, named))
    words = [w for t in turns for w in t.words]
    decided = outsiders.placed(outsiders.of(context.study, where), words, digest)
    for first, last in (*hidden, *((f, t) for f, t, _ in decided)):
        if not any(p.first <= last and first <= p.last for p in found):
            inside = [w for w in words if first <= w.id <= last]
            role = next((t.role for t in turns if t.id <= first <= t.last), "")
            text = " ".join(w.text for w in inside if w.text)
            start = next((w.start for w in inside), None)
            found.append(Passage(first, last, (), role, start, text))
    for passage in sorted(found, key=lambda p: p.first):
        over = [v for f, t, v in decided if f <= passage.last and passage.first <= t]
        inside = [w for w in words if passage.first <= w.id <= passage.last]
        entry = Entry(passage.first, where, passage.people, passage.role, passage.start, passage.text)
        yield replace(entry, verdict=over[-1] if over else "", words=tuple(inside), source=digest)


def _of_memos(context: Context) -> Iterator[Entry]:
    named = outsiders.matcher(outsiders.people(context.study), context.roster)
    folder = context.study.private / MEMOS
    for path in sorted(folder.rglob("*.md")) if folder.is_dir() else ():
        verdicts = {d.about: d.verdict for d in outsiders.of(context.study, path.name)}
        text = _memo(path)
        for key, paragraph in outsiders.memo_passages(path.name, text, named).items():
            who = tuple(sorted({hit.found for hit in named.find(paragraph)}))
            yield Entry(key, MEMOS, who, "", None, paragraph, verdicts.get(key, ""))


def _memo(path: Path) -> str:
    """What a memo says, its title as a paragraph of its own: the paragraphs that are hidden when it is shown."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        memo = memos.parse(text, path)
    except ValueError:
        return text
    return f"{memo.title}\n\n{memo.text}"
