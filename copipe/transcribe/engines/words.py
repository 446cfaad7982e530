"""Words of a sentence from the pieces that both Whisper engines time."""

from __future__ import annotations

from collections.abc import Iterable

from copipe.records import Word

# Languages written without spaces between words, as `whisper/tokenizer.py` (`split_to_word_tokens`) lists them
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})


def words(pieces: Iterable[tuple[str, float, float, float]], language: str) -> tuple[Word, ...]:
    """Words without ids from (text, start, end, probability), times in seconds.

    Whisper times "in-house" as " in" and "-house": a piece without a space before it belongs to the word before. The
    joined word is as probable as its least probable piece.
    """
    found: list[Word] = []
    for text, start, end, probability in pieces:
        bare = text.strip()
        if not bare:
            continue
        if found and not text[0].isspace() and language not in UNSPACED:
            before = found[-1]
            probability = min(probability, before.probability or 0.0)
            found[-1] = Word("", before.start, float(end), before.text + bare, float(probability))
        else:
            found.append(Word("", float(start), float(end), bare, float(probability)))
    return tuple(found)


def glossary(vocabulary: Iterable[str]) -> str | None:
    """The words to expect as Whisper is told of them before every window; None for none.

    The form matters more than one would think. Word error rate of tiny.en on eight recordings that hold next to none of
    the words: 19.6 % without, 20.7 % as "Glossary: ...", 25 to 39 % as a bare list or within a sentence. What is done
    about the rest of the harm stands in `vocabulary.py`.
    """
    listed = ", ".join(vocabulary)
    return f"Glossary: {listed}" if listed else None
