from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.records import Segment, Word, word_id
from copipe.study import settings
from copipe.transcribe import suspect

SETTINGS = settings.defaults().suspect
GOOD = {"avg_logprob": -0.3, "compression_ratio": 1.5, "no_speech_prob": 0.1}


def segment(text: str, start: float = 0.0, first: int = 1, probability: float = 0.9, pace: float = 0.3, **scores):
    words = tuple(
        Word(word_id("M", first + i), start + i * pace, start + (i + 1) * pace, part, probability)
        for i, part in enumerate(text.split())
    )
    return Segment(words[0].start, words[-1].end, words, **{**GOOD, **scores})


PLAIN = "we looked at the discharge letters again and they are still late"


def reasons(*segments, speech=None):
    return [mark.why for mark in suspect.marks(segments, SETTINGS, speech)]


def test_plain_speech_is_not_marked():
    assert reasons(segment(PLAIN)) == []
    assert reasons(segment("No, no, no, no. Yes, yes.")) == []
    assert reasons(segment("Okay. Okay. Okay.", probability=0.6)) == []


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"compression_ratio": 2.5}, "packs like a loop"),
        ({"avg_logprob": -1.1}, "very low probability"),
        ({"no_speech_prob": 0.7, "avg_logprob": -0.7}, "no speech"),
        ({"probability": 0.2}, "improbable words"),
        ({"pace": 0.05}, "more words than"),
    ],
)
def test_every_sign_alone_is_enough(changed, why):
    (found,) = reasons(segment(PLAIN, **changed))
    assert why in found


def test_what_whisper_says_over_silence():
    assert "heard in silence" in reasons(segment("Thanks for watching!"))[0]
    assert reasons(segment("Thanks for watching over her.")) == []


def test_text_over_silence():
    said = segment("it went quite well I think", start=10.0)
    assert reasons(said, speech=[(9.0, 12.0)]) == []
    assert reasons(said, speech=[(0.0, 5.0), (30.0, 31.0)]) == ["text over silence"]
    assert reasons(said, speech=[]) == ["text over silence"]
    assert reasons(said, speech=None) == []


def test_a_loop_within_a_segment_is_marked_exactly():
    text = "well I think " + "so it is good " * 5 + "and that was all"
    (mark,) = suspect.marks([segment(text)], SETTINGS)
    assert (mark.kind, mark.first, mark.last, mark.why) == ("suspect", "M:000004", "M:000023", "repeated text")


def test_a_loop_across_segments_is_marked_whatever_its_case():
    lines = [segment(text, i * 5.0, 1 + 3 * i) for i, text in enumerate(["That was it."] + ["Thank you, all."] * 4)]
    (mark,) = suspect.marks(lines, SETTINGS)
    assert (mark.first, mark.last) == ("M:000004", "M:000015")


def test_a_sentence_three_times_on_end_is_a_loop():
    assert reasons(segment("I am not sure if this will do. " * 3)) == ["repeated text"]
    assert reasons(segment("I am not sure if this will do. " * 2)) == []


def test_neighbours_with_the_same_sign_are_one_mark():
    bad = [segment(f"said in part {i}", i * 5.0, 1 + 4 * i, avg_logprob=-1.5) for i in range(2)]
    (mark,) = suspect.marks([*bad, segment(PLAIN, 20, 9)], SETTINGS)
    assert (mark.first, mark.last) == ("M:000001", "M:000008")


def test_imported_words_without_times_and_scores():
    words = tuple(Word(word_id("M", i), None, None, text) for i, text in enumerate(PLAIN.split(), 1))
    assert reasons(Segment(None, None, words), speech=[(0, 1)]) == []


def test_reasons_hold_no_speech():
    found = reasons(segment("secretword " * 40, probability=0.1, avg_logprob=-2, compression_ratio=9), speech=[])
    assert found
    assert not any("secretword" in why for why in found)


@given(st.lists(st.sampled_from("abc"), max_size=40), st.integers(2, 5))
def test_every_long_enough_repetition_is_inside_a_loop(letters, times):
    phrase = ["x", "y", "z"]
    words = segment(" ".join([*letters, *phrase * times, "end"])).words
    found = list(suspect._loops(words, 4))
    first, last = len(letters), len(letters) + 3 * times - 1
    assert any(a <= first and last <= b for a, b in found) == (times >= 4)
    assert all(0 <= a < b < len(words) for a, b in found)


def test_doubtful_words_by_their_probability():
    assert suspect.is_doubtful(Word("", 0, 1, "late", 0.3), SETTINGS)
    assert not suspect.is_doubtful(Word("", 0, 1, "late", 0.9), SETTINGS)
    assert not suspect.is_doubtful(Word("", 0, 1, "late"), SETTINGS)
