"""Daily tasks, row 1: server errors stay rare on every endpoint, and the node counts them honestly."""

from datetime import datetime

from fixtures.limits import Limits
from junzi_audit import Judge, obligation
from junzi_audit.measures import errors
from junzi_audit.model import DAY
from junzi_audit.probes.metrics import Metrics
from junzi_audit.probes.node import Node


@obligation("daily.api-error-rates")
def test_server_errors_stay_rare_and_are_counted(
    node: Node, metrics: Metrics, limits: Limits, now: datetime, judge: Judge
) -> None:
    before = metrics.now(fresh=True)
    reads = node.reads(rounds=4)
    after = metrics.now(fresh=True)
    counts = metrics.request_counts(now - DAY, now)

    judge(
        error_share_5min=errors.worst_five_minutes(counts, limit=limits["error_share_5min"]),
        error_share_day=errors.day_share(counts),
        probe_error_share=errors.probe_share(reads),
        uncounted_requests=errors.uncounted(before, after, reads),
    )
