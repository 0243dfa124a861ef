"""Hits among records that come in clusters, and how many records are worth one independent record."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """``hits`` among ``n`` records in ``clusters`` clusters, with the sums over clusters of x², x·m and m².

    x is a cluster's hits and m its records. Adding is exact for parts that share no cluster; a cluster that is split
    over parts would be taken for several independent ones.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}
    n: int = 0
    hits: int = 0
    clusters: int = 0
    hits_squared: int = 0
    hits_by_size: int = 0
    size_squared: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.hits <= self.n and 0 <= self.clusters <= self.n and self.n <= self.size_squared):
            raise ValueError(f"these sums cannot come from counting: {self}")

    def __add__(self, other: Self) -> Self:
        return type(self)(**{name: getattr(self, name) + getattr(other, name) for name in SUMS})

    @property
    def rate(self) -> float:
        """Hits per record; ZeroDivisionError when nothing was counted: such a rate is undefined, not 0."""
        return self.hits / self.n

    def design_effect(self, pooled: Tally) -> float:
        """How many records are worth one independent record: cluster variance of the rate over its binomial variance.

        Never below 1. A rate of 0 or 1 shows no variance, so ``pooled`` (all groups) lends its own; where that cannot
        either, or where there is a single cluster, the records of a cluster are taken to be all alike (Kish).
        """
        if self.size_squared == self.n:
            return 1.0
        if self.clusters > 1:
            for tally in (self, pooled):
                if 0 < tally.hits < tally.n:
                    return max(1.0, tally._variance_ratio())
        return self.size_squared / self.n

    def _variance_ratio(self) -> float:
        p = self.rate
        residuals = self.hits_squared - 2 * p * self.hits_by_size + p * p * self.size_squared
        clustered = self.clusters / (self.clusters - 1) * residuals / self.n**2
        return clustered / (p * (1 - p) / (self.n - 1))


SUMS = tuple(part.name for part in fields(Tally))
