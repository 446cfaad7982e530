from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from copipe.records import Segment, Word
from copipe.transcribe.vocabulary import take_over


def heard(text: str, start: float = 10.0, pace: float = 0.4, probability: float = 0.8) -> Segment:
    words = tuple(
        Word("", start + i * pace, start + (i + 1) * pace, part, probability) for i, part in enumerate(text.split())
    )
    return Segment(words[0].start, words[-1].end, words)


def text(segments) -> str:
    return " ".join(word.text for segment in segments for word in segment.words)


PLAIN = [heard("it was sent to date ex"), heard("on Monday", 14.0)]


def test_only_the_term_is_taken_from_the_second_hearing():
    told = [heard("it is bent to"), heard("Datix,", 11.6, 0.8), heard("on Sunday", 14.0)]
    assert text(take_over(PLAIN, told, ["Datix"])) == "it was sent to Datix, on Monday"


def test_a_term_of_several_words():
    told = [heard("it was sent to Goal Setting on Monday")]
    assert text(take_over(PLAIN, told, ["goal setting"])) == "it was sent to Goal Setting on Monday"
    assert text(take_over(PLAIN, told, ["setting the goal"])) == text(PLAIN)


def test_what_was_heard_anyway_is_not_said_twice():
    plain, told = [heard("sent to Datix on Monday")], [heard("to Datix", 10.8)]
    assert text(take_over(plain, told, ["Datix"])) == "sent to Datix on Monday"


def test_what_is_improbable_or_far_too_short_is_left():
    assert text(take_over(PLAIN, [heard("Datix", 11.6, 0.8, 0.1)], ["Datix"])) == text(PLAIN)
    assert text(take_over(PLAIN, [heard("ADL", 10.0, 4.0)], ["ADL"])) == text(PLAIN)
    assert text(take_over(PLAIN, [heard("Datix", 13.0)], ["Datix"])) == text(PLAIN)


def test_words_keep_their_order_and_a_segment_without_words_goes():
    plain = [heard("date ex"), heard("on Monday", 10.8)]
    made = take_over(plain, [heard("Datix", 10.4, 0.8)], ["Datix"])
    starts = [word.start for segment in made for word in segment.words]
    assert starts == sorted(starts)
    assert all(segment.words for segment in made)


lines = st.lists(st.sampled_from(["a", "bc", "def", "Datix", "the", "ward"]), min_size=1, max_size=9).map(" ".join)


@given(lines, lines, st.floats(0.1, 1.0), st.sampled_from([["Datix"], ["the ward", "Datix"], ["ward", ""]]))
def test_nothing_but_the_vocabulary_is_new(plain, told, pace, vocabulary):
    made = take_over([heard(plain)], [heard(told, pace=pace)], vocabulary)
    terms = {part.lower() for term in vocabulary for part in term.split()}
    assert {w for w in text(made).split() if w.lower() not in terms} <= set(plain.split())
    assert take_over([heard(plain)], [heard(told, pace=pace)], []) == (heard(plain),)
    assert take_over([heard(plain)], [], vocabulary) == (heard(plain),)
