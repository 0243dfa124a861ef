"""Weekly tasks, row 4: published sources still hold the bytes recorded when they were captured."""

from datetime import datetime, timedelta

from fixtures.limits import Limits
from fixtures.sample import Sample
from junzi_audit import Judge, obligation
from junzi_audit.measures import assured, coverage, lineage, rehashed, sampling
from junzi_audit.model import DAY, iso
from junzi_audit.probes.feed import Feed
from junzi_audit.targets import Target

#: A list of sources that tells nothing for longer was cut short; how many there should be is another duty's figure.
SILENCE = timedelta(hours=6)


@obligation("weekly.source-integrity")
def test_sampled_sources_still_hold_the_bytes_recorded_at_capture(
    feed: Feed, sample: Sample, target: Target, limits: Limits, now: datetime, judge: Judge
) -> None:
    since, wanted = now - target.sampling.days * DAY, target.sampling
    sources = {source.source_id: source for source in feed.sources(since, now)}
    alerts = [alert for alert in feed.alerts(since, now) if alert.status == "published"]
    records = feed.sources_by_id([key for alert in alerts for key in alert.source_ids])

    plan = sampling.Plan(
        population=len(sources), limit=limits["altered_share"], alpha=wanted.risk, kind=wanted.plan,
        errors=wanted.errors_allowed, most=wanted.most, most_bytes=round(wanted.megabytes * 1_000_000),
    )  # fmt: skip
    captured = [each.capture_timestamp for each in sources.values()]
    by_feed = {
        name: [each.capture_timestamp for each in sources.values() if each.feed == name] for name in target.feeds
    }
    span = {"captured_since": iso(since), "captured_until": iso(now)}
    drawn = sample({key: source.content_hash for key, source in sources.items()}, plan.told | span)
    audited = sampling.audited(plan, [sources[key] for key in drawn.keys], feed.contents)

    cited = lineage.cited(alerts, records, drawn.order(alert.alert_id for alert in alerts), wanted.alerts)
    followed = rehashed.rehashed(cited, feed.contents)

    judge(
        altered_share=coverage.whole(
            assured.altered_share(audited, drawn),
            coverage.gap(captured, since, now, what="sources", silence=SILENCE)
            or coverage.gaps(by_feed, since, now, what="sources", silence=SILENCE),
        ),
        altered_sources=rehashed.altered_sources(audited.looked, followed),
        broken_lineage=lineage.broken_lineage(
            alerts, records, followed, lineage.Listed(ids=sources, since=since, until=now)
        ),
    )
