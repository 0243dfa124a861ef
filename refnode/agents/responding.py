"""What the agents do in an emergency: classify what was reported, escalate what is critical, correct what is false."""

import json
from typing import Any, Final

from sqlalchemy import text

from refnode import corrections
from refnode.clock import SECOND
from refnode.incidents import SEVERITIES
from refnode.parts import Node
from refnode.roster import BOARD

AGENT: Final = "JurisdictionContextAgent"
WAITING = (
    "SELECT incident_id, kind, alert_ids FROM incidents"
    " WHERE severity IS NULL AND resolved_at IS NULL AND reported_at <= :before ORDER BY reported_at, incident_id"
)
# Of several nodes, the one whose statement changes the row does what follows.
CLASSIFY = (
    "UPDATE incidents SET severity = :severity, classified_at = :now,"
    " status = CASE WHEN status = 'reported' THEN 'classified' ELSE status END"
    " WHERE incident_id = :id AND severity IS NULL AND resolved_at IS NULL"
)
ESCALATE = (
    "UPDATE incidents SET status = 'escalated', escalated_at = :now, escalated_to = :board"
    " WHERE incident_id = :id AND escalated_at IS NULL"
)


def respond(node: Node) -> None:
    """Classify every incident that waits, and do what its kind asks for."""
    before = node.clock.now() - round(node.temper.responding.classified_after * SECOND)
    for row in node.store.rows(WAITING, before=before):
        _classify(node, row)


def _classify(node: Node, row: Any) -> None:
    now, severity = node.clock.now(), SEVERITIES[row.kind]
    with node.store.writing() as connection:
        given = {"id": row.incident_id, "severity": severity, "now": now}
        if connection.execute(text(CLASSIFY), given).rowcount == 0:
            return
        if severity == "Critical":
            connection.execute(text(ESCALATE), {"id": row.incident_id, "now": now, "board": BOARD})
        if row.kind == "false_alert":
            for alert in dict.fromkeys(json.loads(row.alert_ids)):
                corrections.correct(connection, node, row.incident_id, alert, now)
    log = node.journal.speaker(AGENT)
    log.info("incident classified", trace_id=row.incident_id, kind=row.kind, severity=severity)
