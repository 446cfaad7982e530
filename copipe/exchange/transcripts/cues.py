"""What readers of transcripts hand on to be numbered: text with a speaker tag, and times where there are any."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from copipe.records import Segment, Word, word_id

LABEL = r"[^\W_a-z][\w.'’&/-]*(?: (?:(?:de|der|den|van|von|of|and|la|le|du|the)\b|\(?[^\W_a-z][\w.'’&/-]*\)?)){0,4}"
"""A speaker tag as a regular expression: up to five words with capitals ("SN1", "Dr J. van Dyke", "Ann (Guest)")."""

# Begins many a line of ordinary speech or of a typed header, and is nobody's name.
_NOT_A_SPEAKER = frozenset(
    {"also", "and", "anyway", "because", "but", "example", "finally", "first", "fyi", "lastly", "maybe", "nb", "next"}
    | {"no", "note", "now", "oh", "ok", "okay", "or", "plus", "ps", "remember", "right", "second", "secondly", "so"}
    | {"then", "third", "todo", "well", "yeah", "yes"}
)
# A tag in any case: up to five words, and what is in round brackets behind them ("kayleigh", "Sal (from the ward)").
_SMALL = r"[^\W\d_][\w.'’&/-]*(?: [\w.'’&/-]+){0,4}(?: \([^()]{1,60}\))?"
_MARKED, _MARKED_SMALL = (
    re.compile(rf"[-–—]?\s*(?:\*\*|__)?(?P<label>{label})(?:\*\*|__)?\s?:(?:\*\*|__)?(?:\s+|$)(?P<text>.*)")
    for label in (LABEL, _SMALL)
)
# Words of a sentence that may stand before a colon, and not of what somebody is called.
_OF_SPEECH = frozenset(
    """
    i you he she it we they me him us them my your his its our their this that these those here there what who why how
    when where which is are was were be been am has have had do does did said say says told tell asked ask asks thought
    think know knows see means mean remember for example instance question answer point thing things word words idea
    problem reason rule fact truth to in on at by with as if not all some any more only just very like about after
    before from into until because than one two three four following summary conclusion title agenda item date time
    """.split()
)
_NO_SIGN = re.compile(r"&#(?=[xX]?[0-9a-fA-F]{9})")  # html.unescape raises for one of thousands of digits
_ENDS = (".", "!", "?", "…", '"', "'", "”", "’", ")", "]", ":", "–", "—", "-")
# "(laughs)", "[inaudible 00:12:03]": up to twelve words in brackets are a remark of whoever typed it; more are speech.
_TOKEN = re.compile(r"[(\[](?P<note>[^\s()\[\]]+(?: [^\s()\[\]]+){0,11})[)\]](?P<stop>[.,;:?!]*)(?=\s|$)|\S+")


@dataclass(frozen=True, slots=True)
class Cue:
    """Text by one speaker ("" where the file does not say), from `start` to `end` in seconds."""

    label: str
    text: str
    start: float | None = None
    end: float | None = None


def segments(cues: Iterable[Cue], meeting: str, remarks: bool = True) -> tuple[Segment, ...]:
    """The cues as segments, their words numbered through the meeting from 1; cues without words are left out.

    Without `remarks`, what stands in brackets is text like any other.

    A cue's time is shared out among its words by their length, since letters are spoken at a steadier rate than words:
    good to about a second in captions, which is what a citation needs.
    """
    made = []
    ordinal = 1
    for cue in cues:
        texts = tokens(cue.text) if remarks else cue.text.split()
        if not texts:
            continue
        words = tuple(
            Word(word_id(meeting, ordinal + number), start, end, text)
            for number, (text, (start, end)) in enumerate(zip(texts, _times(texts, cue), strict=True))
        )
        ordinal += len(words)
        made.append(Segment(words[0].start, words[-1].end, words, cue.label))
    return tuple(made)


def unescaped(text: str) -> str:
    """A text with its entities (`&uuml;`) as signs; a number that is no sign's ("&#99999999999;") stays as it is.

    >>> unescaped("M&uuml;ller &#27;"), unescaped("&#" + "9" * 30 + ";")[:4]
    ('Müller ', '&#99')
    """
    return html.unescape(_NO_SIGN.sub("&amp;#", text)) if "&" in text else text


def tokens(text: str) -> list[str]:
    """The words of a text with their punctuation; a remark in brackets is one word, in round brackets.

    >>> tokens("Well, [laughs softly] no.")
    ['Well,', '(laughs softly)', 'no.']
    """
    return [f"({found['note']}){found['stop']}" if found["note"] else found[0] for found in _TOKEN.finditer(text)]


def share_out(parts: Sequence[tuple[str, str]], start: float, end: float) -> Iterator[Cue]:
    """Cues of the (label, text) `parts` of one timed cue, each with a share of the time by the length of its text."""
    total = sum(len(text) for _, text in parts)
    said, begin = 0, start
    for label, text in parts:
        said += len(text)
        upto = end if said == total else start + (end - start) * said / total
        yield Cue(label, text, begin, upto)
        begin = upto


def marked_speaker(line: str, listed: Collection[str] = ()) -> tuple[str, str] | None:
    """The "NAME" and the rest of a line that looks like "NAME: what was said"; None for any other line.

    Those who are `listed` (casefolded) may be written in small letters as well, or with a remark in brackets.
    """
    found = _MARKED.fullmatch(line.strip())
    if found is None:
        found = _MARKED_SMALL.fullmatch(line.strip()) if listed else None
        if found is None or found["label"].casefold() not in listed:
            return None
    if found["label"].casefold() in _NOT_A_SPEAKER:
        return None
    return found["label"], found["text"]


def speakers_among(lines: Sequence[str], listed: Collection[str] = ()) -> frozenset[str]:
    """Which beginnings of `lines` are speakers, since people say "I told him: ..." as well.

    A tag counts when it is `listed` (casefolded), in capitals ("SN1:"), or begins more than one line. Where two such
    speakers talk, or at least half of the lines begin with a tag that counts, every tag does, so that somebody who
    speaks once is not taken for whoever spoke before: a false speaker is seen and can be put right, words under a wrong
    one are not. Then one in small letters does, too ("the social worker:"), where the line before has come to an end.
    """
    seen = Counter(marked[0] for line in lines if (marked := marked_speaker(line, listed)))
    sure = {label for label, times in seen.items() if times > 1 or label.isupper() or label.casefold() in listed}
    if len(sure) > 1 or 2 * sum(seen[label] for label in sure) >= len([line for line in lines if line.strip()]):
        sure |= set(seen)
        sure |= set(_in_small_letters(lines))
    return frozenset(sure)


def _in_small_letters(lines: Sequence[str]) -> Iterator[str]:
    before = "."
    for line in (stripped for line in lines if (stripped := line.strip())):
        found = _MARKED_SMALL.fullmatch(line)
        if found and before.endswith(_ENDS):
            words = found["label"].partition(" (")[0].casefold().split()
            if _OF_SPEECH.isdisjoint(words) and words[0] not in _NOT_A_SPEAKER:
                yield found["label"]
        before = line


def _times(texts: Sequence[str], cue: Cue) -> Iterator[tuple[float | None, float | None]]:
    if cue.start is None or cue.end is None:
        for _ in texts:
            yield None, None
        return
    total = sum(len(text) + 1 for text in texts)
    said, begin = 0, cue.start
    for text in texts:
        said += len(text) + 1
        upto = cue.end if said == total else cue.start + (cue.end - cue.start) * said / total
        yield begin, upto
        begin = upto
