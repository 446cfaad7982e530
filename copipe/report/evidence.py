"""How far the evidence for a code carries: quotations that stand for it, where it is thin, where it is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copipe.report.corpus import VISITORS, Corpus, Found, count
from copipe.report.tallies import Shelf

EXEMPLARS = 3  # quotations for a code in a synthesis; the reports of the meetings have them all
FEW_PASSAGES, FEW_MEETINGS, FEW_VOICES = 3, 2, 2  # fewer are called thin; our choice, said where it is used
SPOKE = 200  # words that somebody must have said before it means anything that a code is not among them


@dataclass(frozen=True, slots=True)
class Standing:
    """How a code stands: passages, sources, voices, and what is thin about it ("" for nothing)."""

    shelf: Shelf
    found: tuple[Found, ...]
    meetings: tuple[str, ...]
    voices: tuple[str, ...]
    thin: str
    absent_meetings: tuple[str, ...]
    silent: tuple[str, ...]
    rejected: int


def standings(corpus: Corpus) -> tuple[Standing, ...]:
    """Every code that has seeds or passages, or nothing below it, in the order of the codebook."""
    begun = any(item.accepted for found in corpus.found.values() for item in found)
    return tuple(_standing(corpus, shelf, begun) for shelf in corpus.shelves if _counts(corpus, shelf))


def exemplars(found: Sequence[Found], most: int = EXEMPLARS) -> tuple[Found, ...]:
    """Passages that stand for a code: spread over meetings and speakers, accepted and checked ones before others.

    Each time the next is the one that adds most: a new meeting and a new voice before either alone, before neither;
    among those an accepted passage, one of a checked transcript, the higher score, the earlier. Shown in order of time.
    """
    left = list(found)
    chosen: list[Found] = []
    if any(item.accepted for item in left):
        left = [item for item in left if item.accepted]  # what a person chose stands before what a machine proposes
    while left and len(chosen) < most:
        meetings = {item.view.meeting.code for item in chosen}
        voices = {item.column for item in chosen}

        def adds(item: Found, meetings: set[str] = meetings, voices: set[str] = voices) -> tuple[float, ...]:
            new = (item.view.meeting.code not in meetings) + (item.column not in voices)
            return (new, item.view.checked, item.coding.score)

        said = {item.coding.span.digest for item in chosen}
        left = [item for item in left if item.coding.span.digest not in said]  # the same words show nothing new
        if not left:
            break
        best = max(left, key=adds)
        if chosen and not adds(best)[0]:
            break  # more of the same meeting and voice shows nothing new
        chosen.append(best)
        left.remove(best)
    return tuple(item for item in found if item in chosen)


def _counts(corpus: Corpus, shelf: Shelf) -> bool:
    has_below = any(shelf.code in other.above for other in corpus.shelves)
    return bool(shelf.code.seeds or corpus.found[shelf.code.key] or not has_below)


def _standing(corpus: Corpus, shelf: Shelf, begun: bool) -> Standing:
    found = corpus.found[shelf.code.key]
    meetings = tuple(dict.fromkeys(item.view.meeting.code for item in found))
    voices = tuple(role for role in corpus.roles if any(item.column == role for item in found))
    rejected = sum(
        coding.status == "rejected" and coding.code == shelf.code.key
        for view in corpus.views
        for coding in view.codings
    )
    return Standing(
        shelf,
        found,
        meetings,
        voices,
        _thin(found, meetings, voices, begun),
        tuple(v.meeting.code for v in corpus.views if v.meeting.code not in meetings),
        tuple(r for r in corpus.roles if r not in voices and _spoke(corpus, r) >= SPOKE),
        rejected,
    )


def _spoke(corpus: Corpus, role: str) -> int:
    return corpus.words_of(lambda view, column: column == role)


def _thin(found: Sequence[Found], meetings: Sequence[str], voices: Sequence[str], begun: bool) -> str:
    """What is thin; that nobody accepted a passage only where somebody has `begun` to: else it is so of all codes."""
    if not found:
        return "no passage"
    said = []
    if len(found) < FEW_PASSAGES:
        said.append("one passage" if len(found) == 1 else f"{len(found)} passages")
    if len(meetings) < FEW_MEETINGS:
        said.append("one meeting")
    if len(voices) < FEW_VOICES:
        said.append("visitors only" if voices == (VISITORS,) else "one role")
    if begun and not count(found).accepted:
        said.append("no passage accepted yet")
    return ", ".join(said)
