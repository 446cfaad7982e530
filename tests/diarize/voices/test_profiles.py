"""Voice profiles on the disk: versions, takes, forgetting."""

from __future__ import annotations

import math
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.diarize.voices import profiles
from copipe.diarize.voices.profiles import Profile, Take
from copipe.errors import ConfigError, UsageError
from copipe.records import Voice


def take(source: str, *embedding: float, seconds: float = 30.0, encoder: str = "e1") -> Take:
    length = math.hypot(*embedding)
    return Take(source, source, encoder, tuple(x / length for x in embedding), seconds, "2010-02-01T00:00:00+00:00")


def test_every_change_is_a_new_version_and_the_old_ones_stay(tmp_path: Path) -> None:
    first = profiles.add(tmp_path, "SN1", take("2009-11", 1, 0))
    second = profiles.add(tmp_path, "SN1", take("2009-12", 0, 1))
    third = profiles.drop_take(tmp_path, "SN1", "2009-11")
    assert third is not None
    assert [first.version, second.version, third.version] == [1, 2, 3]
    assert profiles.versions(tmp_path, "SN1") == (1, 2, 3)
    assert profiles.load(tmp_path, "SN1", 1) == first
    assert profiles.load(tmp_path, "SN1", 2) == second
    assert profiles.load(tmp_path, "SN1") == third
    assert second.meetings == ("2009-11", "2009-12")
    assert third.meetings == ("2009-12",)


def test_a_take_from_the_same_source_replaces_the_older_one(tmp_path: Path) -> None:
    profiles.add(tmp_path, "SN1", take("2009-11", 1, 0))
    changed = profiles.add(tmp_path, "SN1", take("2009-11", 0, 1))
    assert changed.takes == (take("2009-11", 0, 1),)
    again = profiles.add(tmp_path, "SN1", take("2009-11", 0, 1))
    assert again.version == changed.version  # nothing new, no new version


def test_dropping_what_is_not_there_changes_nothing(tmp_path: Path) -> None:
    assert profiles.drop_take(tmp_path, "SN1", "2009-11") is None
    made = profiles.add(tmp_path, "SN1", take("2009-11", 1, 0))
    assert profiles.drop_take(tmp_path, "SN1", "2010-02") == made


def test_a_profile_without_takes_knows_nobody(tmp_path: Path) -> None:
    profiles.add(tmp_path, "SN1", take("2009-11", 1, 0))
    profiles.drop_take(tmp_path, "SN1", "2009-11")
    assert profiles.load_all(tmp_path, ["SN1", "CS"]) == {}


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "private" / "voices"
    profiles.add(folder, "SN1", take("2009-11", 1, 0))
    file = folder / "SN1" / "0001.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_forgetting_overwrites_and_removes_every_version(tmp_path: Path) -> None:
    profiles.add(tmp_path, "SN1", take("2009-11", 1, 0))
    profiles.add(tmp_path, "SN1", take("2009-12", 0, 1))
    profiles.add(tmp_path, "CS", take("2009-11", 1, 1))
    first = tmp_path / "SN1" / "0001.json"
    length = first.stat().st_size
    other_name = tmp_path / "kept"
    other_name.hardlink_to(first)  # what the file held can be seen through a second name
    assert profiles.forget(tmp_path, "SN1") == 2
    assert other_name.read_bytes() == bytes(length)
    assert profiles.load(tmp_path, "SN1") is None
    assert not (tmp_path / "SN1").exists()
    assert profiles.load(tmp_path, "CS") is not None
    assert profiles.forget(tmp_path, "SN1") == 0


@pytest.mark.parametrize("role", ["..", "../voices", "SN1/..", "", "not-in-study", "sn1"])
def test_only_a_role_code_is_a_folder(tmp_path: Path, role: str) -> None:
    with pytest.raises(UsageError):
        profiles.forget(tmp_path, role)
    with pytest.raises(UsageError):
        profiles.add(tmp_path, role, take("2009-11", 1, 0))


@pytest.mark.parametrize("spoilt", ["", "{", "[]", '{"takes": [{}]}', '{"takes": [{"embedding": ["x"]}]}'])
def test_a_spoilt_file_is_named(tmp_path: Path, spoilt: str) -> None:
    profiles.add(tmp_path, "SN1", take("2009-11", 1, 0))
    (tmp_path / "SN1" / "0001.json").write_text(spoilt)
    with pytest.raises(ConfigError, match=r"0001\.json"):
        profiles.load(tmp_path, "SN1")


def test_nothing_to_know_a_voice_by_is_no_take(tmp_path: Path) -> None:
    assert profiles.take_of("2009-11", "2009-11", "e1", [Voice("voice1", (), 0.4)]) is None
    for embedding in ((), (math.nan, 1.0)):
        with pytest.raises(UsageError, match="too little clear speech"):
            profiles.add(tmp_path, "SN1", Take("2009-11", "2009-11", "e1", embedding, 1.0, ""))
    assert profiles.load(tmp_path, "SN1") is None


def test_two_voices_of_one_person_make_one_take() -> None:
    made = profiles.take_of("M", "M", "e1", [Voice("v1", (1.0, 0.0), 30.0), Voice("v2", (0.0, 1.0), 10.0)])
    assert made is not None
    assert made.seconds == 40.0
    assert made.embedding == pytest.approx((3 / math.sqrt(10), 1 / math.sqrt(10)))


def test_a_long_meeting_does_not_outweigh_the_others() -> None:
    long = Profile("SN1", 1, (take("a", 1, 0, seconds=3600), take("b", 0, 1, seconds=60)))
    assert long.centroid == pytest.approx((math.sqrt(0.5), math.sqrt(0.5)))
    assert long.seconds == 3660


def test_takes_of_another_encoder_are_left_out_and_said() -> None:
    mixed = Profile("SN1", 4, (take("a", 1, 0, 0, encoder="old"), take("b", 0, 1)))
    other = Profile("CS", 1, (take("a", 1, 0, 0, encoder="old"),))
    own, lacking = profiles.usable({"SN1": mixed, "CS": other}, "e1")
    assert lacking == ("SN1", "CS")
    assert own == {"SN1": Profile("SN1", 4, (take("b", 0, 1),))}
    assert mixed.centroid == (0.0, 1.0)  # of the newest encoder


def test_separation_is_from_the_nearest_other() -> None:
    def one(role: str, *embedding: float) -> Profile:
        return Profile(role, 1, (take("a", *embedding),))

    near, far = one("CS", 1, 1), one("OT", 0, 1)
    assert profiles.separation(one("SN1", 1, 0), [near, far]) == pytest.approx(1 - math.sqrt(0.5))
    assert profiles.separation(one("SN1", 1, 0), [one("SN1", 1, 0)]) == math.inf
    assert profiles.separation(Profile("SN1", 1, ()), [near]) == math.inf


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c"]), st.tuples(st.floats(-1, 1), st.floats(-1, 1)), st.floats(0.1, 5000)
        ).filter(lambda t: math.hypot(*t[1]) > 1e-3),
        min_size=1,
        max_size=12,
    )
)
def test_the_profile_holds_the_last_take_of_each_source(tmp_path_factory: pytest.TempPathFactory, said: list) -> None:  # type: ignore[type-arg]
    folder = tmp_path_factory.mktemp("voices")
    last = {}
    for source, embedding, seconds in said:
        last[source] = take(source, *embedding, seconds=seconds)
        profiles.add(folder, "SN1", last[source])
    kept = profiles.load(folder, "SN1")
    assert kept is not None
    assert sorted(kept.takes, key=lambda t: t.source) == [last[source] for source in sorted(last)]
    assert not kept.centroid or math.hypot(*kept.centroid) == pytest.approx(1)
