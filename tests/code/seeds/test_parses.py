"""Columns say what the turns say, whatever the words, and come back from their bytes as they were."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code import units
from copipe.code.propose import candidates
from copipe.code.seeds import lemmas, parses
from copipe.code.tokens import fold
from copipe.records import Code, Codebook, Mark, Turn, Word, word_id
from copipe.study.settings import defaults
from tests.code.seeds.slow_seeds import fake_parse

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5).map(str.strip) | st.sampled_from(
    ["", "(laughs)", "a b", "end."]
)
TIME = st.none() | st.floats(0, 1e4)


@st.composite
def turns(draw: st.DrawFn) -> list[Turn]:
    said = draw(st.lists(st.lists(st.tuples(TEXT, TIME, TIME, st.booleans()), max_size=6), max_size=4))
    made, n = [], 0
    for number, rows in enumerate(said):
        words = []
        for text, start, end, inserted in rows:
            n += not inserted or not n
            words.append(Word(word_id("M", n) + (f".{len(words) + 1:04d}" if inserted else ""), start, end, text))
        role = f"R{number}" if words else ""
        first, last = (words[0].id, words[-1].id) if words else (word_id("M", n), word_id("M", n))
        marks = (Mark("suspect", words[0].id, words[0].id),) if words and draw(st.booleans()) else ()
        made.append(Turn(first, last, None, None, role, tuple(words), len(words), 1.0, marks))
    return made


@given(turns(), st.booleans())
def test_columns_say_what_the_turns_say(said: list[Turn], parsed: bool) -> None:
    made = parses.build("M", said, fake_parse if parsed else None)
    words = [w for t in said for w in t.words]
    assert [made.id(n) for n in range(len(words))] == [w.id for w in words]
    assert [made.vocabulary[v] for v in made.word] == [w.text for w in words]
    for name in ("start", "end"):
        assert [None if np.isnan(t) else t for t in getattr(made, name)] == [getattr(w, name) for w in words]
    assert [made.roles[t] for t in made.turn] == [t.role for t in said for _ in t.words]
    at, sentences = 0, []
    for turn in said:
        sentences += [(at + u.first, at + u.last, [at + i for i in u.spoken]) for u in units.sentences(turn)]
        at += len(turn.words)
    assert list(zip(made.first.tolist(), made.last.tolist(), strict=True)) == [s[:2] for s in sentences]
    assert [np.flatnonzero(made.sentence == n).tolist() for n in range(len(sentences))] == [s[2] for s in sentences]
    tokens = [(t, i) for *_, spoken in sentences for i in spoken for t in fold(words[i].text)]
    assert [(made.folded[t], i) for t, i in zip(made.token, made.token_word, strict=True)] == tokens
    assert made.parsed == parsed and (parsed or not len(made.lemma))


@given(turns())
def test_columns_come_back_from_their_bytes(said: list[Turn]) -> None:
    made = parses.build("M", said, fake_parse)
    data = parses.dump(made)
    back = parses.load(data)
    for field in dataclasses.fields(made):
        one, other = getattr(made, field.name), getattr(back, field.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
        else:
            assert one == other
    assert parses.dump(back) == data


@pytest.mark.skipif(sys.platform == "win32", reason="one platform is enough for a model")
def test_parts_of_speech_and_forms_by_the_real_model() -> None:
    words = tuple(
        Word(word_id("M", n), None, None, t) for n, t in enumerate("She didn’t lead the lead nurses.".split(), 1)
    )
    turn = Turn(words[0].id, words[-1].id, None, None, "SN1", words, len(words), 1.0)
    made = parses.build("M", [turn], lemmas.load("en_core_web_sm"))
    forms = [(made.forms[form], int(word)) for form, word in zip(made.lemma, made.lemma_word, strict=True)]
    assert ("do", 1) in forms and ("lead", 2) in forms and ("nurse", 5) in forms
    seeds = ("lead/VERB", "lemma:nurse/NOUN", "*/NOUN nurses", "did*/AUX")
    book = Codebook("b", tuple(Code(f"c{n}", "", seeds=(seed,)) for n, seed in enumerate(seeds)), "")
    found = candidates.find(made, book, defaults().code, "s").candidates
    told = [(c.code, e.first[-1], e.last[-1]) for c in found for e in c.evidence]
    assert ("c0", "3", "3") in told and ("c1", "6", "6") in told and ("c3", "2", "2") in told
    assert ("c0", "5", "5") not in told
