"""Clusters of the voices of a group whose members are known: the number present is a hint and a bound, not an order.

Told how many there are, clustering makes so many, right or wrong: of a member who says nothing it makes a second voice
of somebody else, and whoever is not on the list shares a voice with somebody who is. Members' profiles say which
clusters are one person, and so leave room for those who are nobody's.

From the number told two ways are tried. *One more*: of a few clusters too many those that are nearest to each other are
joined; where at one more than the number no two are near, there is one more. *Fewer*: clusters that are nearest to the
same profile, and near each other, are one person. Windows of 5 s say little each, their clusters much: profiles decide
about clusters only. benchmarks/members.py has what this is worth (docs/attribution.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from copipe.diarize.voices.recognition import PRIOR, PRIOR_PAIRS, SPLIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float64]  # shape (n, dimension), unit length
    Labels = NDArray[np.int_]  # shape (n,), from 0

ROUNDS = 10  # of moving embeddings to the nearest centre; most meetings stand still after three
# Shares of the way from what two different people have in this recording (0) to one and the same (1), as in
# copipe.diarize.voices.recognition, chosen on the even seeds of benchmarks/members.py.
CLAIM = SPLIT  # from it a cluster may be a member's; 0.68 leaves half of the silent members' clusters standing
AHEAD = 0.1  # what that member must be ahead of the next
ONE_PERSON = 0.5  # between two clusters of one member; nearer they are joined, 0.4 joins a visitor to a member
DISTINCT = 0.3  # between all clusters, where there is one more than told; 0.4 finds voices that are not there
SPARE = 3  # clusters too many at first, so that a quiet person has one
LEAST = 0.01  # share of the embeddings; a smaller cluster is nobody's own where clusters are too many


def by_number(embeddings: Vectors, number: int) -> Labels:
    """So many clusters by Ward's method, every embedding moved to the nearest."""
    return settled(embeddings, _cut(linkage(embeddings, method="ward"), number))


def by_members(embeddings: Vectors, number: int, prints: Vectors) -> Labels:
    """Clusters where `number` are thought to speak and `prints` are what members sound like, present or not."""
    tree = linkage(embeddings, method="ward")
    labels = _one_more(embeddings, tree, number, prints)
    if labels is None:
        labels = settled(embeddings, _cut(tree, number))
    while labels.max() > 0:
        likeness, same, _ = _compared(embeddings, labels, prints)
        i, j = _nearest(np.where(same, likeness, -np.inf))
        if not same[i, j] or likeness[i, j] < ONE_PERSON:
            break
        labels = _joined(embeddings, labels, i, j)
    return labels


def settled(embeddings: Vectors, clusters: Labels) -> Labels:
    """The clusters once every embedding has moved to the nearest centre, until all stay; none is lost."""
    count = int(clusters.max()) + 1
    for _ in range(ROUNDS):
        moved = np.argmax(embeddings @ _centres(embeddings, clusters, count).T, axis=1)
        if len(np.unique(moved)) < count or np.array_equal(moved, clusters):
            break
        clusters = moved
    return clusters


def _one_more(embeddings: Vectors, tree: NDArray[np.float64], number: int, prints: Vectors) -> Labels | None:
    """One cluster more than told, where all of them are clearly different people; None where they are not."""
    if number + SPARE > len(embeddings):
        return None
    labels = settled(embeddings, _cut(tree, number + SPARE))
    least = max(3, round(LEAST * len(embeddings)))
    while (count := int(labels.max()) + 1) > number:
        likeness, same, apart = _compared(embeddings, labels, prints)
        sizes = np.bincount(labels, minlength=count)
        if sizes.min() < least:
            i = int(sizes.argmin())
            j = int(likeness[i].argmax())
        else:
            # those of one member before those of nobody; never those of two members
            i, j = _nearest(np.where(apart, -np.inf, likeness + 0.2 * same))
            if (count == number + 1 and likeness[i, j] < DISTINCT) or apart[i, j]:
                return labels if count == number + 1 else None
        labels = _joined(embeddings, labels, i, j)
    return None


def _compared(
    embeddings: Vectors, labels: Labels, prints: Vectors
) -> tuple[Vectors, NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each pair of clusters how alike they are (-inf on the diagonal), whether they are nearest to one member's
    profile, and whether to two different ones'."""
    centres = _centres(embeddings, labels, int(labels.max()) + 1)
    near = centres @ prints.T
    others = np.sort(near, axis=1)[:, :-1]
    level = min(0.9, float((others.sum() + PRIOR * PRIOR_PAIRS) / (others.size + PRIOR_PAIRS)))
    likeness = (centres @ centres.T - level) / (1 - level)
    np.fill_diagonal(likeness, -np.inf)
    claims = np.sort((near - level) / (1 - level), axis=1)
    ahead = claims[:, -1] - (claims[:, -2] if claims.shape[1] > 1 else 0.0)
    claimed = (claims[:, -1] >= CLAIM) & (ahead >= AHEAD)
    who = near.argmax(axis=1)
    both = claimed[:, None] & claimed[None]
    alike = who[:, None] == who[None]
    return likeness, both & alike & np.isfinite(likeness), both & ~alike


def _nearest(likeness: Vectors) -> tuple[int, int]:
    i, j = np.unravel_index(int(likeness.argmax()), likeness.shape)
    return int(i), int(j)


def _joined(embeddings: Vectors, labels: Labels, i: int, j: int) -> Labels:
    """Cluster `i` made part of `j`, the numbers closed up again."""
    _, closed = np.unique(np.where(labels == i, j, labels), return_inverse=True)
    return settled(embeddings, closed)


def _cut(tree: NDArray[np.float64], count: int) -> Labels:
    found: Labels = fcluster(tree, count, criterion="maxclust") - 1
    return found


def _centres(embeddings: Vectors, labels: Labels, count: int) -> Vectors:
    centres = np.stack([embeddings[labels == k].mean(axis=0) for k in range(count)])
    unit: Vectors = centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    return unit
