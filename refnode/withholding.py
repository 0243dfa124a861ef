"""Withheld outputs, as conditions of queries; where nothing is withheld there is no condition, and nothing to pay."""

from typing import Any, Final, NamedTuple

from refnode.parts import Node
from refnode.safeguards import Scope
from refnode.seeding.rows import Entity

FOREVER: Final = 10**15
ALERTS = " AND risk_id NOT IN (SELECT d.risk_id FROM decisions d JOIN entities e ON e.entity_id = d.entity_id WHERE {})"
SCORES = (
    " AND NOT EXISTS (SELECT 1 FROM entities e JOIN current_scores d ON d.entity_id = e.entity_id"
    " WHERE e.entity_id = current_scores.entity_id AND ({}))"
)


class Condition(NamedTuple):
    """SQL to be added to a condition, and its parameters."""

    sql: str = ""
    params: dict[str, Any] = {}  # noqa: RUF012 - never changed


def shown_alerts(node: Node) -> Condition:
    """Leave out alerts whose decision is within a withheld scope."""
    scopes = node.safeguards.now.withheld
    if scopes and "withholds-everything" in node.temper.responding.wrong:
        return Condition(" AND 1 = 0")
    return _without(ALERTS, scopes)


def shown_scores(node: Node) -> Condition:
    """Leave out scores that stand from a decision within a withheld scope."""
    return _without(SCORES, node.safeguards.now.withheld)


def withheld_alerts(node: Node) -> frozenset[str]:
    """Name the published alerts that are not shown now."""
    shown = shown_alerts(node)
    if not shown.sql:
        return frozenset()
    every = "SELECT alert_id FROM alerts WHERE status = 'published'"
    seen = {row[0] for row in node.store.rows(every + shown.sql, **shown.params)}
    return frozenset(row[0] for row in node.store.rows(every) if row[0] not in seen)


def withheld(node: Node, who: Entity, at: int) -> bool:
    """Tell whether a score of this entity, calculated at this stored time, is withheld."""
    return any(
        getattr(who, scope.attribute) == scope.group and scope.since <= at and (scope.until is None or at < scope.until)
        for scope in node.safeguards.now.withheld
    )


def _without(condition: str, scopes: tuple[Scope, ...]) -> Condition:
    """Leave out what a query knows as entity `e` and decision `d`; the attributes are the roster's words."""
    if not scopes:
        return Condition()
    parts: list[str] = []
    params: dict[str, Any] = {}
    for number, scope in enumerate(scopes):
        parts.append(
            f"(e.{scope.attribute} = :group{number}"
            f" AND d.calculated_at >= :since{number} AND d.calculated_at < :until{number})"
        )
        until = FOREVER if scope.until is None else scope.until
        params |= {f"group{number}": scope.group, f"since{number}": scope.since, f"until{number}": until}
    return Condition(condition.format(" OR ".join(parts)), params)
