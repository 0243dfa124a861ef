"""The labelled validation set as the present scanner answers it, for the auditor."""

import json
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from refnode import MODEL_VERSION
from refnode.api import lines
from refnode.parts import Node
from refnode.roster import AUDIT

#: A pair is published as a contradiction from this confidence on.
FOUND_FROM: Final = 0.5
PAIR = "SELECT pair_id, contradicts, confidence FROM validation ORDER BY pair_id"


def validation_feed(node: Node) -> APIRouter:
    """Route the validation set."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)

    @router.get("/validation")
    def validation() -> Response:
        return lines.ndjson(json.dumps(_line(*row)) for row in node.store.rows(PAIR))

    return router


def _line(pair_id: str, contradicts: bool, confidence: float) -> dict[str, Any]:
    return {
        "pair_id": pair_id,
        "contradicts": bool(contradicts),
        "found": confidence >= FOUND_FROM,
        "confidence": confidence,
        "model_version": MODEL_VERSION,
    }
