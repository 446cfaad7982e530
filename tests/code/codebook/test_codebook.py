from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code.codebook import codebook
from copipe.errors import ConfigError
from copipe.resources import CONFIG


def read(text: str) -> codebook.Codebook:
    return codebook.parse(text.encode(), "book.yaml")


def refused(text: str | bytes) -> list[str]:
    """The lines of the message about a codebook that is wrong."""
    with pytest.raises(ConfigError) as caught:
        codebook.parse(text if isinstance(text, bytes) else text.encode(), "book.yaml")
    assert caught.value.message.startswith("book.yaml: ")
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


NESTED = """
name: A book
codes:
  - key: top
    label: The top
    codes:
      - key: low
        seeds: [one, two words]
        not-seeds: [no]
  - key: other
"""
FLAT = """
# the same, written flat and in another order of keys
codes:
- {label: "The  top", key: top}
- {not-seeds: ["no"], seeds: [one, two words], parent: top, key: low}
- {key: other}
name: Another name
"""


def test_nested_and_flat_say_the_same_and_have_one_hash() -> None:
    nested, flat = read(NESTED), read(FLAT)
    assert nested.codes == flat.codes
    assert nested.hash == flat.hash
    assert (nested.name, flat.name) == ("A book", "Another name")
    low = nested.codes[1]
    assert (low.key, low.label, low.parent, low.seeds, low.not_seeds) == (
        "low",
        "low",
        "top",
        ("one", "two words"),
        ("no",),
    )


@pytest.mark.parametrize("change", [("two words", "two word"), ("[no]", "[not]"), ("The top", "Top"), ("low", "lower")])
def test_the_hash_follows_meaning(change: tuple[str, str]) -> None:
    assert read(NESTED.replace(*change)).hash != read(NESTED).hash


def test_scalars_are_text_whatever_yaml_makes_of_them() -> None:
    book = read("codes:\n- {key: 12, label: yes, definition: 2010-02-01, seeds: [no, on, 1.0, null, ~x]}")
    code = book.codes[0]
    assert (code.key, code.label, code.definition) == ("12", "yes", "2010-02-01")
    assert code.seeds == ("no", "on", "1.0", "null", "~x")
    assert book.name == "book"


def test_all_problems_are_told_at_once_with_line_and_hint() -> None:
    told = refused(
        """name: x
codes:
  - key: a
    lable: A
    seeds: ["re:(", ""]
  - key: A
    parent: tip
  - key: yes
    seeds:
    definition: [not, text]
  - label: nameless
  - key: two words
  - key: top
    seeds: [lemma: lead, foo, foo]
    seeds: [bar]
colour: red
"""
    )
    expected = [
        'line 4: a: unknown key "lable" (did you mean label?)',
        'line 5: a, seeds: "re:(": not a regular expression',
        'line 5: a, seeds: "": empty seed',
        "line 6: A: the key stands twice; the first is on line 3",
        'line 7: A: unknown parent "tip" (did you mean top?)',
        "line 9: yes, seeds: expected a list with at least one seed",
        "line 10: yes, definition: expected text",
        "line 11: codes: a code without a key",
        "line 12: two words: not a key",
        "line 14: top, seeds: expected a seed (no space after the colon of lemma: or re:, or use quotes)",
        'line 14: top, seeds: "foo" stands twice; the first is on line 14',
        'line 15: top: "seeds" stands twice; the first is on line 14',
        'line 16: unknown key "colour" (known here: name, description, source, unit, includes, sets, codes)',
    ]
    assert len(told) == len(expected)
    for line, beginning in zip(told, expected, strict=True):
        assert line.startswith(beginning)


@pytest.mark.parametrize("order", itertools.permutations("abc"))
def test_a_ring_of_parents_is_told_once(order: tuple[str, ...]) -> None:
    parents = {"a": "b", "b": "c", "c": "a"}
    text = "codes:\n" + "".join(f"- {{key: {k}, parent: {parents[k]}}}\n" for k in order) + "- {key: d, parent: a}\n"
    told = refused(text)
    assert len(told) == 1 and "its own ancestor" in told[0] and told[0].startswith("line ")


def test_a_code_is_not_its_own_parent_and_has_one_parent() -> None:
    assert refused("codes:\n- {key: a, parent: a}") == ["line 2: a: its own ancestor: a > a"]
    told = refused("codes:\n- key: a\n  codes:\n  - {key: b, parent: c}\n- key: c")
    assert told == ['line 4: b: parent "c", but it stands under "a"']


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: not a codebook"),
        ("just text", "line 1: not a codebook"),
        ("- key: a", "line 1: not a codebook"),
        ("name: x", "line 1: codes: missing"),
        ("codes: []", "line 1: codes: empty"),
        ("codes:", "line 1: codes: expected a list"),
        ("codes:\n- a", "line 2: codes: expected a code"),
        ("codes:\n- key: a\n  codes: b", "line 3: a, codes: expected a list"),
        ("codes:\n- key: a\n  seeds: one", "line 3: a, seeds: expected a list"),
        ("codes:\n- key: a\n  seeds:\n  - *ship", "line 4: not YAML: found undefined alias 'ship' (put a seed that"),
        ("codes:\n- key: a\n  seeds:\n  - 'a' b", "line 4: not YAML: expected <block end>"),
        ("codes:\n- key: a\n  label: b: c", "line 3: not YAML: mapping values are not allowed here (put text with"),
        ("codes:\n- key: a\n\tlabel: b", "line 3: not YAML: found character"),
        ("codes:\n- key: a\n---\ncodes: []", "line 3: not YAML: but found another document (one codebook a file"),
        ("codes:\n- key: a\n  label: \x07", "line 3: not YAML: a control character"),
        ("codes:\n- &a {key: a, codes: [*a]}", "line 2: a, codes: the same list of codes stands"),
        ("codes: &c\n- {key: a, codes: *c}", "line 1: a, codes: the same list of codes stands"),
        ("codes:\n- {? [a] : b, key: c}", 'line 2: c: unknown key ""'),
        (b"codes:\n- key: caf\xe9", "line 2: not UTF-8 text (save the file as UTF-8)"),
    ],
)
def test_one_problem_and_how_it_is_told(text: str | bytes, says: str) -> None:
    told = refused(text)
    assert any(line.startswith(says) for line in told), told


def test_a_byte_order_mark_and_dos_lines_do_no_harm() -> None:
    assert codebook.parse(b"\xef\xbb\xbf" + NESTED.replace("\n", "\r\n").encode(), "b").hash == read(NESTED).hash


def test_a_file_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        codebook.load(tmp_path / "none.yaml")


@given(st.text(alphabet="codesky: -[]{}\n&*a'\"|>#?,", max_size=80))
def test_no_text_does_worse_than_a_configuration_error(text: str) -> None:
    for candidate in (text, f"codes:\n- key: a\n  {text}", f"codes:\n- {{key: a, seeds: [{text}]}}"):
        try:
            codebook.parse(candidate.encode(), "book.yaml")
        except ConfigError as error:
            assert all("line " in line for line in error.message.splitlines()[1:])


@pytest.mark.parametrize("path", sorted((CONFIG / "codebooks").glob("*.yaml")), ids=lambda p: p.stem)
def test_shipped_codebooks_are_in_order(path: Path) -> None:
    book = codebook.load(path)
    assert book.codes
    assert codebook.remarks(book) == ()


def test_remarks_name_what_may_not_be_meant() -> None:
    book = read("codes:\n- {key: a, seeds: [x]}\n- {key: b, definition: d, seeds: [X]}\n- {key: c, definition: d}")
    assert codebook.remarks(book) == (
        "a has no definition",
        "c has no seeds: only a person will find it",
        '"x" is a seed of a, b',
    )
