"""The quieter work: scanning for contradictions, tracking promises, and triaging disputes in their context."""

import random
import uuid

from sqlalchemy import text

from refnode import tables
from refnode.clock import DAY, HOUR
from refnode.parts import Node
from refnode.seeding.findings import contradiction
from refnode.seeding.rows import Capture

TRIAGED_AFTER = 20 * HOUR
SOURCES = (
    "SELECT source_id, feed, origin, url, captured_at, content_hash, document_type, content FROM sources"
    " WHERE captured_at < :before ORDER BY captured_at DESC LIMIT 400"
)


def scan(node: Node, rng: random.Random) -> str | None:
    """Take what waits off the scan queue; one scan in ten finds a contradiction between two older sources."""
    waiting = node.pulse.queues["scan"] - node.temper.scan_backlog
    if waiting <= 0:
        return None
    node.pulse.wait_in("scan", -min(waiting, 3))
    if rng.random() < 0.1:
        two = sorted(rng.sample(node.store.rows(SOURCES, before=node.clock.now() - 2 * DAY), 2), key=lambda row: row[4])
        who = rng.choice(list(node.people.values()))
        found = contradiction(rng, f"CON-{uuid.uuid4().hex[:12]}", who, Capture(*two[0]), Capture(*two[1]))
        node.store.insert(tables.contradictions, found._asdict())
    return "sources scanned"


def track(node: Node, rng: random.Random) -> str | None:
    """See whether one pending promise was kept meanwhile."""
    row = node.store.one(
        "SELECT promise_id FROM promises WHERE status = 'Pending' ORDER BY promise_id LIMIT 1 OFFSET :start",
        start=rng.randrange(200),
    )
    if row is None:
        return None
    kept = rng.choices(("Pending", "Fulfilled", "Broken"), (0.9, 0.07, 0.03))[0]
    with node.store.writing() as connection:
        connection.execute(
            text("UPDATE promises SET status = :kept WHERE promise_id = :id"), {"kept": kept, "id": row[0]}
        )
    return "promise checked"


def triage(node: Node, _rng: random.Random) -> str:
    """Acknowledge the disputes that have waited longest; everyone hears back within a day, however long this runs."""
    now = node.clock.now()
    with node.store.writing() as connection:
        connection.execute(
            text(
                "UPDATE disputes SET state = 'triaged', acknowledged_at = :now"
                " WHERE state = 'submitted' AND submitted_at < :before AND submitted_at > :oldest"
            ),
            {"now": now, "before": now - TRIAGED_AFTER, "oldest": now - 2 * DAY},
        )
    return "context updated"
