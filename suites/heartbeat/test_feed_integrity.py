"""Real-time monitoring, row 5: every feed is fresh, its newest items unaltered and from where they should be."""

from junzi_audit import Judge, obligation
from junzi_audit.measures import provenance
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.metrics import Metrics
from junzi_audit.targets import Target

NEWEST = 20


@obligation("heartbeat.feed-integrity")
def test_every_feed_is_fresh_and_its_newest_items_unaltered(
    feed: Feed, metrics: Metrics, target: Target, judge: Judge
) -> None:
    newest = feed.newest_sources(NEWEST)

    judge(
        feed_age=lambda: provenance.feed_ages(metrics.now(fresh=True), target.feeds, newest),
        altered_items=lambda: provenance.altered(newest, feed.digests(newest), asked=NEWEST),
        foreign_items=provenance.foreign(newest, target.feeds, asked=NEWEST),
    )
