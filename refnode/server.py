"""Serves a node: the listener, the ready line, and a clean end by signal or by the end of stdin."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from refnode.settings import Settings

#: Pairs of ports that are tried before it is said that there is none.
_TRIES = 50


def listener(host: str, port: int) -> socket.socket:
    """Bind the listening socket, with small answers leaving at once (TCP_NODELAY).

    asyncio sets TCP_NODELAY only on sockets whose protocol is named IPPROTO_TCP; without it every answer takes 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    bound.bind((host, port))
    bound.listen(2048)
    return bound


def listeners(host: str, port: int, *, stray: bool) -> tuple[socket.socket, socket.socket | None]:
    """Bind the node's socket and the one above it, which listens too if asked; OSError if a given port is taken.

    A node that chooses its own port also holds the one above, so that a scan which looks there meets nobody else.
    """
    if port:
        return listener(host, port), listener(host, port + 1) if stray else None
    for _ in range(_TRIES - 1):
        with contextlib.suppress(OSError, OverflowError):
            return _pair(host, stray=stray)
    return _pair(host, stray=stray)


def _pair(host: str, *, stray: bool) -> tuple[socket.socket, socket.socket]:
    bound = listener(host, 0)
    # Without SO_REUSEADDR, or others could bind it as long as nobody listens there.
    above = socket.socket(bound.family, socket.SOCK_STREAM)
    try:
        above.bind((host, bound.getsockname()[1] + 1))
        if stray:
            above.listen()
    except (OSError, OverflowError):
        bound.close()
        above.close()
        raise
    return bound, above


class _Server(uvicorn.Server):
    """A uvicorn server that says when it answers and leaves the signals to us.

    uvicorn raises a caught signal again at the end, which would kill the process before it has cleaned up.
    """

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


@contextlib.asynccontextmanager
async def _crew(work: Callable[[], Any]) -> AsyncIterator[None]:
    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def serve(
    app: ASGIApp, settings: Settings, work: Callable[[], Any], http: Any = "h11", *, stray_port: bool = False
) -> None:
    """Answer requests and work until told to stop; a stray port listens too, and nobody answers there."""
    bound, above = listeners(settings.host, settings.port, stray=stray_port)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    ready = {"ready": True, "url": f"http://{host}:{bound.getsockname()[1]}", "pid": os.getpid()}
    config = uvicorn.Config(
        app,
        http=http,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="critical",
        server_header=False,
        date_header=False,
        # Longer than clients keep an idle connection, so that none is closed just as it is used again.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, lambda: _say(ready))

    def stop() -> None:
        server.should_exit = True

    async def live() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        if settings.stop_with_stdin:
            threading.Thread(target=_until_stdin_ends, args=(stop,), daemon=True).start()
        with above or contextlib.nullcontext():
            async with _crew(work):
                await server.serve(sockets=[bound])

    asyncio.run(live())


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _until_stdin_ends(stop: Callable[[], None]) -> None:
    """Wait for the end of stdin, which comes with the parent's end however it ends."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    stop()
