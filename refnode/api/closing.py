"""What the public API does not show while a safeguard is in force: everything when frozen, alerts in a recovery."""

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from refnode.parts import Node
from refnode.roster import PUBLIC
from refnode.safeguards import FREEZE, RECOVERY

RETRY_AFTER = "30"
ALERTS = f"{PUBLIC}/alerts/"
CORRECTIONS = f"{PUBLIC}/corrections/"
FROZEN = "the public API is frozen while an incident is looked into"
RECOVERING = "no alerts are shown before the node's recovery is approved"


class Closing:
    """ASGI middleware that answers for the application where a safeguard says so."""

    def __init__(self, app: ASGIApp, node: Node) -> None:
        """Stand before this application."""
        self._app, self._safeguards = app, node.safeguards

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        answer = None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            answer = self._instead(scope["path"])
        await (answer or self._app)(scope, receive, send)

    def _instead(self, path: str) -> Response | None:
        if self._safeguards.leaks and path == CORRECTIONS:
            return None
        if self._safeguards.closed and path.startswith(f"{PUBLIC}/"):
            return _unavailable(FREEZE, FROZEN)
        if self._safeguards.without_alerts and path == ALERTS:
            return _unavailable(RECOVERY, RECOVERING)
        return None


def _unavailable(safeguard: str, detail: str) -> Response:
    told = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": detail}
    headers = {"Retry-After": RETRY_AFTER, "X-Junzi-Safeguard": safeguard}
    return JSONResponse(told, 503, headers, media_type="application/problem+json")
