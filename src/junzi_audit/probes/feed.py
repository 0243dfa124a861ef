"""The audit feed: every record a duty needs for an interval, typed, read once a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

from junzi_audit.model import iso
from junzi_audit.probes.surface import Surface
from junzi_audit.probes.transport import Params
from junzi_audit.records import (
    Alert,
    Beat,
    BiasAudit,
    Dispute,
    HourCount,
    IngestedItem,
    MinuteCount,
    ScoredDecision,
    Source,
)

T = TypeVar("T")
_IDS_AT_ONCE = 100


class Feed:
    """What the auditor may read of a node: intervals are half open, instants are UTC."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def decisions(self, since: datetime, until: datetime) -> tuple[ScoredDecision, ...]:
        """Risk scores calculated in the interval, with what was decided and ruled."""
        return self._surface.lines(ScoredDecision, "feed.decisions", "/decisions", _between(since, until))

    def bias_audits(self, since: datetime, until: datetime) -> tuple[BiasAudit, ...]:
        """Bias audits made in the interval."""
        return self._surface.lines(BiasAudit, "feed.bias-audits", "/bias-audits", _between(since, until))

    def bias_audits_by_id(self, ids: Sequence[str]) -> dict[str, BiasAudit]:
        """The bias audits of those ids; an id the node does not know is absent."""
        found = self._by_id(BiasAudit, "feed.bias-audits", "/bias-audits", ids)
        return {audit.bias_audit_id: audit for audit in found}

    def alerts(self, since: datetime, until: datetime) -> tuple[Alert, ...]:
        """Alerts published in the interval, with what they rest on."""
        return self._surface.lines(Alert, "feed.alerts", "/alerts", _between(since, until))

    def disputes(self, since: datetime, until: datetime) -> tuple[Dispute, ...]:
        """Disputes submitted in the interval, and every open one."""
        return self._surface.lines(Dispute, "feed.disputes", "/disputes", _between(since, until))

    def newest_sources(self, count: int) -> tuple[Source, ...]:
        """The newest sources, newest first."""
        return self._surface.lines(Source, "feed.sources", "/sources", (("newest", str(count)),))

    def sources_by_id(self, ids: Sequence[str]) -> dict[str, Source]:
        """The sources of those ids; an id the node does not know is absent."""
        return {source.source_id: source for source in self._by_id(Source, "feed.sources", "/sources", ids)}

    def digests(self, sources: Sequence[Source]) -> dict[str, str]:
        """SHA-256 of the stored bytes of each source, as we read them; a source without bytes is absent."""
        asks = [
            self._surface.ask("feed.content", f"/sources/{quote(source.source_id, safe='')}/content")
            for source in sources
        ]
        answers = self._surface.get_all(asks)
        return {
            source.source_id: answer.usable().observation.sha256
            for source, answer in zip(sources, answers, strict=True)
            if answer.status != 404
        }

    def beats(self, since: datetime, until: datetime) -> tuple[Beat, ...]:
        """Heartbeats of every agent in the interval."""
        return self._surface.lines(Beat, "feed.heartbeats", "/heartbeats", _between(since, until))

    def ingested(self, since: datetime, until: datetime) -> tuple[IngestedItem, ...]:
        """Items ingested in the interval, as loosely typed as they may have come."""
        return self._surface.lines(IngestedItem, "feed.ingested", "/ingested", _between(since, until))

    def hourly_items(self, since: datetime, until: datetime) -> tuple[HourCount, ...]:
        """Items per hour and feed."""
        return self._surface.lines(HourCount, "feed.ingested", "/ingested/counts", _between(since, until))

    def request_counts(self, since: datetime, until: datetime) -> tuple[MinuteCount, ...]:
        """The node's own request counters, minute by minute."""
        return self._surface.lines(MinuteCount, "feed.request-counts", "/request-counts", _between(since, until))

    def _by_id(self, shape: type[T], probe: str, path: str, ids: Sequence[str]) -> list[T]:
        wanted = sorted(set(ids))
        found: list[T] = []
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            params = tuple(("id", each) for each in wanted[start : start + _IDS_AT_ONCE])
            found.extend(self._surface.lines(shape, probe, path, params))
        return found


def _between(since: datetime, until: datetime) -> Params:
    return (("since", iso(since)), ("until", iso(until)))
