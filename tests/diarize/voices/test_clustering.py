"""Where members are known the number told is a bound: silent members, people not listed, visitors, halves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.diarize.voices import clustering as members
from tests.diarize.engines.test_pipeline import embeddings, same

SIZE = 41


def prints(*people: int, of: int) -> np.ndarray:
    """What people sound like in another room: cosine 0.95 to themselves here."""
    centres = np.hstack([np.full((of, 1), np.sqrt(0.68)), np.sqrt(0.32) * np.eye(of), np.zeros((of, SIZE - 1 - of))])
    away = np.zeros(SIZE)
    away[-1] = 0.33
    return np.stack([(c + away) / np.linalg.norm(c + away) for c in centres[list(people)]])


def unit(points: np.ndarray) -> np.ndarray:
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True))


def meeting(sizes: tuple[int, ...], spread: float = 0.35) -> tuple[np.ndarray, np.ndarray]:
    points, who = embeddings(sizes, spread)
    return unit(points), who


@pytest.mark.parametrize("told", [3, 4, 5, 6])
def test_members_who_say_nothing_get_no_voice(told: int) -> None:
    points, who = meeting((120, 80, 40))
    assert same(members.by_members(points, told, prints(0, 1, 2, 3, 4, of=5)[:, :SIZE]), who)


@pytest.mark.parametrize("known", [(0, 1, 2, 3), (0, 1, 2), (0, 1)])
def test_one_who_is_not_listed_has_a_voice_with_or_without_a_profile(known: tuple[int, ...]) -> None:
    points, who = meeting((120, 80, 60, 40))
    assert same(members.by_members(points, 3, prints(*known, of=4)), who)


def test_a_visitor_stays_apart_from_members_and_from_another_visitor() -> None:
    points, who = meeting((100, 80, 60, 40))
    assert same(members.by_members(points, 4, prints(0, 1, of=4)), who)


def test_told_rightly_nothing_changes() -> None:
    points, _ = meeting((200, 100, 60, 20), spread=0.5)
    by_number = members.by_number(points, 4)
    assert same(members.by_members(points, 4, prints(0, 1, 2, of=4)), by_number)


def test_whoever_is_like_nobody_known_is_not_joined_however_many_are_told() -> None:
    """Profiles of people who are not there say nothing: so many clusters as told, each of one person."""
    points, who = meeting((80, 80))
    elsewhere = np.zeros((2, SIZE))
    elsewhere[:, [20, 30]] = np.eye(2)
    found = members.by_members(points, 3, elsewhere)
    assert all(len(set(who[found == k])) == 1 for k in set(found.tolist()))


def test_two_halves_that_are_far_apart_stay_two() -> None:
    """A member by the door and later at the table: like one profile, but not like each other; a person joins them."""
    towards = np.zeros((2, SIZE))
    towards[0, 38], towards[1, 39] = 0.55, 0.55
    own = prints(0, of=3)
    halves = unit(own + towards)
    assert float(halves[0] @ halves[1]) < 0.84
    rng = np.random.default_rng(1)
    points = unit(np.repeat(halves, 60, axis=0) + rng.normal(0, 0.02, (120, SIZE)))
    assert len(set(members.by_members(points, 2, prints(0, 1, of=3)).tolist())) == 2


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=6),
    st.integers(2, 8),
    st.integers(1, 5),
    st.floats(0.05, 1.5),
)
def test_every_embedding_has_a_cluster_and_there_is_at_most_one_more_than_told(
    sizes: list[int], told: int, known: int, spread: float
) -> None:
    points, _ = meeting(tuple(sizes), spread)
    if told > len(points):
        return
    found = members.by_members(points, told, prints(*range(known), of=max(known, len(sizes))))
    assert len(found) == len(points)
    assert sorted(set(found.tolist())) == list(range(int(found.max()) + 1))
    assert int(found.max()) + 1 <= told + 1
    again = members.by_members(points, told, prints(*range(known), of=max(known, len(sizes))))
    assert np.array_equal(found, again)


def test_the_pipeline_goes_by_prints_and_forgets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from copipe.models import quiet_imports

    quiet_imports.prepare()
    from copipe.diarize.engines import pipeline
    from copipe.diarize.engines.pyannote import PyannoteDiarizer

    clustering: Any = pipeline.BoundedClustering(metric="cosine")
    clustering.instantiate({"method": "centroid", "threshold": 0.5, "min_cluster_size": 16})
    points, who = meeting((120, 80, 40))
    four = {"min_clusters": 4, "max_clusters": 4, "num_clusters": 4}
    clustering.prints = prints(0, 1, 2, 3, of=4)
    assert same(clustering.cluster(points.copy(), **four), who)
    clustering.prints = np.eye(7)  # of another encoder: they say nothing
    assert len(set(clustering.cluster(points.copy(), **four).tolist())) == 4

    class Pipeline:
        def __init__(self) -> None:
            self.clustering = clustering

        def __call__(self, *_: object, **__: object) -> Any:
            raise StopIteration

    loaded = PyannoteDiarizer(Pipeline())
    for made, wanted in ((loaded.knowing([(1.0, 0.0)]), [[1.0, 0.0]]), (loaded, None)):
        with pytest.raises(StopIteration):
            made.diarize(np.ones(16_000, dtype=np.float32), 2, lambda tick: None, "x")
        assert (clustering.prints is None) == (wanted is None)
        assert wanted is None or clustering.prints.tolist() == wanted
