"""Exact bounds of a fixed sample: published tables, scipy's distribution, and the coverage they promise."""

from __future__ import annotations

import pytest
from scipy.stats import hypergeom

from junzi_audit.measures import bounds

#: Items to draw by population and limit, for 0, 1, 2 and 3 errors allowed, 5 % risk. With 298 of a million and 1 %, the
#: exact chance is .049999 (checked in whole numbers); 299 is the figure of an infinite population.
PLANS = {
    (200, 0.01): (126, 173, 197, None), (200, 0.02): (90, 131, 162, 185), (200, 0.05): (47, 72, 93, 112),
    (1000, 0.01): (238, 364, 469, 564), (1000, 0.02): (132, 206, 269, 328), (1000, 0.05): (56, 88, 117, 143),
    (10**4, 0.01): (291, 460, 609, 748), (10**4, 0.02): (147, 232, 308, 379), (10**4, 0.05): (59, 93, 123, 152),
    (10**6, 0.01): (298, 473, 628, 773), (10**6, 0.02): (149, 236, 313, 386), (10**6, 0.05): (59, 93, 124, 153),
}  # fmt: skip
#: Auditors' attribute sampling at 5 % risk of overreliance, no deviation expected, a large population.
ATTRIBUTES = {1: 299, 2: 149, 3: 99, 4: 74, 5: 59, 6: 49, 7: 42, 8: 36, 9: 32, 10: 29, 15: 19, 20: 14}


@pytest.mark.parametrize(("population", "limit"), PLANS)
def test_sample_sizes_are_those_of_the_table(population: int, limit: float) -> None:
    found = [bounds.sample_size(population=population, limit=limit, alpha=0.05, errors=errors) for errors in range(4)]
    assert found == list(PLANS[population, limit])


@pytest.mark.parametrize("percent", ATTRIBUTES)
def test_sample_sizes_of_large_populations_are_those_of_attribute_sampling(percent: int) -> None:
    assert bounds.sample_size(population=10**8, limit=percent / 100, alpha=0.05) == ATTRIBUTES[percent]


def test_upper_bounds_of_three_hundred_of_ten_thousand() -> None:
    found = [bounds.upper(bad, population=10_000, drawn=300, alpha=0.05) / 10_000 for bad in range(4)]
    assert found == pytest.approx([0.0097, 0.0155, 0.0206, 0.0254], abs=5e-5)


@pytest.mark.parametrize(("population", "wrong", "drawn"), [(50, 7, 20), (500, 60, 60), (10_000, 200, 149), (9, 9, 3)])
def test_probabilities_are_those_of_the_hypergeometric_distribution(population: int, wrong: int, drawn: int) -> None:
    for bad in range(drawn + 1):
        found = bounds.at_most(bad, population=population, wrong=wrong, drawn=drawn)
        assert found == pytest.approx(hypergeom.cdf(bad, population, wrong, drawn), abs=1e-10)


@pytest.mark.parametrize(("population", "drawn"), [(40, 12), (200, 60)])
def test_both_bounds_cover_the_truth_as_often_as_promised(population: int, drawn: int) -> None:
    for wrong in range(population + 1):
        above = below = 0.0
        for bad in range(min(drawn, wrong) + 1):
            if drawn - bad > population - wrong:
                continue
            chance = float(hypergeom.pmf(bad, population, wrong, drawn))
            above += chance * (bounds.lower(bad, population=population, drawn=drawn, alpha=0.05) > wrong)
            below += chance * (bounds.upper(bad, population=population, drawn=drawn, alpha=0.05) < wrong)
        assert max(above, below) <= 0.05 + 1e-9, wrong


def test_a_complete_draw_leaves_nothing_open() -> None:
    assert bounds.upper(3, population=60, drawn=60, alpha=0.05) == 3
    assert bounds.lower(3, population=60, drawn=60, alpha=0.05) == 3
    assert bounds.upper(0, population=60, drawn=1, alpha=0.05) == 56
    assert bounds.sample_size(population=10, limit=1.0, alpha=0.05) == 0


@pytest.mark.parametrize(("bad", "drawn"), [(1, 0), (0, 0), (4, 3), (-1, 3), (2, 11)])
def test_what_cannot_be_drawn_has_no_bound(bad: int, drawn: int) -> None:
    with pytest.raises(ValueError, match="not possible"):
        bounds.upper(bad, population=10, drawn=drawn, alpha=0.05)
