"""What /metrics shows of the workers: last beats, last processed feed items, queue depths, bias audits."""

import threading

from refnode.clock import Clock
from refnode.roster import FEEDS, QUEUES
from refnode.store import Store


class Pulse:
    """The live gauges, started from the store's history. Times are stored (anchor-relative) milliseconds."""

    def __init__(self, store: Store, *, scan_backlog: int = 0) -> None:
        """Read where history stands."""
        self._lock = threading.Lock()
        self.beats = {
            agent: int(at) for agent, at in store.rows("SELECT agent, max(at) FROM heartbeats GROUP BY agent")
        }
        self.feeds = {
            feed: store.number(
                "SELECT ingested_at FROM items WHERE feed = :feed ORDER BY ingested_at DESC LIMIT 1", feed=feed
            )
            for feed in FEEDS
        }
        self.audits = {
            result: store.number("SELECT count(*) FROM decisions WHERE audit_result = :result", result=result)
            for result in ("passed", "failed")
        }
        self.queues = dict.fromkeys(QUEUES, 0) | {"scan": 4 + scan_backlog}

    def beat(self, agent: str, at: int) -> None:
        """Note a beat."""
        self.beats[agent] = at

    def processed(self, feed: str, at: int) -> None:
        """Note that something of a feed was processed."""
        self.feeds[feed] = at

    def audited(self, result: str) -> None:
        """Count a bias audit."""
        with self._lock:
            self.audits[result] += 1

    def wait_in(self, queue: str, change: int) -> None:
        """Add to (or take from) a queue's depth, which never goes below 0."""
        with self._lock:
            self.queues[queue] = max(0, self.queues[queue] + change)


def unix_seconds(clock: Clock, stored: int) -> float:
    """Turn a stored time into Unix seconds."""
    return (clock.anchor + stored) / 1000
