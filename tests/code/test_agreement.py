from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.code.agreement import Counts, Share, count, measure


def cells(both: int, first: int, second: int, neither: int) -> tuple[list[bool], list[bool]]:
    """Two coders' answers with these counts."""
    pairs = [(True, True)] * both + [(True, False)] * first + [(False, True)] * second + [(False, False)] * neither
    return [a for a, _ in pairs], [b for _, b in pairs]


def bits(text: str) -> list[bool]:
    return [c == "1" for c in text]


def test_krippendorffs_own_example() -> None:
    """Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, example A: Meg and Owen, alpha = 0.095."""
    made = measure(bits("0100000010"), bits("1110010000"), draws=50)
    assert made.alpha == pytest.approx(0.095, abs=0.0005)
    assert made.counts == Counts(1, 1, 3, 5)


def test_the_two_paradoxes_of_kappa() -> None:
    """Feinstein & Cicchetti (1990), High agreement but low kappa I, table 1 (as in Byrt, Bishop & Carlin 1993):

    the same agreement of 0.85, kappa 0.70 where both answers are as common, 0.32 where one is rare; PABAK 0.70 in both.
    """
    even, rare = measure(*cells(40, 9, 6, 45), draws=50), measure(*cells(80, 10, 5, 5), draws=50)
    assert even.agreement == rare.agreement == 0.85
    assert even.kappa == pytest.approx(0.70, abs=0.005)
    assert rare.kappa == pytest.approx(0.32, abs=0.005)
    assert even.pabak == rare.pabak == pytest.approx(0.70)


def test_gwets_example() -> None:
    """Gwet (2002), Kappa statistic is not satisfactory: 118, 5, 2, 0 of 125: kappa -0.023, AC1 0.941."""
    made = measure(*cells(118, 5, 2, 0), draws=50)
    assert made.agreement == 0.944
    assert made.kappa == pytest.approx(-0.0234, abs=0.0005)
    assert made.ac1 == pytest.approx(0.9408, abs=0.0005)


def test_uncoded_text_flatters_agreement_and_not_alpha() -> None:
    few, many = measure(*cells(5, 5, 5, 5), draws=50), measure(*cells(5, 5, 5, 985), draws=50)
    assert (few.agreement, many.agreement) == (0.5, 0.99)
    assert few.alpha is not None
    assert many.alpha is not None
    assert many.alpha < 0.6
    assert (many.prevalence_first, many.prevalence_second) == (0.01, 0.01)


answers = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=25)


@given(answers)
def test_measures_equal_their_slow_definitions(pairs: list[tuple[bool, bool]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    made, n = measure(first, second, draws=10), len(pairs)
    agreed = sum(a == b for a, b in pairs) / n
    assert made.agreement == pytest.approx(agreed)
    assert made.pabak == pytest.approx(2 * agreed - 1)
    if len({*first, *second}) < 2:
        assert made.kappa is made.alpha is None
        return
    chance = sum((first.count(v) / n) * (second.count(v) / n) for v in (True, False))
    if chance < 1:
        assert made.kappa == pytest.approx((agreed - chance) / (1 - chance))
    # alpha: disagreement among all pairs of values within units, against that among all pairs of values at large
    values = first + second
    among = [(i, j) for i, j in product(range(2 * n), repeat=2) if i != j]
    expected = sum(values[i] != values[j] for i, j in among) / len(among)
    assert made.alpha == pytest.approx(1 - (1 - agreed) / expected)


@given(answers, st.integers(0, 3))
def test_the_draws_of_the_interval_have_the_alpha_of_the_package(pairs: list[tuple[bool, bool]], seed: int) -> None:
    """Two clusters that are alike: every draw is the same units as often, so the interval is alpha of twice as many."""
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    whole = measure(first * 2, second * 2, [0] * len(pairs) + [1] * len(pairs), draws=20, seed=seed)
    if whole.alpha is None:
        assert whole.low is None
    else:
        assert whole.low == pytest.approx(whole.alpha)
        assert whole.high == pytest.approx(whole.alpha)


def test_the_interval_is_the_same_each_time_and_wider_where_units_hang_together() -> None:
    first, second = cells(30, 10, 10, 50)
    alone = measure(first, second, draws=500)
    assert alone == measure(first, second, draws=500)
    assert alone.low is not None
    assert alone.high is not None
    assert alone.alpha is not None
    assert alone.low < alone.alpha < alone.high
    together = measure(first, second, [n // 10 for n in range(100)], draws=500)
    assert together.low is not None
    assert together.low < alone.low


def test_nothing_and_one_turn() -> None:
    nothing = measure([], [])
    assert nothing.agreement is nothing.alpha is nothing.ac1 is None
    one = measure([True, False], [True, True], [7, 7], draws=10)
    assert one.low is None
    assert one.alpha is not None
    with pytest.raises(ValueError, match="as many"):
        measure([True], [])


@given(answers)
def test_the_cells_are_all_units(pairs: list[tuple[bool, bool]]) -> None:
    made = count([a for a, _ in pairs], [b for _, b in pairs])
    assert made.units == len(pairs)
    assert made.disagreed == sum(a != b for a, b in pairs)


def test_wilsons_interval() -> None:
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3."""
    for part, whole, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = Share(part, whole).interval
        assert found is not None
        assert all(math.isclose(a, b, abs_tol=6e-5) for a, b in zip(found, (low, high), strict=True))
    assert Share(0, 0).interval is None
    assert Share(0, 0).share is None
