"""Where things come from: fresh feeds, unaltered bytes, known hosts, and alerts that rest on something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from junzi_audit.model import Cause, Exhibit, Measurement, Unseen, census
from junzi_audit.records import Alert, BiasAudit, Dispute, Gauges, PublicAlert, Source

_METRIC = "junzi_feed_last_processed_timestamp_seconds"
Hosts = Mapping[str, Sequence[str]]


def feed_ages(gauges: Gauges, feeds: Hosts) -> dict[str, Measurement | Unseen]:
    """Minutes since each declared feed last had something processed; a feed the node does not name is unseen."""
    last = gauges.by(_METRIC, "feed")
    found: dict[str, Measurement | Unseen] = {}
    for feed in feeds:
        if feed not in last:
            found[feed] = Unseen(cause=Cause.NOT_CONFIGURED, detail="the node's metrics do not name this feed")
        elif (minutes := (gauges.at.timestamp() - last[feed]) / 60) < -0.1:
            found[feed] = Unseen(
                cause=Cause.STALE, detail=f"processed {-minutes:.1f} min in our future: clocks disagree"
            )
        else:
            found[feed] = census(max(0.0, round(minutes, 1)), n=1)
    return found


def is_altered(source: Source, digests: Mapping[str, str]) -> bool:
    """Whether the stored bytes are gone or no longer have the recorded SHA-256."""
    return digests.get(source.source_id) != source.content_hash


def is_foreign(source: Source, feeds: Hosts) -> bool:
    """Whether the source is of an undeclared feed, or from a host its feed may not come from."""
    return urlsplit(source.url).hostname not in feeds.get(source.feed, ())


def altered(sources: Sequence[Source], digests: Mapping[str, str]) -> Measurement:
    """Sources that are altered, with a table of what was re-hashed."""
    bad = [source.source_id for source in sources if is_altered(source, digests)]
    table = Exhibit(
        title="Newest items, re-hashed",
        caption="The SHA-256 of the stored bytes as we read them, against the one recorded at capture.",
        columns=("source", "feed", "captured", "recorded SHA-256", "SHA-256 now"),
        rows=tuple(
            (
                s.source_id,
                s.feed,
                f"{s.capture_timestamp:%Y-%m-%d %H:%M}",
                s.content_hash,
                digests.get(s.source_id, "gone"),
            )
            for s in sources
        ),
    )
    return census(len(bad), n=len(sources), detail=_some(bad), exhibits=(table,))


def foreign(sources: Sequence[Source], feeds: Hosts) -> Measurement:
    """Sources of an undeclared feed or host."""
    bad = [f"{source.source_id} ({urlsplit(source.url).hostname})" for source in sources if is_foreign(source, feeds)]
    return census(len(bad), n=len(sources), detail=_some(bad))


def without_provenance(
    public: Sequence[PublicAlert], alerts: Sequence[Alert], sources: Mapping[str, Source]
) -> Measurement:
    """Public alerts that name no source, one that does not exist, or that the audit feed does not know."""
    known = {alert.alert_id: alert for alert in alerts}
    bad = [
        alert.alert_id
        for alert in public
        if alert.alert_id not in known
        or not known[alert.alert_id].source_ids
        or any(source not in sources for source in known[alert.alert_id].source_ids)
    ]
    return census(len(bad), n=len(public), detail=_some(bad))


def without_bias_pass(
    public: Sequence[PublicAlert], alerts: Sequence[Alert], audits: Mapping[str, BiasAudit]
) -> Measurement:
    """Public alerts whose bias audit is missing, did not pass, or is of another score."""
    known = {alert.alert_id: alert for alert in alerts}

    def passed(alert: Alert | None) -> bool:
        audit = audits.get(alert.bias_audit_id or "") if alert else None
        return audit is not None and alert is not None and audit.result == "passed" and audit.risk_id == alert.risk_id

    bad = [alert.alert_id for alert in public if not passed(known.get(alert.alert_id))]
    return census(len(bad), n=len(public), detail=_some(bad))


def overturned(public: Sequence[PublicAlert], disputes: Sequence[Dispute]) -> Measurement:
    """Public alerts against which a dispute was upheld."""
    upheld = {d.subject_id for d in disputes if d.subject_type == "alert" and d.ruling == "upheld"}
    bad = [alert.alert_id for alert in public if alert.alert_id in upheld]
    return census(len(bad), n=len(public), detail=_some(bad))


def _some(names: Sequence[str]) -> str:
    """At most ten of the names; the evidence has them all."""
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
