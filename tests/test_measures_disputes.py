"""Disputes: late, stuck or closed in silence, whatever dates the node writes beside them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit.measures.disputes import (
    BusinessDays,
    closed_without_ruling,
    due,
    not_escalated,
    past_due,
    unacknowledged,
)
from junzi_audit.model import Verdict
from junzi_audit.records import Dispute
from tests.judging import verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
WEEK = BusinessDays(weekend=(6, 7), holidays=())
BREACHED, INCONCLUSIVE, MET = Verdict.BREACHED, Verdict.INCONCLUSIVE, Verdict.MET


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def dispute(**change: Any) -> Dispute:
    fields = {
        "dispute_id": "d1", "entity_id": "e1", "subject_type": "alert", "subject_id": "a1", "dispute_type": "factual",
        "severity": "low", "public_figure": False, "state": "triaged", "submitted_at": ago(hours=50),
        "acknowledged_at": ago(hours=49), "escalated_at": None, "escalated_to": None, "resolved_at": None,
        "ruling": None,
    }  # fmt: skip
    return Dispute(**{**fields, **change})


BOARD = "Ethical Governance Board"
CLOSED = {"ruling": "dismissed", "resolved_at": ago(hours=1), "state": "dismissed"}


@pytest.mark.parametrize(
    ("change", "late"),
    [
        ({}, False),
        ({"acknowledged_at": None}, True),
        ({"acknowledged_at": None, "submitted_at": ago(hours=48)}, False),
        ({"acknowledged_at": None, "submitted_at": ago(hours=48, seconds=1)}, True),
        ({"acknowledged_at": ago(hours=1)}, True),
        ({"acknowledged_at": ago(hours=51)}, True),
        ({"acknowledged_at": NOW + timedelta(days=1)}, True),
        ({"acknowledged_at": None, "submitted_at": ago(days=119)}, True),
        ({"acknowledged_at": None, **CLOSED}, True),
        ({"acknowledged_at": None, "submitted_at": ago(days=31), **CLOSED}, False),
    ],
)
def test_a_dispute_is_acknowledged_within_48_hours(change: dict[str, Any], late: bool) -> None:
    found = unacknowledged([dispute(**change)], NOW)
    assert (found.value, found.n, found.detail) == (int(late), 1, "d1" if late else "")


@pytest.mark.parametrize(
    ("severity", "public_figure", "submitted", "expected"),
    [
        ("high", False, datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 5, 9, tzinfo=UTC)),
        ("low", True, datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 5, 9, tzinfo=UTC)),
        ("low", False, datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 11, 9, tzinfo=UTC)),
        ("medium", False, datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 20, 9, tzinfo=UTC)),
        ("high", False, datetime(2026, 2, 28, 9, tzinfo=UTC), datetime(2026, 3, 4, 9, tzinfo=UTC)),
    ],
)
def test_a_ruling_is_due_in_business_days(
    severity: str, public_figure: bool, submitted: datetime, expected: datetime
) -> None:
    assert due(dispute(severity=severity, public_figure=public_figure, submitted_at=submitted), WEEK) == expected


def test_a_holiday_is_no_business_day() -> None:
    holiday = BusinessDays(weekend=(6, 7), holidays=(date(2026, 3, 3),))
    assert due(dispute(severity="high", submitted_at=NOW), holiday) == NOW + timedelta(days=4)


@given(st.sets(st.integers(1, 7), max_size=6), st.integers(1, 20), st.integers(0, 400))
def test_as_many_business_days_pass_as_were_asked(weekend: set[int], days: int, start: int) -> None:
    begun = NOW + timedelta(days=start)
    ends = BusinessDays(weekend=weekend, holidays=()).after(begun, days)
    passed = [begun + timedelta(days=n) for n in range(1, (ends - begun).days + 1)]
    assert sum(day.isoweekday() not in weekend for day in passed) == days
    assert ends.isoweekday() not in weekend


def test_a_calendar_without_a_business_day_is_none() -> None:
    with pytest.raises(ValueError, match="no business day"):
        BusinessDays(weekend=range(1, 8), holidays=())


def test_open_disputes_past_their_time_are_counted_and_named() -> None:
    old = dispute(dispute_id="old", severity="high", submitted_at=ago(days=10))
    found = past_due([old, dispute(), dispute(dispute_id="done", submitted_at=ago(days=90), **CLOSED)], WEEK, NOW)
    assert (found.value, found.n, found.detail) == (1, 3, "old")
    assert [row[0] for row in found.exhibits[0].rows] == ["old", "d1"]


@pytest.mark.parametrize(
    ("change", "stuck"),
    [
        ({}, False),
        ({"dispute_type": "bias"}, True),
        ({"dispute_type": "bias", "submitted_at": ago(hours=47)}, False),
        ({"submitted_at": ago(days=30)}, True),
        ({"submitted_at": ago(days=30), "escalated_at": ago(days=1), "escalated_to": BOARD}, False),
        ({"submitted_at": ago(days=30), "escalated_at": ago(days=1), "escalated_to": "a friend"}, True),
        ({"submitted_at": ago(days=30), "escalated_at": None, "escalated_to": BOARD}, True),
        ({"submitted_at": ago(days=30), "escalated_at": NOW + timedelta(days=1), "escalated_to": BOARD}, True),
        ({"submitted_at": ago(days=30), "escalated_at": ago(days=31), "escalated_to": BOARD}, True),
        ({"dispute_type": "bias", **CLOSED}, False),
    ],
)  # fmt: skip
def test_what_is_owed_to_a_council_is_with_one(change: dict[str, Any], stuck: bool) -> None:
    assert not_escalated([dispute(**change)], WEEK, NOW).value == int(stuck)


@pytest.mark.parametrize(
    ("change", "hollow"),
    [
        ({}, False),
        (CLOSED, False),
        ({"resolved_at": ago(hours=1)}, True),
        ({"state": "dismissed"}, True),
        ({"state": "closed"}, True),
        ({"state": ""}, True),
        ({"state": "escalated"}, False),
    ],
)
def test_no_dispute_ends_without_a_ruling(change: dict[str, Any], hollow: bool) -> None:
    assert closed_without_ruling([dispute(**change)]).value == int(hollow)


def test_no_dispute_at_all_is_nothing_seen() -> None:
    for reading in (
        unacknowledged([], NOW), past_due([], WEEK, NOW), not_escalated([], WEEK, NOW), closed_without_ruling([]),
    ):  # fmt: skip
        assert verdict(reading) is INCONCLUSIVE
        assert "no dispute came" in reading.detail


def test_names_of_a_hostile_node_are_cut_short() -> None:
    found = closed_without_ruling([dispute(dispute_id="\x1b" + "d" * 9999, state="x") for _ in range(50)])
    assert verdict(found) is BREACHED
    assert found.detail.isprintable()
    assert len(found.detail) < 1400
