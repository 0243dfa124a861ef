"""Drift from frozen histograms equals drift of the raw values, and its intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from junzi_audit.findings import Measurement, Reading, Unseen
from junzi_audit.limits import judge
from junzi_audit.measures import categories, drift, stability
from junzi_audit.measures.drift import Ask
from junzi_audit.model import Bound, Cause, Limit, Verdict
from junzi_audit.seen.histograms import Histogram

ASK = Ask(tolerance=0.05)


def limit(tolerance: float) -> Limit:
    bound = Bound(comparator="<=", value=tolerance)
    return Limit(name="drift", bound=bound, unit="share", meaning="drift", source="test")


def verdict(reading: Reading, tolerance: float) -> Verdict:
    (judgement,) = judge(limit(tolerance), reading)
    return judgement.verdict


def histogram(values: np.ndarray, low: float = 0, high: float = 1, cells: int = 1024) -> Histogram:
    known = values[~np.isnan(values)]
    inside = known[(known >= low) & (known <= high)]
    counts = tuple(np.histogram(inside, cells, (low, high))[0].tolist())
    below, above = int((known < low).sum()), int((known > high).sum())
    return Histogram(low=low, high=high, counts=counts, below=below, above=above, missing=len(values) - len(known))


def sampled(shares: np.ndarray, n: int, draw: np.random.Generator) -> Histogram:
    return Histogram(low=0, high=1, counts=tuple(draw.multinomial(n, shares).tolist()))


def measured(reading: Measurement | Unseen) -> Measurement:
    assert isinstance(reading, Measurement), reading
    return reading


def beta_shares(a: float, b: float, shift: float = 0.0) -> np.ndarray:
    below = stats.beta(a, b).cdf(np.linspace(0, 1, 1025) - shift)
    return np.diff(below) / below[-1]


def test_distances_equal_those_of_the_raw_values() -> None:
    draw = np.random.default_rng(7)
    then, now = draw.beta(2, 5, 2_000_000), np.minimum(draw.beta(2, 5, 2_000_000) + 0.03, 1)
    # On values that lie on the cells' lower ends nothing is lost but the shape within a cell: KS is exact.
    floor_then, floor_now = np.floor(then * 1024) / 1024, np.floor(now * 1024) / 1024
    ks = measured(drift.kolmogorov_smirnov(histogram(floor_now), histogram(floor_then), ASK))
    assert ks.value == pytest.approx(stats.ks_2samp(floor_now, floor_then).statistic, abs=1.5e-5)
    w1 = measured(drift.wasserstein(histogram(now), histogram(then), ASK))
    assert w1.value == pytest.approx(stats.wasserstein_distance(now, then), abs=1e-6)


def test_units_are_the_columns_own() -> None:
    draw = np.random.default_rng(8)
    then, now = draw.normal(50, 10, 50_000), draw.normal(53, 10, 50_000)
    w1 = measured(drift.wasserstein(histogram(now, 0, 100), histogram(then, 0, 100), Ask(tolerance=2)))
    assert w1.value == pytest.approx(3, abs=0.2)
    assert w1.low < 3 < w1.high
    assert "higher" in w1.detail


@pytest.mark.parametrize(("shift", "expected"), [(0.0, Verdict.MET), (0.0005, Verdict.MET), (0.03, Verdict.BREACHED)])
def test_at_ten_million_rows_only_a_material_shift_breaches(shift: float, expected: Verdict) -> None:
    draw = np.random.default_rng(11)
    then, now = (sampled(beta_shares(2, 5, by), 10_000_000, draw) for by in (0.0, shift))
    for measure, tolerance in ((drift.kolmogorov_smirnov, 0.05), (drift.wasserstein, 0.02)):
        found = measured(measure(now, then, Ask(tolerance=tolerance)))
        assert verdict(found, tolerance) is expected
        assert found.high - found.low < 0.005
    psi = measured(stability.stability(now, then, Ask(tolerance=0.01)))
    assert verdict(psi, 0.01) is expected


@pytest.mark.parametrize(("n", "m"), [(50, 500), (1000, 1000)])
def test_the_distance_intervals_cover_the_truth(n: int, m: int) -> None:
    draw = np.random.default_rng(13)
    p, q = beta_shares(2, 5), beta_shares(2.5, 5)
    gaps = np.cumsum(p) - np.cumsum(q)
    truth = {drift.kolmogorov_smirnov: np.abs(gaps).max(), drift.wasserstein: np.abs(gaps).sum() / 1024}
    for measure, true in truth.items():
        runs = [measured(measure(sampled(q, n, draw), sampled(p, m, draw), ASK)) for _ in range(100)]
        assert sum(run.low <= true <= run.high for run in runs) >= 95
    same = [measured(drift.kolmogorov_smirnov(sampled(p, n, draw), sampled(p, m, draw), ASK)) for _ in range(100)]
    assert sum(run.low > 0 for run in same) <= 5


@pytest.mark.parametrize(("n", "factor"), [(200, 1.0), (1000, 1.3), (20_000, 1.3), (1_000_000, 1.05), (1_000_000, 2.0)])
def test_the_psi_interval_covers_as_often_as_measured(n: int, factor: float) -> None:
    draw = np.random.default_rng(17)
    p = np.repeat(0.1, 10)
    q = np.array([factor, *[1.0] * 8, 2 - factor]) / 10 if factor < 2 else np.array([2, *[8 / 9] * 9]) / 10
    true = float(((q - p) * np.log(q / p)).sum())
    stored = Histogram(low=0, high=1, counts=tuple(np.round(p * 10_000_000).astype(int).tolist()))
    runs = [measured(stability.stability(sampled_tenths(q, n, draw), stored, Ask(tolerance=0.1))) for _ in range(400)]
    below = sum(run.low <= true + 1e-12 for run in runs) / 400
    above = sum(run.high >= true for run in runs) / 400
    assert below >= 0.90
    assert above >= 0.90 or true == 0


def sampled_tenths(shares: np.ndarray, n: int, draw: np.random.Generator) -> Histogram:
    return Histogram(low=0, high=1, counts=tuple(draw.multinomial(n, shares / shares.sum()).tolist()))


def test_psi_is_freed_of_its_bias_and_the_plain_figure_stays_beside_it() -> None:
    draw = np.random.default_rng(19)
    p = np.repeat(0.1, 10)
    runs = [
        measured(stability.stability(sampled_tenths(p, 100, draw), sampled_tenths(p, 100, draw), Ask(tolerance=0.1)))
        for _ in range(200)
    ]
    plain = np.mean([float(run.detail.split()[0]) for run in runs])
    assert plain == pytest.approx(0.172, abs=0.02)  # the mean without any drift
    assert not any(verdict(run, 0.1) is Verdict.BREACHED for run in runs[:20])


def test_the_normal_approximation_joins_the_exact_interval() -> None:
    exact, beyond = (stability._noncentrality(t, 9, 0.05) for t in (4.999e4, 5.001e4))
    assert beyond == pytest.approx((exact[0] + 20, exact[1] + 20), rel=1e-3)


def test_jensen_shannon_is_the_same_figure_in_another_unit() -> None:
    draw = np.random.default_rng(23)
    then, now = sampled(beta_shares(2, 5), 1_000_000, draw), sampled(beta_shares(2.5, 5), 1_000_000, draw)
    psi = measured(stability.stability(now, then, Ask(tolerance=0.1)))
    js = measured(stability.jensen_shannon(now, then, Ask(tolerance=0.1)))
    assert js.value == pytest.approx(np.sqrt(psi.value / 8 / np.log(2)), rel=0.02)
    assert js.low < js.value < js.high


def test_rows_missing_are_those_of_the_published_table() -> None:
    assert Ask(tolerance=0.05).lacking(0, 10**12, 0) == pytest.approx(879, abs=4)
    assert Ask(tolerance=0.10).lacking(0, 10**12, 0) == pytest.approx(220, abs=2)
    assert Ask(tolerance=0.05).lacking(100, 500, 0) == 0  # no number of rows would do: the baseline is too small


def test_clustered_records_are_worth_less() -> None:
    draw = np.random.default_rng(29)
    then, now = sampled(beta_shares(2, 5), 100_000, draw), sampled(beta_shares(2, 5), 5_000, draw)
    plain, clustered = (
        measured(drift.kolmogorov_smirnov(now, then, Ask(tolerance=0.05, design_effect=effect))) for effect in (1, 10)
    )
    assert verdict(plain, 0.05) is Verdict.MET
    assert verdict(clustered, 0.05) is Verdict.INCONCLUSIVE
    assert clustered.missing > 0


def test_what_cannot_be_compared_is_unseen() -> None:
    some, empty = Histogram(low=0, high=1, counts=(5, 5)), Histogram(low=0, high=1, counts=(0, 0), missing=9)
    other = Histogram(low=0, high=2, counts=(5, 5))
    for measure in (drift.kolmogorov_smirnov, drift.wasserstein, stability.stability, stability.jensen_shannon):
        for now, stored, cause in (
            (some, None, Cause.NO_BASELINE),
            (some, empty, Cause.NO_BASELINE),
            (some, other, Cause.NO_BASELINE),
            (empty, some, Cause.TOO_FEW),
        ):
            unseen = measure(now, stored, ASK)
            assert isinstance(unseen, Unseen)
            assert unseen.cause is cause
    unseen = categories.total_variation({}, {"a": 5}, ASK)
    assert isinstance(unseen, Unseen)
    assert unseen.cause is Cause.TOO_FEW


def test_every_column_of_the_baseline_is_answered_for() -> None:
    some = Histogram(low=0, high=1, counts=(500, 500))
    found = drift.across(drift.kolmogorov_smirnov, {"new": some, "kept": some}, {"kept": some, "lost": some}, ASK)
    causes = {name: reading.cause for name, reading in found.items() if isinstance(reading, Unseen)}
    assert causes == {"new": Cause.NO_BASELINE, "lost": Cause.NOT_CONFIGURED}


@pytest.mark.parametrize("k", [2, 10, 300])
def test_the_category_interval_covers_the_truth(k: int) -> None:
    draw = np.random.default_rng(31)
    p, q = draw.dirichlet(np.ones(k)), draw.dirichlet(np.ones(k))
    true = float(np.abs(p - q).sum() / 2)

    def named(shares: np.ndarray, n: int) -> dict[str, int]:
        return {f"c{at}": int(rows) for at, rows in enumerate(draw.multinomial(n, shares))}

    runs = [measured(categories.total_variation(named(q, 500), named(p, 2000), ASK)) for _ in range(100)]
    assert sum(run.low <= true <= run.high for run in runs) >= 97


def test_exhibits_hold_every_row_and_the_baseline_beside_it() -> None:
    draw = np.random.default_rng(37)
    then, now = sampled(beta_shares(2, 5), 10_000, draw), sampled(beta_shares(3, 5), 3_000, draw)
    table, picture = measured(drift.kolmogorov_smirnov(now, then, ASK)).exhibits
    assert sum(int(row[1] or 0) for row in table.rows) == 3_000
    assert len(table.rows) == 20
    assert all(row[5] <= row[4] <= row[6] for row in table.rows)  # type: ignore[operator]
    assert [sum(float(row[column] or 0) for row in picture.rows) for column in (2, 3)] == pytest.approx([1, 1])
    assert (picture.rows[0][0], picture.rows[-1][1]) == (now.low, now.high)
