"""The reception: the outermost room of every request. It gives the trace id and the date, counts, and logs."""

import re
import time
import uuid
from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from refnode.clock import MINUTE
from refnode.parts import Node
from refnode.roster import ENDPOINTS, PUBLIC, UNMATCHED, UNSEEDED
from refnode.tallies import Ended

LINES_PER_MINUTE = 300
TRACE = re.compile(rb"[A-Za-z0-9-]{8,64}\Z")
TEMPLATES = [
    (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)) + r"\Z"), template)
    for template in (*ENDPOINTS, *UNSEEDED)
]


def template_of(path: str) -> str:
    """Give the route template that a public path belongs to."""
    return next((template for pattern, template in TEMPLATES if pattern.match(path)), UNMATCHED)


class Reception:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, node: Node) -> None:
        """Receive requests for this application."""
        self._app, self._node = app, node
        self._log = node.journal.speaker("Api")
        self._minute, self._lines = 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, then count and log it if it was public."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500
        trace = _trace_of(scope)

        async def marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                date = formatdate(self._node.clock.announced() / 1000, usegmt=True).encode()
                message["headers"] = [*message.get("headers", []), (b"x-trace-id", trace), (b"date", date)]
            await send(message)

        with bound_contextvars(trace_id=trace.decode()):
            try:
                await self._app(scope, receive, marked)
            finally:
                if scope["path"].startswith(f"{PUBLIC}/"):
                    self._count(scope, status, time.perf_counter() - begun)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        endpoint, method = template_of(scope["path"]), scope["method"]
        at = self._node.clock.now()
        self._node.tallies.record(Ended(at=at, endpoint=endpoint, method=method, status=status, seconds=seconds))
        if status < 500 and not self._worth_a_line(at // MINUTE):
            return
        words = {"endpoint": endpoint, "method": method, "status": status, "took_ms": round(seconds * 1000)}
        level = self._log.warning if status >= 500 else self._log.info
        level("request answered", **words)

    def _worth_a_line(self, minute: int) -> bool:
        """Log the first requests of a minute one by one; a load test must not drown the log."""
        if minute != self._minute:
            self._minute, self._lines = minute, 0
        self._lines += 1
        return self._lines <= LINES_PER_MINUTE


def _trace_of(scope: Scope) -> bytes:
    """Take the client's trace id if it is a plain one, else give a new one."""
    for name, value in scope["headers"]:
        if name == b"x-trace-id" and TRACE.match(value):
            return bytes(value)
    return uuid.uuid4().hex.encode()
