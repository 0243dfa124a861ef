"""The public lists that come in pages."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from refnode import corrections
from refnode.api.problems import documented
from refnode.api.shapes import AlertShown, CorrectionShown, DisputeShown, Page, RiskScore
from refnode.clock import Clock
from refnode.parts import Node
from refnode.roster import FLAG_FROM, MEDIUM_FROM, PUBLIC, risk_level
from refnode.withholding import shown_alerts, shown_scores

PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=200)]
JurisdictionAsked = Literal["", "Local", "State", "Federal", "International"]
LevelAsked = Literal["", "low", "medium", "high"]
BOUNDS = {"": (-1.0, 11.0), "low": (-1.0, MEDIUM_FROM), "medium": (MEDIUM_FROM, FLAG_FROM), "high": (FLAG_FROM, 11.0)}

SLICE = " LIMIT :size OFFSET :start"
SCORED = (
    " FROM current_scores WHERE risk_value >= :low AND risk_value < :high AND (:place = '' OR jurisdiction = :place)"
)
SCORES = "SELECT entity_id, risk_value, jurisdiction, calculated_at" + SCORED + "{} ORDER BY entity_id" + SLICE
ALERTS = (
    "SELECT alert_id, entity_id, alert_type, published_at, confidence FROM alerts WHERE status = 'published'{}"  # noqa: S608
    " ORDER BY published_at DESC, alert_id DESC" + SLICE
)
PUBLISHED = "SELECT count(*) FROM alerts WHERE status = 'published'"
DISPUTES = (
    "SELECT dispute_id, entity_id, dispute_type, severity, state, submitted_at FROM disputes"  # noqa: S608
    " ORDER BY submitted_at, dispute_id" + SLICE
)


def list_reads(node: Node) -> APIRouter:
    """Route the lists."""
    router = APIRouter(prefix=PUBLIC)
    store, clock = node.store, node.clock

    @router.get("/risk_scores/", response_model=Page[RiskScore], responses=documented(400))
    def risk_scores(
        jurisdiction: JurisdictionAsked = "",
        risk_level: LevelAsked = "",
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> Response:
        low, high = BOUNDS[risk_level]
        asked = {"low": low, "high": high, "place": jurisdiction}
        shown = shown_scores(node)
        rows = store.rows(SCORES.format(shown.sql), **asked, **shown.params, **_slice(page, page_size))
        total = store.number(f"SELECT count(*){SCORED}{shown.sql}", **asked, **shown.params)
        return _page([_score(row, clock) for row in rows], page, page_size, total)

    @router.get("/alerts/", response_model=Page[AlertShown], responses=documented(400))
    def alerts(page: PageNumber = 1, page_size: PageSize = 50) -> Response:
        shown = shown_alerts(node)
        rows = store.rows(ALERTS.format(shown.sql), **shown.params, **_slice(page, page_size))
        total = store.number(PUBLISHED + shown.sql, **shown.params)
        return _page([_alert(row, clock) for row in rows], page, page_size, total)

    @router.get("/corrections/", response_model=Page[CorrectionShown], responses=documented(400))
    def corrections_published(page: PageNumber = 1, page_size: PageSize = 50) -> Response:
        rows = store.rows(corrections.NEWEST, **_slice(page, page_size))
        total = store.number("SELECT count(*) FROM corrections")
        return _page([corrections.shown(clock, row) for row in rows], page, page_size, total)

    @router.get("/disputes/", response_model=Page[DisputeShown], responses=documented(400))
    def disputes(page: PageNumber = 1, page_size: PageSize = 50) -> Response:
        rows = store.rows(DISPUTES, **_slice(page, page_size))
        total = store.number("SELECT count(*) FROM disputes")
        shown = [dict(row._mapping) | {"submitted_at": clock.text(row.submitted_at)} for row in rows]
        return _page(shown, page, page_size, total)

    return router


def _score(row: Any, clock: Clock) -> dict[str, Any]:
    return {
        "entity_id": row.entity_id,
        "risk_score": row.risk_value,
        "risk_level": risk_level(row.risk_value),
        "jurisdiction": row.jurisdiction,
        "calculated_at": clock.text(row.calculated_at),
    }


def _alert(row: Any, clock: Clock) -> dict[str, Any]:
    return {
        "alert_id": row.alert_id,
        "entity_id": row.entity_id,
        "alert_type": row.alert_type,
        "timestamp": clock.text(row.published_at),
        "confidence": row.confidence,
    }


def _slice(page: int, size: int) -> dict[str, int]:
    return {"size": size, "start": (page - 1) * size}


def _page(items: list[dict[str, Any]], page: int, size: int, total: int) -> Response:
    """Answer with a page. It is not validated against its own model again: that would take most of the time."""
    return JSONResponse({"items": items, "page": page, "page_size": size, "total": total})
