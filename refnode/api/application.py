"""The whole application: routes inside, then faults after the gate, the gate, faults before it, and the reception."""

from typing import Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp

from refnode import MODEL_VERSION, NODE, VERSION
from refnode.api.document import document_routes
from refnode.api.feed import findings_feed, ingestion_feed, operations_feed, sources_feed
from refnode.api.gate import Gate
from refnode.api.intake import intake
from refnode.api.listing import list_reads
from refnode.api.problems import answer_problems
from refnode.api.public import entity_reads
from refnode.api.reception import Reception
from refnode.api.shapes import Health
from refnode.clock import rfc3339
from refnode.metrics import Exposition
from refnode.parts import Node
from refnode.wraps import Wrap


def application(node: Node, wraps: tuple[Wrap, ...]) -> ASGIApp:
    """Build the application of a node with its faults' wraps."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    answer_problems(app)
    for router in (entity_reads(node), list_reads(node), intake(node)):
        app.include_router(router)
    for router in (findings_feed(node), sources_feed(node), ingestion_feed(node), operations_feed(node)):
        app.include_router(router)
    _root_routes(app, node)
    app.include_router(document_routes(app))
    built: ASGIApp = app
    for wrap in wraps:
        built = built if wrap.outer else wrap.around(built)
    built = Gate(built, node.settings)
    for wrap in wraps:
        built = wrap.around(built) if wrap.outer else built
    return Reception(built, node)


def _root_routes(app: FastAPI, node: Node) -> None:
    exposition = Exposition(node)

    @app.get("/health", response_model=Health)
    def health() -> Any:
        return {
            "status": "ok",
            "node": NODE,
            "version": VERSION,
            "model_version": MODEL_VERSION,
            "time": rfc3339(node.clock.announced()),
        }

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(exposition.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
