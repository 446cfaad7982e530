import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code.seeds import Pattern, Phrase, SeedError, is_lemma, parse


@pytest.mark.parametrize(
    ("text", "seed"),
    [
        ("Partner", Phrase(("partner",))),
        ("critical-friend*", Phrase(("critical", "friend*"))),
        ("serious * incident?", Phrase(("serious", "*", "incident?"))),
        ("I’ve found", Phrase(("i've", "found"))),
        ("SUI", Phrase(("sui",))),
        ("R&D", Phrase(("r", "d"))),
        ("lemma:manage conflict", Phrase(("manage", "conflict"), lemma=True)),
        ("lemma: lead", Phrase(("lead",), lemma=True)),
        ("24/7", Phrase(("24", "7"))),
        ("and not", Phrase(("and", "not"))),
    ],
)
def test_plain_seeds(text: str, seed: Phrase) -> None:
    assert parse(text) == seed
    assert is_lemma(text) == seed.lemma


@pytest.mark.parametrize("text", [r"re:\bpart\w+", r"/\bpart\w+/"])
def test_regular_expressions_ignore_case(text: str) -> None:
    seed = parse(text)
    assert isinstance(seed, Pattern) and seed.regex.search("The Partners")
    assert not is_lemma(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("-", "empty"),
        ("lemma:", "empty"),
        ("re:", "empty"),
        ("*", "hits every word"),
        ("? *", "hits every word"),
        ("** team", "between two others"),
        ("team *", "between two others"),
        ("re:(", "not a regular expression"),
        ("re:a{9999999999999}", "not a regular expression"),
        ("re:[[a]", "not a regular expression"),
        ("re:x*", "nothing at all"),
        ("part(ner|y)", "| has no meaning"),
        ("lead[ae]r", "[ has no meaning"),
        ("lead/VERB", "part of speech"),
        ("trust AND board", "AND is an operator"),
        ("NEAR(trust board, 5)", "NEAR is an operator"),
        ("near:trust board", '"near:" begins no kind of seed'),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(SeedError) as caught:
        parse(text)
    assert says in str(caught.value)


@given(st.text(max_size=20))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        seed = parse(text)
    except SeedError:
        return
    assert isinstance(seed, Pattern) or all(seed.words)
