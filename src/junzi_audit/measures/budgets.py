"""How often there is to be a look at a stream, and the sums over its looks that the evidence needs."""

from __future__ import annotations

import importlib
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from junzi_audit.looks import Cell, Look
from junzi_audit.measures.evalues import Floats
from junzi_audit.model import Cadence

_ALPHA = 0.05


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


def statistic(looks: Sequence[Look], groups: Sequence[str]) -> tuple[Floats, Floats, Floats]:
    """Values and times of the cluster means, (T, G, V), and the totals (T, G, 4) that ``rate`` reads."""
    cells: defaultdict[tuple[int, int], list[Cell]] = defaultdict(list)
    for index, look in enumerate(looks):
        for cell in sorted(look.cells):
            if cell.group in groups:
                cells[index, groups.index(cell.group)].append(cell)
    widest = max(map(len, cells.values()), default=1)
    values, times = np.zeros((2, len(looks), len(groups), widest))
    totals = np.zeros((len(looks), len(groups), 4))
    for (index, column), row in cells.items():
        mean = np.array([cell.hits / cell.size for cell in row])
        many = np.array([float(cell.clusters) for cell in row])
        values[index, column, : len(row)], times[index, column, : len(row)] = mean, many
        records = sum(cell.size * cell.clusters for cell in row)
        totals[index, column] = many.sum(), records, many @ mean, many @ mean**2
    return values, times, totals


def rate(totals: Floats) -> tuple[float, float, float]:
    """Mean of the cluster means, how many independent 0/1 records they are worth, and how many records they hold.

    Worth p (1 - p) / (squared error of the mean), at most the records there are; less where few clusters were seen,
    by (z/t)^2 (Korn & Graubard 1998). Clusters that are all alike count as one record each.
    """
    clusters, records, total, squares = (float(part) for part in totals)
    if not clusters:
        return math.nan, 0.0, 0.0
    mean = total / clusters
    if clusters == records:
        return mean, records, records
    spread = (squares - clusters * mean**2) / (clusters - 1) if clusters > 1 else 0.0
    worth = min(records, clusters * mean * (1 - mean) / spread) if spread > 1e-12 else clusters
    special = importlib.import_module("scipy.special")
    t = float(special.stdtrit(max(1.0, clusters - 1), 1 - _ALPHA))
    return mean, worth * (float(special.ndtri(1 - _ALPHA)) / t) ** 2, records
