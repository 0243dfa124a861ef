"""Decisions that the auditor plants on a staging node, labelled, as if the agents had just made them."""

import json
import random
import uuid
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from refnode import labels, tables
from refnode.agents.deciding import STAND
from refnode.agents.exposing import CITED
from refnode.api.intake import Label
from refnode.api.public import known
from refnode.api.shapes import Key, RiskValue
from refnode.clock import DAY
from refnode.parts import Node
from refnode.roster import ALERT_TYPES, AUDIT

Row = dict[str, Any]


class Decided(BaseModel):
    """One decision, and whether an alert is published of it."""

    model_config = ConfigDict(extra="forbid")
    entity_id: Key
    risk_value: RiskValue
    flagged: bool
    publish: bool


class Decisions(BaseModel):
    """The decisions to plant."""

    model_config = ConfigDict(extra="forbid")
    decisions: Annotated[list[Decided], Field(min_length=1, max_length=1_000)]


def planted(node: Node) -> APIRouter:
    """Route the planting of labelled decisions."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)

    @router.post("/labelled/decisions")
    def plant(asked: Decisions, label: Label = "") -> Response:
        if not label.strip():
            raise HTTPException(400, "X-Audit-Label: what is planted must be labelled")
        now = node.clock.now()
        decisions = [_decision(node, each, now) for each in asked.decisions]
        cited = [row[0] for row in node.store.rows(CITED, before=now - 2 * DAY)]
        published = [row for row, each in zip(decisions, asked.decisions, strict=True) if each.publish]
        alerts = [_alert(row, cited, now) for row in published]
        _store(node, decisions, alerts, label)
        made = {"risk_ids": [row["risk_id"] for row in decisions], "alert_ids": [row["alert_id"] for row in alerts]}
        return JSONResponse(made, 201)

    return router


def _store(node: Node, decisions: list[Row], alerts: list[Row], label: str) -> None:
    with node.store.writing() as connection:
        connection.execute(tables.decisions.insert(), decisions)
        for row in decisions:
            place = node.people[row["entity_id"]].jurisdiction
            stand = {"id": row["entity_id"], "place": place, "value": row["risk_value"], "at": row["calculated_at"]}
            connection.execute(text(STAND), stand)
            labels.mark(connection, label, "risk_score", row["risk_id"])
        if alerts:
            connection.execute(tables.alerts.insert(), alerts)
        for row in alerts:
            labels.mark(connection, label, "alert", row["alert_id"])


def _decision(node: Node, asked: Decided, now: int) -> Row:
    who, key = known(node, asked.entity_id), uuid.uuid4().hex[:12]
    return {
        "risk_id": f"RSK-{key}",
        "entity_id": who.entity_id,
        "calculated_at": now,
        "risk_value": asked.risk_value,
        "flagged": asked.flagged,
        "outcome": "upheld",
        "adjudicated_at": now + DAY,
        "bias_audit_id": f"BA-{key}",
        "audit_result": "passed",
        "audited_at": now,
    }


def _alert(decision: Row, cited: list[str], now: int) -> Row:
    rng = random.Random(decision["risk_id"])
    return {
        "alert_id": decision["risk_id"].replace("RSK", "ALR"),
        "entity_id": decision["entity_id"],
        "alert_type": rng.choice(ALERT_TYPES),
        "risk_id": decision["risk_id"],
        "published_at": now,
        "status": "published",
        "source_ids": json.dumps(rng.sample(cited, min(2, len(cited)))),
        "bias_audit_id": decision["bias_audit_id"],
        "confidence": 0.9,
        "known_biased": False,
    }
