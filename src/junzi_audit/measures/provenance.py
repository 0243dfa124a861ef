"""Where things come from: fresh feeds, unaltered bytes, known hosts, and alerts that rest on something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from junzi_audit.findings import Exhibit, Measurement, Reading, Unseen, census
from junzi_audit.measures.details import some
from junzi_audit.measures.gauges import ages
from junzi_audit.model import Cause
from junzi_audit.records import Alert, BiasAudit, Dispute, Gauges, PublicAlert, Source

_METRIC = "junzi_feed_last_processed_timestamp_seconds"
#: How long after its capture a source may be processed before the two contradict one another.
_CAPTURE_LAG = timedelta(minutes=30)
#: By how much the clocks of those who audit and of those who publish may differ.
_CLOCKS = timedelta(minutes=1)
Hosts = Mapping[str, Sequence[str]]


def feed_ages(gauges: Gauges, feeds: Hosts, newest: Sequence[Source] = ()) -> dict[str, Measurement | Unseen]:
    """Minutes since each declared feed last had something processed; a feed the node does not name is unseen.

    With the ``newest`` sources, a gauge is believed only as far as they bear it out: what was processed left a capture.
    """
    seen = ages(gauges, _METRIC, "feed")
    unnamed = Unseen(cause=Cause.NOT_CONFIGURED, detail="the node's metrics do not name this feed")
    found: dict[str, Measurement | Unseen] = {}
    for feed in feeds:
        age = seen.get(feed, unnamed)
        found[feed] = age if isinstance(age, Unseen) else _feed_age(feed, timedelta(seconds=age), gauges.at, newest)
    return found


def _feed_age(feed: str, age: timedelta, at: datetime, newest: Sequence[Source]) -> Measurement:
    """The gauge's age; where the captures contradict it, the truth may be anywhere from there to the last capture."""
    minutes = round(age.total_seconds() / 60, 3)
    if not newest:
        return census(minutes, n=1)
    # A feed that is not among the newest captured nothing since the oldest of them.
    oldest = min(source.capture_timestamp for source in newest)
    captured = max((source.capture_timestamp for source in newest if source.feed == feed), default=oldest)
    if at - age - captured <= _CAPTURE_LAG:
        return census(minutes, n=1)
    words = f"its gauge says {at - age:%Y-%m-%d %H:%M} UTC, its newest capture is not after {captured:%Y-%m-%d %H:%M}"
    highest = round((at - captured).total_seconds() / 60, 3)
    return Measurement(value=minutes, low=minutes, high=highest, n=1, detail=words)


def is_altered(source: Source, digests: Mapping[str, str]) -> bool:
    """Whether the stored bytes are gone or no longer have the recorded SHA-256."""
    return digests.get(source.source_id) != source.content_hash


def is_foreign(source: Source, feeds: Hosts) -> bool:
    """Whether the source is of an undeclared feed, or from a host its feed may not come from."""
    return host_of(source.url) not in {host.lower() for host in feeds.get(source.feed, ())}


def host_of(url: str) -> str:
    """The host that every reader of the URL agrees on; otherwise words that are no host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or "no host"
    except ValueError:
        return "no URL"
    # Browsers take a backslash for a slash and drop line breaks: such an URL leads elsewhere than it reads.
    doubtful = not url.isprintable() or any(letter in url for letter in "\\ ") or "@" in parts.netloc
    if doubtful or parts.scheme not in {"http", "https"}:
        return "no plain URL"
    return host


def altered(sources: Sequence[Source], digests: Mapping[str, str], *, asked: int = 0) -> Reading:
    """Sources that are altered, with a table of what was re-hashed; fewer than ``asked`` for is not all of them."""
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
    return _of_asked(census(len(bad), n=len(sources), detail=some(bad), exhibits=(table,)), asked)


def foreign(sources: Sequence[Source], feeds: Hosts, *, asked: int = 0) -> Reading:
    """Sources of an undeclared feed or host; fewer than ``asked`` for is not all of them."""
    bad = [f"{source.source_id} ({host_of(source.url)})" for source in sources if is_foreign(source, feeds)]
    return _of_asked(census(len(bad), n=len(sources), detail=some(bad)), asked)


def without_provenance(
    public: Sequence[PublicAlert], alerts: Sequence[Alert], sources: Mapping[str, Source]
) -> Measurement:
    """Public alerts that name no source, one that does not exist, or that the audit feed does not know so.

    What an alert rests on is told of the entity that the feed names: shown of another, it rests on nothing.
    """
    known = {alert.alert_id: alert for alert in alerts}
    bad = [
        alert.alert_id
        for alert in public
        if alert.alert_id not in known
        or alert.entity_id != known[alert.alert_id].entity_id
        or not known[alert.alert_id].source_ids
        or any(source not in sources for source in known[alert.alert_id].source_ids)
    ]
    return census(len(bad), n=len(public), detail=some(bad))


def without_bias_pass(
    public: Sequence[PublicAlert], alerts: Sequence[Alert], audits: Mapping[str, BiasAudit]
) -> Measurement:
    """Public alerts whose bias audit is missing, did not pass, came after them, or is of another score."""
    known = {alert.alert_id: alert for alert in alerts}

    def passed(alert: Alert | None) -> bool:
        audit = audits.get(alert.bias_audit_id or "") if alert else None
        if audit is None or alert is None or audit.audit_timestamp > alert.published_at + _CLOCKS:
            return False
        return audit.result == "passed" and audit.risk_id == alert.risk_id

    bad = [alert.alert_id for alert in public if not passed(known.get(alert.alert_id))]
    return census(len(bad), n=len(public), detail=some(bad))


def overturned(public: Sequence[PublicAlert], disputes: Sequence[Dispute], alerts: Sequence[Alert] = ()) -> Reading:
    """Public alerts against which, or against whose score, a dispute was upheld, or that the feed says are not public.

    An upheld dispute that does not say against which alert leaves every alert of its entity in doubt.
    """
    against = [dispute for dispute in disputes if dispute.subject_type == "alert" and dispute.ruling == "upheld"]
    scores = {each.subject_id for each in disputes if each.subject_type == "risk_score" and each.ruling == "upheld"}
    fallen = {dispute.subject_id for dispute in against}
    fallen |= {alert.alert_id for alert in alerts if alert.status != "published" or alert.risk_id in scores}
    bad = [alert.alert_id for alert in public if alert.alert_id in fallen]
    found = census(len(bad), n=len(public), detail=some(bad))
    entities = {alert.entity_id for alert in public}
    vague = [dispute.dispute_id for dispute in against if not dispute.subject_id and dispute.entity_id in entities]
    if not vague:
        return found
    doubt = f"upheld against an alert that is not named, while the entity has public ones: {some(vague)}"
    return {"": found, "unnamed": Unseen(cause=Cause.MALFORMED, detail=doubt)}


def hidden(public: Sequence[PublicAlert], alerts: Sequence[Alert], until: datetime) -> Unseen | None:
    """Alerts that the audit feed says are published before ``until`` and that the public list leaves out, if any."""
    shown = {alert.alert_id for alert in public}
    left_out = [
        alert.alert_id
        for alert in alerts
        if alert.status == "published" and alert.published_at < until and alert.alert_id not in shown
    ]
    if not left_out:
        return None
    return Unseen(
        cause=Cause.MALFORMED, detail=f"published, but not in the public list we were shown: {some(left_out)}"
    )


def _of_asked(found: Measurement, asked: int) -> Reading:
    if found.n >= asked or not found.n:
        return found
    return {
        "": found,
        "newest": Unseen(cause=Cause.TOO_FEW, detail=f"{found.n} sources were shown, {asked} were asked"),
    }
