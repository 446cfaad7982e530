"""The stages of a meeting, one a module: what each is made from (its key) and how it is made.

words --+-> turns --> anonymised --> candidates        notes (anonymised, on their own road)
speakers +
"""

from __future__ import annotations

from copipe.pipeline.stages.anonymised import ANONYMISED
from copipe.pipeline.stages.base import DamagedError, NotReadyError, Stage, need, raw_gone, read, source_gone
from copipe.pipeline.stages.candidates import CANDIDATES
from copipe.pipeline.stages.notes import NOTES
from copipe.pipeline.stages.speakers import SPEAKERS
from copipe.pipeline.stages.turns import TURNS
from copipe.pipeline.stages.words import WORDS

ORDER = (WORDS, SPEAKERS, TURNS, ANONYMISED, NOTES, CANDIDATES)  # each after what it is made from
stages: dict[str, Stage] = {stage.name: stage for stage in ORDER}

__all__ = ["ORDER", "DamagedError", "NotReadyError", "Stage", "need", "raw_gone", "read", "source_gone", "stages"]
