"""The demographic parity ratio is judged against a floor, and a ratio to nothing is undefined, not 0 and not 10."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.measures.fairness import across
from junzi_audit.measures.parity import selection_rate_ratio
from junzi_audit.model import Cause, Verdict
from junzi_audit.seen.tally import Tally
from tests.counting import Decision, count
from tests.grouped import Sizes, counts_of, drawn, table, tally, unlabelled
from tests.judging import verdict

RUNS = 200


def ratio(groups: Sizes, baseline: Sizes | None = None, **more: float) -> Measurement:
    known = table(baseline) if baseline else None
    found = selection_rate_ratio(table(groups), "party", **{"tolerance": 0.8, "baseline": known, **more})  # type: ignore[arg-type]
    assert isinstance(found, Measurement)
    return found


def unseen(groups: Sizes) -> Unseen:
    found = selection_rate_ratio(table(groups), "party", tolerance=0.8, baseline=None)
    assert isinstance(found, Unseen)
    assert len(found.exhibits[0].rows) == len(groups)
    return found


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"a": (2000, 1000), "b": (2000, 990)}, Verdict.MET),
        ({"a": (2000, 1000), "b": (2000, 500)}, Verdict.BREACHED),
        ({"a": (2000, 1000), "b": (2000, 810)}, Verdict.INCONCLUSIVE),
        ({"a": (100, 55), "b": (100, 40)}, Verdict.INCONCLUSIVE),
        ({"a": (100, 11), "b": (30, 0)}, Verdict.INCONCLUSIVE),
    ],
)
def test_a_ratio_is_judged_against_a_floor(sizes: Sizes, expected: Verdict) -> None:
    found = ratio(sizes)
    assert verdict(found, ">= 0.8") is expected
    assert (found.missing > 0) is (expected is Verdict.INCONCLUSIVE)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_ends_are_the_least_over_ordered_pairs() -> None:
    sizes = {"a": (900, 450), "b": (800, 300), "c": (1000, 480)}
    pairs = [(k1, n1, k2, n2) for (n1, k1), (n2, k2) in permutations(sizes.values(), 2)]
    found = ratio(sizes, family=4)
    assert found.value == pytest.approx(0.375 / 0.5)
    assert found.low == pytest.approx(min(rates.ratio(*pair, 0.05)[0] for pair in pairs))
    assert found.high == pytest.approx(min(rates.ratio(*pair, 0.05 / 24)[1] for pair in pairs))
    assert ratio(sizes).low == found.low
    assert ratio(sizes).high < found.high
    assert "selection rate of b 0.375 over a 0.500" in found.detail


def test_a_pair_with_a_small_group_is_bounded_exactly_and_never_assured() -> None:
    sizes = {"a": (9000, 4500), "b": (9000, 4400), "few": (60, 10)}
    found = ratio(sizes)
    assert found.low == 0
    assert found.high == pytest.approx(rates.exact_ratio(10, 60, 4500, 9000, 0.05 / 6)[1])
    assert verdict(found, ">= 0.8") is Verdict.BREACHED
    assert "few (60 decisions): INCONCLUSIVE, below its floor" in found.detail


def test_a_rate_of_zero_breaches_nothing_on_a_borrowed_design_effect() -> None:
    none = Tally(n=600, hits=0, clusters=60, hits_squared=0, hits_by_size=0, size_squared=6000)
    groups = [unlabelled("a", tally(40_000, 2000)), unlabelled("few", none)]
    found = selection_rate_ratio(counts_of(groups), "party", tolerance=0.8, baseline=None)
    assert isinstance(found, Measurement)
    assert (found.value, found.high) == (0, 1)


def test_row_10_a_reference_rate_of_zero_is_named_and_the_ratio_is_zero_not_ten() -> None:
    found = ratio({"a": (2000, 0), "b": (2000, 200)})
    assert (found.value, found.low) == (0, 0)
    assert 0 < found.high < 0.8
    assert "a: selection rate 0, no ratio to it is defined" in found.detail


def test_row_10_where_nobody_is_selected_the_ratio_is_undefined() -> None:
    nobody = unseen({"a": (2000, 0), "b": (2000, 0)})
    assert nobody.cause is Cause.UNDEFINED
    assert "the ratio of their rates is undefined" in nobody.detail
    assert unseen({"a": (2000, 0), "b": (2, 2)}).cause is Cause.TOO_FEW
    assert unseen({"a": (100, 11), "b": (20, 0)}).cause is Cause.TOO_FEW


def test_row_10_missing_group_values_are_told() -> None:
    rows = [Decision(cluster=str(at), selected=at % 4 < 2, outcome=None, groups=("ab"[at % 2],)) for at in range(4000)]
    rows += [Decision(cluster=f"x{at}", selected=True, outcome=None, groups=(None,)) for at in range(101)]
    found = selection_rate_ratio(count(rows, ("party",)), "party", tolerance=0.8, baseline=None)
    assert isinstance(found, Measurement)
    assert (found.value, found.n) == (1, 4000)
    assert "101 rows excluded: no group value" in found.detail


def test_row_11_a_changed_roster_is_named_and_not_assured() -> None:
    sizes = {"a": (2000, 1000), "b": (2000, 990)}
    found = ratio({**sizes, "fresh": (2000, 1000)}, {**sizes, "gone": (2000, 900)})
    assert (found.low, found.expected) == (0, pytest.approx(0.99))
    assert "gone (0 decisions): in the baseline, absent now" in found.detail
    assert "fresh (2000 decisions): never seen in the baseline" in found.detail


def test_a_ratio_at_the_floor_is_neither_met_nor_breached_more_often_than_promised() -> None:
    seed = np.random.default_rng(8)
    seen = [
        selection_rate_ratio(drawn(seed, [900] * 3, [0.4, 0.4, 0.32]), "party", tolerance=0.8, baseline=None)
        for _ in range(RUNS)
    ]
    held = [one for one in seen if isinstance(one, Measurement)]
    assert len(held) == RUNS
    assert sum(one.low >= 0.8 for one in held) / RUNS <= 0.05
    assert sum(one.high < 0.8 for one in held) / RUNS <= 0.05


@pytest.mark.parametrize("few", [30, 60])
def test_small_reference_groups_at_the_floor_are_hardly_ever_breached(few: int) -> None:
    seed = np.random.default_rng(few)
    seen = [
        selection_rate_ratio(
            drawn(seed, [5000, *[few] * 3], [0.016, *[0.02] * 3]), "party", tolerance=0.8, baseline=None
        )
        for _ in range(RUNS)
    ]
    assert sum(isinstance(one, Measurement) and one.high < 0.8 for one in seen) / RUNS <= 0.02


def test_the_records_asked_for_assure_equal_groups_four_times_in_five() -> None:
    close = ratio({"a": (100, 40), "b": (100, 40)})
    assert verdict(close, ">= 0.8") is Verdict.INCONCLUSIVE
    n = 100 + close.missing // 2
    seed = np.random.default_rng(4)
    met = [
        verdict(selection_rate_ratio(drawn(seed, [n] * 2, [0.4] * 2), "party", tolerance=0.8, baseline=None), ">= 0.8")
        for _ in range(RUNS)
    ]
    assert 0.7 <= met.count(Verdict.MET) / RUNS <= 0.9


def test_every_attribute_has_its_ratio() -> None:
    found = across(selection_rate_ratio, table({"a": (2000, 1000), "b": (2000, 990)}), baseline=None, tolerance=0.8)
    assert verdict(found, ">= 0.8") is Verdict.MET


@pytest.mark.parametrize("tolerance", [0, 1, 1.25])
def test_a_floor_that_is_no_ratio_is_refused(tolerance: float) -> None:
    with pytest.raises(ValueError, match="no floor"):
        ratio({"a": (2000, 1000), "b": (2000, 990)}, tolerance=tolerance)
