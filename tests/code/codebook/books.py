"""Codebooks made up at random, for property tests."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from copipe.code.codebook import codebook
from copipe.records import Code, Codebook, CodeSet
from copipe.study import code_fields

# No control characters but the line break: YAML and XML hold others only by escapes, which one test of its own tries.
_SIGNS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\ufeff\ufffe\uffff")
texts = st.text(_SIGNS, max_size=40).map(str.strip)
lines = texts.map(lambda text: " ".join(text.split()))
paragraphs = st.lists(texts, max_size=3).map("\n".join).map(str.strip)
words = st.text("abcdefghij", min_size=1, max_size=6)
seeds = st.one_of(
    words, st.tuples(words, words).map(" ".join), words.map(lambda w: w + "*"), words.map("lemma:{}".format)
)
keys = st.text("abcxyz019-_.é", min_size=1, max_size=8).filter(lambda key: key[0].isalnum())


def some(values: st.SearchStrategy[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(values.filter(bool), min_size=least, max_size=3, unique=True).map(tuple)


@st.composite
def books(draw: st.DrawFn, least: int = 1) -> Codebook:
    """A codebook whose codes say anything, in the order of a file in which each stands under its category."""
    unique = draw(st.lists(keys, min_size=least, max_size=9, unique_by=str.casefold))
    used = draw(st.integers(least, len(unique)))
    names, spare = unique[:used], unique[used:]
    codes: list[Code] = []
    for number, key in enumerate(names):
        parent = draw(st.sampled_from(["", *names[:number]]))
        alias = (spare.pop(),) if spare and draw(st.booleans()) else ()
        deprecated = draw(lines.filter(lambda t: t not in (*code_fields.TRUE, *code_fields.FALSE)))
        codes.append(
            Code(
                key,
                draw(lines) or code_fields.label_of(key),
                draw(paragraphs),
                draw(paragraphs),
                draw(paragraphs),
                parent,
                draw(some(seeds)),
                draw(some(seeds)),
                draw(some(lines)),
                draw(some(lines)),
                draw(st.sampled_from(["", "#A0B1C2"])),
                draw(paragraphs),
                alias,
                deprecated,
                tuple(names[:1]) if deprecated and number else (),
                draw(st.sampled_from(["", *code_fields.UNITS])),
                draw(some(st.sampled_from(["SN1", "CS"]))),
                draw(some(st.sampled_from(code_fields.MEETING_KINDS))),
                draw(st.booleans()),
                draw(st.booleans()),
                draw(st.sampled_from(["", f"0000000{number}-AAAA-BBBB-CCCC-0123456789AB"])),
            )
        )
    sets = [CodeSet("A set", tuple(names[::2]), draw(paragraphs))] if draw(st.booleans()) else []
    return codebook.made("Book", in_order(codes), sets=sets)


def in_order(codes: list[Code], parent: str = "") -> list[Code]:
    return [c for code in codes if code.parent == parent for c in (code, *in_order(codes, code.key))]


def by_key(book: Codebook) -> dict[str, Code]:
    return {code.key: code for code in book.codes}


def bare(book: Codebook) -> Codebook:
    """Without what has no place in other formats: name and hash."""
    return replace(book, name="", hash="")
