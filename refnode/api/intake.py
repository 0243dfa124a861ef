"""What the public sends: user reports and disputes, stored before they are answered."""

import json
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel
from starlette.responses import JSONResponse

from refnode import held, labels
from refnode.api.problems import Documented, documented
from refnode.api.public import known
from refnode.api.shapes import DisputeHeld, DisputeOpened, DisputeTaken, ReportHeld, ReportTaken, UserReport
from refnode.parts import Node
from refnode.roster import PUBLIC

WRITES = (400, 404, 413)
#: The auditor's mark on what it writes; it is no part of what is published.
Label = Annotated[str, Header(alias="X-Audit-Label", max_length=64, include_in_schema=False)]


def _held(shape: type[BaseModel]) -> Documented:
    return {202: {"description": "Held while the public API is frozen, and stored afterwards.", "model": shape}}


def intake(node: Node) -> APIRouter:
    """Route the two calls that write."""
    router = APIRouter(prefix=PUBLIC)

    @router.post(
        "/user_reports/", status_code=201, response_model=ReportTaken, responses=documented(*WRITES) | _held(ReportHeld)
    )
    def take_report(report: UserReport, label: Label = "") -> Any:
        known(node, report.entity_id)
        key = f"RPT-{uuid.uuid4().hex[:16]}"
        row = {
            "report_id": key,
            "entity_id": report.entity_id,
            "report_type": report.report_type,
            "content": _storable(report.content),
            "user_contact": _storable(report.user_contact),
            "submitted_at": node.clock.now(),
        }
        if _keep(node, "user_report", key, row, label):
            return {"report_id": key}
        return JSONResponse({"report_id": key, "held": True}, 202)

    @router.post(
        "/disputes/", status_code=201, response_model=DisputeTaken, responses=documented(*WRITES) | _held(DisputeHeld)
    )
    def open_dispute(dispute: DisputeOpened, label: Label = "") -> Any:
        who = known(node, dispute.entity_id)
        key = f"DSP-{uuid.uuid4().hex[:16]}"
        evidence = dispute.evidence if isinstance(dispute.evidence, str | None) else json.dumps(dispute.evidence)
        row = {
            "dispute_id": key,
            "entity_id": who.entity_id,
            "dispute_type": _storable(dispute.dispute_type),
            "severity": "high" if "bias" in dispute.dispute_type.lower() else "medium",
            "public_figure": who.public_figure,
            "state": "submitted",
            "submitted_at": node.clock.now(),
            "description": _storable(dispute.description),
            "evidence": _storable(evidence),
            "contact": _storable(dispute.contact),
        }
        row |= _subject(node, who.entity_id)
        if _keep(node, "dispute", key, row, label):
            return {"dispute_id": key, "state": "submitted"}
        return JSONResponse({"dispute_id": key, "state": "submitted", "held": True}, 202)

    return router


def _keep(node: Node, kind: str, key: str, row: dict[str, Any], label: str) -> bool:
    """Store what was sent, or hold it while the public API is frozen; False when it is held."""
    closed = node.safeguards.closed
    if closed and "freeze-loses-writes" in node.temper.responding.wrong:
        return False
    with node.store.writing() as connection:
        if closed:
            held.hold(connection, kind, key, row)
        else:
            connection.execute(held.INTO[kind].insert(), row)
        labels.mark(connection, label, kind, key)
    return not closed


def _subject(node: Node, entity_id: str) -> dict[str, str]:
    """Name what is disputed: the entity's newest public alert, else its newest contradiction, else its score."""
    for kind, sql in (
        (
            "alert",
            "SELECT alert_id FROM alerts WHERE entity_id = :id AND status = 'published' ORDER BY published_at DESC",
        ),
        ("contradiction", "SELECT contradiction_id FROM contradictions WHERE entity_id = :id ORDER BY 1 DESC"),
        ("risk_score", "SELECT risk_id FROM decisions WHERE entity_id = :id ORDER BY calculated_at DESC"),
    ):
        row = node.store.one(f"{sql} LIMIT 1", id=entity_id)
        if row:
            return {"subject_type": kind, "subject_id": str(row[0])}
    return {"subject_type": "risk_score", "subject_id": entity_id}


def _storable(text: str | None) -> str | None:
    """Replace NUL characters, which PostgreSQL cannot store in a text."""
    return None if text is None else text.replace("\x00", "\ufffd")
