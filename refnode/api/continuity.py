"""The control plane's word on whether the node can go on: the newest backup, and the integrity of what it holds."""

from typing import Any

from fastapi import APIRouter, HTTPException

from refnode import integrity
from refnode.parts import Node


def continuity_calls(node: Node) -> APIRouter:
    """Route the integrity check, the newest backup and the failover."""
    router = APIRouter(include_in_schema=False)

    @router.get("/eat/verify-integrity")
    def verify_integrity() -> dict[str, Any]:
        return integrity.verify(node)

    @router.post("/iri/trigger-failover")
    def trigger_failover() -> None:
        raise HTTPException(501, "this node has no secondary of its own; what stands in front of it fails over")

    return router
