"""Talk about somebody who is not in the study: found by code and by name, hidden until the researcher keeps it.

"All dialogue relating to" a person without full consent is left out: what they say leaves at attribution, and what
others say about them is found here. A passage is the sentence in which their code, or a form of their name that the
roster has, is said. It stays hidden while nobody has decided; so does whatever the researcher leaves out by hand.

Decisions: private/decisions/about.jsonl, kind "about", `about` the code, verdict "keep" or "exclude", anchored to words
(or, of a memo, by the digest of its paragraph in `detail`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from copipe.anonymise.matching import Matcher, pieces
from copipe.anonymise.roster.roster import Roster
from copipe.code.units import ends_sentence
from copipe.pipeline.context import Context
from copipe.records import Decision, Mark, Turn, Word, WordId
from copipe.study import anchors, decisions
from copipe.study.study import Meeting, Study

VERSION = 1
KIND = "about"
SHOWN = "(talk about somebody who is not in the study)"  # a note: it is neither counted nor coded nor quoted


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence about `people`, words `first` to `last` of one turn. `text` is raw speech: private, for display."""

    first: WordId
    last: WordId
    people: tuple[str, ...]
    role: str = ""
    start: float | None = None
    text: str = ""


def people(study: Study) -> tuple[str, ...]:
    """Codes of all who do not consent in full: members, and visitors of any meeting."""
    members = [p.role for p in study.participants if p.consent != "full"]
    visitors = [v.code for m in study.meetings for v in m.visitors if v.consent != "full"]
    return tuple(sorted({*members, *visitors}))


def matcher(codes: Iterable[str], roster: Roster) -> Matcher[str]:
    """What these people are called: their codes as written, and every form of the roster that a code stands for."""
    wanted = set(codes)
    forms = [(code, True, code) for code in sorted(wanted)]
    for entry in roster.entries:
        forms += [(entry.form, entry.case_sensitive, p.cased) for p in pieces(entry.replacement) if p.cased in wanted]
    return Matcher(forms)


def passages(turns: Sequence[Turn], named: Matcher[str]) -> tuple[Passage, ...]:
    """Every sentence in which one of the people is named, notes of a person included."""
    return tuple(p for turn in turns for p in _sentences(turn, named))


def exclude(
    turns: Sequence[Turn], found: Sequence[Passage], decided: Sequence[tuple[WordId, WordId, str]]
) -> tuple[Turn, ...]:
    """The turns with the passages hidden that are not kept, and what was left out by hand.

    `decided` are (first, last, verdict) in the order they were made: for a word the last that holds it counts. Words
    keep their ids and times; of a hidden stretch the first says that there was something, as a note.
    """
    if not found and not decided:
        return tuple(turns)
    kept = [(first, last) for first, last, verdict in _latest(decided) if verdict == "keep"]
    hidden = [(p.first, p.last) for p in found if not any(f <= p.last and p.first <= t for f, t in kept)]
    hidden += [(first, last) for first, last, verdict in _latest(decided) if verdict == "exclude"]
    return tuple(_without(turn, hidden) for turn in turns) if hidden else tuple(turns)


def _latest(decided: Sequence[tuple[WordId, WordId, str]]) -> Iterator[tuple[WordId, WordId, str]]:
    """The decisions that no later one overlaps."""
    for number, (first, last, verdict) in enumerate(decided):
        if not any(f <= last and first <= t for f, t, _ in decided[number + 1 :]):
            yield first, last, verdict


def _sentences(turn: Turn, named: Matcher[str]) -> Iterator[Passage]:
    said = [w for w in turn.words if w.text]
    sentence: list[Word] = []
    for number, word in enumerate(said):
        sentence.append(word)
        following = said[number + 1].text if number + 1 < len(said) else ""
        if following and not ends_sentence(word.text, following):
            continue
        text = " ".join(w.text for w in sentence)
        if about := sorted({hit.found for hit in named.find(text)}):
            # words without text behind the last belong to a name that was replaced
            later = [w.id for w in turn.words if w.id > sentence[-1].id]
            bound = said[number + 1].id if following else "\U0010ffff"
            last = max((i for i in later if i < bound), default=sentence[-1].id)
            yield Passage(sentence[0].id, last, tuple(about), turn.role, sentence[0].start, text)
        sentence = []


def _without(turn: Turn, hidden: Sequence[tuple[WordId, WordId]]) -> Turn:
    here = [(first, last) for first, last in hidden if first <= turn.last and turn.id <= last]
    if not here or not turn.words:
        return turn
    words: list[Word] = []
    marks: list[Mark] = []
    for word in turn.words:
        if not any(first <= word.id <= last for first, last in here):
            words.append(word)
        elif words and marks and marks[-1].last == words[-1].id:
            words.append(replace(word, text=""))
            marks[-1] = replace(marks[-1], last=word.id)
        else:
            words.append(replace(word, text=SHOWN))
            marks.append(Mark("excluded", word.id, word.id, "about somebody who is not in the study"))
    outside = [m for m in turn.marks if not any(x.first <= m.first and m.last <= x.last for x in marks)]
    return replace(turn, words=tuple(words), marks=(*outside, *marks))


# Where it meets a study


def parts(context: Context, source: str) -> dict[str, object]:
    """What of it belongs to the key of a stage that hides it; nothing where nobody is concerned.

    `source` is the meeting's code, or what its notes' words begin with.
    """
    codes = people(context.study)
    made = [d.id for d in of(context.study, source)]
    return {"about people": [VERSION, list(codes), made]} if codes or made else {}


def hide(context: Context, source: str, digest: str, before: Sequence[Turn], after: Sequence[Turn]) -> tuple[Turn, ...]:
    """`after` (names replaced) without talk about people who are not in the study.

    `before` are the same turns with their names; `digest` tells their transcription or file from another.
    """
    codes = people(context.study)
    made = of(context.study, source)
    if not codes and not made:
        return tuple(after)
    named = matcher(codes, context.roster)
    found = (*passages(before, named), *passages(after, named))
    words = sorted((w for t in before for w in t.words), key=lambda w: w.id)
    return exclude(after, found, placed(made, words, digest))


def undecided(context: Context, source: str, digest: str, before: Sequence[Turn], after: Sequence[Turn]) -> int:
    """How many passages `hide` hides that nobody has decided on."""
    named = matcher(people(context.study), context.roster)
    found = list(passages(before, named))
    found += [p for p in passages(after, named) if not any(f.first <= p.last and p.first <= f.last for f in found)]
    words = sorted((w for t in before for w in t.words), key=lambda w: w.id)
    decided = placed(of(context.study, source), words, digest) if found else ()
    return sum(not any(first <= p.last and p.first <= last for first, last, _ in decided) for p in found)


def placed(made: Sequence[Decision], words: Sequence[Word], digest: str) -> tuple[tuple[WordId, WordId, str], ...]:
    """Where decisions hold among these words; one that finds no place is left out: then the passage is hidden."""
    found = []
    for decision in made:
        if decision.span is not None and (at := anchors.place(decision.span, words, digest)):
            found.append((words[at[0]].id, words[at[1] - 1].id, decision.verdict))
    return tuple(found)


def file(study: Study) -> Path:
    """Where it is kept what was decided."""
    return study.private_decisions / "about.jsonl"


def of(study: Study, source: str) -> tuple[Decision, ...]:
    """What stands of the decisions about a meeting, its notes, or a memo."""
    made = decisions.standing(decisions.read(file(study)), KIND)
    return tuple(d for d in made if (d.span.meeting if d.span else d.about.partition("#")[0]) == source)


# Memos have no word ids


def memo_passages(name: str, text: str, named: Matcher[str]) -> Mapping[str, str]:
    """Paragraphs of a memo that name one of the people, by an id that holds while the paragraph is as it is."""
    found = {}
    for paragraph in re.split(r"\n\s*\n", text):
        if next(named.find(paragraph), None) is not None:
            found[memo_id(name, paragraph)] = " ".join(paragraph.split())
    return found


def memo_id(name: str, paragraph: str) -> str:
    """Id of a memo's paragraph: "diary.md#1f2e3d4c"."""
    return f"{name}#{sha256(' '.join(paragraph.split()).encode()).hexdigest()[:8]}"


def hide_in_memo(context: Context, name: str, text: str) -> str:
    """A memo as it may leave private/: without the paragraphs about people who are not in the study, unless kept."""
    codes = people(context.study)
    verdicts = {d.about: d.verdict for d in of(context.study, name)}
    if not codes and not verdicts:
        return text
    named = memo_passages(name, text, matcher(codes, context.roster))
    out = []
    for paragraph in re.split(r"(\n\s*\n)", text):
        key = memo_id(name, paragraph)
        out.append(SHOWN if verdicts.get(key, "exclude" if key in named else "keep") == "exclude" else paragraph)
    return "".join(out)


def notes_source(meeting: Meeting, field: bool = False) -> str:
    """What the ids of a meeting's notes begin with, or of its field notes. No meeting's code ends like either."""
    return f"{meeting.code}-field-notes" if field else f"{meeting.code}-notes"
