"""Faults of feeds and sources: stale, poisoned, altered after hashing, or too little of everything."""

from dataclasses import replace

from refnode.agents.collecting import UNKNOWN_HOST
from refnode.clock import DAY, HOUR, MINUTE
from refnode.faults.arguments import one_of, share
from refnode.faults.fault import Fault, Trip
from refnode.roster import FEEDS
from refnode.temper import Temper

NEWEST = 20
KEPT_NEWEST = 3


def _stale(trip: Trip, feed: str) -> None:
    # One minute more for the sources than for their items, which come up to a minute later.
    gone = {"feed": feed, "since": trip.now - 2 * HOUR - MINUTE}
    trip.run(
        "DELETE FROM items WHERE source_id IN"
        " (SELECT source_id FROM sources WHERE feed = :feed AND captured_at >= :since)",
        gone,
    )
    trip.run("DELETE FROM sources WHERE feed = :feed AND captured_at >= :since", gone)


def _poison(trip: Trip, part: float) -> None:
    newest = trip.rows(
        "SELECT source_id, feed, url FROM sources ORDER BY captured_at DESC, source_id DESC LIMIT :n", n=NEWEST
    )
    number = max(1, round(len(newest) * part))
    bad = [newest[place * len(newest) // number] for place in range(number)]
    trip.each(
        "UPDATE sources SET url = :url WHERE source_id = :id",
        [{"id": key, "url": url.replace(FEEDS[feed], UNKNOWN_HOST)} for key, feed, url in bad],
    )


def _alter(trip: Trip, part: float) -> None:
    recent = trip.rows(
        "SELECT source_id, content FROM sources WHERE captured_at >= :since ORDER BY captured_at DESC, source_id DESC",
        since=trip.now - 14 * DAY,
    )
    # Two of the newest twenty are always among them, so that a small sample of new sources can meet one; they are
    # taken from the newest ten, because live captures push them back.
    first = trip.rng.sample(recent[: NEWEST // 2], 2)
    rest = [row for row in recent if row not in first]
    chosen = first + trip.rng.sample(rest, max(0, round(len(recent) * part) - 2))
    trip.each(
        "UPDATE sources SET content = :content WHERE source_id = :id",
        [{"id": key, "content": bytes(content) + b" (amended)"} for key, content in chosen],
    )


def _thin(trip: Trip, part: float) -> None:
    since = trip.now - DAY
    gone: list[dict[str, str]] = []
    for feed in FEEDS:
        rows = trip.rows(
            "SELECT source_id FROM sources WHERE feed = :feed AND captured_at >= :since ORDER BY captured_at DESC",
            feed=feed,
            since=since,
        )
        # The newest few stay, so that the feed is fresh now; of the others an even share stays.
        keep = max(0, round(len(rows) * part) - KEPT_NEWEST)
        older = rows[KEPT_NEWEST:]
        kept = {place * len(older) // keep for place in range(keep)} if keep else set()
        gone += [{"id": row[0]} for place, row in enumerate(older) if place not in kept]
    trip.each("DELETE FROM items WHERE source_id = :id", gone)
    trip.each("DELETE FROM sources WHERE source_id = :id", gone)


def _neglected(temper: Temper, feed: str) -> Temper:
    return replace(temper, stale_feeds=temper.stale_feeds | {feed})


FAULTS = (
    Fault(
        name="feed-stale",
        argument="FEED",
        default="news-wire",
        read=one_of(FEEDS),
        does="nothing of that feed has come for two hours, and nothing comes",
        history=_stale,
        live=_neglected,
    ),
    Fault(
        name="feed-poisoned",
        argument="SHARE",
        default="0.5",
        read=share,
        does=f"that share of the newest 20 sources, and of new ones, comes from {UNKNOWN_HOST}; their hashes are right",
        history=_poison,
        live=lambda temper, part: replace(temper, poisoned=part),
    ),
    Fault(
        name="source-altered",
        argument="SHARE",
        default="0.1",
        read=share,
        does="the bytes of that share of the last 14 days' sources, and of new ones, changed after they were hashed",
        history=_alter,
        live=lambda temper, part: replace(temper, altered=part),
    ),
    Fault(
        name="ingest-volume",
        argument="SHARE",
        default="0.2",
        read=share,
        does="only that share of the last day's sources and items is there, though every feed is fresh now",
        history=_thin,
        live=lambda temper, part: replace(temper, pace=temper.pace / part),
    ),
)
