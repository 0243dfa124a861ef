"""What goes wrong, as status codes: documented per call, and answered as `{"detail": …}`."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from refnode.api.shapes import Problem

REASONS = {
    400: "The request is not valid.",
    401: "There is no valid key in X-API-Key.",
    404: "Nothing has this id.",
    413: "The body is larger than 10 MB.",
    429: "More than the allowed requests in 60 seconds; Retry-After says how many seconds to wait.",
    503: "The node's storage does not answer.",
}
RETRY_AFTER = {"Retry-After": {"description": "Whole seconds to wait", "schema": {"type": "integer"}}}

Documented = dict[int | str, dict[str, Any]]


def documented(*statuses: int) -> Documented:
    """Document these statuses beside the ones every public call can answer."""
    answers: Documented = {
        status: {"description": REASONS[status], "model": Problem} for status in sorted({401, 429, 503, *statuses})
    }
    answers[429]["headers"] = RETRY_AFTER
    return answers


def answer_problems(app: FastAPI) -> None:
    """Install the handlers that turn errors into documented answers."""

    @app.exception_handler(RequestValidationError)
    def _invalid(_request: Request, error: RequestValidationError) -> Response:
        found = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'][1:]) or 'request'}: {problem['msg']}"
            for problem in error.errors()[:5]
        )
        return problem(400, found)

    @app.exception_handler(405)
    def _not_allowed(request: Request, _error: Exception) -> Response:
        return problem(405, "this call is not offered", {"Allow": ", ".join(_offered(app, request))})

    @app.exception_handler(SQLAlchemyError)
    def _storage(_request: Request, _error: SQLAlchemyError) -> Response:
        return problem(503, "the node's storage does not answer")


def _offered(app: FastAPI, request: Request) -> list[str]:
    """Name every method offered at a path; the router itself only knows those of the first route that fits."""
    scope = dict(request.scope)
    methods: set[str] = set()
    for method in ("GET", "POST"):
        scope["method"] = method
        if any(route.matches(scope)[0] is Match.FULL for route in app.routes):
            methods.add(method)
    return sorted(methods)


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Answer with a problem; lone surrogates in the detail are replaced, so that it can be encoded."""
    return JSONResponse({"detail": detail.encode("utf-8", "replace").decode()}, status, headers)
