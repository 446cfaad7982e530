from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from copipe.code.codebook import codebook
from copipe.code.propose import candidates
from copipe.code.seeds import lemmas
from copipe.errors import ConfigError, MissingModelError
from copipe.models import store
from copipe.records import Candidate, Code, Codebook, Mark, Turn, Word, word_id
from copipe.resources import shipped
from copipe.study import anchors
from copipe.study.settings import CodeSettings, defaults

M = "2010-02"
SENTENCE = defaults().code
TURN = SENTENCE.model_copy(update={"unit": "turn"})


def conversation(*said: str | list[str]) -> list[Turn]:
    turns, n = [], 0
    for number, text in enumerate(said):
        texts = text.split() if isinstance(text, str) else text
        words = tuple(Word(word_id(M, n + k + 1), float(n + k), n + k + 0.9, spoken) for k, spoken in enumerate(texts))
        n += len(words)
        turns.append(
            Turn(words[0].id, words[-1].id, words[0].start, words[-1].end, f"R{number}", words, len(words), 1.0)
        )
    return turns


def book(**seeds: Sequence[str]) -> Codebook:
    codes = tuple(Code(key, key, seeds=tuple(s)) for key, s in seeds.items())
    return Codebook("test", codes, codebook.meaning_hash(codes))


def quoted(turns: list[Turn], candidate: Candidate) -> str:
    words = [w for t in turns for w in t.words if candidate.span.first <= w.id <= candidate.span.last]
    return " ".join(w.text for w in words if w.text)


def propose(turns: list[Turn], of: Codebook, settings: CodeSettings = SENTENCE) -> tuple[Candidate, ...]:
    return candidates.propose(M, turns, of, settings, "source-1")


def test_a_candidate_says_where_what_who_and_why() -> None:
    turns = conversation("We met. The partners’ network grew.", "Good.")
    (found,) = propose(turns, book(net=["network*", "partner network"]))
    assert found.span == anchors.span(M, turns[0].words[2:6], "source-1")
    assert (found.code, found.role, found.score) == ("net", "R0", 0.5)
    ((kind, source, first, last),) = ((e.kind, e.source, e.first, e.last) for e in found.evidence)
    assert (kind, source, first, last) == ("seed", "network*", word_id(M, 5), word_id(M, 5))


def test_neighbouring_sentences_of_a_turn_are_one_passage_and_others_are_not() -> None:
    turns = conversation("A net. Net two. None. A net.", "A net.")
    found = propose(turns, book(net=["net"]))
    assert [quoted(turns, c) for c in found] == ["A net. Net two.", "A net.", "A net."]
    assert [c.role for c in found] == ["R0", "R0", "R1"]
    assert [quoted(turns, c) for c in propose(turns, book(net=["net"]), TURN)] == [
        "A net. Net two. None. A net.",
        "A net.",
    ]


def test_a_passage_carries_several_codes_in_the_order_of_the_book() -> None:
    turns = conversation("First. Risk and trust. More trust.")
    found = propose(turns, book(trust=["trust"], risk=["risk"]))
    assert [(c.code, quoted(turns, c)) for c in found] == [
        ("trust", "Risk and trust. More trust."),
        ("risk", "Risk and trust."),
    ]


def test_what_is_not_said_is_not_coded() -> None:
    turns = conversation(["(a net)", "Hello", "net", "", "there."])
    suspect = replace(turns[0], marks=(Mark("suspect", word_id(M, 3), word_id(M, 3)),))
    withheld = Turn(word_id(M, 6), word_id(M, 9), 5.0, 9.0, "", (), 4, 1.0)
    assert [quoted(turns, c) for c in propose(turns, book(net=["net"]))] == ["Hello net there."]
    assert propose([suspect, withheld], book(net=["net"])) == ()


def test_a_phrase_passes_over_a_laugh_but_not_over_a_suspect_word() -> None:
    turns = conversation(["serious", "(laughs)", "incident."])
    (found,) = propose(turns, book(sui=["serious incident"]))
    assert (found.evidence[0].first, found.evidence[0].last) == (word_id(M, 1), word_id(M, 3))
    marked = conversation("serious bad incident.")[0]
    marked = replace(marked, marks=(Mark("suspect", word_id(M, 2), word_id(M, 2)),))
    for settings in (SENTENCE, TURN):
        assert propose([marked], book(sui=["serious incident", "serious * incident"]), settings) == ()


def test_scores_rank_variety_over_repetition_and_stay_below_one() -> None:
    def score(text: str) -> float:
        return propose(conversation(text), book(c=["net", "link", "tie"]))[0].score

    assert score("net") < score("net net") < score("net link") < score("net link tie") < 1.0


def test_unmatched_seeds_are_told_by_code() -> None:
    of = book(a=["net", "gone"], b=["gone", "hello"])
    found = propose(conversation("Hello net."), of)
    assert candidates.unmatched(of, found) == (("a", "gone"), ("b", "gone"))


def test_the_key_and_the_models_depend_on_lemmas_only_where_there_are_any() -> None:
    plain, lemma = book(a=["net"]), book(a=["lemma:net"])
    assert candidates.required_models(plain, SENTENCE) == ()
    assert candidates.required_models(lemma, SENTENCE) == ("en_core_web_sm",)
    assert lemmas.identity("en_core_web_sm")["model"] == store.fingerprint("en_core_web_sm")
    assert candidates.fingerprints(plain, SENTENCE) != candidates.fingerprints(plain, TURN)
    other = SENTENCE.model_copy(update={"spacy_model": str(shipped("codebooks"))})
    assert candidates.fingerprints(plain, SENTENCE) == candidates.fingerprints(plain, other)
    assert candidates.fingerprints(lemma, SENTENCE) != candidates.fingerprints(lemma, other)
    not_seed = Codebook("x", (Code("a", "A", seeds=("net",), not_seeds=("lemma:net",)),), "h")
    assert candidates.needs_parse(not_seed) and candidates.needs_parse(book(a=["x AND lead/VERB"]))


def test_kept_parses_stand_in_for_spacy() -> None:
    def upper(sentences: Iterable[Sequence[str]]) -> Iterator[tuple[tuple[str, str, int], ...]]:
        return (tuple((w.strip(".").lower().rstrip("s"), "", n) for n, w in enumerate(words)) for words in sentences)

    turns = conversation("Nets. Two nets.", "Leads.")
    found = candidates.propose(M, turns, book(n=["lemma:two net"]), SENTENCE, "s", parse=upper)
    assert [quoted(turns, c) for c in found] == ["Two nets."]


@pytest.fixture(scope="module")
def shipped_book() -> Codebook:
    return codebook.load(shipped("codebooks/leadership.yaml"))


@pytest.mark.parametrize("unit", [SENTENCE, TURN])
def test_lemmas_by_the_real_model(unit: CodeSettings) -> None:
    turns = conversation(
        "She’s been managing conflicts.",
        ["She", "took", "(sighs)", "risks,", "CG", "", "didn't."],
        "They led; leading is led by leaders. Managed-conflict.",
        "The lead pipe.",
    )
    of = book(manage=["lemma:manage conflict"], risk=["lemma:take risk"], lead=["lemma:lead"])
    found = propose(turns, of, unit)
    told = [(c.code, c.role, [(e.first[-1], e.last[-1]) for e in c.evidence]) for c in found]
    assert ("manage", "R0", [("3", "4")]) in told
    assert ("risk", "R1", [("6", "8")]) in told
    lead = next(c for c in found if c.code == "lead" and c.role == "R2")
    assert {e.first for e in lead.evidence} >= {word_id(M, 13), word_id(M, 16)}  # They *led*; ... is *led*


def test_the_shipped_codebook_finds_what_it_is_for(shipped_book: Codebook) -> None:
    turns = conversation(
        "The other day I was on a ward and nobody told the district nurses about the discharge.",
        "That was a serious untoward incident. I had to challenge them, and we set up a pilot in partnership.",
        "With hindsight I should have changed my mind.",
        "I cannot open the network drive.",
    )
    codes = {(c.role, c.code) for c in propose(turns, shipped_book)}
    assert {("R0", "storytelling"), ("R0", "links"), ("R0", "discharge"), ("R1", "incidents")} <= codes
    assert {("R1", "conflict"), ("R1", "entrepreneurial"), ("R1", "partnership"), ("R2", "reconsidering")} <= codes
    assert not any(role == "R3" for role, _ in codes)


def test_coding_without_lemma_seeds_loads_no_language_model() -> None:
    import subprocess

    program = (
        "import sys; from copipe.code.codebook import codebook; from copipe.code.propose import candidates;"
        "from copipe.study.settings import defaults;"
        "b = codebook.parse(b'codes: [{key: a, seeds: [x]}]', 'b');"
        "candidates.fingerprints(b, defaults().code); early = 'numpy' in sys.modules;"
        "candidates.propose('m', (), b, defaults().code, 's');"
        "print(early, [m for m in ('spacy', 'torch') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False []"


SAID = st.lists(
    st.lists(
        st.sampled_from(["net", "Nets.", "so", "é", "(net)", "", "link.", "link", "net-link", "क्ष"]),
        min_size=1,
        max_size=12,
    ),
    min_size=1,
    max_size=4,
)


@hypothesis(deadline=None)
@given(SAID, st.sampled_from(["sentence", "turn"]), st.data())
def test_candidates_lie_within_one_turn_and_hold_their_evidence(
    said: list[list[str]], unit: Literal["sentence", "turn"], data: st.DataObject
) -> None:
    turns = conversation(*said)
    settings = SENTENCE.model_copy(update={"unit": unit})
    of = book(a=["net*", "net link"], b=["re:link", "é", "क्ष"])
    found = propose(turns, of, settings)
    assert found == propose(turns, of, settings)
    where: dict[str, int] = {w.id: n for n, t in enumerate(turns) for w in t.words}
    order = {w.id: n for n, w in enumerate(w for t in turns for w in t.words)}
    for candidate in found:
        span = candidate.span
        assert where[span.first] == where[span.last] and span.first <= span.last
        assert turns[where[span.first]].role == candidate.role
        assert 0.0 < candidate.score < 1.0
        assert all(span.first <= e.first <= e.last <= span.last for e in candidate.evidence)
        assert anchors.place(span, [w for t in turns for w in t.words], "source-1") == (
            order[span.first],
            order[span.last] + 1,
        )
    keys = [(c.span.first, c.code) for c in found]
    assert keys == sorted(keys)
    for code in ("a", "b"):  # of one code no word is in two passages
        spans = [(order[c.span.first], order[c.span.last]) for c in found if c.code == code]
        assert all(last < first for (_, last), (first, _) in itertools.pairwise(spans))


def test_a_suspect_passage_between_two_sentences_keeps_them_apart() -> None:
    turn = replace(conversation("A net. Bad bad. A net.")[0], marks=(Mark("suspect", word_id(M, 3), word_id(M, 4)),))
    for settings in (SENTENCE, TURN):
        assert [quoted([turn], c) for c in propose([turn], book(net=["net"]), settings)] == ["A net.", "A net."]


def test_a_missing_language_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPIPE_MODELS", str(tmp_path))
    with pytest.raises(MissingModelError, match="en_core_web_sm"):
        propose(conversation("net"), book(net=["lemma:net"]))
    with pytest.raises(ConfigError, match="not a spaCy model"):
        propose(
            conversation("net"), book(net=["lemma:net"]), SENTENCE.model_copy(update={"spacy_model": str(tmp_path)})
        )
