"""Evidence against "within tolerance" from one batch of records: the linear-contrast e-value (docs/STATISTICS.md, 1).

A claim is ``sum_g weights[g] * mean[g] <= limit``. For it, a batch gives a number e >= 0 whose expectation is at most 1
under every distribution that satisfies the claim: whatever the sizes, with unequal means inside a group, without any
approximation. What is assumed: the records are independent of each other, lie in [0, 1], and the bet was chosen before
they were seen. Records that come in clusters are handed in as one mean per cluster. The two-group case for 0/1 records
is the e-variable of Turner, Ly & Grunwald (JSPI 230, 2024); the form for any number of groups and its proof are this
project's own and await outside review (docs/STATISTICS.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from junzi_audit.seen.looks import among

Floats = NDArray[np.float64]

#: Multiples of the best bet that are mixed when records are cluster means, which vary less than 0/1 records do.
CLUSTERED = (1.0, 2.0, 4.0)
_EDGE = 1e-6
_STEPS = 32
#: A bet never stakes more than this share of everything, for any record in [0, 1].
_STAKE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """A claim about several groups: the weighted sum of their means is at most ``limit``.

    ``perfect`` is the value the sum has when nothing is wrong (one group) or, with more groups, what it has beyond its
    value at equal means. ValueError unless every group has a weight and some means keep the claim with room to spare.
    """

    groups: tuple[str, ...]
    weights: tuple[float, ...]
    limit: float
    perfect: float = 0.0

    def __post_init__(self) -> None:
        if not self.groups or len(self.groups) != len(self.weights) or 0 in self.weights:
            raise ValueError(f"a contrast needs one weight other than 0 for each of {list(self.groups)}")
        if self.limit - sum(min(weight, 0) for weight in self.weights) < _EDGE:
            raise ValueError(f"no means between 0 and 1 keep this contrast below its limit {self.limit:g}")

    def ideal(self, pooled: float) -> float:
        """The value of the sum when nothing is wrong and the groups' common mean is ``pooled``."""
        return self.perfect + (sum(self.weights) * pooled if len(self.weights) > 1 else 0.0)


def share(group: str, limit: float) -> tuple[Contrast, ...]:
    """An error rate, share of failures or share overdue of one group is at most ``limit``."""
    return (Contrast(groups=(group,), weights=(1.0,), limit=limit),)


def parity(groups: Sequence[str], tolerance: float) -> tuple[Contrast, ...]:
    """No two groups' rates differ by more than ``tolerance``: one contrast for each ordered pair."""
    return tuple(Contrast(groups=pair, weights=(1.0, -1.0), limit=tolerance) for pair in permutations(groups, 2))


def equalized_odds(groups: Sequence[str], tolerance: float) -> tuple[Contrast, ...]:
    """Neither the true nor the false positive rates of two groups differ by more than ``tolerance``."""
    return tuple(
        contrast
        for outcome in (True, False)
        for contrast in parity([among(group, outcome) for group in groups], tolerance)
    )


def four_fifths(groups: Sequence[str], ratio: float = 0.8) -> tuple[Contrast, ...]:
    """No group's rate is below ``ratio`` times another's: ratio * mean[a] - mean[b] <= 0 for each ordered pair."""
    return tuple(Contrast(groups=pair, weights=(ratio, -1.0), limit=0.0) for pair in permutations(groups, 2))


def drift(frozen: Mapping[str, float], tolerance: float) -> tuple[Contrast, ...]:
    """A distribution function is within ``tolerance`` (Kolmogorov-Smirnov distance) of a frozen one, at fixed edges.

    ``frozen`` maps the name of an edge x to the frozen F0(x); the group of that name holds the records 1{score <= x}.
    The frozen values are taken as a contract, not as a sample. Sides that no distribution could leave are left out.
    """
    if any(not 0 <= level <= 1 for level in frozen.values()):
        raise ValueError("a frozen distribution function lies between 0 and 1")
    return tuple(
        Contrast(groups=(edge,), weights=(sign,), limit=sign * level + tolerance, perfect=sign * level)
        for edge, level in frozen.items()
        for sign in (1.0, -1.0)
        if sign * level + tolerance < max(sign, 0)
    )


def stratified_error(strata: Mapping[str, int], limit: float) -> Contrast:
    """The opposite of what an audit wants to show: the error rate over strata of these sizes is at least ``limit``.

    A large e-value is evidence *for* an error rate below the limit. Bets: the error rates the auditor expects.
    """
    total = sum(strata.values())
    weights = tuple(-size / total for size in strata.values())
    return Contrast(groups=tuple(strata), weights=weights, limit=-limit)


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
        moved = means + np.where(free, self.weights * short / np.where(left > 0, left, 1), 0)
        return np.asarray(np.clip(moved, low, high))


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


def log_evalues(
    values: ArrayLike,
    times: ArrayLike,
    bets: ArrayLike,
    weights: ArrayLike,
    limits: ArrayLike,
    kappas: Sequence[float] = (1.0,),
) -> Floats:
    """Natural logarithms of the e-values of batches against contrasts, for each multiple of the bet: (..., K).

    ``values`` (..., G, V) are the records' different values in [0, 1] and ``times`` (..., G, V) how often each occurred
    (0/1 records: values (0, 1)); ``bets`` (..., G) the means bet on, ``weights`` (..., G), ``limits`` (...). Leading
    axes broadcast. A bet on means that keep the claim, and a batch without records, give e = 1. Average e-values for
    "any of these is breached", take the least for "all are within"; the largest is none. A multiple above 1 is lowered
    where it could lose everything to some record in [0, 1].
    """
    values, times = np.asarray(values, np.float64), np.asarray(times, np.float64)
    means, slopes = nearest(bets, times.sum(-1), weights, limits)
    most = 1 / np.maximum(np.maximum(slopes * means, -slopes * (1 - means)).max(-1), _EDGE)
    logs = []
    for kappa in kappas:
        stakes = np.minimum(kappa, np.maximum(1.0, _STAKE * most))[..., None] * slopes
        # No true factor is below _EDGE, for no bet is nearer to 0 or 1; what would be is rounding.
        gains = np.log1p(np.maximum(stakes[..., None] * (values - means[..., None]), _EDGE / 2 - 1))
        logs.append(np.sum(times * gains, axis=(-1, -2)))
    return np.stack(np.broadcast_arrays(*logs), axis=-1)


def nearest(bets: ArrayLike, sizes: ArrayLike, weights: ArrayLike, limits: ArrayLike) -> tuple[Floats, Floats]:
    """Means q that keep the claim and are nearest to the bet in sum n KL(bet || q), and slopes u; both (..., G).

    Then e = prod (1 + u_g (y - q_g)). With c_g = mu w_g / n_g the stationary point is the root in [0, 1] of
    c q^2 - (1 + c) q + bet = 0, and u = c. Of the bisection on mu the end with w.q >= limit is used: E e is at most
    exp(mu (w.theta - w.q)), so it is that end, and not the one inside the claim, which keeps E e <= 1 exactly. A group
    without records costs nothing: its mean is put where it favours the claim most.
    """
    bets, sizes, weights = np.broadcast_arrays(np.clip(bets, _EDGE, 1 - _EDGE), sizes, weights)
    seen = sizes > 0
    active = np.where(seen, weights, 0.0)
    room = np.asarray(limits, np.float64) - np.where(seen, 0.0, np.minimum(weights, 0)).sum(-1)
    loads = active * (sizes.sum(-1, keepdims=True) / np.where(seen, sizes, 1))

    def beyond(mu: Floats) -> NDArray[np.bool_]:
        return np.asarray(np.einsum("...g,...g->...", active, _root(bets, mu[..., None] * loads)) >= room)

    low = np.zeros(np.broadcast_shapes(loads.shape[:-1], room.shape))
    inside = (active * bets).sum(-1) <= room
    high = np.where(inside, 0.0, 1.0)
    while (short := beyond(high) & ~inside).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        still = beyond(middle)
        low, high = np.where(still & ~inside, middle, low), np.where(still, high, middle)
    slopes = low[..., None] * loads
    return _root(bets, slopes), slopes


def _root(bets: Floats, c: Floats) -> Floats:
    """The root in [0, 1] of c q^2 - (1 + c) q + bet = 0, in whichever form does not cancel."""
    turn = 1 + c
    top = np.abs(turn) + np.sqrt(turn * turn - 4 * c * bets)
    return np.asarray(np.where(turn >= 0, 2 * bets / top, top / (2 * np.maximum(-c, 0.5))))


def mean_of(logs: Floats, axis: int | tuple[int, ...] = -1) -> Floats:
    """Logarithm of the average of e-values given by their logarithms: itself an e-value, under any dependence."""
    top = np.max(logs, axis=axis, keepdims=True)
    finite = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        total = np.log(np.mean(np.exp(logs - finite), axis=axis))
    return np.asarray(total + np.squeeze(finite, axis=axis))


def log_audit(
    errors: ArrayLike, *, population: int, limit: float, expected: float = 0.003, trust: float = 100.0
) -> Floats:
    """Evidence that fewer than ``limit`` of ``population`` items are wrong, after each item drawn: log T, (..., n).

    ``errors`` (..., n): 0 (right) to 1 (wrong) of the items in the order of a uniform draw without replacement. ALPHA
    with the shrink-truncate estimate (Stark, Ann. Appl. Stat. 17, 2023), which starts from ``expected`` errors with the
    weight of ``trust`` items. If ``limit`` or more are wrong, P(T ever >= 1 / alpha) <= alpha: the audit may be looked
    at after every item, stopped, or extended. inf after the item by which fewer than ``limit`` is certain.
    """
    right = 1 - np.asarray(errors, np.float64)
    drawn = np.arange(right.shape[-1])
    before = np.cumsum(right, axis=-1) - right
    owed = population * (1 - limit) - before
    mean = owed / (population - drawn)
    known = np.clip(mean, _EDGE, 1 - _EDGE)
    guess = np.maximum((trust * (1 - expected) + before) / (trust + drawn), known)
    logs = np.log(right * guess / known + (1 - right) * (1 - guess) / (1 - known))
    logs = np.where(mean >= 1 - _EDGE, 0.0, logs)
    return np.where(owed < -_EDGE, np.inf, np.cumsum(logs, axis=-1))
