"""PublicExposureAgent's work: publishes an alert now and then, from an audited flag and existing sources only."""

import json
import random
import uuid

from refnode import tables
from refnode.clock import DAY
from refnode.parts import Node
from refnode.roster import ALERT_TYPES

CANDIDATE = (
    "SELECT risk_id, entity_id, bias_audit_id FROM decisions"
    " WHERE calculated_at >= :since AND audit_result = 'passed' AND flagged AND outcome = 'upheld'"
    " AND NOT EXISTS (SELECT 1 FROM alerts WHERE alerts.risk_id = decisions.risk_id)"
    " ORDER BY calculated_at DESC LIMIT 20"
)
CITED = "SELECT source_id FROM sources WHERE captured_at < :before ORDER BY captured_at DESC LIMIT 200"


def publish(node: Node, rng: random.Random) -> str | None:
    """Publish one alert from the last day's flags."""
    now = node.clock.now()
    flags = node.store.rows(CANDIDATE, since=now - DAY)
    cited = node.store.rows(CITED, before=now - 2 * DAY)
    if not flags or len(cited) < 3:
        return None
    risk_id, entity_id, audit_id = rng.choice(flags)
    row = {
        "alert_id": f"ALR-{uuid.uuid4().hex[:12]}",
        "entity_id": entity_id,
        "alert_type": rng.choice(ALERT_TYPES),
        "risk_id": risk_id,
        "published_at": now,
        "status": "published",
        "source_ids": json.dumps([source[0] for source in rng.sample(cited, rng.randrange(1, 4))]),
        "bias_audit_id": audit_id,
        "confidence": round(rng.uniform(0.80, 0.99), 2),
        "known_biased": False,
    }
    node.store.insert(tables.alerts, row)
    return "alert published"
