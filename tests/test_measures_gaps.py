"""A group too small to be assured may still be beyond doubt, and hardly ever is so falsely."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.measures.fairness import gap_growth, selection_rate_gap
from junzi_audit.model import Cause, Verdict
from junzi_audit.seen.tally import Tally
from tests.grouped import Sizes, counts_of, drawn, table, tally, unlabelled
from tests.judging import verdict

RUNS = 300
groups = st.integers(1, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


def gap(groups: Sizes, tolerance: float) -> Measurement:
    found = selection_rate_gap(table(groups), "party", tolerance=tolerance, baseline=None)
    assert isinstance(found, Measurement)
    return found


def alike(clusters: int, hits: int) -> Tally:
    """Clusters of ten records that are all alike; ``hits`` of them hits."""
    squares = {"hits_squared": 100 * hits, "hits_by_size": 100 * hits, "size_squared": 100 * clusters}
    return Tally(n=10 * clusters, hits=10 * hits, clusters=clusters, **squares)


def test_a_group_below_its_floor_can_be_beyond_doubt() -> None:
    found = gap({"a": (9000, 2700), "b": (9000, 2720), "few": (500, 300)}, 0.02)
    assert found.value == pytest.approx(0.3)
    assert 0.02 < found.low < found.value < found.high == 1
    assert verdict(found, "<= 0.02") is Verdict.BREACHED
    assert "selection rate of few 0.600 against a 0.300" in found.detail
    assert "few (500 decisions): INCONCLUSIVE, below its floor of" in found.detail


def test_a_group_below_its_floor_is_never_assured() -> None:
    found = gap({"a": (9000, 2700), "b": (9000, 2720), "few": (500, 150)}, 0.02)
    assert verdict(found, "<= 0.02") is Verdict.INCONCLUSIVE
    assert found.missing > 0


def test_the_error_is_split_over_the_pairs_used_and_small_groups_are_bounded_exactly() -> None:
    sizes = {"a": (9000, 2700), "b": (9000, 2720), "few": (500, 300), "lone": (29, 29)}
    alpha = 0.05 / 6
    expected = rates.exact([(1, 300, 500), (-1, 2700, 9000)], alpha)[0]
    assert gap(sizes, 0.02).low == pytest.approx(expected)
    below = rates.exact([(1, 2720, 9000), (-1, 10, 500)], alpha)[0]
    assert gap({**sizes, "few": (500, 10)}, 0.02).low == pytest.approx(below)
    assert gap({**sizes, "lone": (30, 30)}, 0.02).value == pytest.approx(0.7)


def test_two_small_groups_are_enough_to_breach_and_too_few_to_be_assured() -> None:
    assert verdict(_two(60, 2, 55), "<= 0.02") is Verdict.BREACHED
    assert verdict(_two(60, 20, 20), "<= 0.02") is Verdict.INCONCLUSIVE
    alone = selection_rate_gap(table({"a": (29, 0), "b": (29, 29)}), "party", tolerance=0.02, baseline=None)
    assert isinstance(alone, Unseen)
    assert alone.cause is Cause.TOO_FEW


def _two(n: int, one: int, two: int) -> Measurement:
    return gap({"a": (n, one), "b": (n, two)}, 0.02)


def test_where_the_floor_is_less_than_thirty_it_is_enough() -> None:
    floor = rates.n_floor(0.3, 0.3, 0.05)
    assert floor < 20
    assert gap({"a": (20, 6), "b": (20, 6)}, 0.3).high <= 0.3


def test_dependent_records_do_not_make_a_group_large() -> None:
    rest = [unlabelled("a", tally(9000, 2700)), unlabelled("b", tally(9000, 2700))]
    few = unlabelled("few", alike(29, 29))
    found = selection_rate_gap(counts_of([*rest, few]), "party", tolerance=0.02, baseline=None)
    assert isinstance(found, Measurement)
    assert found.value == found.low == 0


def test_growth_of_a_small_group_can_be_beyond_doubt() -> None:
    before = table({"a": (9000, 2700), "b": (9000, 2700), "few": (500, 150)})
    now = table({"a": (9000, 2700), "b": (9000, 2700), "few": (400, 320)})
    found = gap_growth(now, "party", baseline=before, tolerance=0.02)
    assert isinstance(found, Measurement)
    assert found.value == pytest.approx(0.5)
    terms = [(1, 320, 400), (-1, 2700, 9000), (-1, 150, 500), (1, 2700, 9000)]
    assert found.low == pytest.approx(rates.exact(terms, 0.05 / 6)[0])
    assert verdict(found, "<= 0.02") is Verdict.BREACHED


def test_a_rate_of_zero_breaches_nothing_on_a_borrowed_design_effect() -> None:
    seed = np.random.default_rng(5)
    alone = unlabelled("a", tally(40_000, 2000))
    seen = [
        selection_rate_gap(
            counts_of([alone, *(unlabelled(f"few{at}", alike(60, int(seed.binomial(60, 0.03)))) for at in range(4))]),
            "party",
            tolerance=0.02,
            baseline=None,
        )
        for _ in range(RUNS)
    ]
    assert sum(isinstance(one, Measurement) and one.low > 0.02 for one in seen) / RUNS <= 0.02


@settings(deadline=None, max_examples=60)
@given(st.lists(groups, min_size=2, max_size=5), st.sampled_from([0.02, 0.1, 0.3]))
def test_the_value_lies_within_its_interval(sizes: list[tuple[int, int]], tolerance: float) -> None:
    counts = table(dict(zip("abcde", sizes, strict=False)))
    found = selection_rate_gap(counts, "party", tolerance=tolerance, baseline=None)
    if isinstance(found, Measurement):
        assert 0 <= found.low <= found.value <= found.high
    else:
        floor = rates.n_floor(sum(k for _, k in sizes) / sum(n for n, _ in sizes), tolerance, 0.05)
        assert sum(n >= min(30, floor) for n, _ in sizes) < 2


@pytest.mark.parametrize(
    ("few", "base", "tolerance"), [(30, 0.002, 0.02), (60, 0.005, 0.02), (40, 0.01, 0.05), (100, 0.3, 0.1)]
)
def test_small_groups_at_the_tolerance_are_hardly_ever_breached(few: int, base: float, tolerance: float) -> None:
    seed = np.random.default_rng(few)
    sizes, chances = [5000, *[few] * 4], [base, *[base + tolerance] * 4]
    seen = [
        selection_rate_gap(drawn(seed, sizes, chances), "party", tolerance=tolerance, baseline=None)
        for _ in range(RUNS)
    ]
    breached = sum(isinstance(one, Measurement) and one.low > tolerance for one in seen)
    assert all(isinstance(one, Measurement) for one in seen)
    assert breached / RUNS <= 0.02


def test_without_exact_bounds_small_groups_would_be_breached_falsely() -> None:
    hits = np.random.default_rng(1).binomial([5000, *[30] * 4], [0.002, *[0.022] * 4], size=(20_000, 5))
    lower = {
        (k, large): rates.newcombe(k, 30, large, 5000, 0.05 / 20)[0]
        for k, large in {(int(few.max()), int(big)) for big, few in zip(hits[:, 0], hits[:, 1:], strict=True)}
    }
    breached = [lower[int(row[1:].max()), int(row[0])] > 0.02 for row in hits]
    assert np.mean(breached) > 0.08
