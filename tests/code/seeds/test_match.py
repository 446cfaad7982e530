"""The matcher against one that is slow and obvious, and the corners of the seeds' meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.code.seeds import parses
from copipe.code.seeds.language import SeedError, parse
from copipe.code.seeds.match import Matcher
from copipe.records import Code, Mark, Turn, Word, word_id
from tests.code.seeds.slow_seeds import Slow, fake_parse


def conversation(*said: list[str] | str, roles: Sequence[str] = ("SN1", "CS", "OT")) -> list[Turn]:
    turns, n = [], 0
    for number, text in enumerate(said):
        texts = text.split() if isinstance(text, str) else text
        words = tuple(Word(word_id("M", n + k + 1), None, None, spoken) for k, spoken in enumerate(texts))
        n += max(1, len(words))
        role = roles[number % len(roles)] if words else ""
        first, last = (words[0].id, words[-1].id) if words else (word_id("M", n), word_id("M", n))
        turns.append(Turn(first, last, None, None, role, words, len(words), 1.0))
    return turns


def hits(
    turns: Sequence[Turn], code: Code, unit: str = "sentence", window: int = 1, kind: str = "", negation: str = "ignore"
) -> set[tuple[str, int, int]]:
    columns = parses.load(parses.dump(parses.build("M", turns, fake_parse)))
    found = Matcher([code], unit, window, negation).hits(columns, kind)
    rows = list(zip(found.seed.tolist(), found.first.tolist(), found.last.tolist(), strict=True))
    assert len(rows) == len(set(rows))
    return {(code.seeds[s], a, z) for s, a, z in rows}


def found(seeds: str | tuple[str, ...], text: str, not_seeds: tuple[str, ...] = (), **of: object) -> list[str]:
    """What the seeds hit in `text`, as the text of the words hit, in order."""
    words = text.split()
    seeds = (seeds,) if isinstance(seeds, str) else seeds
    settings = {k: of.pop(k) for k in ("unit", "window", "negation") if k in of}
    code = Code("c", "C", seeds=seeds, not_seeds=not_seeds, **of)  # type: ignore[arg-type]
    rows = sorted((a, z) for _, a, z in hits(conversation(words), code, **settings))  # type: ignore[arg-type]
    return [" ".join(words[a : z + 1]) for a, z in rows]


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
        (r"re:\d{4}", "in 2010, not 201", ["2010,"]),
        ("re:s", "ſo so", ["ſo", "so"]),
        ("straße", "STRASSE", ["STRASSE"]),
        ("I", "İ i ı I", ["i", "I"]),
        ("case:ICE", "ICE on ice, ICE's Ice", ["ICE", "ICE's"]),
        ("case:ICE OR ice cream", "Ice cream and ICE", ["Ice cream", "ICE"]),
        ("case:re:S[A-Z]+", "SUI sui", ["SUI"]),
        ("team meeting", "We are a team. Meeting it is.", []),
        ("lead/VERB OR */NOUN b", "lead", []),
        ("bit/VERB", "bit it", ["bit"]),
        ("*/NOUN bit/VERB", "an ape bit", ["ape bit"]),
        ("lemma:bit/VERB", "bits", ["bits"]),
        ("lemma:bit/NOUN", "bits", []),
        ("plan* NEAR/2 leave", "plan the leave. The plans to not leave", ["plan", "leave."]),
        ("plan NEAR/1 plan", "plan plan", ["plan", "plan"]),
        ("plan NEAR/3 plan", "a plan", []),
        ("a b NEAR/1 b", "a b", []),
        ("risk AND trust", "Trust and risk. Risk.", ["Trust", "risk."]),
        ("risk AND (trust OR team*)", "risk by teams. Risk alone.", ["risk", "teams."]),
        ("bank NOT river", "The bank. A river bank.", ["bank."]),
        ("bank AND NOT (river OR sand)", "The bank. A sand bank.", ["bank."]),
        ('"health AND safety"', "health and safety", ["health and safety"]),
        ('case:"OR" AND nurse', "The OR nurse or the nurse.", ["OR", "nurse", "nurse."]),
        ("affirmed:safe", "It is safe. It is not safe. It is not only safe.", ["safe.", "safe."]),
        ("negated:safe", "It is safe. I don't feel that it is safe. Not now, but safe.", ["safe."]),
        ("affirmed:(safe OR sound)", "not safe but sound", ["sound"]),
    ],
)
def test_what_a_seed_hits(seed: str, text: str, hit: list[str]) -> None:
    assert found(seed, text) == hit


def test_operators_look_as_far_as_the_unit_and_phrases_no_farther_than_a_sentence() -> None:
    turns = conversation("Trust it. So it is. The risk.", "And trust again. No.")
    code = Code("c", "C", seeds=("risk AND trust",))

    def hit(unit: str, window: int = 1) -> list[int]:
        return sorted(first for _, first, _ in hits(turns, code, unit, window))

    assert (hit("sentence"), hit("turn"), hit("window"), hit("window", 2)) == ([], [0, 6], [6, 8], [0, 6, 8])
    assert found("it so", "Trust it. So it is.", unit="turn") == []


def test_a_window_ends_where_somebody_is_withheld_and_at_suspect_words() -> None:
    code = Code("c", "C", seeds=("risk AND trust",))
    assert hits(conversation("Some trust.", [], "A risk."), code, "window", 5) == set()
    (turn,) = conversation("Some trust. Bad bad. A risk.")
    mark = Mark("suspect", turn.words[2].id, turn.words[3].id)
    marked = Turn(turn.id, turn.last, None, None, "SN1", turn.words, turn.count, 1.0, (mark,))
    assert hits([marked], code, "window", 5) == set() == hits([marked], code, "turn")
    assert len(hits([turn], code, "window", 5)) == 2


def test_a_setting_makes_all_seeds_heed_negation_but_those_that_say_otherwise() -> None:
    assert found(("safe", "negated:sure"), "not safe and not sure", negation="aware") == ["sure"]
    assert found("safe NOT sure", "safe. It was safe, not sure.", negation="aware") == ["safe."]
    assert found("safe", "not safe", ("re:safe",), negation="aware") == []


def test_limits_of_speaker_kind_and_case() -> None:
    turns = conversation("A net.", "A Net.")
    assert hits(turns, Code("c", "C", seeds=("net",), roles=("CS",))) == {("net", 3, 3)}
    assert hits(turns, Code("c", "C", seeds=("Net",), case=True)) == {("Net", 3, 3)}
    only = Code("c", "C", seeds=("net",), kinds=("interview",))
    assert hits(turns, only, kind="meeting") == set() and len(hits(turns, only, kind="interview")) == 2
    asked = Code("c", "C", seeds=("net AND a",), roles=("CS",))
    assert hits(turns, asked, "window") == {("net AND a", 2, 2), ("net AND a", 3, 3)}


def test_a_code_that_is_deprecated_or_a_shelf_hits_nothing() -> None:
    turns = conversation("A net.")
    assert hits(turns, Code("c", "C", seeds=("net",), deprecated="yes")) == set()
    assert hits(turns, Code("c", "C", seeds=("net",), codable=False)) == set()


def test_a_not_seed_takes_away_the_hits_that_it_overlaps_and_no_others() -> None:
    seeds, text = ("network*", "network drive"), "the network drive and the network"
    assert found(seeds, text, ("network drive",)) == ["network"]
    assert found(seeds, text, ("drive and",)) == ["network", "network"]
    assert found(seeds, text, ("re:drive",)) == ["network", "network"]
    assert found("safeguarding AND adult*", "safeguarding in adult education", ("adult education",)) == []


def test_a_not_seed_of_one_code_leaves_the_others_alone() -> None:
    columns = parses.build("M", conversation("net"))
    codes = (Code("a", "A", seeds=("net",), not_seeds=("net",)), Code("b", "B", seeds=("net",)))
    assert Matcher(codes).hits(columns).code.tolist() == [1]


def test_lemmas_are_matched_in_their_own_row() -> None:
    assert found(("lemma:manage conflict", "manages"), "We manages conflicts.") == ["manages", "manages conflicts."]
    columns = parses.build("M", conversation("manages conflicts"))  # nothing parsed
    assert not len(Matcher([Code("c", "C", seeds=("lemma:manage conflict",))]).hits(columns).code)


def test_a_meeting_without_words_has_no_hits() -> None:
    for turns in ([], conversation([]), conversation(["(laughs)", ""])):
        assert hits(turns, Code("c", "C", seeds=("a", "re:a", "lemma:a"))) == set()


# Against the slow one

SAID = st.sampled_from(
    [
        "a",
        "b",
        "A",
        "ab.",
        "b?",
        "a-b",
        "a's",
        "ab’s",
        "bs",
        "not",
        "don't",
        "only",
        "but",
        "é",
        "É.",
        "(a)",
        "",
        "—",
        "aa a",
    ]
)
TEXTS = st.lists(st.lists(SAID, max_size=8), min_size=1, max_size=4)
TERM = st.text(alphabet="abAé*?'-", min_size=1, max_size=3) | st.sampled_from(["a/NOUN", "*/VERB", "b?/VERB", "not"])
WORDS = st.builds(
    lambda prefixes, words: "".join(prefixes) + " ".join(words),
    st.lists(st.sampled_from(["lemma:", "case:", "affirmed:", "negated:"]), max_size=2),
    st.lists(TERM, min_size=1, max_size=3),
)
JOINED = st.recursive(
    WORDS | st.sampled_from(["a", "b", "ab", "é"]),
    lambda inner: st.builds(
        "({} {} {})".format, inner, st.sampled_from(["AND", "OR", "NOT", "AND NOT", "NEAR/1", "NEAR/3"]), inner
    ),
    max_leaves=4,
)
REGEX = st.sampled_from(
    ["re:a+b", r"re:\ba", "re:b a", "re:é.", "case:re:A", "negated:re:b", r"re:[^a]b|é", "re:(a|b)s"]
)
SEED = JOINED | REGEX


def valid(seed: str) -> bool:
    try:
        parse(seed)
    except SeedError:
        return False
    return True


SEEDS = st.lists(SEED.filter(valid), max_size=4, unique=True).map(tuple)


@st.composite
def meetings(draw: st.DrawFn) -> list[Turn]:
    turns = conversation(*draw(TEXTS))
    ids = [w.id for t in turns for w in t.words]
    if len(ids) > 2 and draw(st.booleans()):
        first = draw(st.integers(0, len(ids) - 1))
        last = draw(st.integers(first, min(first + 2, len(ids) - 1)))
        mark = Mark("suspect", ids[first], ids[last])
        turns = [Turn(t.id, t.last, None, None, t.role, t.words, t.count, 1.0, (mark,)) for t in turns]
    return turns


@settings(max_examples=300)
@given(
    meetings(),
    SEEDS,
    SEEDS,
    st.sampled_from(["sentence", "turn", "window"]),
    st.integers(0, 2),
    st.sampled_from([(), ("CS",), ("SN1", "OT")]),
    st.booleans(),
    st.booleans(),
)
def test_matching_equals_a_slow_obvious_one(
    turns: list[Turn],
    seeds: tuple[str, ...],
    not_seeds: tuple[str, ...],
    unit: str,
    window: int,
    roles: tuple[str, ...],
    case: bool,
    aware: bool,
) -> None:
    code = Code("c", "C", seeds=seeds, not_seeds=not_seeds, roles=roles, case=case)
    expected = Slow(turns, code, unit, window, aware=aware).hits()
    assert hits(turns, code, unit, window, negation="aware" if aware else "ignore") == expected


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["AND", "OR", "NOT", "NEAR/1", "NEAR/2", "NEAR/4"])
    return st.builds("({} {} {})".format, inner, operators, inner)


PLAIN = st.sampled_from(["a", "b", "c"])
SENTENCES = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "d", "a.", "b.", "(d)"]), max_size=9), min_size=1, max_size=3
)


@settings(max_examples=400)
@given(SENTENCES, joined(PLAIN) | joined(PLAIN | joined(PLAIN)), st.sampled_from(["sentence", "turn", "window"]))
def test_operators_equal_slow_obvious_ones(texts: list[list[str]], seed: str, unit: str) -> None:
    turns, code = conversation(*texts), Code("c", "C", seeds=(seed,))
    assert hits(turns, code, unit) == Slow(turns, code, unit, 1).hits()


@settings(max_examples=100)
@given(meetings(), SEEDS, st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted), max_size=2))
def test_stories_bound_what_counts(turns: list[Turn], seeds: tuple[str, ...], stories: list[list[int]]) -> None:
    code = Code("c", "C", seeds=seeds)
    bounds = [(first, last) for first, last in stories]
    found = Matcher([code], "story").hits(parses.build("M", turns, fake_parse), stories=bounds)
    rows = zip(found.seed.tolist(), found.first.tolist(), found.last.tolist(), strict=True)
    assert {(seeds[s], a, z) for s, a, z in rows} == Slow(turns, code, "story", 1, bounds).hits()


@given(meetings(), SEEDS, SEEDS, SEED.filter(valid), st.sampled_from(["sentence", "turn", "window"]))
def test_one_more_not_seed_never_adds_a_hit(
    turns: list[Turn], seeds: tuple[str, ...], not_seeds: tuple[str, ...], more: str, unit: str
) -> None:
    before = hits(turns, Code("c", "C", seeds=seeds, not_seeds=not_seeds), unit)
    after = hits(turns, Code("c", "C", seeds=seeds, not_seeds=(*not_seeds, more)), unit)
    assert after <= before


@given(meetings(), st.lists(SEEDS, min_size=2, max_size=3))
def test_codes_are_found_together_as_they_are_alone(turns: list[Turn], books: list[tuple[str, ...]]) -> None:
    codes = [Code(f"c{n}", "C", seeds=seeds, not_seeds=seeds[:1] if n else ()) for n, seeds in enumerate(books)]
    found = Matcher(codes, "turn").hits(parses.build("M", turns, fake_parse))
    told = set(zip(found.code.tolist(), found.seed.tolist(), found.first.tolist(), found.last.tolist(), strict=True))
    alone = {
        (n, code.seeds.index(seed), first, last)
        for n, code in enumerate(codes)
        for seed, first, last in hits(turns, code, "turn")
    }
    assert told == alone


@given(
    st.lists(st.text(min_size=1, max_size=6).filter(lambda t: not re.search(r"\s", t)), min_size=1, max_size=6),
    st.data(),
)
def test_any_word_of_any_script_is_hit_exactly_where_it_stands(words: list[str], data: st.DataObject) -> None:
    turns = conversation(words)
    coded = [i for i, w in enumerate(turns[0].words) if not w.is_note]
    if not coded:
        return
    at = data.draw(st.sampled_from(coded))
    if valid(words[at]) and not set(words[at]) & set('*?/:()"“”'):
        assert any(first <= at <= last for _, first, last in hits(turns, Code("c", "C", seeds=(words[at],))))
    if words[at].isalnum() and valid("re:" + re.escape(words[at])):
        assert any(
            first == at == last for _, first, last in hits(turns, Code("c", "C", seeds=("re:" + re.escape(words[at]),)))
        )
