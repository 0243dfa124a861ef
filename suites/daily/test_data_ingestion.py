"""Daily tasks, row 5: new data arrives whole, once, in its usual amount and with its sources."""

from datetime import datetime, timedelta

from junzi_audit import Judge, obligation
from junzi_audit.measures import coverage, ingestion, provenance
from junzi_audit.model import DAY
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.metrics import Metrics
from junzi_audit.probes.node import Node
from junzi_audit.targets import Target

SAMPLE, ENTITIES = 40, 10


@obligation("daily.data-ingestion")
def test_new_data_arrives_whole_once_and_proven(
    feed: Feed, node: Node, metrics: Metrics, target: Target, now: datetime, judge: Judge
) -> None:
    items = feed.ingested(now - DAY, now)
    sources = feed.sources_by_id([item.source_id for item in items if item.source_id])
    entities = node.known_entities([item.entity_id for item in items if item.entity_id], most=ENTITIES)
    sample = sorted(sources.values(), key=lambda source: source.capture_timestamp)[-SAMPLE:]
    hours = feed.hourly_items(now - timedelta(weeks=ingestion.WEEKS, days=2), now)

    judge(
        schema_errors=coverage.whole(
            ingestion.schema_errors(items, target.feeds), ingestion.not_listed(items, hours, now - DAY, now)
        ),
        duplicate_share=ingestion.duplicate_share(items),
        missing_share=ingestion.missing_share(items),
        orphan_references=ingestion.orphans(items, sources, entities),
        unproven_items=lambda: ingestion.unproven(sample, feed.digests(sample), target.feeds),
        volume_ratio=(ratios := ingestion.volume_ratios(hours, target.feeds, now)),
        volume_surge=ratios,
        feed_age=lambda: provenance.feed_ages(metrics.now(), target.feeds),
    )
