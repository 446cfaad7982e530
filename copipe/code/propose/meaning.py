"""Passages near what a code says of itself: its label, definition, when to use and examples.

A sentence is compared alone and with its neighbours, by an embedding model and by the words that it shares with the
code. What is common to the whole meeting, and to all codes, is taken away first: it makes everything resemble
everything. The passages that a code is about are longer than a sentence, so that scores are smoothed over the
sentences around and over the turn. How the numbers here were chosen is in benchmarks/coding.py.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from copipe.code.propose.keyness import idle_words
from copipe.code.seeds.parses import Columns, Ints
from copipe.code.tokens import fold
from copipe.records import Candidate, Code, Codebook, Evidence, Span, Word
from copipe.study import anchors
from copipe.texts import from_json

Floats = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Floats]

VERSION = 1  # raise it when the same input gives other vectors or candidates
ATTACHMENT = "vectors.bin"
TEXTS = "texts.bin"  # the digests of what each vector is of
DIGEST = 16  # bytes of each
KIND = "meaning"  # of the evidence
DECAY, REACH = 0.85, 8  # weight of a sentence for the one beside it; sentences on either side that count
OWN = 0.1  # share that a sentence keeps beside the mean of those around it
TURN = 0.5  # share of the mean over the turn in a sentence's score
SPREAD = 0.12  # a usual standard deviation of the cosines, once what is common is taken away
WORDS_SPREAD = 0.05  # the same for the share of a code's words that a sentence says
SURE = 1.4  # score from which a passage is proposed
MOST, EVERY = 3, 100  # passages proposed for a code in a meeting: one for every hundred sentences, at most three
FEW = 2  # codes: with hardly more of them what they have in common is not well known
_SUFFIX = re.compile(r"(?:izations?|ations?|ingly|ings?|edly|ies|ied|ed|es|s|ly|ity|ful|ment|al|e|y)$")
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """The S sentences of a meeting as vectors of length 1: alone, and with the one before and the one after."""

    alone: Floats  # (S, D)
    joined: Floats  # (S, D)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a code: `field` names it as a person would ("definition", "example 2"); `away` texts speak against."""

    field: str
    text: str
    away: bool = False


def texts(columns: Columns) -> list[str]:
    """The words of each sentence that are coded, with single spaces."""
    said: list[list[str]] = [[] for _ in range(len(columns.first))]
    for sentence, word in zip(columns.sentence.tolist(), columns.word.tolist(), strict=True):
        if sentence >= 0:
            said[sentence].append(columns.vocabulary[word])
    return [" ".join(words) for words in said]


def compared(columns: Columns) -> list[str]:
    """The 2 S texts whose vectors make the space: each sentence alone, then each with its neighbours.

    Neighbours with something suspect or somebody withheld between them are not joined.
    """
    said = texts(columns)
    return [*said, *(" ".join(part) for part in around(said, columns.block, 1))]


def space(columns: Columns, embed: Embed) -> Space:
    """The vectors of a meeting."""
    made = embed(compared(columns))
    return Space(made[: len(made) // 2], made[len(made) // 2 :])


def digests(said: Sequence[str]) -> bytes:
    """By what a text is known again without being read: 16 bytes of each."""
    return b"".join(blake2b(text.encode(), digest_size=DIGEST).digest() for text in said)


def embed_new(said: Sequence[str], known: Space, known_by: bytes, embed: Embed) -> Floats:
    """The vectors of texts, by `embed` for those alone that are not among the `known`, whose `digests` are known_by."""
    before = np.concatenate([known.alone, known.joined])
    if not len(before):
        return embed(said)
    row_of = {known_by[at : at + DIGEST]: n for n, at in enumerate(range(0, len(known_by), DIGEST))}
    wanted = digests(said)
    rows = [row_of.get(wanted[at : at + DIGEST], -1) for at in range(0, len(wanted), DIGEST)]
    new = [n for n, row in enumerate(rows) if row < 0]
    made = before[rows]
    if new:
        made[new] = embed([said[n] for n in new])
    return made


def around(said: Sequence[str], block: Ints, reach: int) -> list[list[str]]:
    """For each sentence those at most `reach` before and after it in its block, itself among them."""
    found = []
    for n in range(len(said)):
        low, high = max(0, n - reach), min(len(said), n + reach + 1)
        found.append([said[i] for i in range(low, high) if block[i] == block[n]])
    return found


def dump(space: Space) -> bytes:
    """The vectors as bytes, halves of precision: cosines differ by less than 0.001."""
    head = json.dumps({"shape": list(space.alone.shape)}).encode().ljust(64) + b"\n"
    return head + space.alone.astype("<f2").tobytes() + space.joined.astype("<f2").tobytes()


def load(data: bytes) -> Space:
    """The vectors that `dump` wrote."""
    at = data.index(b"\n") + 1
    rows, width = from_json(data[:at])["shape"]
    made = np.frombuffer(data, "<f2", 2 * rows * width, at).astype(np.float32).reshape(2, rows, width)
    return Space(made[0], made[1])


def about(code: Code) -> tuple[Text, ...]:
    """What a code says of itself, by field."""
    found = [Text("label", code.label or code.key)]
    if code.definition or code.include:
        found.append(Text("definition", " ".join(filter(None, (code.definition, code.include)))))
    found += [Text(f"example {n}", text) for n, text in enumerate(code.examples, 1)]
    found += [Text("when not to use", text) for text in filter(None, (code.exclude,))]
    found += [Text(f"counter-example {n}", text) for n, text in enumerate(code.counter_examples, 1)]
    return tuple(
        Text(t.field, t.text.strip(), t.field.startswith(("when not", "counter"))) for t in found if t.text.strip()
    )


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """How near each sentence is to each code: (S, C), in standard deviations; and to which text of it most."""

    scores: Floats
    nearest: Ints  # (S, C) index in the code's texts
    fields: tuple[tuple[str, ...], ...]  # of each code's texts


def near(columns: Columns, here: Space, codes: Sequence[Code], vectors: Mapping[str, Floats]) -> Near:
    """Scores of the sentences of a meeting for codes; `vectors` has the vector of each text of `about`."""
    told = [about(code) for code in codes]
    common = _common(told, vectors)
    alone, joined = _centred(here.alone), _centred(here.joined)
    scores = np.zeros((len(alone), len(codes)), np.float32)
    nearest = np.zeros(scores.shape, np.int32)
    for n, texts_of in enumerate(told):
        own = _unit(np.stack([vectors[t.text] - common[min(i, 1)] for i, t in enumerate(texts_of)]))
        scores[:, n], nearest[:, n] = _nearness(texts_of, alone @ own.T, joined @ own.T)
    scores /= SPREAD / 2
    scores += _shared_words(texts(columns), codes) / WORDS_SPREAD
    return Near(
        pooled(smoothed(scores, columns.block), columns.turn[columns.first], TURN),
        nearest,
        tuple(tuple(t.field for t in texts_of) for texts_of in told),
    )


def propose(columns: Columns, found: Near, codes: Sequence[Code], source: str, kind: str = "") -> list[Candidate]:
    """The passages nearest to each code: few, and none that is not near. In order of code and speech.

    `kind` is the meeting's, "" for any; `source` the digest of its transcription.
    """
    made: list[Candidate] = []
    most = max(1, min(MOST, len(found.scores) // EVERY))
    for n, code in enumerate(codes):
        if not wanted(code, kind):
            continue
        allowed = spoken_by(columns, code)
        good = (found.scores[:, n] >= SURE) & allowed
        runs = passages(good, columns.stretch)
        runs.sort(key=lambda run: -float(found.scores[run[0] : run[1] + 1, n].max()))
        for first, last in sorted(runs[:most]):
            best = first + int(found.scores[first : last + 1, n].argmax())
            field = found.fields[n][int(found.nearest[best, n])]
            evidence = Evidence(KIND, field, columns.id(int(columns.first[best])), columns.id(int(columns.last[best])))
            score = 1 - 0.5 ** (float(found.scores[best, n]) / SURE)  # half where it is just near enough
            made.append(candidate(columns, (first, last), code.key, round(score, 3), (evidence,), source))
    return made


def wanted(code: Code, kind: str = "") -> bool:
    """Whether passages of such a meeting are proposed for a code at all."""
    return code.codable and not code.deprecated and (not kind or not code.kinds or kind in code.kinds)


def spoken_by(columns: Columns, code: Code) -> npt.NDArray[np.bool_]:
    """The sentences (S,) that somebody says for whom the code is proposed."""
    roles = [columns.roles[t] for t in columns.turn[columns.first].tolist()]
    return np.array([not code.roles or role in code.roles for role in roles], np.bool_)


def passages(good: npt.NDArray[np.bool_], stretch: Ints, longest: int = 12) -> list[tuple[int, int]]:
    """First and last sentence of each run of good ones within a stretch; longer runs fall apart."""
    runs: list[tuple[int, int]] = []
    for n in np.flatnonzero(good).tolist():
        begin, end = runs[-1] if runs else (-2, -2)
        if end == n - 1 and stretch[end] == stretch[n] and n - begin < longest:
            runs[-1] = (begin, n)
        else:
            runs.append((n, n))
    return runs


def candidate(
    columns: Columns, run: tuple[int, int], code: str, score: float, evidence: tuple[Evidence, ...], source: str
) -> Candidate:
    """A candidate of the sentences `run` (first and last)."""
    low, high = int(columns.first[run[0]]), int(columns.last[run[1]])
    return Candidate(span(columns, low, high, source), code, columns.roles[int(columns.turn[low])], score, evidence)


def span(columns: Columns, low: int, high: int, source: str) -> Span:
    words = [
        Word(columns.id(i), _seconds(columns.start[i]), _seconds(columns.end[i]), columns.vocabulary[columns.word[i]])
        for i in range(low, high + 1)
    ]
    return anchors.span(columns.meeting, words, source)


def _seconds(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def smoothed(scores: Floats, block: Ints) -> Floats:
    """Each sentence's score as the mean of those around it, nearer ones weighing more; not across blocks."""
    total, weights = scores.copy(), np.ones((len(scores), 1), np.float32)
    for d in range(1, min(REACH, len(scores) - 1) + 1):
        same = (block[d:] == block[:-d])[:, None] * np.float32(DECAY**d)
        total[d:] += same * scores[:-d]
        total[:-d] += same * scores[d:]
        weights[d:] += same
        weights[:-d] += same
    return (1 - OWN) * total / weights + OWN * scores


def pooled(scores: Floats, turn: Ints, share: float) -> Floats:
    """Each sentence's score mixed with the mean over its turn, whose share is `share`."""
    if not len(scores):
        return scores
    _, rows, counts = np.unique(turn, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), scores.shape[1]), np.float32)
    np.add.at(sums, rows, scores)
    return ((1 - share) * scores + share * (sums / counts[:, None])[rows]).astype(np.float32)


def _nearness(own: Sequence[Text], alone: Floats, joined: Floats) -> tuple[Floats, Ints]:
    """Of each sentence to one code, (S,): label and definition together, or the nearest example if it is nearer."""
    together = (alone + joined) / 2
    base = [n for n, t in enumerate(own) if t.field in ("label", "definition")]
    examples = [n for n, t in enumerate(own) if t.field.startswith("example")]
    against = [n for n, t in enumerate(own) if t.away]
    score = together[:, base].mean(1)
    if examples:
        score = np.maximum(score, together[:, examples].max(1))
    if against:
        score = score - np.maximum(0, together[:, against].max(1) - score)
    towards = [*base, *examples]
    return score, np.array(towards, np.int32)[together[:, towards].argmax(1)]


def _common(told: Sequence[Sequence[Text]], vectors: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """What all labels have in common, and all other texts; less of it where the codes are few."""
    labels = [vectors[t[0].text] for t in told]
    others = [vectors[t.text] for texts_of in told for t in texts_of[1:] if not t.away] or labels
    return tuple(np.mean(part, 0) * (len(part) / (len(part) + FEW)) for part in (labels, others))


def _centred(vectors: Floats) -> Floats:
    return _unit(vectors - vectors.mean(0)) if len(vectors) else vectors


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def stem(word: str) -> str:
    """A word without its ending, roughly: for comparing the words of a definition with those that are said.

    >>> stem("exporting"), stem("exports"), stem("export")
    ('export', 'export', 'export')
    """
    shorter = _SUFFIX.sub("", word)
    return shorter if len(shorter) >= 3 else word


def _stems(text: str) -> list[str]:
    idle = idle_words()
    return [stem(w) for part in text.split() for w in fold(part) if len(w) > 2 and w not in idle and w.isalpha()]


def _shared_words(said: Sequence[str], codes: Sequence[Code]) -> Floats:
    """The share (0 to 1) of each code's words, weighed by how rare they are, that each sentence says: (S, C)."""
    stems = [frozenset(_stems(text)) for text in said]
    sentences_with = Counter(word for found in stems for word in found)
    labels = [frozenset(_stems(code.label)) for code in codes]
    bags = [
        own | frozenset(_stems(" ".join((code.definition, code.include, *code.examples))))
        for own, code in zip(labels, codes, strict=True)
    ]
    codes_with = Counter(word for bag in bags for word in bag)
    shared = np.zeros((len(said), len(codes)), np.float32)
    for n, (bag, own) in enumerate(zip(bags, labels, strict=True)):
        weights = {
            word: (2 if word in own else 1)
            * math.log(1 + len(said) / (1 + sentences_with[word]))
            / math.sqrt(codes_with[word])
            for word in sorted(bag)
        }
        total = sum(weights.values())
        for row, found in enumerate(stems):
            if total and (both := found & bag):
                shared[row, n] = sum(weights[word] for word in sorted(both)) / total
    return shared


def texts_of(codebook: Codebook) -> list[str]:
    """All texts of the codes that passages are proposed for, once each."""
    return list(dict.fromkeys(t.text for code in codebook.codes if wanted(code) for t in about(code)))
