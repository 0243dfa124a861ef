"""The audit feed: read only, NDJSON, ordered by time, complete for the interval asked."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from refnode.api import lines
from refnode.api.interval import read_interval
from refnode.api.public import storable_key
from refnode.parts import Node
from refnode.roster import AUDIT
from refnode.withholding import withheld_alerts

Ids = Annotated[list[str] | None, Query(alias="id")]

DECISION = (
    "SELECT risk_id, entity_id, calculated_at, risk_value, flagged, outcome, adjudicated_at, bias_audit_id,"
    " audit_result FROM decisions WHERE calculated_at >= :since AND calculated_at < :until"
    " ORDER BY calculated_at, risk_id"
)
BIAS_AUDIT = (
    "SELECT bias_audit_id, risk_id, audit_result, audited_at FROM decisions WHERE {} ORDER BY audited_at, risk_id"
)
ALERT = (
    "SELECT alert_id, entity_id, alert_type, risk_id, published_at, status, source_ids, bias_audit_id"
    " FROM alerts WHERE published_at >= :since AND published_at < :until ORDER BY published_at, alert_id"
)
DISPUTE = (
    "SELECT dispute_id, entity_id, subject_type, subject_id, dispute_type, severity, public_figure, state,"
    " submitted_at, acknowledged_at, escalated_at, escalated_to, resolved_at, ruling FROM disputes"
    " WHERE (submitted_at >= :since AND submitted_at < :until) OR ruling IS NULL ORDER BY submitted_at, dispute_id"
)
REPORT = (
    "SELECT report_id, entity_id, submitted_at FROM user_reports"
    " WHERE submitted_at >= :since AND submitted_at < :until ORDER BY submitted_at, report_id"
)
SOURCE = "SELECT source_id, feed, origin, url, captured_at, content_hash, document_type FROM sources "
SOURCES_WITHIN = SOURCE + "WHERE captured_at >= :since AND captured_at < :until ORDER BY captured_at, source_id"
ITEM = (
    "SELECT item_id, feed, kind, entity_id, source_id, ingested_at, event_date, event_text, text FROM items"
    " WHERE ingested_at >= :since AND ingested_at < :until ORDER BY ingested_at, n"
)
# The anchor is long after 1970, so the quotient is positive and integer division rounds down.
ITEMS_PER_HOUR = (
    "SELECT (ingested_at + :anchor) / 3600000, feed, count(*) FROM items"
    " WHERE ingested_at >= :since AND ingested_at < :until GROUP BY 1, 2 ORDER BY 1, 2"
)
BEAT = "SELECT agent, at FROM heartbeats WHERE at >= :since AND at < :until ORDER BY at, agent"
REQUESTS = (
    "SELECT minute, endpoint, status, sum(count), sum(slow) FROM request_counts"
    " WHERE minute >= :since AND minute < :until GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
LOG_LINE = "SELECT at, stamped, line FROM log_lines WHERE at >= :since AND at < :until ORDER BY at, n"


def findings_feed(node: Node) -> APIRouter:
    """Route decisions, bias audits, alerts, disputes and user reports."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)
    store, clock = node.store, node.clock

    @router.get("/decisions")
    def decisions(since: str = "", until: str = "") -> Response:
        rows = store.rows(DECISION, **read_interval(clock, since, until).params)
        return lines.ndjson(lines.decision_lines(rows, clock, node.people))

    @router.get("/bias-audits")
    def bias_audits(ids: Ids = None, since: str = "", until: str = "") -> Response:
        if ids:
            rows = store.among(BIAS_AUDIT.format("bias_audit_id IN :ids"), ids)
        else:
            asked = read_interval(clock, since, until)
            rows = store.rows(BIAS_AUDIT.format("audited_at >= :since AND audited_at < :until"), **asked.params)
        return lines.ndjson(lines.audit_lines(rows, clock))

    @router.get("/alerts")
    def alerts(since: str = "", until: str = "") -> Response:
        rows = store.rows(ALERT, **read_interval(clock, since, until).params)
        return lines.ndjson(lines.alert_lines(rows, clock, withheld_alerts(node)))

    @router.get("/disputes")
    def disputes(since: str = "", until: str = "") -> Response:
        rows = store.rows(DISPUTE, **read_interval(clock, since, until).params)
        return lines.ndjson(lines.dispute_lines(rows, clock))

    @router.get("/user-reports")
    def user_reports(since: str = "", until: str = "") -> Response:
        rows = store.rows(REPORT, **read_interval(clock, since, until).params)
        return lines.ndjson(lines.report_lines(rows, clock))

    return router


def sources_feed(node: Node) -> APIRouter:
    """Route sources and their bytes."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)
    store, clock = node.store, node.clock

    @router.get("/sources")
    def sources(newest: int | None = None, ids: Ids = None, since: str = "", until: str = "") -> Response:
        if newest is not None:
            if not 1 <= newest <= 100_000:
                raise HTTPException(400, "newest must be between 1 and 100000")
            rows = store.rows(SOURCE + "ORDER BY captured_at DESC, source_id DESC LIMIT :newest", newest=newest)
        elif ids:
            rows = store.among(SOURCE + "WHERE source_id IN :ids ORDER BY captured_at, source_id", ids)
        else:
            asked = read_interval(clock, since, until)
            rows = store.rows(SOURCES_WITHIN, **asked.params)
        return lines.ndjson(lines.source_lines(rows, clock))

    @router.get("/sources/{source_id}/content")
    def content(source_id: str) -> Response:
        row = store.one("SELECT content FROM sources WHERE source_id = :id", id=storable_key(source_id))
        if row is None:
            raise HTTPException(404, "unknown source")
        return Response(bytes(row[0]), media_type="application/octet-stream")

    return router


def ingestion_feed(node: Node) -> APIRouter:
    """Route what was ingested, and how much of it."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)
    store, clock = node.store, node.clock

    @router.get("/ingested")
    def ingested(since: str = "", until: str = "") -> Response:
        rows = store.rows(ITEM, **read_interval(clock, since, until).params)
        return lines.ndjson(lines.item_lines(rows, clock))

    @router.get("/ingested/counts")
    def counts(since: str = "", until: str = "") -> Response:
        rows = store.rows(ITEMS_PER_HOUR, anchor=clock.anchor, **read_interval(clock, since, until).params)
        return lines.ndjson(lines.count_lines(rows, clock))

    return router


def operations_feed(node: Node) -> APIRouter:
    """Route heartbeats, request counts and the log."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)
    store, clock = node.store, node.clock

    @router.get("/heartbeats")
    def heartbeats(since: str = "", until: str = "") -> Response:
        rows = store.rows(BEAT, **read_interval(clock, since, until).params)
        return lines.ndjson(lines.beat_lines(rows, clock))

    @router.get("/request-counts")
    def request_counts(since: str = "", until: str = "") -> Response:
        node.tallies.flush()
        rows = store.rows(REQUESTS, **read_interval(clock, since, until).params)
        return lines.ndjson(lines.request_lines(rows, clock))

    @router.get("/logs")
    def logs(since: str = "", until: str = "") -> Response:
        node.journal.flush()
        rows = store.rows(LOG_LINE, **read_interval(clock, since, until).params)
        return lines.ndjson(lines.log_text(rows, clock))

    return router
