"""Names out, replacements in: over the words of turns, which keep their ids, and over plain text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from copipe.anonymise import roster as rosters
from copipe.anonymise.matching import Match
from copipe.anonymise.roster import Entry, Roster
from copipe.records import Mark, Turn, Word, WordId


def anonymise(turns: Sequence[Turn], roster: Roster) -> tuple[Turn, ...]:
    """Every turn with its names replaced and marked "replaced".

    Nothing is matched across a change of turn, nor between speech and a note. There are as many words as before, with
    their ids and times: where a name has several words the first takes the replacement and the others are empty.
    """
    return tuple(_turn(turn, roster) for turn in turns)


def anonymise_text(text: str, roster: Roster) -> str:
    """Plain text (notes, names of files) with its names replaced."""
    matcher = rosters.matcher(roster)
    # Again, until nothing is found: a replacement may come to stand beside a word it makes a form with. Each round
    # takes original letters away and no replacement is itself a form, so this ends.
    while matches := list(matcher.find(text)):
        text = _replaced(text, matches)
    return text


def _replaced(text: str, matches: Sequence[Match[Entry]]) -> str:
    out, at = [], 0
    for match in matches:
        out += [text[at : match.start], match.found.replacement]
        at = match.end
    return "".join([*out, text[at:]])


def _turn(turn: Turn, roster: Roster) -> Turn:
    words: list[Word] = []
    marks: list[Mark] = []
    run: list[Word] = []
    for word in turn.words:
        if word.is_note:
            words += [*_run(run, roster, marks), *_run([word], roster, marks)]
            run = []
        else:
            run.append(word)
    words += _run(run, roster, marks)
    return replace(turn, words=tuple(words), marks=turn.marks + tuple(marks)) if marks else turn


def _run(words: list[Word], roster: Roster, marks: list[Mark]) -> list[Word]:
    """`words` with names replaced; the marks go to the end of `marks`."""
    matcher = rosters.matcher(roster)
    covers: dict[WordId, tuple[WordId, str]] = {}  # first word of a name: its last word, and what kind of name
    while True:  # again, as in `anonymise_text`
        spoken = [number for number, word in enumerate(words) if word.text]
        matches = list(matcher.find(" ".join(words[number].text for number in spoken)))
        if not matches:
            break
        texts = _texts([words[number].text for number in spoken], matches, spoken, words, covers)
        for number, text in zip(spoken, texts, strict=True):
            words[number] = replace(words[number], text=text)
    marks += [Mark("replaced", first, last, kind) for first, (last, kind) in covers.items()]
    return words


def _texts(
    texts: Sequence[str],
    matches: Sequence[Match[Entry]],
    spoken: Sequence[int],
    words: Sequence[Word],
    covers: dict[WordId, tuple[WordId, str]],
) -> list[str]:
    """What each word says once names are replaced: the words of one name run together into the first of them.

    `matches` are in the `texts` joined by spaces; `covers` learns of each name.
    """
    starts = list(accumulate((len(text) + 1 for text in texts), initial=0))[:-1]
    owner = list(range(len(texts)))
    opening: dict[int, list[Match[Entry]]] = {}
    for match in matches:
        first, last = (bisect_right(starts, at) - 1 for at in (match.start, match.end - 1))
        opening.setdefault(first, []).append(match)
        for number in range(first + 1, last + 1):
            owner[number] = owner[first]
        mine, end = words[spoken[owner[first]]].id, words[spoken[last]].id
        before = covers.get(mine, (end, match.found.kind))
        covers[mine] = (max(before[0], end), before[1])
    parts: list[list[str]] = [[] for _ in texts]
    covered = 0  # what comes before this offset is said, or replaced
    for number, (start, text) in enumerate(zip(starts, texts, strict=True)):
        at = max(start, min(covered, start + len(text)))
        for match in opening.get(number, ()):
            parts[owner[number]] += [text[at - start : match.start - start], match.found.replacement]
            at = covered = match.end
        parts[owner[number]].append(text[at - start :] if at < start + len(text) else "")
    return ["".join(part) for part in parts]
