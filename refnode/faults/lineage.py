"""Faults of what was published long ago: sources rewritten later, and alerts that rest on what came after them."""

import json

from refnode.clock import DAY, HOUR
from refnode.faults.arguments import share
from refnode.faults.fault import Fault, Trip

#: The newest sources stay as they are: who looks only at what is new sees nothing of this.
SETTLED = 2 * DAY
BROKEN = 3
# Other faults take the alerts published after these.
FROM = 4


def _rewrite(trip: Trip, part: float) -> None:
    settled = trip.rows(
        "SELECT source_id, content FROM sources WHERE captured_at < :before ORDER BY source_id",
        before=trip.now - SETTLED,
    )
    chosen = trip.rng.sample(settled, max(1, round(len(settled) * part)))
    trip.each(
        "UPDATE sources SET content = :content WHERE source_id = :id",
        [{"id": key, "content": bytes(content) + b" (rewritten)"} for key, content in chosen],
    )


def _outrun(trip: Trip, _: None) -> None:
    alerts = trip.rows(
        "SELECT alert_id, published_at, source_ids FROM alerts WHERE status = 'published' AND published_at < :before"
        " ORDER BY published_at DESC LIMIT :number OFFSET :start",
        before=trip.now - DAY,
        number=BROKEN,
        start=FROM,
    )
    changed = []
    for key, published, named in alerts:
        later = trip.rows(
            "SELECT source_id FROM sources WHERE captured_at > :after ORDER BY captured_at LIMIT 1",
            after=published + HOUR,
        )
        changed.append({"id": key, "ids": json.dumps([*json.loads(named)[:-1], later[0][0]])})
    trip.each("UPDATE alerts SET source_ids = :ids WHERE alert_id = :id", changed)


FAULTS = (
    Fault(
        name="sources-rewritten",
        argument="SHARE",
        default="0.1",
        read=share,
        does="the bytes of that share of all sources older than two days changed after they were hashed",
        history=_rewrite,
    ),
    Fault(
        name="lineage-broken",
        does=f"{BROKEN} public alerts name a source that was captured only after they were published",
        history=_outrun,
    ),
)
