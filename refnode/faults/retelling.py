"""An answer on its way out, whole, so that a fault can tell something else: status, headers and the JSON in it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from refnode.wraps import Wrap


@dataclass(kw_only=True)
class Told:
    """What the node is about to answer; `json` is what the body holds, or None where it holds no JSON."""

    scope: Scope
    status: int
    headers: dict[str, str]
    json: Any = field(default=None)

    def asked(self, name: str, default: str = "") -> str:
        """Give a parameter of the query."""
        return str(parse_qs(self.scope["query_string"].decode()).get(name, [default])[-1])


Retell = Callable[[Told], None]


def retold(retell: Retell, *, path: str = "", method: str = "GET", status: int = 200, outer: bool = False) -> Wrap:
    """Retell the answers of that method and status on the paths that the pattern matches."""
    pattern = re.compile(rf"(?:/junzi/api/v1|/junzi/audit/v1)?{path}\Z")

    def around(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] != method or not pattern.match(scope["path"]):
                await app(scope, receive, send)
                return
            whole: list[Message] = []

            async def held(message: Message) -> None:
                whole.append(message)

            await app(scope, receive, held)
            for message in _again(whole, scope, retell) if whole[0]["status"] == status else whole:
                await send(message)

        return serve

    return Wrap(around=around, outer=outer)


def _again(whole: list[Message], scope: Scope, retell: Retell) -> list[Message]:
    headers = {name.decode(): value.decode() for name, value in whole[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in whole[1:])
    told = Told(scope=scope, status=whole[0]["status"], headers=headers)
    is_json = headers.get("content-type", "") == "application/json"
    if is_json:
        told.json = json.loads(body)
    retell(told)
    if is_json:
        body = told.json if isinstance(told.json, bytes) else json.dumps(told.json).encode()
    told.headers["content-length"] = str(len(body))
    kept = [(name.encode(), value.encode()) for name, value in told.headers.items()]
    return [
        {"type": "http.response.start", "status": told.status, "headers": kept},
        {"type": "http.response.body", "body": body},
    ]
