"""What a person changed in a transcript, worked out word by word.

Words are compared as they stand between white space, so that a text read back unedited is never a change, whatever its
words look like. Lines for people who are not in the study part the text into sections that are compared one by one.
Where wording repeats, the reading that moves fewest words to another speaker counts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from secrets import token_hex

from copipe.errors import InputError
from copipe.records import Decision, Span, Word, word_id
from copipe.study.anchors import span
from copipe.study.decisions import decide
from copipe.transcribe.corrections.alignment import align
from copipe.transcribe.corrections.text import WITHHELD, Base, Piece, atoms_of, read_back, unnamed

CONTEXT = 3  # words kept on each side of a correction, to find its place in another transcription
REACH = 6  # words looked at for those, since notes among them do not count
MOST_GONE = 0.5  # of the words: beyond that the file was more likely cut short than corrected
LONGEST_NOTE = 12  # words in round brackets that are one note; beyond that a bracket was just never closed


@dataclass(frozen=True, slots=True)
class Old:
    """A word of the base that is shown, with the role and number of its turn."""

    word: Word
    role: str
    turn: int


@dataclass(frozen=True, slots=True)
class _New:
    """A word (or note) of the edited text, with the role, number and line of where it stands."""

    text: str
    role: str
    turn: int
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """What lies between two placeholders; `before` and `after` are the ids at its edges ("" at the end)."""

    old: list[Old]
    new: list[_New]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Op:
    """Old words [i, j) become new words [p, q), all of one old and one new turn."""

    i: int
    j: int
    p: int
    q: int


def changes(base: Base, text: str, who: str, roles: Collection[str], force: bool = False) -> tuple[Decision, ...]:
    """The decisions that make the base into the edited `text`, in the order in which they are to be replayed.

    `roles` are the codes that may speak, besides those of the base. InputError, naming the line, where the text cannot
    be read or (unless `force`) where more than half of the words are gone.
    """
    pieces = read_back(text, {*roles, *(t.role for t in base.turns if t.role)})
    before = sum(len(atoms_of(w.text)) for t in base.turns if t.role for w in t.words)
    after = sum(len(p.atoms) for p in pieces)
    if after < before * (1 - MOST_GONE) and not force:
        raise InputError(
            f"line {text.count(chr(10)) + 1}: the text ends with {after} of {before} words left. Most of it is missing",
            "If they are to be deleted, say so with --force.",
        )
    session = token_hex(4)
    moved: list[Decision] = []
    worded: list[Decision] = []
    for section in _sections(base, pieces):
        ops, kept = _ops(section)
        moved += _moves(base, section, kept, who)
        worded += _wordings(base, section, ops, kept, who, session)
    return tuple(_in_order([*moved, *worded]))  # a moved word first, so that what is put beside it goes with it


def _in_order(decisions: Sequence[Decision]) -> Iterator[Decision]:
    """Decisions are replayed by their time: where a coarse clock gave two the same, the later is made again."""
    last = ""
    for decision in decisions:
        d = decision
        while d.when <= last:
            d = decide(
                kind=d.kind, about=d.about, verdict=d.verdict, who=d.who, span=d.span, text=d.text, detail=d.detail
            )
        last = d.when
        yield d


def _sections(base: Base, pieces: Sequence[Piece]) -> list[Section]:
    hidden = [t for t in base.turns if not t.role]
    lines = [p.line for p in pieces if p.role == WITHHELD]
    if len(lines) != len(hidden):
        raise InputError(
            f"line {lines[-1] if lines else 1}: {len(hidden)} lines stand for somebody not in the study, and "
            f"{len(lines)} of them are in the text",
            'Put the lines with "--:" back (or remove the extra ones), each between the turns where it was.',
        )
    olds: list[list[Old]] = [[]]
    for number, turn in enumerate(base.turns):
        if not turn.role:
            olds.append([])
        else:
            olds[-1] += [Old(w, turn.role, number) for w in turn.words if atoms_of(w.text)]
    news: list[list[_New]] = [[]]
    for number, piece in enumerate(pieces):
        if piece.role == WITHHELD:
            news.append([])
        else:
            news[-1] += [_New(a, piece.role, number, n) for a, n in zip(piece.atoms, piece.lines, strict=True)]
    befores = [word_id(base.meeting, 0), *(t.last for t in hidden)]
    afters = [*(t.id for t in hidden), ""]
    return [Section(*parts) for parts in zip(olds, news, befores, afters, strict=True)]


def _ops(section: Section) -> tuple[list[_Op], dict[int, int]]:
    """The changed stretches, and for every new word that is an old one's (kept, or in its place) which; by index.

    Rewrites `section.new`: notes of several parts become one word each.
    """
    old_atoms = [(a, i) for i, o in enumerate(section.old) for a in atoms_of(o.word.text)]
    atoms = section.new
    of_old = align(
        [a for a, _ in old_atoms],
        [n.text for n in atoms],
        [section.old[i].role for _, i in old_atoms],
        [n.role for n in atoms],
    )
    _whole(old_atoms, atoms, of_old)
    words: list[_New] = []
    kept: dict[int, int] = {}
    p = 0
    while p < len(atoms):
        if p in of_old:
            index = old_atoms[of_old[p]][1]
            parts = len(atoms_of(section.old[index].word.text))
            kept[len(words)] = index
            words.append(_joined(atoms[p : p + parts]))
        else:
            parts = _note(atoms, p)
            words.append(_joined(atoms[p : p + parts]))
        p += parts
    section.new[:] = words
    ops = [part for op in _stretches(section, kept) for part in _notes_apart(section, op)]
    for op in ops:
        kept.update({op.p + k: op.i + k for k in range(min(op.j - op.i, op.q - op.p))})
    return ops, kept


def _whole(old_atoms: Sequence[tuple[str, int]], atoms: Sequence[_New], of_old: dict[int, int]) -> None:
    """Take out of the match what is matched in part only: an old word of several parts, a new note."""
    groups: dict[int, list[int]] = {}
    for at, (_, index) in enumerate(old_atoms):
        groups.setdefault(index, []).append(at)
    notes = []
    p = 0
    while p < len(atoms):
        width = _note(atoms, p)
        if width > 1:
            notes.append(range(p, p + width))
        p += width
    changed = True
    while changed:
        changed = False
        new_of = {a: p for p, a in of_old.items()}
        for ats in groups.values():
            if len(ats) == 1:
                continue
            places = [new_of.get(a) for a in ats]
            first = places[0]
            apart = first is None or places != list(range(first, first + len(ats)))
            if (apart or len({atoms[p].turn for p in places if p is not None}) > 1) and any(
                p is not None for p in places
            ):
                for place in places:
                    of_old.pop(-1 if place is None else place, None)
                changed = True
        for note in notes:
            matched = [of_old[p] for p in note if p in of_old]
            if matched and matched != list(range(matched[0], matched[0] + len(note))):
                for p in note:
                    of_old.pop(p, None)
                changed = True


def _note(atoms: Sequence[_New], p: int) -> int:
    """How many parts, from `p` on, make one word: more than one for "(laughs out loud)" within one turn."""
    if not atoms[p].text.startswith("("):
        return 1
    for q in range(p, min(p + LONGEST_NOTE, len(atoms))):
        if atoms[q].turn != atoms[p].turn or (q > p and atoms[q].text.startswith("(")):
            return 1
        if atoms[q].text.rstrip(".,;:?!").endswith(")"):
            return q - p + 1
    return 1


def _joined(parts: Sequence[_New]) -> _New:
    return _New(" ".join(n.text for n in parts), parts[0].role, parts[0].turn, parts[0].line)


def _stretches(section: Section, kept: dict[int, int]) -> Iterator[_Op]:
    i = p = 0
    for q in range(len(section.new) + 1):
        if q < len(section.new) and q not in kept:
            continue
        j = kept[q] if q < len(section.new) else len(section.old)
        if i < j or p < q:
            yield from _by_turn(section, i, j, p, q)
        i, p = j + 1, q + 1


def _by_turn(section: Section, i: int, j: int, p: int, q: int) -> Iterator[_Op]:
    """A changed stretch, cut where a turn begins; old and new turns are paired by role, or one by one."""
    olds = _cut([o.turn for o in section.old[i:j]], i)
    news = _cut([n.turn for n in section.new[p:q]], p)
    matcher = SequenceMatcher(
        None, [section.old[a].role for a, _ in olds], [section.new[a].role for a, _ in news], autojunk=False
    )
    for _, a, b, c, d in matcher.get_opcodes():
        for k in range(max(b - a, d - c)):
            at = olds[a + k][0] if a + k < b else (olds[b - 1][1] if b else i)
            to = news[c + k][0] if c + k < d else (news[d - 1][1] if d else p)
            yield _Op(at, olds[a + k][1] if a + k < b else at, to, news[c + k][1] if c + k < d else to)


def _notes_apart(section: Section, op: _Op) -> Iterator[_Op]:
    """Notes put before or after corrected words are insertions of their own: the ids are for the words."""
    p, q = op.p, op.q
    if op.i < op.j and not any(o.word.is_note for o in section.old[op.i : op.j]):
        while p < q and _is_note(section.new[p]):
            p += 1
        while p < q and _is_note(section.new[q - 1]):
            q -= 1
    if p == q:
        yield op  # nothing but notes: they stand for the words
        return
    if op.p < p:
        yield _Op(op.i, op.i, op.p, p)
    yield _Op(op.i, op.j, p, q)
    if q < op.q:
        yield _Op(op.j, op.j, q, op.q)


def _is_note(new: _New) -> bool:
    return Word("", None, None, new.text).is_note


def _cut(turns: Sequence[int], offset: int) -> list[tuple[int, int]]:
    starts = [k for k in range(len(turns)) if k == 0 or turns[k] != turns[k - 1]]
    return [(offset + a, offset + b) for a, b in pairwise([*starts, len(turns)])]


def _moves(base: Base, section: Section, kept: dict[int, int], who: str) -> Iterator[Decision]:
    """One decision for each run of words that are now somebody else's; deleted words between do not part a run."""
    run: list[int] = []
    role = ""
    for p, i in [*sorted(kept.items()), (-1, -1)]:
        now = section.new[p].role if p >= 0 and section.new[p].role != section.old[i].role else ""
        if now != role and run:
            yield move(base, section, run[0], run[-1] + 1, role, who)
            run = []
        role = now
        if now:
            _somebody(section.new[p])
            run.append(i)


def _somebody(new: _New) -> None:
    if unnamed(new.role):
        raise InputError(
            f"line {new.line}: words are given to {new.role}, an unassigned voice",
            "Say who it is first (copipe roles assign), or give the words to a role of this meeting.",
        )


def move(base: Base, section: Section, i: int, j: int, role: str, who: str) -> Decision:
    words = [o.word for o in section.old[i:j]]
    detail = _around(section, i, j)
    detail["head"] = _spoken(words, after=True)
    detail["tail"] = _spoken(words, after=False)
    return decide(
        kind="speaker",
        about="",
        verdict=role,
        who=who,
        span=span(base.meeting, words, base.source),
        detail=json.dumps(detail, ensure_ascii=False),
    )


def _wordings(
    base: Base, section: Section, ops: Sequence[_Op], kept: dict[int, int], who: str, session: str
) -> Iterator[Decision]:
    for op in ops:
        words = [o.word for o in section.old[op.i : op.j]]
        new = [n.text for n in section.new[op.p : op.q]]
        detail = _around(section, op.i, op.j)
        detail["left_now"] = _spoken(section.new[max(0, op.p - REACH) : op.p], after=False)
        detail["right_now"] = _spoken(section.new[op.q : op.q + REACH], after=True)
        detail["before"] = [w.text for w in words]
        detail["words"] = new
        detail["session"] = session  # tells two insertions of one sitting from one insertion by two people
        if words:
            verdict, where = ("replace" if new else "delete"), span(base.meeting, words, base.source)
        else:
            verdict, where = "insert", _after(base, section, op.i)
            detail |= _side(section, op, kept)
        yield decide(
            kind="words",
            about="",
            verdict=verdict,
            who=who,
            span=where,
            text=" ".join(new),
            detail=json.dumps(detail, ensure_ascii=False),
        )


def _after(base: Base, section: Section, i: int) -> Span:
    if i:
        return span(base.meeting, [section.old[i - 1].word], base.source)
    return Span(base.meeting, section.before, section.before, None, None, "", base.source)


def _side(section: Section, op: _Op, kept: dict[int, int]) -> dict[str, object]:
    """Whose turn inserted words join: the word before's (nothing said), that of the word `with`, or `role`'s own."""
    turn = section.new[op.p].turn
    if op.p and section.new[op.p - 1].turn == turn:
        return {}
    if op.q < len(section.new) and section.new[op.q].turn == turn and op.q in kept:
        return {"with": section.old[kept[op.q]].word.id}
    _somebody(section.new[op.p])
    return {"role": section.new[op.p].role}


def _around(section: Section, i: int, j: int) -> dict[str, object]:
    """What finds old words [i, j) again: the spoken words on either side, and the times (seconds, or None).

    `next` is the id of what follows; `from` and `to` are the end of the word before and the start of the word after.
    """
    old = section.old
    return {
        "left": _spoken([o.word for o in old[max(0, i - REACH) : i]], after=False),
        "right": _spoken([o.word for o in old[j : j + REACH]], after=True),
        "next": old[j].word.id if j < len(old) else section.after,
        "from": old[i - 1].word.end if i else None,
        "to": old[j].word.start if j < len(old) else None,
        "start": old[i].word.start if i < j else None,
        "end": old[j - 1].word.end if i < j else None,
    }


def _spoken(words: Sequence[Word] | Sequence[_New], after: bool) -> list[str]:
    """The first (or last) CONTEXT of `words`, notes left out: another transcription does not have them."""
    texts = [w.text for w in words if not w.text.startswith("(")]
    return texts[:CONTEXT] if after else texts[-CONTEXT:]
