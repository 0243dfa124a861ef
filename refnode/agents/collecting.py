"""SourceAttributionAgent's work: captures something new from every feed and ingests it at once."""

import math
import random
import uuid
from collections.abc import Iterator

from refnode import tables
from refnode.hostility import hostile
from refnode.parts import Node
from refnode.roster import FEEDS
from refnode.seeding import captures
from refnode.seeding.rows import Capture

UNKNOWN_HOST = "cdn.unknown.example"


class Collector:
    """Visits every feed on its first round, then one feed after another."""

    def __init__(self, node: Node) -> None:
        """Visit the feeds that this node does not neglect."""
        self._feeds = [feed for feed in FEEDS if feed not in node.temper.stale_feeds]
        self._turns: Iterator[list[str]] = self._rounds()
        self._taken = 0

    def _rounds(self) -> Iterator[list[str]]:
        yield self._feeds
        while True:
            for feed in self._feeds:
                yield [feed]

    def __call__(self, node: Node, rng: random.Random) -> str:
        """Capture and ingest one document from each feed whose turn it is."""
        for feed in next(self._turns):
            self._collect(node, rng, feed)
        return "capture stored"

    def _collect(self, node: Node, rng: random.Random, feed: str) -> None:
        now = node.clock.now()
        self._taken += 1
        who = rng.choice(list(node.people.values()))
        key = uuid.uuid4().hex[:12]
        taken = captures.capture(rng, f"SRC-{key}", feed, now, who.name, rng.randrange(40_000, 99_999))
        taken = self._mistreated(node, taken)
        row = captures.item(rng, f"ITM-{key}", taken, who, now)
        names = [column.name for column in tables.items.columns][1:]
        item = dict(zip(names, row, strict=True))
        if node.temper.hostile:
            item["text"] = hostile(str(item["text"]))
        with node.store.writing() as connection:
            connection.execute(tables.sources.insert(), taken._asdict())
            connection.execute(tables.items.insert(), item)
        node.pulse.processed(feed, now)
        node.pulse.wait_in("scan", 1)

    def _mistreated(self, node: Node, taken: Capture) -> Capture:
        """Poison or alter the share of captures that the node's temper asks for, evenly spaced."""
        if _turn(self._taken, node.temper.poisoned):
            taken = taken._replace(url=taken.url.replace(FEEDS[taken.feed], UNKNOWN_HOST))
        if _turn(self._taken, node.temper.altered):
            taken = taken._replace(content=taken.content + b" (amended)")
        return taken


def _turn(number: int, share: float) -> bool:
    """Tell whether it is this number's turn when a share of all numbers, the first among them, has one."""
    return math.ceil(number * share) > math.ceil((number - 1) * share)
