"""Watching one stream: evidence that a tolerance is broken, on a budget for a year (docs/STATISTICS.md, 3).

Shiryaev-Roberts form of an e-detector (Shin, Ramdas & Rinaldo, arXiv 2203.03532): M_t = (M_{t-1} + 1) e_t for each bet,
averaged over bets. Under the claims M_t - t is a supermartingale, so P(alarm within T looks) <= T / c. Everything is
recomputed from the records of every look, so that a second run replays and never counts twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from junzi_audit.measures import rates
from junzi_audit.measures.budgets import BUDGETS, WATCH, Budget, with_missing
from junzi_audit.measures.evalues import CLUSTERED, Contrast, Floats, Stack, log_evalues, mean_of, stacked
from junzi_audit.measures.statistic import rate, statistic
from junzi_audit.model import Cadence, Verdict
from junzi_audit.seen.looks import Look

#: Bets stand this many tolerances away from "nothing is wrong".
DISTANCES = (1.5, 2.0, 3.0)
_ALPHA = 0.05
_MOST = 709.0
#: Largest pooled contrast, its lower and its upper end, records missing.
_Pooled = tuple[float, float, float, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One look. ``e``: factor by which it changed the evidence; ``m``: the evidence after it (at most 1e308).

    ``evidence`` is m over the looks of the budget year (or those since the start, if more): an e-value at any look.
    ``estimate``, ``lower`` and ``upper``: the largest pooled contrast with its 95 % ends, less their limits (<= 0 is
    within; NaN and infinite without records). ``missing``: further records for a chance of .80 to be MET.
    """

    day: date
    records: int
    e: float
    m: float
    evidence: float
    estimate: float
    lower: float
    upper: float
    verdict: Verdict
    missing: int


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """All looks of a stream, missing ones included; groups nobody watched."""

    points: tuple[Point, ...]
    threshold: float
    unwatched: tuple[str, ...]


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


def watch(
    looks: Iterable[Look],
    claims: Sequence[Contrast],
    *,
    budget: Budget = BUDGETS[Cadence.DAILY],
    streams: int = 1,
    kappas: Sequence[float] = CLUSTERED,
    resets: Sequence[date] = (),
    until: date | None = None,
) -> History:
    """The history of one stream: all claims hold (MET), one does not (BREACHED, latched), or INCONCLUSIVE.

    ``claims`` name their groups before the first look; other groups are reported as unwatched. ``kappas``: (1,) when
    every record is a cluster of its own. ``resets``: days of signed corrective actions; evidence, latch and the pooled
    figures start again with the first look on or after each. ``until`` adds the looks missing since the last one.
    ValueError when days are not ascending, or nothing was ever looked at.
    """
    given = list(looks)
    filled, groups = with_missing(given, budget, until), sorted({group for claim in claims for group in claim.groups})
    values, times, totals = statistic(filled, groups)
    starts = sorted({sum(look.day < day for look in filled) for day in resets})
    logs = log_evidence(values, times, stacked(claims, groups), budget.memory, kappas)
    m, factors = (np.exp(np.minimum(part, _MOST)).tolist() for part in log_detector(logs, starts))
    points = []
    for index, look in enumerate(filled):
        since = max([0, *(start for start in starts if start <= index)])
        pool = totals[max(since, index + 1 - budget.memory) : index + 1].sum(0)
        pooled = _pooled(claims, dict(zip(groups, map(rate, pool), strict=True)))
        points.append(_point(look, m[since : index + 1], factors[index], pooled, budget, streams))
    return History(
        points=tuple(points),
        threshold=budget.threshold(streams),
        unwatched=tuple(sorted({cell.group for look in given for cell in look.cells} - set(groups))),
    )


def _point(look: Look, m: Sequence[float], e: float, pooled: _Pooled, budget: Budget, streams: int) -> Point:
    estimate, lower, upper, missing = pooled
    verdict = Verdict.MET if upper <= 0 and m[-1] < WATCH else Verdict.INCONCLUSIVE
    return Point(
        day=look.day,
        records=sum(cell.size * cell.clusters for cell in look.cells),
        e=e,
        m=m[-1],
        evidence=m[-1] / max(budget.looks, len(m)),
        estimate=estimate,
        lower=lower,
        upper=upper,
        verdict=Verdict.BREACHED if max(m) >= budget.threshold(streams) else verdict,
        missing=missing,
    )


def _pooled(claims: Sequence[Contrast], seen: Mapping[str, tuple[float, float, float]]) -> _Pooled:
    """Largest contrast, lower and upper end (all less their limits), and the records missing where that is above 0.

    The lower ends share their error, the upper ones need not: see ``fairness``.
    """
    estimate, lower, upper, missing = -math.inf, -math.inf, -math.inf, 0
    for claim in claims:
        parts = [(weight, *seen[group]) for group, weight in zip(claim.groups, claim.weights, strict=True)]
        if not all(worth for _, _, worth, _ in parts):
            return math.nan, -math.inf, math.inf, 0
        value = math.fsum(weight * mean for weight, mean, _, _ in parts) - claim.limit
        terms = [(weight, min(mean * worth, worth), worth) for weight, mean, worth, _ in parts]
        high = rates.mover(terms, _ALPHA)[1] - claim.limit
        lower = max(lower, rates.mover(terms, _ALPHA / len(claims))[0] - claim.limit)
        estimate, upper = max(estimate, value), max(upper, high)
        missing = max(missing, _missing(claim, parts, value)) if high > 0 else missing
    return estimate, lower, upper, missing


def _missing(claim: Contrast, parts: Sequence[tuple[float, float, float, float]], value: float) -> int:
    """Further records of a claim's groups for a chance of .80 to be MET: if nothing were wrong, else at this value."""
    p = sum(mean * worth for _, mean, worth, _ in parts) / sum(worth for _, _, worth, _ in parts)
    room = claim.limit - claim.ideal(p)
    squares = sum(weight**2 for weight in claim.weights) / 2
    for distance in (room, max(abs(value), room / 10)):
        needed = rates.n80(p, distance, _ALPHA) * squares if distance > 0 else 0.0
        lacking = sum(math.ceil(max(0.0, needed - worth) * records / worth) for _, _, worth, records in parts)
        if lacking:
            return lacking
    return 0
