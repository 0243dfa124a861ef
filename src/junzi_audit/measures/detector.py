"""Watching one stream look by look: evidence that a tolerance is broken, on a budget for the whole year (STATISTICS A.2).

Shiryaev-Roberts form of an e-detector (Shin, Ramdas & Rinaldo, arXiv 2203.03532): M_t = (M_{t-1} + 1) e_t for each bet,
averaged over bets. Under the claims M_t - t is a supermartingale, so P(alarm within T looks) <= T / c. Everything is
recomputed from the records of every look, so that a second run replays and never counts twice.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from junzi_audit.measures import rates
from junzi_audit.measures.evalues import CLUSTERED, Contrast, Floats, log_evalues, mean_of
from junzi_audit.model import Cadence, Verdict

#: Bets stand this many tolerances away from "nothing is wrong".
DISTANCES = (1.5, 2.0, 3.0)
#: Evidence from which on a stream is no longer MET, though far from an alarm.
WATCH = 20.0


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Cell:
    """``clusters`` independent units (an entity on a day, a minute) of a group, each with ``hits`` in ``size`` records.

    One row of ``GROUP BY day, group, hits, size`` over units. Records without clusters have size 1.
    """

    group: str
    size: int
    hits: int
    clusters: int

    def __post_init__(self) -> None:
        if not (0 <= self.hits <= self.size and self.size > 0 and self.clusters > 0):
            raise ValueError(f"this cell cannot come from counting: {self}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What one look saw. ``day`` is the day the records were observed; late ones never enter an earlier look.

    ValueError when two cells have the same group, size and hits.
    """

    day: date
    cells: tuple[Cell, ...]

    def __post_init__(self) -> None:
        if len({(cell.group, cell.size, cell.hits) for cell in self.cells}) < len(self.cells):
            raise ValueError(f"{self.day}: a cell is given twice")

    @property
    def digest(self) -> str:
        """SHA-256 over the day and its cells, in whatever order they came."""
        rows = [[cell.group, cell.size, cell.hits, cell.clusters] for cell in sorted(self.cells)]
        return hashlib.sha256(json.dumps([self.day.isoformat(), rows]).encode()).hexdigest()


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One look. ``e``: factor by which it changed the evidence; ``m``: the evidence after it (both may be inf).

    ``evidence`` is m over the looks of the budget year (or those since the start, if more): an e-value at any look.
    ``estimate`` and ``upper``: the largest pooled contrast and the largest 95 % upper end, less their limits (<= 0 is
    within; NaN and inf without records). ``missing``: further records for a chance of .80 to be MET.
    """

    day: date
    records: int
    e: float
    m: float
    evidence: float
    estimate: float
    upper: float
    verdict: Verdict
    missing: int


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """All looks of a stream, missing ones included; ``digests`` of those that were given; groups nobody watched."""

    points: tuple[Point, ...]
    threshold: float
    digests: tuple[tuple[date, str], ...]
    unwatched: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """Contrasts of equally many groups as arrays: ``columns``, ``weights`` (C, g); ``limits``, ``perfect`` (C,)."""

    columns: NDArray[np.intp]
    weights: Floats
    limits: Floats
    perfect: Floats

    def bets(self, pooled: Floats, distance: float) -> Floats:
        """Means to bet on, (..., C, g), for pooled means (..., C): ``distance`` tolerances from "nothing is wrong".

        Group means are moved from the pooled mean p along the weights. None is taken below p / 4 or above
        1 - (1 - p) / 4; where that cuts one group short, the others make up for it.
        """
        slope = self.weights.sum(-1) * (self.columns.shape[-1] > 1)
        ideal = self.perfect + slope * pooled
        goal = (ideal + distance * (self.limits - ideal))[..., None]
        low, high = pooled[..., None] / 4, 1 - (1 - pooled[..., None]) / 4
        norm = np.sum(self.weights**2, axis=-1, keepdims=True)
        start = pooled[..., None] * np.ones_like(self.weights)
        means = start + self.weights * (goal - np.sum(self.weights * start, axis=-1, keepdims=True)) / norm
        free = (means > low) & (means < high)
        means = np.clip(means, low, high)
        short = goal - np.sum(self.weights * means, axis=-1, keepdims=True)
        left = np.sum(np.where(free, self.weights**2, 0), axis=-1, keepdims=True)
        return np.clip(means + np.where(free, self.weights * short / np.where(left > 0, left, 1), 0), low, high)


def stacked(claims: Sequence[Contrast], groups: Sequence[str]) -> Stack:
    """The claims as arrays; ValueError unless all speak of equally many groups and of these groups only."""
    if len({len(claim.groups) for claim in claims}) != 1:
        raise ValueError("the claims of one stream must each speak of equally many groups")
    return Stack(
        columns=np.array([[groups.index(group) for group in claim.groups] for claim in claims]),
        weights=np.array([claim.weights for claim in claims], np.float64),
        limits=np.array([claim.limit for claim in claims], np.float64),
        perfect=np.array([claim.perfect for claim in claims], np.float64),
    )


def log_evidence(
    values: Floats, times: Floats, stack: Stack, memory: int, kappas: Sequence[float], bets: Sequence[float] = DISTANCES
) -> Floats:
    """Log e-values of every look and bet, (..., T, J) with J = contrasts x bets x kappas.

    ``values`` and ``times``, (..., T, G, V) or broadcastable to it: see ``log_evalues``. The mean that a look's bets
    start from pools the contrast's groups over the ``memory`` looks before it; without records there, e = 1.
    """
    sizes, sums = times.sum(-1), (times * values).sum(-1)
    before = [_before(part, memory)[..., stack.columns].sum(-1) for part in (sums, sizes)]
    pooled = (before[0] + 0.5) / (before[1] + 1)
    shape = np.broadcast_shapes(values.shape, times.shape)
    value = np.broadcast_to(values, shape)[..., stack.columns, :]
    time = np.broadcast_to(times, shape)[..., stack.columns, :]
    logs = [log_evalues(value, time, stack.bets(pooled, bet), stack.weights, stack.limits, kappas) for bet in bets]
    known = np.where((before[1] > 0)[..., None, None], np.stack(logs, axis=-2), 0.0)
    return known.reshape(*known.shape[:-3], -1)


def _before(part: Floats, memory: int) -> Floats:
    """Sums of (..., T, G) over the looks before each look."""
    ends = np.concatenate([np.zeros_like(part[..., :1, :]), np.cumsum(part, axis=-2)], axis=-2)
    looks = np.arange(part.shape[-2])
    return np.asarray(ends[..., looks, :] - ends[..., np.maximum(looks - memory, 0), :])


def log_detector(logs: Floats, resets: Sequence[int] = ()) -> tuple[Floats, Floats]:
    """Logarithms of M_t and of its factor at each look, both (..., T), from log e-values (..., T, J).

    ``resets``: looks before which M starts again from 0.
    """
    m = np.full((*logs.shape[:-2], logs.shape[-1]), -np.inf)
    totals, factors = [], []
    for look in range(logs.shape[-2]):
        fresh = np.full_like(m, 0.0) if look in resets else np.logaddexp(m, 0.0)
        m = fresh + logs[..., look, :]
        totals.append(mean_of(m))
        factors.append(totals[-1] - mean_of(fresh))
    return np.stack(totals, axis=-1), np.stack(factors, axis=-1)
