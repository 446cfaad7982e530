"""Where English words deny what follows: "not safe", "never felt safe", "without any support".

The rule is NegEx's (Chapman et al. 2001, Journal of Biomedical Informatics 34): a word of denial reaches over the next
five words of its sentence, unless a word ends its reach before. It is no grammar: "it was never not safe" is beyond it.
"""

from __future__ import annotations

from collections.abc import Sequence

REACH = 5  # words that may stand between the denial and what it denies
CUES = frozenset(
    "not no never neither nor none nobody nothing nowhere without cannot cant dont doesnt didnt isnt wasnt arent "
    "werent wont wouldnt couldnt shouldnt hasnt havent hadnt aint lack lacks lacked lacking hardly scarcely barely "
    "rarely seldom unable".split()
)
ENDS = frozenset("but however although though yet except because since whereas while unless until so".split())
# Pairs that look like a denial and are none.
NO_DENIAL = frozenset(
    tuple(pair.split()) for pair in ("not only", "not just", "not least", "not merely", "no doubt", "no wonder")
)


def is_cue(word: str) -> bool:
    """Whether a folded word denies.

    >>> is_cue("don't"), is_cue("note")
    (True, False)
    """
    return word in CUES or word.endswith("n't")


def denied(words: Sequence[str]) -> list[bool]:
    """For each folded word of a sentence, whether one before it denies it.

    >>> denied("it is not really safe but quick".split())
    [False, False, False, True, True, False, False]
    """
    told, cue = [], -REACH - 2
    for n, word in enumerate(words):
        told.append(n - cue <= REACH + 1)
        if word in ENDS:
            told[-1], cue = False, -REACH - 2
        elif is_cue(word) and (word, words[n + 1] if n + 1 < len(words) else "") not in NO_DENIAL:
            cue = n
    return told
