"""Incidents: reported by people or agents, classified, escalated and resolved; and what the node tells of one."""

import json
import uuid
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from refnode import labels, tables
from refnode.clock import Clock
from refnode.safeguards import Scope, scope_of

OPERATOR: Final = "operator"
SEVERITIES: Final = {"security": "Critical", "bias": "High", "downtime": "Critical", "false_alert": "High"}
TIMES = ("reported_at", "classified_at", "escalated_at", "resolved_at")
COLUMNS = (
    "incident_id, kind, status, severity, description, alert_ids, scope, drill, reported_by, reported_at,"
    " classified_at, escalated_at, escalated_to, resolved_at, notified"
)
ONE = f"SELECT {COLUMNS} FROM incidents WHERE incident_id = :id"  # noqa: S608
WITHIN = (
    f"SELECT {COLUMNS} FROM incidents WHERE reported_at >= :since AND reported_at < :until"  # noqa: S608
    " ORDER BY reported_at, incident_id"
)
ESCALATE = (
    "UPDATE incidents SET status = 'escalated', escalated_at = :now, escalated_to = :to"
    " WHERE incident_id = :id AND resolved_at IS NULL"
)
RESOLVE = (
    "UPDATE incidents SET status = 'resolved', resolved_at = :now, summary = :summary, approved_by = :approved_by"
    " WHERE incident_id = :id AND resolved_at IS NULL AND NOT EXISTS"
    " (SELECT 1 FROM safeguards WHERE safeguards.incident_id = :id AND safeguards.state = 'active')"
)


def row(
    *, kind: str, description: str, reported_by: str, now: int, drill: bool, alert_ids: Sequence[str] = (), **more: Any
) -> dict[str, Any]:
    """Make the row of a new incident; `more` are further columns."""
    return {
        "incident_id": f"INC-{uuid.uuid4().hex[:12]}",
        "kind": kind,
        "status": "reported",
        "description": description,
        "alert_ids": json.dumps(list(alert_ids)),
        "drill": drill,
        "reported_by": reported_by,
        "reported_at": now,
        **more,
    }


def keep(connection: Connection, incident: dict[str, Any], label: str) -> str:
    """Store a new incident with its label, if any, and give its id."""
    connection.execute(tables.incidents.insert(), incident)
    labels.mark(connection, label, "incident", incident["incident_id"])
    return str(incident["incident_id"])


def escalate(connection: Connection, key: str, to: str, now: int) -> bool:
    """Escalate an incident; False when there is none with this id that is not resolved."""
    return connection.execute(text(ESCALATE), {"id": key, "to": to, "now": now}).rowcount > 0


def resolve(connection: Connection, key: str, *, summary: str, approved_by: str, now: int) -> bool:
    """Resolve an incident; False when it is resolved already, or a safeguard of it is active."""
    words = {"id": key, "summary": summary, "approved_by": approved_by, "now": now}
    return connection.execute(text(RESOLVE), words).rowcount > 0


def shown(clock: Clock, kept: Any) -> dict[str, Any]:
    """Write an incident as the contract has it."""
    told = dict(kept._mapping)
    notified = json.loads(told["notified"] or "[]")
    return (
        told
        | {name: clock.maybe(told[name]) for name in TIMES}
        | {
            "alert_ids": json.loads(told["alert_ids"]),
            "scope": scope_shown(clock, scope_of(told["scope"])),
            "drill": bool(told["drill"]),
            "notified": [each | {"at": clock.text(each["at"])} for each in notified],
        }
    )


def scope_shown(clock: Clock, scope: Scope | None) -> dict[str, Any] | None:
    """Write a scope with instants."""
    if scope is None:
        return None
    return scope._asdict() | {"since": clock.text(scope.since), "until": clock.maybe(scope.until)}
