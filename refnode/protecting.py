"""Safeguards put into force and lifted again, in the store; every node that shares it follows (see safeguards)."""

import json
import uuid
from typing import Any, Final

from sqlalchemy import Connection, text

from refnode import labels, tables
from refnode.clock import Clock
from refnode.incidents import scope_shown
from refnode.parts import Node
from refnode.roster import BIAS_COUNCIL, BOARD
from refnode.safeguards import FREEZE, RECOVERY, WITHHOLD, Scope, scope_of
from refnode.store import Store

#: Whose approval lifts which safeguard.
LIFTED_BY: Final = {FREEZE: BOARD, WITHHOLD: BIAS_COUNCIL, RECOVERY: BOARD}
TIMES = ("triggered_at", "effective_at", "lifted_at")
COLUMNS = "safeguard_id, incident_id, safeguard, scope, state, triggered_at, effective_at, lifted_at, approvals"
ONE = f"SELECT {COLUMNS} FROM safeguards WHERE safeguard_id = :id"  # noqa: S608
WITHIN = (
    f"SELECT {COLUMNS} FROM safeguards WHERE triggered_at >= :since AND triggered_at < :until"  # noqa: S608
    " ORDER BY triggered_at, safeguard_id"
)
EFFECTIVE = "UPDATE safeguards SET effective_at = :now WHERE safeguard_id = :id AND effective_at IS NULL"
UNDER_WAY = "SELECT 1 FROM safeguards WHERE safeguard = 'recovery' AND state = 'active'"
LIFT = (
    "UPDATE safeguards SET state = 'lifted', lifted_at = :now, approvals = :approvals"
    " WHERE safeguard_id = :id AND state = 'active'"
)


def trigger(
    connection: Connection, safeguard: str, *, incident: str | None, scope: Scope | None, now: int, label: str = ""
) -> str:
    """Put a safeguard into force and give its id; without a label it carries that of its incident."""
    key = f"SFG-{uuid.uuid4().hex[:12]}"
    kept = {
        "safeguard_id": key,
        "incident_id": incident,
        "safeguard": safeguard,
        "scope": scope and scope.text(),
        "state": "active",
        "triggered_at": now,
        "approvals": "[]",
    }
    connection.execute(tables.safeguards.insert(), kept)
    labels.mark(connection, label or labels.label_of(connection, "incident", incident), "safeguard", key)
    return key


def follow(node: Node, key: str) -> None:
    """Follow a new safeguard at once, and note when."""
    node.safeguards.refresh()
    with node.store.writing() as connection:
        connection.execute(text(EFFECTIVE), {"id": key, "now": node.clock.now()})


def begin_recovery(store: Store, clock: Clock) -> None:
    """Begin as a node that was restored: with a recovery under way, unless one is."""
    with store.writing() as connection:
        if connection.execute(text(UNDER_WAY)).first() is None:
            now = clock.now()
            key = trigger(connection, RECOVERY, incident=None, scope=None, now=now)
            connection.execute(text(EFFECTIVE), {"id": key, "now": now})


def lift(connection: Connection, key: str, approvals: list[dict[str, str]], now: int) -> bool:
    """Lift a safeguard; False when it is not active."""
    given = {"id": key, "approvals": json.dumps(approvals), "now": now}
    return connection.execute(text(LIFT), given).rowcount > 0


def approved(safeguard: str, approvals: list[dict[str, str]]) -> bool:
    """Tell whether somebody of the body that this safeguard needs has approved, by name and role."""
    return any(
        each["body"] == LIFTED_BY[safeguard] and each["who"].strip() and each["role"].strip() for each in approvals
    )


def shown(clock: Clock, kept: Any) -> dict[str, Any]:
    """Write a safeguard as the contract has it."""
    told = dict(kept._mapping)
    return (
        told
        | {name: clock.maybe(told[name]) for name in TIMES}
        | {"scope": scope_shown(clock, scope_of(told["scope"])), "approvals": json.loads(told["approvals"])}
    )
