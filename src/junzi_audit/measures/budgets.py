"""How often there is to be a look at a stream, and what evidence means on that budget. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from junzi_audit.model import Cadence
from junzi_audit.seen.looks import Look

#: Evidence from which on a stream is no longer MET, though far from an alarm.
WATCH = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """``looks`` a year, ``memory``: how many of them are pooled, ``alpha``: chance of any false alarm in that year."""

    looks: int
    memory: int
    alpha: float = 0.05

    def threshold(self, streams: int = 1) -> float:
        """Evidence at which a stream alarms; over several streams, none of them is to alarm falsely (family-wise)."""
        return streams * self.looks / self.alpha


BUDGETS: Mapping[Cadence, Budget] = {
    Cadence.DAILY: Budget(looks=365, memory=28),
    Cadence.WEEKLY: Budget(looks=52, memory=4),
    Cadence.MONTHLY: Budget(looks=12, memory=3),
    Cadence.QUARTERLY: Budget(looks=4, memory=4),
}


def with_missing(looks: Sequence[Look], budget: Budget, until: date | None) -> list[Look]:
    """The looks with empty ones where the cadence asked for a look and none was given."""
    if not looks:
        raise ValueError("a stream without a single look has no history")
    every, filled = 365 / budget.looks, [looks[0]]
    for look in [*looks[1:], *([Look(day=until + timedelta(days=round(every)), cells=())] if until else [])]:
        last = filled[-1].day
        if look.day <= last:
            raise ValueError(f"the looks of a stream must be on ascending days, but {look.day} follows {last}")
        skipped = range(1, round((look.day - last).days / every))
        filled += [*(Look(day=last + timedelta(days=round(n * every)), cells=()) for n in skipped), look]
    return filled[:-1] if until else filled
