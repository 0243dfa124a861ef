"""Faults of what the node lets in: reports taken and forgotten, scrapers answered."""

import json
import uuid
from dataclasses import replace

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from refnode.faults.arguments import many
from refnode.faults.fault import Fault
from refnode.roster import PUBLIC
from refnode.wraps import Wrap

REPORTS = f"{PUBLIC}/user_reports/"


def _forgetful(every: int) -> Wrap:
    def around(app: ASGIApp) -> ASGIApp:
        taken = 0

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal taken
            if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == REPORTS:
                taken += 1
                if taken % every:
                    await _receipt(scope, receive, send)
                    return
            await app(scope, receive, send)

        return serve

    return Wrap(around=around)


async def _receipt(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the report away and answer as if it had been stored."""
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    try:
        json.loads(body)
    except ValueError:
        await JSONResponse({"detail": "no JSON"}, 400)(scope, receive, send)
        return
    await JSONResponse({"report_id": f"RPT-{uuid.uuid4().hex[:16]}"}, 201)(scope, receive, send)


FAULTS = (
    Fault(
        name="writes-lost",
        argument="N",
        default="10",
        read=many,
        does="user reports are all answered 201, and only every N-th is stored",
        wrap=_forgetful,
    ),
    Fault(
        name="scraping-allowed",
        does="the public API answers without a key, and however often a key asks",
        live=lambda temper, _: replace(temper, open_gate=True),
    ),
)
