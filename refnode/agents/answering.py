"""What the agents do at once about what the auditor wrote: a report is followed up, a dispute is ruled on.

The public's own reports and disputes wait for people; a rehearsal cannot. Only records that carry a label come here.
"""

import json
import random
import uuid
from typing import Any

from sqlalchemy import Connection, text

from refnode import labels, tables
from refnode.agents.deciding import STAND
from refnode.agents.following import SOURCES
from refnode.clock import DAY
from refnode.factors import Record, risk_value
from refnode.parts import Node
from refnode.roster import COUNCIL, FLAG_FROM
from refnode.seeding.findings import contradiction
from refnode.seeding.rows import Capture, Entity

#: Upheld contradictions that a rehearsed finding stands for: enough to be flagged.
WEIGHT = 4
REPORT = "SELECT entity_id FROM user_reports WHERE report_id = :id AND report_type = 'contradiction'"
DISPUTED = "SELECT subject_type, subject_id FROM disputes WHERE dispute_id = :id AND ruling IS NULL"


def answer(node: Node, rng: random.Random) -> None:
    """Follow up every labelled report and rule on every labelled dispute that waits."""
    if not node.temper.reports_ignored:
        for key, label in labels.of(node.store, "user_report", without="contradiction"):
            row = node.store.one(REPORT, id=key)
            if row is not None:
                _follow_up(node, rng, node.people[row[0]], key, label)
    for key, _ in labels.of(node.store, "dispute", without="ruling"):
        row = node.store.one(DISPUTED, id=key)
        if row is not None:
            _rule(node, key, *row)


def _follow_up(node: Node, rng: random.Random, who: Entity, report: str, label: str) -> None:
    """From a report to a contradiction between two sources, a score with its bias audit, and an alert."""
    now, key = node.clock.now(), uuid.uuid4().hex[:12]
    two = sorted(rng.sample(node.store.rows(SOURCES, before=now - 2 * DAY), 2), key=lambda row: row[4])
    found = contradiction(rng, f"CON-{key}", who, Capture(*two[0]), Capture(*two[1]))
    scored = _scored(who, found.confidence, key, now)
    with node.store.writing() as connection:
        connection.execute(tables.contradictions.insert(), found._asdict())
        connection.execute(tables.decisions.insert(), scored)
        stand = {"id": who.entity_id, "place": who.jurisdiction, "value": scored["risk_value"], "at": now}
        connection.execute(text(STAND), stand)
        connection.execute(tables.alerts.insert(), _alert(who, scored, [row[0] for row in two], now))
        made = {"contradiction": f"CON-{key}", "risk_score": f"RSK-{key}", "alert": f"ALR-{key}"}
        _mark(connection, label, report, made)


def _mark(connection: Connection, label: str, report: str, made: dict[str, str]) -> None:
    for kind, key in made.items():
        connection.execute(tables.labels.insert(), {"label": label, "kind": kind, "id": key, "made_from": report})


def _scored(who: Entity, confidence: float, key: str, now: int) -> dict[str, Any]:
    record = Record(
        party=who.party,
        region=who.region,
        role=who.role,
        jurisdiction=who.jurisdiction,
        contradictions=[(confidence, True)] * WEIGHT,
        promises=(),
    )
    value = round(risk_value(record), 2)
    return {
        "risk_id": f"RSK-{key}",
        "entity_id": who.entity_id,
        "calculated_at": now,
        "risk_value": value,
        "flagged": value >= FLAG_FROM,
        "outcome": "upheld",
        "adjudicated_at": now + DAY,
        "bias_audit_id": f"BA-{key}",
        "audit_result": "passed",
        "audited_at": now,
    }


def _alert(who: Entity, scored: dict[str, Any], sources: list[str], now: int) -> dict[str, Any]:
    return {
        "alert_id": scored["risk_id"].replace("RSK", "ALR"),
        "entity_id": who.entity_id,
        "alert_type": "contradiction",
        "risk_id": scored["risk_id"],
        "published_at": now,
        "status": "published",
        "source_ids": json.dumps(sources),
        "bias_audit_id": scored["bias_audit_id"],
        "confidence": 0.9,
        "known_biased": False,
    }


def _rule(node: Node, dispute: str, kind: str, subject: str) -> None:
    """Uphold a dispute, and withdraw the alert that it was about."""
    now = node.clock.now()
    ruled = {"id": dispute, "now": now, "council": COUNCIL}
    with node.store.writing() as connection:
        connection.execute(
            text(
                "UPDATE disputes SET state = 'upheld', acknowledged_at = :now, escalated_at = :now,"
                " escalated_to = :council, resolved_at = :now, ruling = 'upheld' WHERE dispute_id = :id"
            ),
            ruled,
        )
        if kind == "alert" and not node.temper.rulings_ignored:
            connection.execute(text("UPDATE alerts SET status = 'withdrawn' WHERE alert_id = :id"), {"id": subject})
