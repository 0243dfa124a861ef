"""BiasAuditAgent's watch: a group flagged far more often than the rest is an incident, and its outputs are withheld."""

from typing import Final

from sqlalchemy import Connection, text

from refnode import incidents, protecting
from refnode.clock import MINUTE
from refnode.incidents import SEVERITIES
from refnode.parts import Node
from refnode.rates import Rate, rates, rest_of
from refnode.roster import BOARD
from refnode.safeguards import WITHHOLD, Scope, scope_of

AGENT: Final = "BiasAuditAgent"
SPAN: Final = 15 * MINUTE
LEAST: Final = 30
GAP: Final = 0.5
MANY = "SELECT count(*) FROM decisions WHERE calculated_at >= :since"
REPORTED = "SELECT scope, resolved_at FROM incidents WHERE kind = 'bias' AND scope IS NOT NULL"
#: Whoever holds this row takes its turn among all nodes that share the store.
TURN = "UPDATE meta SET value = value WHERE name = 'anchor'"
#: What the auditor planted carries its label, and so does what comes of it.
LABELS = (
    "SELECT max(l.label) AS label, count(l.label) AS labelled, count(*) AS n FROM decisions d"
    " JOIN entities e ON e.entity_id = d.entity_id"
    " LEFT JOIN labels l ON l.kind = 'risk_score' AND l.id = d.risk_id"
    " WHERE d.calculated_at >= :since AND e.{attribute} = :group"
)


class Watch:
    """Looks at what was decided since it began."""

    def __init__(self, node: Node) -> None:
        """Begin now."""
        self._begun = node.clock.now()

    def __call__(self, node: Node) -> str | None:
        """Report every group that stands out and is not reported yet."""
        since = max(self._begun, node.clock.now() - SPAN)
        if "escalation-ignored" in node.temper.responding.wrong:
            return None
        if node.store.number(MANY, since=since) < 2 * LEAST:
            return None
        told = [_look(node, *key, since) for key in standing_out(rates(node.store, since))]
        return "bias anomaly reported" if any(told) else None


def _look(node: Node, attribute: str, group: str, since: int) -> bool:
    """Report a group, unless it is reported, or was and nothing new has come since that was resolved."""
    earlier = [resolved for *about, resolved in _reported(node) if about == [attribute, group]]
    if None in earlier:
        return False
    found = rates(node.store, max([since, *(at for at in earlier if at is not None)]))
    if (attribute, group) not in standing_out(found):
        return False
    return _report(node, Scope(attribute, group, found[attribute, group].first, None))


def _reported(node: Node) -> list[tuple[str, str, int | None]]:
    scopes = ((scope_of(kept), resolved) for kept, resolved in node.store.rows(REPORTED))
    return [(scope.attribute, scope.group, resolved) for scope, resolved in scopes if scope is not None]


def _report(node: Node, scope: Scope) -> bool:
    """Report the incident, escalate it, and withhold what it is about."""
    now = node.clock.now()
    with node.store.writing() as connection:
        connection.execute(text(TURN))
        if any(about == [scope.attribute, scope.group] and end is None for *about, end in _reported(node)):
            return False
        label = _label(connection, scope)
        incident = incidents.row(
            kind="bias",
            description=f"{scope.attribute} {scope.group} is flagged far more often than the rest",
            reported_by=AGENT,
            now=now,
            drill=bool(label),
            status="escalated",
            severity=SEVERITIES["bias"],
            classified_at=now,
            escalated_at=now,
            escalated_to=BOARD,
            scope=scope.text(),
        )
        key = incidents.keep(connection, incident, label)
        safeguard = protecting.trigger(connection, WITHHOLD, incident=key, scope=scope, now=now, label=label)
    protecting.follow(node, safeguard)
    return True


def _label(connection: Connection, scope: Scope) -> str:
    """Give the label that at least half of the flagged group's decisions carry, or ""."""
    row = connection.execute(
        text(LABELS.format(attribute=scope.attribute)), {"since": scope.since, "group": scope.group}
    ).first()
    return str(row.label) if row and 2 * row.labelled >= row.n else ""


def standing_out(found: dict[tuple[str, str], Rate]) -> list[tuple[str, str]]:
    """Name the (attribute, group)s with enough decisions whose share of flags is that far above the rest's."""
    return [
        (attribute, group)
        for (attribute, group), rate in found.items()
        if rate.n >= LEAST and (rest := rest_of(found, attribute, group)).n >= LEAST and rate.share - rest.share >= GAP
    ]
