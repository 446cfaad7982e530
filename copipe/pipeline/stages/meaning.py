"""meaning: passages near what the codes say of themselves. It knows no decisions, so that a blind coder may see it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, Stage, applies, need
from copipe.pipeline.stages.parses import columns
from copipe.pipeline.stages.vectors import space_of
from copipe.progress import OnTick
from copipe.records import Code
from copipe.study.store import Attachment, make_key
from copipe.study.study import Meeting

if TYPE_CHECKING:
    from copipe.code.propose.meaning import Floats

CODEBOOK = "_codebook"  # stands for a meeting where the vectors of the codes' own texts are kept


def _codes(context: Context) -> tuple[Code, ...]:
    from copipe.code.propose import meaning

    return tuple(code for code in context.codebook.codes if meaning.wanted(code))


def _applies(context: Context, meeting: Meeting) -> bool:
    return context.study.settings.code.meaning and applies(context, meeting, "vectors")


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    from copipe.code.propose import meaning

    said = [
        [c.key, list(c.roles), list(c.kinds), [[t.field, t.text] for t in meaning.about(c)]] for c in _codes(context)
    ]
    vectors = need(context, meeting, "vectors")
    source = need(context, meeting, "anonymised").about["source"]
    return {"version": meaning.VERSION, "vectors": vectors.digest, "of": vectors.key, "source": source, "codes": said}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    from copipe.code.propose import meaning

    codes = _codes(context)
    if not codes:
        return (), {}
    found, source = columns(context, meeting), str(need(context, meeting, "anonymised").about["source"])
    near = meaning.near(found, space_of(context, meeting), codes, _vectors(context))
    return tuple(meaning.propose(found, near, codes, source, meeting.kind)), {}


def _vectors(context: Context) -> dict[str, Floats]:
    """The vector of each text of the codes. Those that were not asked for before are made, the others kept."""
    import numpy as np

    from copipe.code.propose import embeddings, meaning

    model = context.study.settings.code.embedding_model
    texts = meaning.texts_of(context.codebook)
    digests = [sha256(text.encode()).hexdigest() for text in texts]
    key = make_key("texts", {"digests": digests, **embeddings.identity(model)})
    store = context.public
    kept: dict[str, Floats] = {}
    for artifact in (store.find(CODEBOOK, "texts", key), context.current(store, CODEBOOK, "texts")):
        data = store.attachment(artifact, meaning.ATTACHMENT) if artifact else None
        if artifact and data and artifact.about["model"] == embeddings.identity(model):
            kept |= dict(zip(artifact.about["digests"], meaning.load(data).alone, strict=True))
    lacking = {d: text for d, text in zip(digests, texts, strict=True) if d not in kept}
    if lacking:
        kept |= dict(zip(lacking, embeddings.embed(list(lacking.values()), model), strict=True))
        every = np.stack([kept[d] for d in digests])
        data = meaning.dump(meaning.Space(every, every))
        about: dict[str, object] = {"digests": digests, "model": embeddings.identity(model)}
        context.point(store, store.write(CODEBOOK, "texts", key, (Attachment(meaning.ATTACHMENT, data),), about))
    return {text: kept[d] for d, text in zip(digests, texts, strict=True)}


STAGE = Stage(
    name="meaning",
    needs=("anonymised", "parses", "vectors"),
    applies=_applies,
    parts=_parts,
    make=_make,
    part_of="candidates",
    public=True,
)
