"""Proportions with their uncertainty: intervals of rates, of contrasts of rates and of ratios.

Standard library only, but for the exact bounds, which load scipy when they are asked for.

One convention throughout: ``alpha`` is the error allowed on *each side*, so ``alpha=0.05`` gives a 90 % two-sided
interval whose ends are each a 95 % one-sided bound. Counts may be fractional: dependent records are handed in already
deflated by their design effect.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from statistics import NormalDist

from junzi_audit.findings import Measurement, Unseen, census
from junzi_audit.model import Cause

_NORMAL = NormalDist()
_GRID = 400
_HALVINGS = 60

#: Weight, successes and trials of one independent rate in a contrast such as p1 - p2.
Term = tuple[float, float, float]


def share(bad: int, n: int, *, detail: str = "") -> Measurement | Unseen:
    """The share of ``bad`` among ``n`` records that were all looked at (a census); of no records it is undefined."""
    if not 0 <= bad <= n:
        raise ValueError(f"a share of {bad} in {n} records is not possible")
    if n == 0:
        return Unseen(cause=Cause.UNDEFINED, detail=detail or "no records: the share is undefined")
    return census(bad / n, n=n, detail=detail)


@lru_cache(maxsize=8192)
def wilson(k: float, n: float, alpha: float) -> tuple[float, float]:
    """Score interval of k successes in n trials (Wilson 1927): (low, high), both in [0, 1].

    ValueError unless 0 <= k <= n, n > 0 and 0 < alpha < 0.5: the rate of nothing has no interval.
    """
    if not (0 <= k <= n and n > 0 and 0 < alpha < 0.5):
        raise ValueError(f"no Wilson interval for {k} in {n} with error {alpha} on each side")
    z = _NORMAL.inv_cdf(1 - alpha)
    centre = k + z * z / 2
    half = z * math.sqrt(k * (n - k) / n + z * z / 4)
    low = 0.0 if k == 0 else (centre - half) / (n + z * z)
    high = 1.0 if k == n else (centre + half) / (n + z * z)
    return max(0.0, low), min(1.0, high)


@lru_cache(maxsize=8192)
def clopper_pearson(k: float, n: float, alpha: float) -> tuple[float, float]:
    """Exact interval of k successes in n trials (Clopper & Pearson 1934): each end errs in at most alpha, for any p.

    Errors as for ``wilson``.
    """
    if not (0 <= k <= n and n > 0 and 0 < alpha < 0.5):
        raise ValueError(f"no exact interval for {k} in {n} with error {alpha} on each side")
    special = importlib.import_module("scipy.special")
    low = 0.0 if k == 0 else float(special.betaincinv(k, n - k + 1, alpha))
    high = 1.0 if k == n else float(special.betaincinv(k + 1, n - k, 1 - alpha))
    return low, high


def mover(terms: Iterable[Term], alpha: float) -> tuple[float, float]:
    """Interval of sum(weight * p) over independent rates, by squaring and adding their Wilson margins.

    Method of variance estimates recovery (Zou & Donner, Stat Med 27, 2008); Newcombe's interval is the case (1, -1).
    """
    value = below = above = 0.0
    for weight, k, n in terms:
        p = k / n
        low, high = wilson(k, n, alpha)
        down, up = (p - low, high - p) if weight > 0 else (high - p, p - low)
        value += weight * p
        below += (weight * down) ** 2
        above += (weight * up) ** 2
    return value - math.sqrt(below), value + math.sqrt(above)


def newcombe(k1: float, n1: float, k2: float, n2: float, alpha: float) -> tuple[float, float]:
    """Interval of p1 - p2 for two independent samples (Newcombe, Stat Med 17:873-890, 1998, method 10)."""
    return mover(((1, k1, n1), (-1, k2, n2)), alpha)


def exact(terms: Sequence[Term], alpha: float) -> tuple[float, float]:
    """Interval of sum(weight * p) from exact bounds of each rate, which share alpha: wide, but no approximation.

    Wilson's lower end of a rare rate errs more often than alpha when alpha is small; this one never does.
    """
    low = high = 0.0
    for weight, k, n in terms:
        down, up = (weight * end for end in clopper_pearson(k, n, alpha / len(terms)))
        low += min(down, up)
        high += max(down, up)
    return low, high


@lru_cache(maxsize=8192)
def ratio(k1: float, n1: float, k2: float, n2: float, alpha: float) -> tuple[float, float]:
    """Score interval of p1 / p2 for two independent samples (Miettinen & Nurminen, Stat Med 4:213-226, 1985).

    Never a division by zero: without a success in the second sample the upper end is infinite. ValueError without a
    success in either, for then nothing is known of the ratio, and as for ``wilson``.
    """
    if not (0 <= k1 <= n1 and 0 <= k2 <= n2 and n1 + n2 > 1 and k1 + k2 > 0 and 0 < alpha < 0.5):
        raise ValueError(f"no interval for the ratio of {k1} in {n1} to {k2} in {n2} with error {alpha} on each side")
    z = _NORMAL.inv_cdf(1 - alpha)
    total = n1 + n2

    def excess(r: float, sign: int) -> float:
        b = n1 * r + k1 + n2 + k2 * r
        p2 = min(1.0, 2 * (k1 + k2) / (b + math.sqrt(max(0.0, b * b - 4 * total * r * (k1 + k2)))))
        p1 = min(1.0, r * p2)
        variance = (p1 * (1 - p1) / n1 + r * r * p2 * (1 - p2) / n2) * total / (total - 1)
        return k1 / n1 - r * k2 / n2 + sign * z * math.sqrt(variance)

    def end(low: float, high: float, sign: int) -> float:
        for _ in range(_HALVINGS):
            share = (low + high) / 2
            low, high = (share, high) if excess(share / (1 - share), sign) > 0 else (low, share)
        return low / (1 - low)  # the halves are of r / (1 + r), which keeps an infinite range finite

    seen = k1 * n2 / (k1 * n2 + k2 * n1)
    return end(0.0, seen, -1) if k1 else 0.0, end(seen, 1.0, 1) if k2 else math.inf


def exact_ratio(k1: float, n1: float, k2: float, n2: float, alpha: float) -> tuple[float, float]:
    """Interval of p1 / p2 from exact bounds of both rates, which share alpha: wide, but no approximation."""
    (low1, high1), (low2, high2) = clopper_pearson(k1, n1, alpha / 2), clopper_pearson(k2, n2, alpha / 2)
    return low1 / high2, high1 / low2 if low2 else math.inf


@lru_cache(maxsize=1024)
def n_floor(p: float, tolerance: float, alpha: float) -> int:
    """Smallest group whose rate p, seen exactly equal in another group of that size, is assured within tolerance.

    Counted in independent records (effective n). ValueError unless 0 <= p <= 1 and tolerance > 0.
    """
    if not (0 <= p <= 1 and tolerance > 0):
        raise ValueError(f"no floor for a rate of {p} and a tolerance of {tolerance}")

    return _smallest(lambda n: newcombe(p * n, n, p * n, n, alpha)[1] <= tolerance)


@lru_cache(maxsize=1024)
def ratio_floor(p: float, least: float, alpha: float) -> int:
    """Smallest group whose rate p, seen exactly equal in another group of that size, has its ratio assured: >= least.

    Counted in independent records. ValueError unless 0 < p <= 1 and 0 < least < 1.
    """
    if not (0 < p <= 1 and 0 < least < 1):
        raise ValueError(f"no floor for a rate of {p} and a ratio of at least {least}")
    return _smallest(lambda n: ratio(p * n, n, p * n, n, alpha)[0] >= least)


def _smallest(assured: Callable[[int], bool]) -> int:
    high = 1
    while not assured(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if assured(middle) else (middle, high)
    return high


def n80(p: float, distance: float, alpha: float) -> int:
    """Independent records per group for a chance of .80 to be assured, of two truly equal groups ``distance`` inside.

    (z[1-alpha] + z[.90])^2 2p(1-p) / distance^2: each of the two ordered differences may fail in .10 of the cases.
    """
    z = _NORMAL.inv_cdf(1 - alpha) + _NORMAL.inv_cdf(0.90)
    return math.ceil(z * z * 2 * p * (1 - p) / distance**2)


def expected_range(deviations: Sequence[float]) -> float:
    """Mean of max - min of independent normals with mean 0 and these standard deviations.

    What a perfectly fair system would show by chance. For k equal deviations it is d2(k) times their size
    (control-chart constant). Numerical integral of 1 - prod F - prod (1 - F).
    """
    spread = [deviation for deviation in deviations if deviation > 0]
    if len(deviations) < 2 or not spread:
        return 0.0
    edge = 8 * max(spread)
    step = 2 * edge / _GRID
    total = 0.0
    for index in range(_GRID + 1):
        x = -edge + index * step
        below = [_NORMAL.cdf(x / deviation) if deviation > 0 else float(x >= 0) for deviation in deviations]
        total += 1 - math.prod(below) - math.prod(1 - share_below for share_below in below)
    return total * step
