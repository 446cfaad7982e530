"""The passages that are coded: the sentences of a turn, or the turn itself.

Sentences are told by punctuation and not by a language model, so that the passages of a meeting are the same whatever
the codebook asks for. What is never coded is left out here: notes, words covered by a replacement, suspect passages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from copipe.records import Turn, Word

LONGEST = 60  # words of a sentence; engines and people leave out full stops, and a passage is to be read at a glance
SHORTEST = 8  # words left on either side where a longer one is cut
_ENDS = frozenset(".?!…。？！")
_CLOSING = "\"'”’)]»"
_ABBREVIATIONS = frozenset(
    {"mr", "mrs", "ms", "mx", "dr", "prof", "rev", "st", "jr", "vs", "cf", "eg", "ie", "e.g", "i.e"}
)


@dataclass(frozen=True, slots=True)
class Unit:
    """Words `first` to `last` (indices in the turn, both included) of a turn; `spoken` are those that are coded.

    A turn falls into stretches at its suspect words, and no unit reaches across them; `stretch` counts them.
    """

    first: int
    last: int
    spoken: tuple[int, ...]
    stretch: int


def sentences(turn: Turn) -> tuple[Unit, ...]:
    """The sentences of a turn, in order; none where its words are withheld."""
    return tuple(
        _unit(turn.words, part, number)
        for number, stretch in enumerate(_stretches(turn))
        for sentence in _split(turn.words, stretch)
        for part in _shorten(turn.words, sentence)
    )


def joined(parts: Sequence[Unit]) -> tuple[Unit, ...]:
    """The sentences of one turn put together to one unit for each stretch."""
    by_stretch: dict[int, list[Unit]] = {}
    for part in parts:
        by_stretch.setdefault(part.stretch, []).append(part)
    return tuple(
        Unit(run[0].first, run[-1].last, tuple(i for part in run for i in part.spoken), number)
        for number, run in by_stretch.items()
    )


def _unit(words: Sequence[Word], spoken: Sequence[int], stretch: int) -> Unit:
    last = spoken[-1]
    while last + 1 < len(words) and not words[last + 1].text:  # a replaced name is whole or not at all
        last += 1
    return Unit(spoken[0], last, tuple(spoken), stretch)


def _stretches(turn: Turn) -> Iterator[list[int]]:
    """Indices of the spoken words, broken where suspect ones lie between."""
    suspect = [(m.first, m.last) for m in turn.marks if m.kind == "suspect"]
    run: list[int] = []
    for i, word in enumerate(turn.words):
        if any(first <= word.id <= last for first, last in suspect):
            if run:
                yield run
            run = []
        elif word.text and not word.is_note:
            run.append(i)
    if run:
        yield run


def _split(words: Sequence[Word], stretch: Sequence[int]) -> Iterator[list[int]]:
    sentence: list[int] = []
    for n, i in enumerate(stretch):
        sentence.append(i)
        following = words[stretch[n + 1]].text if n + 1 < len(stretch) else ""
        if not following or ends_sentence(words[i].text, following):
            yield sentence
            sentence = []


def ends_sentence(word: str, following: str) -> bool:
    """Whether a sentence ends after `word`, when `following` comes next.

    >>> ends_sentence("done.", "Then"), ends_sentence("Dr.", "Jones"), ends_sentence("well...", "yes")
    (True, False, False)
    """
    core = word.rstrip(_CLOSING)
    if not core or core[-1] not in _ENDS:
        return False
    if core[-1] not in ".…":
        return True
    stem = core.rstrip(".…").lower().lstrip("\"'“‘([")
    if stem in _ABBREVIATIONS or (len(stem) == 1 and stem.isalpha() and stem != "i"):
        return False
    trails = core.endswith(("…", "..")) or "." in stem  # "well..." and "the U.S." go on before a small letter
    return not (trails and following.lstrip("\"'“‘([")[:1].islower())


def _shorten(words: Sequence[Word], sentence: Sequence[int]) -> Iterator[Sequence[int]]:
    """A sentence of more than LONGEST words, cut at its longest pauses, else after commas, else in the middle."""
    pending = [sentence]
    while pending:
        part = pending.pop()
        if len(part) <= LONGEST:
            yield part
            continue
        cut = max(range(SHORTEST, len(part) - SHORTEST + 1), key=partial(_fitness, words, part))
        pending += [part[cut:], part[:cut]]


def _fitness(words: Sequence[Word], part: Sequence[int], cut: int) -> tuple[float, bool, int]:
    before, after = words[part[cut - 1]], words[part[cut]]
    pause = 0.0 if before.end is None or after.start is None else round(max(0.0, after.start - before.end), 1)
    return pause, before.text.rstrip(_CLOSING).endswith((",", ";", ":", "–", "-")), -abs(2 * cut - len(part))
