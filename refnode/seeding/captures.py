"""Seeds sources and the items ingested from them: dense for the last nine weeks, thinned for the two years before."""

import hashlib
import random
from collections.abc import Iterator
from typing import Any

from refnode import wording
from refnode.clock import DAY, HOUR, MINUTE, SECOND
from refnode.roster import DOCUMENT_TYPES, FEEDS, ITEM_KINDS
from refnode.seeding.rows import Capture, Entity

DENSE = 63 * DAY
SPAN = 745 * DAY
# The last minute stays free, so that ingestion (within a minute) is over at time 0.
LAST = -1 * MINUTE


def captures(rng: random.Random, people: list[Entity]) -> list[Capture]:
    """Capture every feed over more than two years, oldest first."""
    moments = sorted((at, feed) for feed in FEEDS for at in _moments(rng))
    return [
        capture(rng, f"SRC-{number:07d}", feed, at, rng.choice(people).name, number)
        for number, (at, feed) in enumerate(moments, start=1)
    ]


def _moments(rng: random.Random) -> Iterator[int]:
    at = LAST - rng.randrange(0, 10 * MINUTE)
    while at > -DENSE:
        yield at
        at -= rng.randrange(10 * MINUTE, 22 * MINUTE)
    while at > -SPAN:
        yield at
        at -= rng.randrange(6 * HOUR, 18 * HOUR)


def capture(rng: random.Random, source_id: str, feed: str, at: int, name: str, number: int) -> Capture:
    """Capture one document of a feed, naming a public person."""
    origin = wording.office(list(FEEDS).index(feed), rng)
    content = wording.captured_text(rng, origin, number, wording.deed(rng, name)).encode()
    return Capture(
        source_id=source_id,
        feed=feed,
        origin=origin,
        url=f"https://{FEEDS[feed]}/records/{source_id.lower()}",
        captured_at=at,
        content_hash=hashlib.sha256(content).hexdigest(),
        document_type=DOCUMENT_TYPES[feed],
        content=content,
    )


def items(rng: random.Random, recent: list[Capture], people: list[Entity]) -> list[tuple[Any, ...]]:
    """Ingest one item from every recent source, within a minute of its capture."""
    rows = [
        item(rng, f"ITM-{number:07d}", source, rng.choice(people), source.captured_at + rng.randrange(5, 55) * SECOND)
        for number, source in enumerate(recent, start=1)
    ]
    rows.sort(key=lambda row: row[5])
    return [(number, *row) for number, row in enumerate(rows, start=1)]


def item(rng: random.Random, item_id: str, source: Capture, who: Entity, ingested_at: int) -> tuple[Any, ...]:
    """Extract one item from a source (columns of `items` without its row number)."""
    event = source.captured_at - rng.randrange(1 * HOUR, 48 * HOUR)
    text = wording.deed(rng, who.name)
    return (
        item_id,
        source.feed,
        rng.choice(ITEM_KINDS),
        who.entity_id,
        source.source_id,
        ingested_at,
        event,
        None,
        text,
    )
