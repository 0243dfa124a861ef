"""Tickets against service levels, triage and growth, with figures counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from junzi_audit.findings import Unseen
from junzi_audit.measures import backlog
from junzi_audit.model import Cause, Verdict
from junzi_audit.seen.tickets import DAYS, Severity, Ticket
from tests.judging import verdict

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)


def ticket(age: float, severity: Severity | None = "low", *, closed: float | None = None, n: int = 1) -> Ticket:
    """Opened, and perhaps closed, so many days ago."""
    shut = None if closed is None else NOW - timedelta(days=closed)
    return Ticket(
        id=f"#{n}", title="A bug", opened=NOW - timedelta(days=age), closed=shut, severity=severity, url="https://t/1"
    )


@pytest.mark.parametrize(("severity", "days"), [*DAYS.items(), (None, 90)])
def test_a_ticket_is_past_due_a_moment_after_its_days_and_not_before(severity: Severity | None, days: float) -> None:
    moment = 1 / 86400
    assert backlog.past_due([ticket(days, severity)], DAYS, NOW).value == 0
    assert backlog.past_due([ticket(days + moment, severity)], DAYS, NOW).value == 1


def test_what_is_closed_is_not_past_due_however_late_it_was() -> None:
    assert backlog.past_due([ticket(400, "critical", closed=1)], DAYS, NOW).value == 0


def test_the_worst_is_named_first_with_its_age_and_its_limit() -> None:
    found = backlog.past_due([ticket(95, n=1), ticket(40, "high", n=2), ticket(1, "high", n=3)], DAYS, NOW)
    assert found.detail == "#2 high, 40 of 7 days, #1 low, 95 of 90 days"
    table = found.exhibits[0]
    assert [(row[0], row[4], row[5], row[6]) for row in table.rows] == [
        ("#2", 40.0, 7, "past due"), ("#1", 95.0, 90, "past due"), ("#3", 1.0, 7, ""),
    ]  # fmt: skip


def test_no_ticket_at_all_is_not_a_backlog_in_order() -> None:
    assert verdict(backlog.past_due([], DAYS, NOW)) is Verdict.INCONCLUSIVE
    assert verdict(backlog.untriaged([]), "<= 0.1") is Verdict.INCONCLUSIVE


def test_no_open_ticket_beside_closed_ones_is_one_in_order() -> None:
    shut = [ticket(9, closed=2)]
    assert verdict(backlog.past_due(shut, DAYS, NOW)) is Verdict.MET
    assert verdict(backlog.untriaged(shut), "<= 0.1") is Verdict.MET


def test_the_untriaged_share_is_of_open_tickets_only() -> None:
    tickets = [ticket(1, None), ticket(2), ticket(3), ticket(4), ticket(5, None, closed=1)]
    found = backlog.untriaged(tickets)
    assert (found.value, found.n) == (0.25, 4)
    assert found.exhibits[0].rows == (("critical", 0), ("high", 0), ("medium", 0), ("low", 3), ("untriaged", 1))


def test_the_trend_counts_what_was_open_at_the_end_of_each_week() -> None:
    tickets = [ticket(100), ticket(80, closed=14), ticket(20, closed=6.5), ticket(3)]
    counts = [count for _, count in backlog.by_week(tickets, NOW)]
    # 84 days ago the first; from 77 on the second too, still at its closing 14 days ago; from 14 to 7 the third.
    assert counts == [1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 2]


def test_growth_is_a_share_of_the_baselines_median() -> None:
    trend = backlog.by_week([ticket(day, n=day) for day in range(1, 14)], NOW)
    found = backlog.growth(trend, {"median": 10}, n=13, limit=0.25)
    assert not isinstance(found, Unseen)
    assert found.value == pytest.approx(0.3)
    assert verdict(found, "<= 0.25") is Verdict.BREACHED
    assert found.exhibits[0].chart is not None
    assert (len(found.exhibits[0].rows), found.exhibits[0].chart.limit) == (13, 12.5)


def test_a_baseline_of_none_counts_as_one_and_a_shrinking_backlog_is_met() -> None:
    trend = backlog.by_week([ticket(1), ticket(2)], NOW)
    grown = backlog.growth(trend, {"median": 0}, n=2, limit=0.25)
    assert (verdict(grown, "<= 0.25"), getattr(grown, "value", None)) == (Verdict.BREACHED, 2.0)
    assert verdict(backlog.growth(trend, {"median": 9}, n=2, limit=0.25), "<= 0.25") is Verdict.MET


@pytest.mark.parametrize("value", [{}, {"median": "10"}, {"median": -1}, {"median": True}])
def test_a_baseline_without_a_median_is_none(value: dict[str, object]) -> None:
    found = backlog.growth(backlog.by_week([ticket(1)], NOW), value, n=1, limit=0.25)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.NO_BASELINE


def test_what_a_baseline_keeps_is_the_trend_and_its_median() -> None:
    tickets = [ticket(50), ticket(50), ticket(1)]
    assert backlog.normal(backlog.by_week(tickets, NOW)) == {"weeks": [0] * 5 + [2] * 7 + [3], "median": 2}


def test_a_title_of_control_characters_comes_out_printable() -> None:
    hostile = Ticket(
        id="#1", title="\x1b[31m<script>\u202e", opened=NOW - timedelta(days=1), closed=None, severity=None, url=""
    )
    assert str(backlog.past_due([hostile], DAYS, NOW).exhibits[0].rows[0][1]).isprintable()
