"""A share of bad items bounded from a sample: by evidence that may stop early, or by a plan of fixed size.

Chance decided the order of the sample after the population was fixed (``draws``). Sequential: items are looked at one
after the other until the evidence T that the share is *below* the limit reaches 1 / alpha (ALPHA; Stark, Ann. Appl.
Stat. 17, 2023; ``evalues.log_audit``), at most as many as planned. Whatever the share, the chance to be assured wrongly
is at most alpha, although T is looked at after every item: the risk limit. Fixed: exact bounds (``bounds``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from junzi_audit.measures import bounds
from junzi_audit.measures.evalues import log_audit
from junzi_audit.measures.rehashed import Look, Rehashed, rehashed
from junzi_audit.records import Source

#: Claims "this share or more is bad" per limit that are tested for the interval, whose upper end is one of them.
_CLAIMS = 20
#: Errors expected before anything is seen; below the limit, or nothing could be learnt.
_EXPECTED = 0.003
#: Items asked for together, lest a whole sample of large ones be on its way before the first is counted.
_AT_ONCE = 40
#: How many right items in a row are tried to say how many are missing.
_AHEAD = 20_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is fixed before the seed exists.

    ``limit``: the share to stay below; ``alpha``: the risk of a wrong assurance. At most ``most`` items are looked at,
    and none any more after ``most_bytes`` (0: no bytes are read). A fixed plan draws what its ``errors`` allowed need;
    a sequential one stops.
    """

    population: int
    limit: float
    alpha: float
    kind: Literal["sequential", "fixed"] = "sequential"
    most: int
    most_bytes: int = 0
    errors: int = 0

    @property
    def items(self) -> int:
        """How many items are looked at, at most."""
        needed: int | None = self.population
        if self.kind == "fixed":
            needed = bounds.sample_size(
                population=self.population, limit=self.limit, alpha=self.alpha, errors=self.errors
            )
        return min(self.population if needed is None else max(needed, 1), self.most, self.population)

    @property
    def told(self) -> dict[str, object]:
        """The plan in words and figures, for the commitment."""
        rule: dict[str, object] = {"errors_allowed": self.errors}
        if self.kind == "sequential":
            rule = {"test": "ALPHA, shrink-truncate, d = 100", "p0": min(_EXPECTED, self.limit / 4)}
        read = {"bytes_at_most": self.most_bytes} if self.most_bytes else {}
        return {
            "kind": self.kind, "population": self.population, "limit": self.limit, "alpha": self.alpha,
            "items_at_most": self.items, **read, **rule,
        }  # fmt: skip

    @property
    def enough(self) -> float:
        """The evidence T that assures."""
        return 1 / self.alpha

    def log_evidence(self, errors: Sequence[float], limit: float | None = None) -> list[float]:
        """Log T after each item that less than ``limit`` (the plan's, unless given) of the population is bad."""
        if not errors:
            return []
        share = self.limit if limit is None else limit
        logs = log_audit(errors, population=self.population, limit=share, expected=min(_EXPECTED, share / 4))
        return [float(log) for log in logs]

    def refutes(self, errors: Sequence[float], limit: float) -> bool:
        """Whether the items ever were evidence enough that less than ``limit`` is bad."""
        return max(self.log_evidence(errors, limit), default=-math.inf) >= math.log(self.enough)

    def missing(self, errors: Sequence[float]) -> int:
        """How many more items would assure, were all of them right; all that are left when none would."""
        left = self.population - len(errors)
        if self.kind == "fixed":
            size = bounds.sample_size(
                population=self.population, limit=self.limit, alpha=self.alpha, errors=math.ceil(sum(errors))
            )
            return left if size is None else max(0, size - len(errors))
        ahead = self.log_evidence([*errors, *[False] * min(left, _AHEAD)])[len(errors) :]
        crossed = (nth for nth, log in enumerate(ahead, start=1) if log >= math.log(self.enough))
        return next(crossed, left)

    def interval(self, errors: Sequence[float]) -> tuple[float, float]:
        """Shares of the population that may be bad, each end wrong with a chance of at most alpha.

        An item may be half wrong: the lower end takes no half for a whole, the upper one every half.
        Sequential: the upper end holds at whichever item one stopped. It is the smallest share such that it, and every
        larger one tested, was refuted; at the stopping time T >= 1 / alpha, so that it is at most the limit. The lower
        end is exact, and only given where the audit ran to its planned end: a sample that stopped early was not of a
        size fixed beforehand. Fixed: both are exact, and only of the whole plan.
        """
        drawn, bad = len(errors), sum(errors)
        surely, perhaps = math.floor(bad), math.ceil(bad)
        if drawn == self.population:
            return bad / drawn, bad / drawn
        exact = {"population": self.population, "drawn": drawn, "alpha": self.alpha}
        whole = 0 < drawn == self.items
        low = bounds.lower(surely, **exact) / self.population if whole else 0.0  # type: ignore[arg-type]
        if self.kind == "fixed":
            return low, bounds.upper(perhaps, **exact) / self.population if whole else 1.0  # type: ignore[arg-type]
        claims = [self.limit * nth / _CLAIMS for nth in range(1, math.ceil(_CLAIMS / self.limit))]
        high = 1.0
        for claim in reversed(claims):
            if not self.refutes(errors, claim):
                break
            high = claim
        return low, max(high, bad / self.population)


@dataclass(frozen=True, kw_only=True)
class Audited:
    """A sample that was looked at as planned, or as far as it could be seen."""

    plan: Plan
    looked: Rehashed


def audited(plan: Plan, order: Sequence[Source], look: Look) -> Audited:
    """Look at the sources in their order of drawing until the plan ends, or one cannot be read."""
    looked = Rehashed()
    while looked.stopped is None and (wanted := _wanted(plan, looked)):
        begin = len(looked.found)
        looked = rehashed(order[begin : begin + wanted], look, looked)
    return Audited(plan=plan, looked=looked)


def _wanted(plan: Plan, looked: Rehashed) -> int:
    """How many to look at next: never more than it takes to be assured if all of them are right."""
    left = plan.items - len(looked.found)
    if left <= 0 or looked.size >= plan.most_bytes:
        return 0
    if plan.kind == "sequential":
        if plan.refutes(looked.errors, plan.limit):
            return 0
        left = min(left, plan.missing(looked.errors))
    return min(left, _AT_ONCE)
