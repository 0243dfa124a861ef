"""The fault of hostile text: markup, escapes and direction marks wherever people write."""

from dataclasses import replace

from refnode import tables
from refnode.clock import DAY, HOUR
from refnode.faults.fault import Fault, Trip
from refnode.hostility import MARKS, hostile
from refnode.seeding.loglines import rest, trace

# Bias disputes keep their type: it decides who they must be escalated to, and this fault changes words only.
WRITTEN = (
    ("entities", "name", ""),
    ("alerts", "alert_type", ""),
    ("disputes", "description", ""),
    ("disputes", "dispute_type", "WHERE dispute_type <> 'bias'"),
    ("contradictions", "description", ""),
    ("promises", "promise", ""),
    ("items", "text", "WHERE ingested_at >= :since"),
    ("sources", "origin", "WHERE captured_at >= :since"),
)


def _write(trip: Trip, _: None) -> None:
    words = {"before": MARKS[0], "after": " " + " ".join(MARKS[1:])}
    for table, column, where in WRITTEN:
        since = {"since": trip.now - 2 * DAY} if ":since" in where else {}
        trip.run(f"UPDATE {table} SET {column} = :before || {column} || :after {where}", words | since)  # noqa: S608
    lines = [
        {
            "at": trip.now - place * HOUR,
            "stamped": True,
            "line": rest("INFO", trace(trip.rng), "Api", hostile("page served")),
        }
        for place in range(1, 6)
    ]
    trip.insert(tables.log_lines, lines)


FAULTS = (
    Fault(
        name="hostile-names",
        does="names, types, texts and some log lines hold markup, terminal escapes and direction marks",
        history=_write,
        live=lambda temper, _: replace(temper, hostile=True),
    ),
)
