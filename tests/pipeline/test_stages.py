"""The stages: each declared once, in an order that follows, reading nothing that it does not say it needs."""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError
from pathlib import Path

import pytest

from copipe.pipeline import stage as declarations
from copipe.pipeline import stages as registry
from copipe.pipeline.context import Context
from copipe.pipeline.stage import declared
from copipe.pipeline.stages import BASES, in_order, parts_of, stages
from copipe.progress import silent
from copipe.run import run
from copipe.study import study as studies
from tests.e2e.fake_meetings import call
from tests.e2e.studies import set_key, write_text_study


def test_every_module_declares_the_stage_of_its_name() -> None:
    modules = {p.stem for p in Path(registry.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == {name.replace(" ", "_") for name in registry.NAMES}
    assert [declared(name).name for name in registry.NAMES] == list(registry.NAMES)


def test_a_stage_comes_after_what_it_needs() -> None:
    order = list(stages)
    for stage in stages.values():
        assert all(order.index(name) < order.index(stage.name) for name in stage.needs), stage.name


def test_the_order_follows_from_the_needs_and_a_circle_is_refused() -> None:
    assert [s.name for s in in_order(reversed(stages.values()))].index("words") > 0
    for given in (list(stages.values()), list(reversed(stages.values()))):
        order = [s.name for s in in_order(given)]
        assert all(order.index(n) < order.index(s.name) for s in given for n in s.needs)
    turned = [replace(s, needs=("candidates",)) if s.name == "turns" else s for s in stages.values()]
    with pytest.raises(CycleError):
        in_order(turned)


def test_what_is_part_of_another_is_part_of_one_that_can_be_asked_for() -> None:
    for stage in stages.values():
        whole = stage.part_of
        assert whole in ("", "report") or not stages[whole].part_of
    assert parts_of("anonymised") == ("findings",)
    assert parts_of("candidates") == ("parses", "vectors", "stories", "meaning", "learned")


def test_what_is_public_is_made_of_private_words_in_two_places_alone() -> None:
    assert BASES == ("anonymised", "notes")


def test_a_stage_reads_only_what_it_says_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "study"
    call(root, "init", str(root))
    write_text_study(root)
    set_key(root, "learn", "true")
    set_key(root, "meaning", "true")
    at_work: list[str] = []
    read: dict[str, set[str]] = {name: set() for name in stages}
    fresh = declarations.fresh

    def watched(context: Context, meeting: object, stage: str) -> object:
        if at_work:
            read[at_work[-1]].add(stage)
        return fresh(context, meeting, stage)  # type: ignore[arg-type]

    def watching(name: str, act: object) -> object:
        def done(*arguments: object) -> object:
            at_work.append(name)
            try:
                return act(*arguments)  # type: ignore[operator]
            finally:
                at_work.pop()

        return done

    monkeypatch.setattr(declarations, "fresh", watched)
    for name, stage in list(stages.items()):
        told = replace(stage, parts=watching(name, stage.parts), make=watching(name, stage.make))  # type: ignore[arg-type]
        monkeypatch.setitem(stages, name, told)
    monkeypatch.setattr(declarations, "declared", stages.__getitem__)
    context = Context(studies.load(root))
    assert run(context, context.study.meetings, [*stages, "report"], silent).failures == ()
    for name, others in read.items():
        assert others <= set(stages[name].needs), f"{name} reads {others - set(stages[name].needs)} and does not say so"
    assert read["anonymised"] >= {"words", "turns", "findings"}
    assert read["candidates"] >= {"anonymised", "parses"}
    assert read["matches"] >= {"anonymised", "notes", "vectors"}
