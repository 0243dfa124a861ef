"""Bias findings: nobody's, late, or closed while the gap stands; by hand, and by figures from elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from fairlearn.metrics import demographic_parity_difference

from junzi_audit.findings import Awaited, Measurement, Unseen
from junzi_audit.measures import mitigations, remeasured
from junzi_audit.model import DAY, Cause, Verdict
from junzi_audit.records import Dispute
from junzi_audit.seen.attested import Open
from junzi_audit.seen.counts import Counts
from junzi_audit.seen.registers import Month
from tests.grouped import counts_of, table
from tests.judging import verdict
from tests.registered import NOW, ago, finding

BREACHED, INCONCLUSIVE, MET, AWAITING = Verdict.BREACHED, Verdict.INCONCLUSIVE, Verdict.MET, Verdict.AWAITING
TOLERANCE = {"selection_rate_gap": 0.1, "equalized_odds_gap": 0.1}
DUTY = "daily.bias-drift"
CLOSED = {"state": "closed", "mitigated_at": ago(days=40)}


def breach(duty: str = DUTY, days: float = 5, kind: Any = "breach") -> Open:
    return Open(kind=kind, duty=duty, since=ago(days=days), told="wide")


def dispute(**changes: Any) -> Dispute:
    given: dict[str, Any] = {
        "dispute_id": "d1", "entity_id": "e1", "subject_type": "alert", "subject_id": "a1", "dispute_type": "bias",
        "severity": "high", "public_figure": False, "state": "upheld", "submitted_at": ago(days=9),
        "acknowledged_at": ago(days=9), "escalated_at": None, "escalated_to": None, "resolved_at": ago(days=6),
        "ruling": "upheld",
    }  # fmt: skip
    return Dispute(**given | changes)


@pytest.mark.parametrize(
    ("changes", "comes"),
    [
        ({}, MET),
        ({"owner": None}, BREACHED),
        ({"owner": "  "}, BREACHED),
        ({"mitigation": ""}, BREACHED),
        ({"owner": "\u200b"}, BREACHED),
        ({"owner": "\u3164"}, BREACHED),
        ({"mitigation": "-"}, BREACHED),
        ({"mitigation": "2026-03-01"}, BREACHED),
        ({"owner": "組長"}, MET),
        ({"due": None}, BREACHED),
        ({"due": None, "state": "reopened"}, BREACHED),
        ({"due": None, "found_at": ago(hours=47)}, AWAITING),
        ({"due": None, **CLOSED}, MET),
    ],
)
def test_an_open_finding_names_owner_mitigation_and_date(changes: dict[str, Any], comes: Verdict) -> None:
    found = mitigations.unowned(mitigations.register([finding(**changes)], [], []), NOW)
    assert verdict(found) is comes
    assert isinstance(found, Awaited) == (comes is AWAITING)
    assert ("f1 lacks" in found.detail) == (comes is not MET)


def test_what_nobody_found_at_all_was_looked_for() -> None:
    nothing = mitigations.register([], [], [])
    assert verdict(mitigations.unowned(nothing, NOW)) is MET
    assert nothing.looked_at == len(mitigations.DUTIES)


@pytest.mark.parametrize(
    ("about", "matter", "comes"),
    [
        ({"about": None}, breach(), BREACHED),
        ({"about": DUTY}, breach(), MET),
        ({"about": DUTY, **CLOSED}, breach(), BREACHED),
        ({"about": None}, breach("daily.error-logs"), MET),
        ({"about": None}, breach(kind="waiver"), MET),
        ({"about": None}, breach(days=1), AWAITING),
    ],
)
def test_a_breach_that_stands_has_an_open_finding(about: dict[str, Any], matter: Open, comes: Verdict) -> None:
    found = mitigations.unowned(mitigations.register([finding(**about)], [matter], []), NOW)
    assert verdict(found) is comes
    assert ("lacks an open finding in the register" in found.detail) == (comes is not MET)


@pytest.mark.parametrize(
    ("about", "changes", "comes"),
    [
        ({"about": None}, {}, BREACHED),
        ({"about": "d1"}, {}, MET),
        ({"about": "d1", **CLOSED, "mitigated_at": ago(days=9)}, {}, MET),
        ({"about": "d1", **CLOSED, "mitigated_at": ago(days=9, seconds=1)}, {}, BREACHED),
        ({"about": "d1", "state": "reopened", "mitigated_at": ago(days=40)}, {}, MET),
        ({"about": None}, {"ruling": "partial"}, MET),
        ({"about": None}, {"dispute_type": "outdated"}, MET),
        ({"about": None}, {"resolved_at": ago(hours=3)}, AWAITING),
    ],
)
def test_an_upheld_dispute_about_bias_has_a_finding(
    about: dict[str, Any], changes: dict[str, Any], comes: Verdict
) -> None:
    found = mitigations.register([finding(**about)], [], [dispute(**changes)])
    assert verdict(mitigations.unowned(found, NOW)) is comes


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({}, 0),
        ({"due": ago(days=1)}, 1),
        ({"due": ago(days=1), "state": "reopened", "mitigated_at": ago(days=2)}, 1),
        ({"due": ago(days=1), **CLOSED}, 0),
        ({"due": None}, 0),
        ({"due": NOW.replace(year=2999)}, 0),
        ({"due": NOW.replace(year=2999), "found_at": ago(days=180)}, 0),
        ({"due": NOW.replace(year=2999), "found_at": ago(days=181)}, 1),
        ({"due": None, "found_at": ago(days=181)}, 1),
        ({"due": NOW.replace(year=2999), "found_at": ago(days=181), **CLOSED}, 0),
    ],
)
def test_a_date_that_passed_is_overdue_unless_the_finding_is_closed(changes: dict[str, Any], late: int) -> None:
    assert mitigations.overdue(mitigations.register([finding(**changes)], [], []), NOW).value == late


def test_no_date_is_shown_beyond_the_longest_term() -> None:
    far = finding(due=NOW.replace(year=2999))
    found = mitigations.unowned(mitigations.register([far], [], []), NOW)
    assert found.exhibits[0].rows[0][:3] == ("f1", 10.0, 180.0)


def test_the_chart_shows_ages_against_dates() -> None:
    found = mitigations.unowned(mitigations.register([finding()], [breach()], []), NOW)
    (shown,) = found.exhibits
    assert [row[:3] for row in shown.rows] == [("f1", 10.0, 40.0), (DUTY, 5.0, None)]
    assert shown.chart is not None
    assert (shown.chart.value, shown.chart.reference) == (1, 2)


def gaps(counts: Counts | None, **changes: Any) -> Measurement | Unseen:
    closed = [finding(**CLOSED | changes)]
    return remeasured.ineffective(closed, {} if counts is None else {"f1": counts}, TOLERANCE, n=4)


@pytest.mark.parametrize(
    ("sizes", "comes"),
    [
        ({"A": (2000, 1200), "B": (2000, 800), "C": (2000, 800)}, BREACHED),
        ({"A": (2000, 820), "B": (2000, 800), "C": (2000, 800)}, MET),
        ({"A": (2000, 1000), "B": (2000, 800), "C": (2000, 800)}, INCONCLUSIVE),  # seen at the tolerance itself
        ({"A": (40, 30), "B": (40, 20), "C": (40, 20)}, INCONCLUSIVE),
        ({"A": (2000, 800), "B": (2000, 1200), "C": (2000, 500)}, MET),  # the others' gap is not this finding's
        ({"B": (2000, 1200), "C": (2000, 500)}, INCONCLUSIVE),
    ],
)
def test_a_closed_finding_is_ineffective_only_by_evidence(sizes: dict[str, tuple[int, int]], comes: Verdict) -> None:
    found = gaps(table(sizes))
    assert verdict(found) is comes
    assert ("to be reopened: f1" in found.detail) == (comes is BREACHED)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"measure": "calibration"}, Cause.UNDEFINED),
        ({"attribute": "age"}, Cause.UNDEFINED),
        ({"group": "Z"}, Cause.TOO_FEW),
    ],
)
def test_what_cannot_be_measured_again_is_not_assured(changes: dict[str, Any], cause: Cause) -> None:
    found = gaps(table({"A": (2000, 800), "B": (2000, 800)}), **changes)
    assert isinstance(found, Unseen)
    assert found.cause is cause


def test_without_decisions_since_nothing_is_assured_and_without_closed_findings_nothing_is_to_be() -> None:
    assert verdict(gaps(None)) is INCONCLUSIVE
    assert verdict(remeasured.ineffective([], {}, TOLERANCE, n=4)) is MET


def test_one_that_stands_breaches_whatever_else_is_unclear() -> None:
    wide, few = table({"A": (2000, 1200), "B": (2000, 800)}), table({"A": (40, 20), "B": (40, 20)})
    closed = [finding(**CLOSED), finding(finding_id="f2", **CLOSED)]
    found = remeasured.ineffective(closed, {"f1": wide, "f2": few}, TOLERANCE, n=4)
    assert verdict(found) is BREACHED
    assert "to be reopened: f1; not assured: f2" in found.detail


def test_the_gap_is_that_of_the_group_against_all_others_as_fairlearn_computes_it() -> None:
    sizes = {"A": (60, 33), "B": (50, 20), "C": (30, 3)}
    rows = [(name, int(at < hits)) for name, (n, hits) in sizes.items() for at in range(n)]
    picked, groups = [y for _, y in rows], ["A" if name == "A" else "rest" for name, _ in rows]
    expected = demographic_parity_difference(picked, picked, sensitive_features=groups)

    found = gaps(table(sizes))
    assert found.exhibits[0].rows[0][1] == pytest.approx(expected)
    whole = table(sizes).attributes[0]
    assert remeasured.against_the_rest(whole, None) is whole
    assert counts_of(remeasured.against_the_rest(whole, "A").groups).rows == 140


@pytest.mark.parametrize(
    ("changes", "since", "until"),
    [
        ({"mitigated_at": ago(days=100)}, ago(days=28), NOW),
        ({"mitigated_at": ago(days=5)}, ago(days=5), NOW),
        ({"mitigated_at": ago(days=100), "measure": "equalized_odds_gap"}, ago(days=42), ago(days=14)),
        ({"mitigated_at": ago(days=20), "measure": "equalized_odds_gap"}, ago(days=20), ago(days=14)),
    ],
)
def test_decisions_since_the_mitigation_tell(changes: dict[str, Any], since: datetime, until: datetime) -> None:
    (window,) = remeasured.windows([finding(**CLOSED | changes)], NOW).values()
    assert (window.since, window.until) == (since, until)
    assert window.maturity == (None if until == NOW else 14 * DAY)


@pytest.mark.parametrize("changes", [{"mitigated_at": ago(days=9), "measure": "equalized_odds_gap"}, {"measure": "x"}])
def test_what_has_no_decisions_yet_has_no_window(changes: dict[str, Any]) -> None:
    assert remeasured.windows([finding(**CLOSED | changes)], NOW) == {}


def test_the_months_register_is_the_same_whatever_came_after_it() -> None:
    month = Month(since=NOW.replace(month=2, day=1, hour=0), until=NOW.replace(day=1, hour=0))
    then = finding(found_at=ago(days=20), state="open", owner=None)
    now = finding(found_at=ago(days=20), state="closed", mitigated_at=ago(days=1))
    before = finding(finding_id="f0", found_at=ago(days=90), state="closed", mitigated_at=ago(days=40))
    later = finding(finding_id="f9", found_at=ago(days=1))

    packs = [mitigations.monthly("t", month, "register", each) for each in ([then], [later, now, before])]
    assert packs[0].digest == packs[1].digest
    assert packs[0].content["month"] == "2026-02"
    (entry,) = packs[0].content["entries"]
    assert (entry["finding"], entry["mitigated_at"]) == ("f1", None)
    settled = finding(found_at=ago(days=20), state="closed", mitigated_at=month.until - timedelta(hours=1))
    assert mitigations.monthly("t", month, "register", [settled]).digest != packs[0].digest
