"""A server on loopback that answers as badly as a test wants, byte by byte, and what a probe needs to look at it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from junzi_audit.evidence.store import Store
from junzi_audit.probes.asking import Ask, Bounds
from junzi_audit.probes.surface import Surface
from junzi_audit.probes.transport import Transport

KEY = "topsecret-Kf9/+w==-topsecret"
#: Short, so that the whole file stays fast; the relations between them are those of a real target.
BOUNDS = Bounds(connect=1.0, read=0.6, total=1.5, size=200_000)

Play = Callable[[socket.socket, int], None]


def says(*parts: bytes) -> Play:
    """Send the bytes as they are."""

    def play(peer: socket.socket, nth: int) -> None:
        for part in parts:
            peer.sendall(part)

    return play


def answers(body: bytes, status: str = "200 OK", *headers: str) -> Play:
    """A proper HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return says("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def in_turn(*plays: Play) -> Play:
    """The first play for the first request, and so on; the last one for all that follow."""

    def play(peer: socket.socket, nth: int) -> None:
        plays[min(nth, len(plays)) - 1](peer, nth)

    return play


class Hostile:
    """Listens on loopback; ``pages`` says how each path is answered, ``heard`` what was asked."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, Play] = {}
        self.heard: list[bytes] = []
        self.asked: Counter[str] = Counter()
        self._stop = threading.Event()
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._stop.set()
        self._socket.close()

    def wait(self, seconds: float) -> bool:
        """Wait as a server that does nothing; False once the test is over."""
        return not self._stop.wait(seconds)

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    def _answer(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            peer.settimeout(20)
            peer = stack.enter_context(self._context.wrap_socket(peer, server_side=True) if self._context else peer)
            head = b""
            while b"\r\n\r\n" not in head:
                if not (part := peer.recv(65536)):
                    return
                head += part
            self.heard.append(head)
            path = head.split(b" ", 2)[1].decode(errors="replace")
            self.asked[path] += 1
            page = self.pages.get(path.partition("?")[0], answers(b"{}"))
            page(peer, self.asked[path])


class Looking:
    """A transport with its evidence in a folder, and asks that carry a key which must never be found there."""

    def __init__(self, folder: Path, *, trust_environment: bool = True) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.store = Store(folder)
        self.transport = Transport(self.store, trust_environment=trust_environment)

    def ask(self, url: str, bounds: Bounds = BOUNDS, *, retry: bool = True) -> Ask:
        return Ask(probe="test", url=url, headers={"X-Audit-Key": KEY}, bounds=bounds, retry=retry)

    def surface(self, url: str, bounds: Bounds = BOUNDS) -> Surface:
        keys = {"TEST_KEY": KEY}
        return Surface(
            self.transport, node=url, base="", header="X-Audit-Key", key_env="TEST_KEY", bounds=bounds, keys=keys,
            cite=self.store.cite,
        )  # fmt: skip

    def written(self) -> bytes:
        return b"\n".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def server() -> Iterator[Hostile]:
    with contextlib.closing(Hostile()) as hostile:
        yield hostile


@pytest.fixture
def looking(tmp_path: Path) -> Iterator[Looking]:
    found = Looking(tmp_path / "run")
    yield found
    found.transport.close()
    assert KEY.encode() not in found.written()
