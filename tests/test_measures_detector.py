"""The detector keeps its yearly budget, finds a doubled tolerance in time, and replays instead of counting twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import beta

from benchmarks import delay, verdict_honesty, worlds
from junzi_audit.measures import evalues, rates
from junzi_audit.measures.budgets import BUDGETS, WATCH, Budget
from junzi_audit.measures.detector import History, log_detector, log_evidence, watch
from junzi_audit.model import Cadence, Verdict
from junzi_audit.seen.looks import Cell, Look

START = date(2026, 1, 1)
PAIR = evalues.parity("ab", 0.05)
INDEPENDENT = (1.0,)


def upper(hits: int, runs: int) -> float:
    """95 % upper Clopper-Pearson bound."""
    return float(beta.isf(0.05, hits + 1, runs - hits))


def look(day: int, *rates_: float, n: int = 200, size: int = 1) -> Look:
    """``n`` records of each of the groups a, b, … whose hits are exactly what the rates say."""
    cells = []
    for group, rate in zip("abcdefgh", rates_, strict=False):
        clusters = n // size
        hits = round(rate * clusters)
        for held, times in ((size, hits), (0, clusters - hits)):
            if times:
                cells.append(Cell(group=group, size=size, hits=held, clusters=times))
    return Look(day=START + timedelta(days=day), cells=tuple(cells))


def drawn(days: int, gap: float, seed: int = 1, n: int = 200) -> list[Look]:
    rng = np.random.default_rng(seed)
    return [look(day, *(rng.binomial(n, [0.3 + gap, 0.3]) / n), n=n) for day in range(days)]


def pair(looks: Sequence[Look], **options: object) -> History:
    return watch(looks, PAIR, **{"kappas": INDEPENDENT, **options})  # type: ignore[arg-type]


def test_the_recursion_is_shiryaev_roberts() -> None:
    e = np.random.default_rng(3).gamma(1.0, 1.0, size=(40, 3))
    m, expected = np.zeros(3), []
    for day in range(40):
        m = (np.zeros(3) if day == 25 else m) + 1
        m = m * e[day]
        expected.append(m.mean())
    found, factors = log_detector(np.log(e), [25])
    assert np.allclose(np.exp(found), expected)
    assert np.allclose(np.exp(factors[0]), e[0].mean())
    assert np.allclose(np.exp(factors[25]), e[25].mean())


@pytest.mark.parametrize(
    ("cadence", "threshold"),
    [(Cadence.DAILY, 7300), (Cadence.WEEKLY, 1040), (Cadence.MONTHLY, 240), (Cadence.QUARTERLY, 80)],
)
def test_the_thresholds_spend_five_percent_a_year(cadence: Cadence, threshold: float) -> None:
    assert BUDGETS[cadence].threshold() == pytest.approx(threshold)
    assert BUDGETS[cadence].threshold(streams=48) == pytest.approx(48 * threshold)


def test_a_bet_uses_only_the_looks_before_it() -> None:
    looks = drawn(60, 0.08)
    whole = pair(looks).points
    for cut in (1, 17, 40):
        part = pair(looks[:cut]).points
        assert [point.m for point in part] == pytest.approx([point.m for point in whole[:cut]], rel=1e-9)
        assert [point.verdict for point in part] == [point.verdict for point in whole[:cut]]
    assert whole[0].e == 1


def test_a_second_run_replays() -> None:
    looks = drawn(40, 0.1)
    turned = [Look(day=each.day, cells=each.cells[::-1]) for each in looks]
    assert pair(looks) == pair(turned)


def test_a_day_given_twice_or_out_of_order_is_refused() -> None:
    looks = drawn(3, 0.0)
    for wrong in ([*looks, looks[2]], looks[::-1]):
        with pytest.raises(ValueError, match="ascending"):
            pair(wrong)
    with pytest.raises(ValueError, match="without a single look"):
        pair([])


def test_impossible_cells_are_refused() -> None:
    for size, hits, clusters in ((0, 0, 1), (2, 3, 1), (2, 1, 0), (2, -1, 1)):
        with pytest.raises(ValueError, match="counting"):
            Cell(group="a", size=size, hits=hits, clusters=clusters)
    cell = Cell(group="a", size=2, hits=1, clusters=3)
    with pytest.raises(ValueError, match="twice"):
        Look(day=START, cells=(cell, cell))


def test_a_missing_day_is_a_look_that_says_nothing() -> None:
    looks = drawn(30, 0.02)
    gone = [each for index, each in enumerate(looks) if index not in (10, 11)]
    empty = [Look(day=each.day, cells=()) if index in (10, 11) else each for index, each in enumerate(looks)]
    points = pair(gone).points
    assert points == pair(empty).points
    assert [(points[10].e, points[10].records), (points[11].e, points[11].records)] == [(1, 0), (1, 0)]
    assert points[11].m == pytest.approx(points[9].m + 2)


def test_days_missing_at_the_end_are_added_up_to_today() -> None:
    looks = drawn(10, 0.0)
    assert len(pair(looks, until=START + timedelta(days=14)).points) == 15
    assert len(pair(looks, until=START + timedelta(days=9)).points) == 10


def test_weekly_looks_are_a_week_apart() -> None:
    looks = [Look(day=START + timedelta(weeks=week), cells=look(0, 0.3, 0.3).cells) for week in range(53) if week != 20]
    history = watch(looks, PAIR, budget=BUDGETS[Cadence.WEEKLY])
    assert len(history.points) == 53
    assert [point.day for point in history.points if not point.records] == [START + timedelta(weeks=20)]


def test_a_broken_tolerance_is_latched_until_a_signed_corrective_action() -> None:
    looks = [look(day, 0.45 if 40 <= day < 60 else 0.3, 0.3) for day in range(160)]
    verdicts = [point.verdict for point in pair(looks).points]
    alarm = verdicts.index(Verdict.BREACHED)
    assert 40 <= alarm < 50
    assert set(verdicts[alarm:]) == {Verdict.BREACHED}

    fixed = pair(looks, resets=[START + timedelta(days=100)])
    assert fixed.points[99].verdict is Verdict.BREACHED
    assert fixed.points[100].m <= 2
    assert fixed.points[-1].verdict is Verdict.MET
    assert [point.verdict for point in fixed.points[:100]] == verdicts[:100]


def test_met_needs_the_pooled_figures_within_the_tolerance() -> None:
    points = pair([look(day, 0.3, 0.3) for day in range(60)]).points
    assert points[0].verdict is Verdict.INCONCLUSIVE
    assert 200 < points[0].missing <= 2 * rates.n80(0.3, 0.05, 0.05)
    assert points[-1].verdict is Verdict.MET
    assert points[-1].missing == 0
    # 28 days of 60 hits in 200 records each: the interval is Newcombe's.
    assert points[-1].upper == pytest.approx(rates.newcombe(1680, 5600, 1680, 5600, 0.05)[1] - 0.05)


def test_evidence_withdraws_an_assurance_before_it_alarms() -> None:
    looks = [look(day, 0.42 if day >= 40 else 0.3, 0.3, n=1000) for day in range(45)]
    points = pair(looks).points
    watched = [point for point in points if WATCH <= point.m < 7300]
    assert watched
    assert all(point.verdict is Verdict.INCONCLUSIVE for point in watched)


def test_a_group_without_records_cannot_be_assured() -> None:
    points = watch([look(day, 0.3, 0.3) for day in range(40)], evalues.parity("abc", 0.05)).points
    assert {point.verdict for point in points} == {Verdict.INCONCLUSIVE}
    assert np.isinf(points[-1].upper)


def test_groups_outside_the_claims_are_named() -> None:
    assert pair([look(0, 0.3, 0.3, 0.9)]).unwatched == ("c",)


def test_identical_clusters_are_worth_one_record_each() -> None:
    alone, shared = (
        watch([look(day, 0.3, 0.3, size=size) for day in range(28)], PAIR).points[-1].upper for size in (1, 5)
    )
    assert shared > alone
    assert shared == pytest.approx(rates.newcombe(336, 1120, 336, 1120, 0.05)[1] - 0.05, abs=1e-4)


def test_the_evidence_of_a_stream_is_what_the_benchmarks_measure() -> None:
    rng = np.random.default_rng(5)
    counts = worlds.drawn(worlds.WITHIN[4], 200, 1, rng)[:, :60]
    looks = [
        Look(
            day=START + timedelta(days=day),
            cells=tuple(
                Cell(group=group, size=5, hits=hits, clusters=int(times))
                for group, row in zip("ab", counts[0, day], strict=True)
                for hits, times in enumerate(row)
                if times
            ),
        )
        for day in range(60)
    ]
    shipped = [point.m for point in watch(looks, PAIR).points]
    assert shipped == pytest.approx(np.exp(worlds.evidence(counts)[0]).tolist(), rel=1e-9)


@pytest.mark.parametrize(("index", "runs"), [(0, 100), (1, 400), (2, 100), (3, 100), (4, 400)])
def test_a_year_within_tolerance_alarms_in_at_most_five_percent(index: int, runs: int) -> None:
    world = worlds.WITHIN[index]
    found = worlds.alarms_of(world, 200, runs, np.random.default_rng(20260101))
    false = int((found < worlds.DAYS).sum())
    assert upper(false, runs) <= 0.05, f"{world.name}: {false} of {runs}"


def test_twice_the_tolerance_is_found_within_fifteen_days() -> None:
    jump = worlds.BEYOND[0]
    median, most, missed, early = delay.delays(worlds.alarms_of(jump, 200, 400, np.random.default_rng(20260101)))
    assert median <= 15
    assert most <= 25
    assert missed == 0
    assert early <= 0.01


def test_an_error_rate_above_its_limit_is_found() -> None:
    rng = np.random.default_rng(8)
    claims = evalues.share("a", 0.02)
    for rate, expected in ((0.005, Verdict.MET), (0.05, Verdict.BREACHED)):
        looks = [look(day, rng.binomial(500, rate) / 500, n=500) for day in range(60)]
        assert watch(looks, claims, kappas=INDEPENDENT).points[-1].verdict is expected


def test_four_fifths_and_odds_and_drift_are_streams_like_any_other() -> None:
    rng = np.random.default_rng(9)
    for claims, groups, good, bad in (
        (evalues.four_fifths("ab"), "ab", (0.5, 0.5), (0.5, 0.3)),
        (evalues.equalized_odds("ab", 0.1), [claim.groups[0] for claim in evalues.equalized_odds("ab", 0.1)], 0.5, 0.8),
        (evalues.drift({"x": 0.5}, 0.05), "x", 0.5, 0.62),
    ):
        for means, expected in ((good, Verdict.MET), (bad, Verdict.BREACHED)):
            levels = np.broadcast_to(means, len(groups)).copy()
            if isinstance(means, float) and len(groups) > 1:
                levels[1:] = 0.5
            looks = [_named(day, groups, rng.binomial(400, levels)) for day in range(60)]
            assert watch(looks, claims, kappas=INDEPENDENT).points[-1].verdict is expected


def _named(day: int, groups: Sequence[str], hits: Sequence[int]) -> Look:
    return Look(
        day=START + timedelta(days=day),
        cells=tuple(
            Cell(group=group, size=1, hits=held, clusters=int(times))
            for group, x in zip(groups, hits, strict=True)
            for held, times in ((1, x), (0, 400 - x))
            if times
        ),
    )


def test_evidence_without_earlier_records_is_one() -> None:
    values, times = np.array([0.0, 1.0]), np.full((5, 2, 2), 10.0)
    times[0] = 0
    stack = evalues.stacked(PAIR, "ab")
    logs = log_evidence(values, times, stack, 28, INDEPENDENT)
    assert logs.shape == (5, 6)
    assert (logs[:2] == 0).all()


def test_a_budget_of_ones_own() -> None:
    assert Budget(looks=100, memory=5, alpha=0.1).threshold() == pytest.approx(1000)


def test_the_benchmark_of_one_report_measures_the_interval_that_is_shipped() -> None:
    hits = np.random.default_rng(4).binomial(80, 0.3, size=(20, 4))
    low, high = verdict_honesty.largest_gap(hits, 80)
    for run, row in enumerate(hits.tolist()):
        pairs = [(one, two) for i, one in enumerate(row) for j, two in enumerate(row) if i != j]
        assert high[run] == pytest.approx(max(rates.newcombe(one, 80, two, 80, 0.05)[1] for one, two in pairs))
        strict = max(rates.newcombe(one, 80, two, 80, 0.05 / 12)[0] for one, two in pairs)
        assert low[run] == pytest.approx(max(0.0, strict))
