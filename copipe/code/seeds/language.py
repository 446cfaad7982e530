"""What a seed says: the small language in which a codebook says what proposes a code. docs/seeds.md is for users.

    partner              the word, in any case, with or without a possessive 's
    critical friend      the words in a row; hyphens, apostrophes and punctuation do not matter
    partner*  lead?r     * is any letters, ? one letter, within a word; a * alone between two words is any one word
    lead/VERB  */ADJ team          a word by its part of speech (Universal POS tags), as spaCy takes it
    lemma:manage conflict          dictionary forms in a row: "managed conflicts", "managing conflict"
    case:ICE                       in this case only
    affirmed:safe  negated:safe    only where it is not denied; only where it is ("not safe")
    re:\\bpart\\w+ of us\\b          a regular expression over the sentence; also /between slashes/
    discharge NEAR/5 plan*         both, at most 5 words apart (neighbours are 1 apart), in either order
    safeguarding AND (adult* OR vulnerable)      in the same sentence, turn, window or story: the unit of the code
    bank NOT river                 the first where the second is nowhere in the unit; AND NOT is the same
    "health AND safety"            within quotation marks an operator is a word

    seed    = [prefixes] regular expression | joined
    joined  = near {"AND" near | ["AND"] "NOT" near} | near {"OR" near}      AND and OR are not mixed without ( )
    near    = part {"NEAR/" number part}                                     from left to right
    part    = [prefixes] ( "(" joined ")" | words | quoted words )           prefixes hold for all that is in ( )

What a seed hits are the words themselves: each place of a phrase (which lies in one sentence), of AND each place of all
its parts where all are there, of NEAR each place that has a partner, of NOT the places on its left. Operators are in
capitals; in small letters they are words.
"""

from __future__ import annotations

import difflib
import functools
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from copipe.code.tokens import QUOTES, fold

TAGS = (  # universaldependencies.org/u/pos without signs, in the order of their bits in a parse
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "SCONJ", "VERB", "X",
)  # fmt: skip
FARTHEST = 100  # words that NEAR may reach; farther apart, two words have nothing to do with each other
DEEPEST = 20  # parentheses within parentheses
Polarity = Literal["", "affirmed", "negated"]

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<sign>[()])|["“](?P<quoted>[^"”]*)(?P<unquote>["”]?)"""
    r"""|(?P<prefix>[A-Za-z]+:)|(?P<word>[^\s()"“”]+)|(?P<stray>.)""",
    re.DOTALL,
)
_PREFIX = re.compile(r"\s*([A-Za-z]+):\s*")
_OPERATOR = re.compile(r"AND|OR|NOT|NEAR(?:/\S*)?")
_SMALL_NEAR = re.compile(r"(?i:near)/\d+")
_TAGGED = re.compile(r"(.*)/([A-Z]{2,}|X)([.,;:?!]*)", re.DOTALL)
_REGEX_SIGNS = re.compile(r"[][{}|\\^$]")
_OPERATOR_IN_REGEX = re.compile(r"\s(AND|OR|NOT|NEAR/\d+)\s")
_PREFIXES = ("lemma", "case", "affirmed", "negated", "re")


class SeedError(ValueError):
    """Why a seed cannot be used, where (`at`, a character counted from 0; None for the whole), in `hint` what to do."""

    def __init__(self, message: str, hint: str = "", at: int | None = None) -> None:
        super().__init__(message if at is None else f"{message}, at character {at + 1}")
        self.hint = hint
        self.at = at


@dataclass(frozen=True, slots=True)
class Phrase:
    """Folded words in a row, each perhaps a glob; of dictionary forms where `lemma` is true.

    `tags` has a part of speech for each word, "" for any; it is empty where no word has one.
    """

    words: tuple[str, ...]
    lemma: bool = False
    tags: tuple[str, ...] = ()
    case: bool = False
    polarity: Polarity = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression over the text of a sentence, with straight apostrophes."""

    regex: re.Pattern[str]
    polarity: Polarity = ""


@dataclass(frozen=True, slots=True)
class And:
    """All of them in the same unit."""

    parts: tuple[Seed, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    parts: tuple[Seed, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`part` where `without` is nowhere in the unit."""

    part: Seed
    without: Seed


@dataclass(frozen=True, slots=True)
class Near:
    """Both in the same unit and at most `words` apart, sharing none."""

    left: Seed
    right: Seed
    words: int


Leaf = Phrase | Pattern
Seed = Phrase | Pattern | And | Or | Not | Near


@functools.lru_cache(1 << 14)
def parse(text: str, case: bool = False) -> Seed:
    """Read one seed; with `case` all of it is as after case:. Raises `SeedError`.

    >>> parse("lemma:manage conflict")
    Phrase(words=('manage', 'conflict'), lemma=True, tags=(), case=False, polarity='')
    """
    flags = _Flags(case=case)
    at = len(text) - len(text.lstrip())
    while (prefix := _PREFIX.match(text, at)) and prefix[1] in _PREFIXES:
        if prefix[1] == "re":
            return _pattern(text[prefix.end() :], prefix.end(), flags)
        flags = flags.with_prefix(prefix[1], at)
        at = prefix.end()
    slashed = text[at:].rstrip()
    if len(slashed) > 1 and slashed.startswith("/") and slashed.endswith("/"):
        return _pattern(slashed[1:-1], at + 1, flags)
    return _Reader(text, case).read()


def leaves(seed: Seed) -> Iterator[Leaf]:
    """The phrases and patterns that a seed is made of, from left to right."""
    if isinstance(seed, And | Or):
        for part in seed.parts:
            yield from leaves(part)
    elif isinstance(seed, Not):
        yield from leaves(seed.part)
        yield from leaves(seed.without)
    elif isinstance(seed, Near):
        yield from leaves(seed.left)
        yield from leaves(seed.right)
    else:
        yield seed


def needs_parse(text: str) -> bool:
    """True where matching a valid seed needs dictionary forms or parts of speech, hence a language model."""
    return any(isinstance(leaf, Phrase) and (leaf.lemma or leaf.tags) for leaf in leaves(parse(text)))


@dataclass(frozen=True, slots=True)
class _Flags:
    """What prefixes have said of the words that follow."""

    lemma: bool = False
    case: bool = False
    asked_case: bool = False  # by a prefix of this seed, not by its code
    polarity: Polarity = ""

    def with_prefix(self, name: str, at: int) -> _Flags:
        if name == "lemma":
            new = replace(self, lemma=True)
        elif name == "case":
            new = replace(self, case=True, asked_case=True)
        elif name in ("affirmed", "negated"):
            if self.polarity and self.polarity != name:
                raise SeedError("affirmed: and negated: together hit nothing", "Take one of them.", at)
            new = replace(self, polarity="affirmed" if name == "affirmed" else "negated")
        elif name == "re":
            hint = "To join it with others by AND or OR, give each a seed of its own or write the words."
            raise SeedError("a regular expression is a whole seed", hint, at)
        else:
            near = difflib.get_close_matches(name.lower(), _PREFIXES, n=1)
            hint = f"Did you mean {near[0]}:?" if near else "There are lemma:, case:, affirmed:, negated:, re:"
            raise SeedError(f'"{name}:" begins no kind of seed', hint, at)
        if new.lemma and new.asked_case:
            raise SeedError("dictionary forms have no case", "Take lemma: or case: away.", at)
        return new


@dataclass(frozen=True, slots=True)
class _Token:
    kind: Literal["word", "quoted", "(", ")", "operator", "prefix", "end"]
    text: str
    at: int


class _Reader:
    """Reads a seed from left to right, one token ahead."""

    def __init__(self, text: str, case: bool) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._case = case

    def read(self) -> Seed:
        if self._token.kind == "end":
            raise SeedError("empty seed", "Write a word, or take the line out.")
        seed = self._joined(_Flags(case=self._case), 0)
        if self._token.kind == ")":
            raise SeedError("a ) without its (", "Take it away, or write the ( before.", self._token.at)
        return seed

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._token
        self._next += 1
        return token

    def _operator(self) -> str:
        return self._token.text if self._token.kind == "operator" else ""

    def _joined(self, flags: _Flags, depth: int) -> Seed:
        """Operands of one AND/NOT or one OR."""
        if self._operator() == "NOT":
            hint = "Write what to find before it: bank NOT river"
            raise SeedError("NOT with nothing before it hits nearly everything", hint, self._token.at)
        first = self._near(flags, depth)
        wanted: list[Seed] = [first]
        unwanted: list[Seed] = []
        others: list[Seed] = []
        joined_by = ""
        while operator := self._operator():
            at = self._take().at
            kind = "OR" if operator == "OR" else "AND"
            if operator == "AND" and self._operator() == "NOT":
                self._take()
                operator = "NOT"
            if operator == "OR" and self._operator() == "NOT":
                raise SeedError("OR NOT hits nearly everything", "Use NOT alone, or AND.", at)
            if joined_by and kind != joined_by:
                hint = "Say which first, with parentheses: a AND (b OR c)"
                raise SeedError(f"{operator} beside {joined_by}", hint, at)
            joined_by = kind
            {"OR": others, "AND": wanted, "NOT": unwanted}[operator].append(self._near(flags, depth))
        if others:
            return Or((first, *others))
        seed = And(tuple(wanted)) if len(wanted) > 1 else first
        if unwanted:
            return Not(seed, Or(tuple(unwanted)) if len(unwanted) > 1 else unwanted[0])
        return seed

    def _near(self, flags: _Flags, depth: int) -> Seed:
        seed = self._part(flags, depth)
        while self._operator().startswith("NEAR"):
            token = self._take()
            seed = Near(seed, self._part(flags, depth), _reach(token))
        return seed

    def _part(self, flags: _Flags, depth: int) -> Seed:
        while self._token.kind == "prefix":
            token = self._take()
            flags = flags.with_prefix(token.text[:-1], token.at)
        token = self._take() if self._token.kind != "end" else self._token
        if token.kind == "(":
            return self._group(token, flags, depth)
        if token.kind == "quoted":
            words = [(word[0], token.at + 1 + word.start()) for word in re.finditer(r"\S+", token.text)]
            return self._alone(_phrase(words, flags, token))
        if token.kind == "word":
            words = [(token.text, token.at)]
            while self._token.kind == "word":
                words.append((self._token.text, self._take().at))
            return self._alone(_phrase(words, flags, token))
        if token.kind == "operator":
            hint = "In small letters, or in quotation marks, it is a word."
            raise SeedError(f"{token.text} is an operator and needs words on both sides", hint, token.at)
        if token.kind == ")":
            raise SeedError("nothing before )", "Write words, or take it away.", token.at)
        hint = "Write them, or take away what stands before."
        raise SeedError("empty: the seed ends where words should follow", hint, token.at)

    def _group(self, opened: _Token, flags: _Flags, depth: int) -> Seed:
        if depth >= DEEPEST:
            raise SeedError(f"parentheses more than {DEEPEST} deep", "Make several seeds of it.", opened.at)
        inner = self._joined(flags, depth + 1)
        if self._token.kind != ")":
            raise SeedError("a ( that is not closed", "Write the ) that belongs to it.", opened.at)
        self._take()
        return self._alone(inner)

    def _alone(self, seed: Seed) -> Seed:
        """What follows a part must be an operator or an end."""
        token = self._token
        if token.kind == "prefix":
            hint = "Words of different kinds are joined by AND, OR, NOT or NEAR/5."
            raise SeedError(f"{token.text} stands before words, not between them", hint, token.at)
        if token.kind not in ("end", ")", "operator"):
            hint = "A ( begins a group: team AND (lead* OR manage*). For endings there is partner*"
            raise SeedError("AND, OR, NOT or NEAR is missing", hint, token.at)
        return seed


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        at = found.start()
        if found["space"]:
            continue
        if found["sign"]:
            yield _Token("(" if found["sign"] == "(" else ")", found["sign"], at)
        elif found["quoted"] is not None:
            if not found["unquote"]:
                raise SeedError("a quotation mark that is not closed", "Close it, or take it away.", at)
            yield _Token("quoted", found["quoted"], at)
        elif found["prefix"]:
            yield _Token("prefix", found["prefix"], at)
        elif found["stray"]:
            raise SeedError("a quotation mark that was not opened", "Open it, or take it away.", at)
        elif _OPERATOR.fullmatch(found["word"]):
            yield _Token("operator", found["word"], at)
        else:
            if _SMALL_NEAR.fullmatch(found["word"]):
                raise SeedError("NEAR is written in capitals", f"Write {found['word'].upper()}", at)
            yield _Token("word", found["word"], at)
    yield _Token("end", "", len(text))


def _reach(token: _Token) -> int:
    number = token.text[len("NEAR/") :]
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= FARTHEST and len(number) < 4):
        hint = f"Write NEAR/5 for at most 5 words apart; 1 to {FARTHEST}."
        raise SeedError(f"{token.text} does not say how near", hint, token.at)
    return int(number)


def _phrase(written: list[tuple[str, int]], flags: _Flags, token: _Token) -> Phrase:
    words: list[str] = []
    tags: list[str] = []
    for text, at in written:
        text, tag = _tagged(text, at)
        if sign := _REGEX_SIGNS.search(text):
            hint = "A regular expression begins with re:"
            raise SeedError(f"{sign[0]} has no meaning in a plain seed", hint, at + sign.start())
        folded = fold(text, globs=True, case=flags.case and not flags.lemma)
        if tag and not folded:
            raise SeedError(f"/{tag} needs a word before it", f"*/{tag} is any such word.", at)
        words += folded
        tags += [""] * (len(folded) - 1) + [tag] * bool(folded)
    if not words:
        raise SeedError("empty seed", "Write a word, or take the line out.", token.at or None)
    if not any(set(w) - {"*", "?"} for w in words):
        raise SeedError("a seed that is only * or ? hits every word", "Give at least one letter.", token.at or None)
    if any(not set(w) - {"*"} and not tag for w, tag in ((words[0], tags[0]), (words[-1], tags[-1]))):
        hint = "Join it to a word, as in lead*"
        raise SeedError("a * alone stands for one whole word, between two others", hint, token.at or None)
    case = flags.case and not flags.lemma
    return Phrase(tuple(words), flags.lemma, tuple(tags) if any(tags) else (), case, flags.polarity)


def _tagged(text: str, at: int) -> tuple[str, str]:
    """A word and its part of speech, "" where it has none."""
    found = _TAGGED.fullmatch(text)
    if not found:
        return text, ""
    if found[2] not in TAGS:
        near = difflib.get_close_matches(found[2], TAGS, n=1, cutoff=0.5)
        hint = f"{'Did you mean ' + near[0] + '? ' if near else ''}There are {', '.join(TAGS)}; "
        raise SeedError(
            f"{found[2]} is no part of speech", hint + "in small letters it is a word.", at + len(found[1]) + 1
        )
    return found[1], found[2]


def _pattern(source: str, at: int, flags: _Flags) -> Pattern:
    if not source.strip():
        raise SeedError("empty regular expression", "Write one after re:, or take the line out.")
    if flags.lemma:
        raise SeedError("lemma: is for words, not for a regular expression", "Take lemma: or re: away.")
    if operator := _OPERATOR_IN_REGEX.search(source):
        hint = "A regular expression is a whole seed; for the word write a small letter, or [A]ND."
        raise SeedError(f"{operator[1]} in a regular expression", hint, at + operator.start(1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # "[[a]": Python reads it, but will not always read it so
            regex = re.compile(source.translate(QUOTES), 0 if flags.case else re.IGNORECASE)
    except re.error as error:
        where = at + error.pos if error.pos is not None else None
        raise SeedError(f"not a regular expression: {error.msg}", at=where) from None
    except (Warning, OverflowError, RecursionError) as error:
        raise SeedError(f"not a regular expression: {error}") from None
    if regex.fullmatch(""):
        raise SeedError("the regular expression also matches nothing at all", "Use + instead of *, or drop a ?")
    return Pattern(regex, flags.polarity)
