"""Scores: failed audits wherever they are told of, and a shift that needs a norm and a day of scores."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import coverage
from junzi_audit.measures.scores import distribution, failed_audits, histogram, norm, shift
from junzi_audit.model import Cause, Verdict
from junzi_audit.records import BiasAudit, ScoredDecision
from tests.judging import verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=30)
MET, BREACHED, INCONCLUSIVE = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE
NORM = {"mean_of_daily_means": 4.0, "sd_of_daily_means": 0.1, "days": 56}


def audit(number: int, result: Any = "passed") -> BiasAudit:
    return BiasAudit(bias_audit_id=f"b{number}", risk_id=f"r{number}", result=result, audit_timestamp=NOW)


def decision(number: int, at: datetime = NOW, **change: Any) -> ScoredDecision:
    fields = {
        "risk_id": f"r{number}", "entity_id": "e", "calculated_at": at, "risk_value": 4.0, "flagged": False,
        "outcome": None, "adjudicated_at": None, "party": None, "jurisdiction": None, "role": None, "region": None,
        "bias_audit_id": f"b{number}", "bias_audit": "passed", "model_version": "1",
    }  # fmt: skip
    return ScoredDecision(**{**fields, **change})


@pytest.mark.parametrize(("failed", "expected"), [(0, MET), (10, MET), (11, BREACHED)])
def test_failed_audits_are_counted(failed: int, expected: Verdict) -> None:
    audits = [audit(n, "failed" if n < failed else "passed") for n in range(40)]
    found = failed_audits(audits)
    assert isinstance(found, Measurement)
    assert (found.value, found.n) == (failed, 40)
    assert verdict(found, "<= 10") is expected


def test_a_failed_audit_that_is_not_listed_counts_by_its_score() -> None:
    told = [decision(n, bias_audit="failed") for n in range(11)]
    unnamed = [decision(n, bias_audit="failed", bias_audit_id=None) for n in range(20, 25)]
    earlier = [decision(n, SINCE - timedelta(seconds=1), bias_audit="failed") for n in range(30, 99)]

    assert verdict(failed_audits([audit(50)], told, SINCE), "<= 10") is BREACHED
    found = failed_audits([audit(n, "failed") for n in range(11)], [*told, *unnamed, *earlier], SINCE)
    assert isinstance(found, Measurement)
    assert (found.value, found.n) == (16, 16)
    assert "5 of them not listed" in found.detail
    assert verdict(failed_audits([audit(n) for n in range(11)], told, SINCE), "<= 10") is BREACHED


def test_no_audit_at_all_is_nothing_seen() -> None:
    assert verdict(failed_audits([]), "<= 10") is INCONCLUSIVE
    assert verdict(failed_audits([], [decision(1)], SINCE), "<= 10") is INCONCLUSIVE


@pytest.mark.parametrize(
    ("value", "expected"), [(4.0, MET), (4.29, MET), (4.31, BREACHED), (3.69, BREACHED), (10, BREACHED)]
)
def test_a_shift_is_measured_in_deviations_of_the_norm(value: float, expected: Verdict) -> None:
    found = shift([decision(n, risk_value=value) for n in range(100)], NORM)
    assert isinstance(found, Measurement)
    assert verdict(found, "<= 3") is expected


@pytest.mark.parametrize("count", [0, 1, 99])
def test_few_scores_shift_nothing(count: int) -> None:
    found = shift([decision(n) for n in range(count)], NORM)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.TOO_FEW


@pytest.mark.parametrize(
    "change",
    [{"sd_of_daily_means": 0.0}, {"sd_of_daily_means": -1.0}, {"sd_of_daily_means": math.inf},
     {"sd_of_daily_means": math.nan}, {"sd_of_daily_means": None}, {"mean_of_daily_means": math.nan},
     {"mean_of_daily_means": "4"}, {"mean_of_daily_means": True}, {"days": 13}, {"days": None}, {"days": "56"},
     {"days": math.inf}],
)  # fmt: skip
def test_a_norm_that_is_none_judges_nothing(change: dict[str, Any]) -> None:
    found = shift([decision(n) for n in range(100)], {**NORM, **change})
    assert isinstance(found, Unseen)
    assert found.cause is Cause.NO_BASELINE
    assert isinstance(shift([], {}), Unseen)


def test_a_norm_of_whole_numbers_is_one() -> None:
    assert verdict(shift([decision(n) for n in range(100)], {**NORM, "mean_of_daily_means": 4}), "<= 3") is MET


def test_a_norm_is_made_of_days_with_enough_scores() -> None:
    days = [decision(n, NOW - timedelta(days=n // 100, minutes=n % 100)) for n in range(2000)]
    made = norm(days)
    assert made["days"] == 20
    empty = norm([])
    assert (empty["mean_of_daily_means"], empty["sd_of_daily_means"], empty["days"]) == (None, None, 0)
    assert isinstance(shift(days, norm([])), Unseen)


def test_scores_of_a_part_of_the_day_are_not_the_day() -> None:
    part = [decision(n, NOW - timedelta(minutes=n, seconds=1)) for n in range(200)]
    missing = coverage.gap(
        [each.calculated_at for each in part], NOW - timedelta(days=1), NOW, what="scores", silence=timedelta(hours=6)
    )
    assert verdict(coverage.whole(shift(part, NORM), missing), "<= 3") is INCONCLUSIVE


def spread(
    n: int, at: datetime = NOW, *, centre: float = 5.0, width: float = 4.0, per: int = 1
) -> list[ScoredDecision]:
    """Scores evenly spread about the centre, ``per`` of each entity."""
    return [
        decision(k, at, entity_id=f"e{k // per}", risk_value=centre + width * (k // per * per / n - 0.5))
        for k in range(n)
    ]


def test_scores_that_keep_their_mean_but_not_their_spread_are_found() -> None:
    known = norm([each for day in range(1, 58) for each in spread(400, NOW - timedelta(days=day))])
    for today, expected in (
        (spread(400), MET), (spread(400, width=0.1), BREACHED), (spread(400, width=2.6), INCONCLUSIVE),
        (spread(60), INCONCLUSIVE), ([], INCONCLUSIVE),
    ):  # fmt: skip
        assert verdict(distribution(today, known, tolerance=0.2), "<= 0.2") is expected
        assert not today or verdict(shift(today, {**known, "sd_of_daily_means": 0.1}), "<= 3") is not BREACHED


def test_scores_of_one_entity_on_one_day_are_one_record() -> None:
    assert histogram(spread(400, per=4)).n == 100
    assert histogram([decision(1, risk_value=10.0), decision(2, NOW - timedelta(days=1), risk_value=0.0)]).counts[
        ::1023
    ] == (1, 1)


@pytest.mark.parametrize("stored", [{}, {"histogram": 3}, {"histogram": {"low": 0}}])
def test_a_norm_without_a_histogram_is_no_baseline(stored: dict[str, Any]) -> None:
    found = distribution(spread(400), stored, tolerance=0.2)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.NO_BASELINE
