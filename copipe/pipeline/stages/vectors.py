"""vectors: the meaning of each sentence as a vector. Made again when the words change, or the model.

Where the settings do not ask for it, or the model is not on this machine, coding goes on by seeds alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from copipe.models import store
from copipe.pipeline.context import Context
from copipe.pipeline.stage import DamagedError, Made, Stage, need
from copipe.pipeline.stages.parses import analysed, columns, words_of
from copipe.progress import OnTick, Tick
from copipe.study.store import Attachment
from copipe.study.study import Meeting

if TYPE_CHECKING:
    from copipe.code.propose.meaning import Space


def by_meaning(context: Context) -> bool:
    """Whether the settings ask for meaning or learning, and the model for it is here."""
    from copipe.code.propose import embeddings

    settings = context.study.settings.code
    return (settings.meaning or settings.learn) and embeddings.available(settings.embedding_model)


def without_meaning(context: Context) -> str:
    """Why coding goes without meaning and learning though the settings ask for them; "" where it does not."""
    settings = context.study.settings.code
    if not (settings.meaning or settings.learn) or by_meaning(context):
        return ""
    name = settings.embedding_model
    return (
        f"the model {name} for meaning and learning is not here. `{store.how_to_get(name)}` gets it; "
        "Or set meaning = false and learn = false under [code] in copipe.toml."
    )


def space_of(context: Context, meeting: Meeting) -> Space:
    """The vectors that stand for a meeting. NotReadyError before they are made, DamagedError where they are damaged."""
    from copipe.code.propose import meaning

    artifact = need(context, meeting, "vectors")
    data = context.public.attachment(artifact, meaning.ATTACHMENT)
    if data is None:
        raise DamagedError(meeting, "vectors", artifact.key)
    return meaning.load(data)


def _applies(context: Context, meeting: Meeting) -> bool:
    return analysed(context, meeting) and by_meaning(context)


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.code.propose import embeddings

    model = embeddings.identity(context.study.settings.code.embedding_model)
    return {"version": 1, **words_of(context, meeting), **model}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.code.propose import embeddings, meaning

    model = context.study.settings.code.embedding_model
    found = columns(context, meeting)
    said = meaning.compared(found)
    known = _made_before(context, meeting)
    total = len(said)

    def embed(texts: Sequence[str]) -> meaning.Floats:
        told = total - len(texts)  # those before are there already
        return embeddings.embed(texts, model, lambda done: on_tick(Tick("vectors", told + done, total, "sentences")))

    made = meaning.space(found, (lambda texts: meaning.embed_new(texts, *known, embed)) if known else embed)
    attached = Attachment(meaning.ATTACHMENT, meaning.dump(made)), Attachment(meaning.TEXTS, meaning.digests(said))
    return attached, {"sentences": len(made.alone), **embeddings.identity(model)}


def _made_before(context: Context, meeting: Meeting) -> tuple[Space, bytes] | None:
    """The vectors that stand, by the same model, and what they are of: after a correction few sentences are new."""
    from copipe.code.propose import embeddings, meaning

    artifact = context.current(context.public, meeting.code, "vectors")
    model = embeddings.identity(context.study.settings.code.embedding_model)
    if artifact is None or not model.items() <= artifact.about.items():
        return None
    data, known_by = (context.public.attachment(artifact, name) for name in (meaning.ATTACHMENT, meaning.TEXTS))
    return (meaning.load(data), known_by) if data and known_by else None


STAGE = Stage(
    name="vectors",
    needs=("anonymised", "parses"),
    applies=_applies,
    parts=_parts,
    make=_make,
    part_of="candidates",
    public=True,
)
