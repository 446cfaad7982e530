"""A changed codebook: what is kept is what would be found anew, and only what has changed is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code.propose import candidates
from copipe.code.propose.candidates import Before
from copipe.code.seeds import parses
from copipe.code.seeds.language import SeedError, parse
from copipe.records import Candidate, Code, Codebook, Tally, Turn, Word, word_id
from copipe.study import anchors
from copipe.study.settings import defaults
from copipe.study.store import from_lines, to_line
from tests.code.seeds.slow_seeds import fake_parse
from tests.code.seeds.test_match import JOINED, conversation, meetings

SETTINGS = defaults().code
SOURCE = "source"


def book(*codes: Code, unit: str = "") -> Codebook:
    return Codebook("b", codes, "h", unit=unit)


def lines_of(data: Sequence[object]) -> list[str]:
    return [record if isinstance(record, str) else to_line(record) for record in data]


def quoted(turns: Sequence[Turn], candidate: Candidate) -> str:
    words = [w for t in turns for w in t.words if candidate.span.first <= w.id <= candidate.span.last]
    return " ".join(w.text for w in words if w.text)


# Passages


def passages(turns: Sequence[Turn], of: Codebook, **settings: object) -> list[tuple[str, str, str]]:
    asked = SETTINGS.model_copy(update=settings)
    found = candidates.propose("M", turns, of, asked, SOURCE, parse=fake_parse)
    return [(c.code, c.role, quoted(turns, c)) for c in found]


def test_windows_go_over_turns_and_those_that_meet_are_one() -> None:
    turns = conversation("One. Net.", "Three. Four.", "Five. Six net. Seven.")
    code = Code("n", "", seeds=("net",))
    assert passages(turns, book(code), unit="window") == [
        ("n", "SN1", "One. Net. Three."),
        ("n", "OT", "Five. Six net. Seven."),
    ]
    assert passages(turns, book(code), unit="window", window=2) == [
        ("n", "OT", "One. Net. Three. Four. Five. Six net. Seven.")
    ]
    assert passages(turns, book(code), unit="window", window=0) == [("n", "SN1", "Net."), ("n", "OT", "Six net.")]


def test_the_unit_of_a_code_counts_before_that_of_the_book_and_of_the_run() -> None:
    turns = conversation("A net. So.")
    codes = (Code("a", "", seeds=("net",)), Code("b", "", seeds=("net",), unit="sentence"))
    assert passages(turns, book(*codes, unit="turn"), unit="window") == [
        ("a", "SN1", "A net. So."),
        ("b", "SN1", "A net."),
    ]


def test_a_whole_story_is_proposed_and_nothing_outside_one() -> None:
    turns = conversation("A net. It was so.", "Then a net came. The end.", "No net.")
    code = Code("n", "", seeds=("net",), unit="story")
    words = [w.id for t in turns for w in t.words]
    found = candidates.propose("M", turns, book(code), SETTINGS, SOURCE, stories=[(words[2], words[8])])
    assert [quoted(turns, c) for c in found] == ["It was so. Then a net came."]
    assert candidates.propose("M", turns, book(code), SETTINGS, SOURCE) == ()


@given(meetings(), st.sampled_from(["sentence", "turn", "window"]), st.integers(0, 2))
def test_passages_hold_their_evidence_and_of_one_code_no_word_is_in_two(
    turns: list[Turn], unit: str, window: int
) -> None:
    asked = SETTINGS.model_copy(update={"unit": unit, "window": window})
    of = book(Code("a", "", seeds=("a*", "b")), Code("b", "", seeds=("re:b",)))
    words = [w for t in turns for w in t.words]
    at = {w.id: n for n, w in enumerate(words)}
    ends: dict[str, int] = {}
    for found in candidates.propose("M", turns, of, asked, SOURCE):
        first, last = at[found.span.first], at[found.span.last]
        assert ends.get(found.code, -1) < first <= last
        ends[found.code] = last
        assert found.span == anchors.span("M", words[first : last + 1], SOURCE)
        assert all(first <= at[e.first] <= at[e.last] <= last for e in found.evidence)
        assert anchors.place(found.span, words, SOURCE) == (first, last + 1)


# What is kept

CODES = st.lists(
    st.builds(
        Code,
        st.sampled_from(["a", "b", "c", 'q"é\\']),
        st.just(""),
        seeds=st.lists(JOINED | st.sampled_from(["a*", "re:b"]), max_size=2, unique=True).map(tuple),
        not_seeds=st.sampled_from([(), ("b",)]),
        unit=st.sampled_from(["", "turn", "window"]),
        roles=st.sampled_from([(), ("CS",)]),
        deprecated=st.sampled_from(["", "", "", "old"]),
    ),
    max_size=4,
    unique_by=lambda code: code.key,
)


def valid(code: Code) -> bool:
    try:
        return all(parse(text) for text in code.seeds)
    except SeedError:
        return False


BOOKS = CODES.map(lambda codes: book(*filter(valid, codes)))


@given(meetings(), BOOKS, BOOKS)
def test_coding_again_gives_what_coding_anew_gives(turns: list[Turn], old: Codebook, new: Codebook) -> None:
    columns = parses.build("M", turns, fake_parse)
    made = []
    for of, before in ((old, None), (new, None), (new, "kept")):
        now = candidates.fingerprints(of, SETTINGS)
        kept = Before(made[0], candidates.fingerprints(old, SETTINGS)) if before else None
        made.append(lines_of(candidates.again(lambda: columns, of, SETTINGS, SOURCE, now, kept)))
    assert made[2] == made[1]


def test_only_what_has_changed_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = parses.build("M", conversation("A net and a link. A tie."))
    codes = [Code("a", "", seeds=("net",)), Code("b", "", seeds=("link",)), Code("c", "", seeds=("tie",))]
    before = Before(
        lines_of(candidates.again(lambda: columns, book(*codes), SETTINGS, SOURCE, {})),
        candidates.fingerprints(book(*codes), SETTINGS),
    )
    asked: list[list[str]] = []
    find = candidates.find

    def watched(columns: object, of: Codebook, *rest: object) -> object:
        asked.append([code.key for code in of.codes])
        return find(columns, of, *rest)  # type: ignore[arg-type]

    def again(*codes: Code) -> list[str]:
        now = candidates.fingerprints(book(*codes), SETTINGS)
        data = candidates.again(lambda: columns, book(*codes), SETTINGS, SOURCE, now, before)
        return [c.code for c in from_lines(lines_of(data), Candidate)]

    monkeypatch.setattr(candidates, "find", watched)
    reworded = replace(codes[1], label="Links", definition="Ties between people.", colour="#FF0000", memo="look again")
    assert again(codes[2], reworded, codes[0]) == ["b", "a", "c"] and asked == []
    assert again(codes[0], replace(codes[1], seeds=("link", "tie"))) == ["a", "b"] and asked == [["b"]]
    assert again(replace(codes[0], deprecated="yes"), codes[2]) == ["c"] and len(asked) == 1


def test_lines_that_cannot_be_read_are_not_kept() -> None:
    columns = parses.build("M", conversation("A net."))
    of = book(Code("a", "", seeds=("net",)))
    now = candidates.fingerprints(of, SETTINGS)
    anew = candidates.again(lambda: columns, of, SETTINGS, SOURCE, now)
    assert candidates.again(lambda: columns, of, SETTINGS, SOURCE, now, Before(["[]"], now)) == anew


def test_tallies_count_hits_and_sentences() -> None:
    columns = parses.build("M", conversation("A net, a net. Net.", "Link."))
    of = book(Code("a", "", seeds=("gone", "net")), Code("b", "", seeds=("gone",)))
    assert candidates.find(columns, of, SETTINGS, SOURCE).tallies == (Tally("a", (0, 3), (0, 2)),)


# Decisions and corrections

EDIT = st.tuples(
    st.sampled_from(["replace", "delete", "insert"]), st.integers(0, 40), st.sampled_from(["x", "y.", "(z)"])
)


@given(meetings(), st.lists(EDIT, max_size=6))
def test_a_passage_finds_itself_again_when_the_transcript_is_corrected(
    turns: list[Turn], edits: list[tuple[str, int, str]]
) -> None:
    of = book(Code("a", "", seeds=("a*",)))
    words = [w for t in turns for w in t.words]
    found = candidates.propose("M", turns, of, SETTINGS, SOURCE)
    edited = list(words)
    for kind, where, text in edits:
        at = where % len(edited) if edited else 0
        if not edited:
            break
        if kind == "replace":
            edited[at] = replace(edited[at], text=text)
        elif kind == "delete":
            del edited[at]
        elif edited[at].id.count(".") == 0 and f"{edited[at].id}.0001" not in {w.id for w in edited}:
            edited.insert(at + 1, Word(f"{edited[at].id}.0001", None, None, text))
    for candidate in found:
        span = candidate.span
        left = [w.id for w in words if span.first <= w.id <= span.last and w.id in {e.id for e in edited}]
        place = anchors.place(span, edited, SOURCE)
        if not left and place is None:
            continue
        assert place is not None
        here = [w.id for w in edited[slice(*place)]]
        assert set(left) <= set(here)
        assert all(span.first <= known <= span.last for known in here)


def test_ids_of_inserted_words_are_anchors_too() -> None:
    words = (Word(word_id("M", 1), None, None, "The"), Word(word_id("M", 1) + ".0001", None, None, "net."))
    turn = Turn(words[0].id, words[-1].id, None, None, "SN1", words, 2, 1.0)
    (found,) = candidates.propose("M", [turn], book(Code("a", "", seeds=("net",))), SETTINGS, SOURCE)
    assert (found.evidence[0].first, found.span.last) == ("M:000001.0001", "M:000001.0001")
