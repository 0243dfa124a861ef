"""Real-time monitoring, row 6: every alert the public sees is sourced, bias-audited and not overturned."""

from datetime import datetime

from junzi_audit import Judge, obligation
from junzi_audit.measures import coverage, provenance
from junzi_audit.model import DAY
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.node import Node


@obligation("heartbeat.ethical-violations")
def test_every_public_alert_is_sourced_audited_and_standing(
    node: Node, feed: Feed, now: datetime, judge: Judge
) -> None:
    public = node.alerts()
    oldest = min((alert.timestamp for alert in public), default=now)
    alerts = feed.alerts(oldest - DAY, now + DAY)
    sources = feed.sources_by_id([source for alert in alerts for source in alert.source_ids])
    audits = feed.bias_audits_by_id([alert.bias_audit_id for alert in alerts if alert.bias_audit_id])

    judge(
        alerts_without_provenance=coverage.whole(
            provenance.without_provenance(public, alerts, sources), provenance.hidden(public, alerts, now)
        ),
        alerts_without_bias_pass=provenance.without_bias_pass(public, alerts, audits),
        alerts_overturned=lambda: provenance.overturned(public, feed.disputes(oldest - DAY, now + DAY), alerts),
    )
