"""Queries over codes and words, in one line: `partnership AND conflict NEAR/5 safety AND NOT "ward*"`.

    KEY            passages under a code and the codes below it; `disch*` is every code of that shape, `*` any code
    only:KEY       the code itself, without those below it
    "words"        sentences with these words next to one another; * and ? stand for letters, `"ward*"`
    A AND B        where both are: passages that overlap, together
    A OR B         either
    A AND NOT B    passages of A that no passage of B overlaps; `A NOT B` is the same
    A NEAR/5 B     both and what lies between, at most 5 turns apart; NEAR alone is NEAR/3, NEAR/40w counts words
    ( )            first what is within; else NEAR, then AND and NOT from left to right, then OR

Operators are written in capitals, so that a code may be called "not".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from copipe.errors import UsageError
from copipe.records import Code, Codebook, Word

MOST_BRACKETS = 50  # in a query; people write two or three, and reading is recursive
NEAR = 3  # turns apart, where a query does not say: a question, its answer and a word between
OPERATORS = ("AND", "OR", "NOT", "NEAR")
Place = tuple[int, int]  # half-open range of indices in the words of a meeting

_TOKEN = re.compile(
    r'\s*(?:(?P<text>"[^"]*"|“[^”]*”)|(?P<bracket>[()])|(?P<near>NEAR(?:/(?P<n>\d+)(?P<unit>w|t)?)?)(?=[\s(")]|$)'
    r"|(?P<word>[^\s()\"“]+))"
)


@dataclass(frozen=True, slots=True)
class CodeIs:
    """Passages under any of these code keys; `said` is how it was written."""

    said: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Says:
    """Sentences in which these words (globs, folded) follow one another."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Both:
    left: Query
    right: Query


@dataclass(frozen=True, slots=True)
class Either:
    left: Query
    right: Query


@dataclass(frozen=True, slots=True)
class Without:
    left: Query
    right: Query


@dataclass(frozen=True, slots=True)
class Near:
    """`apart` counts turns from one to the other, or the words between them."""

    left: Query
    right: Query
    apart: int
    unit: Literal["turn", "word"]


Query = CodeIs | Says | Both | Either | Without | Near


@dataclass(frozen=True, slots=True)
class Searched:
    """What a query is asked of: the words of one meeting, the turn of each, sentences, and coded places by code key."""

    words: Sequence[Word]
    turn_of: Sequence[int]
    sentences: Sequence[Place]
    coded: Mapping[str, Sequence[Place]]


def parse(text: str, codebook: Codebook) -> Query:
    """Read a query. UsageError says where it goes wrong, with the code that may have been meant."""
    reader = _Reader(_tokens(text), codebook, text)
    if text.count("(") > MOST_BRACKETS:
        raise UsageError(f"The query has more than {MOST_BRACKETS} brackets.", "Ask for less at once.")
    query = reader.either()
    if reader.at < len(reader.tokens):
        token = reader.tokens[reader.at]
        if token.kind == "bracket":
            raise reader.wrong(token, "this bracket closes nothing", "Take it out, or open one before.")
        raise reader.wrong(token, "an operator is missing before this", "Put AND, OR, AND NOT or NEAR between the two.")
    return query


def keys_of(query: Query) -> frozenset[str]:
    """The codes that a query asks for; those it excludes are not among them."""
    if isinstance(query, CodeIs):
        return query.keys
    if isinstance(query, Says):
        return frozenset()
    if isinstance(query, Without):
        return keys_of(query.left)
    return keys_of(query.left) | keys_of(query.right)


def evaluate(query: Query, searched: Searched) -> tuple[Place, ...]:
    """The places that answer a query, in order of speech, none twice."""
    return tuple(sorted(set(_places(query, searched))))


def says(words: Sequence[str], patterns: Sequence[str]) -> bool:
    """Whether words (folded, see `folded`) that fit the patterns stand next to one another.

    >>> says(["on", "the", "wards"], ["the", "ward*"])
    True
    """
    width = len(patterns)
    return any(
        all(_fits(word, pattern) for word, pattern in zip(words[i : i + width], patterns, strict=True))
        for i in range(len(words) - width + 1)
    )


def patterns(text: str) -> tuple[str, ...]:
    """The words of a text to look for, as `says` wants them. UsageError where there are none."""
    found = tuple(p for p in (folded(part, keep="*?") for part in text.split()) if p)
    if not found or all(set(p) <= {"*", "?"} for p in found):
        raise UsageError("There is no word to look for.", 'Write words: "ward", "ward*", "on the ward".')
    return found


def plain_words(words: Iterable[Word]) -> list[str]:
    """What is said, folded; without notes. A replaced name is its parts: "[a hospital]" is "a" and "hospital"."""
    parts = (folded(part) for word in words if not word.is_note for part in word.text.split())
    return [part for part in parts if part]


def folded(text: str, keep: str = "") -> str:
    """A word without case, and without the signs before and after it; apostrophes are all one.

    >>> folded("“Don’t,"), folded("ward*,", keep="*?")
    ("don't", 'ward*')
    """
    plain = text.casefold().replace("’", "'").replace("‘", "'")
    low, high = 0, len(plain)
    while low < high and not (plain[low].isalnum() or plain[low] in keep):
        low += 1
    while low < high and not (plain[high - 1].isalnum() or plain[high - 1] in keep):
        high -= 1
    return plain[low:high]


def near_codes(said: str, codes: Iterable[Code]) -> str:
    """A sentence with the codes that may have been meant; how to see all codes where none is near."""
    names: dict[str, Code] = {}
    for code in codes:
        for name in (code.key, code.label, *getattr(code, "aliases", ())):
            names.setdefault(name.casefold(), code)
    wanted = said.casefold()
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    close += [name for name in names if len(wanted) > 2 and wanted in name]
    meant = list(dict.fromkeys(names[name].key for name in close))[:3]
    by_key = {code.key: code for code in names.values()}
    if not meant:
        return "`copipe codebook show` lists the codes."
    return "Did you mean " + ", or ".join(f"{key} ({by_key[key].label})" for key in meant) + "?"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # word | text | bracket | near
    said: str
    at: int
    apart: int = NEAR
    unit: Literal["turn", "word"] = "turn"


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise UsageError(f"The query has a quotation mark that is not closed: {text[at:].strip()[:20]} ...")
        kind = next(k for k in ("text", "bracket", "near", "word") if match[k] is not None)
        apart = int(match["n"]) if match["n"] else NEAR
        found.append(_Token(kind, match[kind], match.start(kind), apart, "word" if match["unit"] == "w" else "turn"))
        at = match.end()
    if not found:
        raise UsageError("The query is empty.", 'For example: "partnership AND conflict NEAR/5 safety".')
    return found


@dataclass(slots=True)
class _Reader:
    """Reads tokens from left to right; each method one level of precedence."""

    tokens: list[_Token]
    codebook: Codebook
    text: str
    at: int = 0

    def wrong(self, token: _Token, what: str, hint: str) -> UsageError:
        return UsageError(f"The query goes wrong at {token.said!r} (character {token.at + 1}): {what}.", hint)

    def peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def takes(self, *operators: str) -> bool:
        """Take the next tokens if they are these operators."""
        following = self.tokens[self.at : self.at + len(operators)]
        if [t.said for t in following if t.kind == "word"] != list(operators):
            return False
        self.at += len(operators)
        return True

    def either(self) -> Query:
        left = self.both()
        while self.takes("OR"):
            left = Either(left, self.both())
        return left

    def both(self) -> Query:
        left = self.near()
        while True:
            if self.takes("AND", "NOT") or self.takes("NOT"):
                left = Without(left, self.near())
            elif self.takes("AND"):
                left = Both(left, self.near())
            else:
                return left

    def near(self) -> Query:
        left = self.operand()
        while (token := self.peek()) is not None and token.kind == "near":
            self.at += 1
            left = Near(left, self.operand(), token.apart, token.unit)
        return left

    def operand(self) -> Query:
        token = self.peek()
        if token is None:
            raise UsageError(
                f"The query ends where a code should stand: {self.text.strip()!r}.", "Put a code or words in quotes."
            )
        self.at += 1
        if token.said == "(":
            inner = self.either()
            closing = self.peek()
            if closing is None or closing.said != ")":
                raise self.wrong(closing or token, "the bracket is not closed before this", "Put ) where it ends.")
            self.at += 1
            return inner
        if token.kind == "text":
            return Says(patterns(token.said.strip('"“”')))
        if token.kind == "word" and token.said == "NOT":
            raise self.wrong(
                token, "NOT needs something to take away from", "Write A AND NOT B; `* AND NOT B` is any code but B."
            )
        if token.kind != "word" or token.said in OPERATORS:
            raise self.wrong(token, "a code should stand here", "An operator stands between two codes.")
        return CodeIs(token.said, self.codes(token))

    def codes(self, token: _Token) -> frozenset[str]:
        name = token.said
        only = name.startswith("only:")
        name = name.removeprefix("only:")
        wanted = name.casefold()
        codes = self.codebook.codes
        if set(name) & {"*", "?"}:
            found = [code.key for code in codes if fnmatchcase(code.key.casefold(), wanted)]
        else:
            found = [
                code.key
                for code in codes
                if wanted in (code.key.casefold(), *(a.casefold() for a in getattr(code, "aliases", ())))
            ]
        if not found:
            if wanted.upper() in OPERATORS and name != name.upper():
                raise self.wrong(
                    token, "there is no code of this name", f"Operators are in capitals: {wanted.upper()}."
                )
            raise self.wrong(token, "there is no code of this name", near_codes(name, codes))
        return frozenset(found if only else (key for root in found for key in below(root, codes)))


def below(key: str, codes: Sequence[Code]) -> tuple[str, ...]:
    """A code and all codes under it, at any depth, in the order of the codebook."""
    under: dict[str, list[str]] = {}
    for code in codes:
        under.setdefault(code.parent, []).append(code.key)
    chosen: set[str] = set()
    waiting = [key]
    while waiting:
        if (next_key := waiting.pop()) not in chosen:
            chosen.add(next_key)
            waiting += under.get(next_key, [])
    return tuple(code.key for code in codes if code.key in chosen)


def _places(query: Query, searched: Searched) -> Iterable[Place]:
    if isinstance(query, CodeIs):
        return [place for key in query.keys for place in searched.coded.get(key, ())]
    if isinstance(query, Says):
        return _saying(query.words, searched)
    left, right = evaluate(query.left, searched), evaluate(query.right, searched)
    if isinstance(query, Either):
        return [*left, *right]
    if isinstance(query, Without):
        return [a for a in left if not any(_overlap(a, b) for b in right)]
    if isinstance(query, Both):
        return _together((min(a[0], b[0]), max(a[1], b[1])) for a, b in _pairs(left, right, _overlap))
    near = _nearness(query, searched)
    return _together((min(a[0], b[0]), max(a[1], b[1])) for a, b in _pairs(left, right, near))


def _pairs(
    left: Sequence[Place], right: Sequence[Place], fit: Callable[[Place, Place], bool]
) -> Iterator[tuple[Place, Place]]:
    return ((a, b) for a in left for b in right if fit(a, b))


def _overlap(a: Place, b: Place) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _nearness(query: Near, searched: Searched) -> Callable[[Place, Place], bool]:
    def near(a: Place, b: Place) -> bool:
        if _overlap(a, b):
            return True
        first, second = sorted((a, b))
        if query.unit == "word":
            between = searched.words[first[1] : second[0]]
            return sum(bool(word.text) for word in between) <= query.apart
        return searched.turn_of[second[0]] - searched.turn_of[first[1] - 1] <= query.apart

    return near


def _together(places: Iterable[Place]) -> Iterator[Place]:
    """Places that overlap become one."""
    run: Place | None = None
    for place in sorted(set(places)):
        if run is None:
            run = place
        elif place[0] < run[1]:
            run = (run[0], max(run[1], place[1]))
        else:
            yield run
            run = place
    if run is not None:
        yield run


def _saying(wanted: Sequence[str], searched: Searched) -> Iterator[Place]:
    for low, high in searched.sentences:
        if says(plain_words(searched.words[low:high]), wanted):
            yield low, high


def _fits(word: str, pattern: str) -> bool:
    return fnmatchcase(word, pattern.replace("[", "[[]")) if set(pattern) & {"*", "?"} else word == pattern
