"""Seeds alerts: about sixty published in the last thirty days, older ones, and some withdrawn."""

import json
import random
from bisect import bisect_left
from collections.abc import Iterator

from refnode.clock import DAY, MINUTE
from refnode.roster import ALERT_TYPES
from refnode.seeding.findings import CITED_AGE
from refnode.seeding.rows import Alert, Capture, Decision

RECENT = 30 * DAY
# Published recently, published before, withdrawn; the first withdrawn ones are the known-biased samples.
NUMBERS = (60, 95, 45)
KNOWN_BIASED = 6


def alerts(rng: random.Random, scale: float, decided: list[Decision], cited: list[Capture]) -> list[Alert]:
    """Publish flagged decisions whose audit passed; only findings ruled wrong are withdrawn again."""
    flagged = [row for row in decided if row.flagged and row.calculated_at < -60 * MINUTE]
    right = [row for row in flagged if row.outcome == "upheld"]
    recent = [row for row in right if row.calculated_at > -RECENT]
    before = [row for row in right if row.calculated_at <= -RECENT]
    wrong = [row for row in flagged if row.outcome == "dismissed" and row.adjudicated_at < -DAY]
    drawn: list[tuple[Decision, str, bool]] = []
    for pool, number, status in zip(
        (recent, before, wrong), NUMBERS, ("published", "published", "withdrawn"), strict=True
    ):
        chosen = rng.sample(pool, min(len(pool), max(3, round(number * scale))))
        drawn += [(row, status, status == "withdrawn" and place < KNOWN_BIASED) for place, row in enumerate(chosen)]
    return list(_numbered(rng, drawn, cited))


def _numbered(rng: random.Random, drawn: list[tuple[Decision, str, bool]], cited: list[Capture]) -> Iterator[Alert]:
    drawn.sort(key=lambda entry: entry[0].calculated_at)
    for number, (row, status, biased) in enumerate(drawn, start=1):
        published = row.audited_at + rng.randrange(1 * MINUTE, 30 * MINUTE)
        earlier = cited[: bisect_left(cited, published - CITED_AGE, key=lambda source: source.captured_at)]
        ids = [source.source_id for source in rng.sample(earlier[-2000:], rng.randrange(1, 4))]
        yield Alert(
            alert_id=f"ALR-{number:05d}",
            entity_id=row.entity_id,
            alert_type=rng.choice(ALERT_TYPES),
            risk_id=row.risk_id,
            published_at=published,
            status=status,
            source_ids=json.dumps(ids),
            bias_audit_id=row.bias_audit_id,
            confidence=round(rng.uniform(0.80, 0.99), 2),
            known_biased=biased,
        )
