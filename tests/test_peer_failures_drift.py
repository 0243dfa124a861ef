"""The rows of docs/PEERS.md on drift: where the peers are measurably wrong, we must not be."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy import stats

from junzi_audit.findings import Measurement, Reading, Unseen
from junzi_audit.limits import judge
from junzi_audit.measures import categories, drift, stability, streams
from junzi_audit.measures.drift import Ask
from junzi_audit.model import Bound, Limit, Verdict
from junzi_audit.probes import scan
from junzi_audit.probes.scan_engines import Source
from junzi_audit.probes.scanned import Grid
from junzi_audit.seen.histograms import Histogram
from junzi_audit.seen.looks import Cell, Look, among


def verdict(reading: Reading, tolerance: float) -> Verdict:
    bound = Bound(comparator="<=", value=tolerance)
    limit = Limit(name="drift", bound=bound, unit="share", meaning="drift", source="test")
    return judge(limit, reading)[0].verdict


def histogram(values: np.ndarray, low: float = -5, high: float = 5) -> Histogram:
    known = values[~np.isnan(values)]
    counts = tuple(np.histogram(known, 1024, (low, high))[0].tolist())
    below, above = int((known < low).sum()), int((known > high).sum())
    return Histogram(low=low, high=high, counts=counts, below=below, above=above, missing=len(values) - len(known))


def kinds(draw: np.random.Generator, n: int, k: int = 10) -> dict[str, int]:
    return {f"c{at}": int(rows) for at, rows in enumerate(draw.multinomial(n, np.repeat(1 / k, k)))}


@pytest.mark.parametrize("sizes", [(500, 500), (300, 900)])
def test_row_1_no_drift_raises_no_alarm_in_a_year_of_looks(sizes: tuple[int, int]) -> None:
    draw, ask = np.random.default_rng(1), Ask(tolerance=0.1)
    for _ in range(4):
        stored = kinds(draw, sizes[0])
        year = [categories.total_variation(kinds(draw, sizes[1]), stored, ask) for _ in range(365)]
        assert not any(verdict(look, 0.1) is Verdict.BREACHED for look in year)
        assert not any(verdict(look, 0.1) is Verdict.MET for look in year), "500 rows cannot assure ten categories"


@pytest.mark.parametrize("n", [30, 100])
def test_row_2_a_small_sample_says_how_many_rows_are_missing(n: int) -> None:
    draw = np.random.default_rng(2)
    stored = histogram(draw.normal(size=5000))
    for _ in range(100):
        now = histogram(draw.normal(size=n))
        found = drift.kolmogorov_smirnov(now, stored, Ask(tolerance=0.1))
        assert isinstance(found, Measurement)
        assert verdict(found, 0.1) is Verdict.INCONCLUSIVE
        assert found.missing > 0


@pytest.mark.parametrize("n", [30, 100])
def test_row_2_a_small_sample_without_drift_breaches_psi_within_its_error(n: int) -> None:
    draw, ask = np.random.default_rng(21), Ask(tolerance=0.1)
    stored = histogram(draw.normal(size=5000))
    looks = [stability.stability(histogram(draw.normal(size=n)), stored, ask) for _ in range(365)]
    assert sum(verdict(look, 0.1) is Verdict.BREACHED for look in looks) <= 0.05 * 365


def test_row_3_an_outlier_does_not_hide_a_real_shift() -> None:
    draw, ask = np.random.default_rng(3), Ask(tolerance=0.1)
    then = histogram(draw.normal(0, 1, 20_000))
    shifted = draw.normal(0.53, 1, 1000)
    with_outlier = np.append(shifted[:-1], 1e9)
    readings = [stability.stability(histogram(values), then, ask) for values in (shifted, with_outlier)]
    for reading in readings:
        assert isinstance(reading, Measurement)
        assert reading.value == pytest.approx(0.277, abs=0.06)
        assert verdict(reading, 0.1) is Verdict.BREACHED
    beside = drift.kolmogorov_smirnov(histogram(with_outlier), then, ask)
    assert verdict(beside, 0.1) is Verdict.BREACHED
    assert isinstance(beside, Measurement)
    assert "1 rows above" in beside.detail


def test_row_4_a_column_that_turns_nan_is_breached(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    value = "CASE WHEN i % 10 < 9 THEN 'NaN'::DOUBLE ELSE i / 10000 END"
    duckdb.sql(f"COPY (SELECT {value} AS v FROM range(10000) t(i)) TO '{path}'")
    source = Source(kind="parquet", place=str(path))
    now = scan.values(source, grids=[Grid(column="v", low=0, high=1)]).histograms["v"]
    found = categories.missing_gap((now.missing, now.n + now.missing), (50, 50_000), Ask(tolerance=0.05))
    assert isinstance(found, Measurement)
    assert found.value == pytest.approx(0.899)
    assert verdict(found, 0.05) is Verdict.BREACHED


def test_row_5_an_adverse_rate_that_doubles_is_breached() -> None:
    draw, ask = np.random.default_rng(5), Ask(tolerance=0.02)
    then, now = (
        {"adverse": (bad := int(draw.binomial(100_000, share))), "fine": 100_000 - bad} for share in (0.05, 0.10)
    )
    found = categories.total_variation(now, then, ask)
    assert isinstance(found, Measurement)
    assert found.value == pytest.approx(0.05, abs=0.005)
    assert verdict(found, 0.02) is Verdict.BREACHED


def test_row_6_scores_that_did_not_move_say_nothing_of_performance() -> None:
    draw = np.random.default_rng(6)
    then, now = (histogram(draw.random(50_000), 0, 1) for _ in range(2))
    found = drift.kolmogorov_smirnov(now, then, Ask(tolerance=0.05))
    assert verdict(found, 0.05) is Verdict.MET
    assert isinstance(found, Measurement)
    claims = " ".join([found.detail, *(table.title + table.caption for table in found.exhibits)]).lower()
    assert not any(word in claims for word in ("accuracy", "auc", "performance", "correct"))


def test_row_6_when_the_labels_come_the_flip_is_breached() -> None:
    draw = random.Random(6)
    days = 60

    def look(day: int, flipped: bool) -> Look:
        """200 decisions by a score; from half of its range on, what was right is wrong once the labels flip."""
        cells: Counter[tuple[bool, bool]] = Counter()
        for _ in range(200):
            score = draw.random()
            right = draw.random() < (0.5 if flipped and score > 0.5 else 0.9)
            flagged = score > 0.5
            cells[flagged == right, flagged] += 1
        return Look(
            day=date(2026, 1, 1) + timedelta(days=day),
            cells=tuple(
                Cell(group=among("all", outcome), size=1, hits=int(flagged), clusters=n)
                for (outcome, flagged), n in sorted(cells.items())
            ),
        )

    def judged(looks: list[Look]) -> Reading:
        until = date(2026, 1, 1) + timedelta(days=days - 1)
        return streams.error_growth(looks, wrong=500, known=5000, tolerance=0.05, until=until)

    unlabelled = judged([])
    assert isinstance(unlabelled, Unseen), "no labels, no word about performance"
    assert verdict(judged([look(day, flipped=False) for day in range(days)]), 0.05) is Verdict.MET
    matured = [look(day, flipped=day >= days // 2) for day in range(days)]
    assert verdict(judged(matured), 0.05) is Verdict.BREACHED


def test_row_11_new_and_vanished_categories_are_findings_of_their_own() -> None:
    stored = {"north": 5000, "south": 4000, "islands": 990, "embassy": 10}
    found = categories.roster_changes({"north": 500, "south": 480, "moon": 1}, stored, Ask(tolerance=0.1))
    assert isinstance(found, Measurement)
    assert found.value == 2
    assert "new: moon" in found.detail
    assert "gone: islands" in found.detail
    assert "perhaps by chance: embassy" in found.detail
    assert verdict(found, 0) is Verdict.BREACHED
    (table,) = found.exhibits
    assert {row[0] for row in table.rows} == {"north", "south", "islands", "embassy", "moon"}


def test_row_12_what_could_not_run_is_inconclusive() -> None:
    some = Histogram(low=0, high=1, counts=(5, 5))
    empty = Histogram(low=0, high=1, counts=(0, 0), missing=10)
    ask = Ask(tolerance=0.1)
    readings = [
        drift.kolmogorov_smirnov(some, None, ask),
        drift.kolmogorov_smirnov(empty, some, ask),
        stability.stability(some, empty, ask),
        categories.roster_changes({}, {"a": 1}, ask),
        categories.missing_gap((0, 0), (0, 10), ask),
        drift.across(categories.total_variation, {}, {"gone": {"a": 1}}, ask)["gone"],
    ]
    assert all(isinstance(reading, Unseen) for reading in readings)
    assert {verdict(reading, 0.1) for reading in readings} == {Verdict.INCONCLUSIVE}


def test_the_peers_own_test_would_have_failed_row_1() -> None:
    draw = np.random.default_rng(1)
    alarms = 0
    for _ in range(200):
        stored, now = kinds(draw, 500), kinds(draw, 500)
        expected = np.array(list(stored.values()), dtype=float)
        alarms += stats.chisquare(np.array(list(now.values())), expected).pvalue < 0.05
    assert alarms > 60
