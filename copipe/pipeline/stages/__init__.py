"""The stages of a meeting, one a module: what each is made from (its key) and how it is made.

words --+-> turns --> findings --> anonymised --> parses --> candidates        note findings --> notes (anonymised)
speakers +

Each module declares its STAGE; the order of a run, what belongs together and what is made of private words alone follow
from the declarations here.
"""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import TopologicalSorter

from copipe.pipeline.stage import Stage, declared

# In the order in which a reader follows them, and stages that need one another not are run.
NAMES = (
    "words",
    "speakers",
    "turns",
    "findings",
    "anonymised",
    "note findings",
    "notes",  # after the transcript, which is first to number its people
    "parses",
    "vectors",
    "stories",
    "candidates",
    "meaning",
    "learned",
    "matches",
)


def in_order(stages: Iterable[Stage]) -> list[Stage]:
    """The stages, each after all that it needs; graphlib.CycleError where that cannot be."""
    given = {stage.name: stage for stage in stages}
    sorter = TopologicalSorter({name: stage.needs for name, stage in given.items()})
    sorter.prepare()
    made: list[Stage] = []
    ready: set[str] = set()
    while sorter.is_active():
        ready |= set(sorter.get_ready())
        first = next(name for name in given if name in ready)
        ready.remove(first)
        made.append(given[first])
        sorter.done(first)
    return made


stages: dict[str, Stage] = {stage.name: stage for stage in in_order(declared(name) for name in NAMES)}


def parts_of(name: str) -> tuple[str, ...]:
    """The stages that are run with one, and told of with it; `report`, which is no stage, has some as well."""
    return tuple(stage.name for stage in stages.values() if stage.part_of == name)


# Of stages that others may read, those made of private words: what all the rest in work/ is made from.
BASES = tuple(s.name for s in stages.values() if s.public and not any(stages[n].public for n in s.needs))
