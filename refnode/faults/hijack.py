"""Faults on the wire that replace the answers: HTML, redirects, endless bodies, silence, one byte a second."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import HTMLResponse, RedirectResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from refnode.faults.fault import Fault
from refnode.faults.wire import is_guarded
from refnode.wraps import Wrap

Serve = Callable[[Scope, Receive, Send], Awaitable[None]]
PAGE = "<!doctype html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
HUGE, PIECE = 1 << 30, b"a" * 65_536


def _instead(answer: Serve, wanted: Callable[[Scope], bool] = is_guarded) -> Callable[[Any], Wrap]:
    """Answer the wanted requests in this way, whatever key they carry."""

    def around(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await (answer if wanted(scope) else app)(scope, receive, send)

        return serve

    return lambda _: Wrap(around=around, outer=True)


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    await HTMLResponse(PAGE)(scope, receive, send)


async def _elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    await RedirectResponse(f"http://example.invalid{scope['path']}", status_code=302)(scope, receive, send)


async def _endless(scope: Scope, receive: Receive, send: Send) -> None:
    async def pieces() -> Any:
        yield b'["'
        for _ in range(HUGE // len(PIECE)):
            yield PIECE
        yield b'"]'

    await StreamingResponse(pieces(), media_type="application/json")(scope, receive, send)


async def _silence(_scope: Scope, receive: Receive, _send: Send) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


def _any(scope: Scope) -> bool:
    return bool(scope["type"] == "http")


class DrippingTransport:
    """A transport that sends one byte a second, headers too."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """Drip into this transport."""
        self._transport = transport
        self._waiting = bytearray()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def __getattr__(self, name: str) -> Any:
        """Leave everything but writing and closing to the transport."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Take bytes to drip."""
        self._waiting += data
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drip())

    def close(self) -> None:
        """Close once everything has dripped."""
        self._closing = True
        if self._task is None or self._task.done():
            self._transport.close()

    async def _drip(self) -> None:
        while self._waiting and not self._transport.is_closing():
            self._transport.write(bytes(self._waiting[:1]))
            del self._waiting[:1]
            await asyncio.sleep(1)
        if self._closing:
            self._transport.close()


def dripping_protocol() -> type[Any]:
    """Give uvicorn's protocol with a dripping transport under it."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Dripping(H11Protocol):
        """HTTP, one byte a second."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(DrippingTransport(transport))  # type: ignore[arg-type]

    return Dripping


FAULTS = (
    Fault(name="html-answers", does="public and audit answers are an HTML page with status 200", wrap=_instead(_page)),
    Fault(
        name="redirect-elsewhere",
        does="public and audit answers are a redirect (302) to http://example.invalid/",
        wrap=_instead(_elsewhere),
    ),
    Fault(name="huge-body", does="every public and audit answer streams 1 GB", wrap=_instead(_endless)),
    Fault(
        name="hang",
        does="connections are accepted and nothing is ever answered, not even /health",
        wrap=_instead(_silence, _any),
    ),
    Fault(name="slow-drip", does="every answer comes one byte a second, headers too", protocol=dripping_protocol),
)
