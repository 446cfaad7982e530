"""Codebooks that include others, and what can be said of a code."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from copipe.code.codebook import codebook, writing
from copipe.errors import ConfigError
from copipe.records import Code, CodeSet
from copipe.study import code_fields
from tests.code.codebook.books import bare, books

FULL = """
name: Full
description: |
  Two
  lines.
source: A book (2003)
unit: turn
codes:
  - key: conflict
    label: Conflict
    definition: |
      One paragraph.

      Another.
    examples: [We fell out.]
    counter-examples: ["A conflict of interest, declared."]
    colour: "#abc"
    memo: Think again.
    aliases: [quarrel]
    only-roles: [SN1]
    only-kinds: [interview]
    case: exact
    codable: no
    guid: "{0fa3c1d2-0000-4000-8000-00000000000a}"
  - key: old
    deprecated: yes
    replaced-by: [conflict]
    unit: sentence
    case: ignore
sets:
  - name: Question 1
    description: All that answers it.
    codes: [conflict]
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        codebook.load(path)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


def test_every_field_is_read(tmp_path: Path) -> None:
    book = codebook.load(write(tmp_path, "full.yaml", FULL))
    conflict, old = book.codes
    assert conflict == Code(
        "conflict",
        "Conflict",
        "One paragraph.\n\nAnother.",
        examples=("We fell out.",),
        counter_examples=("A conflict of interest, declared.",),
        colour="#AABBCC",
        memo="Think again.",
        aliases=("quarrel",),
        roles=("SN1",),
        kinds=("interview",),
        unit="turn",
        case=True,
        codable=False,
        guid="{0fa3c1d2-0000-4000-8000-00000000000a}",
    )
    assert (old.deprecated, old.replaced_by, old.unit, old.case) == ("yes", ("conflict",), "sentence", False)
    assert (book.description, book.source, book.unit) == ("Two\nlines.", "A book (2003)", "turn")
    assert book.sets == (CodeSet("Question 1", ("conflict",), "All that answers it."),)
    assert codebook.renamed(book) == {"quarrel": "conflict", "conflict": "conflict", "old": "old"}
    assert {f.attribute for f in code_fields.FIELDS} | {"key"} == {f.name for f in fields(Code)}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("colour: red", 'a, colour: "red" is not a colour'),
        ("unit: sentense", 'a, unit: unknown "sentense" (did you mean sentence?)'),
        ("only-kinds: [interviews]", 'a, only-kinds: unknown "interviews" (did you mean interview?)'),
        ("aliases: [b]", 'a, aliases: "b" is a code, on line 5'),
        ("aliases: [two words]", 'a, aliases: "two words" is not a key'),
        ("replaced-by: [c]", 'a, replaced-by: unknown code "c"'),
        ("replaced-by: [b]", "a: replaced, but not deprecated (add `deprecated:` with the reason)"),
        ("guid: 12", "a, guid: not a GUID"),
        ("codable: perhaps", 'a, codable: unknown "perhaps" (known here: yes, no)'),
        ("examples: one", "a, examples: expected a list with at least one text"),
        ("examples: ['']", "a, examples: empty text"),
        ("counterexamples: [x]", 'a: unknown key "counterexamples" (did you mean counter-examples?)'),
    ],
)
def test_what_is_wrong_with_a_field(tmp_path: Path, line: str, says: str) -> None:
    told = refused(write(tmp_path, "x.yaml", f"codes:\n  - key: a\n    seeds: [x]\n    {line}\n  - key: b\n"))
    assert any(problem.partition(": ")[2].startswith(says) for problem in told), told
    assert all(problem.startswith("line ") for problem in told)


def test_an_alias_belongs_to_one_code_and_a_renamed_one_is_named(tmp_path: Path) -> None:
    text = "codes:\n- {key: a, aliases: [z]}\n- {key: b, aliases: [z]}\nsets:\n- {name: s, codes: [z, q]}\n"
    assert refused(write(tmp_path, "x.yaml", text)) == [
        'line 3: b, aliases: "z" is an alias of a already, on line 2',
        'line 5: set s: unknown code "z" (now a)',
        'line 5: set s: unknown code "q" (it is the key of a code)',
    ]


def test_the_hash_of_a_code_is_of_what_its_candidates_depend_on() -> None:
    code = Code("a", "A", "d", seeds=("x",))
    for beside in ("parent", "colour", "memo", "guid"):
        assert codebook.code_hash(replace(code, **{beside: "z"})) == codebook.code_hash(code)
    for matters in ("label", "definition", "include", "exclude", "unit", "deprecated"):
        assert codebook.code_hash(replace(code, **{matters: "z"})) != codebook.code_hash(code)
    for matters in ("seeds", "not_seeds", "examples", "counter_examples", "roles", "kinds"):
        assert codebook.code_hash(replace(code, **{matters: ("z",)})) != codebook.code_hash(code)
    assert codebook.code_hash(replace(code, case=True)) != codebook.code_hash(code)


def test_others_are_included_by_path_and_by_name(tmp_path: Path) -> None:
    write(tmp_path, "shared/deep.yaml", "codes: [{key: deep, definition: d, seeds: [deep]}]\n")
    write(tmp_path, "shared/low.yaml", "includes: [deep.yaml]\ncodes: [{key: low, seeds: [low], parent: deep}]\n")
    text = "includes:\n- shared/low.yaml\n- shared/deep\n- {book: nickols, under: mine}\ncodes:\n- {key: mine}\n"
    book = codebook.load(write(tmp_path, "main.yaml", text))
    parents = {code.key: code.parent for code in book.codes}
    assert list(parents)[:2] == ["deep", "low"] and list(parents)[-1] == "mine"
    assert (parents["deep"], parents["low"], parents["operating"], parents["mine"]) == ("", "deep", "mine", "")
    places = codebook.places(tmp_path / "main.yaml")
    assert places["mine"].file == "" and places["mine"].line == 6
    assert Path(places["deep"].file).name == "deep.yaml"
    shared = codebook.load(tmp_path / "shared/low.yaml").hash
    write(tmp_path, "shared/deep.yaml", "codes: [{key: deep, definition: d, seeds: [deeper]}]\n")
    assert codebook.load(tmp_path / "shared/low.yaml").hash != shared


def test_problems_of_included_books_are_told_with_their_file(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "includes: [b.yaml, main.yaml]\ncodes: [{key: one}]\n")
    b = write(tmp_path, "b.yaml", "codes:\n- key: one\n- key: two\n  lable: x\n")
    main = write(
        tmp_path,
        "main.yaml",
        "includes: [a.yaml, denningg, {under: one}, {book: b, under: none}, 5, [x]]\ncodes:\n- key: two\n",
    )
    told = refused(main)
    assert told == [
        'line 1: includes: no codebook "denningg" beside this file '
        f"({tmp_path}) or among those of copipe (did you mean denning?)",
        "line 1: includes: which codebook? (book: other.yaml)",
        f'line 1: includes: no codebook "5" beside this file ({tmp_path}) or among those of copipe',
        "line 1: includes: expected a file, or the name of a codebook that comes with copipe",
        'line 1: includes, under: unknown code "none" (did you mean one?)',
        f"line 3: two: the key stands twice; the first is on line 3 of {b}",
        f"{tmp_path / 'a.yaml'}, line 1: includes: in a ring: main.yaml > a.yaml > main.yaml (take one of them out)",
        f"{tmp_path / 'a.yaml'}, line 2: one: the key stands twice; the first is on line 2 of {b}",
        f'{b}, line 4: two: unknown key "lable" (did you mean label?)',
    ]


def test_a_book_that_includes_itself(tmp_path: Path) -> None:
    path = write(tmp_path, "me.yaml", "includes: [me.yaml]\ncodes: [{key: a}]\n")
    assert refused(path) == ["line 1: includes: in a ring: me.yaml > me.yaml (take one of them out)"]


@settings(max_examples=60)
@given(books())
def test_what_is_written_reads_the_same(book: codebook.Codebook) -> None:
    text = writing.to_yaml(book)
    assert codebook.parse(text.encode(), "x") == book


SIGNS = [
    "\t",
    "\x85",
    "\u2028",
    "~",
    "- ",
    ": ",
    " # ",
    "'",
    '"',
    "|",
    "\\",
    "{",
    "%",
    "*",
    "&",
    "!",
    "  ",
    "\n",
]


@pytest.mark.parametrize("sign", SIGNS)
def test_difficult_texts_survive(sign: str) -> None:
    for text in (f"{sign}a", f"a{sign}b", f"a{sign}", f"a{sign}\n{sign}b"):
        one = " ".join(text.split())
        code = Code("a", one or "A", definition=text.strip(), examples=(text.strip(),), seeds=("x",))
        book = codebook.made("B", [code])
        assert codebook.parse(writing.to_yaml(book).encode(), "x").codes == book.codes


def test_a_flat_order_stays_the_order() -> None:
    codes = [Code("b", "b", parent="a"), Code("a", "a"), Code("c", "c", parent="a")]
    book = codebook.made("B", codes)
    assert "parent: a" in writing.to_yaml(book)
    assert bare(codebook.parse(writing.to_yaml(book).encode(), "x")) == bare(book)
