import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.errors import InputError, UsageError
from copipe.records import Turn, Word, word_id
from copipe.study.pages import Citation, PageLine, PageMap, cite, lines, paginate, parse_citation, resolve


def make_turns(said: Sequence[tuple[str, Sequence[str]]], timed: bool = True) -> tuple[Turn, ...]:
    """Turns of (role, words); the words of a role "" are withheld."""
    ordinals = itertools.count(1)
    turns = []
    for role, texts in said:
        words = []
        for text in texts:
            n = next(ordinals)
            words.append(Word(word_id("M1", n), n / 2 if timed else None, n / 2 + 0.4 if timed else None, text))
        shown = tuple(words) if role else ()
        turns.append(Turn(words[0].id, words[-1].id, words[0].start, words[-1].end, role, shown, len(words), 1.0))
    return tuple(turns)


def layout(turns: Sequence[Turn], page_map: PageMap) -> list[str]:
    return [" ".join(w.text for piece in line.pieces for w in piece.words if w.text) for line in lines(turns, page_map)]


def test_lines_are_filled_and_every_turn_starts_a_new_one() -> None:
    turns = make_turns([("SN1", ["one", "two", "three", "four"]), ("CS", ["five"]), ("", ["x"] * 50), ("CS", ["six"])])
    page_map = paginate(turns, 3, 9, "M1")
    assert layout(turns, page_map) == ["one two", "three", "four", "five", "", "six"]
    assert [line.place for line in lines(turns, page_map)] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert page_map.pages == 2
    withheld = lines(turns, page_map)[4].pieces
    assert [(piece.withheld, piece.opens) for piece in withheld] == [(True, True)]


def test_exact_fit_long_words_and_words_without_text() -> None:
    turns = make_turns([("SN1", ["ab", "cd", "supercalifragilistic", "ef", "", "", "gh", "i"])])
    page_map = paginate(turns, 30, 5, "M1")
    assert layout(turns, page_map) == ["ab cd", "supercalifragilistic", "ef gh", "i"]
    assert page_map.label(word_id("M1", 6)) == (1, 3)


def test_no_turns() -> None:
    page_map = paginate((), 30, 72, "M1")
    assert (page_map.pages, lines((), page_map)) == (0, ())
    with pytest.raises(UsageError):
        cite(page_map, (), "M1:000001", "M1:000001")


@pytest.mark.parametrize(
    ("citation", "text"),
    [
        (Citation("2010-02", PageLine(7, 12), PageLine(7, 18), 2467.99), "2010-02 p. 7, ll. 12-18, 00:41:07"),
        (Citation("2010-02", PageLine(7, 12), PageLine(7, 12), None), "2010-02 p. 7, l. 12"),
        (Citation("pilot 1", PageLine(7, 28), PageLine(8, 3), 0.0), "pilot 1 p. 7, l. 28 - p. 8, l. 3, 00:00:00"),
        (Citation("I-OT", PageLine(7, 28), PageLine(8, 28), 36000.0), "I-OT p. 7, l. 28 - p. 8, l. 28, 10:00:00"),
    ],
)
def test_citations_are_written_and_read(citation: Citation, text: str) -> None:
    assert str(citation) == text
    assert str(parse_citation(text)) == text


@pytest.mark.parametrize(
    "text",
    ["2010-02 p.7 ll.12–18 00:41:07", " 2010-02, p. 7, ll. 12 - 18, 00:41:07. ", "2010-02 p 7, l. 12 — 18 00:41:07"],
)
def test_citations_as_people_copy_them(text: str) -> None:
    assert parse_citation(text) == Citation("2010-02", PageLine(7, 12), PageLine(7, 18), 2467.0)


@pytest.mark.parametrize(
    "text", ["", "2010-02", "p. 7, l. 3", "2010-02 p. 7", "2010-02 p. 7, ll. 18-12", "x p. 1, l. 1!"]
)
def test_what_is_no_citation(text: str) -> None:
    with pytest.raises(UsageError):
        parse_citation(text)


@pytest.mark.parametrize("where", ["p. 1, l. 3", "p. 0, l. 1", "p. 2, l. 2", "p. 1, l. 0", "p. 1, l. 1 - p. 9, l. 1"])
def test_lines_that_are_not_there(where: str) -> None:
    turns = make_turns([("SN1", ["one"]), ("CS", ["two"]), ("SN1", ["three"])])
    with pytest.raises(UsageError, match="has no p"):
        resolve(parse_citation(f"M1 {where}"), paginate(turns, 2, 9, "M1"), turns)


def test_a_citation_of_another_meeting_or_of_words_that_are_gone() -> None:
    turns = make_turns([("SN1", ["one"]), ("CS", ["two"])])
    page_map = paginate(turns, 30, 9, "M1")
    with pytest.raises(UsageError, match="M2"):
        resolve(parse_citation("M2 p. 1, l. 1"), page_map, turns)
    gone = (turns[0], replace(turns[1], role="", words=()))
    with pytest.raises(UsageError, match=r"Nothing is left at M1 p\. 1, l\. 2"):
        resolve(parse_citation("M1 p. 1, l. 2"), page_map, gone)


def test_the_time_is_of_the_first_word_that_has_one() -> None:
    timed, untimed = make_turns([("SN1", ["a", "b"])]), make_turns([("SN1", ["a", "b"])], timed=False)
    page_map = paginate(timed, 30, 9, "M1")
    assert cite(page_map, timed, "M1:000002", "M1:000002").start == 1.0
    assert cite(page_map, untimed, "M1:000001", "M1:000002").start is None
    mixed = (replace(timed[0], words=(untimed[0].words[0], timed[0].words[1])),)
    assert cite(page_map, mixed, "M1:000001", "M1:000002").start == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"meeting": "M1", "lines_per_page": 0, "width": 72, "firsts": []}',
        '{"meeting": "M1", "lines_per_page": 30, "width": 72, "firsts": ["M1:000002", "M1:000001"]}',
        '{"meeting": "M1", "lines_per_page": 30, "width": 72, "firsts": null}',
    ],
)
def test_a_damaged_map(text: str) -> None:
    with pytest.raises(InputError):
        PageMap.from_json(text)


TURN = st.tuples(st.sampled_from(["SN1", "CS", ""]), st.lists(st.text("abc", max_size=12), min_size=1, max_size=15))


@st.composite
def transcripts(draw: st.DrawFn) -> tuple[tuple[Turn, ...], PageMap]:
    turns = make_turns(draw(st.lists(TURN, min_size=1, max_size=8)))
    return turns, paginate(turns, draw(st.integers(1, 5)), draw(st.integers(1, 20)), "M1")


@st.composite
def corrected(draw: st.DrawFn, turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Words deleted, inserted, said by somebody else; turns withheld."""
    made: list[Turn] = []
    for turn in turns:
        if draw(st.integers(0, 4)) == 0:
            made.append(replace(turn, role="", words=()))
            continue
        words: list[Word] = []
        for number, word in enumerate(turn.words):
            if number == 0 and not made and draw(st.booleans()):
                words.append(Word(word_id("M1", 0) + ".0001", None, None, "before"))
            if draw(st.integers(0, 5)):
                words.append(word)
            if not draw(st.integers(0, 5)):
                words += [Word(f"{word.id}.{n:04d}", None, None, "more") for n in (1, 2)]
        cut = draw(st.integers(0, len(words)))
        for role, part in ((turn.role, words[:cut]), ("OT", words[cut:])):
            if part:
                made.append(Turn(part[0].id, part[-1].id, None, None, role, tuple(part), len(part), 1.0))
    return tuple(made)


@given(transcripts(), st.data())
def test_every_word_stands_on_one_line_the_one_it_is_labelled_with(
    found: tuple[tuple[Turn, ...], PageMap], data: st.DataObject
) -> None:
    before, page_map = found
    for turns in (before, data.draw(corrected(before))):
        placed = [(w.id, line.place) for line in lines(turns, page_map) for piece in line.pieces for w in piece.words]
        assert [word for word, _ in placed] == [w.id for turn in turns for w in turn.words]
        assert all(page_map.label(word) == place for word, place in placed)
        opened = [piece.turn.id for line in lines(turns, page_map) for piece in line.pieces if piece.opens]
        assert opened == [turn.id for turn in turns]


@given(transcripts())
def test_a_new_layout_keeps_to_the_width_and_to_the_page(found: tuple[tuple[Turn, ...], PageMap]) -> None:
    turns, page_map = found
    shown = lines(turns, page_map)
    assert all(len(line.pieces) == 1 for line in shown)
    for text in layout(turns, page_map):
        assert len(text) <= page_map.width or " " not in text
    assert [line.place for line in shown] == sorted({line.place for line in shown})
    assert all(line.place.line <= page_map.lines_per_page for line in shown)
    assert PageMap.from_json(page_map.to_json()) == page_map


@given(transcripts(), st.data())
@settings(max_examples=200)
def test_a_citation_leads_back_to_its_words(found: tuple[tuple[Turn, ...], PageMap], data: st.DataObject) -> None:
    before, page_map = found
    turns = data.draw(st.one_of(st.just(before), corrected(before)))
    ids = [w.id for turn in turns for w in turn.words]
    if not ids:
        return
    a, b = sorted((data.draw(st.integers(0, len(ids) - 1)), data.draw(st.integers(0, len(ids) - 1))))
    citation = cite(page_map, turns, ids[a], ids[b])
    first, last = resolve(parse_citation(str(citation)), page_map, turns)
    assert first <= ids[a] <= ids[b] <= last
    again = cite(page_map, turns, first, last)
    assert (again.first, again.last) == (citation.first, citation.last)
    assert all(citation.first <= page_map.label(i) <= citation.last for i in ids if first <= i <= last)


@given(transcripts(), st.data())
def test_a_frozen_map_moves_no_other_citation(found: tuple[tuple[Turn, ...], PageMap], data: st.DataObject) -> None:
    before, page_map = found
    after = data.draw(corrected(before))
    frozen = PageMap.from_json(page_map.to_json())
    kept = {w.id for turn in after for w in turn.words}
    assert len(lines(after, frozen)) == len(lines(before, page_map))
    for turn in before:
        for word in turn.words:
            if word.id in kept:
                old, new = (cite(m, t, word.id, word.id) for m, t in ((page_map, before), (frozen, after)))
                assert old == new
