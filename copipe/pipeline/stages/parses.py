"""parses: the anonymised words in columns, with dictionary forms and parts of speech where the codebook asks for them.

A changed codebook is matched against what this stage keeps; it is made again when the words change.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from copipe.pipeline.context import Context
from copipe.pipeline.stage import DamagedError, Made, Stage, fresh, has_words, need, read
from copipe.progress import OnTick
from copipe.records import Codebook, Turn
from copipe.study.store import Attachment
from copipe.study.study import Meeting

if TYPE_CHECKING:
    from copipe.code.seeds.parses import Columns


def analysed(context: Context, meeting: Meeting) -> bool:
    return has_words(context, meeting) and context.study.meets_quorum(meeting)


def columns(context: Context, meeting: Meeting) -> Columns:
    """The columns that stand for a meeting. NotReadyError before they are made, DamagedError where they are damaged."""
    from copipe.code.seeds import parses

    artifact = need(context, meeting, "parses")
    data = context.public.attachment(artifact, parses.ATTACHMENT)
    if data is None:
        raise DamagedError(meeting, "parses", artifact.key)
    return parses.load(data)


def columns_for(context: Context, meeting: Meeting, codebook: Codebook) -> Columns:
    """The columns of a meeting for another codebook than the study's: those that are kept if they do, else made anew.

    NotReadyError while there are no anonymised turns, MissingModelError where they must be parsed and cannot.
    """
    from copipe.code.propose import candidates
    from copipe.code.seeds import lemmas, parses

    asked = candidates.needs_parse(codebook)
    kept = fresh(context, meeting, "parses")
    if kept and (kept.about["parsed"] or not asked):
        with contextlib.suppress(DamagedError):
            return columns(context, meeting)
    turns: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
    parse = lemmas.load(context.study.settings.code.spacy_model) if asked else None
    return parses.build(meeting.code, turns, parse)


def words_of(context: Context, meeting: Meeting) -> dict[str, object]:
    """What says which words they are: of the anonymised turns, and of what was purged from them since."""
    anonymised = need(context, meeting, "anonymised")
    purged = anonymised.purged.get("sha256")
    return {"turns": anonymised.digest, **({"purged": purged} if purged else {})}


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.code.propose import candidates
    from copipe.code.seeds import lemmas

    asked = candidates.needs_parse(context.codebook)
    parsing = lemmas.identity(context.study.settings.code.spacy_model) if asked else {}
    return {"version": candidates.COLUMNS, **words_of(context, meeting), **parsing}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.code.propose import candidates
    from copipe.code.seeds import lemmas, parses

    turns: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
    asked = candidates.needs_parse(context.codebook)
    parse = lemmas.load(context.study.settings.code.spacy_model) if asked else None
    made = parses.build(meeting.code, turns, parse)
    about: dict[str, object] = {"words": int(made.spoken.sum()), "sentences": len(made.first), "parsed": made.parsed}
    return (Attachment(parses.ATTACHMENT, parses.dump(made)),), about


def _models(context: Context) -> tuple[str, ...]:
    from copipe.code.propose import candidates

    return candidates.required_models(context.codebook, context.study.settings.code)


STAGE = Stage(
    name="parses",
    needs=("anonymised",),
    applies=analysed,
    parts=_parts,
    make=_make,
    models=_models,
    part_of="candidates",
    public=True,
)
