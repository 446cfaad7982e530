"""How far two coders agree on the same units, per code and overall; and the machine against a person.

A unit carries a code or it does not: nominal data, two coders, nothing missing. Most units carry no code, so that
percent agreement flatters; prevalence stands beside every number, and measures that take chance agreement out:

- Cohen's kappa (Cohen 1960), by scikit-learn.
- Krippendorff's alpha, nominal (Krippendorff 2011), by the krippendorff package; its interval by bootstrap.
- PABAK, the prevalence- and bias-adjusted kappa (Byrt, Bishop & Carlin 1993): 2 * agreement - 1.
- Gwet's AC1 (Gwet 2008), which does not collapse where nearly all units are alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DRAWS = 2000  # of the bootstrap; its ends move by some 0.01 between seeds
SEED = 20100217
LEVEL = 0.95
Z = 1.959964  # normal quantile of LEVEL
LEAST_DRAWS = 0.5  # share of draws in which alpha must be defined for an interval to be told


@dataclass(frozen=True, slots=True)
class Counts:
    """Units by what the two coders say of one code."""

    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def units(self) -> int:
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def disagreed(self) -> int:
        return self.first_only + self.second_only


@dataclass(frozen=True, slots=True)
class Measures:
    """Agreement of two coders. None where a measure is not defined (nothing counted, or all of it alike).

    `agreement` and the prevalences are shares of the units; `low` and `high` are the ends of alpha's interval.
    """

    counts: Counts
    agreement: float | None
    prevalence_first: float | None
    prevalence_second: float | None
    kappa: float | None
    alpha: float | None
    low: float | None
    high: float | None
    pabak: float | None
    ac1: float | None


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a whole with its Wilson interval (95 %); `share` is None of nothing."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson (1927): does not leave 0 to 1, and is not empty at its ends.

        >>> Share(8, 10).interval
        (0.49016, 0.94332)
        """
        if not self.whole:
            return None
        n, p = self.whole, self.part / self.whole
        middle = p + Z * Z / (2 * n)
        reach = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        low, high = ((middle + sign * reach) / (1 + Z * Z / n) for sign in (-1, 1))
        return round(max(0.0, low), 5), round(min(1.0, high), 5)


def measure(
    first: Sequence[bool], second: Sequence[bool], clusters: Sequence[int] = (), draws: int = DRAWS, seed: int = SEED
) -> Measures:
    """Agreement on units, one entry each: whether the first and whether the second coder gave the code.

    `clusters` number what units hang together by (the turn they are of): the bootstrap draws clusters, since sentences
    of one turn are not independent. Without them each unit is one. ValueError where lengths differ.
    """
    if len(first) != len(second) or (clusters and len(clusters) != len(first)):
        raise ValueError("as many entries for each coder, and as many clusters, as there are units")
    counts = count(first, second)
    n = counts.units
    if not n:
        return Measures(counts, *[None] * 9)
    agreed = (counts.both + counts.neither) / n
    one, two = (counts.both + counts.first_only) / n, (counts.both + counts.second_only) / n
    low, high = _interval(first, second, clusters or range(n), draws, seed)
    mean = (one + two) / 2
    by_chance = 2 * mean * (1 - mean)
    return Measures(
        counts=counts,
        agreement=agreed,
        prevalence_first=one,
        prevalence_second=two,
        kappa=_kappa(first, second),
        alpha=_alpha(first, second),
        low=low,
        high=high,
        pabak=2 * agreed - 1,
        ac1=(agreed - by_chance) / (1 - by_chance),
    )


def count(first: Sequence[bool], second: Sequence[bool]) -> Counts:
    """The four cells of two coders' answers."""
    pairs = list(zip(first, second, strict=True))
    return Counts(
        sum(a and b for a, b in pairs),
        sum(a and not b for a, b in pairs),
        sum(b and not a for a, b in pairs),
        sum(not a and not b for a, b in pairs),
    )


def _kappa(first: Sequence[bool], second: Sequence[bool]) -> float | None:
    if len({*first, *second}) < 2:
        return None  # both say the same of everything: chance agreement is 1
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(list(first), list(second)))


def _alpha(first: Sequence[bool], second: Sequence[bool]) -> float | None:
    if len({*first, *second}) < 2:
        return None  # no variation, so nothing to be reliable about
    import krippendorff

    data = [[int(x) for x in first], [int(x) for x in second]]
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement="nominal"))


def _interval(
    first: Sequence[bool], second: Sequence[bool], clusters: Sequence[int], draws: int, seed: int
) -> tuple[float | None, float | None]:
    """Percentile interval of alpha over draws of clusters with replacement."""
    import numpy as np

    numbered = {cluster: i for i, cluster in enumerate(dict.fromkeys(clusters))}
    cells = np.zeros((len(numbered), 4))  # clusters x (both, first only, second only, neither)
    for a, b, cluster in zip(first, second, clusters, strict=True):
        cells[numbered[cluster], 0 if a and b else 1 if a else 2 if b else 3] += 1
    if len(numbered) < 2:
        return None, None
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(len(numbered), [1 / len(numbered)] * len(numbered), size=draws) @ cells
    both, one, two, neither = drawn.T
    values = 2 * (both + one + two + neither)
    given = 2 * both + one + two
    expected = given * (values - given)  # of pairs that differ, twice; 0 where all values are alike
    defined = expected > 0
    if defined.mean() < LEAST_DRAWS:
        return None, None
    # Krippendorff (2011), binary data, two coders: alpha = 1 - (values - 1) * o01 / (n0 * n1), o01 = units that differ
    alphas = 1 - (values - 1)[defined] * (one + two)[defined] / expected[defined]
    low, high = np.quantile(alphas, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
