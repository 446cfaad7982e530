"""Corrections come back exactly on the transcription they were made on; surely, or not at all, on another."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.records import Decision, Segment, Turn, Word, word_id
from copipe.transcribe.corrections.changes import changes
from copipe.transcribe.corrections.replay import Corrected, apply, not_yet_so
from copipe.transcribe.corrections.text import Base, atoms_of, dump, undump, write_out

MEETING = "2010-02"
SOURCE = "aaaa"
ROLES = ("SN1", "SN2", "OT")
HIDDEN = ""  # somebody who is not in the study
TRICKY = ["yeah", "yeah,", "the", "policy", "I", "think", "Adam", "(laughs)", "(laughs out loud)", "(you", "know)"]
TRICKY += ["{x}", "OK:", "SN1:", "#1", "[00:01]", "–", "don't", "10,000"]


@dataclass(frozen=True)
class Study:
    """A meeting as its stages have it: segments, and turns by who speaks when (here: by the times of the words)."""

    segments: tuple[Segment, ...]
    roles: tuple[tuple[float, str], ...]  # from this second on, this role

    def role_of(self, word: Word, done: Corrected) -> str:
        said = done.said_by.get(word.id)
        if said is not None:
            return said
        assert word.start is not None and word.end is not None
        middle = (word.start + word.end) / 2
        return [r for t, r in self.roles if t <= middle][-1]

    def turns(self, done: Corrected) -> tuple[Turn, ...]:
        found: list[tuple[str, list[Word]]] = []
        for word in (w for s in done.segments for w in s.words):
            role = self.role_of(word, done)
            if not found or found[-1][0] != role:
                found.append((role, []))
            found[-1][1].append(word)
        return tuple(
            Turn(w[0].id, w[-1].id, w[0].start, w[-1].end, role, () if role == HIDDEN else tuple(w), len(w), 1.0)
            for role, w in found
        )


def meeting(turns: list[tuple[str, list[str]]], step: float = 0.4, id_step: int = 1) -> Study:
    """Words of 0.3 s, one every `step` s; a segment every seven words."""
    words: list[Word] = []
    roles = []
    for role, texts in turns:
        roles.append((len(words) * step - 0.05, role))
        for text in texts:
            n = len(words)
            words.append(Word(word_id(MEETING, n * id_step + 1), n * step, n * step + 0.3, text, 0.9))
    segments = [Segment(0.0, 0.0, tuple(words[k : k + 7])) for k in range(0, len(words), 7)]
    return Study(tuple(segments), tuple(roles))


def said(study: Study, done: Corrected) -> list[tuple[str, str]]:
    """Every part of every word, with who said it; words of the hidden by id."""
    found = []
    for word in (w for s in done.segments for w in s.words):
        role = study.role_of(word, done)
        found += [(role, word.id)] if role == HIDDEN else [(role, a) for a in atoms_of(word.text)]
    return found


def render(base: Base, turns: list[tuple[str, list[str]]]) -> str:
    """An edited text: the first line of the real one, then the turns as a person may leave them."""
    lines = [write_out(base, 0.5, ROLES).splitlines()[0]]
    lines += [
        f"[00:00:00] {'--: (not in the study, 3 s)' if r == HIDDEN else r + ': ' + ' '.join(t)}" for r, t in turns
    ]
    return "\n\n".join(lines)


def expected(before: Corrected, base: Base, turns: list[tuple[str, list[str]]]) -> list[tuple[str, str]]:
    hidden = iter(t for t in base.turns if t.role == HIDDEN)
    ids = [w.id for s in before.segments for w in s.words]
    found: list[tuple[str, str]] = []
    for role, texts in turns:
        if role == HIDDEN:
            turn = next(hidden)
            found += [(HIDDEN, i) for i in ids if turn.id <= i <= turn.last]
        else:
            found += [(role, a) for t in texts for a in atoms_of(t)]
    return found


def untouched(study: Study) -> Corrected:
    return apply(study.segments, (), SOURCE)


def in_order(done: Corrected) -> bool:
    ids = [w.id for s in done.segments for w in s.words]
    return ids == sorted(set(ids))


WORDS = st.lists(st.sampled_from(TRICKY), min_size=1, max_size=9)
TURNS = st.lists(st.tuples(st.sampled_from([*ROLES, HIDDEN]), WORDS), min_size=1, max_size=8)


def merged(turns: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Turns as attribution makes them: two of one role that follow one another are one."""
    found: list[tuple[str, list[str]]] = []
    for role, texts in turns:
        if found and found[-1][0] == role:
            found[-1] = (role, found[-1][1] + texts)
        else:
            found.append((role, list(texts)))
    return found


@st.composite
def edits(draw: st.DrawFn, turns: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """What a person may make of these turns, the placeholders left in place."""
    edited: list[tuple[str, list[str]]] = []
    for role, texts in turns:
        if role == HIDDEN:
            edited.append((role, texts))
            continue
        texts = list(texts)
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(texts)))
            texts[at : at + draw(st.integers(0, 2))] = draw(st.lists(st.sampled_from(TRICKY), max_size=2))
        how = draw(st.sampled_from(["keep", "keep", "keep", "move", "split", "drop", "new"]))
        if how == "move":
            edited.append((draw(st.sampled_from(ROLES)), texts))
        elif how == "split":
            at = draw(st.integers(0, len(texts)))
            edited += [(role, texts[:at]), (draw(st.sampled_from(ROLES)), texts[at:])]
        elif how == "new":
            edited += [(role, texts), (draw(st.sampled_from(ROLES)), draw(WORDS))]
        elif how == "keep":
            edited.append((role, texts))
    return edited


@settings(max_examples=100)
@given(data=st.data(), turns=TURNS)
def test_what_a_person_wrote_comes_back_exactly(data: st.DataObject, turns: list[tuple[str, list[str]]]) -> None:
    turns = merged(turns)
    study = meeting(turns)
    done = untouched(study)
    decisions: tuple[Decision, ...] = ()
    for _ in range(2):  # the second time on top of the first
        base = Base(MEETING, SOURCE, study.turns(done))
        wanted = data.draw(edits([(t.role, [w.text for w in t.words]) for t in base.turns]))
        stored, text = decisions, render(base, wanted)
        decisions += not_yet_so(study.segments, stored, changes(base, text, "AB", ROLES, force=True), SOURCE)
        before, done = done, apply(study.segments, decisions, SOURCE)
        again = changes(base, text, "CD", ROLES, force=True)
        assert not_yet_so(study.segments, decisions, again, SOURCE) == ()
        assert said(study, apply(study.segments, [*decisions, *again], SOURCE)) == said(study, done)
        assert not done.unplaced
        assert said(study, done) == expected(before, base, wanted)
        assert in_order(done)
        assert [w.start for s in done.segments for w in s.words] == sorted(
            w.start or 0 for s in done.segments for w in s.words
        )
    assert apply(study.segments, decisions, SOURCE) == done


@settings(max_examples=50)
@given(turns=TURNS)
def test_an_unedited_text_changes_nothing(turns: list[tuple[str, list[str]]]) -> None:
    study = meeting(merged(turns))
    base = Base(MEETING, SOURCE, study.turns(untouched(study)))
    assert undump(dump(base)) == base
    assert changes(base, write_out(base, 0.95, ROLES), "AB", ROLES) == ()
