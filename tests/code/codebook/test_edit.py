"""Merging, splitting, grouping and renaming codes: what it means, and what it does to the file."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from copipe.code.codebook import codebook, edit, writing
from copipe.code.codebook import diff as codebook_diff
from copipe.code.codebook import text as codebook_text
from copipe.errors import UsageError
from copipe.records import Code, Codebook
from tests.code.codebook.books import books, by_key

BOOK = """\
# My codes.  Do not lose this line.
name: Mine

codes:
  # first of all
  - key: top   # the top
    label: "The top"
    codes:
      - key: conflict
        definition: >
          A long definition that is
          folded by hand.
        seeds:
          - conflict*   # of all kinds
          # the next is doubtful
          - "row"

      # about quarrels
      - {key: quarrel, label: Quarrels, seeds: [quarrel*, conflict*]}

      - key: peace
        # a comment in peace
        seeds: [peace, "at, rest"]
        examples:
        - We made up.
        # the end of peace

  - key: other
    deprecated: too wide
    replaced-by: [quarrel]
sets:
  - name: Q1
    codes: [quarrel, peace, conflict]
"""
FLAT = """\
codes:
- key: a
  seeds: [x]
- key: b
  parent: a
- key: c
  parent: b
  seeds: [y]   # why
"""


def read(text: str) -> Codebook:
    return codebook.parse(text.encode(), "book.yaml")


def changed(text: str, new: Callable[[Codebook], Codebook]) -> tuple[Codebook, str]:
    """The new codebook and its file; every line that is not about what changed is still there."""
    old = read(text)
    book = new(old)
    after = codebook_text.rewrite(text.encode(), old, book).decode()
    assert by_key(read(after)) == by_key(book)
    return book, after


def lines_lost(before: str, after: str) -> list[str]:
    kept = {line.strip() for line in after.splitlines()}
    return [line.strip() for line in before.splitlines() if line.strip() and line.strip() not in kept]


def test_a_merged_code_leaves_its_words_its_keys_and_its_meaning() -> None:
    book, after = changed(BOOK, lambda b: edit.merge_codes(b, ["peace"], "conflict"))
    conflict = by_key(book)["conflict"]
    assert conflict.seeds == ("conflict*", "row", "peace", "at, rest")
    assert conflict.examples == ("We made up.",)
    assert conflict.aliases == ("peace",)
    assert conflict.memo == "Took in peace (peace)."
    assert conflict.definition == "A long definition that is folded by hand."
    assert book.sets[0].codes == ("quarrel", "conflict")
    assert codebook.renamed(book)["peace"] == "conflict"
    for kept in ("# first of all", "- key: top   # the top", "- conflict*   # of all kinds", "# the next is doubtful",
                 "A long definition that is", "# about quarrels", "# My codes.  Do not lose this line."):  # fmt: skip
        assert kept in after
    assert "# a comment in peace" not in after


def test_children_and_aliases_of_a_merged_code_follow() -> None:
    text = "codes:\n- key: a\n- key: b\n  aliases: [z]\n  codes:\n  - key: c\n    # why\n    memo: m\n"
    book, after = changed(text, lambda b: edit.merge_codes(b, ["b"], "a"))
    assert by_key(book)["c"].parent == "a"
    assert codebook.renamed(book) == {"a": "a", "b": "a", "z": "a", "c": "c"}
    assert "# why" in after


def test_what_cannot_be_merged() -> None:
    book = read(BOOK)
    with pytest.raises(UsageError, match="stands under top"):
        edit.merge_codes(book, ["top"], "peace")
    with pytest.raises(UsageError, match="into itself") as told:
        edit.merge_codes(book, ["top"], "top")
    assert "name only the others" in told.value.hint
    with pytest.raises(UsageError) as caught:
        edit.merge_codes(book, ["pease"], "top")
    assert "Did you mean peace?" in caught.value.hint


def test_a_split_code_stays_and_gives_seeds_away() -> None:
    book, after = changed(
        BOOK, lambda b: edit.split_code(b, "conflict", {"loud": "Loud ones", "row": ""}, {"row": ["row"]})
    )
    codes = by_key(book)
    assert (codes["conflict"].seeds, codes["row"].seeds, codes["loud"].label) == (("conflict*",), ("row",), "Loud ones")
    assert codes["row"].parent == codes["loud"].parent == "conflict"
    assert lines_lost(BOOK, after) == ['- "row"']


def test_a_code_split_into_others_instead() -> None:
    book, after = changed(BOOK, lambda b: edit.split_code(b, "peace", {"calm": "", "truce": ""}, {}, "two things"))
    codes = by_key(book)
    assert (codes["peace"].deprecated, codes["peace"].replaced_by) == ("two things", ("calm", "truce"))
    assert codes["calm"].parent == codes["peace"].parent == "top"
    assert lines_lost(BOOK, after) == []
    for wrong in ({"peace": ""}, {"two words": ""}, {}):
        with pytest.raises(UsageError):
            edit.split_code(read(BOOK), "peace", wrong, {})
    with pytest.raises(UsageError, match="no seed of peace"):
        edit.split_code(read(BOOK), "peace", {"calm": ""}, {"calm": ["war"]})


def test_codes_are_grouped_under_a_new_category_where_the_first_stood() -> None:
    book, after = changed(BOOK, lambda b: edit.group_codes(b, ["peace", "conflict"], "being", "How it is"))
    codes = by_key(book)
    assert [codes[k].parent for k in ("conflict", "peace", "being", "quarrel")] == ["being", "being", "top", "top"]
    assert [code.key for code in book.codes] == [code.key for code in read(after).codes]
    assert lines_lost(BOOK, after) == []
    assert after.index("key: being") < after.index("key: conflict") < after.index("key: quarrel")
    again, _ = changed(after, lambda b: edit.group_codes(b, ["quarrel"], "being"))
    assert by_key(again)["quarrel"].parent == "being"


def test_a_code_is_not_put_under_what_stands_under_it() -> None:
    with pytest.raises(UsageError, match="peace stands under top"):
        edit.group_codes(read(BOOK), ["top"], "peace")
    with pytest.raises(UsageError, match="cannot stand under itself"):
        edit.group_codes(read(BOOK), ["top"], "top")


def test_a_renamed_code_keeps_its_decisions_and_whoever_names_it() -> None:
    book, after = changed(BOOK, lambda b: edit.rename_code(b, "top", "summit"))
    codes = by_key(book)
    assert (codes["summit"].aliases, codes["peace"].parent) == (("top",), "summit")
    assert lines_lost(BOOK, after) == ["- key: top   # the top"] and "- key: summit   # the top" in after
    with pytest.raises(UsageError, match="is a code"):
        edit.rename_code(read(BOOK), "top", "Peace")
    back, _ = changed(after, lambda b: edit.rename_code(b, "summit", "top"))
    assert by_key(back)["top"].aliases == ("summit",)


def test_a_new_category_of_codes_from_several_stands_at_the_top() -> None:
    book, _ = changed(FLAT, lambda b: edit.group_codes(b, ["b", "c"], "new"))
    assert (by_key(book)["new"].parent, by_key(book)["c"].parent) == ("", "new")
    book, _ = changed(FLAT, lambda b: edit.group_codes(b, ["c"], "new"))
    assert by_key(book)["new"].parent == "b"


def test_flat_files_stay_flat() -> None:
    book, after = changed(FLAT, lambda b: edit.group_codes(b, ["c"], "a"))
    assert by_key(book)["c"].parent == "a"
    assert lines_lost(FLAT, after) == ["parent: b"]
    _, after = changed(FLAT, lambda b: edit.rename_code(b, "b", "bb"))
    assert lines_lost(FLAT, after) == ["- key: b", "parent: b"]
    _, after = changed(FLAT, lambda b: edit.group_codes(b, ["b", "c"], "new"))
    assert "# why" in after


@pytest.mark.parametrize("text", ["codes: [{key: a, seeds: [x]}, {key: b}]\n", "codes:\n- &x {key: a}\n- key: b\n"])
def test_a_layout_that_cannot_be_kept_is_refused_and_not_mangled(text: str) -> None:
    old = read(text)
    new = edit.merge_codes(old, ["a"], "b")
    try:
        after = codebook_text.rewrite(text.encode(), old, new)
    except codebook_text.LayoutError as error:
        assert "--rewrite" in error.hint
    else:
        assert by_key(codebook.parse(after, "x")) == by_key(new)


def test_dos_lines_and_a_byte_order_mark_stay() -> None:
    data = b"\xef\xbb\xbf" + BOOK.replace("\n", "\r\n").encode()
    old = codebook.parse(data, "x")
    after = codebook_text.rewrite(data, old, edit.rename_code(old, "peace", "calm"))
    assert after.startswith(b"\xef\xbb\xbf#") and after.count(b"\n") == after.count(b"\r\n")


@st.composite
def edits(draw: st.DrawFn) -> tuple[Codebook, Codebook]:
    """A codebook, and what one change made of it."""
    book = draw(books(least=4))
    keys = [code.key for code in book.codes]
    verb = draw(st.sampled_from(["merge", "split", "group", "rename"]))
    one, other = draw(st.sampled_from(keys)), draw(st.sampled_from(keys))
    some = draw(st.lists(st.sampled_from([k for k in keys if k != one]), min_size=1, max_size=3, unique=True))
    try:
        if verb == "merge":
            return book, edit.merge_codes(book, some, one)
        if verb == "split":
            seeds = {"new1": by_key(book)[one].seeds[:1]}
            why = draw(st.sampled_from(["", "why not: # this"]))
            return book, edit.split_code(book, one, {"new1": "", "new2": "New: two"}, seeds, why)
        if verb == "group":
            return book, edit.group_codes(book, some, draw(st.sampled_from(["new1", other])))
        return book, edit.rename_code(book, one, "new1")
    except UsageError:
        return book, book


@settings(max_examples=40, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # shrinking takes minutes
@given(edits())
def test_any_change_of_any_codebook_is_made_in_its_file_and_loses_no_decision(both: tuple[Codebook, Codebook]) -> None:
    old, new = both
    text = writing.to_yaml(old)
    after = codebook_text.rewrite(text.encode(), old, new).decode()
    found = read(after)
    assert by_key(found) == by_key(new) and found.sets == new.sets
    now = codebook.renamed(found)
    assert set(codebook.renamed(old)) <= set(now)  # every key that a decision may have still has a code
    if old == new:
        assert after == text


def test_two_codebooks_become_one() -> None:
    one = codebook.made("One", [Code("a", "A", "d", seeds=("x",)), Code("b", "B")])
    other = codebook.made("Two", [Code("a", "A", "d", seeds=("y",)), Code("c", "C", parent="b2"), Code("b2", "B2")])
    both = edit.merge_books(one, other)
    assert by_key(both)["a"].seeds == ("x", "y")
    assert list(by_key(both)) == ["a", "b", "b2", "c"] and both.name == "One"
    differs = codebook.made("Two", [replace(other.codes[0], definition="e", exclude="f")])
    with pytest.raises(UsageError, match=r"a \(definition\)"):
        edit.merge_books(one, differs)
    assert by_key(edit.merge_books(one, differs, "second"))["a"].definition == "e"
    first = by_key(edit.merge_books(one, differs, "first"))["a"]
    assert (first.definition, first.exclude) == ("d", "f")
    aliased = codebook.made("Three", [Code("z", "Z", aliases=("b",))])
    with pytest.raises(UsageError, match="b"):
        edit.merge_books(aliased, one)


def test_differences_are_told_by_code_and_field() -> None:
    old = read(BOOK)
    assert codebook_diff.compare(old, read(BOOK.replace("# about quarrels", ""))) == ()
    merged = codebook_diff.compare(old, edit.merge_codes(old, ["quarrel"], "conflict"))
    assert [(c.key, c.kind, c.origins) for c in merged] == [
        ("conflict", "merged", ("quarrel",)),
        ("other", "changed", ()),
    ]
    renamed = codebook_diff.compare(old, edit.rename_code(old, "conflict", "strife"))
    assert [(c.key, c.kind, c.proposes) for c in renamed if c.key == "strife"] == [("strife", "renamed", True)]
    fewer = codebook.with_codes(old, old.codes[:-1])
    assert [(c.key, c.kind) for c in codebook_diff.compare(old, fewer)] == [("other", "removed")]
    assert [(c.key, c.kind) for c in codebook_diff.compare(fewer, old)] == [("other", "added")]
    memo = codebook.with_codes(old, [replace(c, memo="m", colour="#000000") for c in old.codes])
    assert not any(c.proposes for c in codebook_diff.compare(old, memo))
    (seeds,) = codebook_diff.compare(old, read(BOOK.replace('"row"', "rows")))[0].fields
    assert (seeds.name, seeds.added, seeds.removed) == ("seeds", ("rows",), ("row",))


def test_the_file_changes_where_the_code_stands_and_nowhere_else() -> None:
    _, after = changed(BOOK, lambda b: edit.split_code(b, "peace", {"calm": ""}, {"calm": ["peace"]}))
    diff = [line for line in difflib.ndiff(BOOK.splitlines(), after.splitlines()) if line[0] in "+-"]
    assert diff == [
        '-         seeds: [peace, "at, rest"]',
        '+         seeds: ["at, rest"]',
        "+         codes:",
        "+           - key: calm",
        "+             seeds:",
        "+               - peace",
    ]
