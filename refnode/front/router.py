"""A small router: every connection goes to the first node that is well, byte by byte; a sick one's are ended.

Run as `python -m refnode.front.router PORT HOST:PORT [HOST:PORT]`; it ends with its stdin.
"""

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Sequence

from refnode.front.plan import HOST, Place, place_of

INTERVAL, PATIENCE, FALL = 0.2, 0.3, 2
PIECE = 65_536
ASKED = b"GET /health HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n"
NOBODY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n"
    b"Connection: close\r\n\r\nno node is well\n"
)
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Node:
    """One node behind the front: whether it is well, and what is under way with it."""

    def __init__(self, place: Place) -> None:
        """Think it well until it is seen otherwise."""
        self.well = True
        self._place = place
        self._missed = 0
        self._under_way: set[asyncio.Task[None]] = set()

    async def opened(self) -> _Streams | None:
        """Connect; None when nobody listens, which says that it is not well."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await asyncio.open_connection(self._place.host, self._place.port)
        except (OSError, TimeoutError):
            self._fall()
            return None

    def carry(self, work: asyncio.Task[None]) -> None:
        """Count this as under way here."""
        self._under_way.add(work)
        work.add_done_callback(self._under_way.discard)

    async def watch(self) -> None:
        """Ask for its health until cancelled."""
        while True:
            if await self._healthy():
                self.well, self._missed = True, 0
            else:
                self._missed += 1
                if self._missed >= FALL:
                    self._fall()
            await asyncio.sleep(INTERVAL)

    def _fall(self) -> None:
        self.well = False
        for work in list(self._under_way):
            work.cancel()

    async def _healthy(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection(self._place.host, self._place.port)
                try:
                    writer.write(ASKED)
                    return b" 200 " in await reader.readline()
                finally:
                    writer.close()
        except (OSError, TimeoutError, ValueError):
            return False


class Router:
    """Connections to the nodes, the first of which is the primary."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        """Route between these."""
        self._nodes = nodes

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one client's connection until either side ends it."""
        with contextlib.suppress(OSError):
            for node in [each for each in self._nodes if each.well]:
                if (streams := await node.opened()) is not None:
                    await self._carried(node, (reader, writer), streams)
                    break
            else:
                writer.write(NOBODY)
                await writer.drain()
        writer.close()

    async def _carried(self, node: Node, client: _Streams, server: _Streams) -> None:
        work = asyncio.create_task(_both_ways(client, server))
        node.carry(work)
        await asyncio.wait([work])
        server[1].close()


async def _both_ways(client: _Streams, server: _Streams) -> None:
    """Copy until one side ends; what is left of the other has nobody to go to."""
    ways = [asyncio.create_task(_copy(client[0], server[1])), asyncio.create_task(_copy(server[0], client[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


async def route(port: int, places: Sequence[Place]) -> None:
    """Route until stdin ends."""
    nodes, ended, loop = [Node(place) for place in places], asyncio.Event(), asyncio.get_running_loop()
    threading.Thread(target=_until_stdin_ends, args=(loop, ended), daemon=True).start()
    watches = [asyncio.create_task(node.watch()) for node in nodes]
    server = await asyncio.start_server(Router(nodes).serve, HOST, port)
    await ended.wait()
    server.close()
    for watch in watches:
        watch.cancel()


def _until_stdin_ends(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    loop.call_soon_threadsafe(ended.set)


if __name__ == "__main__":
    asyncio.run(route(int(sys.argv[1]), [place_of(f"http://{word}") for word in sys.argv[2:]]))
