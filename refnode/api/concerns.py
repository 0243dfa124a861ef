"""The register of public concerns in the audit feed, and the pages on which answers are published."""

import json
from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.responses import PlainTextResponse, Response

from refnode.api import lines
from refnode.api.interval import read_interval
from refnode.parts import Node
from refnode.roster import AUDIT
from refnode.seeding.concerns import Concern, concerns

PAGES = "/concerns"
FILED = "SELECT report_id, submitted_at FROM user_reports ORDER BY submitted_at, report_id"
DISMISSED = "SELECT dispute_id, resolved_at FROM disputes WHERE ruling = 'dismissed' AND resolved_at IS NOT NULL"


def concerns_feed(node: Node) -> APIRouter:
    """Route the register and the published answers."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{AUDIT}/concerns")
    def listed(since: str = "", until: str = "") -> Response:
        asked = read_interval(node.clock, since, until)
        told = (
            _line(node, each)
            for each in _register(node)
            if each.received_at < asked.until and (each.received_at >= asked.since or each.answered_at is None)
        )
        return lines.ndjson(map(json.dumps, told))

    @router.get(f"{PAGES}/{{concern_id}}")
    def published(concern_id: str) -> Response:
        known = {each.concern_id for each in _register(node) if each.answer_published_at is not None}
        if concern_id not in known or "unpublished" in node.temper.concerns:
            raise HTTPException(404, "no answer is published under this id")
        return PlainTextResponse(f"Answer to {concern_id} by the Community Feedback Council. A demonstration.\n")

    return router


def _register(node: Node) -> list[Concern]:
    filed, dismissed = node.store.rows(FILED), node.store.rows(DISMISSED)
    return concerns(node.settings.seed, node.clock.now(), filed, dismissed, node.temper.concerns)


def _line(node: Node, each: Concern) -> dict[str, Any]:
    text = node.clock.maybe
    return {
        "concern_id": each.concern_id,
        "kind": each.kind,
        "channel": each.channel,
        "received_at": text(each.received_at),
        "acknowledged_at": text(each.acknowledged_at),
        "answered_at": text(each.answered_at),
        "answer_published_at": text(each.answer_published_at),
        "published_url": None if each.answer_published_at is None else f"{PAGES}/{each.concern_id}",
        "severity": each.severity,
        "subject_type": each.subject_type,
        "report_id": each.report_id,
        "state": each.state,
    }
