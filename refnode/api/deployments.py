"""Which model the node runs, how it came to be deployed, and the rehearsal of the board's approval and of the gate."""

import hashlib
import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from refnode import MODEL_VERSION
from refnode.api.lines import ndjson
from refnode.clock import DAY, HOUR, rfc3339
from refnode.parts import Node
from refnode.roster import AUDIT
from refnode.scoring import AUDIT_FAILS, ENTITY_SPREAD, RIGHT, TRUTH_RATE, WRONG

DUTY = "governance.model-veto"
CONDITIONS = ("approval", "veto", "bias-duties", "vulnerabilities", "disputes", "rollback")
#: Days before now: the board approved, the node was deployed, the board rejected (a fault).
APPROVED, DEPLOYED, REJECTED = 31, 30, 3
PLAN = hashlib.sha256(b"rehearsal: go back to the model before").hexdigest()


def _sha256(*parameters: object) -> str:
    return hashlib.sha256(json.dumps([MODEL_VERSION, *parameters]).encode()).hexdigest()


#: The node's model is its parameters; nobody approved the other ones.
APPROVED_DIGEST = _sha256(TRUTH_RATE, ENTITY_SPREAD, AUDIT_FAILS, RIGHT, WRONG)
OTHER_DIGEST = _sha256("other parameters")


def model_digest(node: Node) -> str:
    """Give the digest of the model that runs."""
    return OTHER_DIGEST if "unapproved" in node.temper.deployment else APPROVED_DIGEST


def deployments(node: Node) -> APIRouter:
    """Route the history of deployments, and the outcomes of the rehearsed gate."""
    router = APIRouter(include_in_schema=False)

    @router.get(f"{AUDIT}/deployments")
    def history() -> Response:
        line = {
            "model_version": MODEL_VERSION,
            "model_digest": model_digest(node),
            "deployed_at": rfc3339(node.clock.anchor - DEPLOYED * DAY),
        }
        return ndjson([json.dumps(line)])

    @router.get("/council/gates")
    def gates() -> list[dict[str, Any]]:
        if "ungated" in node.temper.deployment:
            return []
        return [
            {
                "what": "gate outcome",
                "target": "rehearsal (built-in council)",
                "model_version": MODEL_VERSION,
                "model_digest": APPROVED_DIGEST,
                "at": rfc3339(node.clock.anchor - DEPLOYED * DAY - HOUR),
                "passed": True,
                "status": 0,
                "conditions": [{"name": name, "verdict": "MET", "why": "a rehearsal"} for name in CONDITIONS],
            }
        ]

    return router


def board(node: Node, subject: str, record: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the board's records of a model, made from any record of the council's: it knows the approved one only."""
    if subject != APPROVED_DIGEST:
        return []
    approved = {**record, "date": _day(node, APPROVED), "expires": _day(node, APPROVED - 366)}
    if "planless" not in node.temper.deployment:
        approved["decisions"] = {"rollback": f"a rehearsed plan, {PLAN}"}
    if "vetoed" not in node.temper.deployment:
        return [approved]
    rejected = {**record, "decision": "rejected", "date": _day(node, REJECTED), "remarks": "It harms one group."}
    return [rejected, approved]


def _day(node: Node, days_ago: int) -> str:
    return rfc3339(node.clock.anchor + node.clock.now() - days_ago * DAY)[:10]
