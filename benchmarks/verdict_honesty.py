"""F3: how often one report on the largest gap among k groups says MET or BREACHED when that is not so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from benchmarks.tables import Share, Table
from junzi_audit.measures.evalues import Floats

RUNS = 2000
SMOKE = 500
ALPHA = 0.05
TOLERANCE = 0.10
_BASE = 0.3
_RESAMPLES = 400
_BOOTSTRAPPED = 500
_GRID = tuple((k, n) for k in (2, 5, 10) for n in (100, 400, 1000))
_GAPS = (0.0, 0.0999, 0.1001, 0.2)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """k groups of n, one of them ``gap`` above the others; runs that ended in each way, and that covered the gap."""

    k: int
    n: int
    gap: float
    met: Share
    breached: Share
    covered: Share
    resampled: Share
    plain: Share

    @property
    def false_met(self) -> Share | str:
        return self.met if self.gap > TOLERANCE else "–"

    @property
    def false_breached(self) -> Share | str:
        return self.breached if self.gap <= TOLERANCE else "–"

    @property
    def inconclusive(self) -> str:
        return f"{1 - (self.met.hits + self.breached.hits) / self.met.runs:.3f}"


def wilson(hits: Floats, n: int, alpha: float) -> tuple[Floats, Floats]:
    """``rates.wilson`` for arrays of hits."""
    z = float(norm.isf(alpha))
    half = z * np.sqrt(hits * (n - hits) / n + z * z / 4)
    centre = hits + z * z / 2
    return (centre - half) / (n + z * z), (centre + half) / (n + z * z)


def largest_gap(hits: NDArray[np.int64], n: int, alpha: float = ALPHA) -> tuple[Floats, Floats]:
    """L and U of max - min over groups, (R,) each, from hits (R, k): Newcombe, as for groups at their floor."""
    p, pairs = hits / n, hits.shape[-1] * (hits.shape[-1] - 1)
    gap = p[:, :, None] - p[:, None, :]
    ends = []
    for level, sign in ((alpha / pairs, -1), (alpha, 1)):
        low, high = wilson(hits.astype(float), n, level)
        down, up = (p - low) ** 2, (high - p) ** 2
        mine, other = (down, up) if sign < 0 else (up, down)
        end = gap + sign * np.sqrt(mine[:, :, None] + other[:, None, :])
        end[:, *np.diag_indices(hits.shape[-1])] = -1.0
        ends.append(end.max((1, 2)))
    return np.maximum(ends[0], 0.0), ends[1]


def bootstrap(hits: NDArray[np.int64], n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """2.5 % and 97.5 % quantiles of max - min over resampled records, (R,): the percentile bootstrap of fairlearn."""
    spread = np.ptp(rng.binomial(n, hits / n, size=(_RESAMPLES, *hits.shape)) / n, axis=-1)
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    return low, high


def cell(k: int, n: int, gap: float, runs: int, rng: np.random.Generator) -> Cell:
    hits = rng.binomial(n, [_BASE + gap, *[_BASE] * (k - 1)], size=(runs, k))
    low, high = largest_gap(hits, n)
    few = hits[:_BOOTSTRAPPED]
    under, over = bootstrap(few, n, rng)

    def share(found: NDArray[np.bool_]) -> Share:
        return Share(hits=int(found.sum()), runs=len(found))

    return Cell(
        k=k,
        n=n,
        gap=gap,
        met=share(high <= TOLERANCE),
        breached=share(low > TOLERANCE),
        covered=share((low <= gap) & (gap <= high)),
        resampled=share((under <= gap) & (gap <= over)),
        plain=share(np.ptp(hits, axis=-1) > TOLERANCE * n),
    )


def run(runs: int, seed: int, smoke: bool = False) -> Table:
    rng = np.random.default_rng(seed)
    grid = ((5, 100), (5, 1000)) if smoke else _GRID
    cells = [cell(k, n, gap, runs, rng) for k, n in grid for gap in _GAPS]
    return Table(
        name="verdict_honesty",
        caption=f"One report on the largest gap of k groups with n records each, tolerance {TOLERANCE}, one group "
        f"above a base rate of {_BASE}. False MET and false BREACHED: nominal limit {ALPHA} each, 95 % Clopper-Pearson "
        "interval in brackets; a promise counts as broken when the whole interval lies above it. Coverage of the true "
        f"gap by [L, U] (nominal .90) beside the 95 % percentile bootstrap ({_RESAMPLES} resamples, "
        f"{min(runs, _BOOTSTRAPPED)} runs). Plain: how often the observed gap alone is above the tolerance. "
        f"{runs} runs per cell, seed {seed}.",
        columns=("k", "n", "gap", "false MET", "false BREACHED", "INCONCLUSIVE", "coverage", "bootstrap", "plain"),
        rows=tuple(
            (
                *(each.k, each.n, each.gap, each.false_met, each.false_breached, each.inconclusive),
                *(f"{share.hits / share.runs:.3f}" for share in (each.covered, each.resampled, each.plain)),
            )
            for each in cells
        ),
        failed=tuple(
            f"k={each.k}, n={each.n}, gap {each.gap}: {share}"
            for each in cells
            for share in (each.false_met, each.false_breached)
            if isinstance(share, Share) and share.low > ALPHA
        ),
    )
