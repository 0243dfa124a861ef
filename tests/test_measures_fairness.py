"""Gaps equal fairlearn's, their intervals hold what they promise, and what is not known is named.

"Row n" is the n-th measured failure of other libraries in docs/PEERS.md.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.measures.fairness import (
    Gap,
    across,
    equal_opportunity_gap,
    equalized_odds_gap,
    false_negative_rate_gap,
    gap_growth,
    predictive_parity_gap,
    selection_rate_gap,
)
from junzi_audit.model import Cause
from junzi_audit.seen.counts import AttributeCounts, Counts
from junzi_audit.seen.tally import Tally
from tests.counting import Decision, count
from tests.grouped import counts_of, drawn, labelled, table, unlabelled

RUNS = 200


def gap(counts: Counts, tolerance: float = 0.1, **more: object) -> Measurement:
    found = selection_rate_gap(counts, "party", tolerance=tolerance, **{"baseline": None, **more})  # type: ignore[arg-type]
    assert isinstance(found, Measurement)
    return found


def odds(counts: Counts, tolerance: float = 0.1) -> Measurement:
    found = equalized_odds_gap(counts, "party", tolerance=tolerance, baseline=None)
    assert isinstance(found, Measurement)
    return found


def growth(counts: Counts, baseline: Counts, tolerance: float = 0.05) -> Measurement:
    found = gap_growth(counts, "party", baseline=baseline, tolerance=tolerance)
    assert isinstance(found, Measurement)
    return found


def test_the_interval_is_the_largest_bound_over_ordered_pairs() -> None:
    sizes = {"a": (500, 150), "b": (400, 160), "c": (900, 250)}
    found = gap(table(sizes), family=4)
    upper = max(rates.newcombe(k1, n1, k2, n2, 0.05)[1] for (n1, k1), (n2, k2) in permutations(sizes.values(), 2))
    lower = max(rates.newcombe(k1, n1, k2, n2, 0.05 / 24)[0] for (n1, k1), (n2, k2) in permutations(sizes.values(), 2))
    assert (found.low, found.high) == pytest.approx((lower, upper))
    assert found.low < gap(table(sizes)).low < found.value < found.high == gap(table(sizes)).high


def test_equalized_odds_share_the_error_over_both_rates() -> None:
    positives, negatives = {"a": (500, 300), "b": (400, 160)}, {"a": (900, 90), "b": (700, 77)}
    found = odds(labelled(positives, negatives))
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(rates.newcombe(300, 500, 160, 400, 0.05 / 4)[0])
    assert found.high == pytest.approx(rates.newcombe(300, 500, 160, 400, 0.05)[1])
    assert found.n == 2500
    assert "true positive rate of a 0.600 against b 0.400" in found.detail


@pytest.mark.parametrize(("n", "tolerance"), [(100, 0.15), (400, 0.1)])
def test_row_8_the_interval_covers_zero_for_equal_groups(n: int, tolerance: float) -> None:
    seed = np.random.default_rng(n)
    covered = sum(gap(drawn(seed, [n] * 5, [0.3] * 5), tolerance).low == 0 for _ in range(RUNS))
    assert covered / RUNS >= 0.95


def test_a_gap_at_the_tolerance_is_neither_met_nor_breached_more_often_than_promised() -> None:
    seed = np.random.default_rng(3)
    seen = [gap(drawn(seed, [600] * 5, [0.3] * 4 + [0.4])) for _ in range(RUNS)]
    assert sum(one.high <= 0.1 for one in seen) / RUNS <= 0.05
    assert sum(one.low > 0.1 for one in seen) / RUNS <= 0.05
    assert sum(one.low <= 0.1 <= one.high for one in seen) / RUNS >= 0.95


def test_a_large_gap_is_breached_and_equal_groups_are_met() -> None:
    apart = gap(table({"a": (1000, 300), "b": (1000, 500)}))
    alike = gap(table({"a": (1000, 300), "b": (1000, 305)}))
    assert apart.low > 0.1
    assert alike.high <= 0.1
    assert apart.missing == alike.missing == 0


def test_row_7_a_group_without_positives_is_named_and_never_zero() -> None:
    positives = {"a": (500, 300), "b": (500, 290), "c": (0, 0)}
    negatives = {"a": (500, 50), "b": (500, 55), "c": (500, 52)}
    found = odds(labelled(positives, negatives))
    assert found.value == pytest.approx(0.02)
    assert (found.low, found.high) == (0.0, 1.0)
    assert "c (0 positives): no positives, the true positive rate is undefined" in found.detail
    assert found.exhibits[0].rows[2][:5] == ("c", 0, 0, None, None)


def test_row_7_without_positives_anywhere_the_false_positive_rates_are_still_judged() -> None:
    found = odds(labelled({}, {"a": (500, 50), "b": (500, 200)}))
    assert found.low > 0.1
    assert found.high == 1
    nothing = equalized_odds_gap(table({"a": (9, 3), "b": (9, 3)}), "party", tolerance=0.1, baseline=None)
    assert isinstance(nothing, Unseen)
    assert nothing.cause is Cause.TOO_FEW


def test_row_9_a_single_record_is_named_and_not_judged() -> None:
    found = gap(table({"a": (1000, 475), "b": (1000, 470), "lone": (1, 0)}))
    assert found.value == pytest.approx(0.005)
    assert (found.low, found.high) == (0.0, 1.0)
    assert "lone (1 decisions): INCONCLUSIVE, below its floor of 133, 132 more needed" in found.detail
    assert found.missing > 132


def test_row_9_a_small_group_hides_no_breach_among_the_others() -> None:
    found = gap(table({"a": (1000, 475), "b": (1000, 200), "lone": (1, 0)}))
    assert found.low > 0.1
    assert found.missing == 0


def test_fewer_than_two_large_groups_are_unseen_with_their_table() -> None:
    found = selection_rate_gap(table({"a": (1000, 475), "b": (20, 3)}), "party", tolerance=0.1, baseline=None)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.TOO_FEW
    assert "b (20 decisions): INCONCLUSIVE, below its floor" in found.detail
    assert len(found.exhibits[0].rows) == 2


def test_row_10_a_rate_of_zero_is_a_rate_and_missing_values_are_told() -> None:
    rows = [Decision(cluster=str(at), selected=False, outcome=None, groups=("ab"[at % 2],)) for at in range(400)]
    rows += [Decision(cluster=f"x{at}", selected=True, outcome=None, groups=(None,)) for at in range(101)]
    found = gap(count(rows, ("party",)))
    assert (found.value, found.low) == (0, 0)
    assert 0 < found.high < 0.1
    assert "101 rows excluded: no group value" in found.detail


def test_row_11_vanished_and_new_groups_are_findings() -> None:
    known = table({"a": (1000, 300), "b": (1000, 310), "gone": (1000, 300)})
    found = gap(table({"a": (1000, 300), "b": (1000, 310), "fresh": (1000, 300)}), baseline=known)
    assert found.high == 1
    assert found.expected == pytest.approx(0.01)
    assert "gone (0 decisions): in the baseline, absent now" in found.detail
    assert "fresh (1000 decisions): never seen in the baseline" in found.detail


def test_row_11_only_a_new_group_needs_no_more_records() -> None:
    known = table({"a": (1000, 300), "b": (1000, 310)})
    found = gap(table({"a": (1000, 300), "b": (1000, 350), "fresh": (1000, 300)}), baseline=known)
    assert (found.high, found.missing) == (1, 0)


def test_an_attribute_the_baseline_does_not_know_is_all_new() -> None:
    unknown = AttributeCounts(name="region", groups=(), excluded=())
    now = table({"a": (1000, 300), "b": (1000, 310)})
    found = gap(now, baseline=Counts(rows=0, attributes=(unknown,)))
    assert found.high == 1
    assert found.detail.count("never seen in the baseline") == 2
    assert gap(now, baseline=Counts(rows=0, attributes=())) == gap(now, baseline=None)


def test_missing_records_follow_the_power_formula() -> None:
    found = gap(table({"a": (200, 50), "b": (200, 70)}))
    assert found.low <= 0.1 < found.high
    assert found.missing == 2 * (rates.n80(0.3, 0.1, 0.05) - 200) == 320
    close = gap(table({"a": (500, 150), "b": (500, 180)}))
    assert close.low <= 0.1 < close.high
    assert close.missing > 0


def test_dependent_records_widen_the_interval() -> None:
    fives = {"clusters": 200, "hits_squared": 900 + 60, "hits_by_size": 1500, "size_squared": 5000}
    alike = Tally(n=1000, hits=300, **fives)
    found = gap(counts_of([unlabelled(name, alike) for name in "ab"]))
    effect = alike.design_effect(alike)
    plain = rates.newcombe(300, 1000, 300, 1000, 0.05)[1]
    assert effect == pytest.approx(2.44, abs=0.01)
    assert found.high == pytest.approx(plain * effect**0.5, rel=0.02)
    assert found.exhibits[0].rows[0][2:4] == (200, effect)


def test_a_few_large_clusters_are_worth_few_records() -> None:
    two = Tally(n=2000, hits=600, clusters=2, hits_squared=180_000, hits_by_size=600_000, size_squared=2_000_000)
    found = gap(counts_of([unlabelled(name, two) for name in "ab"]))
    assert two.design_effect(two) == 1
    assert found.exhibits[0].rows[0][6] - found.exhibits[0].rows[0][5] > 0.1  # type: ignore[operator]


def test_the_table_is_drawn_and_tells_the_noise_of_a_fair_system() -> None:
    (shown,) = gap(table({"a": (400, 120), "b": (400, 120)})).exhibits
    assert shown.columns == ("group", "decisions", "clusters", "design effect", "selection rate", "low", "high", "note")
    assert shown.rows[0][:5] == ("a", 400, 400, 1.0, 0.3)
    assert shown.rows[0][5:7] == rates.wilson(120, 400, 0.05)
    assert shown.chart is not None
    assert (shown.chart.kind, shown.chart.value, shown.chart.low, shown.chart.high) == ("intervals", 4, 5, 6)
    noise = 1.128 * (0.3 * 0.7 / 400) ** 0.5
    assert f"{noise:.3f} among the groups judged" in shown.caption


def test_growth_is_the_change_of_the_difference_and_names_the_pair() -> None:
    before = table({"a": (4000, 1200), "b": (4000, 1200), "c": (4000, 1200)})
    found = growth(table({"a": (4000, 1200), "b": (4000, 1240), "c": (4000, 1800)}), before)
    assert found.value == pytest.approx(0.15)
    assert found.expected == 0
    assert 0.05 < found.low < found.value < found.high
    assert "c 0.450 against a 0.300, c was 0.300, a was 0.300" in found.detail
    assert [shown.title for shown in found.exhibits][1].endswith("in the baseline")


def test_a_standing_gap_has_not_grown() -> None:
    counts = table({"a": (20_000, 6000), "b": (20_000, 12_000)})
    found = growth(counts, counts)
    assert (found.value, found.low) == (0, 0)
    assert found.high <= 0.05


def test_growth_needs_a_baseline_and_two_groups_in_both() -> None:
    now = table({"a": (4000, 1200), "b": (4000, 1200)})
    for baseline in (None, Counts(rows=0, attributes=())):
        found = gap_growth(now, "party", baseline=baseline, tolerance=0.05)
        assert isinstance(found, Unseen)
        assert found.cause is Cause.NO_BASELINE
    other = gap_growth(now, "party", baseline=table({"a": (4000, 1200), "c": (4000, 1200)}), tolerance=0.05)
    assert isinstance(other, Unseen)
    assert other.cause is Cause.TOO_FEW
    assert "c (0 decisions): in the baseline, absent now" in other.detail


def test_row_11_growth_cannot_be_assured_over_a_changed_roster() -> None:
    sizes = {"a": (20_000, 6000), "b": (20_000, 6000)}
    assert growth(table(sizes), table(sizes)).high <= 0.05
    assert growth(table({**sizes, "fresh": (20_000, 6000)}), table(sizes)).high == 1
    assert growth(table(sizes), table({**sizes, "small": (3, 1)})).high == 1


def test_a_gap_that_closed_or_turned_round_has_not_grown() -> None:
    wide = table({"a": (20_000, 4000), "b": (20_000, 8000)})
    closed = growth(table({"a": (20_000, 6000), "b": (20_000, 7000)}), wide)
    turned = growth(table({"a": (20_000, 8000), "b": (20_000, 4000)}), wide)
    widened = growth(table({"a": (20_000, 4000), "b": (20_000, 11_000)}), wide)

    assert closed.high <= 0.05
    assert turned.high <= 0.05
    assert widened.low > 0.05
    assert widened.value == pytest.approx(0.15)


@pytest.mark.parametrize("grown", [0.0, 0.05])
def test_growth_within_tolerance_is_hardly_ever_breached(grown: float) -> None:
    seed = np.random.default_rng(11)
    before = [0.3, 0.3, 0.4, 0.2, 0.3]
    after = [*before[:-1], 0.3 + grown]
    seen = [growth(drawn(seed, [800] * 5, after), drawn(seed, [800] * 5, before)) for _ in range(RUNS)]
    assert sum(one.low > 0.05 for one in seen) / RUNS <= 0.05
    assert sum(one.low <= grown <= one.high for one in seen) / RUNS >= 0.95


MEASURES = (
    selection_rate_gap,
    equalized_odds_gap,
    equal_opportunity_gap,
    false_negative_rate_gap,
    predictive_parity_gap,
)


@pytest.mark.parametrize("measure", MEASURES)
def test_each_measure_judges_its_own_rate(measure: Gap) -> None:
    alike = {"a": (4000, 2000), "b": (4000, 2000)}
    fewer_found = labelled({"a": (4000, 2000), "b": (4000, 800)}, {"a": (4000, 2000), "b": (4000, 3200)})
    more_wrong = labelled(alike, {"a": (4000, 1000), "b": (4000, 2000)})
    never_chosen = labelled({**alike, "c": (4000, 0)}, {**alike, "c": (4000, 0)})
    found = [
        measure(counts, "party", baseline=None, tolerance=0.1, family=1)
        for counts in (fewer_found, more_wrong, never_chosen)
    ]
    values = [each.value for each in found if isinstance(each, Measurement)]
    assert values == pytest.approx(
        {
            selection_rate_gap: [0, 0.125, 0.5],
            equalized_odds_gap: [0.3, 0.25, 0.5],
            equal_opportunity_gap: [0.3, 0, 0.5],
            false_negative_rate_gap: [0.3, 0, 0.5],
            predictive_parity_gap: [0.3, 2 / 3 - 0.5, 0],
        }[measure]
    )


def test_missed_and_found_are_one_gap_told_twice() -> None:
    counts = labelled({"a": (500, 300), "b": (400, 160)}, {})
    found, missed = (
        measure(counts, "party", tolerance=0.1, baseline=None)
        for measure in (equal_opportunity_gap, false_negative_rate_gap)
    )
    assert isinstance(found, Measurement)
    assert isinstance(missed, Measurement)
    assert (missed.value, missed.low, missed.high) == pytest.approx((found.value, found.low, found.high))
    assert "false negative rate of b 0.600 against a 0.400" in missed.detail
    assert found.n == missed.n == 900


def test_the_missed_of_clusters_are_what_counting_them_gives() -> None:
    rows = [
        Decision(cluster=f"{group}{at % 60}", selected=at % 60 < 20 or at % 5 == 0, outcome=True, groups=(group,))
        for group in "ab"
        for at in range(400)
    ]
    turned = [replace(row, selected=not row.selected) for row in rows]
    missed = false_negative_rate_gap(count(rows, ("party",)), "party", tolerance=0.2, baseline=None)
    found = equal_opportunity_gap(count(turned, ("party",)), "party", tolerance=0.2, baseline=None)
    assert isinstance(missed, Measurement)
    assert isinstance(found, Measurement)
    assert missed.exhibits[0].rows == found.exhibits[0].rows
    assert float(str(found.exhibits[0].rows[0][3])) > 2


def test_nobody_selected_has_no_precision() -> None:
    positives, negatives = {"a": (500, 300), "b": (500, 310), "c": (500, 0)}, {"a": (9, 0), "b": (9, 0), "c": (9, 0)}
    found = predictive_parity_gap(labelled(positives, negatives), "party", tolerance=0.1, baseline=None)
    assert isinstance(found, Measurement)
    assert (found.value, found.high, found.n) == (0, 1, 610)
    assert "c (0 labelled selections): no labelled selections, the precision is undefined" in found.detail


def test_decisions_without_an_outcome_are_told_by_their_number() -> None:
    sizes = {"a": (700, 300), "b": (650, 250)}
    counts = table(sizes, {"a": (500, 250), "b": (500, 200)}, {"a": (100, 10), "b": (90, 10)})
    for measure in MEASURES[1:]:
        found = measure(counts, "party", tolerance=0.1, baseline=None, family=1)
        assert isinstance(found, Measurement)
        assert found.detail.endswith("160 without an outcome")
    assert "outcome" not in gap(counts).detail


def test_a_family_is_all_gaps_over_all_attributes() -> None:
    one = table({"a": (2000, 600), "b": (2000, 900)})
    two = replace(one, attributes=(*one.attributes, replace(one.attributes[0], name="region")))
    usual = across(selection_rate_gap, two, baseline=None, tolerance=0.1)
    more = across(selection_rate_gap, two, baseline=None, tolerance=0.1, together=5)
    assert usual == {"party": gap(two, family=6), "region": usual["region"]}
    assert more["party"] == gap(two, family=10)


def test_no_heavy_library_is_needed_for_independent_records() -> None:
    judged = (
        "import sys\n"
        "from junzi_audit.measures.fairness import selection_rate_gap\n"
        "from tests.grouped import table\n"
        "loaded = {name.partition('.')[0] for name in sys.modules} - {'numpy'}\n"
        "selection_rate_gap(table({'a': (900, 300), 'b': (900, 300)}), 'party', tolerance=.1, baseline=None)\n"
        "print(*loaded, *{name.partition('.')[0] for name in sys.modules} - {'numpy'})"
    )
    done = subprocess.run([sys.executable, "-c", judged], capture_output=True, text=True, check=True)
    assert not {"scipy", "pandas", "fairlearn", "sklearn"} & set(done.stdout.split())
