"""The truth-first model of a decision: first whether the finding is right, then the score that a fair model gives it.

The score depends on the truth alone, so true and false positive rates are the same in every group by construction.
"""

import random
from typing import Final, NamedTuple

from refnode.clock import DAY
from refnode.roster import ATTRIBUTES, FLAG_FROM

TRUTH_RATE: Final = 0.40
# Spread of the entity effect: its variance over p(1-p) is the intra-class correlation, here about 0.01.
ENTITY_SPREAD: Final = 0.045
AUDIT_FAILS: Final = 0.003
FAIL_WINDOW: Final = 30 * 60_000

# Of the unflagged wrong findings, the share that an unfair model flags: 0.92 of them make 30 points.
UNFAIR_SHARE: Final = 0.33

# Mean and standard deviation before truncation to 0..10: P(score >= 7) is .85 when the finding is right, .08 when not.
RIGHT: Final = (8.39, 1.25)
WRONG: Final = (4.40, 1.85)


class Scored(NamedTuple):
    """One score with the truth behind it and its bias audit."""

    risk_value: float
    right: bool
    audit_passed: bool

    @property
    def flagged(self) -> bool:
        """Whether the public sees a flag: never without a passed audit."""
        return self.audit_passed and self.risk_value >= FLAG_FROM


def leaning(rng: random.Random) -> float:
    """Draw an entity's own truth rate."""
    return min(0.6, max(0.2, rng.gauss(TRUTH_RATE, ENTITY_SPREAD)))


def risk_value(rng: random.Random, right: bool) -> float:
    """Draw a score (0-10, two decimals) given the truth."""
    mean, spread = RIGHT if right else WRONG
    value = rng.gauss(mean, spread)
    while not 0.0 <= value <= 10.0:
        value = rng.gauss(mean, spread)
    return round(value, 2)


class BiasAuditor:
    """Draws audit results: rarely a failure, and never a third one within half an hour."""

    def __init__(self) -> None:
        """Start with no failures behind it."""
        self._failures: list[int] = []

    def passes(self, rng: random.Random, at: int) -> bool:
        """Draw the result of an audit at this time (milliseconds, ascending)."""
        if rng.random() >= AUDIT_FAILS:
            return True
        self._failures = [failed for failed in self._failures if at - failed < FAIL_WINDOW]
        if len(self._failures) >= 2:
            return True
        self._failures.append(at)
        return False


def score(rng: random.Random, own_rate: float, auditor: BiasAuditor, at: int) -> Scored:
    """Draw one decision for an entity with this truth rate."""
    right = rng.random() < own_rate
    return Scored(risk_value=risk_value(rng, right), right=right, audit_passed=auditor.passes(rng, at))


def adjudicated_after(rng: random.Random) -> int:
    """Draw how long (milliseconds) until a person rules on a finding."""
    return rng.randrange(1 * DAY, 13 * DAY)


def lowering(attribute: str, group: str) -> float:
    """Give how far everybody else's score must fall to balance the mean when this group is treated unfairly."""
    share = ATTRIBUTES[attribute][group]
    raised = (1 - TRUTH_RATE) * 0.92 * UNFAIR_SHARE * 3.5
    return raised * share / (1 - share)


def unfair(rng: random.Random, value: float, right: bool, in_group: bool, lowered_by: float) -> float:
    """Bend a fair score as a biased model would: of the group's wrong findings 30 points more are flagged.

    Everybody else's score falls a little without crossing the flag, so that the daily mean hardly moves.
    """
    if in_group:
        if not right and value < FLAG_FROM and rng.random() < UNFAIR_SHARE:
            return round(rng.uniform(FLAG_FROM, FLAG_FROM + 1.5), 2)
        return value
    lowered = max(0.0, round(value - lowered_by, 2))
    return value if value >= FLAG_FROM > lowered else lowered
