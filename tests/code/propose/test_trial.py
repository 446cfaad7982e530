"""Codebooks tried on their own examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from copipe.code.codebook import codebook
from copipe.code.propose.trial import Surprise, trial
from copipe.errors import CopipeError
from copipe.models import store
from copipe.resources import CONFIG
from copipe.study import settings

BOOK = """
codes:
- key: a
  seeds: [discharge*, "bed NEAR/3 home"]
  not-seeds: [discharge from the wound]
  only-roles: [SN1]
  only-kinds: [interview]
  unit: story
  examples: ["He was discharged. Twice.", "The bed, at home.", "Nothing of the kind."]
  counter-examples: ["A discharge from the wound.", "To discharge a duty."]
- key: b
  examples: ["No seeds, no trial."]
- key: c
  deprecated: yes
  seeds: [x]
  examples: ["Not this one."]
"""


def test_missed_examples_and_hit_counter_examples_are_told() -> None:
    book = codebook.parse(BOOK.encode(), "x")
    assert trial(book, settings.defaults().code) == (
        Surprise("a", "Nothing of the kind.", "missed"),
        Surprise("a", "To discharge a duty.", "hit", ("discharge*",)),
    )
    assert trial(codebook.parse(b"codes: [{key: a, seeds: [x]}]", "x"), settings.defaults().code) == ()


@pytest.mark.parametrize("path", sorted((CONFIG / "codebooks").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_seeds_of_shipped_codebooks_find_their_examples(path: Path) -> None:
    chosen = settings.defaults().code
    try:
        store.locate(chosen.spacy_model)
    except CopipeError:
        pytest.skip("the spaCy model is not here")
    book = codebook.load(path)
    leaves = {code.key for code in book.codes if code.seeds}
    assert {code.key for code in book.codes if code.examples} == leaves
    assert trial(book, chosen) == ()
