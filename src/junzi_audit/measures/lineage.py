"""From what was published back to the bytes it rests on: alert, source ids, source records, stored bytes."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from junzi_audit.findings import Exhibit, Reading, census
from junzi_audit.measures.details import some
from junzi_audit.measures.rehashed import Rehashed
from junzi_audit.records import Alert, Source

WHOLE, UNREAD = "whole", "record only, bytes not drawn"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The population the sources were drawn from: which ids, captured from ``since`` until ``until``."""

    ids: Container[str]
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Link:
    """One source an alert names (or none), and where the way to its bytes ends."""

    alert: Alert
    source_id: str
    source: Source | None
    end: str

    @property
    def broken(self) -> bool:
        """Whether the way ends before the bytes that were captured."""
        return self.end not in {WHOLE, UNREAD}


def cited(alerts: Sequence[Alert], sources: Mapping[str, Source], order: Sequence[str], most: int) -> list[Source]:
    """The existing sources of the first ``most`` alerts in that order, each once."""
    known = {alert.alert_id: alert for alert in alerts}
    ids = [key for alert in order[:most] for key in known[alert].source_ids]
    return [sources[key] for key in dict.fromkeys(ids) if key in sources]


def links(alerts: Sequence[Alert], sources: Mapping[str, Source], looked: Rehashed, listed: Listed) -> tuple[Link, ...]:
    """Every way from every alert: to the record for all, to the bytes for the sources that were ``looked`` at."""
    found = {each.source.source_id: each for each in looked.found}

    def end(alert: Alert, source: Source | None) -> str:
        if source is None:
            return "no such source"
        if source.capture_timestamp > alert.published_at:
            return "captured after the alert was published"
        if listed.since <= source.capture_timestamp < listed.until and source.source_id not in listed.ids:
            return "left out of the list the sample was drawn from"
        again = found.get(source.source_id)
        if again is None or not again.altered:
            return WHOLE if again else UNREAD
        return "bytes altered" if again.sha256 else "bytes gone"

    ways = []
    for alert in alerts:
        for key in alert.source_ids:
            source = sources.get(key)
            ways.append(Link(alert=alert, source_id=key, source=source, end=end(alert, source)))
        if not alert.source_ids:
            ways.append(Link(alert=alert, source_id="", source=None, end="names no source"))
    return tuple(ways)


def broken_lineage(alerts: Sequence[Alert], sources: Mapping[str, Source], looked: Rehashed, listed: Listed) -> Reading:
    """Published alerts with a broken link, each named; what could not be read stands beside the count."""
    ways = links(alerts, sources, looked, listed)
    bad = {
        way.alert.alert_id: f"{way.alert.alert_id} ({way.source_id or '-'}: {way.end})" for way in ways if way.broken
    }
    counted = census(len(bad), n=len(alerts), detail=some(list(bad.values())), exhibits=(_table(ways),))
    return {"": counted, "bytes": looked.stopped} if looked.stopped else counted


def _table(ways: Sequence[Link]) -> Exhibit:
    """Broken links first, then those followed to the bytes, then those followed to the record only."""
    rank = {WHOLE: 1, UNREAD: 2}
    return Exhibit(
        title="Published alerts, followed to their sources",
        caption="Every published alert of the interval to the records of its sources, those drawn to the bytes too.",
        columns=("alert", "published", "source", "captured", "the way to the bytes"),
        rows=tuple(
            (
                way.alert.alert_id, f"{way.alert.published_at:%Y-%m-%d %H:%M}", way.source_id or "-",
                f"{way.source.capture_timestamp:%Y-%m-%d %H:%M}" if way.source else "-",
                f"BROKEN: {way.end}" if way.broken else way.end,
            )
            for way in sorted(ways, key=lambda way: rank.get(way.end, 0))
        ),
    )  # fmt: skip
