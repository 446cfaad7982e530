"""Which words and phrases are more frequent here than elsewhere: the terms of a meeting, seeds to propose for a code.

Keyness is the log-likelihood ratio G2 of Dunning (1993), "Accurate Methods for the Statistics of Surprise and
Coincidence", in the two-cell form that Rayson and Garside (2000) use for comparing corpora. 3.84 is p < 0.05 for one
term looked at alone; here it ranks and cuts, and proves nothing.
"""

from __future__ import annotations

import importlib.util
import itertools
import math
import runpy
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from copipe.code.tokens import fold
from copipe.records import Turn

LEAST = 10.83  # G2 at p < 0.001, since a meeting is searched for thousands of terms at once
OFTEN = 3  # times that a term must be said; once or twice is chance, or a name
# Words that carry a conversation and not its subject, beside the function words of the language.
_TALK = frozenset(
    "yeah yes no okay ok right um uh er erm mm hmm mhm oh ah well just really actually basically obviously "
    "probably maybe kind sort lot lots bit thing things something anything everything stuff way got get getting "
    "gets going go goes gonna gone went come came coming know knows think thinks thought mean means say says said "
    "saying want wanted need needed make makes made put look looking looked see saw good great yep sure fine "
    "exactly absolutely let's i'm i've i'd i'll it's that's there's what's he's she's we're we've we'd we'll "
    "you're you've you'd you'll they're they've they'd don't didn't doesn't isn't wasn't aren't weren't can't "
    "couldn't won't wouldn't shouldn't haven't hasn't hadn't like also one two three quite back still people time "
    "day today".split()
)


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase of two, how often it is said here and elsewhere, and its keyness (G2)."""

    text: str
    here: int
    elsewhere: int
    keyness: float


def counts(turns: Iterable[Turn]) -> Counter[str]:
    """How often each word, and each pair of neighbours, is said; what stands for a name is left out.

    A phrase does not reach across a turn, a replacement or a function word. The total of words is under "".
    """
    found: Counter[str] = Counter()
    idle = idle_words()
    for turn in turns:
        for words in _stretches(turn):
            found[""] += len(words)
            found.update(w for w in words if _counts(w, idle))
            found.update(f"{a} {b}" for a, b in itertools.pairwise(words) if _counts(a, idle) and _counts(b, idle))
    return found


def terms(here: Mapping[str, int], elsewhere: Mapping[str, int], most: int = 12) -> tuple[Term, ...]:
    """The terms said more here than elsewhere by keyness, strongest first; without an elsewhere the most frequent.

    Of a phrase and a word of it that is hardly said outside the phrase, the phrase alone is kept.
    """
    found: list[Term] = []
    for text, number in here.items():
        if not text or number < OFTEN:
            continue
        other = elsewhere.get(text, 0)
        g2 = log_likelihood(number, here[""], other, elsewhere.get("", 0))
        if not elsewhere.get("") or (g2 >= LEAST and number * elsewhere[""] > other * here[""]):
            found.append(Term(text, number, other, g2))
    found.sort(key=lambda t: (-t.keyness, -t.here, t.text))
    phrases = {t.text: t.here for t in found if " " in t.text}
    covered = {w for phrase, n in phrases.items() for w in phrase.split() if here.get(w, 0) < 1.5 * n}
    return tuple(t for t in found if t.text not in covered)[:most]


def log_likelihood(here: int, size: int, other: int, other_size: int) -> float:
    """G2 of a term said `here` times in `size` words, and `other` times in `other_size` words.

    >>> round(log_likelihood(20, 1000, 10, 9000), 1)  # 2 % against 0.1 %
    56.0
    """
    together = here + other
    if not together or not size:
        return 0.0
    g2 = 0.0
    for seen, words in ((here, size), (other, other_size)):
        expected = words * together / (size + other_size)
        g2 += seen * math.log(seen / expected) if seen else 0.0
    return 2 * g2


def _counts(word: str, idle: Set[str]) -> bool:
    return len(word) > 2 and word not in idle and not word.isdigit()


def _stretches(turn: Turn) -> Iterable[Sequence[str]]:
    """The words of a turn, folded, in stretches between what was replaced, is suspect, or is a note."""
    marks = [(m.first, m.last) for m in turn.marks if m.kind in ("replaced", "masked", "excluded", "suspect")]
    run: list[str] = []
    for word in turn.words:
        if word.is_note or any(first <= word.id <= last for first, last in marks):
            if run:
                yield run
            run = []
        else:
            run += fold(word.text)
    if run:
        yield run


@cache
def idle_words() -> frozenset[str]:
    """Function words of English, and words that carry a conversation.

    spaCy's list stands in a module of its own that needs nothing: it is read without spaCy, which takes two seconds.
    """
    spacy = importlib.util.find_spec("spacy")
    assert spacy is not None and spacy.submodule_search_locations
    path = Path(spacy.submodule_search_locations[0]) / "lang" / "en" / "stop_words.py"
    return frozenset(runpy.run_path(str(path))["STOP_WORDS"]) | _TALK
