"""A listener of the drill's own for corrections: what a subscriber downstream would be told."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

#: Bytes of a notice that are read, and notices that are kept.
_MOST, _KEPT = 100_000, 1000


class Listener:
    """Takes JSON notices by POST on a loopback port of its own."""

    def __init__(self) -> None:
        self._heard: list[Mapping[str, Any]] = []
        heard = self._heard

        class Handler(BaseHTTPRequestHandler):
            timeout = 5

            def do_POST(self) -> None:
                size = min(int(self.headers.get("Content-Length") or 0), _MOST)
                try:
                    told = json.loads(self.rfile.read(size))
                except ValueError:
                    told = None
                if isinstance(told, dict) and len(heard) < _KEPT:
                    heard.append(told)
                self.send_response(204 if isinstance(told, dict) else 400)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server names it
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/corrections"

    def heard(self) -> Sequence[Mapping[str, Any]]:
        """Every notice so far."""
        return tuple(self._heard)
