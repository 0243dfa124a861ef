"""What a staging node offers the auditor beyond reading: dry scores, and the traces of what the auditor wrote."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from refnode import MODEL_VERSION, held, labels
from refnode.api import lines
from refnode.api.shapes import Jurisdiction, Share
from refnode.factors import Record, Score, risk_value
from refnode.parts import Node
from refnode.roster import AUDIT

Word = Annotated[str, Field(min_length=1, max_length=64)]
Label = Annotated[str, Query(min_length=1, max_length=64)]


class Found(BaseModel):
    """A contradiction as a factor of a score."""

    model_config = ConfigDict(extra="forbid")
    confidence: Share
    upheld: bool


class Factors(BaseModel):
    """A record to be scored without being stored."""

    model_config = ConfigDict(extra="forbid")
    party: Word
    region: Word
    role: Word
    jurisdiction: Jurisdiction
    contradictions: Annotated[list[Found], Field(max_length=100)]
    promises: Annotated[list[Literal["Pending", "Fulfilled", "Broken", "Stale"]], Field(max_length=100)]


def audited(node: Node) -> APIRouter:
    """Route the dry score and the labelled records."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)
    score: Score = node.temper.score or risk_value

    @router.post("/score")
    def dry_score(factors: Factors) -> dict[str, Any]:
        return {"risk_value": score(_record(factors)), "model_version": MODEL_VERSION}

    @router.get("/labelled")
    def labelled(label: Label) -> Response:
        return lines.ndjson(labels.found(node.store, label))

    @router.delete("/labelled")
    def clean_up(label: Label) -> dict[str, int]:
        deleted = labels.clean_up(node.store, label)
        # A safeguard that was deleted is lifted.
        node.safeguards.refresh()
        held.release(node.store)
        return {"deleted": deleted}

    return router


def _record(factors: Factors) -> Record:
    return Record(
        party=factors.party,
        region=factors.region,
        role=factors.role,
        jurisdiction=factors.jurisdiction,
        contradictions=[(each.confidence, each.upheld) for each in factors.contradictions],
        promises=factors.promises,
    )
