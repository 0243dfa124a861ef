"""The week's summary: what was settled by the week's end, and the same bytes whenever it is written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.measures import audit_summary
from junzi_audit.model import DAY, Cause, Unobservable, utc
from junzi_audit.records import BiasAudit, Dispute
from junzi_audit.report import packs
from junzi_audit.seen.packs import Pack
from tests.grouped import table

MONDAY = utc("2026-02-23T00:00:00Z")
SUNDAY = MONDAY + 6 * DAY
TOLERANCE = {"selection_rate_gap": 0.1, "equalized_odds_gap": 0.1}
COUNTS = table({"A": (400, 40), "B": (300, 45)}, {"A": (40, 30), "B": (45, 36)}, {"A": (360, 10), "B": (255, 9)})


def audit(number: int, result: Any = "passed") -> BiasAudit:
    return BiasAudit(bias_audit_id=f"b{number}", risk_id=f"r{number}", result=result, audit_timestamp=SUNDAY)


def dispute(number: int, submitted: datetime, resolved: datetime | None = None, **more: Any) -> Dispute:
    given = {
        "dispute_id": f"d{number}", "entity_id": "SECRET-ENTITY", "subject_type": "alert", "subject_id": "a1",
        "dispute_type": "bias", "severity": "high", "public_figure": True, "state": "submitted",
        "submitted_at": submitted, "acknowledged_at": None, "escalated_at": None, "escalated_to": None,
        "resolved_at": resolved, "ruling": "upheld" if resolved else None,
    }  # fmt: skip
    return Dispute(**{**given, **more})


def summary(*disputes: Dispute, **changes: Any) -> Pack:
    given = {
        "decided": COUNTS, "matured": COUNTS, "audits": (audit(2, "failed"), audit(1), audit(3, "failed")),
        "disputes": disputes, "tolerance": TOLERANCE,
    }  # fmt: skip
    return audit_summary.summary("summary", "live", MONDAY, **{**given, **changes})


@pytest.mark.parametrize(
    ("now", "weeks"),
    [
        ("2026-03-02T00:00:00Z", ["2026-W09", "2026-W08"]),  # Monday: the week has just ended
        ("2026-03-01T23:59:59Z", ["2026-W08", "2026-W07"]),  # Sunday: it has not
        ("2027-01-05T12:00:00Z", ["2026-W53", "2026-W52"]),
    ],
)
def test_the_last_whole_weeks_are_iso_weeks_in_utc(now: str, weeks: list[str]) -> None:
    begun = audit_summary.whole_weeks(utc(now), 2, timed=True)
    assert [audit_summary.name_of(begin) for begin in begun] == weeks
    assert all(begin.isoweekday() == 1 and begin.hour == 0 for begin in begun)


def test_decisions_without_times_have_no_weeks() -> None:
    with pytest.raises(Unobservable) as caught:
        audit_summary.whole_weeks(SUNDAY, 2, timed=False)
    assert caught.value.cause is Cause.UNDEFINED


def test_the_summary_holds_rates_gaps_and_failed_audits() -> None:
    content = json.loads(summary().body)
    assert content["bias_audits"] == {"made": 3, "failed": 2, "failed_ids": ["b2", "b3"]}
    selection = content["rates"]["selection rate"]["party"]
    gap, low, high = selection["gap"]
    assert gap == 0.05  # 45 of 300 against 40 of 400
    assert low <= gap <= high
    assert selection["groups"]["selection rate by party"]["B"][:2] == [300, 0.15]
    odds = content["rates"]["equalized odds"]["party"]["groups"]
    assert odds["true positive rate by party"]["A"][:2] == [40, 0.75]
    assert (content["week"], content["from"], content["until"]) == (
        "2026-W09", "2026-02-23T00:00:00.000Z", "2026-03-02T00:00:00.000Z",
    )  # fmt: skip


def test_disputes_are_told_as_they_stood_when_the_week_ended() -> None:
    before, after = MONDAY - DAY, SUNDAY + 2 * DAY
    found = summary(
        dispute(1, before, SUNDAY), dispute(2, MONDAY, acknowledged_at=SUNDAY), dispute(3, SUNDAY, after),
        dispute(4, before, before), dispute(5, after), dispute(6, MONDAY - 200 * DAY),
    )  # fmt: skip
    assert found.content["disputes"] == {
        "submitted in the week": 2, "acknowledged in the week": 1, "escalated in the week": 0, "open at its end": 2,
        "ruled upheld": 1,
    }  # fmt: skip
    assert "SECRET-ENTITY" not in found.body.decode()


def test_what_comes_after_the_week_does_not_change_what_was_signed() -> None:
    first = summary(dispute(1, MONDAY))
    later = summary(dispute(1, MONDAY, SUNDAY + 5 * DAY), dispute(2, SUNDAY + 3 * DAY))
    assert first.digest == later.digest
    assert first.digest != summary(dispute(1, MONDAY, SUNDAY)).digest
    assert first.digest == summary(dispute(1, MONDAY), audits=(audit(3, "failed"), audit(2, "failed"), audit(1))).digest


def test_too_few_to_compare_is_told_as_no_gap() -> None:
    few = table({"A": (4, 1), "B": (3, 0)})
    content = json.loads(summary(decided=few, matured=few).body)
    assert content["rates"]["selection rate"]["party"]["gap"] is None


def test_the_page_says_the_same_and_escapes_what_the_node_says(tmp_path: Path) -> None:
    hostile = table({"<script>": (400, 40), "B": (300, 45)})
    pack = summary(decided=hostile, audits=(audit(1), audit(2, "failed")))
    packs.write(tmp_path, "weekly.bias-audit-summary", pack)
    folder = tmp_path / "packs" / "weekly.bias-audit-summary"
    page = (folder / "summary.html").read_text()
    assert (folder / "summary.json").read_bytes() == pack.body
    assert pack.digest in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "2 bias audits were made, 1 of them failed." in page


def test_a_week_without_a_decision_is_nothing_to_review() -> None:
    assert audit_summary.nothing_in(summary()) is None
    empty = audit_summary.nothing_in(summary(decided=replace(COUNTS, rows=0, attributes=())))
    assert empty is not None
    assert empty.cause is Cause.TOO_FEW
    assert "holds no decision" in empty.detail
