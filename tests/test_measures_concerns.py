"""Public concerns: late, unanswered, unpublished or left out, whatever dates the node writes beside them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from junzi_audit.findings import Unseen
from junzi_audit.measures import concerns, months
from junzi_audit.measures.disputes import BusinessDays
from junzi_audit.model import Cause, Verdict
from junzi_audit.records import UserReport
from junzi_audit.seen.pages import Page
from tests.judging import verdict
from tests.registered import NOW, ago, concern

WEEK = BusinessDays(weekend=(6, 7), holidays=())
BREACHED, INCONCLUSIVE, MET = Verdict.BREACHED, Verdict.INCONCLUSIVE, Verdict.MET
WAITING = {"answered_at": None, "answer_published_at": None, "published_url": None, "state": "acknowledged"}


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({}, False),
        ({"acknowledged_at": None}, True),
        ({"acknowledged_at": None, "received_at": ago(hours=48), **WAITING}, False),
        ({"acknowledged_at": None, "received_at": ago(hours=48, seconds=1), **WAITING}, True),
        ({"acknowledged_at": ago(days=7)}, True),
        ({"acknowledged_at": ago(days=11)}, True),
        ({"acknowledged_at": ago(days=7), "received_at": ago(days=40)}, False),
        ({"acknowledged_at": None, "received_at": ago(days=100), **WAITING}, True),
    ],
)
def test_a_concern_is_acknowledged_within_48_hours(changes: dict[str, Any], late: bool) -> None:
    assert concerns.unacknowledged([concern(**changes)], NOW).value == late


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({}, False),
        (WAITING, True),  # low: 7 business days from Sunday 22 February are Tuesday 3 March, noon
        ({"received_at": ago(days=9), **WAITING}, False),  # and from Monday they are now
        ({"severity": "medium", **WAITING}, False),
        ({"severity": "high", **WAITING}, True),
        ({"received_at": ago(days=100), "severity": "medium", **WAITING}, True),
        ({"severity": "high"}, True),  # answered on Friday, due on Wednesday
        ({"severity": "high", "received_at": ago(days=60), "answered_at": ago(days=31)}, False),
        ({"severity": "high", "answered_at": ago(days=11)}, True),
        ({"severity": "high", "answered_at": NOW + timedelta(days=1)}, True),
    ],
)
def test_a_concern_is_answered_within_its_business_days(changes: dict[str, Any], late: bool) -> None:
    assert concerns.past_due([concern(**changes)], WEEK, NOW).value == late


def test_the_chart_shows_the_slowest_first_as_shares_of_the_time_allowed() -> None:
    slow = concern(concern_id="slow", severity="high", received_at=ago(days=7), **WAITING)
    old = concern(concern_id="old", received_at=ago(days=40), answered_at=ago(days=31))
    found = concerns.past_due([concern(), slow, old], WEEK, NOW)
    (shown,) = found.exhibits
    assert [row[0] for row in shown.rows] == ["slow", "c1"]
    assert shown.rows[0][1] == pytest.approx(7 / 5, abs=0.001)  # 3 business days over a weekend are 5 days
    assert shown.chart is not None
    assert shown.chart.limit == 1


SHOWN, GONE = Page(key="c1", shows=True), Page(key="c1", shows=False)
HIDDEN = Page(key="c1", shows=False, cause=Cause.TIMED_OUT, why="no answer")


@pytest.mark.parametrize(
    ("changes", "page", "comes"),
    [
        ({}, SHOWN, MET),
        ({}, None, MET),
        ({}, GONE, BREACHED),
        ({}, HIDDEN, INCONCLUSIVE),
        ({"answered_at": ago(days=8), "answer_published_at": None}, None, BREACHED),
        ({"answered_at": ago(days=8), "published_url": None}, None, BREACHED),
        ({"answered_at": ago(days=6), "answer_published_at": None}, None, MET),
        ({"answered_at": ago(days=8), "answer_published_at": NOW + timedelta(days=1)}, None, BREACHED),
        ({"received_at": ago(days=20), "answered_at": ago(days=18)}, SHOWN, BREACHED),
        ({"received_at": ago(days=90), "answered_at": ago(days=80)}, SHOWN, MET),
        (WAITING, None, INCONCLUSIVE),
    ],
)
def test_an_answer_is_published_within_a_week_on_a_page_of_its_own(
    changes: dict[str, Any], page: Page | None, comes: Verdict
) -> None:
    known = [concern(**changes)]
    found = concerns.unpublished(known, [page] if page else [], NOW)
    assert verdict(found) is comes
    assert isinstance(found, Unseen) == (page is HIDDEN)
    assert page is None or concerns.published(known, NOW)


def test_what_is_not_published_breaches_whatever_page_is_hidden() -> None:
    late = concern(concern_id="late", answered_at=ago(days=8), answer_published_at=None)
    assert concerns.unpublished([concern(), late], [HIDDEN], NOW).detail.startswith("not published in time: late")


@pytest.mark.parametrize(
    ("age", "answers_for", "left"),
    [(3, "r1", 0), (3, None, 1), (3, "r2", 1), (1, None, 0)],
)
def test_no_report_is_left_out(age: float, answers_for: str | None, left: int) -> None:
    report = UserReport(report_id="r1", entity_id="e1", submitted_at=ago(days=age))
    found = concerns.unheard([concern(report_id=answers_for, **WAITING)], [report], NOW)
    assert (found.value, found.n) == (left, 1)
    assert verdict(concerns.unheard([concern()], [], NOW)) is INCONCLUSIVE


@pytest.mark.parametrize(
    ("received", "answered", "left"),
    [
        (ago(days=23), None, 0),
        (ago(days=23, seconds=-1), None, 1),
        (ago(days=1), None, 1),
        (ago(days=26), ago(days=20), 0),
        (ago(days=90), ago(days=25, seconds=1), 1),
    ],
)
def test_an_entry_answers_for_a_report_of_at_most_48_hours_before_it_unless_it_was_answered_already(
    received: datetime, answered: datetime | None, left: int
) -> None:
    report = UserReport(report_id="r1", entity_id="e1", submitted_at=ago(days=25))
    entry = concern(report_id="r1", received_at=received, answered_at=answered)
    assert concerns.unheard([entry], [report], NOW).value == left


def test_an_entry_made_late_is_late_by_the_clock_of_its_report() -> None:
    report = UserReport(report_id="r1", entity_id="e1", submitted_at=ago(days=25))
    entry = concern(report_id="r1", received_at=ago(days=1), acknowledged_at=ago(days=1), **WAITING)
    assert (concerns.past_due([entry], WEEK, NOW).value, concerns.unacknowledged([entry], NOW).value) == (0, 0)
    known = concerns.dated([entry, concern()], [report])
    assert [each.received_at for each in known] == [report.submitted_at, concern().received_at]
    assert (concerns.past_due(known, WEEK, NOW).value, concerns.unacknowledged(known, NOW).value) == (1, 1)
    early = concern(report_id="r1", received_at=ago(days=26))
    assert concerns.dated([early], [report]) == (early,)


def test_a_report_of_long_ago_still_dates_its_entry_and_is_unheard_no_more() -> None:
    report = UserReport(report_id="r1", entity_id="e1", submitted_at=ago(days=31))
    assert concerns.unheard([], [report], NOW).n == 0
    assert concerns.dated([concern(report_id="r1")], [report])[0].received_at == ago(days=31)


def test_a_register_without_an_entry_is_nothing_seen() -> None:
    for found in (concerns.unacknowledged([], NOW), concerns.past_due([], WEEK, NOW)):
        assert verdict(found) is INCONCLUSIVE
        assert "no concern came" in found.detail


@pytest.mark.parametrize(
    ("now", "names"),
    [
        (NOW, ["2026-02", "2026-01"]),
        (datetime(2026, 1, 1, tzinfo=UTC), ["2025-12", "2025-11"]),
        (datetime(2024, 3, 31, 23, tzinfo=UTC), ["2024-02", "2024-01"]),
    ],
)
def test_whole_months_follow_one_another(now: datetime, names: list[str]) -> None:
    last, before = months.whole(now, 2)
    assert [last.name, before.name] == names
    assert before.since < before.until == last.since < last.until <= now
    assert [name for _, name in months.named("register", now)] == ["register", f"register-{names[1]}"]


def test_the_months_register_is_the_same_whatever_came_after_it() -> None:
    month = months.whole(NOW, 1)[0]
    came = {"received_at": ago(days=6), "acknowledged_at": ago(days=5)}
    then = concern(**came, **WAITING)
    now = concern(**came, answered_at=ago(days=1), answer_published_at=NOW)
    others = [concern(concern_id="x", received_at=at) for at in (ago(days=1), ago(days=80))]

    packs = [concerns.monthly("t", month, "register", each) for each in ([then], [*others, now])]
    assert packs[0].digest == packs[1].digest
    (entry,) = packs[0].content["entries"]
    assert (entry["concern"], entry["answered_at"]) == ("c1", None)
    assert entry["acknowledged_at"] is not None
