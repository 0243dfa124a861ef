"""What the node published, for the auditor's random audit: contradictions, and scores with their factors."""

import json
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from refnode import MODEL_VERSION
from refnode.api import lines
from refnode.api.interval import read_interval
from refnode.clock import Clock, rfc3339
from refnode.explaining import explained
from refnode.parts import Node
from refnode.roster import AUDIT

CONTRADICTION = (
    "SELECT contradiction_id, entity_id, description, confidence, contradiction_date, source_1_id, source_2_id"
    " FROM contradictions WHERE contradiction_date >= :since AND contradiction_date < :until"
    " ORDER BY contradiction_date, contradiction_id"
)
SCORE = (
    "SELECT risk_id, calculated_at, risk_value FROM decisions"
    " WHERE calculated_at >= :since AND calculated_at < :until ORDER BY calculated_at, risk_id"
)


def outputs_feed(node: Node) -> APIRouter:
    """Route published contradictions and the factors of scores."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)
    store, clock = node.store, node.clock

    @router.get("/contradictions")
    def contradictions(since: str = "", until: str = "") -> Response:
        rows = store.rows(CONTRADICTION, **read_interval(clock, since, until).params)
        return lines.ndjson(json.dumps(_contradiction(clock, row)) for row in rows)

    @router.get("/score-factors")
    def score_factors(since: str = "", until: str = "") -> Response:
        rows = store.rows(SCORE, **read_interval(clock, since, until).params)
        return lines.ndjson(_scores(clock, rows, node.temper.unexplained))

    return router


def _contradiction(clock: Clock, row: Any) -> dict[str, Any]:
    key, entity_id, description, confidence, at, first, second = row
    return {
        "contradiction_id": key,
        "entity_id": entity_id,
        "published_at": clock.text(at),
        "confidence": confidence,
        "description": description,
        "source_ids": [first, second],
    }


def _scores(clock: Clock, rows: Iterable[Any], unexplained: float) -> Iterable[str]:
    anchor = clock.anchor
    for risk_id, at, value in rows:
        factors = json.dumps(explained(risk_id, value, unexplained))
        yield (
            f'{{"risk_id": "{risk_id}", "calculated_at": "{rfc3339(anchor + at)}", "risk_value": {value}, '
            f'"factors": {factors}, "model_version": "{MODEL_VERSION}"}}'
        )
