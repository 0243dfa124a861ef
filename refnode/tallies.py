"""Counts public requests as they end: totals since the start of history, and rows per minute for the store."""

import threading
from collections import defaultdict
from dataclasses import dataclass

from refnode import tables
from refnode.clock import MINUTE
from refnode.store import Store

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SLOW = 0.5
# How the quick answers of seeded history are spread over the buckets up to 0.5 s.
QUICK_SPREAD = (0.30, 0.30, 0.25, 0.09, 0.04, 0.015, 0.005)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A public request that ended: at which stored time, where, how, and how long it took in seconds."""

    at: int
    endpoint: str
    method: str
    status: int
    seconds: float


class Tallies:
    """The request counters. `undercount` makes them lose server errors and every second request."""

    def __init__(self, store: Store, *, undercount: bool = False) -> None:
        """Start from the totals of the store's history."""
        self._store = store
        self._undercount = undercount
        self._seen = 0
        self._lock = threading.Lock()
        self._pending: dict[tuple[int, str, str, int], list[int]] = {}
        self.totals: dict[tuple[str, str, int], int] = defaultdict(int)
        self.buckets: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
        self.seconds: dict[str, float] = defaultdict(float)
        for endpoint, method, status, count, slow in store.rows(
            "SELECT endpoint, method, status, sum(count), sum(slow) FROM request_counts GROUP BY 1, 2, 3"
        ):
            self.totals[endpoint, method, status] += int(count)
            self._recall(endpoint, int(count), int(slow))

    def _recall(self, endpoint: str, count: int, slow: int) -> None:
        quick, row = count - slow, self.buckets[endpoint]
        shares = [round(quick * share) for share in QUICK_SPREAD]
        shares[0] += quick - sum(shares)
        for place, number in enumerate(shares):
            row[place] += number
        row[len(QUICK_SPREAD)] += slow
        self.seconds[endpoint] += quick * 0.02 + slow * 0.7

    def record(self, ended: Ended) -> None:
        """Count one request."""
        with self._lock:
            self._seen += 1
            if self._undercount and (ended.status >= 500 or self._seen % 2 == 0):
                return
            self.totals[ended.endpoint, ended.method, ended.status] += 1
            place = next((i for i, edge in enumerate(BUCKETS) if ended.seconds <= edge), len(BUCKETS))
            self.buckets[ended.endpoint][place] += 1
            self.seconds[ended.endpoint] += ended.seconds
            minute = ended.at // MINUTE * MINUTE
            cell = self._pending.setdefault((minute, ended.endpoint, ended.method, ended.status), [0, 0])
            cell[0] += 1
            cell[1] += ended.seconds > SLOW

    def flush(self) -> None:
        """Write the pending rows to the store."""
        with self._lock:
            pending, self._pending = self._pending, {}
        self._store.insert(
            tables.request_counts,
            *(
                {"minute": minute, "endpoint": where, "method": method, "status": status, "count": n, "slow": slow}
                for (minute, where, method, status), (n, slow) in pending.items()
            ),
        )
