"""Seeds what the last 25 hours of operation left behind: heartbeats and request counts."""

import random
from collections.abc import Iterator
from typing import Any

from refnode.clock import HOUR, MINUTE, SECOND
from refnode.roster import AGENTS, ENDPOINTS

KEPT = 25 * HOUR
# Beats and log lines are seeded a little past the anchor; what lies after the start is dropped when the node starts.
TAIL = 1 * MINUTE
ERROR_SHARE, MISSING_SHARE, SLOW_SHARE = 0.0005, 0.01, 0.003


def heartbeats(rng: random.Random) -> list[tuple[str, int]]:
    """Beat every agent each 20-40 seconds."""
    rows = []
    for agent in AGENTS:
        at = -KEPT + rng.randrange(30) * SECOND
        while at < TAIL:
            rows.append((agent, at))
            at += rng.randrange(20 * SECOND, 40 * SECOND)
    rows.sort(key=lambda row: row[1])
    return rows


def request_counts(rng: random.Random) -> Iterator[tuple[Any, ...]]:
    """Count requests per minute, endpoint and status; no minute after the anchor."""
    for minute in range(-KEPT, 0, MINUTE):
        for endpoint, (method, usual) in ENDPOINTS.items():
            count = usual + rng.randrange(-5, 6)
            good = 201 if method == "POST" else 200
            failed = int(rng.random() < ERROR_SHARE * count)
            missing = int("{" in endpoint and rng.random() < MISSING_SHARE * count)
            slow = int(rng.random() < SLOW_SHARE * count)
            yield (minute, endpoint, method, good, count - failed - missing, slow)
            if failed:
                yield (minute, endpoint, method, 503, failed, 0)
            if missing:
                yield (minute, endpoint, method, 404, missing, 0)
