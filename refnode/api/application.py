"""The whole application: routes inside, then faults after the gate, the gate, faults before it, and the reception."""

from typing import Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp

from refnode import MODEL_VERSION, NODE, VERSION
from refnode.api.audited import audited
from refnode.api.backup import backup_calls
from refnode.api.closing import Closing
from refnode.api.concerns import concerns_feed
from refnode.api.continuity import continuity_calls
from refnode.api.control import incident_calls, safeguard_calls
from refnode.api.council import council
from refnode.api.deployments import deployments, model_digest
from refnode.api.document import document_routes
from refnode.api.emergencies import emergencies_feed
from refnode.api.feed import findings_feed, ingestion_feed, operations_feed, sources_feed
from refnode.api.gate import Gate
from refnode.api.intake import intake
from refnode.api.listing import list_reads
from refnode.api.mitigations import mitigations_feed
from refnode.api.outputs import outputs_feed
from refnode.api.planted import planted
from refnode.api.problems import answer_problems
from refnode.api.public import entity_reads
from refnode.api.reception import Reception
from refnode.api.reports import report_reads
from refnode.api.reviewers import reviewers
from refnode.api.shapes import Health
from refnode.api.shield import Shield
from refnode.api.software import software_feed
from refnode.api.tracker import tracker
from refnode.api.validation import validation_feed
from refnode.clock import rfc3339
from refnode.metrics import Exposition
from refnode.parts import Node
from refnode.wraps import Wrap


def application(node: Node, wraps: tuple[Wrap, ...]) -> ASGIApp:
    """Build the application of a node with its faults' wraps."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    answer_problems(app)
    for router in (entity_reads(node), list_reads(node), report_reads(node), intake(node)):
        app.include_router(router)
    for router in (
        findings_feed(node),
        sources_feed(node),
        ingestion_feed(node),
        operations_feed(node),
        validation_feed(node),
    ):
        app.include_router(router)
    for router in (outputs_feed(node), reviewers(node)):
        app.include_router(router)
    for router in (council(node), concerns_feed(node), mitigations_feed(node)):
        app.include_router(router)
    app.include_router(deployments(node))
    app.include_router(audited(node))
    app.include_router(planted(node))
    for router in (software_feed(node), tracker(node), backup_calls(node)):
        app.include_router(router)
    for router in (incident_calls(node), safeguard_calls(node), continuity_calls(node), emergencies_feed(node)):
        app.include_router(router)
    _root_routes(app, node)
    app.include_router(document_routes(app))
    built: ASGIApp = Closing(app, node)
    for wrap in wraps:
        built = built if wrap.outer else wrap.around(built)
    built = Shield(Gate(built, node.settings, open_gate=node.temper.open_gate, more=node.temper.default_keys))
    for wrap in wraps:
        built = wrap.around(built) if wrap.outer else built
    return Reception(built, node)


def _root_routes(app: FastAPI, node: Node) -> None:
    exposition = Exposition(node)

    @app.get("/health", response_model=Health)
    def health() -> Any:
        return {
            "status": "frozen" if node.safeguards.now.frozen else "ok",
            "node": NODE,
            "version": VERSION,
            "model_version": MODEL_VERSION,
            "model_digest": model_digest(node),
            "time": rfc3339(node.clock.announced()),
        }

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(exposition.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
