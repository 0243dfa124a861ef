"""Faults on the wire that bend the answers: broken JSON, wrong types."""

import json
import re
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from refnode.faults.fault import Fault
from refnode.faults.wire import is_guarded, is_public
from refnode.wraps import Wrap

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class Rewritten:
    """ASGI middleware that rewrites the whole body of good JSON or NDJSON answers."""

    def __init__(self, app: ASGIApp, rewrite: Any, wanted: Any) -> None:
        """Rewrite with `rewrite(body, ndjson)` the answers to the requests that are `wanted(scope)`."""
        self._app, self._rewrite, self._wanted = app, rewrite, wanted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, holding the answer back until it is complete."""
        if not self._wanted(scope):
            await self._app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def held(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._finish(start, b"".join(parts), send)

        await self._app(scope, receive, held)

    async def _finish(self, start: Message, body: bytes, send: Send) -> None:
        kind = next((value for name, value in start["headers"] if name == b"content-type"), b"")
        if start["status"] == 200 and b"json" in kind:
            body = self._rewrite(body, b"ndjson" in kind)
            headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
            start["headers"] = [*headers, (b"content-length", str(len(body)).encode())]
        await send(start)
        await send({"type": "http.response.body", "body": body})


def _broken(body: bytes, _ndjson: bool) -> bytes:
    return body[: len(body) // 2] + b'{"]'


def _mistyped(body: bytes, ndjson: bool) -> bytes:
    if not ndjson:
        return json.dumps(mistype(json.loads(body))).encode()
    return b"".join(_mistyped_line(line) + b"\n" for line in body.splitlines())


def _mistyped_line(line: bytes) -> bytes:
    try:
        return json.dumps(mistype(json.loads(line))).encode()
    except ValueError:
        return line


def mistype(value: Any) -> Any:
    """Turn numbers into strings, lists into objects and times into numbers."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return len(value) * 1_000_000 if INSTANT.match(value) else value
    if isinstance(value, list):
        return {str(place): mistype(item) for place, item in enumerate(value)}
    return {name: mistype(item) for name, item in value.items()}


FAULTS = (
    Fault(
        name="garbage-json",
        does="the bodies of public 200 answers are broken JSON",
        wrap=lambda _: Wrap(around=lambda app: Rewritten(app, _broken, is_public)),
    ),
    Fault(
        name="wrong-types",
        does="public and audit answers hold numbers as strings, lists as objects, and times as numbers",
        wrap=lambda _: Wrap(around=lambda app: Rewritten(app, _mistyped, is_guarded)),
    ),
)
