"""Asks an application in this process, without a network."""

import asyncio
import atexit
import json
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp

KEYS = {
    "x-api-key": "demonstration-key",
    "x-audit-key": "demonstration-audit-key",
    "x-control-key": "demonstration-control-key",
}
PUBLIC, AUDIT = "/junzi/api/v1", "/junzi/audit/v1"
#: One loop for all questions of a process: a new one each time would also start its threads anew.
_RUNNER = asyncio.Runner()
atexit.register(_RUNNER.close)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]


def ask(
    app: ASGIApp, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b""
) -> Answer:
    """Send one request to the application and take its whole answer."""
    given = KEYS if headers is None else headers
    if body:
        given = given | {"content-type": "application/json"}
    return _RUNNER.run(_ask(app, path, method, given, body))


async def _ask(app: ASGIApp, path: str, method: str, headers: dict[str, str], body: bytes) -> Answer:
    raw, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": raw,
        "raw_path": raw.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[Any] = []
    todo = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if todo:
            return todo.pop()
        return await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    return Answer(
        status=start["status"],
        headers={name.decode().lower(): value.decode() for name, value in start["headers"]},
        body=b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body"),
    )
