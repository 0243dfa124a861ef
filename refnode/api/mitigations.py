"""The register of bias findings in the audit feed."""

import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from refnode.api import lines
from refnode.api.interval import read_interval
from refnode.hostility import hostile
from refnode.parts import Node
from refnode.roster import AUDIT
from refnode.seeding.mitigations import Finding, findings

UPHELD = (
    "SELECT dispute_id, entity_id, resolved_at FROM disputes"
    " WHERE dispute_type = 'bias' AND ruling = 'upheld' AND resolved_at IS NOT NULL ORDER BY dispute_id"
)


def mitigations_feed(node: Node) -> APIRouter:
    """Route the register."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)

    @router.get("/bias-findings")
    def listed(since: str = "", until: str = "") -> Response:
        asked = read_interval(node.clock, since, until)
        known = findings(
            node.settings.seed, node.clock.now(), node.store.rows(UPHELD), node.people, node.temper.mitigations
        )
        told = (
            json.dumps(_line(node, each))
            for each in known
            if each.found_at < asked.until and (each.found_at >= asked.since or each.state != "closed")
        )
        return lines.ndjson(told)

    return router


def _line(node: Node, each: Finding) -> dict[str, Any]:
    mitigation = each.mitigation
    return {
        "finding_id": each.finding_id,
        "attribute": each.attribute,
        "group": each.group,
        "measure": each.measure,
        "gap": each.gap,
        "found_at": node.clock.text(each.found_at),
        "about": each.about,
        "owner": each.owner,
        "mitigation": hostile(mitigation) if mitigation and node.temper.hostile else mitigation,
        "due": node.clock.maybe(each.due),
        "mitigated_at": node.clock.maybe(each.mitigated_at),
        "gap_after": each.gap_after,
        "state": each.state,
    }
