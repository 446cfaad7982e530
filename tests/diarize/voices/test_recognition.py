"""Members known again: pairing, verdicts, halves of one person, what a person decided."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.diarize.voices.profiles import Profile, Take
from copipe.diarize.voices.recognition import Verdict, recognise
from copipe.records import SpeakerTurn, Voice

ROLES = ("SN1", "SN2", "CS", "OT", "CG")
SIZE = 12
COMMON = 0.68  # cosine of two different people, as with the default encoder in clear recordings


def person(number: int, drift: float = 0.0) -> tuple[float, ...]:
    """A unit vector with cosine `COMMON` to everybody else's. `drift` turns it away, towards nobody."""
    vector = [0.0] * SIZE
    vector[0] = math.sqrt(COMMON)
    vector[number + 1] = math.sqrt(1 - COMMON) * math.cos(drift)
    vector[SIZE - 1] = math.sqrt(1 - COMMON) * math.sin(drift)
    return tuple(vector)


def between(left: tuple[float, ...], right: tuple[float, ...]) -> tuple[float, ...]:
    total = [a + b for a, b in zip(left, right, strict=True)]
    length = math.hypot(*total)
    return tuple(x / length for x in total)


def known(*roles: str) -> dict[str, Profile]:
    return {role: Profile(role, 1, (Take("M01", "M01", "e", person(ROLES.index(role)), 30.0, ""),)) for role in roles}


def turns(*voices: Voice) -> list[SpeakerTurn]:
    """Ten seconds each, one after another."""
    return [SpeakerTurn(10.0 * i, 10.0 * i + 10, v.label) for i, v in enumerate(voices)]


def verdicts(
    *voices: Voice, profiles: dict[str, Profile], attending: tuple[str, ...] = ROLES, **decided: str
) -> dict[str, Verdict]:
    made = recognise(voices, turns(*voices), profiles, attending, decided)
    assert [v.label for v in made] == [v.label for v in voices]
    return {v.label: v for v in made}


def test_everybody_is_found_whatever_the_order() -> None:
    made = verdicts(*(Voice(f"voice{i}", person(i, 0.3), 30.0) for i in (4, 2, 0, 1, 3)), profiles=known(*ROLES))
    assert {label: (v.role, v.verdict) for label, v in made.items()} == {
        f"voice{i}": (role, "sure") for i, role in enumerate(ROLES)
    }
    assert made["voice0"].score == pytest.approx(COMMON + (1 - COMMON) * math.cos(0.3))
    assert made["voice0"].runner_up_score == pytest.approx(COMMON)


def test_a_visitor_is_nobody() -> None:
    made = verdicts(
        Voice("voice1", person(0, 0.3), 30.0),
        Voice("voice2", person(7), 30.0),
        profiles=known("SN1", "SN2"),
        attending=("SN1", "SN2", "V1"),
    )
    assert (made["voice1"].role, made["voice1"].verdict) == ("SN1", "sure")
    assert (made["voice2"].role, made["voice2"].verdict) == ("", "unknown")
    assert made["voice2"].runner_up in {"SN1", "SN2"}


def test_only_who_attended_can_be_anybody() -> None:
    made = verdicts(Voice("voice1", person(0), 30.0), profiles=known("SN1", "SN2"), attending=("SN2",))
    assert made["voice1"].role == ""
    assert made["voice1"].runner_up == "SN2"


def test_a_member_who_is_not_listed_is_named_and_nobody_else_is_taken_for_them() -> None:
    """CS speaks and is not listed; SN2 is listed and silent. The voice is a little like SN2's."""
    towards, aside = math.cos(0.58), math.sin(0.58)
    leaning = tuple(towards * c + aside * s for c, s in zip(person(2), person(1), strict=True))
    leaning = (math.sqrt(COMMON), *leaning[1:])
    made = verdicts(
        *(Voice("voice1", person(0, 0.3), 30.0), Voice("voice2", leaning, 30.0)),
        profiles=known("SN1", "SN2", "CS"),
        attending=("SN1", "SN2"),
    )
    assert (made["voice1"].role, made["voice1"].verdict, made["voice1"].unlisted) == ("SN1", "sure", "")
    assert (made["voice2"].role, made["voice2"].verdict, made["voice2"].unlisted) == ("", "unknown", "CS")
    assert "CS, who is not listed" in made["voice2"].why
    without = verdicts(Voice("voice2", leaning, 30.0), profiles=known("SN1", "SN2"), attending=("SN1", "SN2"))
    assert without["voice2"].role == "SN2", "what it would be if CS had no profile"


@pytest.mark.parametrize(
    ("voice", "profiles", "why"),
    [
        (Voice("voice1", person(2, 0.3), 3.0), ("SN1", "CS"), "too little speech to name anybody absent"),
        (Voice("voice1", person(2, 1.1), 30.0), ("SN1", "CS"), "a stranger with something of CS"),
        (Voice("voice1", between(person(2), person(3)), 30.0), ("SN1", "CS", "OT"), "between two who are absent"),
    ],
)
def test_nobody_absent_is_named_on_thin_evidence(voice: Voice, profiles: tuple[str, ...], why: str) -> None:
    made = verdicts(voice, profiles=known(*profiles), attending=("SN1",))
    assert (made["voice1"].unlisted, made["voice1"].role) == ("", ""), why


def test_a_person_may_say_that_it_is_somebody_else_than_the_absent_member() -> None:
    made = verdicts(Voice("voice1", person(2), 30.0), profiles=known("SN1", "CS"), attending=("SN1",), voice1="SN1")
    assert (made["voice1"].role, made["voice1"].verdict, made["voice1"].unlisted) == ("SN1", "confirmed", "")


def test_a_voice_without_a_print_is_unknown_and_says_why() -> None:
    made = verdicts(Voice("voice1", (), 60.0), Voice("voice2", (), 1.0), profiles=known("SN1"))
    assert {v.role for v in made.values()} == {""}
    assert "split, or erased" in made["voice1"].why
    assert "too little" in made["voice2"].why


def test_two_members_with_alike_voices_are_found_and_neither_is_sure() -> None:
    """Sisters: nearer to each other than any verdict that is sure allows, and each nearer to herself."""
    sister = between(person(0), between(person(0), person(1)))
    profiles = known("SN1", "CS") | {"SN2": Profile("SN2", 1, (Take("M01", "M01", "e", sister, 30.0, ""),))}
    made = verdicts(
        *(Voice("voice1", sister, 60.0), Voice("voice2", person(0), 60.0), Voice("voice3", person(2), 60.0)),
        profiles=profiles,
    )
    assert {label: v.role for label, v in made.items()} == {"voice1": "SN2", "voice2": "SN1", "voice3": "CS"}
    assert [made[f"voice{i}"].verdict for i in (1, 2, 3)] == ["likely", "likely", "sure"]


def test_three_parts_of_one_person_and_a_visitor_who_is_none_of_them() -> None:
    parts = [Voice(f"voice{i}", person(0, 0.1 * i), 40.0) for i in range(3)]
    made = verdicts(*parts, Voice("voice9", person(7), 40.0), profiles=known("SN1", "SN2"), attending=("SN1", "SN2"))
    assert [made[f"voice{i}"].role for i in range(3)] == ["SN1"] * 3
    assert "sure" not in {made[f"voice{i}"].verdict for i in range(3)}, "a person says whether they are one"
    assert made["voice9"].role == ""


def test_where_somebody_unknown_was_there_a_second_half_must_be_nearer() -> None:
    halves = (Voice("voice1", person(0, 0.1), 60.0), Voice("voice2", person(0, 0.85), 20.0))
    alone = verdicts(*halves, profiles=known("SN1"), attending=("SN1",))
    with_visitor = verdicts(*halves, profiles=known("SN1"), attending=("SN1", "V1"))
    assert (alone["voice2"].role, with_visitor["voice2"].role) == ("SN1", "")


def test_too_little_clear_speech_is_never_sure() -> None:
    made = verdicts(Voice("voice1", person(0), 3.0), Voice("voice2", (), 0.2), profiles=known(*ROLES))
    assert (made["voice1"].role, made["voice1"].verdict) == ("SN1", "likely")
    assert "3 s" in made["voice1"].why
    assert (made["voice2"].role, made["voice2"].verdict, made["voice2"].score) == ("", "unknown", 0.0)


def test_between_two_members_is_not_sure() -> None:
    made = verdicts(Voice("voice1", between(person(0), person(1)), 30.0), profiles=known("SN1", "SN2"))
    assert made["voice1"].verdict != "sure"


def test_two_voices_like_one_member_are_not_sure() -> None:
    """The diarization may have mixed them, or one is a relative who visits."""
    made = verdicts(
        Voice("voice1", person(0, 0.30), 30.0), Voice("voice2", person(0, 0.35), 30.0), profiles=known("SN1", "SN2")
    )
    assert "sure" not in {v.verdict for v in made.values()}
    assert made["voice1"].role == "SN1"


def test_pairs_are_the_best_for_all_together() -> None:
    """voice1 is nearest to SN1, but so is voice2, which is like nobody else."""
    mixed = between(person(0, 0.2), person(1, 0.2))
    made = verdicts(Voice("voice1", mixed, 30.0), Voice("voice2", person(0), 30.0), profiles=known("SN1", "SN2"))
    assert made["voice2"].role == "SN1"
    assert made["voice1"].role in ("SN2", "")


def test_a_decision_stands_and_takes_its_role() -> None:
    voices = (Voice("voice1", person(0), 30.0), Voice("voice2", person(1), 30.0))
    made = verdicts(*voices, profiles=known("SN1", "SN2"), voice2="SN1")
    assert (made["voice2"].role, made["voice2"].verdict) == ("SN1", "confirmed")
    assert made["voice1"].verdict != "sure"  # also like SN1, who is somebody else by a person's word
    made = verdicts(*voices, profiles={}, voice1="V1", voice2="not-in-study")
    assert [made[f"voice{i}"].role for i in (1, 2)] == ["V1", "not-in-study"]


def test_the_second_half_of_somebody_split() -> None:
    voices = (Voice("voice1", person(0, 0.1), 60.0), Voice("voice2", person(0, 0.3), 20.0))
    made = verdicts(*voices, profiles=known("SN1"), attending=("SN1",))
    assert {v.role for v in made.values()} == {"SN1"}
    assert made["voice2"].verdict == "likely"
    together = [SpeakerTurn(0, 10, "voice1"), SpeakerTurn(2, 9, "voice2")]
    apart = {v.label: v for v in recognise(voices, together, known("SN1"), ("SN1",), {})}
    assert apart["voice2"].role == ""  # nobody speaks twice at once


def test_half_of_somebody_a_person_named() -> None:
    voices = (Voice("voice1", person(0, 0.1), 60.0), Voice("voice2", person(0, 0.2), 20.0))
    made = verdicts(*voices, profiles=known("SN1"), attending=("SN1",), voice1="SN1")
    assert (made["voice2"].role, made["voice2"].verdict) == ("SN1", "likely")


def test_noise_that_makes_everybody_alike_makes_nobody_sure() -> None:
    """All cosines are above 0.9, as through a bad line: high, but no higher for the right one than for strangers."""
    base = person(0)
    hum = tuple(0.0 if i < SIZE - 2 else 1.0 for i in range(SIZE))

    def heard(vector: tuple[float, ...]) -> tuple[float, ...]:
        total = [a + 2 * b for a, b in zip(vector, hum, strict=True)]
        return tuple(x / math.hypot(*total) for x in total)

    profiles = {
        role: Profile(role, 1, (Take("M01", "M01", "e", heard(person(i)), 30.0, ""),))
        for i, role in enumerate(("SN1", "SN2", "CS"))
    }
    made = verdicts(
        *(Voice(f"voice{i}", heard(person(i + 5)), 30.0) for i in range(3)), profiles=profiles, attending=ROLES
    )
    assert min(v.runner_up_score for v in made.values()) > 0.9
    assert "sure" not in {v.verdict for v in made.values()}
    assert base != heard(base)


def test_nothing_to_go_by() -> None:
    assert recognise((), (), known("SN1"), ROLES, {}) == ()
    voice = Voice("voice1", person(0), 30.0)
    assert recognise((voice,), (), {}, ROLES, {}) == (
        Verdict("voice1", "", "unknown", 0.0, "", 0.0, "like nobody with a profile"),
    )


unit = st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda v: math.hypot(*v) > 0.01)


@given(
    st.lists(st.tuples(st.one_of(st.just([]), unit), st.floats(0, 100)), max_size=6),
    st.dictionaries(st.sampled_from(ROLES), unit, max_size=5),
    st.sets(st.sampled_from(ROLES)),
    st.dictionaries(st.sampled_from([f"voice{i}" for i in range(6)]), st.sampled_from([*ROLES, "V1"]), max_size=3),
)
def test_what_always_holds(
    heard: list[tuple[list[float], float]],
    members: dict[str, list[float]],
    attending: set[str],
    decided: dict[str, str],
) -> None:
    def one(vector: list[float]) -> tuple[float, ...]:
        return tuple(x / math.hypot(*vector) for x in vector)

    voices = [Voice(f"voice{i}", one(v), seconds) for i, (v, seconds) in enumerate(heard)]
    profiles = {r: Profile(r, 1, (Take("M", "M", "e", one(v), 9.0, ""),)) for r, v in members.items()}
    made = recognise(voices, turns(*voices), profiles, sorted(attending), decided)
    for verdict in made:
        assert not verdict.unlisted or (verdict.role == "" and verdict.unlisted not in attending)
    assert [v.label for v in made] == [v.label for v in voices]
    sure = [v.role for v in made if v.verdict == "sure"]
    assert len(set(sure)) == len(sure)
    assert not set(sure) & set(decided.values())
    for verdict, voice in zip(made, voices, strict=True):
        assert (verdict.verdict == "confirmed") == (voice.label in decided)
        assert verdict.role in {"", *attending} & {"", *profiles} or verdict.verdict == "confirmed"
        assert (verdict.role == "") == (verdict.verdict == "unknown")
        assert -1.0001 <= verdict.score <= 1.0001
        if verdict.verdict == "sure":
            assert voice.seconds >= 8.0


def test_more_speech_never_makes_a_verdict_less_sure() -> None:
    kinds = [
        verdicts(Voice("voice1", person(0, 0.2), seconds), profiles=known(*ROLES))["voice1"].verdict
        for seconds in (0.5, 4.0, 7.9, 8.0, 60.0, 3600.0)
    ]
    order = ["unknown", "likely", "sure"]
    assert all(order.index(a) <= order.index(b) for a, b in pairwise(kinds))
    assert kinds[-1] == "sure"
