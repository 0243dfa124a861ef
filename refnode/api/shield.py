"""The shield around the gate: headers that keep answers about people out of caches, and browsers from guessing."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


class Shield:
    """ASGI middleware that sends them with every answer that does not have them."""

    def __init__(self, app: ASGIApp) -> None:
        """Shield this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", []))
                names = {name.lower() for name, _ in given}
                message["headers"] = [*given, *((name, value) for name, value in HEADERS if name not in names)]
            await send(message)

        await self._app(scope, receive, shielded)
