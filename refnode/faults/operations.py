"""Faults of operation: silent and late agents, backlogs, wrong counters, wrong clocks."""

from dataclasses import replace

from refnode.clock import HOUR, MINUTE, SECOND
from refnode.faults.arguments import many, one_of, seconds
from refnode.faults.fault import Fault, Trip
from refnode.roster import AGENTS

SILENCE = 10 * MINUTE
LATE_AT = (2 * HOUR, 7 * HOUR, 12 * HOUR, 18 * HOUR)
GAP = 95 * SECOND


def _silence(trip: Trip, agent: str) -> None:
    trip.run(
        "DELETE FROM heartbeats WHERE agent = :agent AND at >= :since", {"agent": agent, "since": trip.now - SILENCE}
    )


def _late(trip: Trip, agent: str) -> None:
    for ago in LATE_AT:
        found = trip.rows(
            "SELECT max(at) FROM heartbeats WHERE agent = :agent AND at < :before", agent=agent, before=trip.now - ago
        )
        last = int(found[0][0])
        gap = {"agent": agent, "last": last, "next": last + GAP}
        trip.run("DELETE FROM heartbeats WHERE agent = :agent AND at > :last AND at <= :next", gap)
        trip.run("INSERT INTO heartbeats (agent, at) VALUES (:agent, :next)", gap)


FAULTS = (
    Fault(
        name="agent-silent",
        argument="AGENT",
        default="PromiseTrackerAgent",
        read=one_of(AGENTS),
        does="the agent has not beaten for 10 minutes and never beats again",
        history=_silence,
        live=lambda temper, agent: replace(temper, silent_agents=temper.silent_agents | {agent}),
    ),
    Fault(
        name="agent-late",
        argument="AGENT",
        default="ContradictionScannerAgent",
        read=one_of(AGENTS),
        does="the agent beats now, but paused four times for 95 s in the last 20 hours",
        history=_late,
    ),
    Fault(
        name="backlog",
        argument="N",
        default="5000",
        read=many,
        does="N items wait in the queue `scan`",
        live=lambda temper, number: replace(temper, scan_backlog=number),
    ),
    Fault(
        name="undercount",
        does="server errors and every second live request are missing from /metrics and request-counts",
        live=lambda temper, _: replace(temper, undercount=True),
    ),
    Fault(
        name="clock-skewed",
        argument="SECONDS",
        default="3600",
        read=seconds,
        does="the time in /health, the Date header and live heartbeats are that far ahead",
        seconds_ahead=True,
    ),
)
