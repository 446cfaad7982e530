from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code import queries
from copipe.code.queries import Both, CodeIs, Either, Near, Place, Query, Says, Searched, Without, evaluate, parse
from copipe.errors import UsageError
from copipe.records import Code, Codebook, Word, word_id

BOOK = Codebook(
    "b",
    (
        Code("meaning", "Making meaning"),
        Code("partnership", "Partnership working", parent="meaning", aliases=("partners",)),
        Code("network", "Networks", parent="partnership"),
        Code("conflict", "Managing conflict"),
        Code("safety", "Safety"),
        Code("not", "Called not"),
    ),
    "h",
)


def code(key: str, *more: str) -> CodeIs:
    return CodeIs(key, frozenset((key, *more)))


A, B, C = code("conflict"), code("safety"), code("network")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("conflict", A),
        ("CONFLICT", CodeIs("CONFLICT", frozenset({"conflict"}))),
        ("partners", CodeIs("partners", frozenset({"partnership", "network"}))),
        ("only:partnership", CodeIs("only:partnership", frozenset({"partnership"}))),
        ("meaning", code("meaning", "partnership", "network")),
        ("net*", CodeIs("net*", frozenset({"network"}))),
        ("conflict AND safety", Both(A, B)),
        ("conflict OR safety AND network", Either(A, Both(B, C))),
        ("(conflict OR safety) AND network", Both(Either(A, B), C)),
        ("conflict AND safety NEAR/5 network", Both(A, Near(B, C, 5, "turn"))),
        ("conflict NEAR safety NEAR/40w network", Near(Near(A, B, 3, "turn"), C, 40, "word")),
        ("conflict AND NOT safety", Without(A, B)),
        ("conflict NOT safety", Without(A, B)),
        ("conflict AND NOT (safety OR network)", Without(A, Either(B, C))),
        ("conflict NOT safety AND network", Both(Without(A, B), C)),
        ('conflict AND "on the ward*"', Both(A, Says(("on", "the", "ward*")))),
        ("“Don’t say”", Says(("don't", "say"))),
        ("not", code("not")),
        ("(conflict)NEAR/2(safety)", Near(A, B, 2, "turn")),
    ],
)
def test_what_a_query_means(text: str, query: Query) -> None:
    assert parse(text, BOOK) == query


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("conflct", r"'conflct' \(character 1\): there is no code"),
        ("conflict AND saftey", r"'saftey' \(character 14\)"),
        ("conflict safety", "operator is missing"),
        ("conflict AND", "ends where a code should stand"),
        ("AND conflict", "a code should stand here"),
        ("NOT conflict", "something to take away from"),
        ("conflict OR NOT safety", "something to take away from"),
        ("(conflict", "not closed"),
        ("conflict)", "closes nothing"),
        ('conflict AND "ward', "not closed"),
        ('"..."', "no word to look for"),
        ('"*"', "no word to look for"),
        ("conflict near/5 safety", "operator is missing"),
        ("zzz*", "no code of this name"),
    ],
)
def test_what_is_wrong_with_a_query(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse(text, BOOK)


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("conflct", "Did you mean conflict (Managing conflict)?"),
        ("Partnership-working", "Did you mean partnership"),
        ("managing", "conflict (Managing conflict)"),
        ("xyzzy", "codebook show"),
        ("and", "Operators are in capitals: AND."),
    ],
)
def test_what_may_have_been_meant(said: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(said, BOOK)
    assert hint in caught.value.hint


N = 40
WORDS = tuple(Word(word_id("M", n + 1), None, None, text) for n, text in enumerate("a b c d e f g h".split() * 5))
TURN_OF = tuple(n // 5 for n in range(N))  # 8 turns of 5 words
SENTENCES = tuple((n, n + 5) for n in range(0, N, 5))
places = st.lists(
    st.tuples(st.integers(0, N - 1), st.integers(1, 8)).map(lambda p: (p[0], min(N, p[0] + p[1]))), max_size=6
)


def ask(text: str, **coded: list[Place]) -> tuple[Place, ...]:
    return evaluate(parse(text, BOOK), Searched(WORDS, TURN_OF, SENTENCES, coded))


def runs(pairs: list[Place]) -> list[Place]:
    """Places put together where they share a word: the slow way, over and over."""
    made = sorted(set(pairs))
    while True:
        for a, b in pairwise(made):
            if set(range(*a)) & set(range(*b)):
                made = sorted({*[p for p in made if p not in (a, b)], (min(a[0], b[0]), max(a[1], b[1]))})
                break
        else:
            return made


def cover(a: Place, b: Place) -> Place:
    both = [*range(*a), *range(*b)]
    return min(both), max(both) + 1


@given(places, places)
def test_operators_equal_their_slow_definitions(a: list[Place], b: list[Place]) -> None:
    share = [(x, y) for x in a for y in b if set(range(*x)) & set(range(*y))]
    assert list(ask("conflict OR safety", conflict=a, safety=b)) == sorted({*a, *b})
    assert list(ask("conflict AND safety", conflict=a, safety=b)) == runs([cover(x, y) for x, y in share])
    assert list(ask("conflict NOT safety", conflict=a, safety=b)) == sorted({*a} - {x for x, _ in share})


@given(places, places, st.integers(0, 9))
def test_near_equals_its_slow_definition(a: list[Place], b: list[Place], n: int) -> None:
    turns = [
        (x, y) for x in a for y in b if min(abs(TURN_OF[i] - TURN_OF[j]) for i in range(*x) for j in range(*y)) <= n
    ]
    between = [(x, y) for x in a for y in b if min(abs(i - j) for i in range(*x) for j in range(*y)) - 1 <= n]
    assert list(ask(f"conflict NEAR/{n} safety", conflict=a, safety=b)) == runs([cover(x, y) for x, y in turns])
    assert list(ask(f"conflict NEAR/{n}w safety", conflict=a, safety=b)) == runs([cover(x, y) for x, y in between])


@given(places, places)
def test_and_and_near_do_not_mind_the_order(a: list[Place], b: list[Place]) -> None:
    for operator in ("AND", "NEAR/2", "OR"):
        assert ask(f"conflict {operator} safety", conflict=a, safety=b) == ask(
            f"safety {operator} conflict", conflict=a, safety=b
        )


@given(
    st.lists(st.sampled_from("ab"), max_size=8),
    st.lists(st.sampled_from(["a", "b", "?", "a*", "*"]), min_size=1, max_size=3),
)
def test_words_equal_their_slow_definition(said: list[str], wanted: list[str]) -> None:
    fits = {"?": "ab", "*": "ab", "a*": "a", "a": "a", "b": "b"}
    slow = any(
        all(word in fits[pattern] for word, pattern in zip(said[i:], wanted, strict=False))
        for i in range(len(said) - len(wanted) + 1)
    )
    assert queries.says(said, wanted) == slow


def test_sentences_that_say_words() -> None:
    said = ("He", "said", "“Wards,", "[a", "southern hospital].", "(laughs)", "Don’t.")
    words = tuple(Word(word_id("M", n), None, None, text) for n, text in enumerate(said, 1))
    searched = Searched(words, (0,) * 7, ((0, 5), (5, 7)), {})
    for text, found in (
        ('"ward*"', True), ('"said wards"', True), ('"a southern"', True), ('"southern hospital"', True),
        ('"ward"', False), ('"wards said"', False),
    ):  # fmt: skip
        assert (evaluate(parse(text, BOOK), searched) == ((0, 5),)) == found, text
    assert evaluate(parse('"laughs"', BOOK), searched) == ()
    assert evaluate(parse('"don\'t"', BOOK), searched) == ((5, 7),)


def test_a_bracket_in_a_pattern_is_a_bracket() -> None:
    assert queries.says(["a[b]c"], ["a[b]*"])
    assert not queries.says(["abc"], ["a[b]*"])


def test_what_is_excluded_is_not_asked_for() -> None:
    assert queries.keys_of(parse('conflict AND NOT safety OR "ward"', BOOK)) == {"conflict"}
