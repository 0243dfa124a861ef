"""The sums over a stream's looks that its evidence and its pooled rate are made of."""

from __future__ import annotations

import importlib
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from junzi_audit.measures.evalues import Floats
from junzi_audit.seen.looks import Cell, Look

_ALPHA = 0.05


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
