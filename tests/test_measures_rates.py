"""Intervals of proportions equal the published tables and a second implementation."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import studentized_range
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.model import Cause

#: k1/n1 - k2/n2 and its 95 % interval (Newcombe 1998, table II, method 10).
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0),
    (10, 10, 0, 10, 0.6075, 1.0),
]
WILSON = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
#: From simulations on a coarse grid: within 4 % of the exact smallest size. tolerance, rate, floor, n80.
FLOORS = [
    (0.02, 0.05, 684, 2034),
    (0.02, 0.3, 2864, 8993),
    (0.02, 0.5, 3428, 10705),
    (0.05, 0.05, 121, 326),
    (0.05, 0.3, 461, 1439),
    (0.05, 0.5, 545, 1713),
    (0.10, 0.05, 39, 82),
    (0.10, 0.3, 115, 360),
    (0.10, 0.5, 133, 429),
    (0.20, 0.05, 15, 21),
    (0.20, 0.3, 27, 90),
    (0.20, 0.5, 32, 108),
]
#: Control-chart constants d2: mean range of k standard normals.
D2 = {2: 1.128, 3: 1.693, 4: 2.059, 5: 2.326, 8: 2.847, 10: 3.078, 20: 3.735}
#: p1 / p2 and its 95 % score interval.
RATIOS = [(40, 100, 55, 100, 0.536, 0.977), (0, 20, 11, 100, 0.0, 1.536)]
#: Smallest samples without an error that leave at most 5 % risk of an error rate of so many per cent (AICPA guide).
ATTRIBUTE_SAMPLING = {
    1: 299, 2: 149, 3: 99, 4: 74, 5: 59, 6: 49, 7: 42, 8: 36, 9: 32, 10: 29, 15: 19, 20: 14,
}  # fmt: skip
#: Records per group with which a fair system of k groups, p = .3, shows a gap above .10 in 5 % of the cases.
FAIR_SIZES = {2: 162, 3: 231, 5: 313, 8: 386, 10: 421, 20: 528}
proportions = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("k", "n", "low", "high"), WILSON)
def test_wilson_equals_the_published_table(k: int, n: int, low: float, high: float) -> None:
    assert rates.wilson(k, n, 0.025) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("k1", "n1", "k2", "n2", "low", "high"), NEWCOMBE)
def test_newcombe_equals_the_published_table(k1: int, n1: int, k2: int, n2: int, low: float, high: float) -> None:
    assert rates.newcombe(k1, n1, k2, n2, 0.025) == pytest.approx((low, high), abs=6e-5)


@given(proportions, st.sampled_from([0.001, 0.025, 0.05, 0.2]))
def test_wilson_equals_statsmodels(one: tuple[int, int], alpha: float) -> None:
    expected = proportion_confint(*one, alpha=2 * alpha, method="wilson")
    assert rates.wilson(*one, alpha) == pytest.approx(expected, abs=1e-9)


@given(proportions, proportions, st.sampled_from([0.001, 0.025, 0.05, 0.2]))
def test_newcombe_equals_statsmodels(one: tuple[int, int], two: tuple[int, int], alpha: float) -> None:
    expected = confint_proportions_2indep(*one, *two, method="newcomb", compare="diff", alpha=2 * alpha)
    assert rates.newcombe(*one, *two, alpha) == pytest.approx(expected, abs=1e-9)


@given(proportions, st.sampled_from([0.001, 0.025, 0.05, 0.2]))
def test_exact_bounds_equal_statsmodels(one: tuple[int, int], alpha: float) -> None:
    expected = proportion_confint(*one, alpha=2 * alpha, method="beta")
    assert rates.clopper_pearson(*one, alpha) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("percent", "n"), ATTRIBUTE_SAMPLING.items())
def test_exact_bounds_give_the_attribute_sampling_table(percent: int, n: int) -> None:
    assert rates.clopper_pearson(0, n, 0.05)[1] <= percent / 100 < rates.clopper_pearson(0, n - 1, 0.05)[1]


def test_exact_contrasts_add_the_ends_and_share_alpha() -> None:
    (low_a, high_a), (low_b, high_b) = rates.clopper_pearson(9, 40, 0.02), rates.clopper_pearson(3, 50, 0.02)
    assert rates.exact([(1, 9, 40), (-1, 3, 50)], 0.04) == pytest.approx((low_a - high_b, high_a - low_b))
    assert rates.exact_ratio(9, 40, 3, 50, 0.04) == pytest.approx((low_a / high_b, high_a / low_b))
    assert rates.exact_ratio(9, 40, 0, 50, 0.04)[1] == math.inf


@pytest.mark.parametrize(("k1", "n1", "k2", "n2", "low", "high"), RATIOS)
def test_ratios_equal_the_published_figures(k1: int, n1: int, k2: int, n2: int, low: float, high: float) -> None:
    assert rates.ratio(k1, n1, k2, n2, 0.025) == pytest.approx((low, high), abs=5e-4)


@settings(deadline=None, max_examples=50)
@given(proportions, proportions, st.sampled_from([0.001, 0.025, 0.05]))
def test_ratios_equal_statsmodels(one: tuple[int, int], two: tuple[int, int], alpha: float) -> None:
    assume(0 < one[0] < one[1] and 0 < two[0] < two[1])
    expected = confint_proportions_2indep(*one, *two, method="score", compare="ratio", alpha=2 * alpha)
    assert rates.ratio(*one, *two, alpha) == pytest.approx(expected, rel=1e-5)


@given(proportions, proportions)
def test_a_ratio_turned_round_is_the_interval_turned_round(one: tuple[int, int], two: tuple[int, int]) -> None:
    assume(one[0] + two[0] > 0 and one[1] + two[1] > 2)
    low, high = rates.ratio(*one, *two, 0.05)
    seen = one[0] / one[1] * two[1] / two[0] if two[0] else math.inf
    assert 0 <= low <= seen * (1 + 1e-9)
    assert seen <= high * (1 + 1e-9)
    turned = (1 / high if high else math.inf, 1 / low if low else math.inf)
    assert rates.ratio(*two, *one, 0.05) == pytest.approx(turned, rel=1e-6)


def test_a_ratio_to_nothing_is_never_a_division_by_zero() -> None:
    low, high = rates.ratio(3, 10, 0, 20, 0.025)
    assert 1 < low < high == math.inf
    assert rates.ratio(10, 10, 10, 10, 0.025) == pytest.approx((0.712, 1.404), abs=5e-4)
    for nothing in ((0, 10, 0, 20, 0.05), (1, 1, 1, 0, 0.05), (3, 2, 1, 2, 0.05), (1, 2, 1, 2, 0.5)):
        with pytest.raises(ValueError, match="no interval for the ratio"):
            rates.ratio(*nothing)


@settings(deadline=None, max_examples=50)
@given(st.floats(0.02, 1), st.floats(0.3, 0.95))
def test_the_floor_of_a_ratio_is_the_smallest_size_that_can_be_assured(p: float, least: float) -> None:
    n = rates.ratio_floor(p, least, 0.05)
    assert rates.ratio(p * n, n, p * n, n, 0.05)[0] >= least
    assert n <= 2 or rates.ratio(p * (n - 1), n - 1, p * (n - 1), n - 1, 0.05)[0] < least


@pytest.mark.parametrize(("p", "least"), [(0, 0.8), (1.1, 0.8), (0.3, 0), (0.3, 1)])
def test_a_ratio_that_nothing_can_assure_has_no_floor(p: float, least: float) -> None:
    with pytest.raises(ValueError, match="no floor"):
        rates.ratio_floor(p, least, 0.05)


@given(proportions, proportions)
def test_a_contrast_mirrored_is_the_interval_mirrored(one: tuple[int, int], two: tuple[int, int]) -> None:
    low, high = rates.mover(((1, *one), (-1, *two)), 0.05)
    assert rates.mover(((1, *two), (-1, *one)), 0.05) == pytest.approx((-high, -low))


def test_a_contrast_of_four_rates_squares_and_adds_both_differences() -> None:
    now, then = (40, 100, 30, 100), (35, 120, 33, 110)
    low, high = rates.mover(((1, 40, 100), (-1, 30, 100), (-1, 35, 120), (1, 33, 110)), 0.05)
    value = 0.40 - 0.30 - 35 / 120 + 33 / 110
    (low_now, high_now), (low_then, high_then) = rates.newcombe(*now, 0.05), rates.newcombe(*then, 0.05)
    assert value - low == pytest.approx(((0.1 - low_now) ** 2 + (high_then - 35 / 120 + 33 / 110) ** 2) ** 0.5)
    assert high - value == pytest.approx(((high_now - 0.1) ** 2 + (35 / 120 - 33 / 110 - low_then) ** 2) ** 0.5)


@pytest.mark.parametrize(("k", "n", "alpha"), [(0, 0, 0.05), (3, 2, 0.05), (-1, 2, 0.05), (1, 2, 0.5), (1, 2, 0)])
def test_a_rate_of_nothing_has_no_interval(k: int, n: int, alpha: float) -> None:
    with pytest.raises(ValueError, match="no Wilson interval"):
        rates.wilson(k, n, alpha)
    with pytest.raises(ValueError, match="no exact interval"):
        rates.clopper_pearson(k, n, alpha)


@pytest.mark.parametrize(("tolerance", "p", "floor", "n80"), FLOORS)
def test_floors_agree_with_the_design(tolerance: float, p: float, floor: int, n80: int) -> None:
    assert rates.n_floor(p, tolerance, 0.05) == pytest.approx(floor, rel=0.04, abs=1)
    assert rates.n80(p, tolerance, 0.05) == pytest.approx(n80, abs=1)


@given(st.floats(0, 1), st.floats(0.01, 0.5))
def test_the_floor_is_the_smallest_size_that_can_be_assured(p: float, tolerance: float) -> None:
    n = rates.n_floor(p, tolerance, 0.05)
    assert rates.newcombe(p * n, n, p * n, n, 0.05)[1] <= tolerance
    assert n == 1 or rates.newcombe(p * (n - 1), n - 1, p * (n - 1), n - 1, 0.05)[1] > tolerance


@pytest.mark.parametrize(("k", "d2"), D2.items())
def test_expected_range_of_equal_groups_is_the_control_chart_constant(k: int, d2: float) -> None:
    assert rates.expected_range([0.02] * k) == pytest.approx(0.02 * d2, abs=2e-5)


@pytest.mark.parametrize(("k", "n"), [(5, 100), (10, 400), (20, 2000)])
def test_expected_range_is_what_fair_systems_show(k: int, n: int) -> None:
    hits = np.random.default_rng(k).binomial(n, 0.3, size=(20_000, k))
    assert rates.expected_range([(0.21 / n) ** 0.5] * k) == pytest.approx(np.ptp(hits / n, axis=1).mean(), abs=2e-3)


def test_the_studentised_range_gives_the_sizes_of_the_design() -> None:
    quantiles = studentized_range.ppf(0.95, list(FAIR_SIZES), np.inf)
    assert quantiles[2] == pytest.approx(3.858, abs=5e-4)
    assert list(quantiles**2 * 0.3 * 0.7 / 0.1**2) == pytest.approx(list(FAIR_SIZES.values()), abs=1)


def test_one_group_has_no_range() -> None:
    assert rates.expected_range([0.1]) == rates.expected_range([]) == rates.expected_range([0.0, 0.0]) == 0


def test_a_share_is_a_census_and_of_no_records_undefined() -> None:
    bad = rates.share(3, 12, detail="three of twelve")
    assert isinstance(bad, Measurement)
    assert (bad.value, bad.n, bad.is_census, bad.detail) == (0.25, 12, True, "three of twelve")
    nothing = rates.share(0, 0)
    assert isinstance(nothing, Unseen)
    assert nothing.cause is Cause.UNDEFINED
    with pytest.raises(ValueError, match="not possible"):
        rates.share(3, 2)


def test_the_heartbeat_pays_for_no_heavy_import() -> None:
    loaded = "import sys, junzi_audit.measures.rates; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "pandas", "fairlearn", "sklearn"} & set(done.stdout.split())
