"""Daily tasks, row 1: server errors stay rare on every endpoint, and the node counts them honestly."""

from datetime import datetime

from fixtures.limits import Limits
from junzi_audit import Judge, obligation
from junzi_audit.measures import coverage, errors
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
    missing = coverage.gap([count.minute for count in counts], now - DAY, now, what="request counts")

    judge(
        error_share_5min=coverage.whole(
            errors.worst_five_minutes(counts, limit=limits["error_share_5min"], read=reads), missing
        ),
        error_share_day=coverage.whole(errors.day_share(counts, read=reads), missing),
        probe_error_share=errors.probe_share(reads),
        uncounted_requests=errors.uncounted(before, after, reads),
    )
