"""Voices from embeddings: told how many, whatever share of the talking each has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from copipe.models import quiet_imports


@pytest.fixture
def clustering() -> Any:
    quiet_imports.prepare()
    from copipe.diarize.engines import pipeline

    made = pipeline.BoundedClustering(metric="cosine")
    made.instantiate({"method": "centroid", "threshold": 0.5, "min_cluster_size": 16})
    return made


def embeddings(sizes: tuple[int, ...], spread: float) -> tuple[np.ndarray, np.ndarray]:
    """So many of each person: cosine 0.68 between two people, as the default encoder has it, and noise."""
    rng = np.random.default_rng(0)
    size = len(sizes)
    centres = np.hstack([np.full((size, 1), np.sqrt(0.68)), np.sqrt(0.32) * np.eye(size), np.zeros((size, 40 - size))])
    who = np.repeat(np.arange(size), sizes)
    return centres[who] + rng.normal(0, spread / np.sqrt(41), (len(who), 41)), who


def same(found: np.ndarray, who: np.ndarray) -> bool:
    pairs = set(zip(found.tolist(), who.tolist(), strict=True))
    return len(pairs) == len(set(found.tolist())) == len(set(who.tolist()))


@pytest.mark.parametrize("sizes", [(60, 60, 60, 60), (400, 100, 30, 8, 8), (900, 12), (50,) * 8])
def test_told_the_number_everybody_is_found_however_little_they_say(clustering: Any, sizes: tuple[int, ...]) -> None:
    points, who = embeddings(sizes, spread=0.3)
    count = len(sizes)
    assert same(clustering.cluster(points.copy(), min_clusters=count, max_clusters=count, num_clusters=count), who)


def test_told_more_than_speak_nobody_is_mixed_with_another(clustering: Any) -> None:
    """A member who is silent: somebody gets two voices, which recognition can join again."""
    points, who = embeddings((120, 120, 40), spread=0.4)
    found = clustering.cluster(points, min_clusters=4, max_clusters=4, num_clusters=4)
    assert len(set(found)) == 4
    assert all(len(set(who[found == k])) == 1 for k in range(4))


def test_left_to_guess_the_threshold_decides(clustering: Any) -> None:
    points, who = embeddings((80, 80, 80), spread=0.2)
    assert same(clustering.cluster(points, min_clusters=1, max_clusters=len(points)), who)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_as_many_people_as_stretches(clustering: Any, count: int) -> None:
    points, _ = embeddings((1,) * count, spread=0.0)
    found = clustering.cluster(points, min_clusters=count, max_clusters=count, num_clusters=count)
    assert len(found) == count


def test_stretches_move_to_the_nearest_voice_and_none_is_lost() -> None:
    quiet_imports.prepare()
    from copipe.diarize.voices.clustering import settled

    points = np.array([[1.0, 0.0], [0.995, 0.0999], [0.0, 1.0], [0.0999, 0.995], [0.98, 0.199]])
    assert settled(points, np.array([0, 0, 1, 1, 1])).tolist() == [0, 0, 1, 1, 0]
    alike = np.tile([1.0, 0.0], (4, 1))
    assert len(set(settled(alike, np.array([0, 0, 1, 1])).tolist())) == 2


def test_activity_is_what_pyannote_makes_of_the_scores() -> None:
    quiet_imports.prepare()
    from pyannote.audio.utils.signal import binarize
    from pyannote.core import SlidingWindow, SlidingWindowFeature

    from copipe.diarize.engines.pipeline import _active

    scores = np.random.default_rng(0).random((20, 50, 3), dtype=np.float32)
    made = SlidingWindowFeature(scores, SlidingWindow(duration=5, step=0.5))
    theirs = binarize(made, onset=0.4, initial_state=False)
    assert np.array_equal(_active(made, onset=0.4, initial_state=False).data, theirs.data)
