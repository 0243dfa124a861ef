"""The score that follows from a record alone, for the auditor's dry runs and for what the auditor's reports lead to.

Seeded and live scores are drawn truth first (see scoring); this one is a plain function of what is known of a person:
each upheld contradiction weighs by its confidence, each broken promise adds, each kept one takes a little away, and
the sum approaches 10. Party, region, role and jurisdiction have no weight, and neither has the order of a list.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

CONTRADICTION: Final = 0.6
PROMISES: Final = {"Broken": 0.25, "Fulfilled": -0.05}
PLACES: Final = 6


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a score rests on: (confidence, upheld) of each contradiction, and the status of each promise."""

    party: str
    region: str
    role: str
    jurisdiction: str
    contradictions: Sequence[tuple[float, bool]]
    promises: Sequence[str]


Score = Callable[[Record], float]


def risk_value(record: Record) -> float:
    """Score a record (0-10, six decimals)."""
    found = math.fsum(CONTRADICTION * confidence for confidence, upheld in record.contradictions if upheld)
    kept = math.fsum(PROMISES.get(status, 0.0) for status in record.promises)
    return round(10 * (1 - math.exp(-max(0.0, found + kept))), PLACES)
