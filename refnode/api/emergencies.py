"""Emergencies in the audit feed: incidents, safeguards and corrections."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from refnode import corrections, incidents, protecting
from refnode.api import lines
from refnode.api.interval import read_interval
from refnode.clock import Clock
from refnode.parts import Node
from refnode.roster import AUDIT


def emergencies_feed(node: Node) -> APIRouter:
    """Route the three lists."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)

    def told(sql: str, shown: Callable[[Clock, Any], dict[str, Any]], since: str, until: str) -> Response:
        rows = node.store.rows(sql, **read_interval(node.clock, since, until).params)
        return lines.ndjson(json.dumps(shown(node.clock, row)) for row in rows)

    @router.get("/incidents")
    def incidents_told(since: str = "", until: str = "") -> Response:
        return told(incidents.WITHIN, incidents.shown, since, until)

    @router.get("/safeguards")
    def safeguards_told(since: str = "", until: str = "") -> Response:
        return told(protecting.WITHIN, protecting.shown, since, until)

    @router.get("/corrections")
    def corrections_told(since: str = "", until: str = "") -> Response:
        return told(corrections.WITHIN, corrections.shown, since, until)

    return router
