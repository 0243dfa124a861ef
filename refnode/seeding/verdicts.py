"""Seeds risk decisions, dense for the last 130 days and thinned before, and the scores that stand now."""

import random
from typing import Any

from refnode.clock import DAY, SECOND
from refnode.scoring import BiasAuditor, adjudicated_after, score
from refnode.seeding.rows import Decision, Entity

DENSE_DAYS, DENSE_PER_DAY = 130, 400
THIN_DAYS, THIN_PER_DAY = 735, 15


def decisions(rng: random.Random, scale: float, people: list[Entity]) -> list[Decision]:
    """Decide about entities chosen uniformly, oldest first."""
    dense = round(DENSE_DAYS * DENSE_PER_DAY * scale)
    thin = round((THIN_DAYS - DENSE_DAYS) * THIN_PER_DAY * scale)
    moments = [rng.randrange(-DENSE_DAYS * DAY, 0) for _ in range(dense)]
    moments += [rng.randrange(-THIN_DAYS * DAY, -DENSE_DAYS * DAY) for _ in range(thin)]
    moments.sort()
    auditor = BiasAuditor()
    return [
        decision(rng, f"{number:07d}", rng.choice(people), at, auditor) for number, at in enumerate(moments, start=1)
    ]


def decision(rng: random.Random, key: str, who: Entity, at: int, auditor: BiasAuditor) -> Decision:
    """Decide about one entity at one time; the audit follows within the minute, and never after time 0 if seeded."""
    scored = score(rng, who.leaning, auditor, at)
    return Decision(
        risk_id=f"RSK-{key}",
        entity_id=who.entity_id,
        calculated_at=at,
        risk_value=scored.risk_value,
        flagged=scored.flagged,
        outcome="upheld" if scored.right else "dismissed",
        adjudicated_at=at + adjudicated_after(rng),
        bias_audit_id=f"BA-{key}",
        audit_result="passed" if scored.audit_passed else "failed",
        audited_at=max(at, min(-1, at + rng.randrange(2, 40) * SECOND)),
    )


def standing(people: list[Entity], decided: list[Decision]) -> list[tuple[Any, ...]]:
    """Give the newest audited score of every entity that has one."""
    latest = {row.entity_id: row for row in decided if row.audit_result == "passed"}
    return [
        (who.entity_id, who.jurisdiction, latest[who.entity_id].risk_value, latest[who.entity_id].calculated_at)
        for who in people
        if who.entity_id in latest
    ]
