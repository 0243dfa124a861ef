"""Seeds actions, contradictions and promises. They cite sources more than two days old."""

import random
from bisect import bisect_left
from typing import Any

from refnode import wording
from refnode.clock import DAY, HOUR
from refnode.seeding.rows import Capture, Contradiction, Entity

CITED_AGE = 2 * DAY
STATUSES = ("Pending", "Fulfilled", "Broken", "Stale")


def citable(captured: list[Capture]) -> list[Capture]:
    """Keep the sources that records may cite."""
    return captured[: bisect_left(captured, -CITED_AGE, key=lambda source: source.captured_at)]


def actions(rng: random.Random, number: int, people: list[Entity], cited: list[Capture]) -> list[tuple[Any, ...]]:
    """Record what entities did."""
    rows = []
    for index in range(number):
        who, source = rng.choice(people), rng.choice(cited)
        happened = source.captured_at - rng.randrange(1 * HOUR, 3 * DAY)
        kind = rng.choice(wording.ACTION_TYPES)
        rows.append(
            (f"ACT-{index + 1:06d}", who.entity_id, kind, wording.deed(rng, who.name), happened, source.source_id)
        )
    return rows


def contradictions(rng: random.Random, number: int, people: list[Entity], cited: list[Capture]) -> list[Contradiction]:
    """Record contradictions, each between two distinct sources."""
    rows = []
    for index in range(number):
        first, second = sorted(rng.sample(range(len(cited)), 2))
        rows.append(contradiction(rng, f"CON-{index + 1:06d}", rng.choice(people), cited[first], cited[second]))
    return rows


def contradiction(rng: random.Random, key: str, who: Entity, earlier: Capture, later: Capture) -> Contradiction:
    """Find that two sources about one entity do not fit."""
    matter = rng.choice(wording.MATTERS)
    return Contradiction(
        contradiction_id=key,
        entity_id=who.entity_id,
        description=f"{who.name} spoke for {matter} and later acted against it.",
        confidence=round(rng.uniform(0.70, 0.99), 2),
        contradiction_date=later.captured_at,
        source_1_id=earlier.source_id,
        source_2_id=later.source_id,
    )


def promises(rng: random.Random, number: int, people: list[Entity], cited: list[Capture]) -> list[tuple[Any, ...]]:
    """Record promises and how they stand."""
    rows = []
    for index in range(number):
        who, source = rng.choice(people), rng.choice(cited)
        status = rng.choices(STATUSES, (0.45, 0.30, 0.15, 0.10))[0]
        key = f"PRM-{index + 1:06d}"
        rows.append((key, who.entity_id, wording.pledge(rng), status, source.captured_at, source.source_id))
    return rows
