"""The public reads: entities, scores, promises, alerts, sources, disputes, reports."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query

from refnode.api.problems import documented
from refnode.api.reports import published_reports
from refnode.api.shapes import (
    AlertShown,
    ContradictionShown,
    DisputeShown,
    Page,
    Profile,
    PromiseShown,
    ReportShown,
    RiskScore,
    SourceShown,
)
from refnode.parts import Node
from refnode.roster import FLAG_FROM, MEDIUM_FROM, PUBLIC, risk_level
from refnode.seeding.rows import Entity

PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
PageSize = Annotated[int, Query(ge=1, le=200)]
JurisdictionAsked = Literal["", "Local", "State", "Federal", "International"]
LevelAsked = Literal["", "low", "medium", "high"]
BOUNDS = {"": (-1.0, 11.0), "low": (-1.0, MEDIUM_FROM), "medium": (MEDIUM_FROM, FLAG_FROM), "high": (FLAG_FROM, 11.0)}
SCORES = (
    "FROM current_scores WHERE risk_value >= :low AND risk_value < :high AND (:place = '' OR jurisdiction = :place)"
)


def entity_reads(node: Node) -> APIRouter:
    """Route what is known about one entity or source."""
    router = APIRouter(prefix=PUBLIC)
    store, clock = node.store, node.clock

    @router.get("/entities/{entity_id}/profile", response_model=Profile, responses=documented(404))
    def profile(entity_id: str) -> Any:
        who = known(node, entity_id)
        row = store.one("SELECT risk_value, calculated_at FROM current_scores WHERE entity_id = :id", id=entity_id)
        shown = {name: getattr(who, name) for name in ("entity_id", "name", "jurisdiction", "role", "party", "region")}
        return shown | {
            "affiliations": json.loads(who.affiliations),
            "risk_score": row[0] if row else None,
            "created_at": clock.text(who.created_at),
            "updated_at": clock.text(max(who.updated_at, row[1]) if row else who.updated_at),
        }

    @router.get(
        "/entities/{entity_id}/contradictions", response_model=list[ContradictionShown], responses=documented(404)
    )
    def contradictions(entity_id: str) -> Any:
        known(node, entity_id)
        rows = store.rows(
            "SELECT contradiction_id, contradiction_date, confidence, description, source_1_id, source_2_id"
            " FROM contradictions WHERE entity_id = :id ORDER BY contradiction_date, contradiction_id",
            id=entity_id,
        )
        names = ("contradiction_id", "date", "confidence", "description", "sources")
        return [
            dict(zip(names, (key, clock.text(at), *rest, two), strict=True))
            for key, at, *rest, one, other in rows
            for two in [[one, other]]
        ]

    @router.get("/promises/{entity_id}", response_model=list[PromiseShown], responses=documented(404))
    def promises(entity_id: str) -> Any:
        known(node, entity_id)
        rows = store.rows(
            "SELECT promise_id, promise, status, date_made, source_id FROM promises WHERE entity_id = :id"
            " ORDER BY date_made, promise_id",
            id=entity_id,
        )
        return [dict(row._mapping) | {"date_made": clock.text(row.date_made)} for row in rows]

    @router.get("/sources/{source_id}", response_model=SourceShown, responses=documented(404))
    def source(source_id: str) -> Any:
        row = (
            None
            if "\x00" in source_id
            else store.one(
                "SELECT source_id, origin, url, captured_at, content_hash, document_type FROM sources"
                " WHERE source_id = :id",
                id=source_id,
            )
        )
        if row is None:
            raise HTTPException(404, "unknown source")
        return dict(row._mapping) | {"capture_timestamp": clock.text(row.captured_at)}

    return router


def list_reads(node: Node) -> APIRouter:
    """Route the lists that come in pages, and the reports."""
    router = APIRouter(prefix=PUBLIC)
    store, clock = node.store, node.clock

    @router.get("/risk_scores/", response_model=Page[RiskScore], responses=documented(400))
    def risk_scores(
        jurisdiction: JurisdictionAsked = "",
        risk_level: LevelAsked = "",
        page: PageNumber = 1,
        page_size: PageSize = 50,
    ) -> Any:
        low, high = BOUNDS[risk_level]
        asked = {"low": low, "high": high, "place": jurisdiction}
        rows = store.rows(
            f"SELECT entity_id, risk_value, jurisdiction, calculated_at {SCORES} ORDER BY entity_id"
            " LIMIT :size OFFSET :start",
            **asked,
            **_slice(page, page_size),
        )
        total = store.number(f"SELECT count(*) {SCORES}", **asked)
        return _page(
            [_score(key, value, place, clock.text(at)) for key, value, place, at in rows], page, page_size, total
        )

    @router.get("/alerts/", response_model=Page[AlertShown], responses=documented(400))
    def alerts(page: PageNumber = 1, page_size: PageSize = 50) -> Any:
        rows = store.rows(
            "SELECT alert_id, entity_id, alert_type, published_at, confidence FROM alerts WHERE status = 'published'"
            " ORDER BY published_at DESC, alert_id DESC LIMIT :size OFFSET :start",
            **_slice(page, page_size),
        )
        total = store.number("SELECT count(*) FROM alerts WHERE status = 'published'")
        shown = [dict(row._mapping) | {"timestamp": clock.text(row.published_at)} for row in rows]
        return _page(shown, page, page_size, total)

    @router.get("/disputes/", response_model=Page[DisputeShown], responses=documented(400))
    def disputes(page: PageNumber = 1, page_size: PageSize = 50) -> Any:
        rows = store.rows(
            "SELECT dispute_id, entity_id, dispute_type, severity, state, submitted_at FROM disputes"
            " ORDER BY submitted_at, dispute_id LIMIT :size OFFSET :start",
            **_slice(page, page_size),
        )
        total = store.number("SELECT count(*) FROM disputes")
        shown = [dict(row._mapping) | {"submitted_at": clock.text(row.submitted_at)} for row in rows]
        return _page(shown, page, page_size, total)

    @router.get("/reports/", response_model=list[ReportShown], responses=documented())
    def reports() -> Any:
        return published_reports(clock)

    return router


def known(node: Node, entity_id: str) -> Entity:
    """Give the entity with this id, or answer 404."""
    who = node.people.get(entity_id)
    if who is None:
        raise HTTPException(404, "unknown entity")
    return who


def _score(key: str, value: float, place: str, at: str) -> dict[str, Any]:
    return {
        "entity_id": key,
        "risk_score": value,
        "risk_level": risk_level(value),
        "jurisdiction": place,
        "calculated_at": at,
    }


def _slice(page: int, size: int) -> dict[str, int]:
    return {"size": size, "start": (page - 1) * size}


def _page(items: list[dict[str, Any]], page: int, size: int, total: int) -> dict[str, Any]:
    return {"items": items, "page": page, "page_size": size, "total": total}
