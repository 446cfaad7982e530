"""A meeting's words in columns, as matching reads them: built once from the anonymised turns, kept, and quick to load.

Beside the words stand the sentences and, where a codebook asks for them, the dictionary forms and parts of speech that
spaCy gives. A changed codebook is matched against the columns, and neither reads the turns nor parses again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from copipe.code import units
from copipe.code.seeds.language import TAGS
from copipe.code.tokens import fold
from copipe.records import Turn, WordId, word_id
from copipe.texts import from_json

if TYPE_CHECKING:
    from copipe.code.seeds.lemmas import Parse

ATTACHMENT = "columns.bin"  # their file in an artifact
_TAG_BIT = {tag: 1 << n for n, tag in enumerate(TAGS)}

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The words of a meeting, N of them, in T turns and S sentences; indices count from 0 in order of speech.

    `spoken` words are coded; the others are notes, covered by a replacement, or suspect. A sentence reaches from
    `first` to `last` (both included); sentences of one `stretch` follow one another in a turn with nothing suspect
    between, those of one `block` in the meeting with neither anything suspect nor anybody withheld between.
    `lemma` has L rows, one for each dictionary form; it and `tags` are all 0 where nothing was `parsed`.
    """

    meeting: str
    parsed: bool
    vocabulary: tuple[str, ...]  # distinct texts of words
    folded: tuple[str, ...]  # distinct folded words (see `copipe.code.tokens`)
    forms: tuple[str, ...]  # distinct folded dictionary forms
    roles: tuple[str, ...]  # of each turn
    odd_ids: dict[int, WordId]  # ids that do not follow from meeting and ordinal, by index
    ordinal: Ints  # (N,) number of the word in its meeting
    start: Floats  # (N,) seconds; NaN is None
    end: Floats  # (N,)
    word: Ints  # (N,) index in the vocabulary
    turn: Ints  # (N,)
    spoken: Flags  # (N,)
    sentence: Ints  # (N,) of a spoken word; -1 of others
    token: Ints  # (K,) index in folded, for each folded word of the spoken words
    token_word: Ints  # (K,) whose it is
    tags: Ints  # (N,) a bit for each part of speech that spaCy sees in the word, in the order of seeds.TAGS
    first: Ints  # (S,)
    last: Ints  # (S,)
    stretch: Ints  # (S,)
    block: Ints  # (S,)
    lemma: Ints  # (L,) index in forms
    lemma_word: Ints  # (L,) whose dictionary form it is
    lemma_tag: Ints  # (L,) bit of its part of speech, 0 for none

    def id(self, index: int) -> WordId:
        """Id of a word."""
        return self.odd_ids.get(index) or word_id(self.meeting, int(self.ordinal[index]))


_ARRAYS = {
    **dict.fromkeys(("ordinal", "word", "turn", "sentence", "token", "token_word", "tags"), "<i4"),
    **dict.fromkeys(("first", "last", "stretch", "block", "lemma", "lemma_word", "lemma_tag"), "<i4"),
    "start": "<f8",
    "end": "<f8",
    "spoken": "?",
}
_FILL = 8  # bytes: NumPy reads numbers best where they begin at a multiple of their size


def build(meeting: str, turns: Sequence[Turn], parse: Parse | None = None) -> Columns:
    """The columns of anonymised turns; with `parse` (see `copipe.code.seeds.lemmas`) with dictionary forms and tags."""
    words = [word for turn in turns for word in turn.words]
    vocabulary: dict[str, int] = {}
    word = [vocabulary.setdefault(w.text, len(vocabulary)) for w in words]
    sentence = np.full(len(words), -1, np.int32)
    rows: list[tuple[int, int, int, int]] = []  # first, last, stretch, block
    spoken: list[list[int]] = []  # of each sentence
    at = stretch = block = 0
    for turn in turns:
        parts = units.sentences(turn)
        coded = {i for part in parts for i in part.spoken}
        breaks = [i for i, w in enumerate(turn.words) if w.text and not w.is_note and i not in coded]
        block += not turn.words
        gaps = iter([*breaks, len(turn.words)])
        gap = next(gaps)
        for part in parts:
            while gap < part.first:
                block, gap = block + 1, next(gaps)
            rows.append((at + part.first, at + part.last, stretch + part.stretch, block))
            spoken.append([at + i for i in part.spoken])
            sentence[spoken[-1]] = len(rows) - 1
        block += gap < len(turn.words)
        stretch += parts[-1].stretch + 1 if parts else 0
        at += len(turn.words)
    forms: dict[str, int] = {}
    lemmas = np.array(
        list(_parsed(parse, [[words[i].text for i in s] for s in spoken], spoken, forms)) if parse else [], np.int32
    ).reshape(-1, 3)
    folded: dict[str, int] = {}
    tokens = np.array(
        [(folded.setdefault(t, len(folded)), i) for s in spoken for i in s for t in fold(words[i].text)], np.int32
    ).reshape(-1, 2)
    tags = np.zeros(len(words), np.int32)
    np.bitwise_or.at(tags, lemmas[:, 1], lemmas[:, 2])
    ordinals, odd = _ids(meeting, [w.id for w in words])
    table = np.array(rows, np.int32).reshape(-1, 4).T.copy()
    return Columns(
        meeting=meeting,
        parsed=parse is not None,
        vocabulary=tuple(vocabulary),
        folded=tuple(folded),
        forms=tuple(forms),
        roles=tuple(turn.role for turn in turns),
        odd_ids=odd,
        ordinal=ordinals,
        start=np.array([w.start for w in words], np.float64),  # None becomes NaN
        end=np.array([w.end for w in words], np.float64),
        word=np.array(word, np.int32),
        turn=np.repeat(np.arange(len(turns), dtype=np.int32), [len(t.words) for t in turns]),
        spoken=sentence >= 0,
        sentence=sentence,
        token=tokens[:, 0].copy(),
        token_word=tokens[:, 1].copy(),
        tags=tags,
        first=table[0],
        last=table[1],
        stretch=table[2],
        block=table[3],
        lemma=lemmas[:, 0].copy(),
        lemma_word=lemmas[:, 1].copy(),
        lemma_tag=lemmas[:, 2].copy(),
    )


def dump(columns: Columns) -> bytes:
    """The columns as bytes, the same for the same columns.

    A line of JSON with what is text, and after it the arrays one by one, little-endian, each filled up to 8 bytes. (A
    NumPy .npz says the same and takes ten times as long to open.)
    """
    told = {name: getattr(columns, name) for name in ("meeting", "parsed", "vocabulary", "folded", "forms", "roles")}
    told["odd_ids"] = sorted(columns.odd_ids.items())
    arrays = [(name, getattr(columns, name).astype(kind, copy=False)) for name, kind in _ARRAYS.items()]
    told["lengths"] = {name: len(array) for name, array in arrays}
    header = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    parts = [header + b"\n", *(array.tobytes() for _, array in arrays)]
    return b"".join(part + bytes(-len(part) % _FILL) for part in parts)


def load(data: bytes) -> Columns:
    """The columns that `dump` wrote."""
    at = data.index(b"\n") + 1
    told = from_json(data[:at])
    arrays: dict[str, npt.NDArray[Any]] = {}
    at += -at % _FILL
    for name, kind in _ARRAYS.items():
        arrays[name] = np.frombuffer(data, kind, told["lengths"][name], at)
        at += arrays[name].nbytes + -arrays[name].nbytes % _FILL
    return Columns(
        meeting=told["meeting"],
        parsed=told["parsed"],
        vocabulary=tuple(told["vocabulary"]),
        folded=tuple(told["folded"]),
        forms=tuple(told["forms"]),
        roles=tuple(told["roles"]),
        odd_ids=dict(told["odd_ids"]),
        **arrays,
    )


def _parsed(
    parse: Parse, sentences: Iterable[Sequence[str]], spoken: Sequence[Sequence[int]], forms: dict[str, int]
) -> Iterator[tuple[int, int, int]]:
    """Dictionary form, word and bit of the part of speech, for each dictionary form."""
    for where, found in zip(spoken, parse(sentences), strict=True):
        for lemma, tag, n in found:
            yield forms.setdefault(lemma, len(forms)), where[n], _TAG_BIT.get(tag, 0)


def _ids(meeting: str, ids: Sequence[WordId]) -> tuple[Ints, dict[int, WordId]]:
    """Ordinals of ids, and the ids that are more than an ordinal (words that a person inserted)."""
    ordinals = np.zeros(len(ids), np.int32)
    odd: dict[int, WordId] = {}
    for n, known in enumerate(ids):
        digits = known[len(meeting) + 1 :]
        if digits.isdecimal() and len(digits) < 10 and word_id(meeting, int(digits)) == known:
            ordinals[n] = int(digits)
        else:
            odd[n] = known
    return ordinals, odd
