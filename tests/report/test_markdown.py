import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from copipe.report.markdown import count, escape, ranges, table, unescape

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HARD = st.one_of(st.text("\\`*_~<>[]()!|&#;:+-=.1a \n\t$", max_size=25), st.text(max_size=25))


def words_of(tokens: list[Token]) -> list[str]:
    """The text of every block; anything but plain text in one is an error."""
    found = []
    for token in tokens:
        if token.type == "inline":
            assert {child.type for child in token.children or []} <= {"text"}, [c.type for c in token.children or []]
            found.append(" ".join("".join(child.content for child in token.children or []).split()))
        else:
            assert not token.type.startswith(("html", "code", "fence", "heading", "bullet", "ordered", "hr")), (
                token.type
            )
    return found


@given(HARD)
def test_speech_is_shown_as_it_is_in_a_quotation(text: str) -> None:
    text = text.replace("\0", "")  # CommonMark shows another sign for it
    shown = " ".join(text.split())
    blocks = PARSER.parse(f"> {escape(text)}\n>\n> end")
    assert words_of(blocks) == ([shown, "end"] if shown else ["end"])
    assert unescape(escape(text)) == shown


@given(st.lists(HARD, min_size=2, max_size=4))
def test_speech_stays_in_its_cell(cells: list[str]) -> None:
    cells = [cell.replace("\0", "") for cell in cells]
    made = table(["x"] * len(cells), [[escape(cell) for cell in cells]])
    assert words_of(PARSER.parse(made)) == ["x"] * len(cells) + [" ".join(cell.split()) for cell in cells]


@pytest.mark.parametrize(("numbers", "text"), [([], ""), ([2], "2"), ([2, 1], "1-2"), ([1, 3, 4, 6], "1, 3-4, 6")])
def test_ranges(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text


def test_count() -> None:
    assert [count(n, "code") for n in (0, 1, 2)] == ["0 codes", "1 code", "2 codes"]
