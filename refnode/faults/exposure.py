"""Faults of alerts and disputes: unsupported alerts, objections that nobody answers."""

import json
from typing import Any

from refnode import tables
from refnode.clock import DAY, HOUR
from refnode.faults.fault import Fault, Trip

RECENT = (
    "SELECT alert_id, entity_id, published_at FROM alerts WHERE status = 'published' AND published_at < :before"
    " ORDER BY published_at DESC LIMIT 2 OFFSET :start"
)
# Each fault takes its own recent alerts, so that they can be combined.
UNSOURCED_FROM, UNAUDITED_FROM = 0, 2


def _unsource(trip: Trip, _: None) -> None:
    alerts = trip.rows(RECENT, before=trip.now, start=UNSOURCED_FROM)
    named: list[list[str]] = [[], ["SRC-9999999"]]
    trip.each(
        "UPDATE alerts SET source_ids = :ids WHERE alert_id = :id",
        [{"id": row.alert_id, "ids": json.dumps(ids)} for row, ids in zip(alerts, named, strict=True)],
    )


def _unaudit(trip: Trip, _: None) -> None:
    alerts = trip.rows(RECENT, before=trip.now, start=UNAUDITED_FROM)
    failed = trip.rows(
        "SELECT bias_audit_id FROM decisions WHERE audit_result = 'failed' ORDER BY calculated_at DESC LIMIT 1"
    )
    audits = [None, failed[0][0] if failed else "BA-9999999"]
    trip.each(
        "UPDATE alerts SET bias_audit_id = :audit WHERE alert_id = :id",
        [{"id": row.alert_id, "audit": audit} for row, audit in zip(alerts, audits, strict=True)],
    )


def _dispute(trip: Trip, key: str, age: int, **life: Any) -> dict[str, Any]:
    """Word a dispute against some score, submitted `age` milliseconds ago; `life` says what became of it."""
    row = trip.rows(
        "SELECT risk_id, entity_id FROM decisions WHERE calculated_at < :before ORDER BY calculated_at DESC LIMIT 1",
        before=trip.now - age - DAY,
    )[0]
    return {
        "dispute_id": f"DSP-F{key}",
        "entity_id": row.entity_id,
        "subject_type": "risk_score",
        "subject_id": row.risk_id,
        "dispute_type": "factual_error",
        "severity": "medium",
        "public_figure": False,
        "state": "submitted",
        "submitted_at": trip.now - age,
        "acknowledged_at": None,
        "escalated_at": None,
        "escalated_to": None,
        "resolved_at": None,
        "ruling": None,
        "description": "The record was corrected and the score was not.",
        "evidence": None,
        "contact": None,
    } | life


def _uphold(trip: Trip, _: None) -> None:
    alert = trip.rows(RECENT, before=trip.now - 5 * DAY, start=0)[0]
    begun = alert.published_at + DAY
    life = {
        "entity_id": alert.entity_id,
        "subject_type": "alert",
        "subject_id": alert.alert_id,
        "state": "upheld",
        "ruling": "upheld",
        "submitted_at": begun,
        "acknowledged_at": begun + 5 * HOUR,
        "resolved_at": begun + 36 * HOUR,
    }
    trip.insert(tables.disputes, [_dispute(trip, "upheld-1", DAY, **life)])


def _ignore(trip: Trip, _: None) -> None:
    ignored = zip((10, 17, 24, 32, 40), ("high", "medium", "high", "low", "medium"), strict=True)
    trip.insert(
        tables.disputes,
        [_dispute(trip, f"ignored-{days}", days * DAY, severity=severity) for days, severity in ignored],
    )


def _overdue(trip: Trip, _: None) -> None:
    rows = [
        _dispute(
            trip, f"overdue-{days}", days * DAY, state="investigating", acknowledged_at=trip.now - days * DAY + 6 * HOUR
        )
        for days in (31, 34, 38, 43)
    ]
    trip.insert(tables.disputes, rows)


def _unrule(trip: Trip, _: None) -> None:
    rows = [
        _dispute(
            trip,
            f"unruled-{days}",
            days * DAY,
            state="dismissed",
            acknowledged_at=trip.now - days * DAY + 6 * HOUR,
            resolved_at=trip.now - days * DAY + 30 * HOUR,
        )
        for days in (5, 6, 8)
    ]
    trip.insert(tables.disputes, rows)


FAULTS = (
    Fault(
        name="alert-unsourced",
        does="2 recent public alerts name no source, or one that does not exist",
        history=_unsource,
    ),
    Fault(
        name="alert-unaudited",
        does="2 recent public alerts have no bias audit, or a failed one",
        history=_unaudit,
    ),
    Fault(
        name="alert-disputed", does="an alert is still public though a dispute against it was upheld", history=_uphold
    ),
    Fault(
        name="disputes-ignored",
        does="5 disputes, two of them of high severity, were never acknowledged in 10 to 40 days",
        history=_ignore,
    ),
    Fault(
        name="disputes-overdue",
        does="4 acknowledged disputes are neither resolved nor escalated after 30 days",
        history=_overdue,
    ),
    Fault(
        name="dispute-unruled", does="3 disputes are called dismissed and resolved, without a ruling", history=_unrule
    ),
)
