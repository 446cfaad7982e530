"""The matcher against one that is slow and obvious, and the corners of the seeds' meaning."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.code.match import Hit, Matcher
from copipe.code.seeds import Pattern, SeedError, parse
from copipe.code.tokens import fold
from copipe.records import Code, Codebook


def book(*codes: Code) -> Codebook:
    return Codebook("test", codes, "0")


def found(seeds: str | tuple[str, ...], text: str, not_seeds: tuple[str, ...] = ()) -> list[str]:
    """What the seeds hit in `text`, as the text of the words hit."""
    words = text.split()
    seeds = (seeds,) if isinstance(seeds, str) else seeds
    hits = Matcher(book(Code("c", "C", seeds=seeds, not_seeds=not_seeds))).hits(words)
    return [" ".join(words[h.first : h.last + 1]) for h in hits]


@pytest.mark.parametrize(
    ("seed", "text", "hit"),
    [
        ("partner", "Our PARTNER, the partners and partnership", ["PARTNER,"]),
        ("partner", "the partner’s view", ["partner’s"]),
        ("partner's", "the partner view, the partner's view", ["partner's"]),
        ("partner*", "partner partnership's apartner", ["partner", "partnership's"]),
        ("*ship", "leadership, shipping", ["leadership,"]),
        ("*art*", "part start art tar", ["part", "start", "art"]),
        ("lead?r", "leader leadr leaders", ["leader"]),
        ("critical friend*", "a critical-friend, critical friends", ["critical-friend,", "critical friends"]),
        ("multi-agency", "Multi agency and multi-agency", ["Multi agency", "multi-agency"]),
        ("serious * incident*", "serious untoward incidents, serious incident", ["serious untoward incidents,"]),
        ("team team", "team team team", ["team team", "team team"]),
        ("don't know", "I don’t know", ["don’t know"]),
        ("re:partner(s|ship)", "partners in partnership", ["partners", "partnership"]),
        ("re:the board", "to the board.", ["the board."]),
        (r"re:\s+the\s+", "to the board", ["the"]),
        ("re:^so", "So it is so", ["So"]),
        ("re:it's", "It’s so", ["It’s"]),
        ("re:b", "abba", ["abba"]),
        ("re:(?=so)", "so", []),
        ("straße", "STRASSE", ["STRASSE"]),
        ("I", "İ i ı I", ["i", "I"]),
    ],
)
def test_what_a_seed_hits(seed: str, text: str, hit: list[str]) -> None:
    assert found(seed, text) == hit


def test_a_not_seed_takes_away_the_hits_that_it_overlaps_and_no_others() -> None:
    seeds, text = ("network*", "network drive"), "the network drive and the network"
    assert found(seeds, text, ("network drive",)) == ["network"]
    assert found(seeds, text, ("drive and",)) == ["network", "network"]
    assert found(seeds, text, ("re:drive",)) == ["network", "network"]


def test_a_not_seed_of_one_code_leaves_the_others_alone() -> None:
    codes = (Code("a", "A", seeds=("net",), not_seeds=("net",)), Code("b", "B", seeds=("net",)))
    assert Matcher(book(*codes)).hits(["net"]) == (Hit(0, 0, "b", "net"),)


def test_lemmas_are_matched_in_their_own_row() -> None:
    matcher = Matcher(book(Code("c", "C", seeds=("lemma:manage conflict", "manage"))))
    assert matcher.needs_lemmas
    words, lemmas = ["We", "managed", "conflicts."], [("we", 0), ("manage", 1), ("conflict", 2)]
    assert matcher.hits(words, lemmas) == (Hit(1, 2, "c", "lemma:manage conflict"),)
    assert matcher.hits(words) == ()


WORD = st.text(alphabet="aAbéß'’-", min_size=1, max_size=4)
TERM = st.text(alphabet="abé*?'-", min_size=1, max_size=3)
SEED = st.lists(TERM, min_size=1, max_size=3).map(" ".join) | st.sampled_from(["re:a+b", r"re:\ba", "re:b a", "re:é."])


def valid(seed: str) -> bool:
    try:
        parse(seed)
    except SeedError:
        return False
    return True


SEEDS = st.lists(SEED.filter(valid), max_size=6, unique=True).map(tuple)


def glob_equals(glob: str, word: str) -> bool:
    if not glob:
        return not word
    if glob[0] == "*":
        return any(glob_equals(glob[1:], word[n:]) for n in range(len(word) + 1))
    return bool(word) and glob[0] in ("?", word[0]) and glob_equals(glob[1:], word[1:])


def slowly(seed: str, words: list[str]) -> set[tuple[int, int]]:
    """Try the seed at every place."""
    parsed = parse(seed)
    if isinstance(parsed, Pattern):
        places = set()
        owner = [i for i, word in enumerate(words) for _ in (*word, " ")]
        text = " ".join(words).replace("’", "'")
        for match in parsed.regex.finditer(text):
            at = [n for n in range(*match.span()) if text[n] != " "]
            if at:
                places.add((owner[at[0]], owner[at[-1]]))
        return places
    tokens = [(token, i) for i, word in enumerate(words) for token in fold(word)]
    return {
        (tokens[n][1], tokens[n + len(parsed.words) - 1][1])
        for n in range(len(tokens) - len(parsed.words) + 1)
        if all(
            glob_equals(term, token) or (token.endswith("'s") and glob_equals(term, token[:-2]))
            for term, (token, _) in zip(parsed.words, tokens[n:], strict=False)
        )
    }


@settings(max_examples=400, deadline=None)
@given(st.lists(WORD | st.sampled_from(["a's", "ab’s", "b.", "—", "aa"]), max_size=8), SEEDS, SEEDS)
def test_matching_equals_a_slow_obvious_one(
    words: list[str], seeds: tuple[str, ...], not_seeds: tuple[str, ...]
) -> None:
    excluded = {place for seed in not_seeds for place in slowly(seed, words)}
    expected = {
        Hit(first, last, "c", seed)
        for seed in seeds
        for first, last in slowly(seed, words)
        if not any(first <= b and a <= last for a, b in excluded)
    }
    hits = Matcher(book(Code("c", "C", seeds=seeds, not_seeds=not_seeds))).hits(words)
    assert set(hits) == expected
    assert list(hits) == sorted(expected)


@given(st.lists(WORD, max_size=8), SEEDS, SEEDS, SEED.filter(valid))
def test_one_more_not_seed_never_adds_a_hit(
    words: list[str], seeds: tuple[str, ...], not_seeds: tuple[str, ...], more: str
) -> None:
    before = Matcher(book(Code("c", "C", seeds=seeds, not_seeds=not_seeds))).hits(words)
    after = Matcher(book(Code("c", "C", seeds=seeds, not_seeds=(*not_seeds, more)))).hits(words)
    assert set(after) <= set(before)


@given(
    st.lists(st.text(min_size=1, max_size=6).filter(lambda t: not re.search(r"\s", t)), min_size=1, max_size=6),
    st.data(),
)
def test_any_word_of_any_script_is_hit_exactly_where_it_stands(words: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    pattern = "re:" + re.escape(words[at])
    if valid(words[at]) and "*" not in words[at] and "?" not in words[at]:
        assert any(h.first <= at <= h.last for h in Matcher(book(Code("c", "C", seeds=(words[at],)))).hits(words))
    if words[at].isalpha() and words[at].isascii():
        assert any(h.first == at == h.last for h in Matcher(book(Code("c", "C", seeds=(pattern,)))).hits(words))
