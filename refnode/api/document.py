"""The OpenAPI document of the public API: only what the node really answers, with the key it asks for."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import JSONResponse, Response

from refnode import VERSION
from refnode.api.problems import documented
from refnode.roster import PUBLIC


def document_routes(app: FastAPI) -> APIRouter:
    """Route the document: under the public base path with a key, and at the root without one."""
    router = APIRouter()
    made: list[dict[str, Any]] = []

    def document() -> dict[str, Any]:
        if not made:
            made.append(_written(app))
        return made[0]

    @router.get(f"{PUBLIC}/openapi.json", responses=documented(), response_model=dict[str, Any])
    def public_document() -> Response:
        return JSONResponse(document())

    @router.get("/openapi.json", include_in_schema=False)
    def root_document() -> Response:
        return JSONResponse(document())

    return router


def _written(app: FastAPI) -> dict[str, Any]:
    written = get_openapi(
        title="JUNZI public API", version=VERSION, description="What one JUNZI node publishes.", routes=app.routes
    )
    for path, operations in written["paths"].items():
        for operation in operations.values():
            # FastAPI documents 422 for whatever has parameters; this node answers 400 instead, and says so itself.
            operation["responses"].pop("422", None)
            operation["security"] = [{"key": []}] if path.startswith(PUBLIC) else []
    parts = written.setdefault("components", {})
    for name in ("HTTPValidationError", "ValidationError"):
        parts.get("schemas", {}).pop(name, None)
    parts["securitySchemes"] = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
    return written
