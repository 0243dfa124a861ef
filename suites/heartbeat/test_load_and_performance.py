"""Real-time monitoring, row 4: reads are fast, and no queue piles up."""

from datetime import datetime, timedelta

from junzi_audit import Judge, obligation
from junzi_audit.measures import availability
from junzi_audit.probes.metrics import Metrics
from junzi_audit.probes.node import Node


@obligation("heartbeat.load-and-performance")
def test_reads_are_fast_and_no_queue_piles_up(node: Node, metrics: Metrics, now: datetime, judge: Judge) -> None:
    judge(
        probe_p95=lambda: availability.p95_milliseconds(node.timed_reads(24)),
        slow_share=lambda: availability.slow_share(metrics.request_counts(now - timedelta(minutes=5), now)),
        queue_backlog=lambda: availability.queue_depths(metrics.now()),
    )
