from __future__ import annotations

from dataclasses import replace
from itertools import count, pairwise

from hypothesis import given
from hypothesis import strategies as st

from copipe.code.propose import stories
from copipe.records import Decision, Turn, Word, word_id
from copipe.study import anchors, decisions

M = "2010-02"
TOLD = (
    "I remember last winter I was on the night shift, and there was this old man who came in. "
    "He said he was fine, and then he fell in the corridor. "
    "So I rang the doctor and she said, oh well, he never told me that. "
    "We found his wife in the end, and she was so upset."
)
BUSINESS = (
    "The next item is the form for the discharge. If the team agrees, we will change the second page. "
    "It should have a box for the date, and the ward keeps a copy. Could we send it round before the next meeting? "
    "The figures for the quarter are on page four, and they are much like those of the other wards."
)


def talk(*said: tuple[str, str]) -> list[Turn]:
    """Turns of (role, text), a word half a second."""
    number, made = count(1), []
    for role, text in said:
        words = tuple(Word(word_id(M, n), n / 2, n / 2 + 0.5, w) for w, n in zip(text.split(), number, strict=False))
        made.append(
            Turn(words[0].id, words[-1].id, words[0].start, words[-1].end, role, words, len(words), 1.0)
            if words
            else Turn("", "", None, None, role, (), 0, 1.0)
        )
    return made


def test_a_story_is_proposed_with_teller_length_and_cues() -> None:
    (story,) = stories.propose(M, talk(("CS", BUSINESS), ("SN1", TOLD), ("OT", BUSINESS)), "t")
    assert story.role == "SN1"
    assert story.seconds is not None and 20 < story.seconds < 40
    assert {cue.source for cue in story.evidence} >= {"orientation", "sequence", "reported speech", "past tense"}
    assert stories.LEAST <= story.score < 1


def test_business_is_no_story() -> None:
    assert stories.propose(M, talk(("CS", BUSINESS), ("OT", BUSINESS)), "t") == ()


def test_what_might_be_is_no_story() -> None:
    maybe = (
        TOLD.replace("I remember", "If I remember").replace("He said", "He would say").replace("We found", "We'll find")
    )
    sure, unsure = (stories.propose(M, talk(("SN1", text)), "t", least=0.0)[0].score for text in (TOLD, maybe))
    assert unsure < sure


def test_an_aside_does_not_end_a_telling() -> None:
    first, second = TOLD[: TOLD.index("So I rang")], TOLD[TOLD.index("So I rang") :]
    (story,) = stories.propose(M, talk(("SN1", first), ("CS", "Oh no, really?"), ("SN1", second)), "t")
    assert story.role == "SN1"
    assert story.span.first == word_id(M, 1)
    assert story.span.last == word_id(M, len(TOLD.split()) + 3)


def test_a_story_ends_with_its_teller_s_words() -> None:
    (story,) = stories.propose(M, talk(("SN1", TOLD), ("CS", "Dear me, awful.")), "t")
    assert story.span.last <= word_id(M, len(TOLD.split()))


def test_short_tellings_are_left_out() -> None:
    assert stories.propose(M, talk(("SN1", "Yesterday I was on the ward and he said no, and then he went.")), "t") == ()


TEXT = st.lists(st.sampled_from([*TOLD.split(), *BUSINESS.split(), "."]), max_size=90).map(" ".join)


@given(st.lists(st.tuples(st.sampled_from(["SN1", "CS", ""]), TEXT), max_size=6))
def test_passages_lie_in_order_and_never_overlap(said: list[tuple[str, str]]) -> None:
    found = stories.propose(M, talk(*said), "t", least=0.0)
    for one, other in pairwise(found):
        assert one.span.last < other.span.first
    for story in found:
        assert story.span.first <= story.span.last
        assert 0 <= story.score <= 1
        assert all(story.span.first <= cue.first <= cue.last <= story.span.last for cue in story.evidence)


def decided(turns: list[Turn], low: int, high: int, verdict: str, purpose: str = "") -> Decision:
    words = [w for t in turns for w in t.words][low:high]
    span = anchors.span(M, words, "t")
    return decisions.decide(kind="story", about=purpose, verdict=verdict, who="RS", span=span)


def test_chosen_stories_stay_rejected_ones_go_and_the_later_answer_holds() -> None:
    turns = talk(("CS", BUSINESS), ("SN1", TOLD))
    found = stories.propose(M, turns, "t")
    low, high = (int(found[0].span.first[-6:]) - 1, int(found[0].span.last[-6:]))
    assert stories.choose(found, turns, [], "t") == ((found[0], None),)
    no = decided(turns, low, high, "reject")
    yes = decided(turns, low + 4, high, "choose", "sharing-knowledge")
    assert stories.choose(found, turns, [no], "t") == ()
    ((story, by),) = stories.choose(found, turns, [no, yes], "t")
    assert by == yes
    assert (story.purpose, story.span.first, story.role) == ("sharing-knowledge", word_id(M, low + 5), "SN1")
    assert stories.choose(found, turns, [yes, no], "t") == ()


def test_a_passage_of_ones_own_needs_no_candidate() -> None:
    turns = talk(("CS", BUSINESS), ("SN1", TOLD))
    mine = decided(turns, 0, 12, "choose", "springboard")
    ((story, by),) = stories.choose((), turns, [mine], "t")
    assert (story.role, story.score, story.evidence, story.seconds, by) == ("CS", 0.0, (), 6.0, mine)


def test_a_chosen_story_whose_words_are_gone_is_not_shown() -> None:
    turns = talk(("CS", BUSINESS), ("SN1", TOLD))
    mine = decided(turns, 0, 12, "choose")
    gone = [replace(t, words=tuple(replace(w, text="") for w in t.words)) for t in turns]
    assert stories.choose((), gone, [mine], "t") == ()
