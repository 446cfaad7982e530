"""The recognisers of a study: which they are, with its settings and lists of names, and what they see in turns."""

from __future__ import annotations

from collections.abc import Sequence

from copipe.pipeline import names
from copipe.pipeline.context import Context
from copipe.records import Finding, Turn


def identity(context: Context) -> object:
    """What says which recognisers they are, for keys."""
    from copipe.anonymise.recognise import findings

    return findings.identity(context.study.settings.anonymise, names.lists(context.study))


def required_models(context: Context) -> tuple[str, ...]:
    """The names of the models they need."""
    from copipe.anonymise.recognise import findings

    return findings.required_models(context.study.settings.anonymise)


def find(context: Context, turns: Sequence[Turn]) -> tuple[Finding, ...]:
    """What they see in the turns."""
    from copipe.anonymise.recognise import findings

    return findings.find(turns, context.study.settings.anonymise, names.lists(context.study))
