"""The faults a node can be started with: a table by name, and their application to a node about to start."""

import random
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text

from refnode import tables
from refnode.clock import Clock
from refnode.faults import (
    admission,
    backups,
    bending,
    concerns,
    contract,
    councils,
    deployment,
    disclosure,
    document,
    emergencies,
    exposure,
    failover,
    hijack,
    hostility,
    ingestion,
    judgement,
    lineage,
    logging,
    maintenance,
    openness,
    operations,
    provenance,
    rehearsal,
    reviewing,
    wire,
)
from refnode.faults.arguments import nearest
from refnode.faults.fault import BadFaultError, Fault, Trip
from refnode.store import Store
from refnode.temper import Temper
from refnode.wraps import Wrap

ROOMS = (
    operations,
    maintenance,
    wire,
    bending,
    hijack,
    provenance,
    ingestion,
    logging,
    judgement,
    exposure,
    hostility,
    councils,
    admission,
    openness,
    lineage,
    contract,
    document,
    rehearsal,
    reviewing,
    backups,
    emergencies,
    failover,
    disclosure,
    deployment,
    concerns,
)
FAULTS: dict[str, Fault] = {fault.name: fault for room in ROOMS for fault in room.FAULTS}

STANDING = (
    "INSERT INTO current_scores (entity_id, jurisdiction, risk_value, calculated_at)"
    " SELECT d.entity_id, e.jurisdiction, d.risk_value, d.calculated_at FROM decisions d"
    " JOIN (SELECT entity_id, max(calculated_at) AS latest FROM decisions WHERE audit_result = 'passed'"
    " GROUP BY entity_id) l ON l.entity_id = d.entity_id AND l.latest = d.calculated_at"
    " JOIN entities e ON e.entity_id = d.entity_id WHERE d.audit_result = 'passed' ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What the chosen faults leave to be done while the node runs."""

    clock: Clock
    temper: Temper = field(default_factory=Temper)
    wraps: tuple[Wrap, ...] = ()
    protocol: Any = None


def chosen(asked: tuple[tuple[str, str], ...]) -> list[tuple[Fault, Any]]:
    """Find the faults asked for by (name, argument). BadFaultError names the nearest valid word."""
    found = []
    for name, argument in asked:
        if name not in FAULTS:
            raise BadFaultError(f"there is no fault {name!r}; {nearest(name, FAULTS)}")
        found.append((FAULTS[name], FAULTS[name].value(argument)))
    return found


def listing() -> str:
    """List all faults: name, argument with its default, what it does."""
    heads = {
        name: f"{name}[:{fault.argument}={fault.default}]" if fault.argument else name for name, fault in FAULTS.items()
    }
    width = max(map(len, heads.values()))
    return "\n".join(f"{heads[name]:<{width}}  {fault.does}" for name, fault in FAULTS.items())


def apply(asked: tuple[tuple[str, str], ...], store: Store, clock: Clock) -> Applied:
    """Change history as the faults say, and give what they leave for live work and the wire."""
    applied = Applied(clock=clock)
    for fault, value in chosen(asked):
        if fault.history:
            _change_history(fault, value, store, clock.now())
        if fault.live:
            applied = replace(applied, temper=fault.live(applied.temper, value))
        if fault.wrap:
            applied = replace(applied, wraps=(*applied.wraps, fault.wrap(value)))
        if fault.protocol:
            applied = replace(applied, protocol=fault.protocol())
        if fault.seconds_ahead:
            applied = replace(applied, clock=replace(clock, ahead=round(value * 1000)))
    return applied


def _change_history(fault: Fault, value: Any, store: Store, now: int) -> None:
    if not fault.history:
        return
    tripped = {"name": f"tripped {fault.name} {value}", "value": str(now)}
    with store.writing() as connection:
        # A kept database is changed once, however often a node is started on it with this fault.
        if connection.execute(tables.meta.select().where(tables.meta.c.name == tripped["name"])).first():
            return
        connection.execute(tables.meta.insert(), tripped)
        fault.history(Trip(connection=connection, now=now, rng=random.Random(f"fault/{fault.name}")), value)
        if fault.touches_scores:
            connection.execute(text("DELETE FROM current_scores"))
            connection.execute(text(STANDING))
