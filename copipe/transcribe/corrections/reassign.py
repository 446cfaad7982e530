"""Words given to somebody else without an editor: the same decisions that a corrected text makes."""

from __future__ import annotations

from copipe.errors import UsageError
from copipe.records import Decision, WordId, word_id
from copipe.transcribe.corrections.changes import Old, Section, move
from copipe.transcribe.corrections.text import Base, atoms_of


def given(base: Base, first: WordId, last: WordId, role: str, who: str, again: bool = False) -> tuple[Decision, ...]:
    """The decisions by which words `first` to `last` (both included) are `role`'s, one for each stretch that is shown.

    Words that are `role`'s already need none, unless `again`: then a person has confirmed them. UsageError where no
    words are there that may be shown.
    """
    found: list[Decision] = []
    words = 0
    for section in _sections(base):
        run: list[int] = []
        for i, old in enumerate([*section.old, None]):
            wanted = old is not None and first <= old.word.id <= last
            words += wanted
            if wanted and old is not None and (again or old.role != role):
                run.append(i)
            elif run:
                found.append(move(base, section, run[0], run[-1] + 1, role, who))
                run = []
    if not words:
        raise UsageError(f"{base.meeting}: no words at this place may be shown.")
    return tuple(found)


def _sections(base: Base) -> list[Section]:
    """The shown words between one placeholder and the next."""
    olds: list[list[Old]] = [[]]
    befores, afters = [word_id(base.meeting, 0)], []
    for number, turn in enumerate(base.turns):
        if turn.role:
            olds[-1] += [Old(w, turn.role, number) for w in turn.words if atoms_of(w.text)]
            continue
        olds.append([])
        befores.append(turn.last)
        afters.append(turn.id)
    edges = zip(befores, [*afters, ""], strict=True)
    return [Section(old, [], before, after) for old, (before, after) in zip(olds, edges, strict=True)]
