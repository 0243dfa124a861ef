"""Faults of ingested items: delivered twice, incomplete, naming what does not exist, or malformed."""

from typing import Any

from refnode import tables
from refnode.clock import DAY, MINUTE
from refnode.faults.arguments import many, share
from refnode.faults.fault import Fault, Trip

COLUMNS = [column.name for column in tables.items.columns if column.name != "n"]


def _drawn(trip: Trip, number: float) -> list[int]:
    """Draw row numbers of the last day's items, in random order."""
    rows = [
        row[0] for row in trip.rows("SELECT n FROM items WHERE ingested_at >= :since ORDER BY n", since=trip.now - DAY)
    ]
    wanted = round(len(rows) * number) if isinstance(number, float) else number
    return trip.rng.sample(rows, min(len(rows), max(2, wanted)))


def _set(trip: Trip, column: str, value: Any, drawn: list[int]) -> None:
    trip.each(f"UPDATE items SET {column} = :value WHERE n = :n", [{"value": value, "n": n} for n in drawn])  # noqa: S608


def _halves(drawn: list[int]) -> tuple[list[int], list[int]]:
    return drawn[::2], drawn[1::2]


def _repeat(trip: Trip, part: float) -> None:
    again = []
    for place, n in enumerate(_drawn(trip, part)):
        row = trip.rows(f"SELECT {', '.join(COLUMNS)} FROM items WHERE n = :n", n=n)[0]  # noqa: S608
        copy = dict(row._mapping) | {"ingested_at": min(trip.now - 1, row.ingested_at + 5 * MINUTE)}
        if place % 2:
            copy["item_id"] = f"{row.item_id}-B"
        again.append(copy)
    trip.insert(tables.items, again)


def _incomplete(trip: Trip, part: float) -> None:
    nobody, never = _halves(_drawn(trip, part))
    _set(trip, "entity_id", None, nobody)
    _set(trip, "event_date", None, never)


def _orphan(trip: Trip, number: int) -> None:
    entities, sources = _halves(_drawn(trip, number))
    _set(trip, "entity_id", "ENT-99999", entities)
    _set(trip, "source_id", "SRC-9999999", sources)


def _malform(trip: Trip, number: int) -> None:
    kinds, dates = _halves(_drawn(trip, number))
    _set(trip, "kind", "rumour", kinds)
    _set(trip, "event_text", "sometime last week", dates)


FAULTS = (
    Fault(
        name="ingest-duplicates",
        argument="SHARE",
        default="0.05",
        read=share,
        does="that share of the last day's items was delivered twice: half under the same id, half under a new one",
        history=_repeat,
    ),
    Fault(
        name="ingest-missing",
        argument="SHARE",
        default="0.1",
        read=share,
        does="that share of the last day's items lacks its entity_id or its event_date",
        history=_incomplete,
    ),
    Fault(
        name="ingest-orphans",
        argument="N",
        default="10",
        read=many,
        does="N of the last day's items name an entity or a source that does not exist",
        history=_orphan,
    ),
    Fault(
        name="ingest-schema",
        argument="N",
        default="10",
        read=many,
        does="N of the last day's items have the kind `rumour` or an event_date that is no time",
        history=_malform,
    ),
)
