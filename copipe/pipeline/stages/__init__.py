"""The stages of a meeting, one a module: what each is made from (its key) and how it is made.

words --+-> turns --> findings --> anonymised --> parses --> candidates        note findings --> notes (anonymised)
speakers +
"""

from __future__ import annotations

from copipe.pipeline.stage import DamagedError, NotReadyError, Stage, need, raw_gone, read, source_gone
from copipe.pipeline.stages.anonymised import ANONYMISED
from copipe.pipeline.stages.candidates import CANDIDATES
from copipe.pipeline.stages.findings import FINDINGS, NOTE_FINDINGS
from copipe.pipeline.stages.learned import LEARNED
from copipe.pipeline.stages.matches import MATCHES
from copipe.pipeline.stages.meaning import MEANING
from copipe.pipeline.stages.notes import NOTES
from copipe.pipeline.stages.parses import PARSES
from copipe.pipeline.stages.speakers import SPEAKERS
from copipe.pipeline.stages.stories import STORIES
from copipe.pipeline.stages.turns import TURNS
from copipe.pipeline.stages.vectors import VECTORS
from copipe.pipeline.stages.words import WORDS

# Each after what it is made from.
ORDER = (
    WORDS,
    SPEAKERS,
    TURNS,
    FINDINGS,
    ANONYMISED,
    NOTE_FINDINGS,
    NOTES,
    PARSES,
    VECTORS,
    STORIES,
    CANDIDATES,
    MEANING,
    LEARNED,
    MATCHES,
)
stages: dict[str, Stage] = {stage.name: stage for stage in ORDER}

# Nobody asks for what a stage finds for another alone: whoever asks for the one gets the others first.
BEFORE = {
    "anonymised": ("findings",),
    "notes": ("note findings",),
    "candidates": ("parses", "stories", "vectors", "meaning", "learned"),
    "report": ("matches",),
}

__all__ = [
    "BEFORE",
    "ORDER",
    "DamagedError",
    "NotReadyError",
    "Stage",
    "need",
    "raw_gone",
    "read",
    "source_gone",
    "stages",
]
