"""Where a decision is anchored: word ids, and the time and digest that find the place in a new transcription.

A digest is no speech: it is short, of the words' letters and digits alone, so that a comma or a capital more changes
nothing. It is not a secret either: whoever guesses the words can confirm the guess.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from copipe.records import Span, Word

DIGEST_DIGITS = 8  # hex digits; 32 bits tell apart the spans of one time window, and of 20,000 words by and large
TOLERANCE = 1.0  # seconds; two engines put the same word some 0.3 s apart, and a span's edge may lie in a pause
EDGE = 3  # words by which a span may be wider or narrower where a word is written as two, or two as one


def plain(text: str) -> str:
    """What of a word counts when two are compared: letters and digits, casefolded.

    >>> plain("Don't,")
    'dont'
    """
    text = text.casefold()
    return text if text.isalnum() else "".join(c for c in text if c.isalnum())


def _hash(plains: Sequence[str]) -> str:
    return hashlib.blake2b(" ".join(plains).encode(), digest_size=DIGEST_DIGITS // 2).hexdigest()


def plains(words: Sequence[Word]) -> list[str]:
    """One for each word: "" for a note and for a word without letters, which count for nothing."""
    return ["" if w.is_note else plain(w.text) for w in words]


def digest(words: Sequence[Word]) -> str:
    """Short hex digest of what the words say, without case, punctuation and notes."""
    return digest_of(plains(words))


def digest_of(plains: Iterable[str]) -> str:
    """As `digest`, of what `plains` gave for the words."""
    return _hash([p for p in plains if p])


def span(meeting: str, words: Sequence[Word], source: str) -> Span:
    """The anchor of `words`, which follow one another; `source` is the digest of their transcription.

    Raises ValueError where there are no words: nothing can be anchored to nothing.
    """
    if not words:
        raise ValueError(f"{meeting}: a span needs at least one word")
    start = next((w.start for w in words if w.start is not None), None)
    end = next((w.end for w in reversed(words) if w.end is not None), None)
    return Span(meeting, words[0].id, words[-1].id, start, end, digest(words), source)


def place(span: Span, words: Sequence[Word], source: str, exact: bool = False) -> tuple[int, int] | None:
    """Where `span` lies in `words` (all of its meeting's, in order of speech), as a half-open range of indices.

    In its own transcription the ids say it, whatever has been corrected since; None where all of them are gone. In
    another, the words within TOLERANCE of its times that have its digest, closest in time first; failing that, unless
    `exact`, the words that fill its time (an engine gets one word in six wrong, so an equal digest is luck for a long
    span). Without times, the one place with the digest. None where nothing, or nothing unique, is found.
    """
    if not words:
        return None
    if span.source == source:
        low = bisect_left(words, span.first, key=_id)  # ids sort as the words were said
        high = bisect_right(words, span.last, key=_id)
        return (low, high) if low < high else None
    if span.start is None or span.end is None or all(w.start is None for w in words):
        return _by_digest(span, words)
    found = _by_time_and_digest(span.start, span.end, span.digest, words)
    return found if found or exact else _by_time(span.start, span.end, words)


def _by_time_and_digest(start: float, end: float, wanted: str, words: Sequence[Word]) -> tuple[int, int] | None:
    starts = [i for i, w in enumerate(words) if w.start is not None and abs(w.start - start) <= TOLERANCE]
    stops = [i + 1 for i, w in enumerate(words) if w.end is not None and abs(w.end - end) <= TOLERANCE]
    if not starts or not stops:
        return None
    low = starts[0]
    said = plains(words[low : stops[-1]])
    best: tuple[float, int, int] | None = None
    for i in starts:
        for j in stops:
            if i < j and digest_of(said[i - low : j - low]) == wanted:
                off = abs((words[i].start or 0.0) - start) + abs((words[j - 1].end or 0.0) - end)
                if best is None or off < best[0]:
                    best = (off, i, j)
    return best and best[1:]


def _by_time(start: float, end: float, words: Sequence[Word]) -> tuple[int, int] | None:
    """The words whose middle lies in the time, if they fill it to within TOLERANCE at both ends."""
    inside = [
        i
        for i, w in enumerate(words)
        if w.start is not None and w.end is not None and start <= (w.start + w.end) / 2 <= end
    ]
    if not inside:
        return None
    first, last = words[inside[0]], words[inside[-1]]
    if abs((first.start or 0.0) - start) > TOLERANCE or abs((last.end or 0.0) - end) > TOLERANCE:
        return None
    return inside[0], inside[-1] + 1


def _by_digest(span: Span, words: Sequence[Word]) -> tuple[int, int] | None:
    said = plains(words)
    at = [i for i, p in enumerate(said) if p]  # a place begins and ends with a word that counts
    spoken = [said[i] for i in at]
    found = [
        (at[k], at[k + width - 1] + 1)
        for width in _widths(span)
        for k in range(len(at) - width + 1)
        if _hash(spoken[k : k + width]) == span.digest
    ]
    return found[0] if len(found) == 1 else None


def _widths(span: Span) -> Iterator[int]:
    """How many words the span may have; its ids count those of its transcription, not what was inserted since."""
    about = _ordinal(span.last) - _ordinal(span.first) + 1
    return (n for n in range(max(1, about - EDGE), about + EDGE + 1))


def _id(word: Word) -> str:
    return word.id


def _ordinal(word_id: str) -> int:
    digits = word_id.rpartition(":")[2].partition(".")[0]
    return int(digits) if digits.isdigit() else 0
