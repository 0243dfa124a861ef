"""RiskProfilerAgent proposes decisions; BiasAuditAgent audits them, and only then are they stored."""

import queue
import random
import uuid

from sqlalchemy import text

from refnode import scoring, tables
from refnode.parts import Node
from refnode.roster import FLAG_FROM
from refnode.seeding.rows import Entity

STAND = (
    "INSERT INTO current_scores (entity_id, jurisdiction, risk_value, calculated_at) VALUES (:id, :place, :value, :at)"
    " ON CONFLICT (entity_id) DO UPDATE SET risk_value = excluded.risk_value, calculated_at = excluded.calculated_at"
)


class Docket:
    """The proposals that wait for their bias audit."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: queue.SimpleQueue[tuple[Entity, bool, float]] = queue.SimpleQueue()
        self._auditor = scoring.BiasAuditor()

    def propose(self, node: Node, rng: random.Random) -> str:
        """Score one entity chosen uniformly."""
        who = rng.choice(list(node.people.values()))
        right = rng.random() < who.leaning
        value = scoring.risk_value(rng, right)
        if node.temper.biased:
            attribute, group = node.temper.biased
            lowered_by = scoring.lowering(attribute, group)
            value = scoring.unfair(rng, value, right, getattr(who, attribute) == group, lowered_by)
        self._waiting.put((who, right, value))
        node.pulse.wait_in("audit", 1)
        return "score calculated"

    def audit(self, node: Node, rng: random.Random) -> str | None:
        """Audit and store everything that waits. Calculation counts from here, so that no interval fills in later."""
        done = 0
        while not self._waiting.empty():
            self._store(node, rng, *self._waiting.get())
            node.pulse.wait_in("audit", -1)
            done += 1
        return "bias audit finished" if done else None

    def _store(self, node: Node, rng: random.Random, who: Entity, right: bool, value: float) -> None:
        at, key = node.clock.now(), uuid.uuid4().hex[:12]
        passed = self._auditor.passes(rng, at)
        shown = min(10.0, round(value + node.temper.shift, 2))
        row = {
            "risk_id": f"RSK-{key}",
            "entity_id": who.entity_id,
            "calculated_at": at,
            "risk_value": shown,
            "flagged": passed and value >= FLAG_FROM,
            "outcome": "upheld" if right else "dismissed",
            "adjudicated_at": at + scoring.adjudicated_after(rng),
            "bias_audit_id": f"BA-{key}",
            "audit_result": "passed" if passed else "failed",
            "audited_at": at,
        }
        with node.store.writing() as connection:
            connection.execute(tables.decisions.insert(), row)
            if passed:
                stand = {"id": who.entity_id, "place": who.jurisdiction, "value": shown, "at": at}
                connection.execute(text(STAND), stand)
        node.pulse.audited(str(row["audit_result"]))
