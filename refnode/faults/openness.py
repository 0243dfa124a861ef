"""Faults of what a stranger finds open: headers, websites, keys, errors that tell too much, a port."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from refnode.api.shield import HEADERS
from refnode.faults.fault import Fault
from refnode.faults.wire import is_public
from refnode.wraps import Wrap

Headers = list[tuple[bytes, bytes]]
INSIDE = (
    'Traceback (most recent call last):\n  File "/srv/junzi/node/api/listing.py", line 41, in page\n'
    "ValueError: this request cannot be served"
)


def _reheaded(change: Callable[[Scope, Headers], Headers]) -> Wrap:
    """Change the headers of every answer."""

    def around(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            async def changed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = change(scope, list(message.get("headers", [])))
                await send(message)

            await app(scope, receive, changed)

        return serve

    return Wrap(around=around, outer=True)


def _bare(_: Scope, headers: Headers) -> Headers:
    guards = {name for name, _ in HEADERS}
    return [each for each in headers if each[0].lower() not in guards]


def _shared(scope: Scope, headers: Headers) -> Headers:
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    allowed = [(b"access-control-allow-origin", origin) for origin in origins[:1]]
    return [*headers, *allowed, (b"access-control-allow-credentials", b"true")] if allowed else headers


def _verbose(_: Any) -> Wrap:
    def around(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            status = 0

            async def told(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                if status not in {400, 404} or not is_public(scope):
                    await send(message)
                elif message["type"] == "http.response.body" and not message.get("more_body"):
                    await JSONResponse({"detail": INSIDE}, status)(scope, receive, send)

            await app(scope, receive, told)

        return serve

    return Wrap(around=around)


FAULTS = (
    Fault(
        name="headers-missing",
        does="answers come without X-Content-Type-Options and Cache-Control",
        wrap=lambda _: _reheaded(_bare),
    ),
    Fault(
        name="cors-open",
        does="any website may read the answers with its visitor's credentials",
        wrap=lambda _: _reheaded(_shared),
    ),
    Fault(
        name="default-credentials",
        does="the public API takes the key changeme",
        live=lambda temper, _: replace(temper, default_keys=("changeme",)),
    ),
    Fault(
        name="errors-verbose",
        does="public answers 400 and 404 give a traceback as their reason",
        wrap=_verbose,
    ),
    Fault(
        name="port-open",
        does="the port above the node's own listens too",
        live=lambda temper, _: replace(temper, stray_port=True),
    ),
)
