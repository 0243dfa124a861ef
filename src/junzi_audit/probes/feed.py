"""The audit feed: every record a duty needs for an interval, typed, read once a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from junzi_audit.findings import Observation
from junzi_audit.model import Cause, Unobservable, iso, utc
from junzi_audit.probes import soundness
from junzi_audit.probes.asking import Params, segment
from junzi_audit.probes.parsing import parse_lines
from junzi_audit.probes.surface import Surface
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
    UserReport,
    ValidationPair,
)

T = TypeVar("T")
_IDS_AT_ONCE = 100
#: Contents held in memory together; each may be as large as an answer may be.
_CONTENTS_AT_ONCE = 8
#: A capture from this far in our future says that one of the two clocks is wrong.
_SKEW = timedelta(minutes=1)


class Feed:
    """What the auditor may read of a node: intervals are half open, instants are UTC.

    Records outside of the interval asked, or the same id twice, are malformed: a node that answers something else than
    it was asked has not been looked at.
    """

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def decisions(self, since: datetime, until: datetime) -> tuple[ScoredDecision, ...]:
        """Risk scores calculated in the interval, with what was decided and ruled."""
        rows = self._surface.lines(ScoredDecision, "feed.decisions", "/decisions", _between(since, until))
        soundness.within("/decisions", [row.calculated_at for row in rows], since, until)
        soundness.once("/decisions", "risk_id", [row.risk_id for row in rows])
        soundness.every("/decisions", "risk_value is from 0 to 10", rows, lambda row: 0 <= row.risk_value <= 10)
        return rows

    def rely_on_decisions(self, since: datetime, until: datetime) -> None:
        """Note that the duty being checked relies on what ``decisions`` read of this interval before."""
        self._surface.get("feed.decisions", "/decisions", _between(since, until))

    def bias_audits(self, since: datetime, until: datetime) -> tuple[BiasAudit, ...]:
        """Bias audits made in the interval."""
        rows = self._surface.lines(BiasAudit, "feed.bias-audits", "/bias-audits", _between(since, until))
        soundness.within("/bias-audits", [row.audit_timestamp for row in rows], since, until)
        soundness.once("/bias-audits", "bias_audit_id", [row.bias_audit_id for row in rows])
        return rows

    def bias_audits_by_id(self, ids: Sequence[str]) -> dict[str, BiasAudit]:
        """The bias audits of those ids; an id the node does not know is absent."""
        return self._by_id(BiasAudit, "feed.bias-audits", "/bias-audits", "bias_audit_id", ids)

    def alerts(self, since: datetime, until: datetime) -> tuple[Alert, ...]:
        """Alerts published in the interval, with what they rest on."""
        rows = self._surface.lines(Alert, "feed.alerts", "/alerts", _between(since, until))
        soundness.within("/alerts", [row.published_at for row in rows], since, until)
        soundness.once("/alerts", "alert_id", [row.alert_id for row in rows])
        return rows

    def disputes(self, since: datetime, until: datetime) -> tuple[Dispute, ...]:
        """Disputes submitted in the interval, and every open one, however old."""
        rows = self._surface.lines(Dispute, "feed.disputes", "/disputes", _between(since, until))
        open_ones = [row.submitted_at for row in rows if row.ruling is None]
        soundness.within("/disputes", [row.submitted_at for row in rows if row.ruling], since, until)
        soundness.within("/disputes", open_ones, min([since, *open_ones]), until)
        soundness.once("/disputes", "dispute_id", [row.dispute_id for row in rows])
        soundness.every(
            "/disputes", "what is ruled was resolved after it was submitted, and has the ruling as its state", rows,
            lambda row: row.ruling is None or _is_ruled(row),
        )  # fmt: skip
        return rows

    def user_reports(self, since: datetime, until: datetime) -> tuple[UserReport, ...]:
        """User reports taken in the interval: their ids and entities."""
        rows = self._surface.lines(UserReport, "feed.user-reports", "/user-reports", _between(since, until))
        soundness.within("/user-reports", [row.submitted_at for row in rows], since, until)
        soundness.once("/user-reports", "report_id", [row.report_id for row in rows])
        return rows

    def newest_sources(self, count: int) -> tuple[Source, ...]:
        """The newest sources, newest first: at most ``count``, fewer when the node gives fewer."""
        page, params = "/sources", (("newest", str(count)),)
        answer = self._surface.get("feed.sources", page, params)
        rows = parse_lines(Source, answer)
        instants = [row.capture_timestamp for row in rows]
        soundness.once(page, "source_id", [row.source_id for row in rows])
        if instants != sorted(instants, reverse=True) or len(rows) > count:
            raise Unobservable(Cause.MALFORMED, f"{page}: these are not the {count} newest sources, newest first")
        if instants and instants[0] > answer.observation.at + _SKEW:
            raise Unobservable(
                Cause.STALE, f"{page}: a capture of {iso(instants[0])} lies in our future: clocks disagree"
            )
        return rows

    def sources_by_id(self, ids: Sequence[str]) -> dict[str, Source]:
        """The sources of those ids; an id the node does not know is absent."""
        return self._by_id(Source, "feed.sources", "/sources", "source_id", ids)

    def sources(self, since: datetime, until: datetime) -> tuple[Source, ...]:
        """Sources captured in the interval."""
        rows = self._surface.lines(Source, "feed.sources", "/sources", _between(since, until))
        soundness.within("/sources", [row.capture_timestamp for row in rows], since, until)
        soundness.once("/sources", "source_id", [row.source_id for row in rows])
        return rows

    def digests(self, sources: Sequence[Source]) -> dict[str, str]:
        """SHA-256 of the stored bytes of each source, as we read them; a source without a byte is absent."""
        return {key: seen.sha256 for key, seen in self.contents(sources).items()}

    def contents(self, sources: Sequence[Source]) -> dict[str, Observation]:
        """What the stored bytes of each source were seen to be; a source without a byte is absent."""
        found: dict[str, Observation] = {}
        for start in range(0, len(sources), _CONTENTS_AT_ONCE):
            some = sources[start : start + _CONTENTS_AT_ONCE]
            paths = [f"/sources/{segment(source.source_id)}/content" for source in some]
            asks = [self._surface.ask("feed.content", path) for path in paths]
            for source, answer in zip(some, self._surface.get_all(asks), strict=True):
                if answer.status != 404 and answer.usable().observation.size:
                    found[source.source_id] = answer.observation
        return found

    def beats(self, since: datetime, until: datetime) -> tuple[Beat, ...]:
        """Heartbeats of every agent in the interval."""
        rows = self._surface.lines(Beat, "feed.heartbeats", "/heartbeats", _between(since, until))
        soundness.within("/heartbeats", [row.at for row in rows], since, until)
        return rows

    def ingested(self, since: datetime, until: datetime) -> tuple[IngestedItem, ...]:
        """Items ingested in the interval, as loosely typed as they may have come."""
        rows = self._surface.lines(IngestedItem, "feed.ingested", "/ingested", _between(since, until))
        readable = [at for row in rows if (at := _instant(row.ingested_at)) is not None]
        soundness.within("/ingested", readable, since, until)
        return rows

    def hourly_items(self, since: datetime, until: datetime) -> tuple[HourCount, ...]:
        """Items per hour and feed."""
        page = "/ingested/counts"
        rows = self._surface.lines(HourCount, "feed.ingested", page, _between(since, until))
        soundness.within(page, [row.hour for row in rows], since, until, slack=timedelta(hours=1))
        soundness.every(page, "items are none or more", rows, lambda row: row.items >= 0)
        soundness.once(page, "hour and feed", [(row.hour, row.feed) for row in rows])
        return rows

    def validation(self) -> tuple[ValidationPair, ...]:
        """The labelled validation set, as the present scanner answers it."""
        page = "/validation"
        rows = self._surface.lines(ValidationPair, "feed.validation", page)
        soundness.once(page, "pair_id", [row.pair_id for row in rows])
        soundness.every(page, "confidence is from 0 to 1", rows, lambda row: 0 <= row.confidence <= 1)
        return rows

    def request_counts(self, since: datetime, until: datetime) -> tuple[MinuteCount, ...]:
        """The node's own request counters, minute by minute."""
        page = "/request-counts"
        rows = self._surface.lines(MinuteCount, "feed.request-counts", page, _between(since, until))
        soundness.within(page, [row.minute for row in rows], since, until, slack=timedelta(minutes=1))
        soundness.every(page, "slow is from 0 to count", rows, lambda row: 0 <= row.slow <= row.count)
        soundness.every(page, "status is from 100 to 599", rows, lambda row: 100 <= row.status <= 599)
        return rows

    def _by_id(self, shape: type[T], probe: str, page: str, name: str, ids: Sequence[str]) -> dict[str, T]:
        """Only what was asked for: a record nobody asked for proves nothing about one that was."""
        wanted = sorted(set(ids))
        rows: list[T] = []
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            params = tuple(("id", each) for each in wanted[start : start + _IDS_AT_ONCE])
            rows.extend(self._surface.lines(shape, probe, page, params))
        found = {getattr(row, name): row for row in rows}
        soundness.once(page, name, [getattr(row, name) for row in rows])
        return {each: found[each] for each in wanted if each in found}


def _between(since: datetime, until: datetime) -> Params:
    return (("since", iso(since)), ("until", iso(until)))


def _instant(text: str | None) -> datetime | None:
    try:
        return utc(text or "")
    except (ValueError, OverflowError):
        return None


def _is_ruled(dispute: Dispute) -> bool:
    at = dispute.resolved_at
    return at is not None and at >= dispute.submitted_at - _SKEW and dispute.state == dispute.ruling
