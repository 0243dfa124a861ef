"""States the factors that a published score follows from.

Seeded scores are drawn truth first (see scoring). What is stated of one is therefore found backwards: a few promises
first, and then as many upheld contradictions, of one confidence, as the published formula (see factors) needs.
"""

import math
from typing import Any, Final
from zlib import crc32

from refnode.factors import CONTRADICTION, PROMISES

#: The sum at which the formula gives 10.0 to all its decimals, and the greatest confidence that is stated.
FULL: Final = 20.0
SUREST: Final = 0.99
#: How far a score is from what follows from its factors where a fault says so, and how many are told apart.
ASTRAY: Final = 1.5
PARTS: Final = 10_000


def stated(risk_id: str, value: float) -> dict[str, Any]:
    """Factors from which this score (0-10) follows; the same for the same id and score."""
    chance = crc32(risk_id.encode())
    total = FULL if value >= 10 else min(FULL, -math.log1p(-value / 10))
    broken = min(chance % 3, math.floor(total / PROMISES["Broken"]))
    kept = chance // 3 % 3
    left = total - broken * PROMISES["Broken"] - kept * PROMISES["Fulfilled"]
    many = math.ceil(left / (CONTRADICTION * SUREST))
    found = [{"confidence": round(left / CONTRADICTION / many, 10), "upheld": True}] * many
    dismissed = [{"confidence": 0.7, "upheld": False}] * (chance // 9 % 2)
    promises = ["Broken"] * broken + ["Fulfilled"] * kept + ["Pending"] * (chance // 18 % 2)
    return {"contradictions": found + dismissed, "promises": promises}


def explained(risk_id: str, value: float, unexplained: float) -> dict[str, Any]:
    """The same, but of another score for this share of all scores."""
    if crc32(f"unexplained {risk_id}".encode()) % PARTS < unexplained * PARTS:
        return stated(risk_id, value - ASTRAY if value >= ASTRAY else value + ASTRAY)
    return stated(risk_id, value)
