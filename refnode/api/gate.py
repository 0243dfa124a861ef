"""The gate before every surface: keys, the public rate limit, and the size of a body."""

import hmac
import math
import time
from collections import deque

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from refnode.api.problems import problem
from refnode.roster import AUDIT, CONTROL, PUBLIC
from refnode.settings import Settings

WINDOW = 60.0
BODY_LIMIT = 10 * 1024 * 1024


class RateLimit:
    """Lets a key through so many times in any 60 seconds."""

    def __init__(self, most: int) -> None:
        """Allow `most` requests per window; 0 allows any number."""
        self._most = most
        self._passed: dict[bytes, deque[float]] = {}

    def told(self, key: bytes) -> list[tuple[bytes, bytes]]:
        """Give the headers that tell a client how often it may ask, and how often it still may."""
        if self._most <= 0:
            return []
        left = self._most - len(self._passed.get(key, ()))
        return [(b"ratelimit-limit", b"%d" % self._most), (b"ratelimit-remaining", b"%d" % max(0, left))]

    def seconds_to_wait(self, key: bytes) -> int:
        """Count a request in and give 0, or give the whole seconds until one would be let through."""
        if self._most <= 0:
            return 0
        now = time.monotonic()
        passed = self._passed.setdefault(key, deque())
        while passed and passed[0] <= now - WINDOW:
            passed.popleft()
        if len(passed) >= self._most:
            return max(1, math.ceil(passed[0] + WINDOW - now))
        passed.append(now)
        return 0


class Gate:
    """ASGI middleware that turns away who has no key, asks too often or sends too much."""

    def __init__(
        self, app: ASGIApp, settings: Settings, *, open_gate: bool = False, more: tuple[str, ...] = ()
    ) -> None:
        """Guard this application; an open gate lets everybody through to the public API, and `more` keys open it."""
        self._open = open_gate
        self._app = app
        self._public = [key.encode() for key in (*settings.keys.public, *more)]
        self._audit = [settings.keys.audit.encode()]
        self._control = [settings.keys.control.encode()] if settings.keys.control else []
        self._limit = RateLimit(settings.rate_limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path.startswith(f"{PUBLIC}/") and not self._open:
            key = _given(scope, b"x-api-key")
            if not _among(key, self._public):
                await problem(401, "a valid X-API-Key is needed")(scope, receive, send)
                return
            wait = self._limit.seconds_to_wait(key)
            if wait:
                answer = problem(429, f"too many requests; try again in {wait} s", {"Retry-After": str(wait)})
                await answer(scope, receive, send)
                return
            receive, send = _measured(receive), _telling(send, self._limit.told(key))
        elif path.startswith(f"{AUDIT}/") and not _among(_given(scope, b"x-audit-key"), self._audit):
            await problem(401, "a valid X-Audit-Key is needed")(scope, receive, send)
            return
        elif path.startswith(CONTROL):
            if not _among(_given(scope, b"x-control-key"), self._control):
                await problem(401, "a valid X-Control-Key is needed")(scope, receive, send)
                return
            receive = _measured(receive)
        await self._app(scope, receive, send)


def _telling(send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
    """Send these headers with the answer."""

    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *headers]
        await send(message)

    return telling


def _given(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope["headers"] if key == name), b"")


def _among(given: bytes, keys: list[bytes]) -> bool:
    """Compare with every key in constant time."""
    matches = [hmac.compare_digest(given, key) for key in keys]
    return any(matches)


def _measured(receive: Receive) -> Receive:
    """Count body bytes as they come; past the limit, read the rest away and answer 413.

    Reading it away first keeps the client from seeing a reset connection instead of the answer.
    """
    size = 0

    async def measured() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size <= BODY_LIMIT:
            return message
        while message.get("more_body") and size <= 10 * BODY_LIMIT:
            message = await receive()
            size += len(message.get("body", b""))
        raise HTTPException(413, "the body is larger than 10 MB")

    return measured
