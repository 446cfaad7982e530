from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code.seeds.language import And, Near, Not, Or, Pattern, Phrase, Seed, SeedError, leaves, needs_parse, parse


def words(*said: str, **flags: object) -> Phrase:
    return Phrase(said, **flags)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "seed"),
    [
        ("Partner", words("partner")),
        ("critical-friend*", words("critical", "friend*")),
        ("serious * incident?", words("serious", "*", "incident?")),
        ("I’ve found", words("i've", "found")),
        ("SUI", words("sui")),
        ("R&D", words("r", "d")),
        ("24/7", words("24", "7")),
        ("and/or not", words("and", "or", "not")),
        ("lemma:manage conflict", words("manage", "conflict", lemma=True)),
        ("lemma: lead", words("lead", lemma=True)),
        ("lead/VERB", words("lead", tags=("VERB",))),
        ("*/ADJ team", words("*", "team", tags=("ADJ", ""))),
        ("well-being/NOUN", words("well", "being", tags=("", "NOUN"))),
        ("lemma:lead/VERB a team", words("lead", "a", "team", lemma=True, tags=("VERB", "", ""))),
        ("case:ICE", words("ICE", case=True)),
        ("affirmed:safe", words("safe", polarity="affirmed")),
        ("negated:lemma:feel safe", words("feel", "safe", lemma=True, polarity="negated")),
        ('"health AND safety"', words("health", "and", "safety")),
        ("“ward round”", words("ward", "round")),
        ("(team)", words("team")),
        ("a AND b", And((words("a"), words("b")))),
        ("a OR b c OR d", Or((words("a"), words("b", "c"), words("d")))),
        ("a NOT b", Not(words("a"), words("b"))),
        ("a AND NOT b NOT c", Not(words("a"), Or((words("b"), words("c"))))),
        ("a NOT b AND c", Not(And((words("a"), words("c"))), words("b"))),
        ("a NEAR/5 b*", Near(words("a"), words("b*"), 5)),
        ("a NEAR/5 b AND c", And((Near(words("a"), words("b"), 5), words("c")))),
        ("a NEAR/1 b NEAR/2 c", Near(Near(words("a"), words("b"), 1), words("c"), 2)),
        ("a AND (b* OR c)", And((words("a"), Or((words("b*"), words("c")))))),
        ("lemma:lead AND team", And((words("lead", lemma=True), words("team")))),
        ("affirmed:(safe OR sound)", Or((words("safe", polarity="affirmed"), words("sound", polarity="affirmed")))),
        ('case:"OR" AND nurse', And((words("OR", case=True), words("nurse")))),
    ],
)
def test_what_a_seed_says(text: str, seed: Seed) -> None:
    assert parse(text) == seed
    assert parse(f"  {text} ") == seed


@pytest.mark.parametrize("text", [r"re:\bpart\w+", r"/\bpart\w+/", r"affirmed: re:\bpart\w+"])
def test_regular_expressions_ignore_case_unless_asked(text: str) -> None:
    seed = parse(text)
    assert isinstance(seed, Pattern) and seed.regex.search("The Partners") and not needs_parse(text)
    exact = parse(text, case=True)
    assert isinstance(exact, Pattern) and not exact.regex.search("The Partners")


def test_a_code_may_ask_for_case_and_dictionary_forms_have_none() -> None:
    assert parse("ICE AND lemma:Lead", case=True) == And((words("ICE", case=True), words("lead", lemma=True)))


def test_what_needs_a_language_model() -> None:
    assert [
        needs_parse(t) for t in ("lemma:a", "a/VERB", "a AND (b OR c/NOUN)", "a NOT lemma:b", "a", "re:a/VERB")
    ] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "says", "at"),
    [
        ("", "empty", None),
        ("  ", "empty", None),
        ("-", "empty", None),
        ("lemma:", "empty", 7),
        ("re:", "empty", None),
        ("*", "hits every word", None),
        ("? *", "hits every word", None),
        ("*/VERB", "hits every word", None),
        ("** team", "between two others", None),
        ("team *", "between two others", None),
        ("risk AND team *", "between two others", 10),
        ("re:(", "not a regular expression", 4),
        ("re:a{9999999999999}", "not a regular expression", None),
        ("re:[[a]", "not a regular expression", None),
        ("re:x*", "nothing at all", None),
        ("re:team AND board", "AND in a regular expression", 9),
        ("team AND re:board", "a whole seed", 10),
        ("part(ner|y)", "NEAR is missing", 5),
        ("partner(s)", "NEAR is missing", 8),
        ("the lead[ae]r", "[ has no meaning", 9),
        ("lead/VERBS", "VERBS is no part of speech", 6),
        ("/VERB", "needs a word", 1),
        ("the TCP/IP", "IP is no part of speech", 9),
        ("trust AND", "ends where words should follow", 10),
        ("AND trust", "needs words on both sides", 1),
        ("trust AND OR board", "needs words on both sides", 11),
        ("NOT trust", "nothing before it", 1),
        ("trust OR NOT board", "OR NOT", 7),
        ("a AND b OR c", "OR beside AND", 9),
        ("a OR b NOT c", "NOT beside OR", 8),
        ("a NEAR b", "does not say how near", 3),
        ("a NEAR/0 b", "does not say how near", 3),
        ("a NEAR/500 b", "does not say how near", 3),
        ("a NEAR/x b", "does not say how near", 3),
        ("a near/5 b", "in capitals", 3),
        ("NEAR(trust board, 5)", "does not say how near|needs words", 1),
        ("a AND (b OR c", "not closed", 7),
        ("a AND b)", "without its (", 8),
        ("a AND ()", "nothing before )", 8),
        ('a "b', "not closed", 3),
        ("a b”", "not opened", 4),
        ("near:trust board", '"near:" begins no kind of seed', 1),
        ("lema:lead", '"lema:" begins no kind of seed', 1),
        ("team lemma:lead", "stands before words", 6),
        ("case:lemma:lead", "have no case", 6),
        ("affirmed:negated:safe", "hit nothing", 10),
        ("(" * 30 + "a" + ")" * 30, "20 deep", 21),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason_and_a_place(text: str, says: str, at: int | None) -> None:
    with pytest.raises(SeedError) as caught:
        parse(text)
    assert any(part in str(caught.value) for part in says.split("|"))
    assert caught.value.at == (None if at is None else at - 1)
    assert at is None or str(caught.value).endswith(f", at character {at}")


def test_a_near_miss_is_guessed() -> None:
    for text, guess in (("lema:lead", "lemma:"), ("lead/VREB", "VERB"), ("negate:safe", "negated:")):
        with pytest.raises(SeedError) as caught:
            parse(text)
        assert f"Did you mean {guess}?" in caught.value.hint


SIGNS = st.sampled_from([*'abA*?/()"“”:. -|', "AND", "OR", "NOT", "NEAR/2", " ", "lemma:", "case:", "re:", "/VERB"])


@given(st.text(max_size=20) | st.lists(SIGNS, max_size=12).map("".join) | st.lists(SIGNS, max_size=12).map(" ".join))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        seed = parse(text)
    except SeedError as error:
        assert error.at is None or 0 <= error.at <= len(text)
        return
    found = list(leaves(seed))
    assert found
    for leaf in found:
        if isinstance(leaf, Phrase):
            assert all(leaf.words) and len(leaf.tags) in (0, len(leaf.words))
            assert any(re.search(r"[^*?]", word) for word in leaf.words)
