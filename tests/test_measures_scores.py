"""Scores: failed audits wherever they are told of, and a shift that needs a norm and a day of scores."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import coverage
from junzi_audit.measures.scores import failed_audits, norm, shift
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
    assert norm([]) == {"mean_of_daily_means": None, "sd_of_daily_means": None, "days": 0}
    assert isinstance(shift(days, norm([])), Unseen)


def test_scores_of_a_part_of_the_day_are_not_the_day() -> None:
    part = [decision(n, NOW - timedelta(minutes=n, seconds=1)) for n in range(200)]
    missing = coverage.gap(
        [each.calculated_at for each in part], NOW - timedelta(days=1), NOW, what="scores", silence=timedelta(hours=6)
    )
    assert verdict(coverage.whole(shift(part, NORM), missing), "<= 3") is INCONCLUSIVE
